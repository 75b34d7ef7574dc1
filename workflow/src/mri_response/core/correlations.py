"""Partial correlations: their permutations, and the limits of the observed one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mri_response.core.proportions import LEVEL


def partial_correlations(x: NDArray, y: NDArray, given: NDArray, orders: NDArray) -> NDArray:
    """Partial correlations by Freedman and Lane: the observed one, then one per permutation.

    Residuals of y given the nuisance are permuted and added to what was fitted; the second
    regression takes the latter out again.

    Parameters
    ----------
    x, y : ndarray, shape (people,)
        The two quantities of each person.
    given : ndarray, shape (people, k)
        Nuisance with its intercept.
    orders : ndarray of int, shape (n, people)
        Permutations of people.

    Returns
    -------
    ndarray, shape (1 + n,)

    References
    ----------
    Freedman D, Lane D (1983). A nonstochastic interpretation of reported significance levels.
    Journal of Business and Economic Statistics 1, 292-298.
    """
    left, singular, _ = np.linalg.svd(given, full_matrices=False)
    basis = left[:, singular > 1e-10 * singular[0]]

    def residual(values: NDArray) -> NDArray:
        return values - (values @ basis) @ basis.T

    own, other = residual(x), residual(y)
    again = residual(np.vstack([other, other[orders]]))
    return again @ own / (np.linalg.norm(own) * np.linalg.norm(again, axis=1))


def degrees_of_freedom(given: NDArray) -> int:
    """Degrees of freedom of a partial correlation.

    Parameters
    ----------
    given : ndarray, shape (people, k)
        Nuisance with its intercept.

    Returns
    -------
    int
        People less the rank of the nuisance less 1.
    """
    return len(given) - int(np.linalg.matrix_rank(given)) - 1


def correlation_limits(r: float, df: int) -> tuple[float, float]:
    """Limits of a correlation by Fisher's transformation.

    Parameters
    ----------
    r : float
        The correlation, partial or not.
    df : int
        Its degrees of freedom.

    Returns
    -------
    low, high : float
        NaN with fewer than 2 degrees of freedom.

    References
    ----------
    Fisher RA (1924). The distribution of the partial correlation coefficient. Metron 3, 329-332.
    """
    if df < 2:
        return np.nan, np.nan
    reach = float(ndtri((1 + LEVEL) / 2)) / np.sqrt(df - 1)
    with np.errstate(divide="ignore"):  # a correlation of 1 is infinitely far
        middle = np.arctanh(np.clip(r, -1, 1))
    return float(np.tanh(middle - reach)), float(np.tanh(middle + reach))
