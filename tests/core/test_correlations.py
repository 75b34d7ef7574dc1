"""Partial correlations beside the regression, and their limits beside SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.linalg import helmert, null_space
from scipy.stats import pearsonr

from mri_response.core.correlations import (
    correlation_limits,
    degrees_of_freedom,
    partial_correlations,
)

AS_THEY_ARE = np.empty((0, 30), dtype=int)


def test_partial_correlation_is_that_of_residuals_and_of_the_regression():
    rng = np.random.default_rng(6)
    given = sm.add_constant(rng.standard_normal((30, 2)))
    x = given @ [0, 1, 2] + rng.standard_normal(30)
    y = x + given @ [1, -1, 0] + rng.standard_normal(30)
    orders = np.array([np.arange(30), rng.permutation(30)])
    found = partial_correlations(x, y, given, orders)
    t = sm.OLS(y, np.column_stack([given, x])).fit().tvalues[-1]
    assert _t(found[0], 26) == pytest.approx(abs(t))
    assert found[1] == pytest.approx(found[0])
    fit = sm.OLS(y, given).fit()
    again = fit.fittedvalues + fit.resid[orders[1]]
    expected = sm.OLS(again, np.column_stack([given, x])).fit().tvalues[-1]
    assert _t(found[2], 26) == pytest.approx(abs(expected))
    repeated = np.column_stack([given, given[:, 1]])  # a column too many changes nothing
    np.testing.assert_allclose(partial_correlations(x, y, repeated, orders), found)


def _t(r, df):
    return abs(r) * np.sqrt(df / (1 - r**2))


def test_limits_are_those_of_scipy_of_as_many_people_fewer_as_are_taken_out():
    """What two covariates leave of 30 people is as the values of 28 people without any."""
    rng = np.random.default_rng(7)
    given = sm.add_constant(rng.standard_normal((30, 2)))
    x, y = rng.standard_normal((2, 30))
    left = null_space(given.T).T @ np.column_stack([x, y])  # 27 numbers, which have no mean
    fewer = helmert(28).T @ left
    expected = pearsonr(*fewer.T)
    r = partial_correlations(x, y, given, AS_THEY_ARE)[0]
    assert r == pytest.approx(expected.statistic)
    limits = correlation_limits(r, degrees_of_freedom(given))
    assert limits == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_limits_hold_the_true_correlation_in_95_of_100():
    rng = np.random.default_rng(8)
    given, true, held, trials = sm.add_constant(rng.standard_normal((26, 4))), 0.6, 0, 2000
    for _ in range(trials):
        x, noise = rng.standard_normal((2, 26))
        y = true * x + np.sqrt(1 - true**2) * noise
        r = partial_correlations(x, y + given[:, 1], given, np.empty((0, 26), dtype=int))[0]
        low, high = correlation_limits(r, degrees_of_freedom(given))
        held += low <= true <= high
    assert abs(held / trials - 0.95) < 3 * np.sqrt(0.95 * 0.05 / trials)


def test_limits_need_degrees_of_freedom_and_end_at_one():
    assert np.isnan(correlation_limits(0.3, 1)).all()
    assert correlation_limits(1.0, 20) == (1, 1)
    assert degrees_of_freedom(np.column_stack([np.ones(10), np.ones(10)])) == 8
