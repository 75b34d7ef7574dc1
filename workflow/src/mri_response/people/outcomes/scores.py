"""Clinical scores of people, as tables of users hold them."""

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.outcome_kinds import OUTCOMES, outcome_sessions
from mri_response.core.errors import InputError
from mri_response.core.tables import and_more, shorten, suggestion
from mri_response.inputs.joins import check_levels, check_same_ids
from mri_response.inputs.missing_codes import check_missing_codes
from mri_response.inputs.sources.people_tables import (
    OWN,
    PeopleFormat,
    long_scores,
    read_people_table,
    scores_format,
    scores_path,
)
from mri_response.inputs.tables import check_ids, numbers, require_columns

#: From scores before and after treatment and the section ``outcome`` to 1, 0 or NaN per person, or
#: to the number that is predicted.
Reached = Callable[[pd.Series, pd.Series, Mapping[str, Any]], np.ndarray]

#: Highest possible total of known scales, by the start of the scale's name (letters and digits, in
#: lower case). All start at 0.
HIGHEST_SCORE = {
    "madrs": 60,
    "hamd17": 52,
    "hamds17": 52,
    "hdrs17": 52,
    "hrsd17": 52,
    "ham17": 52,
    "hamd21": 66,
    "hamd24": 76,
    "hdrs24": 76,
    "hama": 56,
    "qids": 27,
    "idssr30": 84,
    "idsc30": 84,
    "bdi": 63,
    "bai": 63,
    "phq9": 27,
    "gad7": 21,
    "gaf": 100,
    "ymrs": 60,
    "panss": 210,
}


#: From so many different scores on it is no chance that nobody's score changes.
MANY_SCORES = 5


def are_copied(first: pd.Series, second: pd.Series) -> bool:
    """Whether two sessions have the very same scores, as where a column is taken twice.

    Parameters
    ----------
    first, second : pandas.Series of float
        Scores of one scale at two sessions, by person; NaN where missing.

    Returns
    -------
    bool
    """
    both = pd.DataFrame({"first": first, "second": second}).dropna()
    return both["second"].nunique() >= MANY_SCORES and bool((both["first"] == both["second"]).all())


def missing_score(spec: Mapping[str, Any], which: str) -> str:
    """Reason for leaving out a person without a score.

    Parameters
    ----------
    spec : mapping
        Section ``outcome`` of the configuration.
    which : {"baseline", "endpoint"}
        The key of the session at which the score is missing.

    Returns
    -------
    str
        The words that stand in ``exclusions.tsv``.
    """
    return f"no {spec['scale']} score at {spec[which]}"


def read_scores(
    path: str | os.PathLike[str],
    scale: str,
    layout: PeopleFormat = OWN,
    wide: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    key: str = "outcome.scale",
    highest: float | None = None,
) -> pd.DataFrame:
    """Read the scores of one clinical scale.

    Parameters
    ----------
    path : path-like
        Either long (``participant_id``, ``session_id``, ``scale``, ``score``) or a BIDS phenotype
        table (``participant_id``, ``session_id`` and a column named as the scale).
    scale : str
        Name of the scale, as in the table.
    layout : PeopleFormat
        How the table names its columns and is written.
    wide : mapping of str to mapping of str to str
        Scale to session to column, for a table with a column per session, see
        :func:`mri_response.inputs.sources.people_tables.long_scores`.
    key : str
        Key of the configuration that names the scale, for messages.
    highest : float, optional
        Highest possible score; without it that of a scale that is known by its name.

    Returns
    -------
    pandas.DataFrame
        ``participant_id``, ``session_id``, ``score`` (float, NaN where missing); the index is the
        line number in the file.

    Raises
    ------
    InputError
        If the scale is not there, a score is no number or impossible, or a participant has two
        scores of the scale in one session.
    """
    table = read_people_table(path, layout, strict=False)
    if scale in wide:
        check_ids(table, path, ["participant_id"])
        table = long_scores(table, {scale: wide[scale]}, path)
        table["score"] = table["score"].map(repr)
    _check_sessions(table, scale, path)
    if {"scale", "score"} <= set(table):
        scales = table["scale"].dropna().unique()
        if scale not in scales:
            raise InputError(
                f"{path}: column scale: found {shorten(scales)}, expected {scale!r} "
                f"({key}); {suggestion(scale, scales)}correct the config or the table"
            )
        check_levels(table["scale"], [scale], path, key)
        table = table[table["scale"] == scale]
        column = "score"
    elif scale in table:
        column = scale
    else:
        others = [name for name in table if name not in ("participant_id", "session_id")]
        raise InputError(
            f"{path}: found no column {scale!r} ({key}) and no columns scale and score, "
            f"expected one or the other among {shorten(others)}; "
            f"{suggestion(scale, others)}correct the config or the table"
        )
    score = numbers(table, column, path)
    # A row with neither session nor score says nothing (BIDS tables list dropouts in this way).
    said = table["session_id"].notna() | score.notna()
    table, score = table[said], score[said]
    check_ids(table, path, ["participant_id", "session_id"])
    highest = highest_score(scale) if highest is None else highest
    wrong = (score < 0) | (score > highest)
    if wrong.any():
        line = int(wrong.idxmax())
        limits = "0 or more" if highest == np.inf else f"0 to {highest:g}"
        raise InputError(
            f"{path}: line {line}: column {column}: found {score[line]:g} for "
            f"{table.loc[line, 'participant_id']} at {table.loc[line, 'session_id']}, expected a "
            f"{scale} score of {limits}; correct it or write n/a"
            f"{and_more(int(wrong.sum()), 'such scores')}"
        )
    check_missing_codes(score.to_frame(column), path)
    return table[["participant_id", "session_id"]].assign(score=score)


def scores_of_cohort(cohort: Mapping[str, Any], scale: str, **more: Any) -> pd.DataFrame:
    """Read the scores of one clinical scale of a cohort.

    Parameters
    ----------
    cohort : mapping
        Section ``cohorts.<name>`` of the completed configuration, with scores.
    scale : str
        Name of the scale, as in the table.
    **more
        ``key`` and ``highest`` of `read_scores`.

    Returns
    -------
    pandas.DataFrame
        As `read_scores` returns it.

    Raises
    ------
    InputError
        As `read_scores` does.
    """
    path, wide = scores_path(cohort), cohort["scores"]["wide"]
    return read_scores(path, scale, scores_format(cohort), wide, **more)


def _check_sessions(table: pd.DataFrame, scale: str, path: str | os.PathLike[str]) -> None:
    """Scores are one row per person and session; many exports have a column per session."""
    wide = [name for name in table if name.lower().startswith(scale.lower()) and name != scale]
    if "session_id" not in table and wide:
        # What follows the scale is the best guess of the session.
        rest = ("".join(filter(str.isalnum, name[len(scale) :])) or "baseline" for name in wide)
        named = ", ".join(
            f"ses-{session}: {name}" for session, name in zip(rest, wide[:4], strict=False)
        )
        raise InputError(
            f"{path}: found no column 'session_id', expected one row per person and session, with "
            f"the columns participant_id, session_id and {scale}; make it long, in place of "
            f"{shorten(wide, 4)} in one row, or name the session of each column, as in scores: "
            f"{{table: {path}, wide: {{{scale}: {{{named}}}}}}}"
        )
    require_columns(table, ["session_id"], path)


def highest_score(scale: str) -> float:
    """Highest possible total of a clinical scale.

    Parameters
    ----------
    scale : str
        Name of the scale, in any spelling.

    Returns
    -------
    float
        Infinity for a scale that is not known.
    """
    name = "".join(character for character in scale.lower() if character.isalnum())
    return next((top for start, top in HIGHEST_SCORE.items() if name.startswith(start)), np.inf)


def session_scores(
    scores: pd.DataFrame, session: str, spec: Mapping[str, Any], path: str | os.PathLike[str]
) -> pd.Series:
    """Scores of one session by person.

    Parameters
    ----------
    scores : pandas.DataFrame
        Scores of one scale, as :func:`read_scores` returns them.
    session : str
        Session whose scores are wanted.
    spec : mapping
        Section ``outcome`` of the configuration, which names the session, for messages.
    path : path-like
        File of the scores, for messages.

    Returns
    -------
    pandas.Series
        By ``participant_id``, without missing ones.

    Raises
    ------
    InputError
        If nobody has a score there.
    """
    rows = scores[(scores["session_id"] == session) & scores["score"].notna()]
    if rows.empty:
        sessions = scores["session_id"].unique()
        raise InputError(
            f"{path}: found no {spec['scale']} score at session_id {session!r} among "
            f"{shorten(sessions)}, expected scores there; {suggestion(session, sessions)}correct "
            f"{outcome_sessions(spec)[session]} in the config"
        )
    return rows.set_index("participant_id")["score"]


def outcome_from_scores(
    rows: pd.DataFrame, config: Mapping[str, Any], name: str, reached: Reached
) -> pd.DataFrame:
    """Outcome of each row of a cohort, from its table of scores.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the participants table as text, by line of the file.
    config : mapping
        The completed configuration.
    name : str
        Name of the cohort.
    reached : callable
        The rule of the kind, see `Reached`.

    Returns
    -------
    pandas.DataFrame
        By line: ``outcome`` (name of the class or the number, or missing), ``reason`` (why it is
        missing), ``baseline_score`` and ``endpoint_score``.

    Raises
    ------
    InputError
        If the table of scores has a mistake, or nobody of the cohort is in it.
    """
    cohort, spec = config["cohorts"][name], config["outcome"]
    path = scores_path(cohort)
    scores = scores_of_cohort(cohort, spec["scale"])
    sessions = outcome_sessions(spec)
    check_levels(scores["session_id"], sessions, path, sessions)
    check_same_ids(rows["participant_id"], scores["participant_id"], cohort["participants"], path)
    outcome = clinical_outcome(scores, spec, path, reached).reindex(rows["participant_id"])
    outcome.index = rows.index
    absent = ~rows["participant_id"].isin(scores["participant_id"])
    outcome.loc[absent, "reason"] = missing_score(spec, OUTCOMES[spec["kind"]].needs[0])
    return outcome


def clinical_outcome(
    scores: pd.DataFrame, spec: Mapping[str, Any], path: str | os.PathLike[str], reached: Reached
) -> pd.DataFrame:
    """Outcome of everybody in a table of scores.

    A missing time point is missing; nothing is carried forward.

    Parameters
    ----------
    scores : pandas.DataFrame
        Scores of one scale, as :func:`read_scores` returns them.
    spec : mapping
        Section ``outcome`` of the configuration, of a kind with scores.
    path : path-like
        File of the scores, for messages.
    reached : callable
        The rule of the kind, see `Reached`.

    Returns
    -------
    pandas.DataFrame
        By ``participant_id``: ``outcome`` (name of the class or the number, or missing), ``reason``
        (why it is missing), ``baseline_score``, ``endpoint_score``.

    Raises
    ------
    InputError
        If nobody has a score at a session that the outcome needs, or both sessions have the same
        scores.
    """
    kind = OUTCOMES[spec["kind"]]
    people = pd.Index(scores["participant_id"].unique(), name="participant_id")
    by_session = {
        key: session_scores(scores, spec[key], spec, path).reindex(people)
        for key in ("baseline", "endpoint")
        if spec.get(key) is not None
    }
    endpoint = by_session["endpoint"]
    baseline = by_session.get("baseline", pd.Series(np.nan, people))
    if are_copied(baseline, endpoint):
        raise InputError(
            f"{path}: found the {spec['scale']} score at {spec['baseline']} again at "
            f"{spec['endpoint']}, in all people with both, expected scores of that session; "
            "correct the table or the columns that the scores are read from"
        )
    reason = pd.Series(None, people, dtype=object)
    if kind.is_relative:
        reason[baseline <= 0] = f"{spec['scale']} score at {spec['baseline']} is 0"
    for session in reversed(kind.needs):
        reason[by_session[session].isna()] = missing_score(spec, session)
    outcome = pd.Series(reached(baseline, endpoint, spec), people)
    if not kind.is_number:
        outcome = outcome.map(dict(zip((1.0, 0.0), kind.classes, strict=True)))
    return pd.DataFrame(
        {
            "outcome": outcome,
            "reason": reason,
            "baseline_score": baseline,
            "endpoint_score": endpoint,
        }
    )
