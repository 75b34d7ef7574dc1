"""What a simulation planted beside what a model found, on the brain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from nibabel.nifti1 import Nifti1Image

from mri_response.brain.images import weight_image
from mri_response.report.figures.brain_maps import brain_maps
from mri_response.report.naming import Naming, plural


def draw(
    planted_image: Nifti1Image, inputs: Mapping[str, Any], model: str, names: Naming
) -> Figure:
    """Draw the planted difference and the Haufe pattern found on the brain (simulation only).

    Parameters
    ----------
    planted_image : Nifti1Image
        Relative grey-matter difference in %.
    inputs : mapping of str to object
        Weights as :func:`mri_response.brain.images.weight_image` takes them.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    haufe = weight_image(inputs, "haufe")
    difference = (
        f"Difference in grey matter, {plural(names.positive)} minus {plural(names.negative)} (%)"
    )
    heading = "Planted" if np.any(planted_image.get_fdata()) else "Planted: nothing"
    direction = f"towards {names.negative} (blue) or {names.positive} (red)"
    return brain_maps(
        {
            heading: (planted_image, difference),
            "Found: Haufe pattern": (haufe, f"Haufe pattern, {direction}"),
        },
        f"Planted beside found on the brain, model {model}",
        names,
    )
