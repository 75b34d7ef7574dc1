"""Remission: a clinical score at the end is at most a threshold.

References
----------
Frank E et al. (1991). Conceptualization and rationale for consensus definitions of terms in major
depressive disorder: remission, recovery, relapse, and recurrence. Archives of General Psychiatry
48: 851-855.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def has_remitted(endpoint: pd.Series | np.ndarray, threshold: float) -> np.ndarray:
    """Whether the score at the end is at most a threshold.

    Parameters
    ----------
    endpoint : array-like, shape (people,)
        Scores; NaN where missing.
    threshold : float
        Highest score of a person in remission.

    Returns
    -------
    ndarray of float, shape (people,)
        1, 0, or NaN where the score is missing.
    """
    endpoint = np.asarray(endpoint, float)
    remitted = (endpoint <= threshold).astype(float)
    remitted[np.isnan(endpoint)] = np.nan
    return remitted


def remitted(baseline: pd.Series, endpoint: pd.Series, outcome: Mapping[str, Any]) -> np.ndarray:
    """`has_remitted` with the limit of the configuration.

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
    return has_remitted(endpoint, outcome["threshold"])
