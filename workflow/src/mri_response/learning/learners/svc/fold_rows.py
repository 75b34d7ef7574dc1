"""Prepared rows of features in place of Gram matrices, where people outnumber features by far."""

from __future__ import annotations

import numpy as np

from mri_response.learning.design import Features
from mri_response.learning.learners.svc.options import ROWS_PER_FEATURE, SvcOptions
from mri_response.learning.preparation.components import principal_component_rows
from mri_response.learning.preparation.residuals import residual_chunks
from mri_response.learning.preparation.training_sets import Confounds, training_sets
from mri_response.learning.splits import Fold


class FoldRows:
    """Prepared features of every training set of an outer fold, computed when they are asked for.

    Parameters
    ----------
    features : numpy.ndarray or StackedRows, shape (n, p)
        Features of all rows.
    confounds : numpy.ndarray or Confounds, shape (n, q)
        Confounds that are regressed out inside each training set.
    fold : Fold
        Outer fold with its inner folds, as masks over the n rows.
    options : SvcOptions
        `standardize` and `pca` are used.
    """

    def __init__(
        self,
        features: Features,
        confounds: np.ndarray | Confounds,
        fold: Fold,
        options: SvcOptions,
    ) -> None:
        self._features = features
        self._confounds = confounds
        self._train = fold.sets.train
        self._options = options

    def __len__(self) -> int:
        return len(self._train)

    def __getitem__(self, index: int) -> np.ndarray:
        """Rows of one training set, 0 for the outer one, whose products are its Gram matrix.

        Parameters
        ----------
        index : int
            Which training set.

        Returns
        -------
        numpy.ndarray, shape (n, p), or (n, k) of k principal components
            Features without confounds, scaled, of all rows.
        """
        rows = prepared_rows(
            self._features, self._confounds, self._train[index], self._options.standardize
        )
        if self._options.pca is not None:
            rows = principal_component_rows(rows, self._train[index], self._options.pca)
        return rows


def prepared_rows(
    features: Features,
    confounds: np.ndarray | Confounds,
    train: np.ndarray,
    standardize: bool,
) -> np.ndarray:
    """Features without confounds and scaled, both learned from the training rows.

    Parameters
    ----------
    features : numpy.ndarray or StackedRows, shape (n, p)
        Features of all rows.
    confounds : numpy.ndarray or Confounds, shape (n, q)
        Confounds of all rows.
    train : numpy.ndarray of bool, shape (n,)
        Training rows.
    standardize : bool
        Divide by the standard deviation of the training rows.

    Returns
    -------
    numpy.ndarray, shape (n, p)
        Zero where a feature is constant over the training rows.
    """
    sets = training_sets(confounds, train[None])
    rows = np.empty(features.shape)
    design, coefficients = sets.design[0], sets.coefficients[0]
    for columns, chunk, scale, _ in residual_chunks(features, sets, standardize=standardize):
        chunk = chunk if chunk.ndim == 2 else chunk[0]
        rows[:, columns] = (chunk - design @ (coefficients @ chunk)) * scale[0]
    return rows


def outnumbered(p: int, fold: Fold) -> bool:
    """Whether every training set of an outer fold has many more rows than features.

    The answer depends on the fold alone, so that no result depends on how work is cut into jobs.

    Parameters
    ----------
    p : int
        Number of features.
    fold : Fold
        Outer fold with its inner folds.

    Returns
    -------
    bool
    """
    return bool(fold.sets.train.sum(axis=1).min() >= ROWS_PER_FEATURE * p)
