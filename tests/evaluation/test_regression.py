"""Regressions of one coefficient, against statsmodels and published results of logistf."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import chi2

from mri_response.evaluation.regression import (
    NotConverged,
    firth,
    least_squares,
    logistic,
    separated,
)
from mri_response.people.rows import person_weights

# Endometrial cancer study of Heinze and Schemper (2002): neovasculation, pulsatility index of the
# arteria uterina, endometrium height; high grade (1) or low. Nobody with neovasculation is low.
ENDOMETRIAL = """
0 13 1.64 0;0 16 2.26 0;0 8 3.14 0;0 34 2.68 0;0 20 1.28 0;0 5 2.31 0;0 17 1.8 0;0 10 1.68 0;
0 26 1.56 0;0 17 2.31 0;0 8 2.01 0;0 7 1.89 0;0 20 3.15 0;0 10 1.23 0;0 18 1.27 0;0 16 1.76 0;
0 18 2 0;0 8 2.64 1;0 29 0.88 1;0 12 1.27 1;0 20 1.37 1;1 38 0.97 1;1 22 1.14 1;1 7 0.88 1;
1 25 0.91 1;1 15 0.58 1;0 7 0.97 1;0 28 1.5 0;0 11 1.33 0;0 19 2.37 0;0 10 1.82 0;0 10 3.13 0;
0 18 1.31 0;0 14 1.92 0;0 21 1.64 0;0 11 2.01 0;0 17 1.88 0;0 25 1.93 0;0 16 2.11 0;0 19 1.29 0;
0 15 1.72 0;0 33 0.75 0;0 24 1.92 0;0 48 1.84 1;0 12 1.11 1;0 19 1.61 1;0 2 1.18 1;1 22 1.44 1;
1 40 1.18 1;1 5 0.93 1;1 0 1.17 1;0 21 1.19 1;0 15 1.06 1;0 29 2.02 0;0 15 2.29 0;0 12 2.33 0;
0 3 2.9 0;0 20 1.7 0;0 23 1.41 0;0 12 2.25 0;0 22 1.54 0;0 42 1.97 0;0 15 1.75 0;0 13 2.16 0;
0 14 2.57 0;0 19 1.37 0;0 12 3.61 0;0 13 2.04 0;0 10 2.17 0;0 12 1.69 1;1 49 0.27 1;0 6 1.84 1;
0 5 1.3 1;0 17 0.96 1;1 11 1.01 1;1 21 0.98 1;0 5 0.35 1;1 19 1.02 1;0 33 0.85 1
"""
# Estimate and 95 % profile limits by the R package logistf (intercept, NV, PI, EH).
LOGISTF = np.array(
    [
        [3.77455951, 1.0825371, 7.20928050],
        [2.92927330, 0.6097244, 7.85463171],
        [-0.03475175, -0.1244587, 0.04045547],
        [-2.60416387, -4.3651832, -1.23272106],
    ]
)


def endometrial():
    table = np.array([row.split() for row in ENDOMETRIAL.split(";")], dtype=float)
    design = np.column_stack([np.ones(len(table)), table[:, :3]])
    return table[:, 3], design


def alone(n):
    """Weights and numbers of people with one row each."""
    return np.ones(n), np.arange(n)


def simulated(seed=0, n=60):
    rng = np.random.default_rng(seed)
    design = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    label = (rng.random(n) < expit(design @ [0.2, 0.8, -0.3, 0.5])).astype(float)
    outcome = design @ [10, 2, -1, 0.5] + rng.normal(size=n) * (1 + np.abs(design[:, 1]))
    return label, outcome, design


@pytest.mark.parametrize("column", range(4))
def test_firth_gives_what_logistf_gives(column):
    label, design = endometrial()
    assert separated(label, design)
    found = logistic(label, design, column, *alone(len(label)))
    assert found.method == "firth_profile_likelihood"
    np.testing.assert_allclose(
        [found.estimate, found.ci_low, found.ci_high], LOGISTF[column], rtol=2e-6
    )


def test_firths_p_is_that_of_a_general_optimiser():
    label, design = endometrial()

    def penalised(beta):
        p = expit(design @ beta)
        information = (design.T * (p * (1 - p))) @ design
        likelihood = np.log(np.where(label == 1, p, 1 - p)).sum()
        return -likelihood - np.log(np.linalg.det(information)) / 2

    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20000, "maxfev": 20000}
    settings = {"method": "Nelder-Mead", "options": options}
    whole = minimize(penalised, LOGISTF[:, 0], **settings).fun
    held = minimize(lambda b: penalised([b[0], 0, b[1], b[2]]), [3, 0, -2], **settings).fun
    found = firth(label, design, 1, np.ones(len(label)))
    assert found.statistic == pytest.approx(2 * (held - whole), abs=1e-7)
    assert found.p_value == pytest.approx(chi2(1).sf(2 * (held - whole)), rel=1e-6)


def test_least_squares_equals_statsmodels():
    _, outcome, design = simulated()
    expected = sm.OLS(outcome, design).fit(cov_type="HC3", use_t=True)
    for column in range(4):
        found = least_squares(outcome, design, column, *alone(60))
        low, high = expected.conf_int()[column]
        np.testing.assert_allclose(
            [found.estimate, found.se, found.statistic, found.p_value, found.ci_low, found.ci_high],
            [
                expected.params[column], expected.bse[column], expected.tvalues[column],
                expected.pvalues[column], low, high,
            ],
            rtol=1e-8,
        )  # fmt: skip


def test_logistic_equals_statsmodels():
    # statsmodels' own HC3 is HC0 for a logistic regression. HC3 of the least squares that the
    # last step of its fit solves is HC3 of the logistic regression.
    label, _, design = simulated()
    fitted = sm.GLM(label, design, family=sm.families.Binomial()).fit(tol=1e-14)
    p = fitted.fittedvalues
    root = np.sqrt(p * (1 - p))
    working = design @ fitted.params + (label - p) / root**2
    expected = sm.OLS(root * working, root[:, None] * design).fit(cov_type="HC3", use_t=False)
    for column in range(4):
        found = logistic(label, design, column, *alone(60))
        assert found.method == "logistic_hc3_z"
        np.testing.assert_allclose(
            [found.estimate, found.se, found.p_value],
            [fitted.params[column], expected.bse[column], expected.pvalues[column]],
            rtol=1e-6,
        )


def test_the_jackknife_over_people_is_what_it_says():
    """With several rows a person the error is that of leaving out one person at a time."""
    rng = np.random.default_rng(1)
    _, outcome, design = simulated()
    weights, person = person_weights(np.sort(rng.integers(0, 25, 60)))
    found = least_squares(outcome, design, 1, weights, person)

    def coefficient(rows):
        return sm.WLS(outcome[rows], design[rows], weights[rows]).fit().params[1]

    whole = coefficient(slice(None))
    without = [coefficient(person != who) for who in np.unique(person)]
    assert found.estimate == pytest.approx(whole)
    assert found.se == pytest.approx(np.sqrt(np.sum((np.array(without) - whole) ** 2)), rel=1e-8)


@pytest.mark.parametrize("fit", [least_squares, logistic])
def test_a_person_counts_once(fit):
    label, outcome, design = simulated()
    given = outcome if fit is least_squares else label
    once = fit(given, design, 2, *alone(60))
    twice = np.repeat(np.arange(60), 2)
    doubled = fit(given[twice], design[twice], 2, *person_weights(twice))
    assert doubled.estimate == pytest.approx(once.estimate)
    assert doubled.p_value == pytest.approx(once.p_value, rel=1e-6)


def test_separation_is_seen_and_only_there():
    rng = np.random.default_rng(2)
    design = np.column_stack([np.ones(40), rng.normal(size=40)])
    complete = (design[:, 1] > 0.3).astype(float)
    assert separated(complete, design)
    label = complete.copy()
    label[[design[:, 1].argmin(), design[:, 1].argmax()]] = [1, 0]
    assert not separated(label, design)
    quasi = np.column_stack([np.ones(40), np.arange(40) < 8])
    assert separated((np.arange(40) < 20).astype(float), quasi)


def test_limits_far_out_are_those_of_a_general_optimiser():
    """One arm is separated completely: the profile falls slowly, and whole steps go to and fro."""
    rng = np.random.default_rng(3)
    arm, score = np.repeat([1.0, 0.0], 8), rng.normal(size=16)
    label = np.where(arm == 1, score > np.median(score), rng.random(16) < 0.5).astype(int)
    design = np.column_stack([score * arm, score, arm, 1 - arm])
    found = firth(label, design, 0, np.ones(16))
    assert found.ci_high > found.estimate + 10 * found.se

    def penalised(beta):
        p = expit(design @ beta)
        information = design.T @ (design * (p * (1 - p))[:, None])
        likelihood = -np.logaddexp(0, np.where(label == 1, -1, 1) * (design @ beta)).sum()
        return -likelihood - np.linalg.slogdet(information)[1] / 2

    def best(fixed, start):
        held = lambda rest: penalised(np.concatenate([[fixed], rest]))  # noqa: E731
        options = {"maxiter": 20000, "maxfev": 20000, "xatol": 1e-9, "fatol": 1e-12}
        return minimize(held, start, method="Nelder-Mead", options=options).fun

    top = minimize(
        penalised, np.zeros(4), method="Nelder-Mead", options={"maxiter": 20000, "fatol": 1e-12}
    )
    for limit in (found.ci_low, found.ci_high):
        fall = 2 * (best(limit, top.x[1:]) - top.fun)
        assert fall == pytest.approx(chi2.ppf(0.95, 1), abs=1e-4)


def test_what_does_not_converge_is_said(monkeypatch):
    monkeypatch.setattr("mri_response.evaluation.regression.MAX_STEPS", 1)
    with pytest.raises(NotConverged, match="no convergence in 1 steps"):
        firth(np.array([0, 1, 0, 1]), np.column_stack([np.ones(4), np.arange(4.0)]), 1, np.ones(4))
