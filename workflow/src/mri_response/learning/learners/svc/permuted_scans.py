"""Cross-validation in which people get what the scans of others hold beyond the clinic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mri_response.learning.design import Design, Sample
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.svc.cross_validation import nested_folds
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.preparation.components import principal_component_grams
from mri_response.learning.preparation.gaps import filled
from mri_response.learning.preparation.training_sets import Confounds, training_sets
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import Fold

FOLDS_IN_MEMORY = 10  # outer folds whose Gram matrices are held in memory


def cross_validate_permuted_scans(
    scans: np.ndarray | Sequence[np.ndarray],
    clinic: Sample,
    folds: Sequence[Fold],
    design: Design,
    permutations: Sequence[int],
    options: SvcOptions,
) -> np.ndarray:
    """Cross-validated decision values of clinic and scans, residuals of the scans permuted.

    People keep their label, their clinical features, their confounds and their folds, and what
    clinical features and confounds predict of their scan. Only the rest of the scan, its residual,
    becomes another person's. C is chosen anew.

    Parameters
    ----------
    scans : numpy.ndarray, shape (n, p), or sequence of such
        Features of the scans, one array per feature set.
    clinic : Sample
        Clinical features, shape (n, k), from which nothing is removed; the confounds, which are
        removed from the scans alone; and row weights.
    folds : sequence of Fold
        All outer folds of all repeats.
    design : Design
        Who may exchange residuals (those who may exchange labels), and the seed.
    permutations : sequence of int, length m
        Permutation indices; 0 leaves every scan as it is.
    options : SvcOptions
        Options of the classifier.

    Returns
    -------
    numpy.ndarray, shape (m, R, n)
        NaN for rows in no outer test fold.

    Notes
    -----
    The null hypothesis is that scans and label are independent given the clinical features and the
    confounds, where the scans depend on these linearly. The regression of the scans is fitted on
    all rows. It does not see the labels, and without permutation its two parts add up to the scans
    themselves, so that nothing can leak into the observed decision values. In-sample residuals are
    not exactly exchangeable: the test is approximate (Freedman and Lane 1983; Winkler et al. 2014).

    Each set of features is divided by the square root of its number of columns, so that three
    clinical columns weigh as much as all regions together. One factor for all of them keeps the
    mean squared norm of the features side by side, and with it the meaning of the grid of C.

    References
    ----------
    Freedman and Lane (1983). A nonstochastic interpretation of reported significance levels.
    Journal of Business & Economic Statistics 1, 292-298.
    Winkler, Ridgway, Webster, Smith and Nichols (2014). Permutation inference for the general
    linear model. NeuroImage 92, 381-397.
    """
    scans = [scans] if isinstance(scans, np.ndarray) else list(scans)
    labels = design.exchangeability.labels
    repeats = max(fold.repeat for fold in folds)
    decision = np.full((len(permutations), repeats, len(labels)), np.nan)
    parts_alone = options._replace(pca=None)
    moved = [design.exchangeability.rows(design.seed, index) for index in permutations]
    predicted = [predicted_by(clinic, features) for features in scans]
    columns = [clinic.features.shape[1], *(features.shape[1] for features in scans)]
    weights = block_weights(columns)
    nothing = np.empty((len(labels), 0))
    for start in range(0, len(folds), FOLDS_IN_MEMORY):
        some = folds[start : start + FOLDS_IN_MEMORY]
        own = fold_grams(clinic.features, nothing, some, parts_alone)
        for index, rows in enumerate(moved):
            grams = [weights[0] * gram for gram in own]
            for weight, features, known in zip(weights[1:], scans, predicted, strict=True):
                # In the type of the features, which for maps is float32.
                others = (known + (features - known)[rows]).astype(features.dtype, copy=False)
                for total, gram in zip(
                    grams, fold_grams(others, clinic.confounds, some, parts_alone), strict=True
                ):
                    total += weight * gram
            if options.pca is not None:
                grams = [
                    principal_component_grams(gram, fold.sets.train, options.pca)
                    for gram, fold in zip(grams, some, strict=True)
                ]
            results = nested_folds(grams, some, labels[:, None], clinic.weights, options)
            for fold, result in zip(some, results, strict=True):
                decision[index, fold.repeat - 1, fold.sets.test[0]] = result.decision[:, 0]
    return rounded(decision)


def block_weights(columns: Sequence[int]) -> np.ndarray:
    """Factors of the Gram matrices of feature sets that then weigh alike.

    Parameters
    ----------
    columns : sequence of int, length b
        Numbers of columns of the sets.

    Returns
    -------
    numpy.ndarray, shape (b,)
        Inverse to the number of columns. With standardised features the mean squared norm of all
        of them together stays the number of columns.
    """
    columns = np.asarray(columns, dtype=float)
    return columns.sum() / (len(columns) * columns)


def predicted_by(clinic: Sample, scans: np.ndarray) -> np.ndarray:
    """What clinical features and confounds predict of the scans, by one regression on all rows.

    Parameters
    ----------
    clinic : Sample
        Clinical features, shape (n, k), confounds and row weights. Missing values are filled with
        the mean.
    scans : numpy.ndarray, shape (n, p)
        Features of the scans. Missing values are filled with the mean for the regression.

    Returns
    -------
    numpy.ndarray, shape (n, p)
        Fitted values, the mean of each feature included.
    """
    confounds = clinic.confounds
    if isinstance(confounds, Confounds):
        confounds = confounds.matrix
    everybody = np.ones((1, len(scans)), dtype=bool)
    basis = training_sets(np.hstack([clinic.features, confounds]), everybody).basis[0]
    complete = filled(scans, everybody[0])
    return basis.T @ (basis @ complete)
