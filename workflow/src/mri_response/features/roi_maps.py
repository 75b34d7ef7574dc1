"""Features of kind roi_maps: grey matter in the regions of an atlas."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mri_response.features.matrices import PathLike
from mri_response.inputs.atlases import Atlas
from mri_response.inputs.images import in_threads, load_map


def roi_features(
    paths: Sequence[PathLike],
    atlas: Atlas,
    statistic: str = "sum",
    resample: bool = False,
    threads: int = 1,
) -> pd.DataFrame:
    """Grey matter by region.

    Parameters
    ----------
    paths : sequence of path-like
        The maps of one cohort.
    atlas : Atlas
        On the reference grid.
    statistic : {"sum", "mean"}
        ``sum``: for modulated maps the grey-matter volume in ml, sum(value) * voxel volume in mm3
        / 1000. ``mean``: the mean value over the region's voxels.
    resample : bool, default False
        Whether maps may be on another grid than the atlas.
    threads : int, default 1
        Maps read at a time.

    Returns
    -------
    pandas.DataFrame, shape (maps, regions)
        Rows in the order of the paths, columns in the order of the atlas's table.

    Raises
    ------
    InputError
        If a map cannot be read on the grid of the atlas.
    """
    values_of = region_values(atlas, statistic)

    def row(path: PathLike) -> np.ndarray:
        return values_of(load_map(path, atlas.grid, resample))

    rows = list(in_threads(row, paths, threads))
    return pd.DataFrame(np.array(rows), columns=list(atlas.regions["region"]))


def region_values(atlas: Atlas, statistic: str = "sum") -> Callable[[np.ndarray], np.ndarray]:
    """How a map becomes regions.

    Parameters
    ----------
    atlas : Atlas
        Labels of the regions, on the grid of the maps.
    statistic : {"sum", "mean"}
        As in :func:`roi_features`.

    Returns
    -------
    callable
        From the values of a map on the grid of the atlas to those of the regions, shape (p,).
    """
    where = np.flatnonzero(atlas.inside)
    indices = atlas.regions["index"].to_numpy()
    order = np.argsort(indices)
    codes = order[np.searchsorted(indices, atlas.labels.ravel()[where], sorter=order)]
    sizes = np.bincount(codes, minlength=len(indices))
    if statistic == "sum":
        factors = np.full(len(indices), atlas.grid.voxel_volume_mm3 / 1000)
    elif statistic == "mean":
        factors = 1 / sizes
    else:
        raise ValueError(f"unknown statistic {statistic!r}")

    def values_of(values: np.ndarray) -> np.ndarray:
        # bincount adds in 64 bits.
        return np.bincount(codes, weights=values.ravel()[where], minlength=len(indices)) * factors

    return values_of
