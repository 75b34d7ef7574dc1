"""The learning curve: parts of the people, standard errors by derivatives, intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from mri_response.confounds import ConfoundCoding
from mri_response.estimators import EstimatorOptions
from mri_response.intervals import naive_standard_error, null_inflated_intervals
from mri_response.learning_curve import (
    COLUMNS,
    CURVE_METRICS,
    MARGIN,
    draw_parts,
    enough_people,
    inflation_of,
    learning_curve,
    mean_and_influence,
    run_parts,
)
from mri_response.metrics import METRICS, cross_validated, person_weights
from mri_response.performance import discovery_performance
from mri_response.permutation import Exchangeability
from mri_response.plain import cross_validate_estimator
from mri_response.resampling import row_weights
from mri_response.seeds import Stream, generator
from mri_response.splits import Scheme, draw_folds

N = 48
C = {"log2_min": -6, "log2_max": 0, "log2_step": 3, "scale": "absolute"}
SVC = {"C": C, "class_weight": "balanced", "standardize": True, "pca": None, "confounds": ["age"]}
LOGISTIC = {
    "estimator": "sklearn.linear_model.LogisticRegression",
    "parameters": {},
    "grid": {"C": [0.01, 1.0]},
    "standardize": True,
    "pca": None,
    "confounds": ["age"],
}


def study(seed: int = 0, effect: float = 1.0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = rng.permutation(np.arange(N) % 2)
    people = pd.DataFrame(
        {
            "participant_id": [f"sub-{i:02d}" for i in range(N)],
            "label": label,
            "age": rng.normal(size=N),
            "site": rng.choice(["A", "B", "C"], N),
            "family": [f"f{i // 2}" for i in range(N)],
        }
    )
    features = rng.normal(size=(N, 6))
    features[:, 0] += effect * label
    return people, features


def config(model: dict = SVC, sizes=(24, 36), repeats: int = 3, **cv) -> dict:
    return {
        "seed": 7,
        "min_class_size": 5,
        "learning_curve": {"enabled": True, "models": None, "sizes": sizes, "repeats": repeats},
        "cross_validation": {
            "outer": "k_fold",
            "outer_column": None,
            "held_out": None,
            "outer_folds": 4,
            "inner_folds": 3,
            "inner_repeats": 1,
            "repeats": 2,
            "scheme": "label_blind",
            "group": None,
            **cv,
        },
        "model": model,
    }


# ---------------------------------------------------------------- parts of the people
def test_parts_are_nested_and_blind_to_labels():
    people, _ = study()
    draws = draw_parts(people, config(repeats=5))
    assert [(draw.size, draw.repeat) for draw in draws] == [
        (size, repeat) for size in (24, 36) for repeat in range(1, 6)
    ]
    assert [draw.rows.sum() for draw in draws] == [24] * 5 + [36] * 5
    for small, large in zip(draws[:5], draws[5:], strict=True):
        assert (small.rows <= large.rows).all()
    assert len({draw.rows.tobytes() for draw in draws}) == 10
    again = draw_parts(people.assign(label=1 - people["label"]), config(repeats=5))
    for one, other in zip(draws, again, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)


def test_families_stay_whole():
    people, _ = study()
    for draw in draw_parts(people, config(sizes=[25], group="family")):
        assert draw.rows.sum() == 26
        assert people["family"][draw.rows].value_counts().eq(2).all()


def test_parts_follow_the_classes_where_folds_do():
    people, _ = study()
    people["label"] = (np.arange(N) % 4 == 0).astype(int)
    for draw in draw_parts(people, config(sizes=[40], repeats=20, scheme="stratified")):
        assert abs(people["label"][draw.rows].sum() - 10) <= 1


def test_sizes_are_shares_of_all_people_unless_too_small():
    people, _ = study()
    draws = draw_parts(people, config(sizes=None, repeats=1))
    assert [draw.size for draw in draws] == [19, 29, 38]
    # 20 people are needed for 5 of each class in half of them.
    assert [draw.rows.sum() for draw in draws] == [0, 29, 38]


@pytest.mark.parametrize("model", [SVC, LOGISTIC])
def test_a_part_is_the_procedure_on_its_people(model):
    people, features = study()
    settings_ = config(model)
    draws = draw_parts(people, settings_)
    parts = run_parts(people, features, draws, settings_)
    assert parts["size"].tolist() == [draw.size for draw in draws]
    for draw, decision in zip(draws, parts["decision"], strict=True):
        np.testing.assert_array_equal(~np.isnan(decision), draw.rows)
    # Nobody else's features or labels matter, nor which other parts a job has.
    draw, expected = draws[4], parts["decision"][4]
    other = people.assign(label=np.where(draw.rows, people["label"], 0))
    spoilt = np.where(draw.rows[:, None], features, 99.0)
    np.testing.assert_array_equal(
        run_parts(other, spoilt, [draw], settings_)["decision"][0], expected
    )


def test_a_part_in_plain_scikit_learn():
    people, features = study()
    settings_ = config(LOGISTIC)
    (draw, *_) = draw_parts(people, settings_)
    decision = run_parts(people, features, [draw], settings_)["decision"][0][draw.rows]
    part = people[draw.rows].reset_index(drop=True)
    seed = int(generator(7, Stream.LEARNING_CURVE, draw.repeat, draw.size).integers(2**31))
    *folds, _ = draw_folds(part["participant_id"], part["label"], Scheme(1, 4, 1, 3), seed)
    job = cross_validate_estimator(
        features[draw.rows], ConfoundCoding.of(part, ["age"]).matrix(part), folds,
        Exchangeability(part), [0], row_weights(part), EstimatorOptions.from_config(LOGISTIC), seed,
    )  # fmt: skip
    np.testing.assert_array_equal(decision, np.nansum(job["decision"][0], axis=0))


@pytest.mark.parametrize(
    ("cv", "share"),
    [
        ({"outer": "leave_one_site_out", "outer_column": "site", "outer_folds": None}, 1.0),
        ({"outer": "leave_group_out", "outer_column": "site", "outer_folds": 3}, 1.0),
        ({"outer": "leave_one_out", "outer_folds": None}, 1.0),
        ({"outer": "held_out", "held_out": 0.5, "outer_folds": None}, 0.5),
    ],
)
def test_every_outer_scheme_has_a_curve(cv, share):
    people, features = study()
    settings_ = config(sizes=[30], repeats=2, **cv)
    draws = draw_parts(people, settings_)
    parts = run_parts(people, features, draws, settings_)
    for draw, decision in zip(draws, parts["decision"], strict=True):
        assert (~np.isnan(decision)).sum() == share * 30
        assert not (~np.isnan(decision) & ~draw.rows).any()


def test_a_part_without_two_sites_says_nothing():
    people, features = study()
    people["site"] = np.where(np.arange(N) < 2, "A", "B")
    cv = {"outer": "leave_one_site_out", "outer_column": "site", "outer_folds": None}
    settings_ = config(sizes=[20], repeats=12, **cv)
    draws = draw_parts(people, settings_)
    decision = run_parts(people, features, draws, settings_)["decision"]
    several = [people["site"][draw.rows].nunique() == 2 for draw in draws]
    assert not all(several)
    # Where A is tested, B's people train; where B is tested, nobody is left for the inner folds.
    assert np.isnan(decision).all()


# ---------------------------------------------------------------- standard errors
def made_up(seed: int, n: int = 30, d: int = 8, part: float = 1.0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 2)
    decision = np.round(rng.normal(size=(d, n)) + labels, 1)
    decision[rng.random((d, n)) > part] = np.nan
    return decision, labels


@pytest.mark.parametrize("metric", CURVE_METRICS)
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


@pytest.mark.parametrize("metric", CURVE_METRICS)
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
def run(effect: float = 1.0, m: int = 40):
    people, features = study(3, effect)
    settings_ = config()
    draws = draw_parts(people, settings_)
    parts = run_parts(people, features, draws, settings_)
    rng = np.random.default_rng(4)
    labels = people["label"].to_numpy()
    whole = rng.normal(size=(1 + m, 2, N)) + rng.normal(size=(1 + m, 1, N))
    whole[0] += 1.5 * (labels - 0.5)
    everything = np.stack([labels, *(rng.permutation(labels) for _ in range(m))])
    fold = np.ones((2, N), dtype=int)
    performance, _ = discovery_performance(
        "svc", "home", people, whole, fold, everything, seed=1, min_class_size=5
    )
    return people, parts, whole[0], performance


def test_the_table():
    people, parts, whole, performance = run()
    curve = learning_curve("svc", "home", people, parts, whole, performance)
    assert list(curve) == COLUMNS
    assert curve[["metric", "n", "draws"]].to_numpy().tolist() == [
        [metric, n, draws] for metric in CURVE_METRICS for n, draws in ((24, 3), (36, 3), (N, 2))
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
        for metric in CURVE_METRICS
    ]
    performance = pd.DataFrame(rows)
    np.testing.assert_allclose(inflation_of(performance, "balanced_accuracy", 0.7, 0.05), 1.3)
    assert inflation_of(performance, "auc", 0.75, 0.05) == 1.0
    assert inflation_of(performance.assign(ci_low=np.nan), "auc", 0.75, 0.05) == 1.0
    assert inflation_of(performance[:0], "auc", 0.75, 0.05) == 1.0


def test_enough_people_are_the_fewest_that_were_shown():
    curve = pd.DataFrame(
        {
            "metric": ["auc"] * 4 + ["balanced_accuracy"] * 4,
            "n": [40, 60, 80, 99] * 2,
            "within_margin": [False, True, True, np.nan, False, False, False, np.nan],
        }
    )
    assert enough_people(curve, "auc") == 60
    assert enough_people(curve, "balanced_accuracy") is None
