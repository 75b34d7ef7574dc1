"""Several tables of the same people as one, where measures of the whole brain repeat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.inputs.sources.names import TIV, canonical, is_global, repeated

# The scripts print the same number with 12 significant digits or with 6 decimals.
_SAME = 1e-6


def without_repeats(measures: pd.DataFrame, source: str) -> pd.DataFrame:
    """Leave out columns such as ``eTIV.1`` that repeat another column of their table.

    Parameters
    ----------
    measures : pandas.DataFrame
        Numbers, one row per person; the index names the line.
    source : str
        The file, for the message.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    InputError
        If the repeat has other values.
    """
    names = list(measures)
    repeats = {name: first for name in names if (first := repeated(name, names))}
    for name, first in repeats.items():
        _require_same(measures[first], measures[name], f"{source}: {first}", name)
    return measures.drop(columns=list(repeats))


def join_tables(
    tables: Sequence[tuple[str, pd.Series, pd.DataFrame]],
) -> tuple[pd.DataFrame, list[str]]:
    """Columns of several tables beside each other.

    Parameters
    ----------
    tables : sequence of (str, pandas.Series, pandas.DataFrame)
        File, names of the rows, and numbers under canonical names.

    Returns
    -------
    measures : pandas.DataFrame
        Indexed by the names of all tables' rows; NaN where a table has no such row. What repeats is
        taken from the table with the volumes, where there is one, and else from the first.
    warnings : list of str
        On measures of the whole brain that repeat with other values, as FastSurfer's do.

    Raises
    ------
    InputError
        If a region, or the intracranial volume, repeats with other values.
    """
    # Tables of volumes first: the others repeat some of their measures of the whole brain.
    ordered = sorted(tables, key=lambda table: any(c.startswith(("lh_", "rh_")) for c in table[2]))
    names = pd.Index(pd.unique(np.concatenate([table[1].to_numpy(object) for table in ordered])))
    joined: dict[str, pd.Series] = {}
    origin: dict[str, str] = {}
    warnings = []
    for path, rows, measures in ordered:
        aligned = measures.set_index(pd.Index(rows)).reindex(names)
        for column in aligned:
            if column not in joined:
                joined[column], origin[column] = aligned[column], path
            elif is_global(column) and canonical(column) != TIV:
                if _differs(joined[column], aligned[column]).any():
                    warnings.append(
                        f"{path}: {column} has other values than in {origin[column]}, which count"
                    )
            else:
                _require_same(joined[column], aligned[column], f"{path}: {column}", origin[column])
    return pd.DataFrame(joined, index=names), warnings


def _differs(first: pd.Series, second: pd.Series) -> pd.Series:
    return (first - second).abs() > _SAME * first.abs()


def _require_same(first: pd.Series, second: pd.Series, place: str, other: str) -> None:
    differs = _differs(first, second)
    if differs.any():
        row = differs.idxmax()
        raise InputError(
            f"{place}: found {second[row]:g} for row {row} and {first[row]:g} in {other}, expected "
            "the same number where a measure repeats; give tables of one parcellation and one "
            "version, or remove the column"
        )
