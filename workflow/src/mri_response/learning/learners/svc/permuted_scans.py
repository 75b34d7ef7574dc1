"""Cross-validation in which people keep label and clinical features and get the scans of others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mri_response.learning.design import Design, Sample
from mri_response.learning.learners.svc.cross_validation import nested_folds
from mri_response.learning.learners.svc.fold_grams import fold_grams
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.preparation.components import principal_component_grams
from mri_response.learning.preparation.training_sets import Confounds
from mri_response.learning.splits import Fold

FOLDS_IN_MEMORY = 10  # outer folds whose Gram matrices are held in memory


def cross_validate_permuted_scans(
    scans: np.ndarray,
    clinic: Sample,
    folds: Sequence[Fold],
    design: Design,
    permutations: Sequence[int],
    options: SvcOptions,
) -> np.ndarray:
    """Cross-validated decision values of clinic and scans, the scans being those of other people.

    People keep their label, their clinical features and their folds. Scans move together with the
    confounds that are removed from them. C is chosen anew.

    Parameters
    ----------
    scans : numpy.ndarray, shape (n, p)
        Features of the scans.
    clinic : Sample
        Clinical features, shape (n, k), confounds and row weights.
    folds : sequence of Fold
        All outer folds of all repeats.
    design : Design
        Who may exchange scans (those who may exchange labels), and the seed.
    permutations : sequence of int, length m
        Permutation indices; 0 leaves every scan where it is.
    options : SvcOptions
        Options of the classifier.

    Returns
    -------
    numpy.ndarray, shape (m, R, n)
        NaN for rows in no outer test fold.

    Notes
    -----
    The Gram matrix of features side by side is the sum of the Gram matrices of its parts, each with
    the confounds of its own people removed.
    """
    labels = design.exchangeability.labels
    repeats = max(fold.repeat for fold in folds)
    decision = np.full((len(permutations), repeats, len(labels)), np.nan)
    parts_alone = options._replace(pca=None)
    moved = [design.exchangeability.rows(design.seed, index) for index in permutations]
    for start in range(0, len(folds), FOLDS_IN_MEMORY):
        some = folds[start : start + FOLDS_IN_MEMORY]
        own = fold_grams(clinic.features, clinic.confounds, some, parts_alone)
        for index, rows in enumerate(moved):
            others = fold_grams(scans[rows], _of(clinic.confounds, rows), some, parts_alone)
            grams = [a + b for a, b in zip(own, others, strict=True)]
            if options.pca is not None:
                grams = [
                    principal_component_grams(gram, fold.sets.train, options.pca)
                    for gram, fold in zip(grams, some, strict=True)
                ]
            results = nested_folds(grams, some, labels[:, None], clinic.weights, options)
            for fold, result in zip(some, results, strict=True):
                decision[index, fold.repeat - 1, fold.sets.test[0]] = result.decision[:, 0]
    return decision


def _of(confounds: np.ndarray | Confounds, rows: np.ndarray) -> np.ndarray | Confounds:
    if isinstance(confounds, Confounds):
        return confounds._replace(matrix=confounds.matrix[rows])
    return confounds[rows]
