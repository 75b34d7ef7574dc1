"""The learning curve: standard errors by derivatives, intervals, what is enough."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from mri_response.core.vocabulary import HEADLINE_METRICS
from mri_response.evaluation.bootstrap import naive_standard_error, null_inflated_intervals
from mri_response.evaluation.learning_curve import (
    COLUMNS,
    MARGIN,
    inflation_of,
    learning_curve,
    mean_and_influence,
)
from mri_response.evaluation.metrics import METRICS, cross_validated
from mri_response.evaluation.performance import discovery_performance
from mri_response.learning.decisions import Decisions
from mri_response.people.rows import person_weights

N = 48


# ---------------------------------------------------------------- standard errors
def made_up(seed: int, n: int = 30, d: int = 8, part: float = 1.0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 2)
    decision = np.round(rng.normal(size=(d, n)) + labels, 1)
    decision[rng.random((d, n)) > part] = np.nan
    return decision, labels


@pytest.mark.parametrize("metric", HEADLINE_METRICS)
def test_with_everybody_in_every_draw_it_is_the_naive_error_of_the_discovery_figure(metric):
    decision, labels = made_up(1)
    ids = np.array([f"sub-{i // 2}" for i in range(30)])
    labels = labels[(np.arange(30) // 2) * 2]  # two rows a person, of one class
    weights, person = person_weights(ids)
    estimate, influence, draws = mean_and_influence(metric, decision, labels, weights, person)
    arguments = ("mean_over_repeats", decision[None], np.ones((8, 30), int), labels[None], weights)
    assert draws == 8
    np.testing.assert_allclose(estimate, cross_validated(metric, *arguments)[0])
    np.testing.assert_allclose(
        np.sqrt((influence**2).sum()), naive_standard_error(metric, *arguments, person)[0]
    )


@pytest.mark.parametrize("metric", HEADLINE_METRICS)
@settings(derandomize=True, deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_influence_is_a_derivative(metric, seed):
    """What a little more weight for a person does to the mean over draws, by scikit-learn."""
    decision, labels = made_up(seed, part=0.6)
    weights, person = np.ones(30), np.arange(30)
    estimate, influence, draws = mean_and_influence(metric, decision, labels, weights, person)

    def mean(weight: np.ndarray) -> float:
        values = []
        for scores in decision:
            rows = ~np.isnan(scores)
            if len(set(labels[rows])) < 2:
                continue
            if metric == "auc":
                value = roc_auc_score(labels[rows], scores[rows], sample_weight=weight[rows])
            else:
                value = balanced_accuracy_score(
                    labels[rows], scores[rows] > 0, sample_weight=weight[rows]
                )
            values.append(value)
        assert len(values) == draws
        return float(np.mean(values))

    np.testing.assert_allclose(estimate, mean(weights))
    for who in (0, 7, 29):
        step = 1e-5 * (person == who)
        slope = (mean(weights + step) - mean(weights - step)) / 2e-5
        np.testing.assert_allclose(influence[who], slope, atol=1e-6)


def test_draws_with_one_class_are_left_out():
    decision, labels = made_up(2)
    decision[3, labels == 1] = np.nan
    _, _, draws = mean_and_influence("auc", decision, labels, np.ones(30), np.arange(30))
    assert draws == 7
    nothing = np.full((2, 30), np.nan)
    estimate, influence, draws = mean_and_influence(
        "auc", nothing, labels, np.ones(30), np.arange(30)
    )
    assert np.isnan(estimate)
    assert draws == 0
    assert not influence.any()


# ---------------------------------------------------------------- the curve
def run(m: int = 40):
    """Made-up scores of parts of the people, better the larger they are, and of all of them."""
    rng = np.random.default_rng(4)
    labels = rng.permutation(np.arange(N) % 2)
    people = pd.DataFrame({"participant_id": [f"s{i}" for i in range(N)], "label": labels})
    size = np.repeat([24, 36], 3)
    decision = rng.normal(size=(6, N)) + (size[:, None] / 24) * (labels - 0.5)
    for row, n in zip(decision, size, strict=True):
        row[rng.permutation(N)[n:]] = np.nan
    whole = rng.normal(size=(1 + m, 2, N)) + rng.normal(size=(1 + m, 1, N))
    whole[0] += 1.5 * (labels - 0.5)
    everything = np.stack([labels, *(rng.permutation(labels) for _ in range(m))])
    fold = np.ones((2, N), dtype=int)
    performance, _ = discovery_performance(
        "svc",
        "home",
        people,
        Decisions(whole, fold, np.zeros_like(fold), everything),
        seed=1,
        min_class_size=5,
    )
    return people, {"size": size, "decision": decision}, whole[0], performance


def test_the_table():
    people, parts, whole, performance = run()
    curve = learning_curve("svc", "home", people, parts, whole, performance)
    assert list(curve) == COLUMNS
    assert curve[["metric", "n", "draws"]].to_numpy().tolist() == [
        [metric, n, draws] for metric in HEADLINE_METRICS for n, draws in ((24, 3), (36, 3), (N, 2))
    ]
    labels = people["label"].to_numpy()
    for row in curve.itertuples():
        of_size = parts["decision"][parts["size"] == row.n] if row.n < N else whole
        weights, person = np.ones(N), np.arange(N)
        value, influence, _ = mean_and_influence(row.metric, of_size, labels, weights, person)
        full, of_full, _ = mean_and_influence(row.metric, whole, labels, weights, person)
        assert row.estimate == value
        if row.n == N:
            assert np.isnan(row.difference)
            # The interval of all people is the corrected one of the discovery figure.
            figure = performance.query(
                "metric == @row.metric and aggregation == 'mean_over_repeats' "
                "and ci_method == 'null_inflated'"
            ).iloc[0]
            np.testing.assert_allclose(row.ci_low, figure["ci_low"])
            np.testing.assert_allclose(row.ci_high, figure["ci_high"])
            continue
        error = row.inflation * np.sqrt(((influence - of_full) ** 2).sum())
        np.testing.assert_allclose(row.difference, value - full)
        np.testing.assert_allclose(row.difference_high - row.difference, norm.ppf(0.975) * error)
        assert row.within_margin == (
            row.difference_low >= -MARGIN and row.difference_high <= MARGIN
        )


def test_people_held_out_are_not_counted():
    people, parts, whole, performance = run()
    predicted = np.arange(N) < 12
    decision = np.where(predicted, np.nan_to_num(parts["decision"][:3]), np.nan)
    parts = {"size": parts["size"][:3], "decision": decision}
    whole = np.where(predicted, whole, np.nan)
    curve = learning_curve("svc", "home", people, parts, whole, performance)
    assert curve["n"].tolist() == [24, N - 12] * 2
    assert curve["difference"].notna().tolist() == [True, False] * 2


def test_the_factor_is_that_of_the_discovery_figure():
    values = {"balanced_accuracy": 0.7, "auc": 0.75, "sensitivity": 0.6, "specificity": 0.8}
    limits = null_inflated_intervals(
        values, dict.fromkeys(METRICS, 0.05), {"balanced_accuracy": 1.3, "auc": 0.9}, 50, 50
    )
    rows = [
        {
            "role": "discovery",
            "metric": metric,
            "aggregation": "mean_over_repeats",
            "ci_method": "null_inflated",
            "ci_low": limits[metric][0],
            "ci_high": limits[metric][1],
        }
        for metric in HEADLINE_METRICS
    ]
    performance = pd.DataFrame(rows)
    np.testing.assert_allclose(inflation_of(performance, "balanced_accuracy", 0.7, 0.05), 1.3)
    assert inflation_of(performance, "auc", 0.75, 0.05) == 1.0
    assert inflation_of(performance.assign(ci_low=np.nan), "auc", 0.75, 0.05) == 1.0
    assert inflation_of(performance[:0], "auc", 0.75, 0.05) == 1.0
