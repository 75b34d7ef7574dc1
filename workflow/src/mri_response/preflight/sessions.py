"""Scans of the end-point session never predict the end-point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.checks.sessions import usable_sessions
from mri_response.config.queries import source_features
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten


def check_sessions_of_people(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> None:
    """Check that the analysed scans were taken before the outcome.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    people : mapping of str to pandas.DataFrame
        The analysed rows by cohort.

    Raises
    ------
    InputError
        Naming the cohort's table, the sessions that may not be used and the row filter that leaves
        them out.
    """
    outcome = config["outcome"] or {}
    endpoint = outcome.get("endpoint")
    for name, spec in source_features(config).items():
        for cohort, rows in people.items():
            if endpoint is None or "session_id" not in rows:
                continue
            found = tuple(dict.fromkeys(rows["session_id"]))
            allowed = usable_sessions(config, found) | set(spec["sessions"])
            late = [session for session in found if session not in allowed]
            if not late:
                continue
            n = int(rows["session_id"].isin(late).sum())
            kept = [session for session in found if session in allowed] or [outcome.get("baseline")]
            kept = [session for session in kept if session is not None]
            what = (
                f"of the end-point {endpoint}"
                if endpoint in late
                else "after the baseline, which the feature set does not name"
            )
            filtered = f"where: {{session_id: [{', '.join(kept)}]}}"
            raise InputError(
                f"{config['cohorts'][cohort]['participants']}: found {n} rows of the sessions "
                f"{shorten(late)} among those whose scans are features ({name}), {what}; expected "
                f"scans before the outcome; write {filtered} at cohorts.{cohort}"
                + (
                    ""
                    if endpoint in late
                    else f", or name the sessions at features.{name}.sessions"
                )
            )


def session_warnings(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Sessions of which the configuration does not say whether they are before the outcome.

    Parameters
    ----------
    config : mapping
        Sections sessions and outcome of the completed configuration.
    people : mapping of str to pandas.DataFrame
        The analysed rows by cohort.

    Returns
    -------
    list of str
        One line per cohort.
    """
    outcome = config["outcome"] or {}
    if config["sessions"] is not None or outcome.get("endpoint") is None:
        return []
    warnings = []
    for cohort, rows in people.items():
        found = dict.fromkeys(rows["session_id"]) if "session_id" in rows else {}
        other = [session for session in found if session != outcome.get("baseline")]
        if other:
            warnings.append(
                f"cohort {cohort}: scans of the sessions {shorten(other)} are features, and "
                "nothing "
                "says that they were taken before the outcome; list all sessions in the order of "
                "time (key sessions)"
            )
    return warnings
