"""Gram matrices of every training set, confounds removed and features scaled inside each.

Nothing that precedes the support vector machine depends on the labels. The n x n Gram matrix of a
training set therefore serves every value of C and every permutation, and all of them are
accumulated in one pass over the features.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mri_response.learning.preparation.gaps import filled, incomplete
from mri_response.learning.preparation.harmonisation import HarmonisedRows
from mri_response.learning.preparation.residuals import (
    inverse_variance,
    preconditioned_chunks,
)
from mri_response.learning.preparation.training_sets import TrainingSets

# Share of a feature's sum of squares left by the confounds below which its products are formed in
# float64, whatever the type of the features.
DELICATE = 0.5
PAIRS = 256  # pairs of rows whose products over a chunk are formed at a time, to stay in cache
LANES = 4  # groups of training sets are rounded up to a multiple, which BLAS is quicker at


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
        The S training sets and their regression on the confounds.
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
    if sets.sites is not None:
        return np.stack(list(_own_passes(features, sets, standardize)))
    gaps = incomplete(features)
    if gaps.any():
        gram = gram_matrices(features[:, ~gaps], sets, standardize=standardize, together=together)
        for own, more in zip(gram, _own_passes(features[:, gaps], sets, standardize), strict=True):
            own += more
        return gram
    if sets.spanned.any() and not sets.spanned.all():
        return _by_kind(features, sets, standardize, together)
    room = -(-together // LANES) * LANES
    total = np.zeros((n_sets // together, room, n * (n + 1) // 2))
    gram = np.zeros((n_sets, n, n))
    dtype = np.float32 if features.dtype == np.float32 else np.float64
    parts = [sets.subset(slice(start, start + together)) for start in range(0, n_sets, together)]
    for exact, original_scale in preconditioned_chunks(features, sets):
        chunk = exact.astype(dtype)
        groups = np.zeros((len(parts), room, chunk.shape[1]), dtype=dtype)
        for part, grams, group in zip(parts, gram.reshape(-1, together, n, n), groups, strict=True):
            share, group[:together] = inverse_variance(chunk, original_scale, part, standardize)
            if dtype == np.float32:
                for index in np.flatnonzero((share < DELICATE).any(axis=1)):
                    delicate = np.flatnonzero(share[index] < DELICATE)
                    own, one = exact[:, delicate], part.subset(slice(index, index + 1))
                    _, weight = inverse_variance(own, original_scale[delicate], one, standardize)
                    varying = weight[0] > 0
                    grams[index] += (own[:, varying] * weight[:, varying]) @ own[:, varying].T
                    group[index, delicate] = 0.0
        for pairs, products in _pairwise(chunk):
            # One product per group, always of the same shape: see `together`.
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


def _by_kind(
    features: np.ndarray, sets: TrainingSets, standardize: bool, together: int
) -> np.ndarray:
    """Gram matrices of sets that span all confounds, and of sets that do not, apart.

    Both kinds are computed in whole groups, of which the sets of the kind are kept.
    """
    n = features.shape[0]
    gram = np.empty((len(sets.train), n, n))
    for spanned in (True, False):
        wanted = sets.spanned == spanned
        part = wanted.reshape(-1, together).any(axis=1).repeat(together)
        alike = sets.subset(part)._replace(spanned=np.full(part.sum(), spanned))
        both = gram_matrices(features, alike, standardize=standardize, together=together)
        gram[wanted] = both[wanted[part]]
    return gram


def _own_passes(
    features: np.ndarray, sets: TrainingSets, standardize: bool
) -> Iterator[np.ndarray]:
    """Gram matrices, (n, n) each, where features differ between sets: each has a pass of its own.

    Such are harmonised features, and those of which each set fills the gaps with its own means.
    """
    for index, rows in enumerate(sets.train):
        if sets.sites is not None:
            own = HarmonisedRows(features, rows, sets.sites)[:, :]
        else:
            own = filled(features, rows)
        alone = sets.subset(slice(index, index + 1))._replace(sites=None)
        yield gram_matrices(own, alone, standardize=standardize)[0]


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
