"""Features without confounds and scaled, for every training set, some features at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mri_response.learning.preparation.gaps import filled, incomplete
from mri_response.learning.preparation.harmonisation import HarmonisedRows
from mri_response.learning.preparation.training_sets import TrainingSets

CONSTANT = 1e-10  # share of a sum of squares left by the confounds at which a feature drops out
CHUNK = 2048  # features read at a time


def residual_chunks(
    features: np.ndarray, sets: TrainingSets, *, standardize: bool = True
) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
    """Features in chunks, with what brings their residuals to the scale of each training set.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Features of all rows; may be a memory map.
    sets : TrainingSets
        The S training sets and their regression on the confounds.
    standardize : bool
        Whether residuals are divided by their training standard deviation.

    Yields
    ------
    columns : slice
        Which features.
    chunk : numpy.ndarray, shape (n, c)
        Features less what all sets remove, of unit mean square; of shape (S, n, c) for several
        sets and features with gaps, which each set fills with its own means, or of several sites,
        which each set harmonises by itself.
    inverse_sd : numpy.ndarray, shape (S, c)
        Factor of ``weighted_sums(residual_rows(...), chunk)``; zero where the feature is constant.
    original_scale : numpy.ndarray, shape (c,) or (S, c)
        What the features were divided by.
    """
    if sets.sites is None and not incomplete(features).any():
        yield from _chunks(features, sets, standardize)
        return
    each = []
    for index, train in enumerate(sets.train):
        own = (
            filled(features, train)
            if sets.sites is None
            else HarmonisedRows(features, train, sets.sites)
        )
        each.append(_chunks(own, sets.subset(slice(index, index + 1)), standardize))
    if len(each) == 1:
        yield from each[0]
        return
    for chunks in zip(*each, strict=True):
        columns, chunk, inverse_sd, original_scale = zip(*chunks, strict=True)
        yield columns[0], np.stack(chunk), np.vstack(inverse_sd), np.stack(original_scale)


def _chunks(
    features: np.ndarray, sets: TrainingSets, standardize: bool
) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
    """Chunks of complete features that all sets share."""
    start = 0
    for chunk, original_scale in preconditioned_chunks(features, sets):
        stop = start + chunk.shape[1]
        _, squared = inverse_variance(chunk, original_scale, sets, standardize)
        yield slice(start, stop), chunk, np.sqrt(squared), original_scale
        start = stop


def residual_rows(row_weights: np.ndarray, sets: TrainingSets) -> np.ndarray:
    """Weights of rows that stand for the same sum once confounds are removed from the features.

    Parameters
    ----------
    row_weights : numpy.ndarray, shape (S, ..., n)
        Zero outside the training rows.
    sets : TrainingSets
        The S training sets and their regression on the confounds.

    Returns
    -------
    numpy.ndarray, shape (S, ..., n)
        The product with a column of features equals the product of `row_weights` with the residual
        of this column.
    """
    predicted = np.einsum("s...i,siq->s...q", row_weights, sets.design)
    return row_weights - np.einsum("s...q,sqk->s...k", predicted, sets.coefficients)


def weighted_sums(rows: np.ndarray, chunk: np.ndarray) -> np.ndarray:
    """Sums over the rows of a chunk of `residual_chunks`.

    Parameters
    ----------
    rows : numpy.ndarray, shape (S, n)
        Weights of the rows, one line per training set.
    chunk : numpy.ndarray, shape (n, c) or (S, n, c)
        Features, or features of each set.

    Returns
    -------
    numpy.ndarray, shape (S, c)
    """
    return rows @ chunk if chunk.ndim == 2 else np.matmul(rows[:, None], chunk)[:, 0]


def preconditioned_chunks(
    features: np.ndarray, sets: TrainingSets
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Chunks of features in float64, what all sets remove regressed out, of unit mean square.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Features of all rows, without gaps.
    sets : TrainingSets
        The training sets and their regression on the confounds.

    Yields
    ------
    chunk : numpy.ndarray, shape (n, c)
        Some features, at most `CHUNK`.
    scale : numpy.ndarray, shape (c,)
        What they were divided by, 1 for features that are constant.
    """
    common = sets.common if sets.spanned.all() else sets.common[:, :1]
    for start in range(0, features.shape[1], CHUNK):
        raw = np.asarray(features[:, start : start + CHUNK], dtype=np.float64)
        residual = raw - common @ (common.T @ raw)
        residual -= common @ (common.T @ residual)  # once more, for values far from zero
        scale = np.sqrt(np.mean(residual**2, axis=0))
        # What is left of a constant feature is rounding, not signal.
        constant = scale <= 1e-13 * np.abs(raw).max(axis=0)
        residual[:, constant] = 0.0
        scale = np.where(constant, 1.0, scale)
        yield residual / scale, scale


def inverse_variance(
    chunk: np.ndarray,
    original_scale: np.ndarray,
    sets: TrainingSets,
    standardize: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Share of the sum of squares left by the confounds, and the weight of each squared feature.

    Parameters
    ----------
    chunk : numpy.ndarray, shape (n, c)
        Features of unit mean square, as from `preconditioned_chunks`. In float32 the results are
        exact enough unless the share is small.
    original_scale : numpy.ndarray, shape (c,)
        What the features were divided by.
    sets : TrainingSets
        The S training sets and their regression on the confounds.
    standardize : bool
        Whether residuals are divided by their training standard deviation.

    Returns
    -------
    share, weight : numpy.ndarray, shape (S, c)
        The weight is 0 where a feature is constant in the training rows.
    """
    n_sets, width, n = sets.basis.shape
    within = sets.train.astype(chunk.dtype) @ chunk**2
    projected = sets.basis.reshape(-1, n).astype(chunk.dtype) @ chunk
    left = within - np.square(projected, out=projected).reshape(n_sets, width, -1).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(within > 0, left / within, 0.0)
        # Rows far from zero elsewhere do not make a feature that is flat here informative.
        constant = (share <= CONSTANT) | (left <= 1e-20 * n)
        if standardize:
            weight = np.where(constant, 0.0, sets.train.sum(axis=1)[:, None] / left)
        else:
            weight = np.where(constant, 0.0, original_scale[None, :] ** 2)
    return share, weight
