"""Columns of a table that are no regions: left out unless the configuration names them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mri_response.core.tables import matches
from mri_response.inputs.sources.names import TIV, canonical, is_global, repeated

#: Names of clinical scales and tests, in lower case, as they stand in names of columns.
SCALES = frozenset(
    {
        *("madrs", "hamd", "hdrs", "hrsd", "qids", "bdi", "phq", "phq9", "gaf", "hama", "gad7"),
        *("bai", "ymrs", "panss", "bprs", "sans", "saps", "cgi", "cdr", "mmse", "moca", "adas"),
        *("updrs", "ybocs", "pcl5", "epds"),
    }
)
_VOLUMES = {"tiv", "etiv", "icv"}
_ROW_NAMES = re.compile(r"unnamed(: ?\d+)?|x|index|idx|row|id|nr|no|subjects?|subid|.*[_ ]id")
# Integers that only rise do so by chance in fewer than one of 3 million tables of so many rows.
_ENOUGH_ROWS = 10


def chosen_columns(
    values: pd.DataFrame,
    columns: Sequence[str],
    exclude: Sequence[str],
    never: Mapping[str, str],
) -> tuple[list[str], dict[str, str]]:
    """Which columns of numbers are regions.

    Parameters
    ----------
    values : pandas.DataFrame
        Columns of numbers that patterns match; rows in the order of the file.
    columns, exclude : sequence of str
        Names or glob patterns of the feature set. A pattern that is more than asterisks names the
        columns that it matches; measures of the whole head, brain or surface are taken by their
        full names alone.
    never : mapping of str to str
        Names in lower case that the configuration uses otherwise, and as what; parts of a name
        (the outcome's scale) end with an asterisk.

    Returns
    -------
    taken : list of str
        In the table's order.
    left_out : dict of str to str
        What the other columns are, in words.
    """
    named = [pattern for pattern in columns if pattern.strip("*?")]
    columns_by_name = [pattern for pattern in columns if not set(pattern) & set("*?[")]
    taken, left_out = [], {}
    names = list(values)
    for column in values:
        if not matches(column, columns) or matches(column, exclude):
            continue
        why = None if matches(column, named) else _other_than_region(values[column], never)
        if why is None and not matches(column, columns_by_name):
            why = _repeat_or_global(column, names)
        if why is None:
            taken.append(column)
        else:
            left_out[column] = why
    return taken, left_out


def _repeat_or_global(name: str, names: Sequence[str]) -> str | None:
    """What a measure of the whole head or surface is, which no pattern takes."""
    if repeated(name, names) is not None:
        return "the repeat of another column"
    return "a measure of the whole head, brain or surface" if is_global(name) else None


def _other_than_region(values: pd.Series, never: Mapping[str, str]) -> str | None:
    name = str(values.name).lower()
    words = re.split(r"[^a-z0-9]+", name)
    joined = "".join(words)
    for other, why in never.items():
        part = other.removesuffix("*")
        if name == other or (part != other and (joined.startswith(part) or part in words)):
            return why
    if _VOLUMES & set(words) or canonical(str(values.name)) == TIV:
        return "intracranial volume"
    if SCALES & {re.sub(r"(?<=[a-z])\d+$", "", word) for word in words} or SCALES & set(words):
        return "a clinical score"
    if _ROW_NAMES.fullmatch(name) or _numbers_of_rows(values.to_numpy()):
        return "numbers of rows or people"
    return None


def _numbers_of_rows(values: np.ndarray) -> bool:
    """Whether values are whole numbers that rise from row to row or count the rows."""
    if len(values) < _ENOUGH_ROWS or np.isnan(values).any() or (values != np.round(values)).any():
        return False
    steps = np.diff(values)
    return bool((steps > 0).all() or (steps < 0).all() or (np.diff(np.sort(values)) == 1).all())
