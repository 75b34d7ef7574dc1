"""Confounds as numbers: covariates as they are or as splines, categories as indicator columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import Confound, column_of
from mri_response.core.errors import InputError
from mri_response.core.tables import as_categories
from mri_response.learning.preparation.training_sets import Confounds


def natural_spline(values: np.ndarray, knots: Sequence[float]) -> np.ndarray:
    """Restricted (natural) cubic spline: cubic between the knots, straight beyond the outer ones.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        NaN gives NaN.
    knots : sequence of float, length k
        At least 3, ascending.

    Returns
    -------
    numpy.ndarray, shape (n, k - 1)
        The values themselves, then the k - 2 terms that bend, in their units.

    References
    ----------
    Harrell FE (2015). Regression Modeling Strategies, 2nd ed., section 2.4.5.
    """
    first, before_last, last = knots[0], knots[-2], knots[-1]
    cubed = [np.maximum(values - knot, 0.0) ** 3 for knot in knots]
    bent = [
        (
            cube
            - cubed[-2] * (last - knot) / (last - before_last)
            + cubed[-1] * (before_last - knot) / (last - before_last)
        )
        / (last - first) ** 2
        for knot, cube in zip(knots[:-2], cubed, strict=False)
    ]
    return np.column_stack([values, *bent])


@dataclass(frozen=True)
class ConfoundCoding:
    """How columns of a cohort table become columns of the confound matrix.

    The coding looks at which categories the discovery cohort has, never at the outcome or at
    values, and the knots of splines are given; it learns nothing.

    Attributes
    ----------
    columns : tuple of str
        Columns of the cohort table.
    levels : dict of str to tuple of str
        Categories of the columns that are not numbers; the first is the reference.
    knots : dict of str to tuple of float
        Knots of the columns that are coded as natural cubic splines.
    """

    columns: tuple[str, ...]
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    knots: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, discovery: pd.DataFrame, confounds: Sequence[Confound]) -> ConfoundCoding:
        """Code a model's confounds by the discovery cohort's table.

        Parameters
        ----------
        discovery : pandas.DataFrame
            Analysed rows of the discovery cohort.
        confounds : sequence of str or mapping
            Confounds of the model, as in the configuration.

        Returns
        -------
        ConfoundCoding
        """
        columns = tuple(column_of(confound) for confound in confounds)
        knots = {
            confound["column"]: tuple(float(knot) for knot in confound["knots"])
            for confound in confounds
            if not isinstance(confound, str) and "knots" in confound
        }
        declared = {
            confound["column"]
            for confound in confounds
            if not isinstance(confound, str) and confound.get("categorical")
        }
        levels = {
            column: tuple(sorted(as_categories(discovery[column].dropna()).unique()))
            for column in columns
            if column in declared or not pd.api.types.is_numeric_dtype(discovery[column])
        }
        return cls(columns, levels, knots)

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> ConfoundCoding:
        """Read a coding back from what `dataclasses.asdict` and JSON have made of it.

        Parameters
        ----------
        text : mapping
            A coding as it was written to JSON.

        Returns
        -------
        ConfoundCoding
        """
        levels, knots = (
            {key: tuple(value) for key, value in text[name].items()} for name in ("levels", "knots")
        )
        return cls(tuple(text["columns"]), levels, knots)

    @property
    def names(self) -> list[str]:
        """Names of the columns of the confound matrix."""
        return [name for column in self.columns for name in self._names(column)]

    @property
    def factors(self) -> tuple[slice, ...]:
        """Columns of the confound matrix that hold the indicators of each category."""
        starts = np.cumsum([0, *(len(self._names(column)) for column in self.columns)])
        return tuple(
            slice(start, stop)
            for column, start, stop in zip(self.columns, starts[:-1], starts[1:], strict=True)
            if column in self.levels
        )

    def _names(self, column: str) -> list[str]:
        if column in self.levels:
            return [f"{column}:{level}" for level in self.levels[column][1:]]
        # As Harrell writes them: age, age', age''.
        return [column + "'" * i for i in range(max(1, len(self.knots.get(column, ())) - 1))]

    def stacked(self, *tables: pd.DataFrame, unseen: str = "error") -> np.ndarray | Confounds:
        """Encode the discovery cohort, and others behind it, for training sets within the first.

        Parameters
        ----------
        *tables : pandas.DataFrame
            Analysed rows of the cohorts, the discovery cohort first.
        unseen : {"error", "mean"}
            See `matrix`. With ``mean`` it holds for each training set by itself: a category that
            others have and its own rows have not is the mean of its rows.

        Returns
        -------
        numpy.ndarray, shape (n, q), or Confounds
        """
        matrix = np.vstack([self.matrix(table, unseen=unseen) for table in tables])
        return matrix if unseen == "error" else Confounds(matrix, self.factors)

    def matrix(self, people: pd.DataFrame, *, unseen: str = "error") -> np.ndarray:
        """Encode a cohort.

        Parameters
        ----------
        people : pandas.DataFrame
            Analysed rows of a cohort.
        unseen : {"error", "mean"}
            What a category means that the discovery cohort does not have: an error, or the mean
            of the training rows.

        Returns
        -------
        numpy.ndarray, shape (n, q)
            NaN where missing or, with ``unseen="mean"``, unseen.

        Raises
        ------
        InputError
            For a category that the discovery cohort does not have.
        """
        parts = [np.empty((len(people), 0))]
        for column in self.columns:
            values = people[column]
            if column not in self.levels:
                numbers = values.to_numpy(dtype=float)
                knots = self.knots.get(column)
                parts.append(natural_spline(numbers, knots) if knots else numbers[:, None])
                continue
            levels = self.levels[column]
            text = as_categories(values)
            known = text.isin(levels)
            strange = sorted(text[~known & text.notna()].unique())
            if strange and unseen == "error":
                raise InputError(
                    f"confounds: {column} is {strange[0]!r} for "
                    f"{people.loc[text == strange[0], 'participant_id'].iloc[0]}, a value that the "
                    f"discovery cohort does not have (it has {', '.join(levels)}); drop the "
                    "confound or set confounds.unseen_site: mean"
                )
            indicators = np.array([(text == level).fillna(False) for level in levels[1:]]).T
            indicators = indicators.reshape(len(people), -1).astype(float)
            indicators[~known.fillna(False).to_numpy()] = np.nan
            parts.append(indicators)
        return np.hstack(parts)


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
    unseen : {"error", "mean"}
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
    unseen : {"error", "mean"}
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
