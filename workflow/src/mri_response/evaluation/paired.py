"""Paired tests of two models on the same people, and the adjustment of several p-values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from mri_response.core.permutation import permutation_p_value
from mri_response.core.proportions import LEVEL
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.intervals import ROUNDING, delong_difference_variance
from mri_response.evaluation.metrics import auc
from mri_response.evaluation.strata import mover_mean, shares_of, strata_of

N_EXCHANGES = 10_000  # of the two models, within people


class Difference(NamedTuple):
    """A difference between two models, first minus second, with its interval and test.

    Attributes
    ----------
    estimate : float
        The difference.
    ci_low, ci_high : float
        Limits of its interval.
    p_value : float
        Two-sided p-value of no difference.
    n_permutations : int or None
        Number of permutations of the test; None for a test without.
    """

    estimate: float
    ci_low: float
    ci_high: float
    p_value: float
    n_permutations: int | None = None


UNDEFINED = Difference(np.nan, np.nan, np.nan, np.nan)


def corrected_resampled_t(
    differences: NDArray,
    test_share: float,
    level: float = LEVEL,
    largest: float = 1.0,
    inflation: float = 1.0,
) -> Difference:
    """Corrected resampled t-test of Nadeau and Bengio.

    Parameters
    ----------
    differences : ndarray, shape (J,)
        Difference of a metric in each outer fold of all repeats; NaN where it is undefined.
    test_share : float
        People in a test fold / people in its training set.
    level : float
        Nominal coverage of the interval.
    largest : float
        Largest difference that the metric can have; limits do not go beyond it.
    inflation : float
        Factor of the standard error, 1 or more: see
        :func:`mri_response.evaluation.null_folds.error_inflation`.

    Returns
    -------
    Difference
        NaN without two folds.

    Notes
    -----
    The variance of the mean of J correlated differences is taken as (1 / J + test_share) times
    their sample variance; t has J - 1 degrees of freedom.

    References
    ----------
    Nadeau C, Bengio Y (2003). Inference for the generalization error. Machine Learning 52, 239-281.
    Bouckaert RR, Frank E (2004). Evaluating the replicability of significance tests for comparing
    learning algorithms. PAKDD, 3-12 (over folds and repeats).
    """
    defined = differences[~np.isnan(differences)]
    n = len(defined)
    if n < 2:
        return Difference(defined[0] if n else np.nan, np.nan, np.nan, np.nan)
    estimate = float(defined.mean())
    error = inflation * float(resampled_error(defined, test_share))
    if error <= ROUNDING:
        return _without_spread(estimate)
    half = stdtrit(n - 1, (1 + level) / 2) * error
    p = 2 * stdtr(n - 1, -abs(estimate) / error)
    low, high = max(estimate - half, -largest), min(estimate + half, largest)
    return Difference(estimate, low, high, float(p))


def resampled_error(differences: NDArray, test_share: float) -> NDArray:
    """Standard error of the mean of correlated differences, as Nadeau and Bengio correct it.

    Parameters
    ----------
    differences : ndarray, shape (..., J)
        Differences of a metric in each outer fold of all repeats.
    test_share : float
        People in a test fold / people in its training set.

    Returns
    -------
    ndarray, shape (...)
    """
    return np.sqrt((1 / differences.shape[-1] + test_share) * differences.var(axis=-1, ddof=1))


def delong_difference(
    cohort: Cohort, first: NDArray, second: NDArray, level: float = LEVEL
) -> Difference:
    """DeLong's test of two AUCs of the same people.

    Parameters
    ----------
    cohort : Cohort
        Labels, weights and people of the n rows.
    first, second : ndarray, shape (n,)
        Decision values of both models.
    level : float
        Confidence level of the interval.

    Returns
    -------
    Difference
        Of several cohorts together (`stratum`), that of the AUCs within cohorts: the cohorts'
        differences are weighted by their pairs, their variances by the squares of these weights.

    References
    ----------
    See `mri_response.evaluation.intervals.delong_variance`.
    """
    strata = parts_of(cohort)
    if not strata:
        return UNDEFINED
    estimate, variance = 0.0, 0.0
    for share, (rows, own) in zip(shares_of(strata), strata, strict=True):
        of_rows = own.labels, first[rows], second[rows], own.weights
        labels, a, b, weights = of_rows
        estimate += share * float(auc(labels, a, weights) - auc(labels, b, weights))
        variance += share**2 * delong_difference_variance(*of_rows, own.person)
    error = np.sqrt(variance)
    if error <= ROUNDING:
        return _without_spread(estimate)
    half = ndtri((1 + level) / 2) * error
    p = 2 * ndtr(-abs(estimate) / error)
    return Difference(estimate, max(estimate - half, -1.0), min(estimate + half, 1.0), float(p))


def paired_proportions(
    better: float, worse: float, n: float, level: float = LEVEL
) -> tuple[float, float]:
    """Tango's score interval of a difference between two proportions of the same people.

    Parameters
    ----------
    better, worse : float
        People for whom only the first, and only the second model is right; they may be fractional,
        as in `mri_response.core.proportions.wilson`.
    n : float
        Number of people.
    level : float
        Nominal coverage of the interval.

    Returns
    -------
    low, high : float

    References
    ----------
    Tango T (1998). Equivalence test and confidence interval for the difference in proportions for
    the paired-sample design. Statistics in Medicine 17, 891-908.
    """
    from scipy.optimize import brentq  # takes time to import; only needed here

    z = ndtri((1 + level) / 2)

    def score(delta: float) -> float:
        """Score statistic of a difference, less the quantile that it reaches at a limit."""
        # The maximum-likelihood share of `worse`, given that the difference is delta.
        b = -better - worse + (2 * n - better + worse) * delta
        c = -worse * delta * (1 - delta)
        share = (np.sqrt(max(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
        variance = n * (2 * share + delta * (1 - delta))
        return (better - worse - n * delta) / np.sqrt(max(variance, 1e-300))

    estimate = (better - worse) / n
    limits = []
    for end, target in ((-1.0, z), (1.0, -z)):
        inside = end * (1 - 1e-9)
        beyond = (score(inside) - target) * (score(estimate) - target) < 0
        limits.append(
            brentq(lambda x, to=target: score(x) - to, inside, estimate) if beyond else end
        )
    return min(limits[0], estimate), max(limits[1], estimate)


def exchanged_within_people(
    cohort: Cohort,
    right: NDArray,
    rng: np.random.Generator,
    n_exchanges: int = N_EXCHANGES,
    level: float = LEVEL,
) -> Difference:
    """Difference in balanced accuracy; under the null the two models may change places.

    Parameters
    ----------
    cohort : Cohort
        Labels, weights and people of the n rows.
    right : ndarray of bool, shape (2, n)
        Whether each model is right in each row.
    rng : numpy.random.Generator
        Source of the exchanges.
    n_exchanges : int
        Random exchanges of the models within people.
    level : float
        Nominal coverage of the interval.

    Returns
    -------
    Difference
        Its interval combines those of `paired_proportions` in either class by the method of
        variance estimates recovery (see `evaluation.intervals.mover_balanced_accuracy`). Of several
        cohorts together (`stratum`), the difference is the mean of the cohorts' ones, weighted by
        their pairs.

    References
    ----------
    Good P (2005). Permutation, Parametric and Bootstrap Tests of Hypotheses, 3rd ed., section 3.7
    (matched pairs).
    """
    strata = parts_of(cohort)
    if not strata:
        return UNDEFINED
    moved, limits, halves = np.zeros(len(cohort.labels)), [], []
    for share, (rows, own) in zip(shares_of(strata), strata, strict=True):
        gain = own.weights * (right[0, rows].astype(float) - right[1, rows])
        for in_class in (own.labels == 1, own.labels == 0):
            n = np.unique(own.person[in_class]).size
            size = own.weights[in_class].sum()
            better, worse = (
                np.maximum(sign * gain[in_class], 0).sum() * n / size for sign in (1, -1)
            )
            limits.append(((better - worse) / n, *paired_proportions(better, worse, n, level)))
            halves.append(share / 2)
            moved[rows] += in_class * share * gain / (2 * size)
    by_person = np.bincount(cohort.person, moved)
    estimate = float(by_person.sum())
    _, low, high = mover_mean(limits, np.array(halves))
    signs = rng.choice([-1.0, 1.0], size=(n_exchanges, len(by_person)))
    null = np.abs(signs @ by_person)
    p = permutation_p_value(abs(estimate), null)
    return Difference(estimate, max(low, -1.0), min(high, 1.0), p, n_exchanges)


def parts_of(cohort: Cohort) -> list[tuple[NDArray[np.intp], Cohort]]:
    """The cohorts in which people are compared: those that count (`strata_of`), or the only one.

    Parameters
    ----------
    cohort : Cohort
        Labels, weights and people of the rows.

    Returns
    -------
    list of (ndarray of int, Cohort)
        Rows of each cohort, and their people.
    """
    if cohort.stratum is None:
        return [(np.arange(len(cohort.labels)), cohort)]
    return strata_of(cohort)


def holm(p_values: NDArray) -> NDArray:
    """Holm's step-down adjustment of a family of p-values.

    Parameters
    ----------
    p_values : ndarray, shape (k,)
        NaN stands for no test.

    Returns
    -------
    ndarray, shape (k,)

    References
    ----------
    Holm S (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
    Statistics 6, 65-70.
    """
    p_values = np.asarray(p_values, dtype=float)
    adjusted = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _without_spread(estimate: float) -> Difference:
    """Two models that do not differ; a difference that never varies has no interval."""
    same = abs(estimate) <= ROUNDING
    return Difference(estimate, np.nan, np.nan, 1.0 if same else np.nan)
