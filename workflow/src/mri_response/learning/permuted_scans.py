"""Cross-validation in which people keep label and clinical features and get the scans of others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mri_response.learning.gram import Confounds, principal_component_grams
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.procedure import ModelOptions, fold_grams, nested_folds
from mri_response.learning.splits import Fold

FOLDS_AT_ONCE = 10  # outer folds whose Gram matrices are held in memory


def cross_validate_permuted_scans(
    scans: np.ndarray,
    clinic: np.ndarray,
    confounds: np.ndarray | Confounds,
    folds: Sequence[Fold],
    exchangeability: Exchangeability,
    permutations: Sequence[int],
    weights: np.ndarray,
    options: ModelOptions,
    seed: int,
) -> np.ndarray:
    """Cross-validated decision values of clinic and scans, the scans being those of other people.

    People keep their label, their clinical features and their folds. Scans move together with the
    confounds that are removed from them. C is chosen anew.

    Parameters
    ----------
    scans, clinic : numpy.ndarray, shapes (n, p) and (n, k)
    confounds : numpy.ndarray, shape (n, q), or Confounds
    folds : sequence of Fold
        All outer folds of all repeats.
    exchangeability : Exchangeability
        Who may exchange scans: those who may exchange labels.
    permutations : sequence of int
        0 leaves every scan where it is.
    weights : numpy.ndarray, shape (n,)
        Row weights of the inner score.
    options : ModelOptions
    seed : int

    Returns
    -------
    numpy.ndarray, shape (m, R, n)
        NaN for rows in no outer test fold.

    Notes
    -----
    The Gram matrix of features side by side is the sum of those of its parts, each with the
    confounds of its own people removed.
    """
    labels = exchangeability.labels
    repeats = max(fold.repeat for fold in folds)
    decision = np.full((len(permutations), repeats, len(labels)), np.nan)
    plain = options._replace(pca=None)
    moved = [exchangeability.rows(seed, index) for index in permutations]
    for start in range(0, len(folds), FOLDS_AT_ONCE):
        part = folds[start : start + FOLDS_AT_ONCE]
        own = fold_grams(clinic, confounds, part, plain)
        for index, rows in enumerate(moved):
            others = fold_grams(scans[rows], _of(confounds, rows), part, plain)
            grams = [a + b for a, b in zip(own, others, strict=True)]
            if options.pca is not None:
                grams = [
                    principal_component_grams(gram, fold.sets.train, options.pca)
                    for gram, fold in zip(grams, part, strict=True)
                ]
            for fold, result in zip(
                part, nested_folds(grams, part, labels[:, None], weights, options), strict=True
            ):
                decision[index, fold.repeat - 1, fold.sets.test[0]] = result.decision[:, 0]
    return decision


def _of(confounds: np.ndarray | Confounds, rows: np.ndarray) -> np.ndarray | Confounds:
    if isinstance(confounds, Confounds):
        return confounds._replace(matrix=confounds.matrix[rows])
    return confounds[rows]
