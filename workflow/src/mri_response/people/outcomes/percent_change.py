"""Change of a clinical score, in per cent of its value before treatment."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def changed_in_percent(
    baseline: pd.Series | np.ndarray, endpoint: pd.Series | np.ndarray, outcome: Mapping[str, Any]
) -> np.ndarray:
    """Change in per cent of the score before, which is above zero.

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
    before, after = np.asarray(baseline, float), np.asarray(endpoint, float)
    known = before > 0
    return np.where(known, 100 * (after - before) / np.where(known, before, 1.0), np.nan)
