"""Regions with the strongest patterns, and their weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mri_response.report.figures.forest import without_axis
from mri_response.report.figures.style import (
    BAND,
    BLACK,
    DOUBLE_COLUMN,
    NEGATIVE,
    POSITIVE,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import line_count, wrap
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number
from mri_response.report.region_names import readable_regions


@styled
def draw(weights: pd.DataFrame, model: str, names: Naming, top: int = 20) -> Figure:
    """Draw the regions with the strongest Haufe pattern, weights of the same regions beside.

    Parameters
    ----------
    weights : DataFrame
        The table ``weights/<model>.tsv``: region, weight, haufe, null_low, null_high.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.
    top : int
        Number of regions, by absolute Haufe pattern.

    Returns
    -------
    Figure

    References
    ----------
    Haufe S et al. On the interpretation of weight vectors of linear models in multivariate
    neuroimaging. NeuroImage 2014;87:96-110.
    """
    frame = weights.assign(
        text=readable_regions(weights["region"]),
        weight=as_number(weights["weight"]),
        haufe=as_number(weights["haufe"]),
        low=as_number(weights["null_low"]),
        high=as_number(weights["null_high"]),
    )
    order = np.argsort(-np.abs(frame["haufe"].to_numpy()), kind="stable")[:top]
    frame = frame.iloc[order].sort_values("haufe", kind="stable")
    title = names.title(f"Regions with the strongest pattern, model {model}")
    texts = [wrap(text, 72) for text in frame["text"]]
    tallest = max(line_count(text) for text in texts)
    height = 34 + len(frame) * (4.4 if tallest == 1 else 3.6 * tallest)
    figure = new_figure(DOUBLE_COLUMN, height)
    suptitle(figure, title, DOUBLE_COLUMN)
    figure.get_layout_engine().set(wspace=0.05)
    left, right = figure.subplots(1, 2, sharey=True)
    panels = (
        (left, "haufe", "Haufe pattern: where the signal is", "Pattern, unit norm"),
        (right, "weight", "Weights of the refitted model", "Weight per SD, unit norm"),
    )
    positions = np.arange(len(frame))
    low, high = frame["low"].to_numpy(), frame["high"].to_numpy()
    left.barh(positions, high - low, left=low, height=1, color=BAND, linewidth=0)
    for axes, column, heading, label in panels:
        values = frame[column].to_numpy()
        axes.barh(positions, values, color=np.where(values > 0, POSITIVE, NEGATIVE), height=0.5)
        axes.axvline(0, color=BLACK, linewidth=0.7)
        beside = [low, high] if axes is left else []
        limit = 1.05 * max(np.nanmax(np.abs([values, *beside])), 1e-12)
        axes.set(xlim=(-limit, limit), xlabel=label)
        axes.set_title(heading)
        axes.locator_params(axis="x", nbins=5)
        without_axis(axes)
    left.set_yticks(positions, texts)
    left.set_ylim(-0.6, len(frame) - 0.4)
    handles = [
        Patch(color=POSITIVE, label=f"Towards {names.leaning(1)}"),
        Patch(color=NEGATIVE, label=f"Towards {names.leaning(-1)}"),
        Patch(color=BAND, label="95 % of permutations"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=3)
    return figure
