"""Weights of the features, from the dual variables of models fitted on Gram matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mri_response.learning.preparation.residuals import (
    residual_chunks,
    residual_rows,
    weighted_sums,
)
from mri_response.learning.preparation.training_sets import TrainingSets


class WeightChunk(NamedTuple):
    """Weights of S linear models on some features.

    Attributes
    ----------
    columns : slice
        Which features.
    per_sd : numpy.ndarray, shape (S, c)
        Change of the decision value per training standard deviation of the residual feature; per
        unit where features are not standardised.
    per_unit : numpy.ndarray, shape (S, c)
        Change of the decision value per unit of the feature.
    """

    columns: slice
    per_sd: np.ndarray
    per_unit: np.ndarray


def weight_chunks(
    features: np.ndarray,
    sets: TrainingSets,
    row_weights: np.ndarray,
    *,
    standardize: bool = True,
) -> Iterator[WeightChunk]:
    """Turn dual variables into feature weights, in one pass over the features.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Features of all rows; may be a memory map.
    sets : TrainingSets
        The S training sets of the models.
    row_weights : numpy.ndarray, shape (S, n)
        Zero outside the training rows. With the signed dual variables the result is the weight
        map; with training decision values divided by their number it is the Haufe pattern.
    standardize : bool
        Whether the models saw features divided by their training standard deviation.

    Yields
    ------
    WeightChunk
    """
    rows = residual_rows(row_weights, sets)
    for columns, chunk, inverse_sd, original_scale in residual_chunks(
        features, sets, standardize=standardize
    ):
        per_sd = weighted_sums(rows, chunk) * inverse_sd
        yield WeightChunk(columns, per_sd, per_sd * inverse_sd / original_scale)
