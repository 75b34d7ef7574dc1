"""Weights and Haufe patterns on the brain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from mri_response.brain.images import weight_image
from mri_response.report.figures.brain_maps import brain_maps
from mri_response.report.naming import Naming


def draw(inputs: Mapping[str, Any], model: str, names: Naming) -> Figure:
    """Draw the Haufe pattern and the refitted weights of a model on the brain.

    Parameters
    ----------
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
    weight, haufe = (weight_image(inputs, kind) for kind in ("weight", "haufe"))
    direction = f"towards {names.leaning(-1)} (blue) or {names.leaning(1)} (red)"
    return brain_maps(
        {
            "Haufe pattern: where the signal is": (haufe, f"Haufe pattern, {direction}"),
            "Weights of the refitted model": (weight, f"Weight, {direction}"),
        },
        f"Weights on the brain, model {model}",
        names,
        glass=True,
    )
