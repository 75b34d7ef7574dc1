"""What chance alone gives: the best of tossing coins."""

from __future__ import annotations

from math import comb

import numpy as np


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
