"""Models of numbers beside each other, and groups of people by what was predicted for them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t, ttest_rel
from sklearn.metrics import mean_absolute_error

from mri_response.core.vocabulary import Role
from mri_response.evaluation.numbers.comparisons import number_comparisons, permuted_predictions
from mri_response.evaluation.numbers.groups import grouped_by_prediction
from mri_response.evaluation.numbers.learning_curve import number_curve
from mri_response.evaluation.numbers.metrics import Predicted, differences, estimates
from mri_response.evaluation.numbers.performance import performance_of_discovery
from mri_response.learning.decisions import Decisions

ROLES = {"home": Role.DISCOVERY, "away": Role.EXTERNAL, "placebo": Role.CONTROL}


def rows(cohort, outcome, predicted, *, repeats=1, fold=None, rng=None):
    """Rows of numbers_predictions.tsv: each repeat has noise of its own."""
    n = len(outcome)
    parts = []
    for repeat in range(1, repeats + 1):
        noise = 0 if rng is None else rng.normal(scale=0.1, size=n)
        parts.append(
            pd.DataFrame(
                {
                    "cohort": cohort,
                    "participant_id": [f"sub-{i:03}" for i in range(n)],
                    "repeat": pd.array([repeat if fold is not None else None] * n, "Int64"),
                    "outer_fold": pd.array([None] * n if fold is None else fold, "Int64"),
                    "outcome": outcome,
                    "predicted": predicted + noise,
                    "reduced": 0.0,
                    "mean": 0.0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def test_elsewhere_the_difference_of_errors_is_a_paired_t_test():
    rng = np.random.default_rng(1)
    outcome = rng.normal(size=60)
    good, bad = outcome + 0.5 * rng.normal(size=60), outcome + rng.normal(size=60)
    tables = {"a": rows("away", outcome, good), "b": rows("away", outcome, bad)}
    found = number_comparisons(tables, [("a", "b")], ROLES).set_index("metric").loc["mae"]
    errors = np.abs(outcome - bad), np.abs(outcome - good)
    assert found["estimate"] == pytest.approx(
        mean_absolute_error(outcome, bad) - mean_absolute_error(outcome, good)
    )
    expected = ttest_rel(*errors)
    assert found["p_value"] == pytest.approx(expected.pvalue, rel=1e-9)
    limits = expected.confidence_interval(0.95)
    assert [found["ci_low"], found["ci_high"]] == pytest.approx([limits.low, limits.high])
    assert found["method"] == "influence_t"


def test_in_cross_validation_it_is_the_corrected_resampled_t_test_of_the_folds():
    rng = np.random.default_rng(2)
    # Points of a scale: limits go beyond 1.
    outcome, fold = 10 * rng.normal(size=40), np.repeat([1, 2, 3, 4], 10)
    predictions = [outcome + s * rng.normal(size=40) for s in (6, 9)]
    tables = {
        name: rows("home", outcome, one, repeats=3, fold=fold, rng=rng)
        for name, one in zip("ab", predictions, strict=True)
    }
    found = number_comparisons(tables, [("a", "b")], ROLES).set_index("metric").loc["mae"]
    # Mean absolute errors of a fold are means over its people, and folds have equally many.
    folds = [
        np.abs(one["outcome"] - one["predicted"]).groupby([one["repeat"], one["outer_fold"]]).mean()
        for one in (tables["b"], tables["a"])
    ]
    difference = (folds[0] - folds[1]).to_numpy()
    error = np.sqrt((1 / 12 + 10 / 30) * difference.var(ddof=1))
    assert found["estimate"] == pytest.approx(difference.mean())
    assert found["p_value"] == pytest.approx(2 * t.sf(abs(difference.mean()) / error, 11))
    limits = t.interval(0.95, 11, difference.mean(), error)
    assert [found["ci_low"], found["ci_high"]] == pytest.approx(list(limits))


def test_differences_are_those_of_the_metrics_and_move_with_people():
    rng = np.random.default_rng(3)
    outcome = rng.normal(size=(1, 50))

    def given(scale, keep=slice(None)):
        local = np.random.default_rng(int(10 * scale))
        predicted = (outcome + scale * local.normal(size=(1, 50)))[:, None][..., keep]
        zero, n = np.zeros_like(predicted), predicted.shape[-1]
        return Predicted(outcome[:, keep], predicted, zero, zero, np.ones(n), np.arange(n))

    for metric, sign in (("r2", 1), ("mae", -1)):
        value, influence = differences(metric, given(0.5), given(1.0))
        apart = [estimates(metric, given(scale)).value[0] for scale in (0.5, 1.0)]
        assert value[0] == pytest.approx(sign * (apart[0] - apart[1]))
        left_out = []
        for person in range(50):
            keep = np.arange(50) != person
            left_out.append(differences(metric, given(0.5, keep), given(1.0, keep))[0][0])
        jackknife = np.sqrt(49 * np.var(left_out))
        assert np.sqrt(np.sum(influence**2)) == pytest.approx(jackknife, rel=0.1)


def test_control_cohorts_are_not_compared_and_other_people_are_refused():
    rng = np.random.default_rng(4)
    outcome = rng.normal(size=20)
    one, other = rows("placebo", outcome, outcome), rows("placebo", outcome, -outcome)
    assert number_comparisons({"a": one, "b": other}, [("a", "b")], ROLES).empty
    one, other = rows("away", outcome, outcome), rows("away", outcome[:-1], -outcome[:-1])
    with pytest.raises(ValueError, match="same people"):
        number_comparisons({"a": one, "b": other}, [("a", "b")], ROLES)


def test_training_means_may_differ_in_their_last_bits_and_no_more():
    rng = np.random.default_rng(4)
    outcome = rng.normal(size=20)
    one, other = (rows("away", outcome, outcome + rng.normal(size=20)) for _ in range(2))
    one["mean"] = other["mean"] = 0.1
    expected = number_comparisons({"a": one, "b": other}, [("a", "b")], ROLES)
    other["mean"] *= 1 + 4e-16
    found = number_comparisons({"a": one, "b": other}, [("a", "b")], ROLES)
    assert len(found) > 0
    pd.testing.assert_frame_equal(found, expected)
    other["mean"] += 1e-6
    with pytest.raises(ValueError, match="same people"):
        number_comparisons({"a": one, "b": other}, [("a", "b")], ROLES)


def test_p_is_corrected_for_the_number_of_pairs():
    rng = np.random.default_rng(5)
    outcome = rng.normal(size=40)
    scales = {"a": 0.3, "b": 1.0, "c": 1.1}
    tables = {
        name: rows("away", outcome, outcome + scale * rng.normal(size=40))
        for name, scale in scales.items()
    }
    found = number_comparisons(tables, [("a", "b"), ("a", "c"), ("b", "c")], ROLES)
    own = found[found["metric"] == "r2"]
    smallest = own["p_value"].idxmin()
    assert own.loc[smallest, "p_holm"] == pytest.approx(min(1, 3 * own.loc[smallest, "p_value"]))


def test_equal_models_are_called_different_as_often_as_the_level_says():
    rng = np.random.default_rng(6)
    rejected = 0
    for _ in range(200):
        outcome = rng.normal(size=40)
        one, other = (rows("away", outcome, 0.5 * outcome + rng.normal(size=40)) for _ in "ab")
        found = number_comparisons({"a": one, "b": other}, [("a", "b")], ROLES)
        rejected += found.set_index("metric").loc["r2", "p_value"] <= 0.05
    assert rejected <= 21  # 99.9 % of the binomial around 10


def test_groups_of_people_are_never_small_and_their_means_are_of_people():
    rng = np.random.default_rng(7)
    predicted = rng.normal(size=43)
    person = np.array([f"sub-{i}" for i in range(43)])
    outcome = predicted + rng.normal(size=43)
    # A person with two rows counts once.
    twice = [np.append(values, values[:1]) for values in (person, predicted, outcome)]
    table = grouped_by_prediction("m", "home", *twice)
    assert table["n_group"].tolist() == [11, 11, 11, 10]
    assert (table["n"] == 43).all()
    lowest = np.argsort(predicted)[:11]
    first = table.iloc[0]
    assert first["predicted"] == pytest.approx(predicted[lowest].mean())
    assert first["observed"] == pytest.approx(outcome[lowest].mean())
    low, high = t.interval(
        0.95, 10, outcome[lowest].mean(), outcome[lowest].std(ddof=1) / np.sqrt(11)
    )
    assert [first["ci_low"], first["ci_high"]] == pytest.approx([low, high])
    assert grouped_by_prediction("m", "home", person[:19], predicted[:19], outcome[:19]).empty


def test_the_curve_ends_with_the_headline_and_pairs_its_differences():
    rng = np.random.default_rng(8)
    n, repeats = 40, 2
    outcome = rng.normal(size=n)
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(n)], "label": outcome})
    labels = np.vstack([outcome, [rng.permutation(outcome) for _ in range(30)]])
    fold = np.tile(np.repeat([1, 2, 3, 4], 10), (31, repeats, 1))
    reduced = np.zeros((31, repeats, n))
    decision = 0.5 * outcome + 0.3 * rng.normal(size=(31, repeats, n))
    whole = Decisions(decision, fold, fold, labels, reduced=reduced)
    performance, _ = performance_of_discovery("m", "home", people, whole)
    tested = np.arange(n) < 20
    parts = {
        "size": np.array([20, 20]),
        "decision": np.where(tested, decision[0], np.nan),
        "reduced": np.where(tested, np.zeros((2, 1)), np.nan),
        "mean": np.where(tested, np.full((2, 1), 0.1), np.nan),
    }
    curve = number_curve("m", "home", people, parts, whole, performance)
    rows = curve.set_index(["metric", "n"])
    headline = performance.set_index("metric")
    for metric in ("r2_gain", "mae_gain"):
        last, own = rows.loc[(metric, 40)], headline.loc[metric]
        for name in ("estimate", "ci_low", "ci_high"):
            assert last[name] == pytest.approx(own[name])
        part = rows.loc[(metric, 20)]
        assert part["draws"] == 2
        assert part["difference"] == pytest.approx(part["estimate"] - last["estimate"])
    error = [
        mean_absolute_error(outcome[:20], values) for values in (np.zeros(20), *decision[0, :, :20])
    ]
    expected = error[0] - np.mean(error[1:])
    assert rows.loc[("mae_gain", 20), "estimate"] == pytest.approx(expected)


def cross_validated(x, labels, fold, penalty):
    """Ridge predictions of all outcomes, and the means of the people who trained."""
    decision, mean = np.empty((2, len(labels), *fold.shape))
    for repeat, own in enumerate(fold):
        for test in (own == f for f in np.unique(own)):
            centred = x - x[~test].mean(axis=0)
            train = centred[~test]
            hat = np.linalg.solve(train.T @ train + penalty * np.eye(x.shape[1]), train.T)
            mean[:, repeat, test] = labels[:, ~test].mean(axis=1)[:, None]
            left = labels[:, ~test] - labels[:, ~test].mean(axis=1)[:, None]
            decision[:, repeat, test] = mean[:, repeat, test] + left @ (centred[test] @ hat).T
    return decision, mean


def test_models_that_know_nothing_of_a_number_differ_as_often_as_the_level_says():
    """Many and few features that tell nothing: without the permutations some 10 % were rejected."""
    n, rejected, plain = 60, 0, 0
    people = pd.DataFrame({"participant_id": [f"sub-{i:03}" for i in range(n)]})
    for trial in range(100):
        rng = np.random.default_rng([9, trial])
        outcome = rng.normal(size=n)
        labels = np.stack([outcome, *(rng.permutation(outcome) for _ in range(39))])
        fold = np.stack([rng.permutation(np.arange(n) % 5) + 1 for _ in range(4)])
        whole = np.broadcast_to(fold, (len(labels), *fold.shape))
        tables, null = {}, {}
        for name, p, penalty in (("a", 60, 60.0), ("b", 3, 1.0)):
            decision, mean = cross_validated(rng.normal(size=(n, p)), labels, fold, penalty)
            made = Decisions(decision, whole, whole, labels, reduced=mean)
            null[name] = permuted_predictions(people, made)
            tables[name] = pd.concat(
                rows("home", outcome, own, fold=folds).assign(repeat=repeat, mean=of)
                for repeat, (own, folds, of) in enumerate(
                    zip(decision[0], fold, mean[0], strict=True), start=1
                )
            )
        pair = tables, [("a", "b")], ROLES
        without, found = (
            number_comparisons(*pair, given).set_index("metric").loc["r2", "p_value"]
            for given in ({}, null)
        )
        assert found >= without
        rejected, plain = rejected + (found <= 0.05), plain + (without <= 0.05)
    assert rejected <= 13  # 99.9 % of the binomial around 5
    assert plain > rejected
