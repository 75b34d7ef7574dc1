"""Confounds as numbers: covariates as they are, categories as indicator columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mri_response.errors import InputError


@dataclass(frozen=True)
class ConfoundCoding:
    """How columns of a cohort table become columns of the confound matrix.

    The coding looks at which categories the discovery cohort has, never at the outcome or at
    values; it learns nothing.

    Attributes
    ----------
    columns : tuple of str
        Columns of the cohort table.
    levels : dict of str to tuple of str
        Categories of the columns that are not numbers; the first is the reference.
    """

    columns: tuple[str, ...]
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, discovery: pd.DataFrame, columns: list[str]) -> ConfoundCoding:
        """Code columns by the discovery cohort's table."""
        levels = {
            column: tuple(sorted(discovery[column].dropna().astype(str).unique()))
            for column in columns
            if not pd.api.types.is_numeric_dtype(discovery[column])
        }
        return cls(tuple(columns), levels)

    @property
    def names(self) -> list[str]:
        """Names of the columns of the confound matrix."""
        return [
            name
            for column in self.columns
            for name in (
                [f"{column}:{level}" for level in self.levels[column][1:]]
                if column in self.levels
                else [column]
            )
        ]

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
                parts.append(values.to_numpy(dtype=float)[:, None])
                continue
            levels = self.levels[column]
            text = values.astype("string")
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
