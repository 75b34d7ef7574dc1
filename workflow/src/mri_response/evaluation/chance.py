"""What chance alone gives: p-values of permutation tests, and the best of tossing coins."""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray


def permutation_p_value(observed: float, null: NDArray) -> float:
    """One-sided permutation p: (1 + values at or above the observed) / (1 + permutations).

    Values are compared with a tolerance of 1e-9, so that ties count whatever their rounding.

    Parameters
    ----------
    observed : float
        Value under the observed labels.
    null : ndarray, shape (M,)
        Values under the permuted labels; NaN where a value is not defined.

    Returns
    -------
    float
        NaN without permutations.

    References
    ----------
    Phipson B, Smyth GK (2010). Permutation p-values should never be zero. Statistical
    Applications in Genetics and Molecular Biology 9, article 39.
    """
    if null.size == 0:
        return float("nan")
    return float((1 + reached(observed, null)) / (1 + null.size))


def reached(observed: float, null: np.ndarray) -> int:
    """Count the permutations that give the observed value or more, ties of rounding included.

    Parameters
    ----------
    observed : float
        Value under the observed labels.
    null : numpy.ndarray, shape (n_permutations,)
        Values under permutation. NaN where the number is undefined, with one class alone: it is
        counted, which is conservative.

    Returns
    -------
    int
    """
    return int(np.sum(~(null < observed - 1e-9)))


def best_of_chance(n_positive: int, n_negative: int, quantile: float = 0.95) -> float:
    """Balanced accuracy that tossing a coin for each person stays at or below with `quantile`.

    Exact, from the binomial distributions of sensitivity and specificity.

    Parameters
    ----------
    n_positive, n_negative : int
        People in each class.
    quantile : float
        Share of cohorts in which tossing coins does not exceed the result.

    Returns
    -------
    float
    """
    right_positive, right_negative = np.arange(n_positive + 1), np.arange(n_negative + 1)
    value = np.add.outer(right_positive * n_negative, right_negative * n_positive).ravel()
    probability = np.outer(
        *([comb(n, right) / 2**n for right in range(n + 1)] for n in (n_positive, n_negative))
    ).ravel()
    order = np.argsort(value, kind="stable")
    value, cumulative = value[order], np.cumsum(probability[order])
    # The last of several equal values carries the probability of them all.
    last = np.append(np.diff(value) > 0, True)
    reached = np.searchsorted(cumulative[last], quantile - 1e-12)
    return float(value[last][reached] / (2 * n_positive * n_negative))
