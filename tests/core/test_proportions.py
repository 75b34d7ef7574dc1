"""Proportions and their differences, against statsmodels and Newcombe's published tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from mri_response.core.proportions import mcnemar_exact, mover_difference, wilson


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_published(k, n, low, high):
    # Newcombe RG (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    assert wilson(k, n) == pytest.approx((low, high), abs=5e-5)


@given(data=st.data(), n=st.integers(1, 300), level=st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_equals_statsmodels(data, n, level):
    k = data.draw(st.integers(0, n))
    low, high = wilson(k, n, level)
    assert (low, high) == pytest.approx(
        proportion_confint(k, n, alpha=1 - level, method="wilson"), abs=1e-12
    )
    assert 0 <= low <= k / n <= high <= 1


def test_difference_of_two_proportions_is_that_of_newcombe():
    first, second = (30, 40), (18, 35)
    limits = [(k / n, *proportion_confint(k, n, method="wilson")) for k, n in (first, second)]
    found = mover_difference(*limits)
    expected = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
    assert found[0] == pytest.approx(first[0] / first[1] - second[0] / second[1])
    np.testing.assert_allclose(found[1:], expected, rtol=1e-6)


@pytest.mark.parametrize(("better", "worse"), [(0, 0), (1, 0), (3, 9), (12, 12), (7, 2), (0, 8)])
def test_mcnemar_is_that_of_statsmodels(better, worse):
    table = [[20, better], [worse, 11]]
    assert mcnemar_exact(better, worse) == pytest.approx(mcnemar(table, exact=True).pvalue)
