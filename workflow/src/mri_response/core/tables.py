"""The workflow's own tables, and how lists of names are written in messages.

Tables are tab-separated with ``n/a`` for missing values and floats that survive the round trip.
Tables of users are read by :mod:`mri_response.inputs.tables`.
"""

import contextlib
import difflib
import fnmatch
import os
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from mri_response.core.atomic import atomic_path

MISSING = "n/a"
#: Columns that identify a row and are always text.
ID_COLUMNS = ("participant_id", "session_id")
_CODE = re.compile(r"[+-]?\d{16,}|.*_.*", re.DOTALL)


# ---------------------------------------------------------------- the workflow's own tables
def read_tsv(path: str | os.PathLike[str], dtype: Any = str) -> pd.DataFrame:
    """Read a table that the workflow wrote.

    Parameters
    ----------
    path : path-like
        Tab-separated file with a header.
    dtype : type or mapping of column name to type, default str
        A type for all columns but the identifiers, or types by column; a column without one is
        text. ``participant_id`` and ``session_id`` are always text.

    Returns
    -------
    pandas.DataFrame
        ``n/a`` is NaN; nothing else is.
    """
    # Parsed by Python's float(), which is exact; how pandas parses depends on its version.
    frame = pd.read_csv(path, sep="\t", dtype=str, na_values=[MISSING], keep_default_na=False)
    types = dtype if isinstance(dtype, Mapping) else dict.fromkeys(frame.columns, dtype)
    for column in frame.columns.difference(ID_COLUMNS):
        if types.get(column, str) is not str:
            frame[column] = frame[column].to_numpy(object).astype(types[column])
    return frame


def with_types(table: pd.DataFrame, text: Collection[str] = ()) -> pd.DataFrame:
    """A table of the run, read as text, with numbers and truth values.

    Parameters
    ----------
    table : pandas.DataFrame
        As `read_tsv` returns it.
    text : collection of str
        Columns that are text even where they look like numbers, beside the identifiers.

    Returns
    -------
    pandas.DataFrame
        Columns of True and False are bool, those of numbers float.
    """
    out = table.copy()
    for name in table.columns.difference([*text, *ID_COLUMNS]):
        values = table[name]
        if len(values) and values.isin(["True", "False"]).all():
            out[name] = values == "True"
            continue
        found = pd.to_numeric(values, errors="coerce")
        if (found.notna() == values.notna()).all():
            # Parsed by Python's float(), which is exact.
            out[name] = [float(cell) for cell in values]
    return out


def read_people(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of analysed people that the workflow wrote.

    Parameters
    ----------
    path : path-like
        ``cohorts/<cohort>.tsv``.

    Returns
    -------
    pandas.DataFrame
        ``label`` (where the run has an outcome) as int, as float where it is a number
        that is predicted, columns of numbers as float, categories
        (sex, site, outcome) and codes that no float tells apart as text.
    """
    frame = read_tsv(path)
    for column in frame.columns.difference([*ID_COLUMNS, "outcome", "sex", "site"]):
        if frame[column].dropna().map(is_code).any():
            continue
        with contextlib.suppress(ValueError):
            frame[column] = frame[column].to_numpy(object).astype(float)
    return frame.astype({"label": int}) if "outcome" in frame else frame


def is_code(text: str) -> bool:
    """Whether a text is a code that would be another one after a float.

    Parameters
    ----------
    text : str
        A cell of a table.

    Returns
    -------
    bool
        True for more digits than a float holds, and for ``1_1``, which Python reads as 11.
    """
    return _CODE.fullmatch(text) is not None


def as_categories(values: pd.Series) -> pd.Series:
    """Categories as text, also where `read_people` has read their codes as numbers.

    Parameters
    ----------
    values : pandas.Series
        Text or numbers.

    Returns
    -------
    pandas.Series of string
        Whole numbers without a decimal point; missing values stay missing.
    """
    if pd.api.types.is_float_dtype(values):
        values = values.map(lambda v: str(int(v)) if v == v // 1 else str(v), na_action="ignore")
    return values.astype("string")


def read_cohorts(
    names: Iterable[str], paths: Iterable[str | os.PathLike[str]]
) -> dict[str, pd.DataFrame]:
    """Read the tables of analysed people of several cohorts.

    Parameters
    ----------
    names : iterable of str
        Names of the cohorts.
    paths : iterable of path-like
        Their tables, in the order of the names.

    Returns
    -------
    dict of str to pandas.DataFrame
        Name of the cohort to its table, as `read_people` returns it.
    """
    return {name: read_people(path) for name, path in zip(names, paths, strict=True)}


def write_tsv(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table, whole or not at all.

    Parameters
    ----------
    frame : pandas.DataFrame
        The index is not written.
    path : path-like
        Tab-separated file: missing values are ``n/a``, floats are written so that reading them
        gives the same number.
    """
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, sep="\t", index=False, na_rep=MISSING, lineterminator="\n")


# ---------------------------------------------------------------- the user's tables


def suggestion(name: str, known: Iterable[str]) -> str:
    """``"did you mean 'age'? "`` where a known name is near, else nothing.

    Parameters
    ----------
    name : str
        What was written.
    known : iterable of str
        Names that are allowed.
    """
    known = [str(item) for item in known]
    lowered = {item.lower(): item for item in reversed(known)}
    near = difflib.get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.6)
    return f"did you mean {lowered[near[0]]!r}? " if near else ""


def and_more(n: int, what: str) -> str:
    """``" (and 3 more cells)"``, nothing where there is no more than the one that is named.

    Parameters
    ----------
    n : int
        How many there are, with the one that the message names.
    what : str
        Their name in the plural.
    """
    return f" (and {n - 1} more {what})" if n > 1 else ""


def shorten(items: Iterable[Any], limit: int = 8) -> str:
    """A few of many items, for a message of one line.

    Parameters
    ----------
    items : iterable
        Items to show.
    limit : int
        How many are shown.
    """
    items = [str(item) for item in items]
    shown = ", ".join(repr(item) for item in items[:limit])
    return shown if len(items) <= limit else f"{shown} and {len(items) - limit} more"


# ---------------------------------------------------------------- ROI tables


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is one of some names or glob patterns (``*``, ``?``).

    Parameters
    ----------
    name : str
        Name to look up.
    patterns : iterable of str
        Names or patterns.
    """
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
