"""Measures of the quality of scans, and how far each is from the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mri_response.config.source_kinds import QUALITY_WORDS
from mri_response.features.comparable import outside_part
from mri_response.features.matrices import PathLike
from mri_response.features.voxels import template_values
from mri_response.inputs.atlases import Atlas
from mri_response.inputs.images import Grid, load_map, open_image
from mri_response.inputs.region_values import region_values

#: What is measured of every scan, in words.
MEASURES = {
    "tiv": "total intracranial volume (ml)",
    "map_mean": "mean of the map",
    "mean_correlation": "correlation with the mean map",
    "mahalanobis": "Mahalanobis distance of the regions",
}
#: What a rule of exclusion may name, in words.
RULES = {
    **MEASURES,
    **QUALITY_WORDS,
    "resemblance": "correlation with the scan of another person",
}
#: Rows below which a median and a MAD say little, so that nobody is compared with the others.
FEWEST = 10
#: Distance between the voxels of which maps are correlated, in mm.
SPACING_MM = 3.0
#: Side on which a measure is suspicious: below the others, above them, or both.
_SIDES = {"tiv": 0, "map_mean": 0, "mean_correlation": -1, "mahalanobis": 1}


def robust_z(values: ArrayLike) -> NDArray[np.float64]:
    """Distance from the median in robust standard deviations (1.4826 MAD).

    Parameters
    ----------
    values : array_like, shape (n,) or (n, p)
        NaN where missing.

    Returns
    -------
    ndarray, shape of the values
        NaN where the value is missing, where fewer than `FEWEST` are there, and where more than
        half of them are equal.

    References
    ----------
    Iglewicz B, Hoaglin DC (1993). How to Detect and Handle Outliers. ASQC Quality Press (they call
    |z| above 3.5 an outlier).
    """
    from scipy.stats import median_abs_deviation  # takes time to import; only needed here

    values = np.asarray(values, dtype=float)
    result = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    if (known.sum(axis=0) < FEWEST).all():
        return result
    scale = np.asarray(median_abs_deviation(values, axis=0, scale="normal", nan_policy="omit"))
    usable = (known.sum(axis=0) >= FEWEST) & (scale > 0)
    difference = values - np.nanmedian(values, axis=0)
    np.divide(difference, scale, out=result, where=known & usable)
    return result


def correlation_with_others(values: NDArray, person: NDArray[np.intp]) -> NDArray[np.float64]:
    """Correlation of each map with the mean map of the other people.

    The sample-homogeneity check of CAT12, with the person left out of the mean: a bad scan in a
    small cohort would otherwise be compared with itself. Every person weighs the same in the mean.

    Parameters
    ----------
    values : ndarray, shape (n, q)
        Voxels of each row.
    person : ndarray of int, shape (n,)
        Number of each row's person.

    Returns
    -------
    ndarray, shape (n,)
        NaN where there is nobody else, or a map is the same everywhere.

    References
    ----------
    Gaser C, Dahnke R, Thompson PM, Kurth F, Luders E, The Alzheimer's Disease Neuroimaging
    Initiative (2024). CAT: a computational anatomy toolbox for the analysis of structural MRI
    data. GigaScience 13, giae049.
    """
    numbers, rows = np.unique(person, return_counts=True)
    weight = 1.0 / rows[np.searchsorted(numbers, person)]
    result = np.full(len(values), np.nan)
    if len(numbers) < 2:
        return result
    total = np.zeros(values.shape[1])
    for row, w in zip(values, weight, strict=True):
        total += w * row
    for number in numbers:
        own = np.flatnonzero(person == number)
        mean = total - sum(weight[i] * values[i].astype(float) for i in own)
        mean -= mean.mean()
        for i in own:
            row = values[i] - values[i].mean(dtype=float)
            spread = np.sqrt((row**2).sum() * (mean**2).sum())
            if spread > 0:
                result[i] = (row * mean).sum() / spread
    return result


def mahalanobis_from_others(
    z: NDArray, person: NDArray[np.intp], clip: float = 3.5
) -> NDArray[np.float64]:
    """Mahalanobis distance of each row from the median, by the covariance of the other people.

    There are often more regions than people, so that the sample covariance has no inverse: it is
    shrunk towards a multiple of the identity by as much as Ledoit and Wolf estimate. Two further
    things keep a bad scan from hiding itself: its own rows are left out of the covariance, and in
    that of the others no value counts for more than `clip`.

    Parameters
    ----------
    z : ndarray, shape (n, p)
        Regions as `robust_z`, without missing values.
    person : ndarray of int, shape (n,)
        Number of each row's person.
    clip : float
        Largest size that a value counts for in the covariance, in robust standard deviations.

    Returns
    -------
    ndarray, shape (n,)
        About the root of p for an inconspicuous row; NaN with fewer than `FEWEST` rows.

    Notes
    -----
    With the shrinkage of the whole cohort, the covariance without a person is that of all rows
    less a matrix of low rank, so that one inverse serves everybody (Sherman, Morrison and
    Woodbury).

    References
    ----------
    Ledoit O, Wolf M (2004). A well-conditioned estimator for large-dimensional covariance
    matrices. Journal of Multivariate Analysis 88, 365-411.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage  # takes a second to import

    n, p = z.shape
    if n < FEWEST or p == 0:
        return np.full(n, np.nan)
    inner = np.clip(z, -clip, clip)
    shrinkage = ledoit_wolf_shrinkage(inner, assume_centered=True)
    product = inner.T @ inner
    target = shrinkage * np.trace(product) / n / p * np.eye(p)
    numbers, rows = np.unique(person, return_counts=True)
    squared = np.full(n, np.nan)
    for k in np.unique(rows):
        if k == n:
            continue
        share = (1 - shrinkage) / (n - k)
        covariance = share * product + target
        solved_z, solved_inner = (np.linalg.solve(covariance, x.T).T for x in (z, inner))
        for number in numbers[rows == k]:
            own = np.flatnonzero(person == number)
            cross = z[own] @ solved_inner[own].T
            left = np.linalg.solve(np.eye(k) - share * inner[own] @ solved_inner[own].T, cross.T)
            squared[own] = (z[own] * solved_z[own]).sum(axis=1)
            squared[own] += share * (cross * left.T).sum(axis=1)
    return np.sqrt(squared)


class MapMeasures(NamedTuple):
    """What one pass over the maps of a cohort leaves.

    Attributes
    ----------
    mean : ndarray, shape (n,)
        Mean of each map inside the mask.
    voxels : ndarray of float32, shape (n, q)
        Voxels of the mask some mm apart.
    regions : DataFrame, shape (n, p)
        Sums of the regions in ml; no column without an atlas.
    outside : ndarray, shape (n,)
        Part of the mask that each map does not show, see
        :func:`mri_response.features.comparable.outside_part`.
    template : ndarray, shape (q,)
        Grey-matter template in the voxels.
    """

    mean: NDArray[np.float64]
    voxels: NDArray[np.float32]
    regions: pd.DataFrame
    outside: NDArray[np.float64]
    template: NDArray[np.float64]


def read_maps(
    paths: Sequence[PathLike],
    mask: NDArray[np.bool_],
    grid: Grid,
    atlas: Atlas | None = None,
    resample: bool = False,
) -> MapMeasures:
    """Read every map of a cohort once, one at a time.

    Parameters
    ----------
    paths : sequence of path-like
        The maps of one cohort.
    mask : ndarray of bool, shape of the grid
        Voxels in which maps are measured.
    grid : Grid
        The reference grid.
    atlas : Atlas, optional
        On the same grid.
    resample : bool
        Whether maps may be on another grid.

    Returns
    -------
    MapMeasures
        Of a map only every second, third ... voxel along each axis is kept, about `SPACING_MM`
        apart, as in CAT12: 0.2 MB a map, which says as much of its likeness to others as all.
    """
    steps = np.maximum(1, np.rint(SPACING_MM / np.linalg.norm(grid.affine[:3, :3], axis=0)))
    thinned = np.zeros_like(mask)
    thinned[tuple(slice(None, None, int(step)) for step in steps)] = True
    where, kept = np.flatnonzero(mask), np.flatnonzero(mask & thinned)
    regions_of = region_values(atlas, "sum") if atlas else None
    names = list(atlas.regions["region"]) if atlas else []
    template = template_values(grid).ravel()[kept]
    outside = np.empty(len(paths))
    mean, voxels, regions = np.empty(len(paths)), np.empty((len(paths), len(kept)), np.float32), []
    for row, path in enumerate(paths):
        values = load_map(path, grid, resample)
        flat = values.ravel()
        mean[row], voxels[row] = flat[where].mean(dtype=float), flat[kept]
        regions.append(regions_of(values) if regions_of else [])
        outside[row] = outside_part(values, Grid.of(open_image(path)), grid, mask)
    table = pd.DataFrame(regions, columns=names, index=range(len(paths)))
    return MapMeasures(mean, voxels, table, outside, template)
