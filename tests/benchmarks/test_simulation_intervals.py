"""Short version of benchmarks/simulation_intervals.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmark_script import load_benchmark
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from threadpoolctl import threadpool_limits

from mri_response.evaluation.cohort import Cohort
from mri_response.learning.splits import REFIT, draw_folds


@pytest.fixture(scope="module")
def simulation():
    module = load_benchmark("simulation_intervals")
    with threadpool_limits(1):  # matrices are small
        yield module


@pytest.fixture(scope="module")
def drawn(simulation):
    rng = simulation.generator_of("planted", 0)
    return simulation.drawn_cohort(rng, "discovery", 0.65)


def test_nobody_of_two_folds_left_out_is_learned_from(simulation, drawn):
    scheme = simulation.SCENARIOS["planted"][1]
    labels = drawn.people["label"].to_numpy()
    outer = draw_folds(drawn.people["participant_id"], labels, scheme, 0, repeats=[1])
    pairs = simulation.pairs_left_out(outer, drawn.people, scheme, 0)
    assert len(pairs) == 10
    for fold in pairs:
        train, test = fold.sets
        assert fold.repeat != REFIT
        assert (train[0] ^ test[0]).all()
        assert not (train[1:] & test[0]).any()
        assert (test[1:].sum(axis=0) == train[0]).all()
    assert (sum(fold.sets.test[0].astype(int) for fold in pairs) == 4).all()


def test_the_partition_of_the_run_comes_first(simulation, drawn):
    scheme = simulation.SCENARIOS["planted"][1]
    found = simulation.partitioned(drawn, scheme, 7, 2)
    labels = drawn.people["label"].to_numpy()
    *outer, _ = draw_folds(drawn.people["participant_id"], labels, scheme, 7)
    job = simulation.procedure(drawn, 7)(outer, [range(1)])
    whole = simulation.joined([job], scheme.repeats, 1).decision[0]
    np.testing.assert_allclose(found.out, whole, atol=1e-6)
    own = found.fold[:, None] == np.arange(scheme.outer_folds)[:, None]
    assert (np.isnan(found.inside) == own).all()


def test_nested_error_by_hand(simulation):
    """Decision values that are the same in all models: every in-estimate is that of the others."""
    n, n_folds, rng = 60, 3, np.random.default_rng(2)
    labels = np.arange(n) % 2
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(n)], "label": labels})
    values = rng.normal(size=n) + labels
    fold = rng.permutation(np.arange(n) % n_folds)
    inside = np.where(fold == np.arange(n_folds)[:, None], np.nan, values)
    found = simulation.Partitioned(fold[None], values[None], inside[None])
    cohort = Cohort.of(people)
    alone, pairs, error = simulation.nested_error("auc", found, cohort, 1e-9)
    assert alone.value == pytest.approx(roc_auc_score(labels, values))
    others = [fold != number for number in range(n_folds)]
    by_fold = [roc_auc_score(labels[rows], values[rows]) for rows in others]
    assert pairs.value == pytest.approx(np.mean(by_fold))
    assert 1e-9 <= error <= np.sqrt(n_folds) * 1e-9 + 1e-15
    # Of the balanced accuracy, an influence is linear in being right.
    alone, pairs, error = simulation.nested_error("balanced_accuracy", found, cohort, 0.05)
    right = (values > 0) == labels
    influence = np.where(labels == 1, right - right[labels == 1].mean(), 0.0)
    influence += np.where(labels == 0, right - right[labels == 0].mean(), 0.0)
    squares = []
    for number in range(n_folds):
        rows, own = fold != number, fold == number
        within = balanced_accuracy_score(labels[rows], values[rows] > 0)
        out = alone.value + n / (2 * n / 2) * influence[own]
        squares.append((within - out.mean()) ** 2 - out.var(ddof=1) / own.sum())
    by_hand = np.sqrt(max(0, np.mean(squares)) * (n_folds - 1) / n_folds)
    assert error == pytest.approx(np.clip(by_hand, 0.05, 0.05 * np.sqrt(n_folds)))


def test_the_bias_is_found_where_it_is_linear_in_one_over_people(simulation):
    figure = simulation.Figure
    n, n_folds = 100, 5
    at = {share: 0.8 - 4 / (n * share) for share in (0.6, 0.8, 1.0)}
    none = np.zeros(1)
    line = figure(at[0.8], none).beyond(figure(at[0.6], none), (n_folds - 2) / n_folds)
    assert line.value == pytest.approx(at[1.0])


def test_a_trial_is_the_same_when_drawn_again_and_has_every_interval(simulation):
    one, again = (pd.DataFrame(simulation.trial(0, "planted", 19)) for _ in range(2))
    pd.testing.assert_frame_equal(one, again)
    for _, own in one.groupby("metric"):
        assert sorted(own["interval"]) == sorted(simulation.INTERVALS)
    assert (one["ci_low"] < one["ci_high"]).all()


def test_a_quick_trial_has_the_same_people_folds_and_intervals(simulation):
    whole = pd.DataFrame(simulation.trial(1, "planted", 19))
    quick = pd.DataFrame(simulation.quick_trial(1, "planted"))
    assert set(quick["interval"]) == {"naive", "resampled_t"}
    both = quick.merge(whole, on=["trial", "metric", "interval"], suffixes=("", "_whole"))
    assert len(both) == len(quick) == 4
    for name in ("ci_low", "ci_high", "truth"):
        np.testing.assert_allclose(both[name], both[f"{name}_whole"], atol=1e-9)


def test_coverage_is_counted_against_the_mean_of_the_truths(simulation):
    frame = pd.DataFrame(
        {
            "metric": "auc",
            "interval": ["naive", "ncv"] * 2,
            "ci_low": [0.61, 0.5, 0.55, 0.5],
            "ci_high": [0.70, 0.9, 0.58, 0.9],
            "truth": [0.5, 0.5, 0.7, 0.7],
        }
    )
    table = simulation.coverage("made_up", frame).set_index("interval")
    assert table.loc["naive", ["below", "above", "coverage"]].tolist() == [0.5, 0.5, 0]
    assert table.loc["ncv", "coverage"] == 1
    assert table.loc["ncv", "times_naive"] == pytest.approx(0.4 / 0.06)
