"""Outcomes that the scores of several sessions decide, by a rule for each person."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.outcome_kinds import OUTCOMES, outcome_sessions
from mri_response.inputs.joins import check_levels, check_same_ids
from mri_response.inputs.sources.people_tables import scores_path
from mri_response.people.outcomes.scores import scores_of_cohort, session_scores

#: From scores (people, sessions) with NaN where missing and the section ``outcome`` to 1, 0 or NaN
#: per person.
Followed = Callable[[pd.DataFrame, Mapping[str, Any]], np.ndarray]


def outcome_from_course(
    rows: pd.DataFrame, config: Mapping[str, Any], name: str, followed: Followed
) -> pd.DataFrame:
    """Outcome of each row of a cohort, from the scores of several sessions.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the participants table as text, by line of the file.
    config : mapping
        The completed configuration.
    name : str
        Name of the cohort.
    followed : callable
        Whether each person is of the first class of the kind, see `Followed`.

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
    cohort, spec = config["cohorts"][name], config["outcome"]
    path, scale = scores_path(cohort), spec["scale"]
    scores = scores_of_cohort(cohort, scale)
    sessions = outcome_sessions(spec)
    check_levels(scores["session_id"], sessions, path, sessions)
    check_same_ids(rows["participant_id"], scores["participant_id"], cohort["participants"], path)
    wide = pd.DataFrame({s: session_scores(scores, s, spec, path) for s in sessions})
    wide = wide.reindex(rows["participant_id"]).set_index(rows.index)
    reached = pd.Series(followed(wide, spec), rows.index)
    reason = pd.Series(None, rows.index, dtype=object)
    for session in reversed(list(sessions)):
        reason[reached.isna() & wide[session].isna()] = f"no {scale} score at {session}"
    reason[wide[spec["baseline"]] <= 0] = f"{scale} score at {spec['baseline']} is 0"
    names = dict(zip((1.0, 0.0), OUTCOMES[spec["kind"]].classes, strict=True))
    return pd.DataFrame(
        {
            "outcome": reached.map(names),
            "reason": reason,
            "baseline_score": wide[spec["baseline"]],
            "endpoint_score": wide[spec["endpoint"]],
        }
    )


def all_met(conditions: np.ndarray) -> np.ndarray:
    """Whether all conditions of each person are met.

    Parameters
    ----------
    conditions : ndarray of float, shape (people, conditions)
        1, 0, or NaN where it is not known.

    Returns
    -------
    ndarray of float, shape (people,)
        0 where one is known not to be met, whatever is missing; NaN where none is known not to be
        met and some are not known; else 1.
    """
    broken = (conditions == 0).any(axis=1)
    unknown = np.isnan(conditions).any(axis=1)
    return np.where(broken, 0.0, np.where(unknown, np.nan, 1.0))
