"""The built-in ridge regression, fitted on Gram matrices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mri_response.config.queries import grid_of_alpha
from mri_response.learning.learners.base import JobSize, Learner, Work, gram_seconds
from mri_response.learning.learners.ridge.options import RidgeOptions

if TYPE_CHECKING:
    import numpy as np

    from mri_response.learning.design import Design, Folds, Sample
    from mri_response.learning.jobs import FitRecord, JobResult
    from mri_response.learning.splits import Fold


class RidgeLearner(Learner):
    """Linear ridge regression beside predictors without penalty, for outcomes that are numbers.

    Parameters
    ----------
    model : mapping
        The model's section of the configuration, with its defaults.
    """

    name = "ridge regression"
    prepares = True
    linear = True
    citations = ()

    @property
    def options(self) -> RidgeOptions:
        """What the fits must know of the model."""
        return RidgeOptions.from_config(self.model)

    def prepare(self, sample: Sample, folds: Sequence[Fold]) -> list[np.ndarray]:
        """Gram matrices of every training set of some outer folds, of shape (1 + n_inner, N, N)."""
        from mri_response.learning.fold_grams import fold_grams

        return fold_grams(sample.features, sample.confounds, folds, self.options)

    def run(
        self,
        sample: Sample,
        folds: Folds,
        design: Design,
        blocks: Sequence[range],
        prepared: Sequence[np.ndarray] | None = None,
    ) -> JobResult:
        """Search and fit in some outer folds for the outcomes of some blocks."""
        from mri_response.learning.learners.ridge.cross_validation import cross_validate

        return cross_validate(sample, folds, design, blocks, self.options, prepared)

    def grid_words(self) -> list[str]:
        """Every candidate of the grid in words, as in ``alpha=0.5``."""
        return [f"alpha={alpha!r}" for alpha in grid_of_alpha(self.model["alpha"])]

    def words(self) -> str:
        """Sentences for the methods: the regression, and what it was tuned over."""
        alpha = self.model["alpha"]
        relative = (
            " times the mean squared norm of the training features"
            if alpha["scale"] == "relative"
            else ""
        )
        return (
            "Linear ridge regression; intercept, and baseline and confounds where there are any, "
            "are predictors without penalty, fitted in every training fold. The penalty, from two "
            f"to the power of {alpha['log2_min']:g} to two to the power of "
            f"{alpha['log2_max']:g}{relative}, was chosen by the squared error of the predictions "
            "of all inner folds together, ties to the largest penalty."
        )

    def fits_words(self, result: JobResult) -> str:
        """One line for the log about the fits of a job."""
        return f"{result.fits} training sets and outcomes solved in closed form"

    def work(self, scheme: Mapping[str, Any], n: int, p: int) -> Work:
        """Estimate the work of the model.

        Notes
        -----
        Gram matrices take as long as those of the support vector classifier. Of an outcome, the
        products with the eigenvectors are counted: n^2 for the axes and n^2 divided by the inner
        folds for each penalty, at 2e9 a second.
        """
        n_sets = 1 + scheme["inner_repeats"] * scheme["inner_folds"]
        products = n**2 * (1 + len(self.options.alpha) / scheme["inner_folds"])
        return Work(
            gram_s=gram_seconds(n_sets, n, p),
            gram_mb=8e-6 * n_sets * n**2,
            solver_s=n_sets * products / 2e9,
            pass_s=4 * n_sets * products / 2e9,
        )

    def memory_mb(self, size: JobSize) -> float:
        """Gram matrices, and for all outcomes predictions, dual variables and fitted values."""
        grams = size.folds * size.work.gram_mb
        predictions = 8e-6 * size.labellings * size.folds * size.rows
        return math.ceil(1000 + 3 * grams + 12 * predictions)

    def minutes(self, size: JobSize) -> float:
        """Every training set, and every outcome."""
        return 30 + 5 * size.folds * size.fold_s / 60

    def warnings(self, name: str, record: FitRecord) -> list[str]:
        """Nothing: a closed form converges, and the largest penalty is no edge to widen."""
        return []
