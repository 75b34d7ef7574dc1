"""A look at a table: its columns, and which of them may be person, age, sex and scores."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten
from mri_response.inputs.sources.bids_tables import read_levels, sex_codes
from mri_response.inputs.sources.ids import Spellings
from mri_response.inputs.tables import is_text, read_table
from mri_response.inputs.text import TableFormat

#: Names under which a column may be meant, in small letters without spaces, - and _.
_NAMES = {
    "participant_id": {
        "participantid",
        "subjectid",
        "subjid",
        "subject",
        "id",
        "code",
        "patientid",
    },
    "session_id": {"sessionid", "session", "visit", "timepoint"},
    "age": {"age", "ageatscan", "ageyears", "alter", "ageatfirstscanyears"},
    "sex": {"sex", "gender", "geschlecht"},
    "site": {"site", "siteid", "scanner", "center", "centre", "hospital"},
    "group": {"group", "diagnosis", "dx", "dxgroup"},
    "tiv": {"tiv", "icv", "etiv"},
}
#: More different values than this are no categories.
_MOST_LEVELS = 6


@dataclass(frozen=True)
class TableSurvey:
    """What a table holds.

    Attributes
    ----------
    path : Path
    n_rows : int
    id_column : str
        The column whose values are people of the folder, or may be.
    n_matched : int
        People of the folder who are in that column, written in the same way.
    columns : pandas.DataFrame
        ``column``, ``kind`` (``number``, ``text``, ``empty``), ``n_missing`` and ``levels``: the
        different values where there are at most six, as a tuple, else None.
    candidates : dict of str to tuple of str
        This workflow's names to the columns that may be meant, by their names alone.
    sex_codes : dict of str to str
        Codes of the sex that a file beside the table explains.
    warnings : tuple of str
        One line each.
    sites : dict of str to str
        Site of each person, where one column may be meant.
    """

    path: Path
    n_rows: int
    id_column: str
    n_matched: int
    columns: pd.DataFrame
    candidates: dict[str, tuple[str, ...]]
    sex_codes: dict[str, str]
    warnings: tuple[str, ...]
    sites: dict[str, str] = field(default_factory=dict)


def look_at_table(path: Path, people: Collection[str]) -> TableSurvey:
    """Look at a table of people or scores.

    Parameters
    ----------
    path : Path
        A text table; decimal commas are accepted where semicolons separate the columns.
    people : collection of str
        Identifiers that a folder has.

    Returns
    -------
    TableSurvey

    Raises
    ------
    InputError
        If the table cannot be read or has no column of text or numbers at all.
    """
    table = read_table(path, required=(), form=TableFormat(decimal="auto", row_names=True))
    candidates = _candidates(table)
    names = set(people)
    matched = {column: len(names & set(table[column].dropna())) for column in table}
    best = max(matched, key=lambda column: matched[column], default="")
    if not best:
        raise InputError(f"{path}: found no column, expected one of people; correct the table")
    possible = candidates.get("participant_id", (best,))
    id_column = best if matched[best] else possible[0]
    levels = read_levels(path.with_name(path.name.split(".")[0] + ".json"))
    places = (
        table[[id_column, candidates["site"][0]]] if "site" in candidates else table.iloc[:0, :2]
    )
    codes = [sex_codes(levels.get(column, {})) for column in candidates.get("sex", ())]
    return TableSurvey(
        path,
        len(table),
        id_column,
        matched[id_column],
        pd.DataFrame([_column(table[column]) for column in table]),
        candidates,
        next(filter(None, codes), {}),
        tuple(_warnings(table, id_column, names, candidates)),
        dict(places.dropna().to_numpy().tolist()),
    )


def _candidates(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    plain = {column: "".join(sign for sign in column.lower() if sign.isalnum()) for column in table}
    found = {
        ours: tuple(column for column, name in plain.items() if name in names)
        for ours, names in _NAMES.items()
    }
    return {ours: columns for ours, columns in found.items() if columns}


def _column(cells: pd.Series) -> dict[str, object]:
    present = cells.dropna()
    kind = "empty" if present.empty else "text" if is_text(cells) else "number"
    different = sorted(set(present))
    return {
        "column": cells.name,
        "kind": kind,
        "n_missing": int(cells.isna().sum()),
        "levels": tuple(different) if len(different) <= _MOST_LEVELS else None,
    }


def _warnings(
    table: pd.DataFrame, id_column: str, names: set[str], candidates: dict[str, tuple[str, ...]]
) -> list[str]:
    warnings = []
    rows = table[id_column].dropna()
    spellings = Spellings(names)
    near = [(name, other) for name in dict.fromkeys(rows) if (other := spellings.near(name))]
    near = [(name, other) for name, other in near if name not in names]
    if near:
        name, (theirs, how) = near[0]
        warnings.append(
            f"{len(near)} people are written otherwise than in the folder ({name!r}, {theirs!r}): "
            f"they differ by {how}"
        )
    absent = names - set(rows) - {other[0] for _, other in near}
    if absent:
        some = shorten(sorted(absent), 3)
        warnings.append(f"{len(absent)} people of the folder are not in the table: {some}")
    for ours in ("age", "sex"):
        if len(candidates.get(ours, ())) > 1:
            warnings.append(f"{ours} may be {shorten(candidates[ours])}")
    return warnings
