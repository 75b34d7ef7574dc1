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
DELICATE = 0.5  # below: its products are formed in float64, whatever the type of the features

CHUNK = 2048  # features read at a time
PAIRS = 256  # pairs of rows whose products over a chunk are formed at a time, to stay in cache
LANES = 4  # groups of training sets are rounded up to a multiple, which BLAS is quicker at


class TrainingSets(NamedTuple):
    """Confound regression of S training sets as linear maps on the rows.

    Attributes
    ----------
    train : numpy.ndarray of bool, shape (S, n)
    design : numpy.ndarray, shape (S, n, q + 1)
        Intercept and confounds of every row, scaled by the training rows.
    coefficients : numpy.ndarray, shape (S, q + 1, n)
        Of the regression that is fitted on the training rows. ``A = I - design @ coefficients``
        turns a column of a feature into its residual, for every row.
    basis : numpy.ndarray, shape (S, q + 1, n)
        Orthonormal basis of intercept and confounds on the training rows, zero elsewhere.
    common : numpy.ndarray, shape (n, k)
        Orthonormal basis of intercept and confounds on all rows, the constant first. Regressing
        out of all rows what ``A`` maps to zero anyway cancels exactly inside each fold: it leaks
        nothing and makes float32 safe.
    spanned : numpy.ndarray of bool, shape (S,)
        Whether ``A`` maps all of `common` to zero, and not only the constant.
    """

    train: np.ndarray
    design: np.ndarray
    coefficients: np.ndarray
    basis: np.ndarray
    common: np.ndarray
    spanned: np.ndarray

    def subset(self, index: np.ndarray | slice) -> TrainingSets:
        """Some of the sets."""
        return TrainingSets(
            self.train[index],
            self.design[index],
            self.coefficients[index],
            self.basis[index],
            self.common,
            self.spanned[index],
        )


class Confounds(NamedTuple):
    """Confounds some of which are categories that a training set may not have.

    Attributes
    ----------
    matrix : numpy.ndarray, shape (n, q)
    factors : tuple of slice
        Columns of each category's indicators, those of the first level left out.
    """

    matrix: np.ndarray
    factors: tuple[slice, ...]

    def seen_from(self, train: np.ndarray) -> np.ndarray:
        """The matrix with NaN where the training rows have nobody of the category; shape (n, q)."""
        matrix = self.matrix.copy()
        for columns in self.factors:
            _, level = np.unique(self.matrix[:, columns], axis=0, return_inverse=True)
            unseen = ~np.isin(level.ravel(), level.ravel()[train])
            matrix[unseen, columns] = np.nan
        return matrix


def fit_confounds(confounds: np.ndarray | Confounds, train: np.ndarray) -> tuple[np.ndarray, ...]:
    """Centre, fill and scale confounds by the training rows.

    Parameters
    ----------
    confounds : numpy.ndarray, shape (n, q), or Confounds
        Missing values are NaN and become the mean of the training rows, as do categories that
        these do not have where the confounds say which columns are categories.
    train : numpy.ndarray of bool, shape (n,)

    Returns
    -------
    centred : numpy.ndarray, shape (n, q)
        Confounds in units of their training standard deviation, zero where constant.
    mean, scale : numpy.ndarray, shape (q,)
    """
    if isinstance(confounds, Confounds):
        confounds = confounds.seen_from(train)
    missing = np.isnan(confounds)
    if missing.any():
        if missing[train].all(axis=0).any():
            raise ValueError("a confound is missing for every person of a training set")
        mean = np.nanmean(confounds[train], axis=0)
        centred = np.where(missing, 0.0, confounds - mean)
    else:
        mean = np.mean(confounds[train], axis=0)
        centred = confounds - mean
    scale = np.sqrt(np.mean(centred[train] ** 2, axis=0))
    constant = scale <= 1e-10 * (np.abs(mean) + scale)
    scale = np.where(constant, 1.0, scale)
    return np.where(constant, 0.0, centred / scale), mean, scale


def filled(features: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Features with what is missing given the mean of the training rows.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Missing values are NaN.
    train : numpy.ndarray of bool, shape (n,)

    Returns
    -------
    numpy.ndarray, shape (n, p)
        0 where a feature is missing for every training row: it is then constant there.
    """
    missing = np.isnan(features)
    if not missing.any():
        return features
    present = ~missing[train]
    total = np.where(present, features[train], 0.0).sum(axis=0)
    mean = total / np.maximum(present.sum(axis=0), 1)
    # A feature without training values is made constant for everybody: it says nothing.
    return np.where(present.any(axis=0), np.where(missing, mean, features), 0.0)


def incomplete(features: np.ndarray) -> np.ndarray:
    """Which features have missing values, shape (p,). Those of maps (float32) never have."""
    if features.dtype == np.float32:
        return np.zeros(features.shape[1], dtype=bool)
    return np.isnan(features[:, :]).any(axis=0)


def training_sets(confounds: np.ndarray | Confounds, train: np.ndarray) -> TrainingSets:
    """Build the confound regression of every training set.

    Parameters
    ----------
    confounds : numpy.ndarray, shape (n, q), or Confounds
        One column a confound, without intercept; ``q`` may be 0. See `fit_confounds` for what is
        missing.
    train : numpy.ndarray of bool, shape (S, n)

    Returns
    -------
    TrainingSets

    References
    ----------
    Hastie, Tibshirani and Friedman (2009). The Elements of Statistical Learning, 2nd ed., ch. 3.
    """
    n_sets, n = train.shape
    matrix = confounds.matrix if isinstance(confounds, Confounds) else confounds
    q = matrix.shape[1]
    design = np.ones((n_sets, n, q + 1))
    coefficients, basis = np.zeros((2, n_sets, q + 1, n))
    for index, rows in enumerate(train):
        design[index, :, 1:], _, _ = fit_confounds(confounds, rows)
    left, inverse, right = _decomposed(design[:, :, 1:] * train[:, :, None])
    rank = (inverse > 0).sum(axis=1)
    coefficients[:, 0] = train / train.sum(axis=1, keepdims=True)
    basis[:, 0] = np.sqrt(coefficients[:, 0])
    basis[:, 1:] = left.transpose(0, 2, 1) * train[:, None, :]
    coefficients[:, 1:] = right.transpose(0, 2, 1) @ (inverse[:, :, None] * basis[:, 1:])
    constant = np.full((n, 1), 1 / np.sqrt(n))
    if np.isnan(matrix).any():
        # Imputed values differ between sets: only the mean may go beforehand.
        spanned = np.zeros(n_sets, dtype=bool)
        return TrainingSets(train, design, coefficients, basis, constant, spanned)
    everyone, _, _ = fit_confounds(confounds, np.ones(n, dtype=bool))
    left, inverse, _ = _decomposed(everyone)
    # A confound that a training set does not span (a scanner absent from it) is not mapped to
    # zero there, whatever is done with the people of that scanner.
    spanned = rank == (inverse > 0).sum()
    common = np.hstack([constant, left[:, inverse > 0]])
    return TrainingSets(train, design, coefficients, basis, common, spanned)


def gram_matrices(
    features: np.ndarray,
    sets: TrainingSets,
    *,
    standardize: bool = True,
    together: int | None = None,
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
        float32 and summed over chunks in float64. NaN (in float64) is filled with the mean of the
        training rows.
    sets : TrainingSets
    standardize : bool
        Divide by the standard deviation of the training rows.
    together : int, optional
        Sets are computed in groups of so many. The last bit of a matrix product depends on its
        shape: only the Gram matrices of a whole group never depend on what other groups are there.
        By default all sets are one group.

    Returns
    -------
    numpy.ndarray, shape (S, n, n)
        float64. Only columns that belong to training rows have a meaning for a classifier.

    Notes
    -----
    With ``A`` as in `TrainingSets` and ``W`` the diagonal matrix of inverse training variances, the
    Gram matrix is ``A (X W X') A'``. For a chunk of features the products ``x_ij x_kj`` of all
    pairs of rows are multiplied with the (features x sets) matrix of ``W``.
    """
    n = features.shape[0]
    n_sets = len(sets.train)
    together = n_sets if together is None else together
    if n_sets % together:
        raise ValueError(f"{n_sets} training sets do not come in groups of {together}")
    gaps = incomplete(features)
    if gaps.any():
        # What is filled in differs between sets: each has its own pass over these features.
        gram = gram_matrices(features[:, ~gaps], sets, standardize=standardize, together=together)
        with_gaps = features[:, gaps]
        for index, rows in enumerate(sets.train):
            own = filled(with_gaps, rows)
            alone = sets.subset(slice(index, index + 1))
            gram[index] += gram_matrices(own, alone, standardize=standardize)[0]
        return gram
    if sets.spanned.any() and not sets.spanned.all():
        # Whole groups both times, of which some sets are taken.
        gram = np.empty((n_sets, n, n))
        for spanned in (True, False):
            wanted = sets.spanned == spanned
            part = wanted.reshape(-1, together).any(axis=1).repeat(together)
            alike = sets.subset(part)._replace(spanned=np.full(part.sum(), spanned))
            both = gram_matrices(features, alike, standardize=standardize, together=together)
            gram[wanted] = both[wanted[part]]
        return gram
    room = -(-together // LANES) * LANES
    total = np.zeros((n_sets // together, room, n * (n + 1) // 2))
    gram = np.zeros((n_sets, n, n))
    dtype = np.float32 if features.dtype == np.float32 else np.float64
    parts = [sets.subset(slice(start, start + together)) for start in range(0, n_sets, together)]
    for exact, original_scale in _preconditioned(features, sets):
        chunk = exact.astype(dtype)
        groups = np.zeros((len(parts), room, chunk.shape[1]), dtype=dtype)
        for part, grams, group in zip(parts, gram.reshape(-1, together, n, n), groups, strict=True):
            share, group[:together] = _inverse_variance(chunk, original_scale, part, standardize)
            if dtype == np.float32:
                for index in np.flatnonzero((share < DELICATE).any(axis=1)):
                    delicate = np.flatnonzero(share[index] < DELICATE)
                    own, one = exact[:, delicate], part.subset(slice(index, index + 1))
                    _, weight = _inverse_variance(own, original_scale[delicate], one, standardize)
                    varying = weight[0] > 0
                    grams[index] += (own[:, varying] * weight[:, varying]) @ own[:, varying].T
                    group[index, delicate] = 0.0
        for pairs, products in _pairwise(chunk):
            # One product a group, always of the same shape: see `together`.
            for sums, group in zip(total, groups, strict=True):
                sums[:, pairs] += group @ products.T
    upper = np.triu_indices(n)
    raw = np.empty((n, n))
    for index, sums in enumerate(total[:, :together].reshape(n_sets, -1)):
        raw[upper] = sums
        raw.T[upper] = sums
        gram[index] = _residual_gram(
            raw + gram[index], sets.design[index], sets.coefficients[index]
        )
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


def principal_component_grams(
    gram: np.ndarray, train: np.ndarray, n_components: int | float
) -> np.ndarray:
    """The same for S training sets: shapes (S, n, n) and (S, n), result (S, n, n)."""
    sets = zip(gram, train, strict=True)
    return np.stack([principal_component_gram(one, rows, n_components) for one, rows in sets])


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
    rows = residual_rows(row_weights, sets)
    for columns, chunk, inverse_sd, original_scale in residual_chunks(
        features, sets, standardize=standardize
    ):
        per_sd = weighted_sums(rows, chunk) * inverse_sd
        yield WeightChunk(columns, per_sd, per_sd * inverse_sd / original_scale)


def residual_rows(row_weights: np.ndarray, sets: TrainingSets) -> np.ndarray:
    """Weights of rows that stand for the same sum once confounds are removed from the features.

    Parameters
    ----------
    row_weights : numpy.ndarray, shape (S, ..., n)
        Zero outside the training rows.
    sets : TrainingSets

    Returns
    -------
    numpy.ndarray, shape (S, ..., n)
        Their product with a column of a feature is that of `row_weights` with its residual.
    """
    predicted = np.einsum("s...i,siq->s...q", row_weights, sets.design)
    return row_weights - np.einsum("s...q,sqk->s...k", predicted, sets.coefficients)


def residual_chunks(
    features: np.ndarray, sets: TrainingSets, *, standardize: bool = True
) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
    """Features in chunks, with what brings their residuals to the scale of each training set.

    Yields
    ------
    columns : slice
        Which features.
    chunk : numpy.ndarray, shape (n, c)
        Features less what all sets remove, of unit mean square; of shape (S, n, c) for several
        sets and features with gaps, which each set fills with its own means.
    inverse_sd : numpy.ndarray, shape (S, c)
        Factor of ``weighted_sums(residual_rows(...), chunk)``; zero where the feature is constant.
    original_scale : numpy.ndarray, shape (c,) or (S, c)
        What the features were divided by.
    """
    if incomplete(features).any():
        each = [
            residual_chunks(
                filled(features, rows), sets.subset(slice(i, i + 1)), standardize=standardize
            )
            for i, rows in enumerate(sets.train)
        ]
        if len(each) == 1:
            yield from each[0]
            return
        for chunks in zip(*each, strict=True):
            columns, chunk, inverse_sd, original_scale = zip(*chunks, strict=True)
            yield columns[0], np.stack(chunk), np.vstack(inverse_sd), np.stack(original_scale)
        return
    start = 0
    for chunk, original_scale in _preconditioned(features, sets):
        stop = start + chunk.shape[1]
        _, squared = _inverse_variance(chunk, original_scale, sets, standardize)
        yield slice(start, stop), chunk, np.sqrt(squared), original_scale
        start = stop


def weighted_sums(rows: np.ndarray, chunk: np.ndarray) -> np.ndarray:
    """Sums over the rows of a chunk of `residual_chunks`, for weights of shape (S, n): (S, c)."""
    return rows @ chunk if chunk.ndim == 2 else np.matmul(rows[:, None], chunk)[:, 0]


def _preconditioned(
    features: np.ndarray, sets: TrainingSets
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Chunks of features in float64, what all sets remove regressed out, of unit mean square.

    Yields the chunk, shape (n, c), and the scale it was divided by, shape (c,).
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


def _inverse_variance(
    chunk: np.ndarray,
    original_scale: np.ndarray,
    sets: TrainingSets,
    standardize: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Share of the sum of squares left by the confounds, and the weight of each squared feature.

    Both of shape (S, c). In float32 they are exact enough unless the share is small. The weight is
    0 where the feature is constant in the training rows.
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


def _residual_gram(gram: np.ndarray, design: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """``A gram A'`` with ``A = I - design @ coefficients``, a matrix of low rank taken off."""
    crossed = coefficients @ gram
    taken = design @ (crossed - (crossed @ coefficients.T / 2) @ design.T)
    return gram - taken - taken.T


def _pairwise(chunk: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Products of every pair of rows, in the order of `numpy.triu_indices`, some pairs at a time.

    Yields which pairs, and their products, shape (pairs, c), overwritten by the next ones.
    """
    n = len(chunk)
    products = np.empty((PAIRS + n, chunk.shape[1]), dtype=chunk.dtype)
    start = stop = 0
    for row in range(n):
        first = stop - start
        stop += n - row
        np.multiply(chunk[row], chunk[row:], out=products[first : stop - start])
        if stop - start >= PAIRS or row == n - 1:
            yield slice(start, stop), products[: stop - start]
            start = stop


def _decomposed(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Singular value decomposition of scaled confounds, shape (..., n, q), and what is collinear.

    Returns left vectors, inverse singular values and right vectors, as rows. Where confounds are
    collinear both the inverse and the left vector are zero.
    """
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    largest = singular.max(axis=-1, keepdims=True, initial=0.0)
    keep = singular > 1e-8 * np.maximum(1.0, largest)
    inverse = np.divide(1.0, singular, out=np.zeros_like(singular), where=keep)
    return left * keep[..., None, :], inverse, right
