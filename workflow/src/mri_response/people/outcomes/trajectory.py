"""Trajectory: the scores of a person stay within limits, in per cent of the own baseline.

A rule for each person, without regard to others: classes that a model finds in everybody's scores
would let the people of the test sets have a say in their own labels.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.people.outcomes.courses import all_met


def is_on_path(scores: pd.DataFrame, outcome: Mapping[str, Any]) -> np.ndarray:
    """Whether the scores of each person stay within the limits of a path.

    Parameters
    ----------
    scores : pandas.DataFrame, shape (people, sessions)
        NaN where missing.
    outcome : mapping
        Section ``outcome`` of the configuration, with ``path``.

    Returns
    -------
    ndarray of float, shape (people,)
        1, 0, or NaN where it is not known.
    """
    baseline = scores[outcome["baseline"]].to_numpy(float)
    conditions = []
    for session, limits in outcome["path"].items():
        score = scores[session].to_numpy(float)
        # Multiplied out, so that no division rounds.
        within = 100 * score <= limits.get("at_most", np.inf) * baseline
        within &= 100 * score >= limits.get("at_least", 0) * baseline
        known = ~np.isnan(score) & (baseline > 0)
        conditions.append(np.where(known, within.astype(float), np.nan))
    return all_met(np.column_stack(conditions))
