"""Outcomes that are numbers, permuted given the baseline: residuals exchanged between people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import Null
from mri_response.learning.permutation import exchangeable_rows
from mri_response.learning.preparation.training_sets import training_sets


class Residuals(NamedTuple):
    """An outcome as what baseline and confounds say of it, and the rest, which is exchanged.

    Attributes
    ----------
    fitted, rest : numpy.ndarray, shape (n,)
        Fitted values of the regression on baseline and confounds in all rows, and its residuals.
    strata : list of numpy.ndarray of int, shape (units, rows per unit)
        Rows of those who may exchange residuals, as from `exchangeable_rows`.
    """

    fitted: np.ndarray
    rest: np.ndarray
    strata: list[np.ndarray]

    @classmethod
    def of(
        cls, people: pd.DataFrame, given: np.ndarray, group: str | None, within: str | None
    ) -> Residuals:
        """Regress the outcome of some people on baseline and confounds.

        Parameters
        ----------
        people : pandas.DataFrame, n rows
            Columns participant_id and label (the outcome, a number).
        given : numpy.ndarray, shape (n, q)
            Baseline and coded confounds, without intercept. NaN is filled with the mean.
        group, within : str or None
            Columns of families and of blocks, see `ExchangedResiduals`.

        Returns
        -------
        Residuals
        """
        outcome = people["label"].to_numpy(dtype=float)
        everybody = training_sets(given, np.ones((1, len(people)), dtype=bool))
        fitted = everybody.design[0] @ (everybody.coefficients[0] @ outcome)
        return cls(fitted, outcome - fitted, exchangeable_rows(people, group, within))

    @property
    def can_move(self) -> bool:
        """Whether anybody may exchange residuals with somebody else."""
        return max(map(len, self.strata)) > 1

    def exchanged(self, rng: np.random.Generator) -> np.ndarray:
        """One permuted outcome: fitted values and the residuals of somebody else.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of the permutation.

        Returns
        -------
        numpy.ndarray, shape (n,)
        """
        outcome = self.fitted.copy()
        for rows in self.strata:
            outcome[rows] += self.rest[rows[rng.permutation(len(rows))]]
        return outcome


def require_exchange(strata: Sequence[np.ndarray], group: str | None, within: str | None) -> None:
    """Refuse a test in which every permutation is the observed outcome.

    Parameters
    ----------
    strata : sequence of numpy.ndarray
        As from `exchangeable_rows`.
    group, within : str or None
        Columns of families and of blocks, for the message.

    Raises
    ------
    InputError
        If nobody can exchange residuals with anybody.
    """
    if max(map(len, strata)) < 2:
        raise InputError(
            "permutation: found nobody who may exchange residuals with anybody, expected "
            f"people alike (cross_validation.group: {group}, permutation.within: {within}); use "
            "larger blocks"
        )


class ExchangedResiduals:
    """Outcomes under the null hypothesis that features add nothing to baseline and confounds.

    Parameters
    ----------
    people : pandas.DataFrame
        Columns participant_id and label (the outcome, a number), one row per scan.
    given : numpy.ndarray, shape (n, q)
        Baseline and coded confounds, without intercept. NaN is filled with the mean.
    group : str, optional
        Column of families, which are exchanged whole among families of equal size.
    within : str, optional
        Column of blocks (site, cohort) inside which residuals are exchanged. If it is the column
        of families, people are exchanged inside their family.

    Attributes
    ----------
    labels : numpy.ndarray of float, shape (n,)
        The observed outcome.
    null : str
        Name of the null hypothesis's outcomes, as in performance.tsv.

    Raises
    ------
    InputError
        If nobody can exchange residuals with anybody.

    Notes
    -----
    The outcome is regressed on `given` in all people. A permuted outcome is the fitted value plus
    the residual of somebody else; then everything that depends on the outcome runs again, the
    regression on `given` in each training fold included. People with several rows are exchanged
    with people of equally many.

    References
    ----------
    Freedman and Lane (1983). A nonstochastic interpretation of reported significance levels.
    J. Bus. Econ. Stat. 1, 292-298.
    Winkler et al. (2014). Permutation inference for the general linear model. NeuroImage 92,
    381-397.
    """

    null = Null.RESIDUALS

    def __init__(
        self,
        people: pd.DataFrame,
        given: np.ndarray,
        *,
        group: str | None = None,
        within: str | None = None,
    ) -> None:
        self.labels = people["label"].to_numpy(dtype=float)
        self._residuals = Residuals.of(people, given, group, within)
        require_exchange(self._residuals.strata, group, within)

    def permuted(self, seed: int, permutation: int) -> np.ndarray:
        """Outcome of one permutation; permutation 0 is the observed one.

        Parameters
        ----------
        seed : int
            Seed of the run.
        permutation : int
            Number of the permutation.

        Returns
        -------
        numpy.ndarray, shape (n,)
        """
        if permutation == 0:
            return self.labels.copy()
        return self._residuals.exchanged(generator(seed, Stream.RESIDUALS, permutation))

    def labellings(self, seed: int, permutations: Sequence[int]) -> np.ndarray:
        """Outcomes of several permutations.

        Parameters
        ----------
        seed : int
            Seed of the run.
        permutations : sequence of int, length m
            Numbers of the permutations.

        Returns
        -------
        numpy.ndarray, shape (n, m)
        """
        return np.stack([self.permuted(seed, index) for index in permutations], axis=1)
