"""Labels permuted among those who are exchangeable under the null hypothesis."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.errors import InputError
from mri_response.seeds import Stream, generator


class Exchangeability:
    """Which rows may exchange labels.

    Parameters
    ----------
    people : pandas.DataFrame
        Columns participant_id and label (1, 0), one row a scan.
    group : str, optional
        Column of families, which are permuted whole among families of equal size.
    within : str, optional
        Column of blocks (site, cohort) inside which labels are permuted. If it is the column of
        families, people are permuted inside their family.

    Raises
    ------
    InputError
        If the labels leave nothing to exchange, or vary within some people and not others.

    Notes
    -----
    A label that is constant within people is permuted between people with equal numbers of rows;
    one that varies within people is permuted within each person.

    References
    ----------
    Winkler et al. (2015). Multi-level block permutation. NeuroImage 123, 253-268.
    """

    def __init__(
        self, people: pd.DataFrame, *, group: str | None = None, within: str | None = None
    ) -> None:
        self.labels = people["label"].to_numpy(dtype=int)
        person = people["participant_id"].astype(str).to_numpy()
        block = people[within].astype(str).to_numpy() if within else np.full(len(people), "")
        rows = pd.Series(range(len(people))).groupby(person, sort=False).agg(list)
        varies = np.array([len(set(self.labels[index])) > 1 for index in rows])
        several = np.array([len(index) > 1 for index in rows])
        if varies.any():
            if (several & ~varies).any():
                stays = rows.index[several & ~varies][0]
                raise InputError(
                    f"permutation: the label varies within some people but not within {stays}: "
                    "labels must be constant within people, or vary within all of them"
                )
            unit = np.arange(len(people))
            block = np.array([f"{who} {where}" for who, where in zip(person, block, strict=True)])
        elif group and group != within:
            unit = people[group].astype(str).to_numpy()
        else:
            unit = person
        self._strata = _strata(unit, person, block)
        self.n_distinct = self._count()
        if self.n_distinct < 2:
            raise InputError(
                "permutation: no two labellings differ under the exchangeability that the "
                f"configuration asks for (group: {group}, within: {within}); use larger blocks"
            )

    @classmethod
    def from_config(cls, people: pd.DataFrame, config: dict) -> Exchangeability:
        """Read who may exchange labels from the whole configuration."""
        group = config["cross_validation"]["group"]
        return cls(people, group=group, within=config["permutation"]["within"])

    def permuted(
        self, seed: int, permutation: int, *, stream: Stream = Stream.LABELS
    ) -> np.ndarray:
        """Labels of one permutation, shape (n,); permutation 0 is the observed labelling."""
        if permutation == 0:
            return self.labels.copy()
        rng = generator(seed, stream, permutation)
        labels = self.labels.copy()
        for rows in self._strata:
            labels[rows] = self.labels[rows[rng.permutation(len(rows))]]
        return labels

    def labellings(
        self, seed: int, permutations: Sequence[int], *, stream: Stream = Stream.LABELS
    ) -> np.ndarray:
        """Labels of several permutations.

        Parameters
        ----------
        seed : int
        permutations : sequence of int, length m
            From 1; 0 is the observed labelling.
        stream : Stream

        Returns
        -------
        numpy.ndarray of int, shape (n, m)
        """
        return np.stack([self.permuted(seed, index, stream=stream) for index in permutations], 1)

    def _count(self) -> float:
        """Number of distinct labellings, infinite where it exceeds a float."""
        total = 1
        for rows in self._strata:
            _, repeats = np.unique(self.labels[rows], axis=0, return_counts=True)
            total *= math.factorial(len(rows)) // math.prod(map(math.factorial, repeats.tolist()))
        return float(total) if total < 2**1023 else math.inf


def _strata(unit: np.ndarray, person: np.ndarray, block: np.ndarray) -> list[np.ndarray]:
    """Row indices of units that may exchange labels: arrays of shape (units, rows of a unit)."""
    strata: dict[tuple, list[np.ndarray]] = {}
    for index in pd.Series(range(len(unit))).groupby(unit, sort=False).agg(list):
        # Person by person, whatever the order of rows, so that nobody gets labels of two people.
        who = pd.factorize(person[index])[0]
        index = np.array(index)[np.argsort(who, kind="stable")]
        shape = tuple(np.bincount(who))
        blocks = set(block[index])
        if len(blocks) > 1:
            raise InputError(
                f"permutation: family {unit[index[0]]} lies in several blocks "
                f"({', '.join(sorted(blocks))}): a family must lie in one"
            )
        strata.setdefault((blocks.pop(), shape), []).append(index)
    return [np.array(members) for members in strata.values()]
