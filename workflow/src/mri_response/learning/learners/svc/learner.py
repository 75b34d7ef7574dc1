"""The built-in linear support vector classifier, fitted on Gram matrices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mri_response.config.queries import grid_of_c
from mri_response.learning.learners.base import JobSize, Learner, Work, gram_seconds
from mri_response.learning.learners.svc.options import ROWS_PER_FEATURE, SvcOptions

if TYPE_CHECKING:
    import numpy as np

    from mri_response.learning.design import Design, Folds, Sample
    from mri_response.learning.jobs import FitRecord, JobResult
    from mri_response.learning.splits import Fold


class SvcLearner(Learner):
    """Linear support vector classifier whose C is chosen on the inner folds.

    Parameters
    ----------
    model : mapping
        The model's section of the configuration, with its defaults.
    """

    name = "linear support vector classifier"
    prepares = True
    linear = True
    citations = ("svm", "libsvm")

    @property
    def options(self) -> SvcOptions:
        """What the fits must know of the model."""
        return SvcOptions.from_config(self.model)

    def prepare(self, sample: Sample, folds: Sequence[Fold]) -> list[np.ndarray]:
        """Gram matrices of every training set of some outer folds, none where rows are quicker.

        The arrays have the shape (1 + n_inner, N, N), and (0,) where people outnumber features so
        far that every job prepares their rows by itself.
        """
        from mri_response.learning.learners.svc.cross_validation import prepare

        return prepare(sample, folds, self.options)

    def run(
        self,
        sample: Sample,
        folds: Folds,
        design: Design,
        blocks: Sequence[range],
        prepared: Sequence[np.ndarray] | None = None,
    ) -> JobResult:
        """Search and fit in some outer folds for the labellings of some blocks."""
        from mri_response.learning.learners.svc.cross_validation import cross_validate

        return cross_validate(sample, folds, design, blocks, self.options, prepared)

    def grid_words(self) -> list[str]:
        """Every candidate of the grid in words, as in ``C=0.5``."""
        return [f"C={C!r}" for C in grid_of_c(self.model["C"])]

    def words(self) -> str:
        """Sentences for the methods: the classifier, and what it was tuned over."""
        c = self.model["C"]
        relative = (
            ", each divided by the mean squared norm of the training features"
            if c["scale"] == "relative"
            else ""
        )
        weighting = (
            "classes weighted by their inverse frequency"
            if self.model["class_weight"] == "balanced"
            else "classes not weighted"
        )
        return (
            f"Linear support vector classifier, {weighting}; C from 2{_superscript(c['log2_min'])} "
            f"to 2{_superscript(c['log2_max'])} in steps of a factor of "
            f"{2 ** c['log2_step']:.4g}{relative}, chosen by the balanced accuracy of the "
            "decisions of all inner folds together, ties to the smallest C. Where every dual "
            "variable is at its bound, as with very small C, the intercept is not unique; it is "
            "the midpoint of the optimal ones, from which that of LIBSVM may differ there."
        )

    def fits_words(self, result: JobResult) -> str:
        """One line for the log about the fits of a job."""
        return f"{result.fits} problems solved, {result.fallback} of them by LIBSVM"

    def work(self, scheme: Mapping[str, Any], n: int, p: int) -> Work:
        """Estimate the work of the model.

        Notes
        -----
        Orders of magnitude, measured on one core of a server of the 2020s. Gram matrices: see
        `gram_seconds`. Solving a labelling takes some 0.012 ms per value of C at n = 100 and grows
        with n^1.5, and with the square of n / p where people outnumber features. Seen per value of
        C: 0.004 to 0.011 ms at n = 99, 0.020 to 0.024 ms at n = 150 and 165 with as many regions,
        0.13 ms at n = 250 and 0.43 ms at n = 350 with 150 regions, 0.046 ms at n = 500 with
        400,000 voxels. Where people outnumber features by far it grows with n p^2: with 13 values
        0.5 ms at n = 450 and p = 20, 24 to 28 ms at n = 838 and p = 179, 0.2 to 0.3 s at n = 5000
        and p = 180, 7 s at n = 10,000 and p = 500. What the labellings of a block share is little.
        """
        n_sets = 1 + scheme["inner_repeats"] * scheme["inner_folds"]
        n_fits = n_sets * len(grid_of_c(self.model["C"]))
        shared = (5e-5 + 1e-9 * n * min(n, p)) * n_fits
        if 0.8 * n >= ROWS_PER_FEATURE * p:
            return Work(
                gram_s=0.0,
                gram_mb=8e-6 * n * p,
                solver_s=(6e-8 * n + 1.2e-10 * n * p**2) * n_fits,
                pass_s=shared,
            )
        # Harmonised features differ between training sets, which then share no pass over them.
        own_pass = 1.5e-7 * n * p + 2e-9 * n**2 * p if self.model.get("harmonise") else 0.0
        return Work(
            gram_s=gram_seconds(n_sets, n, p) + n_sets * own_pass,
            gram_mb=8e-6 * n_sets * n**2,
            solver_s=1.2e-5 * (n / 100) ** 1.5 * max(1, n / p) ** 2 * n_fits,
            pass_s=shared,
        )

    def memory_mb(self, size: JobSize) -> float:
        """Gram matrices, and the decision values of all labellings."""
        grams = size.folds * size.work.gram_mb
        decisions = 8e-6 * size.labellings * size.folds * size.rows
        memory = math.ceil(1000 + 3 * grams + 4 * decisions)
        if size.redrawn:  # Gram matrices are made and used in the same job
            copies = 12 if self.model.get("harmonise") else 3
            memory += math.ceil(1000 + 4 * grams + copies * size.input_mb)
        return memory

    def minutes(self, size: JobSize) -> float:
        """Every classifier of every labelling and, with redrawn folds, its Gram matrices."""
        return 30 + 5 * size.folds * size.fold_s / 60

    def warnings(self, name: str, record: FitRecord) -> list[str]:
        """What a reader must know of how the model was fitted."""
        return grid_warnings(record.candidate, record.plateau, len(self.grid_words()), name)


def _superscript(value: float) -> str:
    text = f"{value:g}".replace("-", "⁻").replace(".", "˙")
    return text.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def grid_warnings(candidate: np.ndarray, plateau: np.ndarray, n_grid: int, model: str) -> list[str]:
    """Warn where C was chosen at an edge of its grid, unless the edge is a plateau.

    Parameters
    ----------
    candidate : numpy.ndarray of int, shape (S,)
        Choices of the outer models and of the refit, observed labels.
    plateau : numpy.ndarray of bool, shape (S,)
        Every dual variable at its bound: smaller values of C give the same predictions.
    n_grid : int
        Number of candidates.
    model : str
        Name of the model.

    Returns
    -------
    list of str
    """
    if n_grid == 1:
        return []
    warnings = []
    for edge, at in (
        ("largest", candidate == n_grid - 1),
        ("smallest", (candidate == 0) & ~plateau),
    ):
        if at.any():
            side = "log2_max" if edge == "largest" else "log2_min"
            warnings.append(
                f"{model}: {at.sum()} of {len(at)} fits chose the {edge} C of those tried ("
                f"{'weakest' if edge == 'largest' else 'strongest'} regularisation); to see "
                f"whether a better one lies beyond, widen C.{side}."
            )
    return warnings
