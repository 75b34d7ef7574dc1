"""How the weights of the outer models agree, against models of permuted labels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mri_response.brain.arrays import averaging, divided
from mri_response.core.permutation import permutation_p_value
from mri_response.learning.preparation.residuals import (
    residual_chunks,
    residual_rows,
    weighted_sums,
)
from mri_response.learning.preparation.training_sets import TrainingSets


class OuterModels(NamedTuple):
    """How the weights of the outer models agree, each brought to unit norm.

    Attributes
    ----------
    mean : numpy.ndarray, shape (p,)
        Mean weight over models.
    cvr : numpy.ndarray, shape (p,)
        Cross-validation ratio: mean over its standard error, the standard deviation over models
        (ddof 1) divided by the square root of their number. A ranking and not a z: outer models
        share most of their people, and with more repeats every ratio grows.
    sign : numpy.ndarray, shape (p,)
        Mean sign over models: 1 where every weight is positive, -1 where every one is negative.
    null : numpy.ndarray, shape (p,)
        Mean size of `sign` under permuted labels; it is far from 0, since models share people.
    p_value : numpy.ndarray, shape (p,)
        Permutation p of the size of `sign`, uncorrected.
    set_sign, set_null, set_p_value : numpy.ndarray, shape (k,)
        Mean sign, its mean size under permuted labels and its permutation p, of the mean weight of
        each set.
    """

    mean: np.ndarray
    cvr: np.ndarray
    sign: np.ndarray
    null: np.ndarray
    p_value: np.ndarray
    set_sign: np.ndarray
    set_null: np.ndarray
    set_p_value: np.ndarray


def outer_models(
    features: np.ndarray,
    sets: TrainingSets,
    beta: np.ndarray,
    members: np.ndarray,
    *,
    null_beta: np.ndarray | None = None,
    standardize: bool = True,
) -> OuterModels:
    """Compute mean, ratio and agreement of the outer models' weights in one pass over the features.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Read once, in chunks.
    sets : TrainingSets
        Of the S outer models.
    beta : numpy.ndarray, shape (S, n)
        Signed dual variables of models with weights of unit norm.
    members : numpy.ndarray of bool, shape (p, k)
        Which features belong to each set.
    null_beta : numpy.ndarray, shape (S, m, n), optional
        Signed dual variables of m permuted labellings, of any norm.
    standardize : bool
        Whether the models were fitted to features of unit variance.

    Returns
    -------
    OuterModels
    """
    p = features.shape[1]
    permuted = np.zeros((len(beta), 0, beta.shape[1])) if null_beta is None else null_beta
    # Of the null only signs are needed: single precision will do.
    null_rows = residual_rows(permuted, sets).astype(np.float32)
    rows = residual_rows(beta, sets)
    mean, cvr, sign, null, p_value = np.empty((5, p))
    means = averaging(members)
    in_sets = np.zeros((len(beta), 1 + permuted.shape[1], members.shape[1]))
    for columns, chunk, inverse_sd, _ in residual_chunks(features, sets, standardize=standardize):
        weights = weighted_sums(rows, chunk) * inverse_sd
        mean[columns], cvr[columns] = weights.mean(axis=0), _ratio(weights)
        single = chunk.astype(np.float32)
        signs = np.zeros((1 + permuted.shape[1], chunk.shape[-1]), dtype=np.int32)
        signs[0] = np.sign(weights).sum(axis=0)
        for index, own in enumerate(null_rows):
            at = ... if chunk.ndim == 2 else index
            product = own @ single[at]
            above = (product > 0).view(np.int8) - (product < 0).view(np.int8)
            above[:, inverse_sd[index] == 0] = 0
            signs[1:] += above
            # Sets first: a tenth of the work of summing the weights of every labelling.
            in_sets[index, 1:] += own @ (chunk[at] @ (inverse_sd[index][:, None] * means[columns]))
        in_sets[:, 0] += weights @ means[columns]
        sign[columns], null[columns], p_value[columns] = _agreement(signs / len(beta))
    return OuterModels(mean, cvr, sign, null, p_value, *_agreement(np.sign(in_sets).mean(axis=0)))


def outer_models_of_weights(weights: np.ndarray, members: np.ndarray) -> OuterModels:
    """Compute the agreement of models from their weights, without permuted labels.

    Parameters
    ----------
    weights : numpy.ndarray, shape (S, p)
        Weights of S outer models, of unit norm.
    members : numpy.ndarray of bool, shape (p, k)
        Which features belong to each set.

    Returns
    -------
    OuterModels
        Null and p-values are NaN.
    """
    signs = np.sign(weights).mean(axis=0, keepdims=True)
    in_sets = np.sign(weights @ averaging(members)).mean(axis=0, keepdims=True)
    return OuterModels(
        weights.mean(axis=0), _ratio(weights), *_agreement(signs), *_agreement(in_sets)
    )


def _agreement(signs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observed mean sign, its mean size under permuted labels, and its permutation p.

    Row 0 of `signs` is observed, the other rows are of permuted labels.
    """
    size = np.abs(signs)
    if len(size) == 1:
        nothing = np.full(signs.shape[1], np.nan)
        return signs[0], nothing, nothing
    return signs[0], size[1:].mean(axis=0), permutation_p_value(size[0], size[1:])


def _ratio(weights: np.ndarray) -> np.ndarray:
    """Mean over standard error of each column; NaN of a single model, 0 where all weights are."""
    if len(weights) < 2:
        return np.full(weights.shape[1], np.nan)
    error = weights.std(axis=0, ddof=1) / np.sqrt(len(weights))
    return divided(weights.mean(axis=0)[:, None], error)[:, 0]
