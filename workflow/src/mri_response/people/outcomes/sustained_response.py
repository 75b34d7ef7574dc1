"""Sustained response: a response at several sessions, all of them.

A person without a response at one of them is no sustained responder, whatever else is missing; one
with a missing score and responses elsewhere has no outcome.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.outcome_kinds import deciding_sessions
from mri_response.people.outcomes.courses import all_met, outcome_from_course
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


def sustained_response_outcome(
    rows: pd.DataFrame, config: Mapping[str, Any], name: str
) -> pd.DataFrame:
    """Class of each row: sustained_responder or no_sustained_responder.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the participants table as text, by line of the file.
    config : mapping
        The completed configuration; its outcome is of kind sustained_response.
    name : str
        Name of the cohort.

    Returns
    -------
    pandas.DataFrame
        By line: ``outcome`` (name of the class, or missing), ``reason`` (why it is missing),
        ``baseline_score`` and ``endpoint_score``.

    Raises
    ------
    InputError
        If the table of scores has a mistake, or nobody of the cohort is in it.
    """
    return outcome_from_course(rows, config, name, has_sustained)
