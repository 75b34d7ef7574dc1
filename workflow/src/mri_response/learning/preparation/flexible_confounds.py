"""Confounds with room to bend, by which models without scans and conditional draws know them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.config.queries import Confound, column_of
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.preparation.training_sets import Confounds


def flexible_matrix(
    people: pd.DataFrame,
    confounds: Sequence[Confound],
    discovery: pd.DataFrame | None = None,
    *,
    unseen: str = "error",
) -> np.ndarray:
    """Confounds with room to bend: numbers with their squares, splines as they are given.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows with the columns of the confounds.
    confounds : sequence of str or mapping
        Of all models; a column may come several times, its spline counts.
    discovery : pandas.DataFrame, optional
        Whose categories count. The default is `people`.
    unseen : {"error", "mean", "own"}
        See `ConfoundCoding.matrix`.

    Returns
    -------
    numpy.ndarray, shape (n, q)
    """
    coding = _flexible_coding(people if discovery is None else discovery, confounds)
    squares = [
        people[[column]].to_numpy(dtype=float) ** 2
        for column in coding.columns
        if column not in coding.levels and column not in coding.knots
    ]
    return np.hstack([coding.matrix(people, unseen=unseen), *squares])


def flexible_confounds(
    people: pd.DataFrame, confounds: Sequence[Confound], *, unseen: str
) -> np.ndarray | Confounds:
    """Confounds as `flexible_matrix` codes them, for training sets that lack some category.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows with the columns of the confounds.
    confounds : sequence of str or mapping
        Confounds of a model, as in the configuration.
    unseen : {"error", "mean", "own"}
        As in `ConfoundCoding.stacked`.

    Returns
    -------
    numpy.ndarray, shape (n, q), or Confounds
    """
    matrix = flexible_matrix(people, confounds)
    if unseen == "error":
        return matrix
    return Confounds(matrix, _flexible_coding(people, confounds).factors)


def _flexible_coding(people: pd.DataFrame, confounds: Sequence[Confound]) -> ConfoundCoding:
    chosen: dict[str, Confound] = {}
    for confound in sorted(confounds, key=lambda c: not isinstance(c, str)):
        chosen[column_of(confound)] = confound
    return ConfoundCoding.of(people, list(chosen.values()))
