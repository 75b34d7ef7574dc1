"""Columns of users' tables that hold measurements: numbers, and no codes for missing values."""

import os

import pandas as pd

from mri_response.inputs.missing_codes import check_missing_codes
from mri_response.inputs.tables import numbers


def measured(table: pd.DataFrame, column: str, path: str | os.PathLike[str]) -> pd.Series:
    """A column of measurements.

    Parameters
    ----------
    table : pandas.DataFrame
        Text, as :func:`mri_response.inputs.tables.read_table` returns it, by line.
    column : str
        Its name.
    path : path-like
        The file, for messages.

    Returns
    -------
    pandas.Series of float
        NaN where missing.

    Raises
    ------
    InputError
        For a cell that is no number, or a code for a missing value.
    """
    values = numbers(table, column, path)
    check_missing_codes(values.to_frame(column), path)
    return values
