"""The results of one job of a model, as they are written to a file and read from it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np

from mri_response.core.atomic import atomic_path


def save_arrays(arrays: dict[str, np.ndarray], path: str | os.PathLike[str]) -> None:
    """Write arrays into an ``.npz`` file, whole or not at all.

    Parameters
    ----------
    arrays : dict of str to numpy.ndarray
        No array of Python objects.
    path : path-like
        File to make.
    """
    with atomic_path(path) as temporary:
        np.savez(temporary, **arrays)


def load_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read all arrays of an ``.npz`` file, in the order in which they were written.

    Parameters
    ----------
    path : path-like
        File written by `save_arrays`.

    Returns
    -------
    dict of str to numpy.ndarray
        Nothing in the file can run code: pickled objects are refused.
    """
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


@dataclass(frozen=True, eq=False)
class JobResult:
    """What one job says of F outer folds (or of the refit) under m labellings.

    Arrays have N rows of people: the n labelled rows of the discovery cohort and, in a refit, the
    rows of other cohorts behind them. Fields without a value are None, and absent from the file.

    Attributes
    ----------
    permutation : numpy.ndarray of int, shape (m,)
        Number of each labelling; 0 is the observed one.
    repeat, outer_fold : numpy.ndarray of int, shape (F,)
        Which outer folds, counted from 1; both are 0 for the refit.
    labels : numpy.ndarray of int8, shape (m, n)
        Labels (1 = positive class) of each labelling; of float64 where the outcome is a number.
    decision : numpy.ndarray of float64, shape (m, F, N)
        Decision values of the test rows, NaN for all other rows.
    candidate : numpy.ndarray of int16, shape (m, F)
        Position of the chosen candidate in the grid.
    fits : numpy.ndarray of int, shape ()
        Classifiers fitted.
    fallback : numpy.ndarray of int, shape ()
        How many of them were solved by LIBSVM, since the faster solvers did not converge.
    unconverged : numpy.ndarray of int, shape ()
        How many of them warned that they did not converge.
    reduced : numpy.ndarray of float64, shape (m, F, N), optional
        Predictions from baseline and confounds alone, as `decision`. Of outcomes that are numbers.
    train : numpy.ndarray of bool, shape (F, N), optional
        Training rows of the outer models of the observed labels. This field and all fields down
        to `inner_decision` exist where the observed labels are among the labellings.
    fitted : numpy.ndarray, shape (F, N), optional
        Decision values of the training rows without the intercept, 0 for all other rows.
    intercept : numpy.ndarray, shape (F,), optional
        Intercept of each model.
    inner_decision : numpy.ndarray, shape (F, N), optional
        Decision value of each training row in the inner folds that left it out, at the chosen
        candidate; NaN for rows that no inner fold tests.
    plateau : numpy.ndarray of bool, shape (F,), optional
        Whether every dual variable is at its bound, so that smaller values of C would give the
        same predictions. Of support vector classifiers.
    beta : numpy.ndarray, shape (F, N), optional
        Signed dual variables. Of models fitted on Gram matrices.
    per_sd, per_unit : numpy.ndarray, shape (F, p), optional
        Weights of the features per training standard deviation and per unit. Of linear models
        fitted on the features themselves.
    null_fitted : numpy.ndarray, shape (m - 1 or m, N), optional
        `fitted` of the permuted labellings of a refit of a linear model.
    null_beta : numpy.ndarray of float32, shape (F, b, N), optional
        `beta` of the first block of b permuted labellings. Of models fitted on Gram matrices with
        fixed folds.
    """

    permutation: np.ndarray
    repeat: np.ndarray
    outer_fold: np.ndarray
    labels: np.ndarray
    decision: np.ndarray
    candidate: np.ndarray
    fits: np.ndarray
    fallback: np.ndarray
    unconverged: np.ndarray
    reduced: np.ndarray | None = None
    train: np.ndarray | None = None
    fitted: np.ndarray | None = None
    intercept: np.ndarray | None = None
    inner_decision: np.ndarray | None = None
    plateau: np.ndarray | None = None
    beta: np.ndarray | None = None
    per_sd: np.ndarray | None = None
    per_unit: np.ndarray | None = None
    null_fitted: np.ndarray | None = None
    null_beta: np.ndarray | None = None

    def arrays(self) -> dict[str, np.ndarray]:
        """Fields that have a value, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the result into an ``.npz`` file, whole or not at all.

        Parameters
        ----------
        path : path-like
            File to make.
        """
        save_arrays(self.arrays(), path)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> JobResult:
        """Read a result that `write` has written.

        Parameters
        ----------
        path : path-like
            File that `write` has made.

        Returns
        -------
        JobResult
        """
        return cls(**load_arrays(path))


class FitRecord:
    """What the warnings of a model are made of, noted while its jobs pass by.

    Attributes
    ----------
    fits, unconverged : int
        Fits of all jobs, and how many of them warned that they did not converge.
    """

    def __init__(self) -> None:
        self.fits = self.unconverged = 0
        self._candidate: list[np.ndarray] = []
        self._plateau: list[np.ndarray] = []

    def noting(self, jobs: Iterable[JobResult]) -> Iterator[JobResult]:
        """Hand on jobs one by one, and note what they say of their fits.

        Parameters
        ----------
        jobs : iterable of JobResult
            Results of the jobs of one model.
        """
        for job in jobs:
            self.fits += int(job.fits)
            self.unconverged += int(job.unconverged)
            if job.plateau is not None:
                self._candidate.append(job.candidate[0])
                self._plateau.append(job.plateau)
            yield job

    @property
    def candidate(self) -> np.ndarray:
        """Chosen positions of the models of the observed labels, shape (S,)."""
        return np.concatenate([*self._candidate, np.zeros(0, dtype=int)])

    @property
    def plateau(self) -> np.ndarray:
        """Whether smaller values of C give the same predictions, bool, shape (S,)."""
        return np.concatenate([*self._plateau, np.zeros(0, dtype=bool)])
