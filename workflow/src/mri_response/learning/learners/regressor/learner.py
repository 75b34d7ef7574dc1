"""Regressors of scikit-learn that the configuration names, fitted on the features themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mri_response.learning.learners.sklearn.learner import SklearnLearner

if TYPE_CHECKING:
    import numpy as np

    from mri_response.learning.design import Design, Folds, Sample
    from mri_response.learning.jobs import JobResult


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
        from mri_response.learning.learners.regressor.fitting import OnFeatures

        regression = OnFeatures(sample, self.options, design.seed)
        return cross_validate_numbers(sample, folds, design, blocks, regression)

    def words(self) -> str:
        """Sentences for the methods: the regressor, and what it was tuned over."""
        return (
            "Intercept, and baseline and confounds where there are any, are predictors without "
            "penalty, fitted in every training fold; the regressor predicts the residuals of the "
            f"outcome from those of the features. {super().words()}"
        )
