"""P-values of permutation tests, for every stage that draws a null."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

TOLERANCE = 1e-9  # an observed value and one of the null that are closer than this are tied


def permutation_p_value(observed: ArrayLike, null: NDArray) -> NDArray | float:
    """One-sided permutation p: (1 + values at or above the observed) / (1 + permutations).

    A two-sided test gives the sizes of both. Against the largest of a family, `null` has one
    column.

    Parameters
    ----------
    observed : float or ndarray, shape (k,)
        Statistics under the observed labels, large values against the null hypothesis.
    null : ndarray, shape (M,) or (M, k) or (M, 1)
        Statistics under permuted labels; NaN where a statistic is not defined.

    Returns
    -------
    float or ndarray, shape (k,)
        A number for one observed value. NaN without permutations.

    References
    ----------
    Phipson B, Smyth GK (2010). Permutation p-values should never be zero. Statistical
    Applications in Genetics and Molecular Biology 9, article 39.
    """
    p_value = (1 + reached(observed, null)) / (1 + len(null))
    if len(null) == 0:
        p_value = np.full_like(p_value, np.nan, dtype=float)
    return float(p_value) if np.ndim(p_value) == 0 else p_value


def reached(observed: ArrayLike, null: NDArray) -> NDArray:
    """Count the permutations that give the observed value or more, ties of rounding included.

    Parameters
    ----------
    observed : float or ndarray, shape (k,)
        Statistics under the observed labels.
    null : ndarray, shape (M,) or (M, k) or (M, 1)
        Statistics under permuted labels. NaN where a statistic is undefined, as with one class
        alone: it is counted, which is conservative.

    Returns
    -------
    ndarray of int, shape () or (k,)
    """
    return np.sum(~(null < np.asarray(observed) - TOLERANCE), axis=0)
