"""Linear support vector regression, fitted on Gram matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mri_response.learning.learners.base import Work, gram_seconds
from mri_response.learning.learners.ridge.learner import RidgeLearner
from mri_response.learning.learners.svr.options import SvrOptions

if TYPE_CHECKING:
    import numpy as np

    from mri_response.learning.design import Design, Folds, Sample
    from mri_response.learning.jobs import JobResult


class SvrLearner(RidgeLearner):
    """Linear epsilon-insensitive regression, for outcomes that are numbers.

    Gram matrices and resources of its jobs are those of the ridge regression.

    Parameters
    ----------
    model : mapping
        The model's section of the configuration, with its defaults.
    """

    name = "support vector regression"
    citations = ("libsvm",)

    @property
    def options(self) -> SvrOptions:
        """What the fits must know of the model."""
        return SvrOptions.from_config(self.model)

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
        from mri_response.learning.learners.svr.fitting import OnGram

        grams = self.prepare(sample, folds.folds) if prepared is None else prepared
        return cross_validate_numbers(sample, folds, design, blocks, OnGram(grams, self.options))

    def grid_words(self) -> list[str]:
        """Every candidate of the grid in words, as in ``C=0.5; epsilon=0.1``."""
        return [f"C={c!r}; epsilon={epsilon!r}" for c, epsilon in self.options.candidates]

    def words(self) -> str:
        """Sentences for the methods: the regression, and what it was tuned over."""
        c = self.model["C"]
        relative = (
            " divided by the mean squared norm of the training features"
            if c["scale"] == "relative"
            else ""
        )
        widths = " or ".join(f"{value:g}" for value in self.model["epsilon"])
        return (
            "Linear support vector regression (LIBSVM); intercept, and baseline and confounds "
            "where there are any, are predictors without penalty, fitted in every training fold. "
            f"Errors of less than {widths} standard deviations of the outcome's residuals were "
            f"not penalised. C, from two to the power of {c['log2_min']:g} to two to the power of "
            f"{c['log2_max']:g}{relative}, was chosen by the squared error of the predictions of "
            "all inner folds together, ties to the smallest C."
        )

    def fits_words(self, result: JobResult) -> str:
        """One line for the log about the fits of a job."""
        return f"{result.fits} fits by LIBSVM"

    def work(self, scheme: Mapping[str, Any], n: int, p: int) -> Work:
        """Estimate the work of the model.

        Notes
        -----
        A fit takes about a millisecond at n = 100, and grows with the square of n.
        """
        n_sets = 1 + scheme["inner_repeats"] * scheme["inner_folds"]
        return Work(
            gram_s=gram_seconds(n_sets, n, p),
            gram_mb=8e-6 * n_sets * n**2,
            solver_s=1e-3 * n_sets * len(self.options.candidates) * (n / 100) ** 2,
        )
