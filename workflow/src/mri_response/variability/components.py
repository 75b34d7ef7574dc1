"""How many independent ways there are in which people's maps differ, and whether they return.

Principal components of maps of people, counted against maps that are as smooth and have nothing in
common. Shuffling regions within people, as published, takes smoothness itself for components.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from mri_response.core.permutation import permutation_p_value

ROUNDING = 1e-9
#: Surrogates that are made at once: some megabytes of maps.
_AT_ONCE = 20


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of maps of people.

    Attributes
    ----------
    loadings : ndarray, shape (components, regions)
        Unit vectors, the largest value of each positive.
    scores : ndarray, shape (people, components)
        Places of people on them, with mean 0.
    explained : ndarray, shape (components,)
        Share of the variance over people.
    """

    loadings: NDArray
    scores: NDArray
    explained: NDArray


@dataclass(frozen=True, eq=False)
class RankTest:
    """Explained shares beside those of random maps, rank by rank.

    Attributes
    ----------
    explained, null_median, null_95, p_value : ndarray, shape (components,)
        Share of the variance, median and 95 % quantile of its null, and p.
    retained : int
        Components before the first that does not exceed its null.
    """

    explained: NDArray
    null_median: NDArray
    null_95: NDArray
    p_value: NDArray
    retained: int


@dataclass(frozen=True, eq=False)
class Resampled:
    """Components of samples of people, matched to those of all people.

    Attributes
    ----------
    loadings : ndarray, shape (samples, components, regions)
        Matched, with the sign of the components that they are matched with.
    cosines : ndarray, shape (samples, components)
        With these components.
    rank_kept : ndarray of bool, shape (samples, components)
        Whether the match has the same rank.
    """

    loadings: NDArray
    cosines: NDArray
    rank_kept: NDArray


def principal_components(maps: NDArray, largest: int) -> Components:
    """Principal components of maps, the mean over people taken out.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of people, one value per region.
    largest : int
        Number of components, at most one less than people and at most the regions.

    Returns
    -------
    Components
    """
    centred = maps - maps.mean(axis=0)
    left, sizes, loadings = np.linalg.svd(centred, full_matrices=False)
    k = min(largest, len(maps) - 1, len(sizes))
    loadings = loadings[:k]
    peak = np.abs(loadings).argmax(axis=1)
    sign = np.sign(loadings[np.arange(k), peak])
    explained = sizes**2 / (sizes**2).sum()
    return Components(sign[:, None] * loadings, sign * left[:, :k] * sizes[:k], explained[:k])


def explained_shares(maps: NDArray, largest: int) -> NDArray:
    """Shares of the variance over people, largest first.

    Parameters
    ----------
    maps : ndarray, shape (..., people, regions)
        Maps of people, one value per region.
    largest : int
        Number of shares.

    Returns
    -------
    ndarray, shape (..., largest)
    """
    centred = maps - maps.mean(axis=-2, keepdims=True)
    if centred.shape[-2] > centred.shape[-1]:
        centred = np.swapaxes(centred, -1, -2)
    values = np.linalg.eigvalsh(centred @ np.swapaxes(centred, -1, -2))[..., ::-1]
    return values[..., :largest] / values.sum(axis=-1, keepdims=True)


def rank_test(
    maps: NDArray,
    surrogates: Callable[[int], NDArray],
    n: int,
    *,
    alpha: float = 0.05,
    largest: int = 10,
) -> RankTest:
    """Compare each explained share with those of the same rank in random maps.

    Testing stops at the first component that does not exceed its null: those behind it are not
    retained whatever their p.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of people, one value per region.
    surrogates : callable
        Draws sets of maps of the same shape, as
        :func:`mri_response.variability.surrogates.people_surrogates` returns it.
    n : int
        Number of draws.
    alpha : float
        Level of each test.
    largest : int
        Components that are tested.

    Returns
    -------
    RankTest
    """
    largest = min(largest, len(maps) - 1, maps.shape[1])
    observed = explained_shares(maps, largest)
    drawn = []
    for start in range(0, n, _AT_ONCE):
        drawn.append(explained_shares(surrogates(min(_AT_ONCE, n - start)), largest))
    null = np.concatenate(drawn)
    p_value = permutation_p_value(observed, null)
    failed = np.flatnonzero(p_value > alpha)
    retained = int(failed[0]) if len(failed) else largest
    median, upper = np.quantile(null, [0.5, 0.95], axis=0)
    return RankTest(observed, median, upper, p_value, retained)


def matched(reference: NDArray, loadings: NDArray) -> tuple[NDArray, NDArray]:
    """Which of some loadings belong to those of a reference, and with which cosine.

    Parameters
    ----------
    reference : ndarray, shape (components, regions)
        Unit vectors.
    loadings : ndarray, shape (others, regions)
        Unit vectors, at least as many.

    Returns
    -------
    places : ndarray of int, shape (components,)
        Rows of `loadings` that make the sum of absolute cosines largest.
    cosines : ndarray, shape (components,)
        Cosines with the reference, with their signs.
    """
    cosines = reference @ loadings.T
    _, places = linear_sum_assignment(-np.abs(cosines))
    return places, cosines[np.arange(len(reference)), places]


def resampled_components(
    maps: NDArray, found: Components, n: int, rng: np.random.Generator
) -> Resampled:
    """Components of bootstrap samples of people.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of people, one value per region.
    found : Components
        Components of all people, some more than are of interest, so that ranks can change.
    n : int
        Number of samples.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    Resampled
    """
    k = len(found.loadings)
    loadings = np.empty((n, *found.loadings.shape))
    cosines, kept = np.empty((n, k)), np.empty((n, k), dtype=bool)
    for sample in range(n):
        rows = rng.integers(0, len(maps), len(maps))
        own = _loadings(maps[rows], k)
        places, signed = matched(found.loadings, own)
        loadings[sample] = np.sign(signed)[:, None] * own[places]
        cosines[sample], kept[sample] = np.abs(signed), places == np.arange(k)
    return Resampled(loadings, cosines, kept)


def _loadings(maps: NDArray, k: int) -> NDArray:
    """First loadings, by the smaller of both products of the maps with themselves.

    A sample in which few people are different has fewer components; those that it lacks are 0.
    """
    centred = maps - maps.mean(axis=0)
    wide = maps.shape[0] < maps.shape[1]
    values, vectors = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)
    loadings = vectors[:, ::-1].T[:k] @ (centred if wide else np.eye(maps.shape[1]))
    known = values[::-1, None][:k] > ROUNDING * values[-1]
    length = np.linalg.norm(loadings, axis=1, keepdims=True)
    return np.where(known, loadings / np.where(known, length, 1), 0)


def subspace_angle(reference: NDArray, loadings: NDArray) -> float:
    """Largest principal angle between two subspaces.

    Parameters
    ----------
    reference, loadings : ndarray, shape (components, regions)
        Vectors that span them; they need not be orthogonal.

    Returns
    -------
    float
        In degrees; NaN for no vector.
    """
    if not len(reference):
        return np.nan
    one, other = (np.linalg.qr(vectors.T)[0] for vectors in (reference, loadings))
    smallest = np.linalg.svd(one.T @ other, compute_uv=False).min()
    return float(np.degrees(np.arccos(np.clip(smallest, -1, 1))))


def split_half_cosines(maps: NDArray, k: int, n: int, rng: np.random.Generator) -> NDArray:
    """Absolute cosines between components of one half of the people and of the other.

    Components of either half are matched with those of all people.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of people, one value per region.
    k : int
        Components that are matched.
    n : int
        Number of splits.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    ndarray, shape (k,)
        Means over splits.
    """
    half = len(maps) // 2
    k = min(k, half - 1)
    reference = _loadings(maps, k)
    total = np.zeros(k)
    for _ in range(n):
        order = rng.permutation(len(maps))
        halves = [_loadings(maps[rows], k) for rows in (order[:half], order[half : 2 * half])]
        one, other = (own[matched(reference, own)[0]] for own in halves)
        total += np.abs((one * other).sum(axis=1))
    return total / n


def leave_one_out_cosines(maps: NDArray, found: Components) -> NDArray:
    """Absolute cosines of components with those found without one person.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of people, one value per region.
    found : Components
        Components of all people.

    Returns
    -------
    ndarray, shape (people, components)
    """
    k = len(found.loadings)
    rows = [
        np.abs(matched(found.loadings, _loadings(np.delete(maps, person, axis=0), k))[1])
        for person in range(len(maps))
    ]
    return np.array(rows)
