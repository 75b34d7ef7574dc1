"""Metrics against scikit-learn and against their definitions written as loops."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, recall_score, roc_auc_score

from mri_response.core.vocabulary import CROSS_VALIDATED
from mri_response.evaluation.metrics import METRICS, auc, cross_validated, placements
from mri_response.learning.recalls import balanced_accuracy, confusion, sensitivity, specificity
from mri_response.people.rows import person_weights


@st.composite
def scored_rows(draw, min_of_class=1):
    """Labels, decision values with ties, and weights of a few rows."""
    n_positive = draw(st.integers(min_of_class, 8))
    n_negative = draw(st.integers(min_of_class, 8))
    n = n_positive + n_negative
    labels = draw(st.permutations([1] * n_positive + [0] * n_negative))
    decision = draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))
    weights = draw(st.lists(st.sampled_from([1.0, 0.5, 1 / 3]), min_size=n, max_size=n))
    return np.array(labels), np.array(decision) / 2, np.array(weights)


def crossvalidation(m=7, repeats=4, n=24, folds=8, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.stack([rng.permutation(np.arange(n) % 2) for _ in range(m)])
    # Few values, so that many are tied, and multiples of 1/4, so that means over repeats are exact.
    decision = (rng.integers(-4, 5, (m, repeats, n)) + labels[:, None, :]) / 4
    fold = np.stack([rng.permutation(n) % folds for _ in range(repeats)])
    weights = rng.choice([1.0, 0.5, 1 / 3], n)
    return decision, fold, labels, weights


def oracle(metric, labels, decision, weights):
    """scikit-learn's value, None where the metric is undefined."""
    predicted = (decision > 0).astype(int)
    if metric == "auc":
        if len(set(labels)) < 2:
            return None
        return roc_auc_score(labels, decision, sample_weight=weights)
    if metric == "balanced_accuracy":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a class in the predictions alone
            return balanced_accuracy_score(labels, predicted, sample_weight=weights)
    which = int(metric == "sensitivity")
    if which not in labels:
        return None
    return recall_score(labels, predicted, pos_label=which, sample_weight=weights)


FUNCTIONS = {
    "balanced_accuracy": lambda y, d, w: balanced_accuracy(y, d > 0, w),
    "sensitivity": lambda y, d, w: sensitivity(y, d > 0, w),
    "specificity": lambda y, d, w: specificity(y, d > 0, w),
    "auc": auc,
}


@pytest.mark.parametrize("metric", METRICS)
@given(rows=scored_rows(min_of_class=0).filter(lambda rows: len(rows[0]) > 0))
def test_metrics_equal_scikit_learn(metric, rows):
    labels, decision, weights = rows
    expected = oracle(metric, labels, decision, weights)
    found = FUNCTIONS[metric](labels, decision, weights)
    if expected is None:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(expected, abs=1e-12)


@given(rows=scored_rows())
def test_confusion_equals_scikit_learn(rows):
    labels, decision, weights = rows
    found = confusion(labels, decision > 0, weights)
    (tn, fp), (fn, tp) = confusion_matrix(
        labels, decision > 0, sample_weight=weights, labels=[0, 1]
    )
    assert tuple(found) == pytest.approx((tp, fp, tn, fn))


@pytest.mark.parametrize("metric", METRICS)
def test_columns_are_labellings(metric):
    rng = np.random.default_rng(1)
    labels, decision = rng.integers(0, 2, (30, 5)), rng.normal(size=(30, 5))
    weights = rng.choice([1, 0.5], 30)
    function = FUNCTIONS[metric]
    together = function(labels, decision, weights)
    apart = [function(labels[:, j], decision[:, j], weights) for j in range(5)]
    assert together.shape == (5,)
    np.testing.assert_array_equal(together, apart)
    one_labelling = function(labels[:, 0], decision, weights)
    apart = [function(labels[:, 0], decision[:, j], weights) for j in range(5)]
    np.testing.assert_array_equal(one_labelling, apart)


def test_weights_default_to_one():
    rng = np.random.default_rng(2)
    labels, decision = rng.integers(0, 2, 20), rng.normal(size=20)
    assert auc(labels, decision) == auc(labels, decision, np.ones(20))
    assert confusion(labels, decision > 0) == confusion(labels, decision > 0, np.ones(20))


def test_published_auc():
    # Hanley and McNeil (1982), table I: ratings of 58 normal and 51 abnormal CT images.
    normal = np.repeat([1, 2, 3, 4, 5], [33, 6, 6, 11, 2])
    abnormal = np.repeat([1, 2, 3, 4, 5], [3, 2, 2, 11, 33])
    labels = np.repeat([0, 1], [58, 51])
    assert auc(labels, np.concatenate([normal, abnormal])) == pytest.approx(0.893, abs=5e-4)


@given(rows=scored_rows())
def test_auc_of_reversed_and_rescaled_decisions(rows):
    labels, decision, weights = rows
    value = auc(labels, decision, weights)
    assert auc(labels, -decision, weights) == pytest.approx(1 - value)
    assert auc(1 - labels, decision, weights) == pytest.approx(1 - value)
    assert auc(labels, np.exp(decision) + 5, weights) == pytest.approx(value)


@given(rows=scored_rows(), copies=st.lists(st.integers(1, 3), min_size=16, max_size=16))
def test_people_count_not_rows(rows, copies):
    labels, decision, _ = rows
    copies = np.array(copies[: len(labels)])
    person = np.repeat(np.arange(len(labels)), copies)
    weights, numbers = person_weights([f"sub-{k:02d}" for k in person])
    np.testing.assert_array_equal(numbers, person)
    for function in FUNCTIONS.values():
        by_row = function(labels[person], decision[person], weights)
        assert by_row == pytest.approx(function(labels, decision, np.ones(len(labels))))


def test_placements_are_counts_of_the_other_class_beaten():
    labels = np.array([1, 0, 1, 0, 0])
    decision = np.array([2.0, 1.0, 1.0, 3.0, 0.0])
    np.testing.assert_array_equal(placements(labels, decision, np.ones(5)), [2, 1.5, 1.5, 0, 2])
    group = np.array([0, 0, 1, 1, 1])
    np.testing.assert_array_equal(placements(labels, decision, np.ones(5), group), [1, 1, 1, 0, 1])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("refolded", [False, True])
def test_aggregations_equal_their_definitions(metric, refolded):
    decision, fold, labels, weights = crossvalidation()
    if refolded:
        folds = np.stack([np.roll(fold, shift, axis=1) for shift in range(len(labels))])
    else:
        folds = np.stack([fold] * len(labels))
    given_fold = folds if refolded else fold
    some_fold_has_one_class = False
    for k, y in enumerate(labels):
        by_repeat = [oracle(metric, y, row, weights) for row in decision[k]]
        by_fold = []
        for row, fold_of_row in zip(decision[k], folds[k], strict=True):
            for f in np.unique(fold_of_row):
                inside = fold_of_row == f
                some_fold_has_one_class |= len(set(y[inside])) == 1
                by_fold.append(oracle(metric, y[inside], row[inside], weights[inside]))
        expected = {
            "mean_over_repeats": np.mean(by_repeat),
            "person": oracle(metric, y, decision[k].mean(axis=0), weights),
            "mean_over_folds": np.mean([value for value in by_fold if value is not None]),
        }
        for aggregation in CROSS_VALIDATED:
            found = cross_validated(metric, aggregation, decision, given_fold, labels, weights)
            assert found[k] == pytest.approx(expected[aggregation], abs=1e-12), aggregation
    assert some_fold_has_one_class


def test_pooling_confusions_over_repeats_is_the_mean_over_repeats():
    decision, fold, labels, weights = crossvalidation(m=1)
    repeats = decision.shape[1]
    pooled = balanced_accuracy(
        np.tile(labels[0], repeats), decision[0].ravel() > 0, np.tile(weights, repeats)
    )
    found = cross_validated(
        "balanced_accuracy", "mean_over_repeats", decision, fold, labels, weights
    )
    assert found[0] == pytest.approx(pooled)


@pytest.mark.parametrize("aggregation", CROSS_VALIDATED)
@pytest.mark.parametrize("metric", METRICS)
def test_bytes_do_not_depend_on_batching(metric, aggregation):
    decision, fold, labels, weights = crossvalidation(m=13, n=99, folds=10)
    decision = decision + np.random.default_rng(0).normal(size=decision.shape)

    def value(rows):
        return cross_validated(metric, aggregation, decision[rows], fold, labels[rows], weights)

    together = value(slice(None))
    for size in (1, 4, 12):
        apart = np.concatenate([value(slice(k, k + size)) for k in range(0, 13, size)])
        assert together.tobytes() == apart.tobytes()
    shuffled = np.random.default_rng(1).permutation(13)
    assert value(shuffled).tobytes() == together[shuffled].tobytes()
    transposed = np.asfortranarray(decision)
    again = cross_validated(metric, aggregation, transposed, fold, labels, weights)
    assert together.tobytes() == again.tobytes()


def test_unknown_aggregation_is_an_error():
    decision, fold, labels, weights = crossvalidation(m=1)
    with pytest.raises(ValueError, match="median"):
        cross_validated("auc", "median", decision, fold, labels, weights)
