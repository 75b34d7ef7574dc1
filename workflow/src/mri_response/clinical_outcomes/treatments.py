"""Which arm people are in, and in which order a crossover gave them its treatments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.clinical_outcomes.visits import ONE_ARM, VISIT_COLUMNS, visit_table
from mri_response.config.clinical_outcomes import CROSSOVER, SINGLE_ARM, trial_design
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion
from mri_response.inputs.joins import check_levels
from mri_response.inputs.sources.ids import Spellings

Config = Mapping[str, Any]


def treatments_of(config: Config, people: pd.DataFrame) -> dict[str, str]:
    """Arm of each person whose arm is known.

    Parameters
    ----------
    config : mapping
        The completed configuration, with the section ``clinical_outcomes``.
    people : DataFrame
        Rows of the participants tables by ``participant_id``, with ``cohort``, ``path`` and
        ``line``.

    Returns
    -------
    dict of str to str
        Everybody is in one arm where there is no comparison, and in a crossover.

    Raises
    ------
    InputError
        If the column of arms has a value that stands for no arm.
    """
    section = config["clinical_outcomes"]
    if trial_design(section) in (SINGLE_ARM, CROSSOVER):
        return dict.fromkeys(people.index, ONE_ARM)
    if section["arm"] is None:
        return {person: section["cohorts"][cohort] for person, cohort in people["cohort"].items()}
    column, values = section["arm"]["column"], section["arm"]["values"]
    arms = people[column].dropna()
    if values:
        _check_values(people, column, values, "clinical_outcomes.arm.values")
        arms = arms.map(values)
    else:
        check_spelt_alike_everywhere(people, column)
    return dict(arms)


def check_spelt_alike_everywhere(people: pd.DataFrame, column: str) -> None:
    """Check that no arm or category is written in two ways, in one table or in those of cohorts.

    Parameters
    ----------
    people : DataFrame
        Rows of the participants tables, with ``path`` and ``line``.
    column : str
        Column of text.

    Raises
    ------
    InputError
        Naming the line of the rarer spelling.
    """
    levels = list(people[column].value_counts().index)
    spellings = Spellings(levels)  # of levels that are alike it knows the most frequent
    usual = [level for level in levels if not spellings.near(level)]
    for path, rows in people.groupby("path", sort=False):
        check_levels(rows.set_index("line")[column], usual, path, "other rows")


def orders_of(config: Config, people: pd.DataFrame) -> dict[str, tuple[str | None, ...]]:
    """Treatments of each person in the first and the second period.

    Parameters
    ----------
    config : mapping
        The completed configuration, with the section ``clinical_outcomes`` of a crossover.
    people : DataFrame
        Rows of the participants tables by ``participant_id``, with ``path`` and ``line``.

    Returns
    -------
    dict of str to tuple of (str or None)
        None where a period is empty.

    Raises
    ------
    InputError
        If a period has a value that stands for no treatment, or both have the same.
    """
    crossover = config["clinical_outcomes"]["crossover"]
    values, periods = crossover["values"], crossover["periods"]
    for column in periods:
        _check_values(people, column, values, "clinical_outcomes.crossover.values")
    same = people[periods[0]].notna() & (people[periods[0]] == people[periods[1]])
    if same.any():
        row = people[same].iloc[0]
        raise InputError(
            f"{row['path']}: line {row['line']}: column {periods[1]}: found {row[periods[1]]!r} as "
            f"in {periods[0]}, expected the other treatment; correct one of them"
        )
    return {
        person: tuple(values.get(row[column]) for column in periods)
        for person, row in people.iterrows()
    }


def first_periods(
    section: Mapping[str, Any], scores: pd.DataFrame, orders: Mapping[str, tuple[str | None, ...]]
) -> pd.DataFrame:
    """The first period of a crossover as a trial with two arms.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    scores : DataFrame
        ``participant_id``, ``session_id``, ``score`` of one measure.
    orders : mapping of str to tuple of (str or None)
        As `orders_of` returns it.

    Returns
    -------
    DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it, with the first treatment
        as the arm and time points as sessions.
    """
    first = {person: order[0] for person, order in orders.items() if order[0] is not None}
    points = section["crossover"]["sessions"]
    found = [scores[scores["session_id"] == section["baseline"]]]
    for point, sessions in points.items():
        for treatment, session in sessions.items():
            own = scores[(scores["session_id"] == session) & scores["score"].notna()]
            was_first = own["participant_id"].map(first) == treatment
            found.append(own[was_first].assign(session_id=point))
    rows = pd.concat(found, ignore_index=True)
    known = rows.loc[rows["score"].notna(), "session_id"].unique()
    kept = [point for point in points if point in known]
    if section["baseline"] not in known or not kept:
        return pd.DataFrame(columns=VISIT_COLUMNS).astype({"score": np.float64})
    rows = rows[rows["participant_id"].isin(list(first))]
    return visit_table(rows, section["baseline"], kept, first)


def _check_values(people: pd.DataFrame, column: str, values: Mapping[str, str], key: str) -> None:
    strange = people[column].notna() & ~people[column].isin(list(values))
    if strange.any():
        row = people[strange].iloc[0]
        raise InputError(
            f"{row['path']}: line {row['line']}: column {column}: found {row[column]!r}, expected "
            f"one of {shorten(values)} ({key}); {suggestion(row[column], values)}correct one of "
            "them"
        )
