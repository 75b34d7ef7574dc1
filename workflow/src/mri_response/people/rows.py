"""Rows of people: a person may have several, and counts once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


def person_weights(participant_id: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Weight of each row, and the number of the person to whom the row belongs.

    Parameters
    ----------
    participant_id : array_like of str, shape (n,)
        Identifier of the person of each row.

    Returns
    -------
    weights : ndarray, shape (n,)
        1 / (number of rows of the person).
    person : ndarray of int, shape (n,)
        Position of the person among the sorted identifiers, starting at 0.
    """
    _, person, rows = np.unique(np.asarray(participant_id), return_inverse=True, return_counts=True)
    return 1.0 / rows[person], person


def rows_of_people(person: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Positions of the rows of each person.

    Parameters
    ----------
    person : ndarray of int, shape (n,)
        Number of the person of each row, see `person_weights`.

    Returns
    -------
    list of ndarray of int
        One array per person, in the order of the numbers.
    """
    order = np.argsort(person, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(person[order])) + 1)


def told_apart(cohort: str | pd.Series, participant_id: pd.Series) -> pd.Series:
    """Identifiers that stay different where two studies call different people the same.

    Parameters
    ----------
    cohort : str or pandas.Series of str, shape (n,)
        Name of the cohort, of all rows or of each row.
    participant_id : pandas.Series, shape (n,)
        Identifier of the person of each row inside its cohort.

    Returns
    -------
    pandas.Series of str, shape (n,)
        ``cohort/participant_id``.
    """
    return cohort + "/" + participant_id.astype(str)


def pooled(cohorts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of several cohorts, taken together as one cohort.

    Parameters
    ----------
    cohorts : mapping of str to pandas.DataFrame
        Rows by name of the cohort, with a column ``participant_id``.

    Returns
    -------
    pandas.DataFrame
        All rows in the order of the mapping, numbered anew; people are identified by
        ``cohort/participant_id``, see `told_apart`.
    """
    parts = [
        rows.assign(participant_id=told_apart(name, rows["participant_id"]))
        for name, rows in cohorts.items()
    ]
    return pd.concat(parts, ignore_index=True)
