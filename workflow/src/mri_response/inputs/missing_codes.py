"""Numbers that stand for a missing value, as in -9999: told, never used as values."""

from __future__ import annotations

import os
from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.errors import InputError

#: Codes that hospitals, questionnaires and public data sets write for a missing value.
CODES = (-9, -77, -88, -99, -888, -999, -9999, -99999, 77, 88, 99, 888, 999, 9999, 99999)
# Codes of so many digits stand for a missing value wherever they are outside the other values.
_LARGE = 100
# Fewer other values say nothing of where a value would be expected.
_FEW = 3
_SOME = 10


def missing_codes(
    values: NDArray[np.float64], codes: Collection[float] = CODES
) -> NDArray[np.bool_]:
    """Where numbers are codes for a missing value.

    A code counts only outside of the other values: where it is farther from them than they are from
    each other, or where it is negative and nothing else is.

    Parameters
    ----------
    values : ndarray, shape (rows,)
        One column; NaN where missing.
    codes : collection of float
        What may be a code.

    Returns
    -------
    ndarray of bool, shape (rows,)
        True for codes.
    """
    suspected = np.isin(values, list(codes))
    found = np.zeros(len(values), dtype=bool)
    rest = np.unique(values[~suspected & ~np.isnan(values)])
    if not suspected.any() or not len(rest):
        return found
    low, high = rest[0], rest[-1]
    for code in np.unique(values[suspected]):
        gap = max(low - code, code - high)
        apart = gap > high - low and len(rest) >= (1 if abs(code) > _LARGE else _FEW)
        enough = 1 if abs(code) > _LARGE else _SOME
        alone = code < 0 <= low and (values >= 0).sum() >= enough
        if gap > 0 and (apart or alone):
            found |= values == code
    return found


def coded_cells(cells: NDArray[np.float64], codes: Collection[float] = CODES) -> NDArray[np.bool_]:
    """`missing_codes` of every column of a table.

    Parameters
    ----------
    cells : ndarray, shape (rows, columns)
        Numbers; NaN where missing.
    codes : collection of float
        What may be a code.

    Returns
    -------
    ndarray of bool, shape (rows, columns)
        True for codes.
    """
    found = np.zeros(cells.shape, dtype=bool)
    for column in np.flatnonzero(np.isin(cells, list(codes)).any(axis=0)):
        found[:, column] = missing_codes(cells[:, column], codes)
    return found


def check_missing_codes(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Check that no column of a user's table holds codes for missing values.

    Parameters
    ----------
    frame : pandas.DataFrame
        Numbers; the index is the line in the file.
    path : path-like
        The file, for the message.

    Raises
    ------
    InputError
        Naming the first such cell, the range of the other values and how many more cells there are.
    """
    cells = frame.to_numpy(dtype=float)
    found = coded_cells(cells)
    if not found.any():
        return
    row, column = np.argwhere(found)[0]
    values = cells[:, column]
    rest = values[~found[:, column] & ~np.isnan(values)]
    more = f" (and {found.sum() - 1} more such cells)" if found.sum() > 1 else ""
    raise InputError(
        f"{path}: line {frame.index[row]}: column {frame.columns[column]}: found "
        f"{values[row]:g}{more}, which looks like a code for a missing value, expected values like "
        f"the others, {rest.min():g} to {rest.max():g}; write n/a"
    )
