"""Maps of the demo's trial, and what was planted in them.

A map is the ICBM 2009 grey-matter template times a person's smooth positive field. The splines of
the field add up to 1 everywhere, so that any regional sum is exactly linear in their coefficients
(see :func:`roi_operator`). Nothing downstream of the files knows any of this.
"""

from collections.abc import Mapping
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd

from mri_response.inputs.atlases import Atlas
from mri_response.inputs.images import resampled
from mri_response.simulation.field import SmoothField, project, smooth_field

#: Step of the stored integers, and the largest value that they can hold.
STEP, LARGEST = 1e-4, 3.2767


def grey_matter_map(simulation: Mapping[str, Any], coefficients: np.ndarray) -> np.ndarray:
    """Make the map of one person, before it is stored in steps of :data:`STEP`.

    Parameters
    ----------
    simulation : mapping
        The section ``simulation`` of the configuration, of which voxel_size_mm is read.
    coefficients : numpy.ndarray, shape (knots,)
        Of the person's field.

    Returns
    -------
    numpy.ndarray, shape of the grid
    """
    model = smooth_field(float(simulation["voxel_size_mm"]))
    return model.template * model.field(coefficients)


def roi_operator(simulation: Mapping[str, Any], atlas: Atlas) -> np.ndarray:
    """Regional grey matter as a linear function of the coefficients.

    Parameters
    ----------
    simulation : mapping
        The section ``simulation`` of the configuration, of which voxel_size_mm is read.
    atlas : Atlas
        On the simulation's grid.

    Returns
    -------
    numpy.ndarray, shape (regions, knots)
        In ml: ``roi_operator(...) @ coefficients`` is what
        :func:`features.roi_maps.roi_features` finds in the map, up to its storage in integers.

    Raises
    ------
    ValueError
        If the atlas is on another grid.
    """
    model = smooth_field(float(simulation["voxel_size_mm"]))
    if not atlas.grid.matches(model.grid.shape, model.grid.affine):
        raise ValueError(f"atlas on {atlas.grid}, simulation on {model.grid}")
    factor = model.grid.voxel_volume_mm3 / 1000
    return np.array(
        [
            factor * project(model, np.where(atlas.labels == index, model.template, 0)).ravel()
            for index in atlas.regions["index"]
        ]
    )


def planted_table(simulation: Mapping[str, Any], atlas: Atlas) -> pd.DataFrame:
    """What was planted, by region.

    Parameters
    ----------
    simulation : mapping
        The section ``simulation`` of the configuration, of which effect and voxel_size_mm are read.
    atlas : Atlas
        Atlas on any grid.

    Returns
    -------
    pandas.DataFrame
        ``region`` and ``planted``: relative difference in grey matter, responders minus
        non-responders, in % of the latter.
    """
    model, maps = _planted_maps(simulation)
    sums = []
    for values in maps:
        if not atlas.grid.matches(model.grid.shape, model.grid.affine):
            values = resampled(values.astype(np.float32), model.grid, atlas.grid)
        sums.append(
            [values[atlas.labels == index].sum(dtype=float) for index in atlas.regions["index"]]
        )
    responders, others = np.array(sums)
    return pd.DataFrame(
        {"region": atlas.regions["region"], "planted": 100 * (responders / others - 1)}
    )


def planted_image(simulation: Mapping[str, Any]) -> nib.Nifti1Image:
    """What was planted, by voxel.

    Parameters
    ----------
    simulation : mapping
        The section ``simulation`` of the configuration, of which effect and voxel_size_mm are read.

    Returns
    -------
    nibabel.Nifti1Image
        In %, as in :func:`planted_table`; 0 outside the brain.
    """
    model, (responders, others) = _planted_maps(simulation)
    difference = np.zeros(model.grid.shape, dtype=np.float32)
    brain = others > 0
    difference[brain] = 100 * (responders[brain] / others[brain] - 1)
    return nib.Nifti1Image(difference, model.grid.affine)


def _planted_maps(simulation: Mapping[str, Any]) -> tuple[SmoothField, list[np.ndarray]]:
    """Maps of a responder and of a non-responder without any noise."""
    model = smooth_field(float(simulation["voxel_size_mm"]))
    effect = simulation["effect"] * (model.frontal - model.cerebellar)
    return model, [model.template * model.field(np.exp(half * effect)) for half in (0.5, -0.5)]
