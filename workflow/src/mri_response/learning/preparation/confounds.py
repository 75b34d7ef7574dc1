"""Confounds as numbers: covariates as they are or as splines, categories as indicator columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import Confound, column_of
from mri_response.core.errors import InputError
from mri_response.core.tables import as_categories
from mri_response.learning.preparation.harmonisation import Sites
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
class SiteCoding:
    """How columns of a cohort table become what harmonisation needs; it learns nothing.

    Attributes
    ----------
    column : str
        Column of the sites.
    levels : tuple of str
        Sites of the discovery cohort.
    kept : ConfoundCoding
        Coding of the covariates that are kept.
    options : mapping
        The model's section `harmonise`, completed.
    """

    column: str
    levels: tuple[str, ...]
    kept: ConfoundCoding
    options: Mapping[str, Any]

    @classmethod
    def of(cls, discovery: pd.DataFrame, options: Mapping[str, Any]) -> SiteCoding:
        """Code the sites of the discovery cohort.

        Parameters
        ----------
        discovery : pandas.DataFrame
            Analysed rows of the discovery cohort.
        options : mapping
            The model's section `harmonise`, completed.

        Returns
        -------
        SiteCoding
        """
        levels = tuple(sorted(as_categories(discovery[options["column"]].dropna()).unique()))
        kept = ConfoundCoding.of(discovery, options["keep"])
        return cls(options["column"], levels, kept, dict(options))

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> SiteCoding:
        """Read a coding back from what `dataclasses.asdict` and JSON have made of it.

        Parameters
        ----------
        text : mapping
            A coding as it was written to JSON.

        Returns
        -------
        SiteCoding
        """
        kept = ConfoundCoding.from_json(text["kept"])
        return cls(text["column"], tuple(text["levels"]), kept, text["options"])

    def to_json(self) -> dict[str, Any]:
        """The coding as `from_json` reads it."""
        options = {"options": dict(self.options), "kept": self.kept.to_json()}
        return {"column": self.column, "levels": list(self.levels)} | options

    def rows(self, *tables: pd.DataFrame, unseen: str = "error") -> Sites:
        """Sites and covariates of the rows of cohorts, the discovery cohort first.

        Parameters
        ----------
        *tables : pandas.DataFrame
            Analysed rows.
        unseen : {"error", "mean", "own"}
            What a site means that the discovery cohort or a training set does not have: an error,
            that features stay as they are, or that its own people of the same table show its shift
            and factor.

        Returns
        -------
        Sites

        Raises
        ------
        InputError
            For a site that the discovery cohort does not have.
        """
        options, index, learns = self.options, [], []
        n_sites = len(self.levels)
        for people in tables:
            text = as_categories(people[self.column])
            known = text.isin(self.levels)
            if unseen == "error" and not known.all():
                where = people.loc[~known, "participant_id"].iloc[0]
                raise InputError(
                    f"harmonise: found {text[~known].iloc[0]!r} in {self.column} of {where}, "
                    f"expected values of the discovery cohort ({', '.join(self.levels)}); set "
                    "confounds.unseen_site: mean, which leaves "
                    "features of such people as they are, or own, which learns from such people"
                )
            index.append(pd.Index(self.levels).get_indexer(text))
            if unseen == "own":
                codes, new = pd.factorize(text.where(~known & text.notna()), sort=True)
                index[-1] = np.where(codes >= 0, n_sites + codes, index[-1])
                n_sites += len(new)
            learns.append(np.ones(len(people), dtype=bool))
            if options["learn_from"] is not None and self.column_to_learn in people:
                wanted = {str(value) for value in options["learn_from"][self.column_to_learn]}
                learns[-1] = as_categories(people[self.column_to_learn]).isin(wanted).to_numpy()
        reference = options["reference"]
        return Sites(
            np.concatenate(index),
            np.vstack([self.kept.matrix(table, unseen=unseen) for table in tables]),
            np.concatenate(learns),
            options["method"] == "combat",
            None if reference is None else self.levels.index(str(reference)),
            options["min_people"],
            unseen,
        )

    def require_own(self, people: pd.DataFrame) -> None:
        """Check that sites that the discovery cohort does not have can show their own effects.

        Parameters
        ----------
        people : pandas.DataFrame
            Analysed rows of another cohort.

        Raises
        ------
        InputError
            For the first new site with too few rows.
        """
        sites, least = self.rows(people, unseen="own"), max(2, self.options["min_people"])
        for code in np.unique(sites.site[sites.site >= len(self.levels)]):
            own = sites.site == code
            found = int((own & sites.learns).sum())
            if found < least:
                name = as_categories(people[self.column])[own].iloc[0]
                raise InputError(
                    f"column {self.column}: found {found} rows of the new site {name!r}, expected "
                    f"at least {least} to learn its shift and scale from (confounds.unseen_site: "
                    "own, min_people of harmonise); write unseen_site: mean or leave the site out"
                )

    @property
    def column_to_learn(self) -> str:
        """Column of the subgroup that harmonisation learns from."""
        return next(iter(self.options["learn_from"]))


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
    sites : SiteCoding or None
        Where features are harmonised before the confounds are removed.
    """

    columns: tuple[str, ...]
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    knots: dict[str, tuple[float, ...]] = field(default_factory=dict)
    sites: SiteCoding | None = None

    @classmethod
    def of_model(cls, discovery: pd.DataFrame, model: Mapping[str, Any]) -> ConfoundCoding:
        """Code what a model removes, its confounds and its sites.

        Parameters
        ----------
        discovery : pandas.DataFrame
            Analysed rows of the discovery cohort.
        model : mapping
            The model's section of the configuration, with its defaults.

        Returns
        -------
        ConfoundCoding
        """
        options = model.get("harmonise")
        sites = None if options is None else SiteCoding.of(discovery, options)
        return replace(cls.of(discovery, model["confounds"]), sites=sites)

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
        sites = SiteCoding.from_json(text["sites"]) if "sites" in text else None
        return cls(tuple(text["columns"]), levels, knots, sites)

    def to_json(self) -> dict[str, Any]:
        """The coding as `from_json` reads it."""
        text = asdict(replace(self, sites=None))
        del text["sites"]
        if self.sites is not None:
            text["sites"] = self.sites.to_json()
        return text

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
        unseen : {"error", "mean", "own"}
            See `matrix`. With ``mean`` it holds for each training set by itself: a category that
            others have and its own rows have not is the mean of its rows.

        Returns
        -------
        numpy.ndarray, shape (n, q), or Confounds
        """
        matrix = np.vstack([self.matrix(table, unseen=unseen) for table in tables])
        sites = None if self.sites is None else self.sites.rows(*tables, unseen=unseen)
        if unseen == "error" and sites is None:
            return matrix
        return Confounds(matrix, () if unseen == "error" else self.factors, sites)

    def matrix(self, people: pd.DataFrame, *, unseen: str = "error") -> np.ndarray:
        """Encode a cohort.

        Parameters
        ----------
        people : pandas.DataFrame
            Analysed rows of a cohort.
        unseen : {"error", "mean", "own"}
            What a category means that the discovery cohort does not have: an error, or the mean
            of the training rows; ``own`` says the latter of what is not harmonised.

        Returns
        -------
        numpy.ndarray, shape (n, q)
            NaN where missing or, unless `unseen` is ``error``, unseen.

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
                    f"confounds: found {strange[0]!r} in {column} of "
                    f"{people.loc[text == strange[0], 'participant_id'].iloc[0]}, expected values "
                    f"of the discovery cohort ({', '.join(levels)}); drop the confound or set "
                    "confounds.unseen_site: mean"
                )
            indicators = np.array([(text == level).fillna(False) for level in levels[1:]]).T
            indicators = indicators.reshape(len(people), -1).astype(float)
            indicators[~known.fillna(False).to_numpy()] = np.nan
            parts.append(indicators)
        return np.hstack(parts)
