"""What a learner is given: people with their features, outer folds, and who exchanges labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding, Confounds
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.splits import Fold, FoldSets, Scheme, draw_members
from mri_response.people.rows import person_weights


class StackedRows:
    """Feature matrices of several cohorts as one, without copying them.

    Parameters
    ----------
    *matrices : numpy.ndarray, shape (n_i, p)
        All with the same columns and type; may be memory maps.
    """

    def __init__(self, *matrices: np.ndarray) -> None:
        if len({matrix.shape[1] for matrix in matrices}) > 1:
            raise ValueError("cohorts have different numbers of features")
        self._matrices = matrices
        self.shape = (sum(len(matrix) for matrix in matrices), matrices[0].shape[1])
        self.dtype = matrices[0].dtype

    def __getitem__(self, key: tuple[slice, slice]) -> np.ndarray:
        rows, columns = key
        if rows != slice(None):
            raise IndexError("only whole columns can be taken")
        return np.concatenate([matrix[:, columns] for matrix in self._matrices])


Features = np.ndarray | StackedRows


class Sample(NamedTuple):
    """People as a learner sees them, without their labels.

    The n labelled rows, those of the discovery cohort, come first. Rows of other cohorts may
    follow; no training set contains them. All N rows are meant where nothing else is said.

    Attributes
    ----------
    features : numpy.ndarray or StackedRows, shape (N, p), or None
        Features, which may be memory maps; None where Gram matrices stand in for them.
    confounds : numpy.ndarray or Confounds, shape (N, q)
        Coded confounds.
    weights : numpy.ndarray, shape (N,)
        1 / (rows of the person) for labelled rows, 0 for rows of other cohorts. In the inner folds
        people count by these weights.
    """

    features: Features | None
    confounds: np.ndarray | Confounds
    weights: np.ndarray

    @classmethod
    def of(
        cls,
        tables: Sequence[pd.DataFrame],
        features: Features | None,
        coding: ConfoundCoding,
        unseen: str,
    ) -> Sample:
        """Put the discovery cohort and the cohorts to be scored together.

        Parameters
        ----------
        tables : sequence of pandas.DataFrame
            Analysed rows of the discovery cohort and of the cohorts behind it, if any.
        features : numpy.ndarray or StackedRows, shape (N, p), or None
            Features of the rows of all tables, where they are needed.
        coding : ConfoundCoding
            Coding that the discovery cohort has defined.
        unseen : {"error", "mean", "own"}
            What becomes of a site that the discovery cohort does not have.

        Returns
        -------
        Sample
        """
        weights, _ = person_weights(tables[0]["participant_id"])
        padded = np.pad(weights, (0, sum(map(len, tables[1:]))))
        return cls(features, coding.stacked(*tables, unseen=unseen), padded)


class Design(NamedTuple):
    """Who may exchange labels, the seed from which everything is drawn, and what is kept.

    Attributes
    ----------
    exchangeability : Exchangeability or ExchangedResiduals
        Of the n labelled rows; the latter where the outcome is a number.
    seed : int
        Seed of the run.
    inner : bool
        Whether decision values of the observed labels in the inner folds are wanted; if not, a
        learner may save their work and leave them NaN.
    """

    exchangeability: Exchangeability | ExchangedResiduals
    seed: int
    inner: bool = True

    def labellings(self, permutations: Sequence[int], n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Labels of some permutations, for the labelled rows and for all rows.

        Parameters
        ----------
        permutations : sequence of int, length m
            Numbers of the permutations; 0 is the observed labelling.
        n_rows : int
            Number N of rows of the sample.

        Returns
        -------
        drawn : numpy.ndarray of int, shape (n, m)
            Labels of the labelled rows.
        padded : numpy.ndarray of int, shape (N, m)
            Labels of all rows, 0 for those of other cohorts, on which nothing depends.
        """
        drawn = self.exchangeability.labellings(self.seed, permutations)
        return drawn, np.pad(drawn, ((0, n_rows - len(drawn)), (0, 0)))


class FixedFolds(NamedTuple):
    """Outer folds (or the refit) that serve every labelling.

    Attributes
    ----------
    folds : sequence of Fold
        Masks over all N rows.
    """

    folds: Sequence[Fold]

    def drawn_for(self, labels: np.ndarray, permutation: int, seed: int) -> Sequence[Fold]:
        """Folds of one labelling, which are those of every other.

        Parameters
        ----------
        labels : numpy.ndarray of 0/1, shape (n,)
            Not used, as are the other parameters; see `RedrawnFolds.drawn_for`.
        permutation : int
            Number of the labelling.
        seed : int
            Seed of the run.

        Returns
        -------
        sequence of Fold
        """
        return self.folds


class RedrawnFolds(NamedTuple):
    """Outer folds that are drawn anew, stratified on the labels, for every labelling.

    Attributes
    ----------
    members : range
        Which outer folds, counted through all repeats from 0.
    units : sequence of str, length n
        Person or family of each row.
    scheme : Scheme
        How folds are drawn.
    """

    members: range
    units: Sequence[str]
    scheme: Scheme

    def drawn_for(self, labels: np.ndarray, permutation: int, seed: int) -> Sequence[Fold]:
        """Folds of one labelling.

        Parameters
        ----------
        labels : numpy.ndarray of 0/1, shape (n,)
            The labelling, on which the folds are stratified.
        permutation : int
            Number of the labelling; the draw depends on it and on the seed.
        seed : int
            Seed of the run.

        Returns
        -------
        sequence of Fold
        """
        return draw_members(
            self.units, labels, self.scheme, seed, self.members, permutation=permutation
        )


Folds = FixedFolds | RedrawnFolds


def with_other_cohorts(fold: Fold, n_others: int) -> Fold:
    """Add rows of other cohorts to a refit: no set trains on them, and its model predicts them.

    Parameters
    ----------
    fold : Fold
        Masks over the n labelled rows.
    n_others : int
        Number of rows that follow them.

    Returns
    -------
    Fold
        Masks over n + n_others rows.
    """
    sets = [np.pad(mask, ((0, 0), (0, n_others))) for mask in fold.sets]
    sets[1][0, len(fold.sets.test[0]) :] = True
    return fold._replace(sets=FoldSets(*sets))
