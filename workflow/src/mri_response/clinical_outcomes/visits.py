"""The table that every statistic of clinical outcomes starts from: people by visits.

It has a row for every person and visit after baseline, so that a missing score is a row and not an
absence. Nothing is carried forward.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten

#: ``visit`` counts from 1 in the order of time, ``change`` is score - baseline.
VISIT_COLUMNS = ["participant_id", "arm", "visit", "session_id", "baseline", "score", "change"]
#: Arm of everybody in a trial with one arm.
ONE_ARM = "all"


def visit_table(
    scores: pd.DataFrame,
    baseline: str,
    visits: Sequence[str],
    arms: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Lay out scores by person and visit.

    Parameters
    ----------
    scores : DataFrame
        ``participant_id``, ``session_id``, ``score`` (float, NaN where missing), one row per person
        and session.
    baseline : str
        Session before the treatment.
    visits : sequence of str
        Sessions after it, in the order of time.
    arms : mapping of str to str, optional
        Person to arm. Only these people are in the table, also those without any score. Without it:
        everybody in `scores`, in one arm.

    Returns
    -------
    DataFrame
        `VISIT_COLUMNS`, by person in the order of `arms` (or of `scores`), then visit.

    Raises
    ------
    InputError
        If a session is named twice, a person has two scores of one session, or nobody has a score
        of a session.
    """
    sessions = [baseline, *visits]
    _check(scores, sessions)
    if arms is None:
        arms = dict.fromkeys(scores["participant_id"].unique(), ONE_ARM)
    people = pd.Index(arms, name="participant_id")
    wide = scores.pivot_table("score", "participant_id", "session_id")
    wide = wide.reindex(index=people, columns=sessions)
    n = len(visits)
    table = pd.DataFrame(
        {
            "participant_id": np.repeat(people.to_numpy(object), n),
            "arm": np.repeat(np.array(list(arms.values()), object), n),
            "visit": np.tile(np.arange(1, n + 1), len(people)),
            "session_id": np.tile(np.array(visits, object), len(people)),
            "baseline": np.repeat(wide[baseline].to_numpy(float), n),
            "score": wide[list(visits)].to_numpy(float).ravel(),
        }
    )
    return table.assign(change=table["score"] - table["baseline"])[VISIT_COLUMNS]


def _check(scores: pd.DataFrame, sessions: Sequence[str]) -> None:
    twice = [name for name in dict.fromkeys(sessions) if list(sessions).count(name) > 1]
    if twice:
        raise InputError(
            f"clinical_outcomes: found the session {twice[0]!r} twice among baseline and visits, "
            "expected each once; correct clinical_outcomes.visits in the config"
        )
    doubled = scores.duplicated(["participant_id", "session_id"])
    if doubled.any():
        row = scores[doubled].iloc[0]
        raise InputError(
            f"clinical_outcomes: found two scores of {row['participant_id']} at "
            f"{row['session_id']}, expected one; correct the table of scores"
        )
    known = scores.loc[scores["score"].notna(), "session_id"].unique()
    absent = [name for name in sessions if name not in known]
    if absent:
        raise InputError(
            f"clinical_outcomes: found no score at session_id {absent[0]!r} among "
            f"{shorten(known)}, expected some; correct clinical_outcomes.baseline or "
            "clinical_outcomes.visits in the config"
        )


def by_visit(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Session and rows of each visit, in the order of time.

    Parameters
    ----------
    table : DataFrame
        As `visit_table` returns it.

    Returns
    -------
    list of tuple
        Session and its rows, one per person.
    """
    return [(rows["session_id"].iloc[0], rows) for _, rows in table.groupby("visit")]
