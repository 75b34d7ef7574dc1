"""Ridge regression beside predictors without penalty, for many outcomes and penalties at once.

In a training set the outcome is regressed on the predictors without penalty (intercept, baseline
and confounds), and so is every feature. Ridge regression of the first residual on the others is
then the same as one regression on everything in which the features alone are penalised. With the
eigenvectors of the training set's Gram matrix, each outcome and each penalty is one product.

References
----------
Hastie, Tibshirani and Friedman (2009). The Elements of Statistical Learning, 2nd ed., section 3.4.
Saunders, Gammerman and Vovk (1998). Ridge regression learning algorithm in dual variables. ICML.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mri_response.learning.preparation.training_sets import TrainingSets


class RidgeFit(NamedTuple):
    """One training set made ready for every outcome and penalty.

    Attributes
    ----------
    train : numpy.ndarray of bool, shape (N,)
        Training rows.
    values : numpy.ndarray, shape (n_train,)
        Eigenvalues of the Gram matrix of the training rows.
    vectors : numpy.ndarray, shape (n_train, n_train)
        Its eigenvectors, in columns.
    turned : numpy.ndarray, shape (n_train, m)
        Residuals of the m outcomes on the axes of the eigenvectors.
    alpha : numpy.ndarray, shape (n_candidates,)
        Penalties of the grid in the units of the Gram matrix.
    """

    train: np.ndarray
    values: np.ndarray
    vectors: np.ndarray
    turned: np.ndarray
    alpha: np.ndarray

    def added(self, gram: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """What the features add to the prediction of some rows, for every candidate.

        Parameters
        ----------
        gram : numpy.ndarray, shape (N, N)
            Gram matrix of residual features.
        rows : numpy.ndarray of bool, shape (N,)
            Rows to predict.

        Returns
        -------
        numpy.ndarray, shape (n_candidates, n_rows, m)
        """
        crossed = gram[np.ix_(rows, self.train)] @ self.vectors
        # Divided here, and not the outcomes, of which there may be a thousand.
        shrunk = crossed / (self.values + self.alpha[:, None])[:, None]
        return shrunk @ self.turned

    def added_by(self, gram: np.ndarray, rows: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """What the features add, for the candidate that each outcome has chosen.

        Parameters
        ----------
        gram : numpy.ndarray, shape (N, N)
            Gram matrix of residual features.
        rows : numpy.ndarray of bool, shape (N,)
            Rows to predict.
        chosen : numpy.ndarray of int, shape (m,)
            Position of each outcome's candidate.

        Returns
        -------
        numpy.ndarray, shape (n_rows, m)
        """
        return gram[np.ix_(rows, self.train)] @ self.dual(chosen)

    def dual(self, chosen: np.ndarray) -> np.ndarray:
        """Dual variables of the chosen candidates, shape (n_train, m).

        Parameters
        ----------
        chosen : numpy.ndarray of int, shape (m,)
            Position of each outcome's candidate.

        Returns
        -------
        numpy.ndarray, shape (n_train, m)
        """
        return self.vectors @ (self.turned / (self.values[:, None] + self.alpha[chosen]))


def fit_ridge(
    gram: np.ndarray,
    sets: TrainingSets,
    index: int,
    outcomes: np.ndarray,
    alpha: Sequence[float],
    *,
    relative: bool,
) -> tuple[RidgeFit, np.ndarray]:
    """Prepare one training set, and predict every row without the features.

    Parameters
    ----------
    gram : numpy.ndarray, shape (N, N)
        Gram matrix of the residual features of this training set.
    sets : TrainingSets
        Training sets with their regression on the predictors without penalty.
    index : int
        Which of the sets.
    outcomes : numpy.ndarray, shape (N, m)
        Values of the outcomes; those of rows outside the training set are not used.
    alpha : sequence of float
        Grid of penalties.
    relative : bool
        Whether penalties are multiplied by the mean squared norm of the training rows.

    Returns
    -------
    fit : RidgeFit
    reduced : numpy.ndarray, shape (N, m)
        Predictions from intercept, baseline and confounds alone, by least squares on the training
        rows.
    """
    train, design = sets.train[index], sets.design[index]
    reduced = design @ (sets.coefficients[index][:, train] @ outcomes[train])
    values, vectors = np.linalg.eigh(gram[np.ix_(train, train)])
    values = np.maximum(values, 0.0)  # negative ones are rounding
    mean_norm = values.mean()
    unit = mean_norm if relative and mean_norm > 0 else 1.0
    turned = vectors.T @ (outcomes[train] - reduced[train])
    return RidgeFit(train, values, vectors, turned, unit * np.asarray(alpha, float)), reduced
