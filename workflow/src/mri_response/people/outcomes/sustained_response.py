"""Sustained response: a response at several sessions, all of them.

A person without a response at one of them is no sustained responder, whatever else is missing; one
with a missing score and responses elsewhere has no outcome.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.outcome_kinds import deciding_sessions
from mri_response.people.outcomes.courses import all_met
from mri_response.people.outcomes.response import has_responded


def has_sustained(scores: pd.DataFrame, outcome: Mapping[str, Any]) -> np.ndarray:
    """Whether each person responded at all sessions that decide.

    Parameters
    ----------
    scores : pandas.DataFrame, shape (people, sessions)
        NaN where missing.
    outcome : mapping
        Section ``outcome`` of the configuration.

    Returns
    -------
    ndarray of float, shape (people,)
        1, 0, or NaN where it is not known.
    """
    baseline = scores[outcome["baseline"]]
    responses = [
        has_responded(baseline, scores[session], outcome["fall_percent"])
        for session in deciding_sessions(outcome)
    ]
    return all_met(np.column_stack(responses))
