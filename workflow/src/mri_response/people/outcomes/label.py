"""Outcomes of kind label: a column of the participants table says who belongs to which class."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion
from mri_response.inputs.joins import check_levels


def label_outcome(rows: pd.DataFrame, config: Mapping[str, Any], name: str) -> pd.DataFrame:
    """Class of each row, by the values of the column.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the participants table as text, by line of the file.
    config : mapping
        The completed configuration; its outcome is of kind label.
    name : str
        Name of the cohort.

    Returns
    -------
    pandas.DataFrame
        By line: ``outcome`` (name of the class, or missing) and ``reason`` (why it is missing).

    Raises
    ------
    InputError
        If a value differs from a listed one in case only, or no value is one of a class.
    """
    path = config["cohorts"][name]["participants"]
    column, classes = config["outcome"]["column"], config["outcome"]["classes"]
    class_of = {value: label for label, values in classes.items() for value in values}
    cells = rows[column]
    check_levels(cells, class_of, path, "outcome.classes")
    if not cells.isin(list(class_of)).any():
        present = cells.dropna().unique()
        raise InputError(
            f"{path}: column {column}: found {shorten(present) or 'no value'}, expected "
            f"{shorten(class_of)} (outcome.classes); {suggestion(next(iter(class_of)), present)}"
            "correct the config or the table"
        )
    reason = pd.Series(None, rows.index, dtype=object)
    other = cells.notna() & ~cells.isin(list(class_of))
    reason[other] = [f"{column} is {cell}, which is in neither class" for cell in cells[other]]
    reason[cells.isna()] = f"{column} is missing"
    return pd.DataFrame({"outcome": cells.map(class_of), "reason": reason})
