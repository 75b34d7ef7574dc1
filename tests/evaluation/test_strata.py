"""Several cohorts together, people compared within their own: against sums written out."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.strata import (
    mover_mean,
    shares_of,
    strata_of,
    within_cohorts,
)
from mri_response.people.rows import person_weights


def together(rows=1, seed=0) -> tuple[Cohort, np.ndarray]:
    """Two cohorts whose scores and shares of the positive class differ, and one of one class."""
    rng = np.random.default_rng(seed)
    labels, decision, stratum, person = [], [], [], []
    for name, n_1, n_0, shift in (("a", 14, 6, 1.0), ("b", 5, 17, -1.0), ("c", 4, 0, 3.0)):
        for label, n in ((1, n_1), (0, n_0)):
            for _ in range(n):
                visits = rng.integers(1, rows + 1)
                person += [len(set(person))] * visits
                labels += [label] * visits
                stratum += [name] * visits
                decision += list(np.round(0.4 * label + shift + rng.normal(size=visits), 1))
    weights, person = person_weights(person)
    cohort = Cohort(np.array(labels), weights, person, stratum=np.array(stratum))
    return cohort, np.array(decision)


@pytest.mark.parametrize("rows", [1, 3])
def test_auc_within_cohorts_is_the_share_of_pairs_of_one_cohort(rows):
    cohort, decision = together(rows)
    won, pairs = 0.0, 0.0
    for i in np.flatnonzero(cohort.labels == 1):
        for j in np.flatnonzero(cohort.labels == 0):
            if cohort.stratum[i] == cohort.stratum[j]:
                weight = cohort.weights[i] * cohort.weights[j]
                higher = (decision[i] > decision[j]) + 0.5 * (decision[i] == decision[j])
                won, pairs = won + weight * higher, pairs + weight
    found = within_cohorts("auc", cohort.labels, decision, cohort)
    assert float(found) == pytest.approx(won / pairs)
    across = roc_auc_score(cohort.labels, decision, sample_weight=cohort.weights)
    assert across > float(found) + 0.1


def test_labellings_and_weights_by_pairs():
    cohort, decision = together()
    strata = strata_of(cohort)
    assert [set(cohort.stratum[rows]) for rows, _ in strata] == [{"a"}, {"b"}]
    assert shares_of(strata) == pytest.approx([14 * 6 / (14 * 6 + 5 * 17), 5 * 17 / 169])
    rng = np.random.default_rng(3)
    permuted = np.column_stack([cohort.labels] * 4)
    for rows, _ in strata:
        permuted[rows] = rng.permuted(permuted[rows], axis=0)
    expected = []
    for labels in permuted.T:
        own = [balanced_accuracy_score(labels[rows], decision[rows] > 0) for rows, _ in strata]
        expected.append((84 * own[0] + 85 * own[1]) / 169)
    every = np.column_stack([decision] * 4)
    found = within_cohorts("balanced_accuracy", permuted, every, cohort)
    np.testing.assert_allclose(found, expected)


def test_without_a_cohort_of_both_classes_there_is_nothing():
    cohort = Cohort(
        np.repeat([1, 0], 5), np.ones(10), np.arange(10), stratum=np.repeat(["a", "b"], 5)
    )
    assert strata_of(cohort) == []
    assert np.isnan(within_cohorts("auc", cohort.labels, np.arange(10.0), cohort))


def test_limits_of_a_mean_of_normal_estimates_are_those_of_their_errors():
    shares, errors = np.array([0.3, 0.7]), np.array([0.05, 0.08])
    parts = [(x, x - 1.96 * e, x + 1.96 * e) for x, e in zip((0.6, 0.5), errors, strict=True)]
    error = np.sqrt((shares**2 * errors**2).sum())
    expected = 0.53, 0.53 - 1.96 * error, 0.53 + 1.96 * error
    assert mover_mean(parts, shares) == pytest.approx(expected)
