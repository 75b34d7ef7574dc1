"""Rows of people: a person may have several, and counts once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def person_weights(participant_id: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Weight and number of the person of each row.

    Parameters
    ----------
    participant_id : array_like, shape (n,)
        One identifier a row.

    Returns
    -------
    weights : ndarray, shape (n,)
        1 / (rows of the person).
    person : ndarray of int, shape (n,)
        0, 1, ... numbering the sorted identifiers.
    """
    _, person, rows = np.unique(np.asarray(participant_id), return_inverse=True, return_counts=True)
    return 1.0 / rows[person], person


def rows_of_people(person: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Positions of each person's rows, people in the order of their numbers."""
    order = np.argsort(person, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(person[order])) + 1)
