"""Tests and intervals of fixed effects in small samples.

- ``kenward_roger``: the covariance of the effects corrected for the error of the estimated
  covariance parameters, whose covariance W is the inverse of the *observed* information, as SAS's
  PROC MIXED and R's mmrm have it.
- ``kenward_roger_expected``: the same with the *expected* information, as R's pbkrtest and lmerTest
  have it; the two differ in standard error and degrees of freedom.
- ``satterthwaite``: the covariance as it is, degrees of freedom by Satterthwaite with the observed
  information, as R's mmrm and lmerTest have it. For a single contrast its degrees of freedom are
  those of Kenward and Roger with the same W.
- ``robust``: the covariance of the effects from the people's own residuals, each as if the person
  had been left out, with degrees of freedom by Satterthwaite; right also where the structure of the
  covariance is wrong.

References
----------
Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted maximum
likelihood. Biometrics 53, 983-997.
Fai AHT, Cornelius PL (1996). Approximate F-tests of multiple degree of freedom hypotheses in
generalized least squares analyses of unbalanced split-plot experiments. Journal of Statistical
Computation and Simulation 54, 363-378.
Mancl LA, DeRouen TA (2001). A covariance estimator for GEE with improved small-sample properties.
Biometrics 57, 126-134.
Pustejovsky JE, Tipton E (2018). Small-sample methods for cluster-robust variance estimation and
hypothesis testing in fixed effects models. Journal of Business and Economic Statistics 36, 672-683.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from mri_response.clinical_outcomes.likelihood import RepeatedScores
from mri_response.clinical_outcomes.reml import Fit
from mri_response.clinical_outcomes.student import t_interval

Array = NDArray[np.float64]
METHODS = ("kenward_roger", "kenward_roger_expected", "satterthwaite")
ROBUST = "robust"


class Contrast(NamedTuple):
    """A combination of effects: estimate, standard error, degrees of freedom, limits, p."""

    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p_value: float


class JointTest(NamedTuple):
    """A test of several contrasts at once."""

    f: float
    df_numerator: int
    df_denominator: float
    p_value: float


def adjusted_covariance(fit: Fit, method: str = "kenward_roger") -> Array:
    """Covariance of the fixed effects that a method uses.

    Parameters
    ----------
    fit : Fit
        Fitted model.
    method : str
        Of `METHODS`.

    Returns
    -------
    ndarray, shape (p, p)
    """
    phi = fit.covariance
    if method == "satterthwaite":
        return phi
    w = _parameter_covariance(fit, method)
    inner = fit.q - np.einsum("aij,jk,bkl->abil", fit.p, phi, fit.p, optimize=True)
    if fit.r is not None:
        inner = inner - fit.r / 4
    adjusted = phi + 2 * phi @ np.tensordot(w, inner, 2) @ phi
    return (adjusted + adjusted.T) / 2


def contrast(fit: Fit, weights: ArrayLike, method: str = "kenward_roger") -> Contrast:
    """One combination of fixed effects.

    Parameters
    ----------
    fit : Fit
        Fitted model.
    weights : array_like, shape (p,)
        Of the effects.
    method : str
        Of `METHODS`.

    Returns
    -------
    Contrast
    """
    c = np.asarray(weights, float)
    phi = fit.covariance
    variance = c @ phi @ c
    slope = -np.einsum("i,aij,j->a", phi @ c, fit.p, phi @ c)
    df = 2 * variance**2 / (slope @ _parameter_covariance(fit, method) @ slope)
    se = float(np.sqrt(c @ adjusted_covariance(fit, method) @ c))
    found = t_interval(float(c @ fit.beta), se, float(df))
    return Contrast(found.estimate, se, float(df), found.ci_low, found.ci_high, found.p_value)


def joint_test(fit: Fit, weights: ArrayLike, method: str = "kenward_roger") -> JointTest:
    """Test that several combinations of fixed effects are all 0.

    Parameters
    ----------
    fit : Fit
        Fitted model.
    weights : array_like, shape (l, p)
        Linearly independent rows.
    method : str
        Of `METHODS`.

    Returns
    -------
    JointTest
    """
    rows = np.atleast_2d(np.asarray(weights, float))
    effects, size = rows @ fit.beta, len(rows)
    covariance = rows @ adjusted_covariance(fit, method) @ rows.T
    f = float(effects @ np.linalg.solve(covariance, effects)) / size
    if method == "satterthwaite":
        scale, df = 1.0, _fai_cornelius(fit, rows)
    else:
        scale, df = _kenward_roger_scale(fit, rows, _parameter_covariance(fit, method))
    return JointTest(scale * f, size, df, float(fdtrc(size, df, scale * f)))


def _parameter_covariance(fit: Fit, method: str) -> Array:
    """Covariance W of the covariance parameters."""
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}")
    return np.linalg.inv(fit.expected if method == "kenward_roger_expected" else fit.observed)


def _kenward_roger_scale(fit: Fit, rows: Array, w: Array) -> tuple[float, float]:
    """Scale of the F statistic and degrees of freedom of its denominator."""
    phi, size = fit.covariance, len(rows)
    theta = rows.T @ np.linalg.solve(rows @ phi @ rows.T, rows)
    changes = theta @ phi @ fit.p @ phi  # (q, p, p)
    traces = np.trace(changes, axis1=1, axis2=2)
    a_1 = traces @ w @ traces
    a_2 = (w * np.einsum("aij,bji->ab", changes, changes)).sum()
    if size == 1:
        return 1.0, 2 / a_2
    b = (a_1 + 6 * a_2) / (2 * size)
    g = ((size + 1) * a_1 - (size + 4) * a_2) / ((size + 2) * a_2)
    bottom = 3 * size + 2 * (1 - g)
    c_1, c_2, c_3 = g / bottom, (size - g) / bottom, (size + 2 - g) / bottom
    mean = 1 / (1 - a_2 / size)
    variance = 2 / size * (1 + c_1 * b) / ((1 - c_2 * b) ** 2 * (1 - c_3 * b))
    rho = variance / (2 * mean**2)
    df = 4 + (size + 2) / (size * rho - 1)
    return float(df / (mean * (df - 2))), float(df)


def _fai_cornelius(fit: Fit, rows: Array) -> float:
    """Denominator degrees of freedom from those of independent contrasts."""
    covariance = rows @ fit.covariance @ rows.T
    if len(rows) == 1:
        return contrast(fit, rows[0], "satterthwaite").df
    _, vectors = np.linalg.eigh(covariance)
    single = [contrast(fit, vector @ rows, "satterthwaite").df for vector in vectors.T]
    expected = sum(df / (df - 2) for df in single if df > 2)
    return 2 * expected / (expected - len(rows)) if expected > len(rows) else 0.0


def robust_contrast(scores: RepeatedScores, fit: Fit, weights: ArrayLike) -> Contrast:
    """One combination of fixed effects with a covariance from the people's own residuals.

    Parameters
    ----------
    scores : RepeatedScores
        What the model was fitted to.
    fit : Fit
        Fitted model.
    weights : array_like, shape (p,)
        Of the effects.

    Returns
    -------
    Contrast
    """
    c = np.asarray(weights, float)
    direction = fit.covariance @ c
    n, k = len(scores.people), len(fit.beta)
    spread, noise, influence = np.empty(n), np.empty(n), np.empty((n, k))
    for i, person in enumerate(scores.people):
        block = fit.sigma[np.ix_(person.visits, person.visits)]
        inverse = np.linalg.inv(block)
        leverage = person.x @ fit.covariance @ person.x.T @ inverse
        # Residuals as if the person had been left out.
        left_out = np.linalg.inv(np.eye(len(block)) - leverage)
        own = left_out.T @ inverse @ person.x @ direction
        spread[i] = own @ (person.y - person.x @ fit.beta)
        noise[i] = own @ block @ own
        influence[i] = own @ person.x
    expected = np.diag(noise) - influence @ fit.covariance @ influence.T
    df = float(np.trace(expected) ** 2 / (expected**2).sum())
    se = float(np.sqrt((spread**2).sum()))
    found = t_interval(float(c @ fit.beta), se, df)
    return Contrast(found.estimate, se, df, found.ci_low, found.ci_high, found.p_value)
