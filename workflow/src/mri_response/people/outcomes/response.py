"""Response: a clinical score falls by at least x per cent of its value before treatment.

It is tested as ``100 (baseline - end) >= x baseline`` so that no division rounds.

References
----------
Montgomery SA, Asberg M (1979). A new depression scale designed to be sensitive to change. British
Journal of Psychiatry 134: 382-389.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def has_responded(
    baseline: pd.Series | np.ndarray, endpoint: pd.Series | np.ndarray, fall_percent: float
) -> np.ndarray:
    """Whether scores fell by at least a percentage of the baseline.

    Parameters
    ----------
    baseline, endpoint : array-like, shape (people,)
        Scores; NaN where missing.
    fall_percent : float
        Least fall in per cent of the baseline, above 0 and at most 100.

    Returns
    -------
    ndarray of float, shape (people,)
        1, 0, or NaN where a score is missing or the baseline is not above 0.
    """
    baseline, endpoint = np.asarray(baseline, float), np.asarray(endpoint, float)
    responded = (100 * (baseline - endpoint) >= fall_percent * baseline).astype(float)
    responded[np.isnan(baseline) | np.isnan(endpoint) | ~(baseline > 0)] = np.nan
    return responded


def responded(baseline: pd.Series, endpoint: pd.Series, outcome: Mapping[str, Any]) -> np.ndarray:
    """`has_responded` with the limit of the configuration.

    Parameters
    ----------
    baseline, endpoint : pandas.Series, shape (people,)
        Scores; NaN where missing.
    outcome : mapping
        Section ``outcome`` of the configuration.

    Returns
    -------
    ndarray of float, shape (people,)
        1, 0, or NaN where it is not known.
    """
    return has_responded(baseline, endpoint, outcome["fall_percent"])
