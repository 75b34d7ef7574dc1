"""Tables of users, which come from Excel, R or a scanner and are read with suspicion.

Everything is text until :func:`numbers` has looked at it, and the index is the line number in the
file, so that every complaint can name it.
"""

import math
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, and_more, matches, shorten, suggestion
from mri_response.inputs.missing_codes import check_missing_codes
from mri_response.inputs.region_columns import chosen_columns
from mri_response.inputs.sources.names import spelled_for
from mri_response.inputs.text import (
    PLAIN,
    SEPARATORS,
    Rows,
    TableFormat,
    check_header,
    is_missing,
    read_rows,
)
from mri_response.inputs.totals import check_filled, check_people

# What asegstats2table, aparcstats2table and CAT12's ROI tool write above the first column.
_OF_A_SCRIPT = re.compile(r"Measure:\w+|[lr]h\.\S+\.\w+")


def read_table(
    path: str | os.PathLike[str],
    required: Collection[str] = ("participant_id",),
    form: TableFormat = PLAIN,
) -> pd.DataFrame:
    """Read a user's table as text.

    The separator is the one found in the header (tab, comma or semicolon). A byte order mark,
    Windows line ends, spaces around cells, quotes, blank lines, empty columns at the right end
    (Excel leaves them) and compression by gzip are accepted.

    Parameters
    ----------
    path : path-like
        File of the table.
    required : collection of str
        Columns that must be there.
    form : TableFormat
        Encoding, decimal sign and texts that stand for missing values, where they are not the
        usual ones.

    Returns
    -------
    pandas.DataFrame
        Text columns with NaN for missing (empty, ``n/a``, ``NA``, ``NaN``). The index, named
        ``line``, is the line number in the file (the header is line 1).

    Raises
    ------
    InputError
        If the file is missing, is not text of the encoding, has rows of unequal length, repeated or
        missing columns, or no rows.
    """
    path = Path(path)
    frame, rows = _table(path, _state(path), form)
    check_header(path, rows.header)
    if "participant_id" in required and "participant_id" not in rows.header and rows.cells:
        _refuse_other_names_of_ids(path, rows)
    require_columns(rows.header, required, path, SEPARATORS[rows.separator])
    if not rows.cells:
        raise InputError(f"{path}: found a header and no rows, expected one row per participant")
    return frame.copy()


def _state(path: Path) -> tuple[int, ...]:
    """Changes where a file does."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=16)
def _table(path: Path, state: tuple[int, ...], form: TableFormat) -> tuple[pd.DataFrame, Rows]:
    """A table as text, kept for the checks of a start; with another `state` it is read again."""
    rows = read_rows(path, form)
    cells = [
        [np.nan if is_missing(cell, form.missing) else cell for cell in row] for row in rows.cells
    ]
    index = pd.Index(rows.lines, name="line", dtype=int)
    return pd.DataFrame(cells, columns=rows.header, index=index, dtype=object), rows


def _refuse_other_names_of_ids(path: Path, rows: Rows) -> None:
    """Say which column may hold the ids, where none is called so."""
    header, first = rows.header, rows.cells[0]
    as_source = f"{{region_tables: [{path}]}}"
    if len(header) == 1 and " " in header[0]:
        raise InputError(
            f"{path}: found one column {header[0]!r}, expected columns separated by tabs, commas "
            "or semicolons; if they are separated by spaces, save the table with tabs, or name "
            f"FreeSurfer's tables of regions or volumes as a source, as in {as_source}"
        )
    if _OF_A_SCRIPT.fullmatch(header[0]) or str(first[0]).startswith("catROI_"):
        raise InputError(
            f"{path}: found {header[0]!r} above the first column, as scripts of FreeSurfer and "
            f"CAT12 write it, expected participant_id; name the source as {as_source}"
        )
    if math.isnan(_number(header[0])):
        raise InputError(
            f"{path}: found no column 'participant_id' (read as "
            f"{SEPARATORS[rows.separator]}-separated), "
            f"expected it among {shorten(header)}; "
            f"{suggestion('participant_id', header)}add or rename the column: if {header[0]!r}, "
            f"which begins with {first[0]!r}, holds the ids as the participants table has them, "
            "call it participant_id, in a table of people or scores also by columns: "
            f"{{participant_id: {header[0]}}}"
        )
    raise InputError(
        f"{path}: found {header[0]!r} where the name of the first column is expected, and so no "
        "header; add one with participant_id and a name for every other column"
    )


def require_columns(
    columns: Iterable[str],
    required: Iterable[str],
    path: str | os.PathLike[str],
    separator: str | None = None,
) -> None:
    """Check that a table has the columns that the run needs.

    Parameters
    ----------
    columns, required : iterable of str
        Columns of the table, and those that must be among them.
    path : path-like
        The table, for the message.
    separator : str or None
        What separates its columns, for a hint in the message.

    Raises
    ------
    InputError
        Naming the first missing column, with the nearest name that the table has.
    """
    columns = list(columns)
    for name in required:
        if name not in columns:
            how = f" (read as {separator}-separated)" if separator else ""
            raise InputError(
                f"{path}: found no column {name!r}{how}, expected it among "
                f"{shorten(columns)}; {suggestion(name, columns)}add or rename the column"
            )


def numbers(frame: pd.DataFrame, column: str, path: str | os.PathLike[str]) -> pd.Series:
    """A column of a user's table as numbers.

    Parameters
    ----------
    frame : pandas.DataFrame
        As :func:`read_table` returns it.
    column : str
        Name of the column.
    path : path-like
        For the message.

    Returns
    -------
    pandas.Series
        float64, NaN where missing, indexed as the table.

    Raises
    ------
    InputError
        Naming file, line, column and value of the first cell that is not a finite number.
    """
    cells = frame[column]
    values = cells.map(_number).astype(float)
    wrong = cells.notna() & values.isna()
    if wrong.any():
        line = int(wrong.idxmax())
        cell = str(cells.loc[line])
        advice = "correct it or write n/a"
        if "," in cell and not math.isnan(_number(cell.replace(",", "."))):
            advice = f"write {cell.replace(',', '.')}"
        if line == frame.index[0] and wrong.sum() == 1 and len(frame) > 2:
            advice += "; if the line holds units or labels, remove it"
        raise InputError(
            f"{path}: line {line}: column {column}: found {cell!r}, expected a number with a "
            f"decimal point; {advice}{and_more(int(wrong.sum()), 'such cells')}"
        )
    return values


def _number(cell: Any) -> float:
    """The number in a cell; NaN where there is none."""
    # float() also reads "1_000" and "infinity", neither of which a table means as a number.
    if not isinstance(cell, str) or "_" in cell:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def check_ids(frame: pd.DataFrame, path: str | os.PathLike[str], keys: Sequence[str]) -> None:
    """Check that every row of a user's table has an identity of its own.

    Parameters
    ----------
    frame : pandas.DataFrame
        As :func:`read_table` returns it.
    path : path-like
        The table's file, for the message.
    keys : sequence of str
        The columns that together identify a row.

    Raises
    ------
    InputError
        Naming the line of a missing, unusable or repeated identity.
    """
    for key in keys:
        empty = frame[key].isna()
        if empty.any():
            raise InputError(
                f"{path}: line {int(empty.idxmax())}: column {key}: found no value, expected one "
                "in every row; fill it or remove the row"
            )
    if "participant_id" in keys:
        check_people(frame["participant_id"], path)
    for key in set(keys) & set(ID_COLUMNS):
        slash = frame[key].str.contains(r"[/\\]", regex=True)
        if slash.any():
            line = int(slash.idxmax())
            raise InputError(
                f"{path}: line {line}: column {key}: found {frame.loc[line, key]!r}, expected no "
                "slash (file names are built from it); rename it"
            )
    repeated = frame.duplicated(list(keys), keep="first")
    if repeated.any():
        line = int(repeated.idxmax())
        identity = frame.loc[line, list(keys)]
        first = int((frame[list(keys)] == identity).all(axis=1).idxmax())
        named = ", ".join(f"{key} {identity[key]!r}" for key in keys)
        raise InputError(
            f"{path}: line {line}: found {named} again (first on line {first}), expected each "
            f"once; {_how_once(frame, keys)}{and_more(int(repeated.sum()), 'such rows')}"
        )


def _how_once(frame: pd.DataFrame, keys: Sequence[str]) -> str:
    """What to do where people have several rows."""
    if "session_id" in frame and "session_id" not in keys:
        sessions = shorten(frame["session_id"].dropna().unique(), 3)
        return (
            f"the table has several sessions ({sessions}): add session_id to the participants "
            "table, or keep the rows of one session"
        )
    if frame[list(keys)].drop_duplicates().shape[0] * 2 <= len(frame):
        others = [name for name in frame if name not in keys]
        texts = [name for name in others if is_text(frame[name])]
        what = f" (by {texts[0]!r}, it seems)" if texts else ""
        return (
            f"people have several rows{what}, where one per person is expected with a column per "
            "region: spread the table; rows of visits need a column session_id"
        )
    return "remove or correct one of the rows"


def read_roi_table(
    path: str | os.PathLike[str],
    columns: Sequence[str] = ("*",),
    exclude: Sequence[str] = (),
    never: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Read a wide table of regional values, such as FreeSurfer's.

    Parameters
    ----------
    path : path-like
        One row per participant (or per participant and session), one column per region.
    columns : sequence of str
        Names or glob patterns (``*``, ``?``) of the columns to take, in the table's order. With the
        default, every numeric column is taken that can be a region.
    exclude : sequence of str
        Names or patterns of columns to leave out.
    never : mapping of str to str
        Names that are no regions, see `mri_response.inputs.region_columns.chosen_columns`.

    Returns
    -------
    pandas.DataFrame
        ``participant_id`` (and ``session_id`` if the table has it) as text, then the regions as
        float64; the index is the line number in the file. ``attrs["left_out"]`` says which columns
        of numbers were not taken as regions, and what they are.

    Raises
    ------
    InputError
        If a pattern matches nothing, a taken column holds text or codes for missing values, or a
        row is repeated.
    """
    path, given = Path(path), (tuple(columns), tuple(exclude), tuple(never.items()))
    return _regions(path, _state(path), *given).copy()


@lru_cache(maxsize=16)
def _regions(
    path: Path,
    state: tuple[int, ...],
    columns: tuple[str, ...],
    exclude: tuple[str, ...],
    never: tuple[tuple[str, str], ...],
) -> pd.DataFrame:
    """What `read_roi_table` returns, once per state of the file."""
    table = read_table(path)
    keys = [column for column in ID_COLUMNS if column in table]
    check_ids(table, path, keys)
    table = spelled_for(table, [*columns, *exclude])
    candidates = [column for column in table if column not in keys]
    for pattern in (*columns, *exclude):
        if not any(matches(column, [pattern]) for column in candidates):
            raise InputError(
                f"{path}: found no column matching {pattern!r}, expected at least one; "
                f"{suggestion(pattern, candidates)}the columns are {shorten(candidates, 4)}"
            )
    taken = [
        column for column in candidates if matches(column, columns) and not matches(column, exclude)
    ]
    # A text column (a site, a date) is not a region; one bad cell among numbers is a mistake.
    if "*" in columns:
        named = [pattern for pattern in columns if pattern.strip("*?")]
        taken = [name for name in taken if matches(name, named) or not is_text(table[name])]
    frame = pd.DataFrame({name: numbers(table, name, path) for name in taken}, index=table.index)
    taken, left_out = chosen_columns(frame, columns, exclude, dict(never))
    if not taken:
        raise InputError(
            f"{path}: found no column of numbers to take, expected one per region; see columns and "
            "exclude of the feature set"
        )
    check_filled(frame[taken], path)
    check_missing_codes(frame[taken], path)
    regions = pd.concat([table[keys], frame[taken]], axis=1)
    regions.attrs["left_out"] = left_out
    return regions


def is_text(cells: pd.Series) -> bool:
    """Whether a column holds text alone, such as a site or a date, and no number.

    Parameters
    ----------
    cells : pandas.Series
        A column of a table as :func:`read_table` returns it.
    """
    # Decimal commas are numbers meant, so that they are complained of and not dropped.
    present = cells.dropna().str.replace(",", ".")
    return len(present) > 0 and bool(present.map(_number).isna().all())


def table_columns(
    path: str | os.PathLike[str],
    columns: Sequence[str] = ("*",),
    exclude: Sequence[str] = (),
    never: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """The columns that a discovery table contributes.

    Parameters
    ----------
    path : path-like
        File of the table.
    columns, exclude, never
        As in :func:`mri_response.inputs.tables.read_roi_table`.

    Returns
    -------
    list of str
        In the table's order.

    Raises
    ------
    InputError
        If the table cannot be read or a pattern matches nothing.
    """
    table = read_roi_table(path, columns, exclude, never).columns
    return [column for column in table if column not in ID_COLUMNS]
