"""Columns of the participants table that a run uses, each in its type."""

import contextlib
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import (
    categorical_confounds,
    columns_of_harmonisation,
    feature_columns,
    used_confounds,
)
from mri_response.config.source_kinds import QUALITY_WORDS
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, and_more, read_tsv
from mri_response.core.vocabulary import Role
from mri_response.inputs.joins import check_same_ids, check_spelt_alike
from mri_response.inputs.missing_codes import check_missing_codes
from mri_response.inputs.tables import numbers, read_table
from mri_response.inputs.tiv import read_tiv
from mri_response.people.participants import structure_columns

#: What is read as female and male. Numbers are not: 1 and 2 are used both ways round.
SEX_CODES = {"f": "F", "female": "F", "m": "M", "male": "M"}
#: In German, French and Spanish, for a hint.
_SEX_ELSEWHERE = {"w": "F", "weiblich": "F", "männlich": "M", "h": "M"}
_SEX_ELSEWHERE |= {"femme": "F", "homme": "M", "mujer": "F", "hombre": "M"}
OLDEST = 120
#: Columns that define subgroups where the configuration names none.
SUBGROUPS = ("sex", "age", "site")


def used_columns(
    rows: pd.DataFrame, config: Mapping[str, Any], name: str, known: pd.Series
) -> pd.DataFrame:
    """Confounds, clinical features, family and block by line, each in its type.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the participants table that match the filter, by line.
    config : mapping
        The completed configuration.
    name : str
        Name of the cohort.
    known : pandas.Series
        Whether the id of each row is known, by line.
    """
    cohort = config["cohorts"][name]
    path = cohort["participants"]
    columns: dict[str, pd.Series] = {}
    codes = categorical_confounds(config)
    for confound in used_confounds(config):
        if confound not in ("tiv", *QUALITY_WORDS):
            columns[confound] = _column(rows, confound, path, categories=confound in codes)
    for column, categorical in columns_of_harmonisation(config).items():
        if column not in (*columns, "tiv"):
            columns[column] = _column(rows, column, path, categories=categorical)
    for column, categorical in feature_columns(config).items():
        if column not in (*columns, "tiv", "baseline_score", *QUALITY_WORDS):
            columns[column] = _column(rows, column, path, categories=categorical)
    if cohort["tiv"] is not None:
        # Only people with an outcome are asked for: others may lack a report.
        rules = config["quality_control"]["exclude"]
        lenient = any(rule["measure"] == "tiv" for rule in rules)
        tiv = read_tiv(cohort["tiv"], rows[known], path, lenient)
        if "table" in cohort["tiv"]:
            table = cohort["tiv"]["table"]
            found = read_table(table)["participant_id"]
            check_same_ids(rows.loc[known, "participant_id"], found, path, table)
        columns["tiv"] = tiv.reindex(rows.index)
    if cohort["quality"]:
        columns |= _quality(rows, cohort["quality"]["read_into"])
    group, *others = structure_columns(config)
    if group is not None and group in rows:
        _check_families(rows, group, path)
        check_spelt_alike(rows[group], path)
        columns.setdefault(group, rows[group].fillna(rows["participant_id"]))
    for column in others:
        if column in rows and column != "participant_id":
            check_spelt_alike(rows[column], path)
            columns.setdefault(column, rows[column])
    return pd.DataFrame(columns, index=rows.index)


def shown_columns(
    rows: pd.DataFrame, config: Mapping[str, Any], path: str, known: Collection[str]
) -> pd.DataFrame:
    """Columns by which finished predictions are looked at: subgroups, sites, specificity.within.

    Parameters
    ----------
    rows : pandas.DataFrame
        Text, as :func:`mri_response.inputs.tables.read_table` returns it.
    config : mapping
        Sections specificity, sites and subgroups of the completed configuration.
    path : str
        The participants table, for messages.
    known : collection of str
        Columns that are there already.

    Returns
    -------
    pandas.DataFrame
        The others, each in its type, by line.

    Raises
    ------
    InputError
        For a value that cannot be read.
    """
    columns: dict[str, pd.Series] = {}
    for column in (config["specificity"]["within"], config["sites"]["column"]):
        if column in rows and column not in ("participant_id", *known):
            check_spelt_alike(rows[column], path)
            columns[column] = rows[column]
    for column in subgroup_columns(rows, config):
        if column not in (*known, *columns):
            columns[column] = _column(rows, column, path, categories=column != "age")
    return pd.DataFrame(columns, index=rows.index)


def _quality(rows: pd.DataFrame, path: str) -> dict[str, pd.Series]:
    """Measures of quality that were read before the first job, by line of the rows."""
    table = read_tsv(path)
    keys = [key for key in ID_COLUMNS if key in rows]
    found = rows[keys].merge(table, on=keys, how="left")
    return {
        name: pd.Series(found[name].to_numpy(object).astype(float), rows.index)
        for name in QUALITY_WORDS
        if name in found
    }


def subgroup_columns(rows: pd.DataFrame, config: Mapping[str, Any]) -> list[str]:
    """The columns of a participants table that define subgroups.

    Parameters
    ----------
    rows : pandas.DataFrame
        Text, as :func:`mri_response.inputs.tables.read_table` returns it.
    config : mapping
        The completed configuration.

    Returns
    -------
    list of str
        Those named in the configuration that the table has; if none are named, those of `SUBGROUPS`
        that it has in a form that can be read.
    """
    named = config["subgroups"]["columns"]
    if named is not None:
        return [column for column in named if column in rows]
    readable = []
    for column in SUBGROUPS:
        if column in rows:
            with contextlib.suppress(InputError):
                _column(rows, column, "")
                readable.append(column)
    return readable


def unreadable_subgroups(rows: pd.DataFrame, config: Mapping[str, Any]) -> dict[str, str]:
    """Columns of `SUBGROUPS` that a participants table has in a form that cannot be read.

    Parameters
    ----------
    rows : pandas.DataFrame
        Text, as :func:`mri_response.inputs.tables.read_table` returns it.
    config : mapping
        The completed configuration.

    Returns
    -------
    dict of str to str
        Column to the message that tells why; empty where the configuration names subgroups itself.
    """
    if config["subgroups"]["columns"] is not None:
        return {}
    why = {}
    for column in SUBGROUPS:
        try:
            if column in rows:
                _column(rows, column, "")
        except InputError as error:
            why[column] = str(error).removeprefix(": ")
    return why


def _column(rows: pd.DataFrame, column: str, path: str, categories: bool = False) -> pd.Series:
    """A column of the participants table in its type."""
    if column == "sex":
        return _sex(rows, path)
    if column == "site" or categories:
        check_spelt_alike(rows[column], path)
        return rows[column]
    values = numbers(rows, column, path)
    if column == "age":
        _check_age(values, path)
    check_missing_codes(values.to_frame(column), path)
    return values


def _sex(rows: pd.DataFrame, path: str) -> pd.Series:
    codes = rows["sex"].map(lambda cell: SEX_CODES.get(str(cell).lower())).astype(object)
    unknown = rows["sex"].notna() & codes.isna()
    if unknown.any():
        line = int(unknown.idxmax())
        found = sorted(set(rows.loc[unknown, "sex"]))
        numbered = ""
        if all(cell.replace(".", "").isdigit() for cell in found):
            # Only the user knows which number is which; the message shows how to say it.
            example = ", ".join(f"{cell}: {sex}" for cell, sex in zip(found, "MF", strict=False))
            numbered = f", or say what each number means, as in codes: {{sex: {{{example}}}}}"
        elif all(cell.lower() in _SEX_ELSEWHERE for cell in found):
            example = ", ".join(f"{cell}: {_SEX_ELSEWHERE[cell.lower()]}" for cell in found)
            numbered = f", or say what each text means, as in codes: {{sex: {{{example}}}}}"
        raise InputError(
            f"{path}: line {line}: column sex: found {rows.loc[line, 'sex']!r}, expected F or M "
            f"(or female, male); recode it or write n/a{numbered}"
            f"{and_more(int(unknown.sum()), 'such cells')}"
        )
    return codes


def _check_age(age: pd.Series, path: str) -> None:
    wrong = age.notna() & ~age.between(0, OLDEST)
    if wrong.any():
        line = int(wrong.idxmax())
        raise InputError(
            f"{path}: line {line}: column age: found {age[line]:g}, expected years from 0 to "
            f"{OLDEST}; correct it or write n/a{and_more(int(wrong.sum()), 'such cells')}"
        )


def _check_families(rows: pd.DataFrame, group: str, path: str) -> None:
    pairs = rows[["participant_id", group]].drop_duplicates()
    several = pairs["participant_id"].duplicated()
    if several.any():
        line = int(several.idxmax())
        person, family = rows.loc[line, ["participant_id", group]]
        first = rows.loc[rows["participant_id"] == person, group].iloc[0]
        raise InputError(
            f"{path}: line {line}: column {group}: found {family!r} for {person}, expected "
            f"{first!r} as in that person's other rows (cross_validation.group); correct one"
        )


def missing_columns(columns: pd.DataFrame, config: Mapping[str, Any], name: str) -> list[pd.Series]:
    """For each column that must be there, the reason where it is not.

    Parameters
    ----------
    columns : pandas.DataFrame
        As `used_columns` returns them.
    config : mapping
        The completed configuration.
    name : str
        Name of the cohort.
    """
    required = list(used_confounds(config)) if config["confounds"]["missing"] == "exclude" else []
    required += [
        column
        for column, categorical in columns_of_harmonisation(config).items()
        if categorical or config["confounds"]["missing"] == "exclude"
    ]
    if config["cohorts"][name]["role"] == Role.DISCOVERY:
        _, *structure = structure_columns(config)
        required += [column for column in structure if column in columns]
    return [reason_where(columns[c].isna(), f"{c} is missing") for c in dict.fromkeys(required)]


def reason_where(where: pd.Series, text: str) -> pd.Series:
    """Give a reason to the rows that a condition holds for.

    Parameters
    ----------
    where : pandas.Series of bool
        Whether a row is left out.
    text : str
        The reason, as it stands in ``exclusions.tsv``.

    Returns
    -------
    pandas.Series
        The reason, or None where the condition does not hold.
    """
    return pd.Series(np.where(where, text, None), where.index, dtype=object)
