"""Smoothing and other grids, as nilearn does both, without its start of more than a second.

nilearn brings scikit-learn with it, of which nothing here is needed. Values are those of its
`smooth_img` and `resample_img` bit for bit, which tests compare.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Orders of the splines between voxels.
CONTINUOUS, NEAREST = 3, 0


def smoothed(values: NDArray[np.float32], affine: NDArray, fwhm_mm: float) -> NDArray[np.float32]:
    """Smooth a map with a Gaussian kernel.

    Parameters
    ----------
    values : ndarray of float32, three dimensions
        Finite.
    affine : ndarray, shape (4, 4)
        From voxel indices to mm.
    fwhm_mm : float
        Full width at half maximum of the kernel.

    Returns
    -------
    ndarray of float32, shape of the values
        Beyond the edges counts what they mirror.
    """
    from scipy.ndimage import gaussian_filter1d

    values = values.copy()
    edges_mm = np.sqrt(np.sum(affine[:3, :3] ** 2, axis=0))
    for axis, sigma in enumerate(fwhm_mm / (np.sqrt(8 * np.log(2)) * edges_mm)):
        gaussian_filter1d(values, sigma, output=values, axis=axis)
    return values


def resample(
    values: NDArray,
    affine: NDArray,
    target_affine: NDArray,
    target_shape: tuple[int, ...],
    order: int = CONTINUOUS,
) -> NDArray:
    """Values on another grid.

    Parameters
    ----------
    values : ndarray of float, three dimensions
        Finite.
    affine, target_affine : ndarray, shape (4, 4)
        From voxel indices to mm, of the values and of what is wanted.
    target_shape : tuple of int, length 3
        Numbers of voxels that are wanted.
    order : int
        Of the splines: `CONTINUOUS` or `NEAREST`.

    Returns
    -------
    ndarray, shape ``target_shape``
        Of the type of the values, 0 outside their box. Splines overshoot at edges: what lies beyond
        the range of the values and 0 is cut.
    """
    from scipy.linalg import inv
    from scipy.ndimage import affine_transform

    to_own = np.eye(4)
    if not np.array_equal(affine, target_affine):
        to_own = inv(affine) @ target_affine
    matrix, offset = to_own[:3, :3], to_own[:3, 3]
    # What scales each axis by itself has a quicker way.
    if np.array_equal(matrix, np.diag(np.diag(matrix))):
        matrix = np.diag(matrix)
    found = np.zeros(target_shape, dtype=values.dtype, order="F")
    affine_transform(
        values, matrix, offset=offset, output_shape=target_shape, output=found, order=order
    )
    return found.clip(min(values.min(), 0), max(values.max(), 0), out=found)


def covering_grid(
    shape: tuple[int, ...], affine: NDArray, voxel_size_mm: float
) -> tuple[tuple[int, ...], NDArray]:
    """The smallest upright grid of cubes that covers all voxels of another.

    Parameters
    ----------
    shape : tuple of int, length 3
        Numbers of voxels.
    affine : ndarray, shape (4, 4)
        From voxel indices to mm.
    voxel_size_mm : float
        Edge of a cube.

    Returns
    -------
    shape : tuple of int, length 3
    affine : ndarray, shape (4, 4)
    """
    to_cubes = np.linalg.inv(np.diag([*[voxel_size_mm] * 3, 1.0])) @ affine
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij")).reshape(3, 8)
    places = (to_cubes @ np.vstack([corners, np.ones(8)]))[:3]
    first, last = places.min(axis=1), places.max(axis=1)
    target = np.diag([*[float(voxel_size_mm)] * 3, 1.0])
    target[:3, 3] = target[:3, :3] @ first
    return tuple(int(n) + 1 for n in np.ceil(last - first)), target
