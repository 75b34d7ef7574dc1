"""Change of a clinical score: the score at the end minus the score before."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def changed(
    baseline: pd.Series | np.ndarray, endpoint: pd.Series | np.ndarray, outcome: Mapping[str, Any]
) -> np.ndarray:
    """Score at the end minus score before, below zero where it fell.

    Parameters
    ----------
    baseline, endpoint : array-like, shape (people,)
        Scores; NaN where missing.
    outcome : mapping
        Section ``outcome`` of the configuration, not used.

    Returns
    -------
    numpy.ndarray of float, shape (people,)
        NaN where it is not known.
    """
    return np.asarray(endpoint, float) - np.asarray(baseline, float)
