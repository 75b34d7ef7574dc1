"""Regressors of scikit-learn that the configuration names, fitted on the features themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mri_response.learning.learners.sklearn.learner import SklearnLearner

if TYPE_CHECKING:
    import numpy as np

    from mri_response.learning.design import Design, Folds, Sample
    from mri_response.learning.jobs import JobResult
    from mri_response.learning.learners.regressor.cross_validation import Place
    from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
    from mri_response.learning.learners.sklearn.preparation import Prepared


class RegressorLearner(SklearnLearner):
    """Regressor of scikit-learn whose grid is searched on the inner folds.

    Parameters
    ----------
    model : mapping
        The model's section of the configuration, with its defaults.
    """

    kind = "regressor"
    chosen_by = "squared error of the predictions"

    def run(
        self,
        sample: Sample,
        folds: Folds,
        design: Design,
        blocks: Sequence[range],
        prepared: Sequence[np.ndarray] | None = None,
    ) -> JobResult:
        """Search and fit in some outer folds for the outcomes of some blocks."""
        from mri_response.learning.learners.regressor.cross_validation import (
            cross_validate_numbers,
        )

        regression = OnFeatures(sample, self.options, design.seed)
        return cross_validate_numbers(sample, folds, design, blocks, regression)

    def words(self) -> str:
        """Sentences for the methods: the regressor, and what it was tuned over."""
        return (
            "Intercept, and baseline and confounds where there are any, are predictors without "
            "penalty, fitted in every training fold; the regressor predicts the residuals of the "
            f"outcome from those of the features. {super().words()}"
        )


class OnFeatures:
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
        from mri_response.learning.learners.sklearn.fitting import Fitting

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
        """Features of one training set, prepared on its training rows.

        Parameters
        ----------
        place : Place
            The training set.

        Returns
        -------
        Prepared
        """
        from mri_response.learning.learners.sklearn.preparation import prepared

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
        """Fit one candidate to residuals of one outcome.

        Parameters
        ----------
        rows : Prepared
            As from `rows`.
        residual : numpy.ndarray, shape (n_train,)
            Of the training rows.
        candidate : int
            Position in the grid.
        place : Place
            The training set.
        permutation : int
            Number of the outcome.

        Returns
        -------
        sklearn.base.RegressorMixin
        """
        return self._fitting.fitted(
            rows.train, residual, candidate, place.fold, permutation
        ).estimator

    def kept(self, model: Any, rows: Prepared, place: Place) -> dict[str, np.ndarray]:
        """Intercept and, of a linear model, weights.

        Parameters
        ----------
        model : sklearn.base.RegressorMixin
            As from `fit`.
        rows : Prepared
            As from `rows`.
        place : Place
            Not used.

        Returns
        -------
        dict of str to numpy.ndarray
        """
        import numpy as np

        if not self.linear:
            return {"intercept": np.array(0.0)}
        # Not every linear regressor has its intercept where all features are 0.
        intercept = np.array(float(model.predict(np.zeros((1, rows.train.shape[1])))[0]))
        per_sd, per_unit = rows.weights(np.ravel(model.coef_).astype(float))
        return {"intercept": intercept, "per_sd": per_sd, "per_unit": per_unit}
