"""The smooth field of a simulated map: a sum of cubic B-splines on a grid of knots."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mri_response.inputs.atlases import load_atlas
from mri_response.inputs.images import Grid, template_map

#: Distance of the spline knots, in mm: of the fine field and of the coarse ones.
FINE_MM, COARSE_MM = 12.0, 48.0
#: Template values below this are outside the brain.
FLOOR = 0.02


@dataclass(frozen=True, eq=False)
class SmoothField:
    """What all people share on one grid of voxels.

    Attributes
    ----------
    grid : Grid
        Grid of the maps.
    template : numpy.ndarray, shape of the grid
        Grey matter of the template, from 0 to 1.
    splines : tuple of numpy.ndarray, shape (voxels, knots)
        Splines of the fine field along each axis.
    coarse : tuple of numpy.ndarray, shape (knots, coarse knots)
        Splines of the coarse field at the knots of the fine one, along each axis.
    frontal, cerebellar : numpy.ndarray, shape `knots`
        Part of the grey matter around each knot that is frontal, or of the cerebellum.
    """

    grid: Grid
    template: np.ndarray
    splines: tuple[np.ndarray, np.ndarray, np.ndarray]
    coarse: tuple[np.ndarray, np.ndarray, np.ndarray]
    frontal: np.ndarray
    cerebellar: np.ndarray

    @property
    def knots(self) -> tuple[int, int, int]:
        """Number of knots of the fine field along each axis."""
        return tuple(axis.shape[1] for axis in self.splines)

    def at_knots(self, coarse: np.ndarray) -> np.ndarray:
        """Evaluate a coarse field at the knots of the fine one.

        Parameters
        ----------
        coarse : numpy.ndarray, shape (coarse knots along x, y, z)
            Coefficients of the coarse field.

        Returns
        -------
        numpy.ndarray, shape `knots`
        """
        return _expand(coarse, self.coarse)

    def field(self, coefficients: np.ndarray) -> np.ndarray:
        """Evaluate the field at every voxel.

        Parameters
        ----------
        coefficients : numpy.ndarray, shape (product of `knots`,)
            Of the splines.

        Returns
        -------
        numpy.ndarray, shape of the grid
        """
        return _expand(coefficients.reshape(self.knots), self.splines)


@lru_cache(maxsize=2)
def smooth_field(voxel_size_mm: float) -> SmoothField:
    """Lay the splines on the template's grid, and find what is frontal and what is cerebellum.

    Parameters
    ----------
    voxel_size_mm : float
        Edge of a voxel, in mm.

    Returns
    -------
    SmoothField
    """
    template = template_map(voxel_size_mm)
    grid = Grid.of(template)
    grey = template.get_fdata()
    grey = np.where(grey < FLOOR, 0.0, np.minimum(grey, 1.0))
    axes = [
        grid.affine[axis, 3] + grid.affine[axis, axis] * np.arange(grid.shape[axis])
        for axis in range(3)
    ]
    knots = [_knots(axis, FINE_MM) for axis in axes]
    splines = tuple(
        _splines(axis, points, FINE_MM) for axis, points in zip(axes, knots, strict=True)
    )
    coarse = tuple(_splines(points, _knots(points, COARSE_MM), COARSE_MM) for points in knots)
    model = SmoothField(grid, grey, splines, coarse, np.zeros(1), np.zeros(1))
    atlas = load_atlas("neuromorphometrics", grid)
    parts = {}
    total = project(model, grey)
    for lobe in ("frontal", "cerebellum"):
        indices = atlas.regions["index"][atlas.regions["lobe"] == lobe]
        part = project(model, np.where(np.isin(atlas.labels, indices), grey, 0))
        parts[lobe] = np.divide(part, total, out=np.zeros_like(total), where=total > 0)
    return SmoothField(grid, grey, splines, coarse, parts["frontal"], parts["cerebellum"])


def _knots(points: np.ndarray, distance: float) -> np.ndarray:
    """Knots at multiples of the distance, alike on both sides of 0, whose splines cover all."""
    reach = math.ceil(np.abs(points).max() / distance) + 1
    return distance * np.arange(-reach, reach + 1)


def _splines(points: np.ndarray, knots: np.ndarray, distance: float) -> np.ndarray:
    """Cubic B-splines of equidistant knots, shape (points, knots); rows sum to 1."""
    t = np.abs(points[:, None] - knots) / distance
    return np.where(t < 1, 2 / 3 - t**2 + t**3 / 2, np.where(t < 2, (2 - t) ** 3 / 6, 0.0))


# np.einsum without its optimiser adds in a fixed order; a threaded matrix product may not.
def _expand(coefficients: np.ndarray, axes: tuple[np.ndarray, ...]) -> np.ndarray:
    values = np.einsum("xi,ijk->xjk", axes[0], coefficients)
    values = np.einsum("yj,xjk->xyk", axes[1], values)
    return np.einsum("zk,xyk->xyz", axes[2], values)


def project(model: SmoothField, weights: np.ndarray) -> np.ndarray:
    """Sum weight times spline over the voxels, for each spline.

    Parameters
    ----------
    model : SmoothField
        Whose splines are meant.
    weights : numpy.ndarray, shape of the grid
        Weight of each voxel.

    Returns
    -------
    numpy.ndarray, shape `knots`
    """
    values = np.einsum("zk,xyz->xyk", model.splines[2], weights)
    values = np.einsum("yj,xyk->xjk", model.splines[1], values)
    return np.einsum("xi,xjk->ijk", model.splines[0], values)
