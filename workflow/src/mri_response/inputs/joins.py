"""Names by which two tables are joined, and levels of a column: near-matches are told.

A name that differs only in how it is written (case, leading zeros, ``sub-``, ``.0``) finds nobody,
and a person or a group would be left out without a word.
"""

import os
from collections.abc import Iterable, Mapping

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.inputs.sources.ids import Spellings


def check_same_ids(
    wanted: Iterable[str],
    found: Iterable[str],
    wanted_path: str | os.PathLike[str],
    found_path: str | os.PathLike[str],
    column: str = "participant_id",
) -> None:
    """Check that two tables do not write the same people in two ways.

    Parameters
    ----------
    wanted : iterable of str
        Names in the first table.
    found : iterable of str
        Names in the second table; those that the first table has too are never near-matches.
    wanted_path, found_path : path-like
        The two files, for the message.
    column : str
        What is compared.

    Raises
    ------
    InputError
        Naming the first near-match, how the two differ, and how many more there are.
    """
    wanted, found = list(dict.fromkeys(wanted)), set(found)
    absent = [name for name in wanted if name not in found]
    # Sorted, since the message names the first: sets have another order in every process.
    spellings = Spellings(sorted(found - set(wanted))) if absent else None
    near = [(name, other) for name in absent if (other := spellings.near(name))]
    if near:
        name, (other, how) = near[0]
        more = f", as do {len(near) - 1} more" if len(near) > 1 else ""
        raise InputError(
            f"{found_path}: found {column} {other!r}, expected {name!r} as in "
            f"{wanted_path}: the {'ids' if column == 'participant_id' else 'two'} differ only by "
            f"{how}{more}; write them alike in both"
        )


def check_levels(
    cells: pd.Series,
    wanted: Iterable[str],
    path: str | os.PathLike[str],
    where: str | Mapping[str, str],
) -> None:
    """Check that no cell is a wanted value in another spelling.

    Parameters
    ----------
    cells : pandas.Series of str
        A column of a user's table, NaN where missing; the index is the line in the file.
    wanted : iterable of str
        Values that the configuration asks for.
    path : path-like
        The file, for the message.
    where : str or mapping of str to str
        The key of the configuration that has the values, or the key of each.

    Raises
    ------
    InputError
        Naming the first line, how the two differ, and how many more there are.
    """
    wanted = list(wanted)
    spellings = Spellings(wanted)
    strange = cells[cells.notna() & ~cells.isin(wanted)]
    near = {cell: other for cell in strange.unique() if (other := spellings.near(cell))}
    rows = strange[strange.isin(list(near))]
    if rows.empty:
        return
    other, how = near[rows.iloc[0]]
    more = f", as in {len(rows) - 1} more rows" if len(rows) > 1 else ""
    key = where if isinstance(where, str) else where[other]
    raise InputError(
        f"{path}: line {rows.index[0]}: column {cells.name}: found {rows.iloc[0]!r}, expected "
        f"{other!r} as in {key}: the two differ only by {how}{more}; write them alike"
    )


def check_spelt_alike(cells: pd.Series, path: str | os.PathLike[str]) -> None:
    """Check that a column of categories does not write one category in two ways.

    Parameters
    ----------
    cells : pandas.Series of str
        A column of a user's table, NaN where missing; the index is the line in the file.
    path : path-like
        The file, for the message.

    Raises
    ------
    InputError
        Naming the line of the rarer spelling.
    """
    levels = list(cells.value_counts().index)
    spellings = Spellings(levels)  # of levels that are alike it knows the most frequent
    for level in levels:
        near = spellings.near(level)
        if near:
            line = cells.index[cells == level][0]
            raise InputError(
                f"{path}: line {line}: column {cells.name}: found {level!r}, expected "
                f"{near[0]!r} as in other rows: the two differ only by {near[1]} and would be two "
                "categories; write them alike"
            )
