"""Scores that look as if they were of another version of the scale, or of another session."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.queries import discovery_name
from mri_response.core.tables import shorten
from mri_response.core.vocabulary import Role
from mri_response.inputs.sources.people_tables import (
    read_people_table,
    scores_format,
    scores_path,
)
from mri_response.people.outcomes.scores import highest_score

# Patients' scores of one scale differ less between hospitals, and are less often near its end.
_TIMES = 3
_NEAR_ZERO = 0.1
# Part of the people who get worse from which it is asked whether the sessions are swapped.
_WORSE = 0.75
_ENOUGH = 8
#: Names of columns that say when somebody was seen, in lower case.
_DATES = ("date", "acq_time", "visit_date", "date_of_visit", "assessment_date", "datum")
_FORMS = ("%d.%m.%Y", "%Y/%m/%d")


def score_warnings(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Tell of scores that no patients have before treatment, or that rise in most people.

    Parameters
    ----------
    config : mapping
        Sections cohorts and outcome of the completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort; ``baseline_score`` and ``endpoint_score`` where the outcome is
        made of them.

    Returns
    -------
    list of str
        One line per cohort and finding: a median before treatment in the lowest tenth of the scale
        or of another size than in the discovery cohort, as means of items and sums of other
        versions are; and, where a response is a fall, scores that rise in three of four people.
    """
    outcome, warnings = config["outcome"], []
    if "scale" not in outcome:
        return []
    home = discovery_name(config)
    order = [home, *(name for name in people if name != home)]
    typical: dict[str, float] = {}
    for name in order:
        rows = people[name].drop_duplicates("participant_id")
        if "baseline_score" not in rows or config["cohorts"][name]["role"] == Role.CONTROL:
            continue
        before = rows["baseline_score"].dropna()
        if len(before) < _ENOUGH:
            continue
        typical[name] = float(before.median())
        warnings += _size(outcome, name, home, typical)
        if "fall_percent" in outcome:
            warnings += _direction(outcome, name, rows)
    return warnings


def _size(
    outcome: Mapping[str, Any], name: str, home: str, typical: Mapping[str, float]
) -> list[str]:
    """What to say of the median score of a cohort before treatment."""
    scale, found = outcome["scale"], typical[name]
    when = outcome["baseline"]
    what = f"cohort {name}: half of the people have a {scale} score of at most {found:g} at {when}"
    ask = "are these means of items, or sums of another version?"
    highest = highest_score(scale)
    if math.isfinite(highest) and found < _NEAR_ZERO * highest:
        return [f"{what}, where the scale goes to {highest:g}: {ask}"]
    other = typical.get(home, found)
    if min(found, other) > 0 and max(found, other) > _TIMES * min(found, other):
        return [f"{what}, in the discovery cohort {home} of at most {other:g}: {ask}"]
    return []


def _direction(outcome: Mapping[str, Any], name: str, rows: pd.DataFrame) -> list[str]:
    """What to say where scores rise although a response is a fall."""
    both = rows[["baseline_score", "endpoint_score"]].dropna()
    rises = int((both["endpoint_score"] > both["baseline_score"]).sum())
    if len(both) < _ENOUGH or rises < _WORSE * len(both):
        return []
    return [
        f"cohort {name}: the {outcome['scale']} scores of {rises} of {len(both)} people are higher "
        f"at {outcome['endpoint']} than at {outcome['baseline']}, where a response is a fall: are "
        "the two sessions swapped, or does a high score mean health?"
    ]


def date_warnings(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Tell of end-points that were before the baseline, where tables of scores have dates.

    Parameters
    ----------
    config : mapping
        Sections cohorts and outcome of the completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.

    Returns
    -------
    list of str
        One line per table with a column of dates (written as 2024-03-31, 2024/03/31 or
        31.03.2024; others say nothing).
    """
    outcome, warnings = config["outcome"], []
    if "baseline" not in outcome or "endpoint" not in outcome:
        return []
    for name, rows in people.items():
        cohort = config["cohorts"][name]
        if cohort["scores"] is None or cohort["scores"]["wide"]:
            continue
        path = scores_path(cohort)
        table = read_people_table(path, scores_format(cohort), strict=False)
        dated = [column for column in table if column.lower() in _DATES]
        if not dated or not {"participant_id", "session_id"} <= set(table):
            continue
        column = dated[0]
        days = table.assign(day=table[column].map(_day)).dropna(subset=["day"])
        days = days[days["participant_id"].isin(rows["participant_id"])]
        first, last = (
            days[days["session_id"] == outcome[key]].groupby("participant_id")["day"].min()
            for key in ("baseline", "endpoint")
        )
        both = pd.concat([first.rename("first"), last.rename("last")], axis=1).dropna()
        wrong = both.index[both["last"] < both["first"]]
        if len(wrong):
            warnings.append(
                f"{path}: by {column!r} {outcome['endpoint']!r} was before "
                f"{outcome['baseline']!r} in {len(wrong)} of {len(both)} people "
                f"({shorten(wrong, 3)}): are dates and sessions right?"
            )
    return warnings


def _day(cell: Any) -> float:
    """Number of a day, NaN where a cell is no date of a known form."""
    text = str(cell)[:10]
    try:
        return datetime.date.fromisoformat(text).toordinal()
    except ValueError:
        pass
    for form in _FORMS:
        try:
            return datetime.datetime.strptime(text, form).toordinal()
        except ValueError:
            continue
    return math.nan
