"""The p-value of permutation tests: ties, undefined values, many statistics at once."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mri_response.core.permutation import permutation_p_value, reached


def test_p_value_counts_ties_whatever_their_rounding():
    null = np.array([0.1 + 0.2, 0.3, 0.5, 0.1])
    assert permutation_p_value(0.3, null) == 4 / 5
    assert permutation_p_value(0.1 + 0.2, null) == 4 / 5
    assert permutation_p_value(0.5 + 1e-12, null) == 2 / 5
    assert permutation_p_value(0.6, null) == 1 / 5
    assert np.isnan(permutation_p_value(0.6, np.empty(0)))


@given(
    observed=st.integers(0, 10),
    null=st.lists(st.integers(0, 10), min_size=1, max_size=30),
)
def test_p_value_by_counting(observed, null):
    at_least = 1
    for value in null:
        if value >= observed:
            at_least += 1
    expected = at_least / (1 + len(null))
    assert permutation_p_value(observed / 10, np.array(null) / 10) == expected


def test_p_value_over_all_permutations_is_exact():
    # All 70 labellings of 4 + 4 people: the p-values themselves are uniform, P(p <= a) <= a.
    decision = np.array([0.4, -1.0, 2.0, 0.3, -0.2, 1.1, -0.7, 0.9])
    values = []
    for positive in itertools.combinations(range(8), 4):
        labels = np.isin(np.arange(8), positive).astype(int)
        values.append(roc_auc_score(labels, decision))
    values = np.array(values)
    p = np.array([permutation_p_value(v, np.delete(values, k)) for k, v in enumerate(values)])
    for level in (0.05, 0.1, 0.5):
        assert (p <= level).mean() <= level


def test_an_undefined_null_value_counts_against_the_observed():
    assert permutation_p_value(0.9, np.array([0.5, np.nan, 0.6, 0.4])) == 2 / 5


def test_many_statistics_at_once_are_each_by_itself():
    rng = np.random.default_rng(1)
    null = rng.integers(0, 6, (39, 4)).astype(float)
    null[3, 2] = np.nan
    observed = np.array([5.0, 2.0, 4.0, 0.0])
    each = [permutation_p_value(x, column) for x, column in zip(observed, null.T, strict=True)]
    np.testing.assert_array_equal(permutation_p_value(observed, null), each)
    np.testing.assert_array_equal(
        reached(observed, null), [reached(x, c) for x, c in zip(observed, null.T, strict=True)]
    )
    largest = null[:, [0]]
    each = [permutation_p_value(x, null[:, 0]) for x in observed]
    np.testing.assert_array_equal(permutation_p_value(observed, largest), each)
    assert np.isnan(permutation_p_value(observed, np.empty((0, 4)))).all()
