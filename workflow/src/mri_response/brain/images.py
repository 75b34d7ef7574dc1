"""Weights of a model as images, and what stands out in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from nibabel.nifti1 import Nifti1Image
from numpy.typing import NDArray


def weight_image(inputs: Mapping[str, Any], kind: str) -> Nifti1Image:
    """Return one kind of weights of a model as an image.

    Parameters
    ----------
    inputs : mapping of str to object
        Either an image for each kind, or ``weights`` (the table ``weights/<model>.tsv``), ``atlas``
        (label image) and ``regions`` (the table of the atlas's labels).
    kind : str
        weight, haufe or weight_mean.

    Returns
    -------
    Nifti1Image
        On the grid of the features; 0 outside of them.
    """
    if "weights" not in inputs:
        return inputs[kind]
    table = inputs["weights"]
    values = dict(zip(table["region"], table[kind].astype(float), strict=True))
    return paint_regions(inputs["atlas"], inputs["regions"], values)


def paint_regions(
    atlas: Nifti1Image, regions: pd.DataFrame, values: Mapping[str, float]
) -> Nifti1Image:
    """Return an image that holds each region's value in the region's voxels.

    Parameters
    ----------
    atlas : Nifti1Image
        Label image.
    regions : DataFrame
        Columns index (label in the image) and region (name).
    values : mapping of str to float
        Value of each region by name. Regions without a value are 0.

    Returns
    -------
    Nifti1Image
        float32, on the atlas's grid.
    """
    labels = np.asarray(atlas.dataobj).astype(np.int64)
    index = regions["index"].astype(int).to_numpy()
    lookup = np.zeros(max(labels.max(), index.max()) + 1, dtype=np.float32)
    for label, region in zip(index, regions["region"], strict=True):
        lookup[label] = values.get(region, 0.0)
    lookup[0] = 0
    return Nifti1Image(lookup[np.maximum(labels, 0)], atlas.affine)


def typical_limit(values: NDArray[Any]) -> float:
    """Return the 99th percentile of the sizes of the values that are not 0.

    Parameters
    ----------
    values : ndarray
        Finite numbers; zeros are outside of the map.

    Returns
    -------
    float
        1 where all values are 0.
    """
    sizes = np.abs(values)
    drawn = sizes[sizes > 0]
    return float(np.percentile(drawn, 99)) if len(drawn) else 1.0


def strongest_voxel(values: NDArray[Any], smoothing: float) -> tuple[int, ...]:
    """Return the voxel around which the values are largest, whatever their sign.

    Parameters
    ----------
    values : ndarray, shape (x, y, z)
        Finite numbers; zeros are outside of the map.
    smoothing : float
        Standard deviation, in voxels, of the Gaussian that smooths the sizes of the values.

    Returns
    -------
    tuple of int
        Its indices.
    """
    # Imported here: it takes time to load, and one figure needs it.
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(np.abs(values), smoothing)
    return np.unravel_index(np.argmax(smooth), values.shape)


def planted_beside_found(
    planted: pd.DataFrame, weights: pd.DataFrame
) -> tuple[pd.DataFrame, float]:
    """Join what a simulation planted in each region with what a model found there.

    Parameters
    ----------
    planted : DataFrame
        The table ``simulation/planted.tsv``: region, planted (relative difference in %).
    weights : DataFrame
        The table ``weights/<model>.tsv``.

    Returns
    -------
    both : DataFrame
        Columns region, planted and haufe, numbers, for the regions of both tables.
    correlation : float
        Pearson's correlation; NaN where one side is constant.
    """
    both = planted[["region", "planted"]].merge(
        weights[["region", "haufe"]], on="region", how="inner", validate="one_to_one"
    )
    both = both.astype({"planted": float, "haufe": float})
    x, y = both["planted"].to_numpy(), both["haufe"].to_numpy()
    varied = np.ptp(x) > 0 and np.ptp(y) > 0
    return both, float(np.corrcoef(x, y)[0, 1]) if varied else np.nan
