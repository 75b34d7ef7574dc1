"""Measures, arms and rules of a study, and how its tables are put together.

What is compared between arms takes the people of `compared`: everybody of a trial with arms, and in
a crossover the first period, which is a trial with arms too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from mri_response.clinical_outcomes.rates import Rule
from mri_response.clinical_outcomes.study import OutcomeStudy
from mri_response.config.clinical_outcomes import WHOLE, compared_part

Section = Mapping[str, Any]
Tables = dict[str, pd.DataFrame]


def measured(study: OutcomeStudy, measure: str, part: str = WHOLE) -> pd.DataFrame:
    """Visits of one measure.

    Parameters
    ----------
    study : OutcomeStudy
        Scores of all people.
    measure : str
        Scale or item.
    part : str
        `WHOLE`, or `FIRST_PERIOD` of a crossover.

    Returns
    -------
    DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it, with the covariates.
    """
    rows = study.scores
    rows = rows[(rows["measure"] == measure) & (rows["part"] == part)]
    return rows.reset_index(drop=True)


def compared(section: Section, study: OutcomeStudy, measure: str) -> pd.DataFrame:
    """Visits of one measure of the people whose arms are compared.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    study : OutcomeStudy
        Scores of all people.
    measure : str
        Scale or item.

    Returns
    -------
    DataFrame
        As `measured` returns it.
    """
    return measured(study, measure, compared_part(section))


def contrasts(section: Section, table: pd.DataFrame) -> list[tuple[str, str]]:
    """Arms that are compared, each with the reference.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    table : DataFrame
        As `compared` returns it.

    Returns
    -------
    list of (str, str)
        Arm and reference; none where the section names no reference.
    """
    reference = section["reference"]
    if reference is None:
        return []
    return [(arm, reference) for arm in dict.fromkeys(table["arm"]) if arm != reference]


def treatment_of(section: Section) -> str:
    """The treatment of a crossover that is compared with the reference.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.

    Returns
    -------
    str
    """
    treatments = section["crossover"]["values"].values()
    return next(name for name in treatments if name != section["reference"])


def rule_of(section: Section, scale: str) -> Rule:
    """What a response and a remission of a scale are.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    scale : str
        One of its scales.

    Returns
    -------
    Rule
    """
    given = section["scales"][scale]
    return Rule(given["fall_percent"], given["remission"])


def primary_of(study: OutcomeStudy) -> str:
    """The scale that models, times and missing people are about, the first one.

    Parameters
    ----------
    study : OutcomeStudy
        Scores of all people.

    Returns
    -------
    str
    """
    return study.scores["measure"].iloc[0]


def measures_of(study: OutcomeStudy, *kinds: str) -> list[str]:
    """Names of the measures of some kinds.

    Parameters
    ----------
    study : OutcomeStudy
        Scores of all people.
    *kinds : str
        Kinds of `mri_response.clinical_outcomes.study`.

    Returns
    -------
    list of str
    """
    rows = study.scores
    return list(dict.fromkeys(rows.loc[rows["kind"].isin(kinds), "measure"]))


def joined(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Put tables one below the other.

    Parameters
    ----------
    parts : sequence of DataFrame
        Tables; empty ones, which would decide about types, are left out.
    columns : sequence of str
        Columns of the result.

    Returns
    -------
    DataFrame
    """
    filled = [part for part in parts if len(part)]
    return (
        pd.concat(filled, ignore_index=True)[list(columns)]
        if filled
        else pd.DataFrame(columns=list(columns))
    )


def labelled(name: str, parts: Sequence[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Put tables one below the other, with a first column that tells them apart.

    Parameters
    ----------
    name : str
        Name of the column.
    parts : sequence of (str, DataFrame)
        What the column says of a table, and the table.

    Returns
    -------
    DataFrame
        The column alone, and no row, without tables.
    """
    columns = [name, *parts[0][1].columns] if parts else [name]
    return joined([part.assign(**{name: label}) for label, part in parts], columns)


def of_scales(scales: Sequence[str], table_of: Callable[[str], list[pd.DataFrame]]) -> pd.DataFrame:
    """Put tables of several scales one below the other.

    Parameters
    ----------
    scales : sequence of str
        Scales, in their order.
    table_of : callable
        From a scale to its tables.

    Returns
    -------
    DataFrame
        ``scale``, then the columns of the tables.
    """
    return labelled("scale", [(scale, part) for scale in scales for part in table_of(scale)])
