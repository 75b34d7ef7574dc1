"""One coefficient of a regression over people: least squares, logistic, and Firth's penalty.

Standard errors are robust (HC3). A person's rows count as one: every row has the weight
1 / (number of the person's rows), and what a person's rows say is summed before it is squared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, expit, gammaincinv, ndtr, ndtri, stdtr, stdtrit

from mri_response.core.proportions import LEVEL
from mri_response.people.rows import rows_of_people

MAX_STEPS = 1000
UNDAMPED = 200  # steps after which they are halved
MAX_STEP = 5.0  # of the linear predictor's coefficients, as in logistf
TOLERANCE = 1e-9


class NotConverged(RuntimeError):
    """A likelihood whose highest point, or a limit of whose profile, is not reached."""


@dataclass(frozen=True)
class Coefficient:
    """A coefficient with its two-sided test of 0.

    Attributes
    ----------
    estimate, se : float
        In units of the outcome, or log odds, per unit of the column.
    ci_low, ci_high : float
        Limits at the level `mri_response.core.proportions.LEVEL`.
    statistic, p_value : float
        t or z; for Firth's penalty the likelihood-ratio chi-squared with one degree of freedom.
    method : {"ols_hc3_t", "logistic_hc3_z", "firth_profile_likelihood"}
        Kind of regression, of standard error and of test.
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    statistic: float
    p_value: float
    method: str


def least_squares(
    outcome: NDArray, design: NDArray, column: int, weights: NDArray, person: NDArray[np.intp]
) -> Coefficient:
    """Least squares with HC3 errors and t with (people - columns) degrees of freedom.

    Parameters
    ----------
    outcome : ndarray, shape (n,)
        Continuous outcome of each row.
    design : ndarray, shape (n, k)
        Of full rank, the intercept among its columns.
    column : int
        The column whose coefficient is asked for.
    weights : ndarray, shape (n,)
        1 / (rows of the person).
    person : ndarray of int, shape (n,)
        Number of each row's person.

    Returns
    -------
    Coefficient

    References
    ----------
    MacKinnon JG, White H (1985). Some heteroskedasticity-consistent covariance matrix estimators
    with improved finite sample properties. Journal of Econometrics 29, 305-325.
    Bell RM, McCaffrey DF (2002). Bias reduction in standard errors for linear regression with
    multi-stage samples. Survey Methodology 28, 169-181 (several rows a person: the jackknife form).
    """
    root = np.sqrt(weights)
    scaled = design * root[:, None]
    coefficients = np.linalg.solve(scaled.T @ scaled, scaled.T @ (root * outcome))
    residual = root * outcome - scaled @ coefficients
    se = np.sqrt(_robust_covariance(scaled, residual, person)[column, column])
    freedom = np.unique(person).size - design.shape[1]
    quantile, below = partial(stdtrit, freedom), partial(stdtr, freedom)
    return _wald(coefficients[column], se, quantile, below, "ols_hc3_t")


def logistic(
    label: NDArray, design: NDArray, column: int, weights: NDArray, person: NDArray[np.intp]
) -> Coefficient:
    """Logistic regression with HC3 errors, or with Firth's penalty where classes are separated.

    Parameters
    ----------
    label : ndarray of 0/1, shape (n,)
        Binary outcome of each row.
    design : ndarray, shape (n, k)
        Regressors, the constant included.
    column : int
        Position of the regressor whose coefficient is wanted.
    weights : ndarray, shape (n,)
        1 / (rows of the person).
    person : ndarray of int, shape (n,)
        Number of the person of each row.

    Returns
    -------
    Coefficient
    """
    if separated(label, design):
        return firth(label, design, column, weights)
    coefficients = _newton(label, design, weights, penalised=False)
    p = expit(design @ coefficients)
    variance = p * (1 - p)
    scaled = design * np.sqrt(weights * variance)[:, None]
    residual = np.sqrt(weights / variance) * (label - p)
    se = np.sqrt(_robust_covariance(scaled, residual, person)[column, column])
    return _wald(coefficients[column], se, ndtri, ndtr, "logistic_hc3_z")


def separated(label: NDArray, design: NDArray) -> bool:
    """Whether a logistic regression has no finite maximum-likelihood estimate.

    That is so if some combination of the columns is nowhere below 0 in the positive class, nowhere
    above 0 in the other and not 0 throughout: complete or quasi-complete separation.

    Parameters
    ----------
    label : ndarray of 0/1, shape (n,)
        Binary outcome of each row.
    design : ndarray, shape (n, k)
        Of full rank.

    Returns
    -------
    bool

    References
    ----------
    Konis K (2007). Linear programming algorithms for detecting separated data in binary logistic
    regression models. DPhil thesis, University of Oxford.
    """
    from scipy.optimize import linprog  # takes time to import; only needed here

    scaled = design / np.abs(design).max(axis=0)
    towards = np.where(label == 1, 1.0, -1.0)[:, None] * scaled
    found = linprog(-towards.sum(axis=0), A_ub=-towards, b_ub=np.zeros(len(label)), bounds=(-1, 1))
    if found.status != 0:
        raise RuntimeError(f"linear programme of separation: {found.message}")
    return bool(-found.fun > 1e-6)


def firth(label: NDArray, design: NDArray, column: int, weights: NDArray) -> Coefficient:
    """Logistic regression by Firth's penalised likelihood, finite under separation.

    Parameters
    ----------
    label : ndarray of 0/1, shape (n,)
        Binary outcome of each row.
    design : ndarray, shape (n, k)
        Regressors, the constant included.
    column : int
        Position of the regressor whose coefficient is wanted.
    weights : ndarray, shape (n,)
        1 / (rows of the person).

    Returns
    -------
    Coefficient
        p and limits are those of the penalised profile likelihood; the standard error is that of
        the information matrix and not robust.

    References
    ----------
    Firth D (1993). Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
    Heinze G, Schemper M (2002). A solution to the problem of separation in logistic regression.
    Statistics in Medicine 21, 2409-2419.
    """
    from scipy.optimize import brentq  # takes time to import; seldom needed

    coefficients = _newton(label, design, weights, penalised=True)
    highest = _log_likelihood(coefficients, label, design, weights, penalised=True)
    estimate = float(coefficients[column])
    information = _information(coefficients, design, weights)
    se = float(np.sqrt(np.linalg.inv(information)[column, column]))
    critical = 2 * gammaincinv(0.5, LEVEL)  # of chi-squared with one degree of freedom

    def drop(value: float) -> float:
        """Twice the fall of the log-likelihood where the coefficient is held at a value."""
        start = coefficients.copy()
        start[column] = value
        free = np.arange(design.shape[1]) != column
        held = _newton(label, design, weights, penalised=True, start=start, free=free)
        return 2 * (highest - _log_likelihood(held, label, design, weights, penalised=True))

    def limit(direction: int) -> float:
        """Limit of the profile likelihood below (-1) or above (1) the estimate."""
        distance = 2 * se
        while drop(estimate + direction * distance) < critical:
            distance *= 2
        edge = estimate + direction * distance
        return float(brentq(lambda value: drop(value) - critical, estimate, edge, xtol=1e-10))

    statistic = max(drop(0.0), 0.0)
    p_value = float(chdtrc(1, statistic))
    return Coefficient(
        estimate, se, limit(-1), limit(1), statistic, p_value, "firth_profile_likelihood"
    )


def _wald(
    estimate: float,
    se: float,
    quantile: Callable[[float], float],
    below: Callable[[float], float],
    method: str,
) -> Coefficient:
    statistic = estimate / se
    half = quantile((1 + LEVEL) / 2) * se
    p_value = 2 * below(-abs(statistic))
    numbers = (estimate, se, estimate - half, estimate + half, statistic, p_value)
    return Coefficient(*map(float, numbers), method)


def _robust_covariance(
    scaled: NDArray, residual: NDArray, person: NDArray[np.intp]
) -> NDArray[np.float64]:
    """HC3 of a least-squares problem with unit weights; the jackknife over people's rows."""
    bread = np.linalg.inv(scaled.T @ scaled)
    meat = np.zeros_like(bread)
    for rows in rows_of_people(person):
        block = scaled[rows]
        if len(rows) == 1:  # faster, and the same
            left = 1 - block[0] @ bread @ block[0]
            score = block[0] * (residual[rows[0]] / left if left > TOLERANCE else 0.0)
            meat += np.outer(score, score)
            continue
        left = np.eye(len(rows)) - block @ bread @ block.T
        score = block.T @ np.linalg.pinv(left, hermitian=True) @ residual[rows]
        meat += np.outer(score, score)
    return bread @ meat @ bread


def _newton(
    label: NDArray,
    design: NDArray,
    weights: NDArray,
    *,
    penalised: bool,
    start: NDArray | None = None,
    free: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Coefficients of highest (penalised) likelihood; those not `free` stay where they start."""
    k = design.shape[1]
    beta = np.zeros(k) if start is None else start
    free = np.ones(k, dtype=bool) if free is None else free
    value = _log_likelihood(beta, label, design, weights, penalised=penalised)
    for taken in range(MAX_STEPS):
        p = expit(design @ beta)
        information = _information(beta, design, weights)
        residual = weights * (label - p)
        if penalised:
            scaled = design * np.sqrt(weights * p * (1 - p))[:, None]
            leverage = (scaled @ np.linalg.inv(information) * scaled).sum(axis=1)
            residual = residual + leverage * (0.5 - p)
        score = design.T @ residual
        step = np.zeros(k)
        step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
        if np.abs(step).max(initial=0.0) < TOLERANCE:
            return beta
        # Far out, where probabilities are near 0 or 1, whole steps go to and fro over the top: the
        # information is not the curvature of the penalised likelihood.
        step *= min(1.0, MAX_STEP / np.abs(step).max()) * 0.5 ** (taken // UNDAMPED)
        reached = -np.inf
        for _ in range(60):
            reached = _log_likelihood(beta + step, label, design, weights, penalised=penalised)
            if reached >= value - 1e-12:
                break
            step /= 2
        beta, value = beta + step, reached
    raise NotConverged(f"Logistic regression: no convergence in {MAX_STEPS} steps.")


def _information(beta: NDArray, design: NDArray, weights: NDArray) -> NDArray[np.float64]:
    p = expit(design @ beta)
    return design.T @ (design * (weights * p * (1 - p))[:, None])


def _log_likelihood(
    beta: NDArray, label: NDArray, design: NDArray, weights: NDArray, *, penalised: bool
) -> float:
    predictor = design @ beta
    value = -(weights * np.logaddexp(0, np.where(label == 1, -predictor, predictor))).sum()
    if penalised:
        value += np.linalg.slogdet(_information(beta, design, weights))[1] / 2
    return float(value)
