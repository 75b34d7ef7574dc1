"""Draw a figure by its name: its module is a text in the rules, and imported in its job alone."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from matplotlib.figure import Figure

from mri_response.core.tables import read_tsv


def read_inputs(files: Mapping[str, Any]) -> dict[str, Any]:
    """Read the files of a figure's job.

    Parameters
    ----------
    files : mapping of str to path or list of path
        Tables (``.tsv``) and images by their names. Lists are left out: what draws from them opens
        the files that it needs itself.

    Returns
    -------
    dict
        Name to DataFrame, or to an image that was opened.
    """
    read: dict[str, Any] = {}
    for name, path in files.items():
        if str(path).endswith(".tsv"):
            read[name] = read_tsv(path)
        elif isinstance(path, str):
            import nibabel as nib  # imported here: most figures need no images

            read[name] = nib.load(path)
    return read


def drawn(name: str, given: Mapping[str, Any]) -> Figure:
    """Draw one figure.

    Parameters
    ----------
    name : str
        Its module in `mri_response.report.figures`, whose function ``draw`` is called.
    given : mapping of str to object
        What the function may ask for by the names of its parameters: what `read_inputs` returns,
        ``model``, ``names``, ``config``, and ``inputs`` for all that was read.

    Returns
    -------
    Figure

    Raises
    ------
    KeyError
        If the function has a parameter without a default that is not given.
    """
    draw = import_module(f"mri_response.report.figures.{name}").draw
    asked = inspect.signature(draw).parameters.values()
    needed = [one.name for one in asked if one.name in given or one.default is one.empty]
    return draw(**{name: given[name] for name in needed})
