"""Gram matrices of every training set, confounds removed and features scaled inside each.

Nothing that precedes the support vector machine depends on the labels. The n x n Gram matrix of a
training set therefore serves every value of C and every permutation, and all of them are
accumulated in one pass over the features.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

# Share of a feature's sum of squares that confounds leave inside a training set.
CONSTANT = 1e-10  # at or below: constant there, the feature drops out
DELICATE = 1e-1  # below: its products are formed in float64, whatever the type of the features

PRODUCT_BYTES = 48 * 2**20  # memory for the products of one chunk of features


class TrainingSets(NamedTuple):
    """Confound regression of S training sets as linear maps on the rows.

    Attributes
    ----------
    train : numpy.ndarray of bool, shape (S, n)
    operator : numpy.ndarray, shape (S, n, n)
        ``A``: applied to a column of a feature, it leaves the residual of the regression that was
        fitted on the training rows, for every row.
    basis : numpy.ndarray, shape (S, q + 1, n)
        Orthonormal basis of intercept and confounds on the training rows, zero elsewhere.
    common : numpy.ndarray, shape (n, k)
        Columns that every operator maps to zero. Regressing them out of all rows beforehand
        cancels exactly inside each fold: it leaks nothing and makes float32 safe.
    """

    train: np.ndarray
    operator: np.ndarray
    basis: np.ndarray
    common: np.ndarray


def fit_confounds(confounds: np.ndarray, train: np.ndarray) -> tuple[np.ndarray, ...]:
    """Centre, fill and scale confounds by the training rows.

    Parameters
    ----------
    confounds : numpy.ndarray, shape (n, q)
        Missing values are NaN and become the mean of the training rows.
    train : numpy.ndarray of bool, shape (n,)

    Returns
    -------
    centred : numpy.ndarray, shape (n, q)
        Confounds in units of their training standard deviation, zero where constant.
    mean, scale : numpy.ndarray, shape (q,)
    """
    if np.isnan(confounds[train]).all(axis=0).any():
        raise ValueError("a confound is missing for every person of a training set")
    mean = np.nanmean(confounds[train], axis=0)
    centred = np.where(np.isnan(confounds), 0.0, confounds - mean)
    scale = np.sqrt(np.mean(centred[train] ** 2, axis=0))
    constant = scale <= 1e-10 * (np.abs(mean) + scale)
    scale = np.where(constant, 1.0, scale)
    return np.where(constant, 0.0, centred / scale), mean, scale


def training_sets(confounds: np.ndarray, train: np.ndarray) -> TrainingSets:
    """Build the confound regression of every training set.

    Parameters
    ----------
    confounds : numpy.ndarray, shape (n, q)
        One column a confound, without intercept; ``q`` may be 0. NaN is filled with the mean of
        the training rows.
    train : numpy.ndarray of bool, shape (S, n)

    Returns
    -------
    TrainingSets

    References
    ----------
    Hastie, Tibshirani and Friedman (2009). The Elements of Statistical Learning, 2nd ed., ch. 3.
    """
    n_sets, n = train.shape
    q = confounds.shape[1]
    operator = np.empty((n_sets, n, n))
    basis = np.zeros((n_sets, q + 1, n))
    full_rank = not np.isnan(confounds).any()
    for index, rows in enumerate(train):
        centred, _, _ = fit_confounds(confounds, rows)
        share = rows / rows.sum()
        left, singular, right = np.linalg.svd(centred[rows], full_matrices=False)
        keep = singular > 1e-8 * max(1.0, singular.max(initial=0.0))
        full_rank &= bool(keep.all())
        coefficients = np.zeros((q, n))
        coefficients[:, rows] = (right[keep].T / singular[keep]) @ left[:, keep].T
        operator[index] = np.eye(n) - share[None, :] - centred @ coefficients
        basis[index, 0, rows] = np.sqrt(share[rows])
        basis[index, 1 : 1 + keep.sum(), rows] = left[:, keep]
    ones = np.ones((n, 1))
    # A confound that some training set does not span (a scanner absent from it) is not mapped to
    # zero there, and imputed values differ between sets: then only the mean may go beforehand.
    common = np.hstack([ones, confounds]) if full_rank else ones
    return TrainingSets(train, operator, basis, np.linalg.qr(_unit_columns(common))[0])


def gram_matrices(
    features: np.ndarray,
    sets: TrainingSets,
    *,
    standardize: bool = True,
) -> np.ndarray:
    """Gram matrices of all rows, one for each training set, in one pass over the features.

    Equal to: regress the confounds out of every feature with coefficients of the training rows,
    divide by the training standard deviation (``ddof=0``), take dot products of rows. Features
    are read in chunks; memory does not grow with their number. A feature that is constant in a
    training set, after the confounds, contributes nothing there.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        float64, or float32 (may be a memory map). Products of float32 features are formed in
        float32 and summed over chunks in float64.
    sets : TrainingSets
    standardize : bool
        Divide by the standard deviation of the training rows.

    Returns
    -------
    numpy.ndarray, shape (S, n, n)
        float64. Only columns that belong to training rows have a meaning for a classifier.

    Notes
    -----
    With ``A`` the operator of a training set and ``W`` the diagonal matrix of inverse training
    variances, the Gram matrix is ``A (X W X') A'``. For a chunk of features the products
    ``x_ij x_kj`` of all pairs of rows are multiplied with the (features x sets) matrix of ``W``.
    """
    n = features.shape[0]
    n_sets = len(sets.train)
    upper = np.triu_indices(n)
    total = np.zeros((len(upper[0]), n_sets))
    for chunk, original_scale in _preconditioned(features, sets.common):
        share, weight = _inverse_variance(chunk, original_scale, sets, standardize)
        delicate = (share < DELICATE).any(axis=0)
        easy = ~delicate
        if easy.any():
            dtype = features.dtype if features.dtype == np.float32 else np.float64
            total += _pairwise(chunk[:, easy].astype(dtype), upper) @ weight[:, easy].T.astype(
                dtype
            )
        if delicate.any():
            total += _pairwise(chunk[:, delicate], upper) @ weight[:, delicate].T
    gram = np.empty((n_sets, n, n))
    raw = np.empty((n, n))
    for index in range(n_sets):
        raw[upper] = total[:, index]
        raw.T[upper] = total[:, index]
        gram[index] = sets.operator[index] @ raw @ sets.operator[index].T
    return gram


def principal_component_gram(
    gram: np.ndarray, train: np.ndarray, n_components: int | float
) -> np.ndarray:
    """Gram matrix of the principal component scores, components fitted on the training rows.

    Parameters
    ----------
    gram : numpy.ndarray, shape (n, n)
        Gram matrix of features centred on the training rows.
    train : numpy.ndarray of bool, shape (n,)
    n_components : int or float
        A number of components, or the share of the training variance they must exceed.

    Returns
    -------
    numpy.ndarray, shape (n, n)

    References
    ----------
    Schölkopf, Smola and Müller (1998). Nonlinear component analysis as a kernel eigenvalue
    problem. Neural Computation 10, 1299-1319 (with a linear kernel).
    """
    values, vectors = principal_components(gram, train, n_components)
    scores = gram[:, train] @ (vectors / np.sqrt(values))
    return scores @ scores.T


def principal_components(
    gram: np.ndarray, train: np.ndarray, n_components: int | float
) -> tuple[np.ndarray, np.ndarray]:
    """Leading eigenvalues and eigenvectors of the training part of a Gram matrix.

    Returns
    -------
    values : numpy.ndarray, shape (k,)
        Descending, the sums of squares of the scores over the training rows.
    vectors : numpy.ndarray, shape (n_train, k)
    """
    values, vectors = np.linalg.eigh(gram[np.ix_(train, train)])
    values, vectors = values[::-1], vectors[:, ::-1]
    rank = int((values > 1e-10 * values[0]).sum())
    if isinstance(n_components, float):
        explained = np.cumsum(values[:rank]) / values[:rank].sum()
        k = min(int(np.searchsorted(explained, n_components, side="right")) + 1, rank)
    else:
        k = min(n_components, rank)
    return values[:k], vectors[:, :k]


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
    sets : TrainingSets
    row_weights : numpy.ndarray, shape (S, n)
        Zero outside the training rows. With the signed dual variables the result is the weight
        map; with training decision values divided by their number it is the Haufe pattern.
    standardize : bool

    Yields
    ------
    WeightChunk
    """
    on_rows = np.einsum("sik,si->sk", sets.operator, row_weights)
    start = 0
    for chunk, original_scale in _preconditioned(features, sets.common):
        stop = start + chunk.shape[1]
        _, squared = _inverse_variance(chunk, original_scale, sets, standardize)
        inverse_sd = np.sqrt(squared)
        per_sd = (on_rows @ chunk) * inverse_sd
        yield WeightChunk(slice(start, stop), per_sd, per_sd * inverse_sd / original_scale)
        start = stop


def _preconditioned(
    features: np.ndarray, common: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Chunks of features in float64, common columns regressed out, brought to unit mean square.

    Yields the chunk, shape (n, c), and the scale it was divided by, shape (c,).
    """
    n, p = features.shape
    size = int(max(64, min(4096, PRODUCT_BYTES // (4 * n * (n + 1) // 2))))
    for start in range(0, p, size):
        raw = np.asarray(features[:, start : start + size], dtype=np.float64)
        residual = raw - common @ (common.T @ raw)
        residual -= common @ (common.T @ residual)  # once more, for values far from zero
        scale = np.sqrt(np.mean(residual**2, axis=0))
        # What is left of a constant feature is rounding, not signal.
        constant = scale <= 1e-13 * np.abs(raw).max(axis=0)
        residual[:, constant] = 0.0
        scale = np.where(constant, 1.0, scale)
        yield residual / scale, scale


def _inverse_variance(
    chunk: np.ndarray, original_scale: np.ndarray, sets: TrainingSets, standardize: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Share of the sum of squares left by the confounds, and the weight of each squared feature.

    Both of shape (S, c). The weight is 0 where the feature is constant in the training rows.
    """
    n_sets, width, n = sets.basis.shape
    within = sets.train.astype(float) @ chunk**2
    projected = (sets.basis.reshape(-1, n) @ chunk).reshape(n_sets, width, -1)
    left = within - np.einsum("skc,skc->sc", projected, projected)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(within > 0, left / within, 0.0)
        # Rows far from zero elsewhere do not make a feature that is flat here informative.
        constant = (share <= CONSTANT) | (left <= 1e-20 * n)
        if standardize:
            weight = np.where(constant, 0.0, sets.train.sum(axis=1)[:, None] / left)
        else:
            weight = np.where(constant, 0.0, original_scale[None, :] ** 2)
    return np.where(constant, 1.0, share), weight


def _pairwise(chunk: np.ndarray, upper: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Products of every pair of rows, shape (n (n + 1) / 2, c)."""
    products = np.empty((len(upper[0]), chunk.shape[1]), dtype=chunk.dtype)
    start = 0
    for row in range(len(chunk)):
        stop = start + len(chunk) - row
        np.multiply(chunk[row], chunk[row:], out=products[start:stop])
        start = stop
    return products


def _unit_columns(matrix: np.ndarray) -> np.ndarray:
    norm = np.linalg.norm(matrix, axis=0)
    return matrix / np.where(norm > 0, norm, 1.0)
