"""Fits of regressors of scikit-learn to the features themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from mri_response.learning.design import Sample
from mri_response.learning.learners.regressor.cross_validation import Place, Regression
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.sklearn.fitting import Fitting
from mri_response.learning.learners.sklearn.preparation import Prepared, prepared


class OnFeatures(Regression):
    """Fits of one job to the features themselves, see `Regression`.

    Parameters
    ----------
    sample : Sample
        People with their features.
    options : EstimatorOptions
        The regressor, its grid and the preparation of its features.
    seed : int
        Seed of the run, from which random states come.
    """

    def __init__(self, sample: Sample, options: EstimatorOptions, seed: int) -> None:
        self._sample, self._options = sample, options
        self._fitting = Fitting(options, seed)
        self.n_candidates = len(self._fitting.candidates)
        self.linear = options.linear

    @property
    def n_fits(self) -> int:
        """Fits so far."""
        return self._fitting.n_fits

    @property
    def n_unconverged(self) -> int:
        """Fits that warned that they did not converge."""
        return self._fitting.n_unconverged

    def rows(self, place: Place) -> Prepared:
        """Features of one training set, prepared on its training rows."""
        features, confounds = self._sample.features, self._sample.confounds
        return prepared(features, confounds, place.train, place.test, self._options)

    def fit(
        self,
        rows: Prepared,
        residual: np.ndarray,
        candidate: int,
        place: Place,
        permutation: int,
    ) -> Any:
        """Fit one candidate to residuals of one outcome."""
        return self._fitting.fitted(
            rows.train, residual, candidate, place.fold, permutation
        ).estimator

    def kept(self, model: Any, rows: Prepared, place: Place) -> dict[str, np.ndarray]:
        """Intercept and, of a linear model, weights."""
        if not self.linear:
            return {"intercept": np.array(0.0)}
        # Not every linear regressor has its intercept where all features are 0.
        intercept = np.array(float(model.predict(np.zeros((1, rows.train.shape[1])))[0]))
        per_sd, per_unit = rows.weights(np.ravel(model.coef_).astype(float))
        return {"intercept": intercept, "per_sd": per_sd, "per_unit": per_unit}
