"""A clinical score at the end of treatment."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def ended(
    baseline: pd.Series | np.ndarray, endpoint: pd.Series | np.ndarray, outcome: Mapping[str, Any]
) -> np.ndarray:
    """The score at the end itself.

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
    return np.asarray(endpoint, float)
