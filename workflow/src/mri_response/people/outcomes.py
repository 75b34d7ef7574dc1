"""Outcomes from clinical scores: response and remission.

Response is a fall by at least x per cent of the baseline score, tested as
``100 (baseline - end) >= x baseline`` so that no division rounds. Remission is a score at the end
of at most a threshold. A missing time point is missing; nothing is carried forward.

References
----------
Montgomery SA, Asberg M (1979). A new depression scale designed to be sensitive to change. British
Journal of Psychiatry 134: 382-389.

Frank E et al. (1991). Conceptualization and rationale for consensus definitions of terms in major
depressive disorder: remission, recovery, relapse, and recurrence. Archives of General Psychiatry
48: 851-855.
"""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion
from mri_response.inputs.tables import check_ids, numbers, read_table

#: Highest possible total of known scales, by the start of the scale's name (letters and digits, in
#: lower case). All start at 0.
HIGHEST_SCORE = {
    "madrs": 60,
    "hamd17": 52,
    "hamds17": 52,
    "hdrs17": 52,
    "hrsd17": 52,
    "ham17": 52,
    "qids": 27,
}


def has_responded(
    baseline: pd.Series | np.ndarray, endpoint: pd.Series | np.ndarray, fall_percent: float
) -> np.ndarray:
    """Whether scores fell by at least a percentage of the baseline.

    Parameters
    ----------
    baseline, endpoint : array-like, shape (people,)
        Scores; NaN where missing.
    fall_percent : float
        Above 0, at most 100.

    Returns
    -------
    ndarray of float, shape (people,)
        1, 0, or NaN where a score is missing or the baseline is not above 0.
    """
    baseline, endpoint = np.asarray(baseline, float), np.asarray(endpoint, float)
    responded = (100 * (baseline - endpoint) >= fall_percent * baseline).astype(float)
    responded[np.isnan(baseline) | np.isnan(endpoint) | ~(baseline > 0)] = np.nan
    return responded


def has_remitted(endpoint: pd.Series | np.ndarray, threshold: float) -> np.ndarray:
    """Whether the score at the end is at most a threshold.

    Parameters
    ----------
    endpoint : array-like, shape (people,)
        Scores; NaN where missing.
    threshold : float

    Returns
    -------
    ndarray of float, shape (people,)
        1, 0, or NaN where the score is missing.
    """
    endpoint = np.asarray(endpoint, float)
    remitted = (endpoint <= threshold).astype(float)
    remitted[np.isnan(endpoint)] = np.nan
    return remitted


def clinical_outcome(
    scores: pd.DataFrame, spec: Mapping[str, Any], path: str | os.PathLike[str]
) -> pd.DataFrame:
    """Outcome of everybody in a table of scores.

    Parameters
    ----------
    scores : pandas.DataFrame
        As :func:`read_scores` returns it.
    spec : mapping
        The configuration's ``outcome`` of kind response or remission.
    path : path-like
        For messages.

    Returns
    -------
    pandas.DataFrame
        By ``participant_id``: ``outcome`` (the name of the class, or missing), ``reason`` (why it
        is missing), ``baseline_score``, ``endpoint_score``.

    Raises
    ------
    InputError
        If nobody has a score at a session that the outcome needs.
    """
    people = pd.Index(scores["participant_id"].unique(), name="participant_id")
    by_session = {
        key: _session_scores(scores, spec[key], spec["scale"], path).reindex(people)
        for key in ("baseline", "endpoint")
        if spec.get(key) is not None
    }
    endpoint = by_session["endpoint"]
    baseline = by_session.get("baseline", pd.Series(np.nan, people))
    reason = pd.Series(None, people, dtype=object)
    if spec["kind"] == "response":
        reached = has_responded(baseline, endpoint, spec["fall_percent"])
        names = {1.0: "responder", 0.0: "nonresponder"}
        reason[baseline <= 0] = f"{spec['scale']} score at {spec['baseline']} is 0"
    else:
        reached = has_remitted(endpoint, spec["threshold"])
        names = {1.0: "remitter", 0.0: "nonremitter"}
    reason[endpoint.isna()] = missing_score(spec, "endpoint")
    if spec["kind"] == "response":
        reason[baseline.isna()] = missing_score(spec, "baseline")
    return pd.DataFrame(
        {
            "outcome": pd.Series(reached, people).map(names),
            "reason": reason,
            "baseline_score": baseline,
            "endpoint_score": endpoint,
        }
    )


def missing_score(spec: Mapping[str, Any], which: str) -> str:
    """The reason for leaving out a person without a score at ``baseline`` or ``endpoint``."""
    return f"no {spec['scale']} score at {spec[which]}"


def read_scores(path: str | os.PathLike[str], scale: str) -> pd.DataFrame:
    """Read the scores of one clinical scale.

    Parameters
    ----------
    path : path-like
        Either long (``participant_id``, ``session_id``, ``scale``, ``score``) or a BIDS phenotype
        table (``participant_id``, ``session_id`` and a column named as the scale).
    scale : str

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
    table = read_table(path, required=("participant_id", "session_id"))
    if {"scale", "score"} <= set(table):
        scales = table["scale"].dropna().unique()
        if scale not in scales:
            raise InputError(
                f"{path}: column scale: found {shorten(scales)}, expected {scale!r} "
                f"(outcome.scale); {suggestion(scale, scales)}correct the config or the table"
            )
        table = table[table["scale"] == scale]
        column = "score"
    elif scale in table:
        column = scale
    else:
        others = [name for name in table if name not in ("participant_id", "session_id")]
        raise InputError(
            f"{path}: found no column {scale!r} (outcome.scale) and no columns scale and score, "
            f"expected one or the other among {shorten(others)}; "
            f"{suggestion(scale, others)}correct the config or the table"
        )
    score = numbers(table, column, path)
    # A row with neither session nor score says nothing (BIDS tables list dropouts in this way).
    said = table["session_id"].notna() | score.notna()
    table, score = table[said], score[said]
    check_ids(table, path, ["participant_id", "session_id"])
    highest = highest_score(scale)
    wrong = (score < 0) | (score > highest)
    if wrong.any():
        line = int(wrong.idxmax())
        limits = "0 or more" if highest == np.inf else f"0 to {highest:g}"
        raise InputError(
            f"{path}: line {line}: column {column}: found {score[line]:g} for "
            f"{table.loc[line, 'participant_id']} at {table.loc[line, 'session_id']}, expected a "
            f"{scale} score of {limits}; correct it or write n/a"
        )
    return table[["participant_id", "session_id"]].assign(score=score)


def highest_score(scale: str) -> float:
    """The highest possible total of a scale; infinity for one that is not known."""
    name = "".join(character for character in scale.lower() if character.isalnum())
    return next((top for start, top in HIGHEST_SCORE.items() if name.startswith(start)), np.inf)


def _session_scores(
    scores: pd.DataFrame, session: str, scale: str, path: str | os.PathLike[str]
) -> pd.Series:
    rows = scores[(scores["session_id"] == session) & scores["score"].notna()]
    if rows.empty:
        sessions = scores["session_id"].unique()
        raise InputError(
            f"{path}: found no {scale} score at session_id {session!r} among {shorten(sessions)}, "
            f"expected scores there; {suggestion(session, sessions)}correct outcome.baseline or "
            "outcome.endpoint in the config"
        )
    return rows.set_index("participant_id")["score"]
