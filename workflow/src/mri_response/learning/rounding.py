"""Decision values to as many digits as are known of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

DECIMALS = 6  # the solvers end at an optimality gap of 1e-6, in units of the decision value


def rounded(decision: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """Decision values without the digits that depend on how they were computed.

    Features with few values give people decision values that are equal, or zero. What rounding
    leaves there would otherwise decide who is ranked first, which class is predicted and which
    candidate is chosen, and would do so in another way for the observed labels, which are solved by
    themselves, than for permuted ones, which are solved together.

    Parameters
    ----------
    decision : array_like
        Decision values; NaN stays NaN.
    axis : int
        Axis of the people of one labelling and fold.

    Returns
    -------
    numpy.ndarray
        Rounded to 6 decimals, and to one more for each power of ten that the largest of the
        absolute values is below 1: a fit that uses all of the smallest C gives small values, and
        is exact.
    """
    decision = np.asarray(decision, dtype=float)
    largest = np.nanmax(np.abs(decision), axis=axis, keepdims=True, initial=0.0)
    smaller = np.floor(-np.log10(np.where(largest > 0, largest, 1.0)))
    factor = 10.0 ** (DECIMALS + np.maximum(smaller, 0.0))
    return np.rint(decision * factor) / factor + 0.0
