"""Fitted models of the observed labels, which are to be frozen or looked into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mri_response.learning.jobs import JobResult


@dataclass(frozen=True, eq=False)
class FittedModels:
    """S models of the observed labels, taken from the results of jobs.

    Attributes
    ----------
    train : numpy.ndarray of bool, shape (S, n)
        Training rows.
    fitted : numpy.ndarray, shape (S, n)
        Decision values of the training rows without the intercept, 0 for all other rows.
    intercept : numpy.ndarray, shape (S,)
        Intercept of each model.
    candidate : numpy.ndarray of int, shape (S,)
        Position of the chosen candidate in the grid.
    beta : numpy.ndarray, shape (S, n), optional
        Signed dual variables of models fitted on Gram matrices.
    per_sd, per_unit : numpy.ndarray, shape (S, p), optional
        Weights of linear models fitted on the features themselves, per standard deviation of the
        residual feature and per unit of the feature.
    """

    train: np.ndarray
    fitted: np.ndarray
    intercept: np.ndarray
    candidate: np.ndarray
    beta: np.ndarray | None = None
    per_sd: np.ndarray | None = None
    per_unit: np.ndarray | None = None


def fitted_models(jobs: Sequence[JobResult], n: int) -> FittedModels:
    """Put the models of the observed labels together.

    Parameters
    ----------
    jobs : sequence of JobResult
        All with the observed labels first.
    n : int
        Discovery rows; rows behind them, which no model was trained on, are dropped.

    Returns
    -------
    FittedModels
    """

    def _put_together(name: str, columns: slice = slice(None)) -> np.ndarray | None:
        if getattr(jobs[0], name) is None:
            return None
        return np.concatenate([getattr(job, name)[..., columns] for job in jobs])

    of_rows = {name: _put_together(name, slice(n)) for name in ("train", "fitted", "beta")}
    whole = {name: _put_together(name) for name in ("intercept", "per_sd", "per_unit")}
    return FittedModels(
        **of_rows, **whole, candidate=np.concatenate([job.candidate[0] for job in jobs])
    )
