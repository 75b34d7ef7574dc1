"""What a simulation planted against what a model found, region by region."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mri_response.brain.images import planted_beside_found
from mri_response.report.figures.hover import name_points
from mri_response.report.figures.points import number_points
from mri_response.report.figures.style import (
    DOUBLE_COLUMN,
    GREY,
    NEGATIVE,
    POSITIVE,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import hanging, wrap
from mri_response.report.naming import Naming, plural
from mri_response.report.region_names import readable_regions


@styled
def draw(
    planted: pd.DataFrame, weights: pd.DataFrame, model: str, names: Naming, label: int = 6
) -> Figure:
    """Draw each region's planted difference against its Haufe pattern (simulation only).

    Parameters
    ----------
    planted : DataFrame
        The table ``simulation/planted.tsv``: region, planted (relative difference in %).
    weights : DataFrame
        The table ``weights/<model>.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.
    label : int
        How many of the strongest regions on either side are numbered and named.

    Returns
    -------
    Figure
    """
    both, correlation = planted_beside_found(planted, weights)
    x, y = both["planted"].to_numpy(), both["haufe"].to_numpy()
    order = np.argsort(y, kind="stable")
    chosen = [*order[::-1][:label], *order[:label]][: len(y)]
    texts = readable_regions(both["region"])
    title = names.title(f"Planted beside found, model {model}")
    figure = new_figure(DOUBLE_COLUMN, 96)
    suptitle(figure, title, DOUBLE_COLUMN)
    axes, key = figure.subplots(1, 2, width_ratios=[100, 74])
    axes.axhline(0, color=GREY, linewidth=0.7)
    axes.axvline(0, color=GREY, linewidth=0.7)
    colour = np.where(x > 0, POSITIVE, np.where(x < 0, NEGATIVE, GREY))
    points = axes.scatter(x, y, s=16, c=colour, linewidths=0, alpha=0.85)
    name_points(points, texts)
    groups = f"{plural(names.positive)} minus {plural(names.negative)}"
    axes.set(
        xlabel=wrap(f"Planted difference in grey matter, {groups} (%)", 92),
        ylabel="Haufe pattern found",
    )
    axes.margins(0.07)
    number_points(axes, x[chosen], y[chosen])
    together = f"correlation r = {correlation:.2f}" if correlation == correlation else _constant(x)
    axes.set_title(f"{len(both)} regions, {together}")
    key.axis("off")
    key.set_title("Strongest patterns found")
    text = "\n".join(hanging(str(k), texts[i], 68) for k, i in enumerate(chosen, start=1))
    key.text(0, 0.99, text, va="top", linespacing=1.45, transform=key.transAxes)
    labels = {
        POSITIVE: f"Planted: more in {plural(names.positive)}",
        NEGATIVE: f"Planted: more in {plural(names.negative)}",
        GREY: "Nothing planted",
    }
    handles = [Patch(color=one, label=text) for one, text in labels.items() if one in colour]
    figure.legend(handles=handles, loc="outside lower left", ncols=3)
    return figure


def _constant(planted: np.ndarray) -> str:
    """Why there is no correlation."""
    return "no correlation: all alike" if planted.any() else "nothing planted"
