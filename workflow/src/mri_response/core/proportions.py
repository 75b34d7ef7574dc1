"""Proportions of people and their differences: intervals and the exact paired test."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

FloatArray = NDArray[np.float64]
#: Confidence level of all intervals.
LEVEL = 0.95


def wilson(k: ArrayLike, n: ArrayLike, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Wilson score interval of a proportion.

    Parameters
    ----------
    k, n : array_like
        Successes and trials. `k` may be fractional: a person of whose rows half are right counts
        as half a success, for which the interval is conservative.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray

    References
    ----------
    Wilson EB (1927). Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22, 209-212.
    """
    k, n = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    z2 = float(ndtri((1 + level) / 2)) ** 2
    p = k / n
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2) / (1 + z2 / n) * np.sqrt(p * (1 - p) / n + z2 / (4 * n**2))
    return np.minimum(np.clip(centre - half, 0, 1), p), np.maximum(np.clip(centre + half, 0, 1), p)


def mover_difference(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Difference of two independent estimates, and its limits from theirs.

    Parameters
    ----------
    first, second : tuple of float
        Estimate, lower and upper limit.

    Returns
    -------
    estimate, low, high : float
        NaN where a limit is.

    References
    ----------
    Zou GY, Donner A (2008). Construction of confidence limits about effect measures: a general
    approach. Statistics in Medicine 27, 1693-1702. On Wilson limits it is method 10 of Newcombe RG
    (1998), Statistics in Medicine 17, 873-890.
    """
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    low = a - b - np.hypot(a - a_low, b_high - b)
    high = a - b + np.hypot(a_high - a, b - b_low)
    return a - b, float(low), float(high)


def mcnemar_exact(better: int, worse: int) -> float:
    """Exact two-sided McNemar test.

    Parameters
    ----------
    better, worse : int
        People of whom only the first, and only the second of two answers is yes (a model that is
        right, a response to a treatment).

    Returns
    -------
    float

    References
    ----------
    McNemar Q (1947). Note on the sampling error of the difference between correlated proportions or
    percentages. Psychometrika 12, 153-157.
    """
    from scipy.stats import binom  # takes time to import; only needed here

    return float(min(1.0, 2 * binom.cdf(min(better, worse), better + worse, 0.5)))
