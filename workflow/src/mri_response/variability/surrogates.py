"""Maps that are as smooth as given ones and otherwise random.

A map of the brain is smooth, so that its regions are no independent observations. All surrogates
here keep how smooth a map is, by the eigenvectors of the inverse distances of regions (Moran's
eigenvectors, from the widest to the finest pattern). Both hemispheres have one basis, that of
their mean distances, and maps are taken apart into the sum and the difference of the hemispheres:
so the correlation of homotopic regions is kept too.

References
----------
Wagner HH, Dray S (2015). Generating spatially constrained null models for irregularly spaced data
using Moran spectral randomization methods. Methods in Ecology and Evolution 6, 1169-1178.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from mri_response.inputs.parcels import POSITION, common_side, pairs_of

#: Surrogates of the maps of people, by name.
PEOPLE_NULLS = ("smooth", "moran", "within_region")
# Rounds after which sizes and spectrum of people's maps change no more, and the smallest size.
_ROUNDS, _SMALLEST = 20, 1e-6


@dataclass(frozen=True, eq=False)
class Modes:
    """Orthonormal patterns over the regions, from wide to fine.

    Attributes
    ----------
    patterns : ndarray, shape (regions, regions)
        A pattern per column.
    constant : ndarray of bool, shape (regions,)
        Which patterns are constant over the regions of a hemisphere.
    """

    patterns: NDArray
    constant: NDArray


def inverse_distances(points: NDArray) -> NDArray:
    """Weights of pairs of regions: one over their distance, none with themselves.

    Parameters
    ----------
    points : ndarray, shape (regions, 3)
        Places of the regions.

    Returns
    -------
    ndarray, shape (regions, regions)
    """
    distance = cdist(points, points)
    np.fill_diagonal(distance, np.inf)
    return 1 / distance


def moran_patterns(weights: NDArray) -> NDArray:
    """Eigenvectors of weights between regions, orthogonal to the constant.

    They are found inside the space of patterns with mean 0, so that the constant is none of them
    however many eigenvalues are equal.

    Parameters
    ----------
    weights : ndarray, shape (regions, regions)
        Nearness of every pair of regions, a symmetric matrix.

    Returns
    -------
    ndarray, shape (regions, regions - 1)
        In columns, those of positive autocorrelation first.
    """
    n = len(weights)
    start = np.column_stack([np.ones(n), np.eye(n)[:, : n - 1]])
    inside = np.linalg.qr(start)[0][:, 1:]
    _, vectors = np.linalg.eigh(inside.T @ weights @ inside)
    return inside @ vectors[:, ::-1]


def modes_of(parcels: pd.DataFrame) -> Modes:
    """Patterns of some regions: of one hemisphere, or sums and differences of both.

    Parameters
    ----------
    parcels : pandas.DataFrame
        As :func:`mri_response.inputs.parcels.parcels_of` returns it.

    Returns
    -------
    Modes
    """
    pairs = pairs_of(parcels)
    points = common_side(parcels, pairs, POSITION)
    own = np.column_stack(
        [np.full(len(points), len(points) ** -0.5), moran_patterns(inverse_distances(points))]
    )
    first = np.arange(len(points)) == 0
    if pairs is None:
        return Modes(own, first)
    patterns = np.zeros((len(parcels), len(parcels)))
    for sign, columns in ((1, slice(0, len(points))), (-1, slice(len(points), None))):
        patterns[pairs[0], columns] = own / np.sqrt(2)
        patterns[pairs[1], columns] = sign * own / np.sqrt(2)
    return Modes(patterns, np.concatenate([first, first]))


def sizes_and_spectrum(found: NDArray) -> tuple[NDArray, NDArray]:
    """Size of each person's map and variance of each pattern, as if each map were both at once.

    The two are found in turn until they fit each other (maximum likelihood for Gaussian maps whose
    variances are a size times a spectrum). A size that were the length of a map would follow its
    widest pattern, and random maps would lack some of that pattern's variance.

    Parameters
    ----------
    found : ndarray, shape (people, patterns)
        Coefficients of the maps.

    Returns
    -------
    sizes : ndarray, shape (people, 1)
        Standard deviations, whose squares have mean 1.
    spectrum : ndarray, shape (patterns,)
        Variance of each pattern over people.
    """
    squares = found**2
    used = squares.sum(axis=0) > 0
    sizes = np.ones((len(found), 1))
    for _ in range(_ROUNDS):
        spectrum = (squares / sizes).mean(axis=0)
        sizes = (squares[:, used] / spectrum[used]).mean(axis=1, keepdims=True)
        sizes = np.maximum(sizes / sizes.mean(), _SMALLEST)
    return np.sqrt(sizes), (squares / sizes).mean(axis=0)


def people_surrogates(
    maps: NDArray, modes: Modes | None, null: str, rng: np.random.Generator
) -> Callable[[int], NDArray]:
    """Source of maps of people that have nothing in common but how smooth they are.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps; the mean over people is taken out first.
    modes : Modes or None
        Patterns of the regions; None is enough for ``within_region``.
    null : {"smooth", "moran", "within_region"}
        Gaussian maps with the spectrum of all people and the size of each person's own map; each
        person's own patterns with random signs; or each region's values permuted over people, which
        keeps nothing of how smooth maps are.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    callable
        From a number n to n sets of maps, shape (n, people, regions).
    """
    centred = maps - maps.mean(axis=0)
    if null == "within_region":
        return lambda n: rng.permuted(np.broadcast_to(centred, (n, *centred.shape)), axis=1)
    if modes is None:
        raise ValueError(f"the null {null} needs the places of regions")
    found = centred @ modes.patterns
    if null == "moran":
        return lambda n: (
            (found * rng.choice([-1.0, 1.0], size=(n, *found.shape))) @ modes.patterns.T
        )
    sizes, spectrum = sizes_and_spectrum(found)
    # The sign of a pattern is arbitrary. That of its skewness over people makes the maps drawn the
    # same in any order of the regions.
    skewed = np.where((found**3).sum(axis=0) < 0, -1.0, 1.0)
    spread = sizes * np.sqrt(spectrum) * skewed
    return lambda n: (spread * rng.standard_normal((n, *found.shape))) @ modes.patterns.T


def moran_surrogates(values: NDArray, modes: Modes, n: int, rng: np.random.Generator) -> NDArray:
    """Maps with the mean, the variance and Moran's I of a map.

    Parameters
    ----------
    values : ndarray, shape (regions,)
        Value of the map in each region.
    modes : Modes
        Patterns of the regions, of one hemisphere.
    n : int
        Number of surrogates.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    ndarray, shape (n, regions)
    """
    found = values @ modes.patterns
    signs = rng.choice([-1.0, 1.0], size=(n, len(found)))
    signs[:, modes.constant] = 1
    return (signs * found) @ modes.patterns.T


def morans_i(values: NDArray, weights: NDArray) -> NDArray:
    """Moran's I of maps.

    Parameters
    ----------
    values : ndarray, shape (..., regions)
        Maps, one value per region.
    weights : ndarray, shape (regions, regions)
        As `inverse_distances` returns it.

    Returns
    -------
    ndarray, shape (...)
    """
    centred = values - values.mean(axis=-1, keepdims=True)
    scale = values.shape[-1] / weights.sum() / (centred**2).sum(axis=-1)
    return scale * ((centred @ weights) * centred).sum(axis=-1)
