"""Rows of a cohort as every metric sees them: labels, weights and people."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.people.rows import person_weights


@dataclass(frozen=True)
class Cohort:
    """Labels and weights of rows, and the people to whom they belong.

    Attributes
    ----------
    labels : ndarray of 0/1, shape (n,)
        1 = positive class.
    weights : ndarray, shape (n,)
        1 / (number of rows of the person).
    person : ndarray of int, shape (n,)
        Number of the person of each row, from 0.
    stratum : ndarray of str, shape (n,), or None
        Name of the cohort of each row where several are taken together.
    """

    labels: NDArray
    weights: NDArray
    person: NDArray[np.intp]
    stratum: NDArray | None = field(default=None, kw_only=True)

    @classmethod
    def of(cls, people: pd.DataFrame, stratum: NDArray | None = None) -> Cohort:
        """Read the rows of a table.

        Parameters
        ----------
        people : pandas.DataFrame
            Columns participant_id and label (1 = positive class), one line per row of the cohort.
        stratum : ndarray of str, shape (n,), optional
            Name of the cohort of each row where several are taken together.

        Returns
        -------
        Cohort
        """
        weights, person = person_weights(people["participant_id"].astype(str))
        return cls(people["label"].to_numpy(dtype=int), weights, person, stratum=stratum)

    @property
    def n(self) -> int:
        """Number of people."""
        return int(np.unique(self.person).size)

    @property
    def n_positive(self) -> int:
        """Number of people with a row of the positive class."""
        return int(np.unique(self.person[self.labels == 1]).size)

    @property
    def n_negative(self) -> int:
        """Number of people with a row of the negative class."""
        return int(np.unique(self.person[self.labels == 0]).size)

    @property
    def prevalence(self) -> float:
        """Share of the positive class, every person having the same weight."""
        return float(self.weights[self.labels == 1].sum() / self.weights.sum())

    def sizes(self) -> dict[str, int]:
        """Columns n and n_positive of a table."""
        return {"n": self.n, "n_positive": self.n_positive}

    @property
    def smallest_class(self) -> int:
        """Number of people of the smaller class."""
        return min(self.n_positive, self.n_negative)

    def too_small(self, min_class_size: int) -> bool:
        """Whether either class has too few people for any metric.

        Parameters
        ----------
        min_class_size : int
            Fewest people that a class must have; at least 1 is asked for.

        Returns
        -------
        bool
        """
        return self.smallest_class < max(1, min_class_size)

    def by_person(self, values: NDArray) -> NDArray:
        """Sum the values of each person's rows.

        Parameters
        ----------
        values : ndarray, shape (n,)
            One value per row.

        Returns
        -------
        ndarray, shape (n_people,)
        """
        return np.bincount(self.person, values)
