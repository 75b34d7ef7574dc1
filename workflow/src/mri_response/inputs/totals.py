"""Rows of totals and columns without values, which spreadsheets have beside people and measures."""

import os
import re

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import and_more, shorten

# What stands in the place of an id under or above the rows of people.
# Abbreviations may be initials, and Max is a name.
_OF_ALL = re.compile(
    r"(grand )?(sub)?totals?|sums?|means?( ?\(?sd\)?)?|averages?|medians?|std\.? ?dev\.?"
    r"|gesamt(summe)?|summe|mittelwert|durchschnitt",
    re.IGNORECASE,
)


def check_people(ids: pd.Series, path: str | os.PathLike[str]) -> None:
    """Check that no row of a user's table stands for all people.

    Parameters
    ----------
    ids : pandas.Series of str
        Column ``participant_id``; the index is the line in the file.
    path : path-like
        The file, for the message.

    Raises
    ------
    InputError
        Naming the line of the first such row.
    """
    of_all = ids.str.fullmatch(_OF_ALL)
    if of_all.any():
        line = int(of_all.idxmax())
        raise InputError(
            f"{path}: line {line}: column participant_id: found {ids[line]!r}, which looks like a "
            "row of totals or means, expected the id of a person; remove the row"
            f"{and_more(int(of_all.sum()), 'such rows')}"
        )


def check_filled(values: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Check that every column of numbers has a value.

    Parameters
    ----------
    values : pandas.DataFrame of float
        NaN where missing.
    path : path-like
        The file, for the message.

    Raises
    ------
    InputError
        Naming the columns that have none.
    """
    empty = [column for column in values if values[column].isna().all()]
    if empty:
        raise InputError(
            f"{path}: found no value in {shorten(empty, 3)}, expected numbers; leave "
            f"{'it' if len(empty) == 1 else 'them'} out (exclude)"
        )
