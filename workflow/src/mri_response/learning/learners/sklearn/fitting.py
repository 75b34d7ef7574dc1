"""Fits of classifiers and regressors of scikit-learn: random states, counts and warnings."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mri_response.core.seeds import Stream, generator
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions, decision_values
from mri_response.learning.splits import Fold

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

LOGGER = logging.getLogger("mri_response")


class Fitted(NamedTuple):
    """A classifier, or the class itself where the training rows have no other.

    Attributes
    ----------
    estimator : sklearn.base.BaseEstimator or None
        None where the training rows have one class.
    constant : float
        1 or -1, the decision value where there is no estimator.
    converged : bool
        Whether the fit gave no warning that it did not converge.
    """

    estimator: BaseEstimator | None
    constant: float = 0.0
    converged: bool = True

    def decision(self, features: np.ndarray) -> np.ndarray:
        """Decision values, shape (n,).

        Parameters
        ----------
        features : numpy.ndarray, shape (n, k)
            Prepared features.

        Returns
        -------
        numpy.ndarray, shape (n,)
        """
        from sklearn.base import is_regressor  # scikit-learn takes a second to import

        if self.estimator is None:
            return np.full(len(features), self.constant)
        if is_regressor(self.estimator):
            return self.estimator.predict(features)
        return decision_values(self.estimator, features)


class Fitting:
    """Fits of one job, which are counted; the log has the first warning of each kind.

    Parameters
    ----------
    options : EstimatorOptions
        The classifier and its grid.
    seed : int
        Seed of the run, from which the random states come.

    Attributes
    ----------
    n_fits, n_unconverged : int
        Fits so far, and how many of them warned that they did not converge.
    """

    def __init__(self, options: EstimatorOptions, seed: int) -> None:
        self.candidates = options.candidates
        self.n_fits = self.n_unconverged = 0
        self._options = options
        self._seed = seed
        self._warned: set[type[Warning]] = set()

    def __call__(
        self, features: np.ndarray, labels: np.ndarray, candidate: int, fold: Fold, permutation: int
    ) -> Fitted:
        """Fit one candidate to the training rows of an outer fold or of one of its inner folds.

        All of these share one random state, as in a grid search over one classifier.
        """
        if len(set(labels)) == 1:
            return Fitted(None, 2.0 * labels[0] - 1.0)
        return self.fitted(features, labels, candidate, fold, permutation)

    def fitted(
        self,
        features: np.ndarray,
        outcome: np.ndarray,
        candidate: int,
        fold: Fold,
        permutation: int,
    ) -> Fitted:
        """Fit one candidate to whatever the outcome is.

        Parameters
        ----------
        features : numpy.ndarray, shape (n, k)
            Prepared features of the training rows.
        outcome : numpy.ndarray, shape (n,)
            Classes of a classifier, numbers of a regressor.
        candidate : int
            Position in the grid.
        fold : Fold
            The outer fold.
        permutation : int
            Number of the labelling.

        Returns
        -------
        Fitted
        """
        from sklearn.exceptions import ConvergenceWarning  # scikit-learn takes a second to import

        key = (permutation, fold.repeat, fold.outer_fold)
        state = int(generator(self._seed, Stream.ESTIMATOR, *key).integers(2**31))
        estimator = self._options.build(self.candidates[candidate], state)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            estimator.fit(features, outcome)
        converged = not any(issubclass(one.category, ConvergenceWarning) for one in caught)
        for one in caught:
            if one.category not in self._warned:
                self._warned.add(one.category)
                LOGGER.warning("%s: %s", one.category.__name__, " ".join(str(one.message).split()))
        self.n_fits += 1
        self.n_unconverged += not converged
        return Fitted(estimator, converged=converged)
