"""Gram matrices of outer folds and of their inner folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from mri_response.learning.batches import FOLDS_PER_PASS, whole_groups
from mri_response.learning.design import Features
from mri_response.learning.gram import gram_matrices
from mri_response.learning.preparation.components import principal_component_grams
from mri_response.learning.preparation.residuals import CHUNK
from mri_response.learning.preparation.training_sets import Confounds, training_sets
from mri_response.learning.splits import REFIT, Fold

MAX_GRAM_ENTRIES = 2**25  # entries of all Gram matrices that redrawn folds hold at a time


class Preparation(Protocol):
    """What Gram matrices depend on of the options of a learner.

    Attributes
    ----------
    standardize : bool
        Features are divided by their standard deviation in the training rows.
    pca : int or float or None
        Number of principal components, or the share of variance they exceed.
    """

    standardize: bool
    pca: int | float | None


def fold_grams(
    features: Features,
    confounds: np.ndarray | Confounds,
    folds: Sequence[Fold],
    options: Preparation,
) -> list[np.ndarray]:
    """Gram matrices of all training sets of some outer folds, in one pass over the features.

    Parameters
    ----------
    features : numpy.ndarray or StackedRows, shape (n, p)
        Features of all rows.
    confounds : numpy.ndarray or Confounds, shape (n, q)
        Confounds that are regressed out inside each training set.
    folds : sequence of Fold
        Outer folds, each with its inner folds, as masks over the n rows.
    options : Preparation
        Options of the learner.

    Returns
    -------
    list of numpy.ndarray, shape (1 + n_inner, n, n)
        One array per fold.

    Notes
    -----
    With many features, the outer folds of a repeat are computed in groups of fixed composition;
    the place of a fold that was not asked for is taken by one that was. So no byte of a Gram matrix
    depends on which other folds are asked for.
    """
    if not folds:
        return []
    # With few features the matrices themselves are the work; a refit stands alone, and training
    # sets that harmonise their features share no pass.
    harmonised = isinstance(confounds, Confounds) and confounds.sites is not None
    refit = any(fold.repeat == REFIT for fold in folds)
    alone = harmonised or refit or features.shape[1] <= CHUNK
    together = 1 if alone else FOLDS_PER_PASS
    whole, asked = [], []
    for fold in folds:
        key, place = (fold.repeat, (fold.outer_fold - 1) // together), fold.outer_fold - 1
        if not whole or whole[-1][0] != key:
            whole.append((key, [fold] * together))
        whole[-1][1][place % together] = fold
        asked.append((len(whole) - 1) * together + place % together)
    train = np.stack([fold.sets.train for _, group in whole for fold in group])
    sets = training_sets(confounds, train.reshape(-1, train.shape[-1]))
    gram = gram_matrices(
        features, sets, standardize=options.standardize, together=together * train.shape[1]
    ).reshape(*train.shape, -1)
    if options.pca is not None:
        for index in asked:
            gram[index] = principal_component_grams(gram[index], train[index], options.pca)
    return [gram[index] for index in asked]


def folds_in_memory(n: int, p: int, n_sets: int) -> int:
    """How many redrawn outer folds share a pass over the features: few where a pass costs little.

    Parameters
    ----------
    n, p : int
        Numbers of rows and of features.
    n_sets : int
        Training sets of an outer fold, its own and those of the inner folds.

    Returns
    -------
    int
        At least 1; fewer where the Gram matrices would exceed `MAX_GRAM_ENTRIES`.
    """
    wanted = 10 if p <= CHUNK else 100
    return max(1, min(wanted, whole_groups(MAX_GRAM_ENTRIES // (n_sets * n * n))))
