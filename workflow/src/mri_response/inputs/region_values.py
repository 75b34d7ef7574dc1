"""Values of the regions of an atlas in a map."""

from collections.abc import Callable

import numpy as np

from mri_response.inputs.atlases import Atlas


def region_values(atlas: Atlas, statistic: str = "sum") -> Callable[[np.ndarray], np.ndarray]:
    """How a map becomes regions.

    Parameters
    ----------
    atlas : Atlas
        Labels of the regions, on the grid of the maps.
    statistic : {"sum", "mean"}
        As in :func:`mri_response.features.roi_maps.roi_features`.

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
