"""Tables of people and of scores as hospitals keep them, brought to the names of this workflow."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion
from mri_response.inputs.sources.bids_tables import read_levels, sex_codes
from mri_response.inputs.tables import numbers, read_table, require_columns
from mri_response.inputs.text import PLAIN, TableFormat

SEX = "sex"
#: Columns of `long_scores`, beside the identifiers.
SCORE_COLUMNS = ("scale", "score")


@dataclass(frozen=True)
class PeopleFormat:
    """How a table of people names its columns and codes its values.

    Attributes
    ----------
    columns : mapping of str to str
        This workflow's name to the table's, as in ``{"age": "Age", "sex": "Gender"}``; also
        ``participant_id`` and ``session_id``.
    codes : mapping of str to mapping of str to str
        By this workflow's name of a column, a code to its value, as in ``{"sex": {"1": "M"}}``.
    form : TableFormat
        How the file is written.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    form: TableFormat = PLAIN


#: This workflow's own names, and values as they are.
OWN = PeopleFormat()


def participants_format(cohort: Mapping[str, Any]) -> PeopleFormat:
    """How a cohort's participants table is read.

    Parameters
    ----------
    cohort : mapping
        Section ``cohorts.<name>`` of the completed configuration.
    """
    form = TableFormat.from_config(cohort["format"])
    return PeopleFormat(cohort["columns"], cohort["codes"], form)


def scores_format(cohort: Mapping[str, Any]) -> PeopleFormat:
    """How a cohort's table of scores is read.

    Parameters
    ----------
    cohort : mapping
        Section ``cohorts.<name>`` of the completed configuration, with scores.
    """
    scores = cohort["scores"]
    # Without a table of their own, scores stand in the participants table.
    columns = cohort["columns"] if scores["table"] is None else {}
    form = TableFormat.from_config(scores.get("format") or cohort["format"])
    return PeopleFormat({**columns, **scores["columns"]}, form=form)


def scores_path(cohort: Mapping[str, Any]) -> str | None:
    """File of a cohort's scores, None where the cohort has none.

    Parameters
    ----------
    cohort : mapping
        Section ``cohorts.<name>`` of the completed configuration.
    """
    if cohort["scores"] is None:
        return None
    return cohort["scores"]["table"] or cohort["participants"]


def read_people_table(
    path: str | os.PathLike[str],
    layout: PeopleFormat = OWN,
    required: Iterable[str] = (),
    strict: bool = True,
) -> pd.DataFrame:
    """A table of people with this workflow's names and decoded values.

    Parameters
    ----------
    path : path-like
        As in ``participants.tsv``. Where a file of the same name with the ending ``.json`` is
        beside it, its ``Levels`` decode the sex, unless the codes are given.
    layout : PeopleFormat
        Names, codes and format of the table.
    required : iterable of str
        Columns that must be there beside ``participant_id``, by this workflow's names.
    strict : bool
        Whether a sex that cannot be read is an error. Otherwise it stays as it is.

    Returns
    -------
    pandas.DataFrame
        As :func:`mri_response.inputs.tables.read_table` returns it, text indexed by line. Dates and
        all other columns are left as they are. A row with a code for a missing value in place of
        the person's id is passed over.

    Raises
    ------
    InputError
        If a column is not there or would have two meanings, a value has no code, or the sex is a
        number without codes.
    """
    path = Path(path)
    theirs = {**{name: name for name in ("participant_id", *required)}, **layout.columns}
    own = () if "participant_id" in layout.columns else ("participant_id",)
    table = read_table(path, required=own, form=replace(layout.form, row_names=True))
    require_columns(table, theirs.values(), path)
    for name, column in layout.columns.items():
        if name in table and name != column:
            raise InputError(
                f"{path}: columns: found {name!r} beside {column!r}, which is to be read as "
                f"{name!r}, expected one of them; remove the key or rename the column {name!r}"
            )
    if layout.form.missing:
        # A code in place of an id says that a row has no scan, as no_filename of ABIDE does.
        plain = replace(layout.form, row_names=True, missing=())
        codes = read_table(path, required=(), form=plain)[theirs["participant_id"]]
        table = table[~codes.isin(layout.form.missing)]
    table = table.rename(columns={column: name for name, column in layout.columns.items()})
    for name, codes in layout.codes.items():
        require_columns(table, [name], path)
        table[name] = decode(table[name], codes, path, "codes")
    if SEX in table and SEX not in layout.codes:
        beside = levels_beside(path)
        levels = read_levels(beside).get(layout.columns.get(SEX, SEX), {})
        if strict and levels:
            table[SEX] = decode(table[SEX], sex_codes(levels), path, f"Levels of {beside.name}")
        elif levels:
            known = sex_codes(levels)
            table[SEX] = table[SEX].map(
                lambda cell: known.get(_plain(cell), cell), na_action="ignore"
            )
        if strict:
            _require_words(table[SEX], path)
    return table


def levels_beside(path: str | os.PathLike[str]) -> Path:
    """The file that may say what the codes of a table mean.

    Parameters
    ----------
    path : path-like
        As in ``participants.tsv``.

    Returns
    -------
    pathlib.Path
        As in ``participants.json``, which need not be there.
    """
    path = Path(path)
    return path.with_name(path.name.split(".")[0] + ".json")


def decode(
    cells: pd.Series, codes: Mapping[str, str], path: str | os.PathLike[str], source: str
) -> pd.Series:
    """Values in place of their codes.

    Parameters
    ----------
    cells : pandas.Series
        A column of text, NaN where missing, indexed by line.
    codes : mapping of str to str
        Code to value. Whole numbers may be written as ``1`` or ``1.0``, as R and Excel do.
    path : path-like
        The table, for messages.
    source : str
        Where the codes are from, for messages.

    Returns
    -------
    pandas.Series

    Raises
    ------
    InputError
        Naming the first cell that has no code.
    """
    known = {_plain(str(code)): value for code, value in codes.items()}
    decoded = cells.map(lambda cell: known.get(_plain(cell)), na_action="ignore").astype(object)
    unknown = cells.notna() & decoded.isna()
    if unknown.any():
        line = int(unknown.idxmax())
        raise InputError(
            f"{path}: line {line}: column {cells.name}: found {cells[line]!r}, expected one of "
            f"{shorten(codes)} ({source}); correct it, write n/a or add its code, as in "
            f"codes: {{{cells.name}: {{{cells[line]}: ...}}}}"
        )
    return decoded


def long_scores(
    table: pd.DataFrame,
    scales: Mapping[str, Mapping[str, str]],
    path: str | os.PathLike[str],
) -> pd.DataFrame:
    """Scores with a row per person and session from a table with a column per session.

    Parameters
    ----------
    table : pandas.DataFrame
        As `read_people_table` returns it, one row per person.
    scales : mapping of str to mapping of str to str
        Scale to session to the table's column, as in
        ``{"MADRS": {"ses-baseline": "MADRS_baseline", "ses-24h": "MADRS_24h"}}``.
    path : path-like
        The table, for messages.

    Returns
    -------
    pandas.DataFrame
        ``participant_id``, ``session_id``, ``scale`` (text) and ``score`` (number), indexed by line
        of the table; a missing score has no row.

    Raises
    ------
    InputError
        If a column is not there, holds text, or is named twice.
    """
    parts = []
    used: dict[str, str] = {}
    for scale, sessions in scales.items():
        for session, column in sessions.items():
            if column not in table:
                raise InputError(
                    f"{path}: scores: {scale}: {session}: found no column {column!r}, expected it "
                    f"among {shorten(table, 4)}; {suggestion(column, table)}correct it"
                )
            if column in used:
                raise InputError(
                    f"{path}: scores: {scale}: {session}: found {column!r} again (first for "
                    f"{used[column]}), expected each column once; correct it"
                )
            used[column] = f"{scale} {session}"
            score = numbers(table, column, path).rename("score")
            own = table[["participant_id"]].assign(session_id=session, scale=scale, score=score)
            parts.append(own[score.notna()])
    return pd.concat(parts).sort_index(kind="stable")


def _plain(cell: str) -> str:
    whole, point, rest = cell.strip().partition(".")
    return whole if point and not rest.strip("0") else cell.strip()


def _require_words(cells: pd.Series, path: Path) -> None:
    number = cells.map(lambda cell: _plain(cell).lstrip("+-").isdigit(), na_action="ignore")
    coded = number.eq(True)
    if coded.any():
        line = int(coded.idxmax())
        values = sorted({_plain(cell) for cell in cells[coded]})
        example = ", ".join(f"{value}: {sex}" for value, sex in zip(values, "MF", strict=False))
        raise InputError(
            f"{path}: line {line}: column {SEX}: found the number {cells[line]!r}, expected F or M "
            f"(or female, male); say which number is which, as in codes: {{sex: {{{example}}}}} if "
            "that is right"
        )
