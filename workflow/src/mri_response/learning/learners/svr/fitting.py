"""Fits of the support vector regression on Gram matrices, by LIBSVM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.svm import SVR

from mri_response.learning.learners.regressor.cross_validation import Place, Regression
from mri_response.learning.learners.svr.options import SvrOptions


class GramRows(NamedTuple):
    """Products of features of one training set.

    Attributes
    ----------
    train : numpy.ndarray, shape (n_train, n_train)
        Of the training rows with themselves.
    test : numpy.ndarray, shape (n_test, n_train)
        Of the rows to predict with the training rows.
    """

    train: np.ndarray
    test: np.ndarray


class FittedSvr(NamedTuple):
    """A support vector regression of residuals of the outcome.

    Attributes
    ----------
    dual : numpy.ndarray, shape (n_train,)
        Dual variables in units of the outcome.
    intercept : float
        What is added where all features are 0.
    """

    dual: np.ndarray
    intercept: float

    def predict(self, products: np.ndarray) -> np.ndarray:
        """What the features add, shape (n,).

        Parameters
        ----------
        products : numpy.ndarray, shape (n, n_train)
            Products of features with those of the training rows.

        Returns
        -------
        numpy.ndarray
        """
        return products @ self.dual + self.intercept


class OnGram(Regression):
    """Fits of one job on Gram matrices, see `Regression`.

    Parameters
    ----------
    grams : sequence of numpy.ndarray, shape (1 + n_inner, N, N)
        One per outer fold.
    options : SvrOptions
        Grid of C and epsilon, and the preparation of the features.
    """

    linear = True

    def __init__(self, grams: Sequence[np.ndarray], options: SvrOptions) -> None:
        self._grams, self._options, self._candidates = grams, options, options.candidates
        self.n_candidates = len(self._candidates)
        self.n_fits = self.n_unconverged = 0

    def rows(self, place: Place) -> GramRows:
        """Products of one training set."""
        gram, train = self._grams[place.position][place.index], place.train
        return GramRows(gram[np.ix_(train, train)], gram[np.ix_(place.test, train)])

    def fit(
        self,
        rows: GramRows,
        residual: np.ndarray,
        candidate: int,
        place: Place,
        permutation: int,
    ) -> FittedSvr:
        """Fit one candidate to residuals of one outcome."""
        penalty, epsilon = self._candidates[candidate]
        mean_norm = np.trace(rows.train) / len(rows.train)
        if self._options.C_relative and mean_norm > 0:
            penalty /= mean_norm
        sd = np.std(residual)
        if sd == 0:  # baseline and confounds say everything
            return FittedSvr(np.zeros(len(residual)), 0.0)
        svr = SVR(kernel="precomputed", C=penalty, epsilon=epsilon, tol=self._options.tolerance)
        svr.fit(rows.train, residual / sd)
        self.n_fits += 1
        dual = np.zeros(len(residual))
        dual[svr.support_] = sd * svr.dual_coef_[0]
        return FittedSvr(dual, float(sd * svr.intercept_[0]))

    def kept(self, model: FittedSvr, rows: GramRows, place: Place) -> dict[str, np.ndarray]:
        """Intercept and dual variables of all rows."""
        beta = np.zeros(len(place.train))
        beta[place.train] = model.dual
        return {"intercept": np.array(model.intercept), "beta": beta}
