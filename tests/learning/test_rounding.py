"""Decision values are compared to as many digits as are known of them."""

import numpy as np
import pandas as pd

from mri_response.evaluation.baselines import baseline_decisions
from mri_response.evaluation.metrics import auc, cross_validated
from mri_response.learning.gram import gram_matrices
from mri_response.learning.learners.choice import InnerScore
from mri_response.learning.learners.svc.fold_rows import FoldRows
from mri_response.learning.learners.svc.nested import nested_fold
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.models.scores import score_table

CROSS_VALIDATION = {
    **{"outer": "k_fold", "outer_column": None, "held_out": None, "group": None},
    **{"inner": "k_fold", "inner_column": None},
    **{"repeats": 1, "outer_folds": 5, "inner_repeats": 1, "inner_folds": 3},
    "scheme": "label_blind",
}
GRID = tuple(2.0**power for power in range(-12, 1))


def test_digits_below_the_accuracy_of_the_solvers_are_left_out():
    values = np.array([[1.23456789, -2e-7, np.nan, 3e-16], [0.0123456789, 1e-9, np.nan, -0.01]])
    # Where all values are small, as at the smallest C, a digit more for each power of ten.
    expected = [[1.234568, 0.0, np.nan, 0.0], [0.0123457, 0.0, np.nan, -0.01]]
    np.testing.assert_array_equal(rounded(values), expected)
    np.testing.assert_array_equal(rounded(values.T, axis=0), np.transpose(expected))
    assert not np.signbit(rounded(values)[~np.isnan(values) & (rounded(values) == 0)]).any()
    np.testing.assert_array_equal(rounded(np.zeros(3)), np.zeros(3))


def test_features_with_few_values_choose_the_same_from_rows_and_from_gram_matrices():
    """Two five-point scales give decision values of exactly 0 and equal ones, or nearly so."""
    n, rng, raw_differs = 60, np.random.default_rng(0), 0
    for seed in range(6):
        features = rng.integers(0, 5, size=(n, 2)).astype(float)
        observed = rng.integers(0, 2, n)
        labels = np.stack([observed, *(rng.permutation(observed) for _ in range(9))], axis=1)
        units = [f"sub-{index:03}" for index in range(n)]
        for fold in draw_folds(units, observed, Scheme(1, 5, 1, 5), seed)[:-1]:
            gram = gram_matrices(features, training_sets(np.empty((n, 0)), fold.sets.train))
            options = SvcOptions(C=GRID)
            batch = nested_fold(gram, fold.sets, labels, np.ones(n), options)
            rows = FoldRows(features, np.empty((n, 0)), fold, options)
            alone = nested_fold(rows, fold.sets, observed[:, None], np.ones(n), options)
            assert alone.candidate[0] == batch.candidate[0]
            raw = [result.decision[:, 0] for result in (alone, batch)]
            raw_differs += ((raw[0] > 0) != (raw[1] > 0)).sum()
            first, second = map(rounded, raw)
            np.testing.assert_array_equal(first > 0, second > 0)
    assert raw_differs > 0  # the raw values do depend on how they were solved


def test_the_inner_score_takes_a_value_within_rounding_of_zero_as_zero():
    labels, weights = np.array([[1], [0]]), np.ones(2)
    score = InnerScore(2, 1)
    score.add(0, labels, np.array([[0.5], [4e-16]]), weights)
    score.add(1, labels, np.array([[0.5], [0.1]]), weights)
    assert score.chosen()[0] == 0
    score = InnerScore(2, 1)
    score.add(0, labels, np.array([[0.5], [0.1]]), weights)
    score.add(1, labels, np.array([[0.5], [4e-16]]), weights)
    assert score.chosen()[0] == 1


def test_people_with_the_same_confounds_have_the_same_decision_value():
    """Two confounds of two and three values: a fold has at most six kinds of people."""
    n, rng = 40, np.random.default_rng(3)
    columns = {"age": rng.integers(0, 2, n) + 0.1, "tiv": rng.integers(0, 3, n) / 3}
    people = pd.DataFrame(
        {"participant_id": [f"sub-{i:02}" for i in range(n)], "label": rng.integers(0, 2, n)}
    ).assign(**columns)
    config = {
        "seed": 1,
        "cross_validation": CROSS_VALIDATION,
        "permutation": {"n": 3, "within": None},
        "confounds": {"unseen_site": "error"},
    }
    found, _ = baseline_decisions("confounds_only", config, {"home": people}, ["age", "tiv"])
    kind = people.groupby(["age", "tiv"]).ngroup().to_numpy()
    for decision, fold in zip(found.decision[:, 0], found.fold[:, 0], strict=True):
        for number in np.unique(fold):
            inside = fold == number
            for same in np.unique(kind[inside]):
                assert len(np.unique(decision[inside & (kind == same)])) == 1
            assert (np.diff(np.unique(decision[inside])) > 5e-7).all()


def test_auc_of_scores_that_differ_by_rounding_alone_counts_ties_half():
    labels = np.array([1, 0, 1, 0])
    noise = np.array([0.3, 0.1 + 0.2, 0.7, 0.3])
    assert noise[1] != noise[0]  # 0.1 + 0.2 is not 0.3
    people = pd.DataFrame({"participant_id": list("abcd")})
    decision = score_table([("away", people, noise)])["decision"].to_numpy(float)
    assert float(auc(labels, decision)[()]) == (0.5 + 0.5 + 2) / 4
    # Means over repeats differ by rounding too.
    repeats = np.array([[0.1, 0.2, 0.9, 0.3], [0.5, 0.4, 0.9, 0.3]])
    assert repeats.mean(axis=0)[0] != repeats.mean(axis=0)[1]
    values = cross_validated(
        *("auc", "person", repeats[None], np.ones((2, 4), int), labels[None], np.ones(4))
    )
    assert values[0] == (0.5 + 0.5 + 2) / 4
