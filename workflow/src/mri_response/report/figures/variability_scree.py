"""Variance of components beside that of components of smooth maps."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.report.figures.hover import UNTOLD
from mri_response.report.figures.style import (
    BLUE,
    legend_below,
    new_figure,
    styled,
    suptitle,
    width_of,
)
from mri_response.report.naming import Naming
from mri_response.variability.run_tables import typed

_BAND = "#BFBFBF"


@styled
def draw(variability_components: pd.DataFrame, names: Naming) -> Figure:
    """Draw the variance of components with the median and the 95 % quantile of random maps.

    Parameters
    ----------
    variability_components : DataFrame
        The table ``variability_components.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    table = typed(variability_components)
    effects = list(dict.fromkeys(table["effect"]))
    width, columns = width_of(len(effects)), min(len(effects), 2)
    figure = new_figure(width, 90 - 9 * columns)
    suptitle(figure, names.title("Components of change beside random maps"), width)
    grid = figure.add_gridspec(2, len(effects), height_ratios=[1, 0.44 / columns])
    for column, effect in enumerate(effects):
        rows = table[table["effect"] == effect]
        axes = figure.add_subplot(grid[0, column])
        x = rows["component"]
        axes.fill_between(x, 0, 100 * rows["null_95"], color=_BAND, linewidth=0)
        axes.plot(x, 100 * rows["null_median"], color="#6B6B6B", linewidth=1, linestyle="--")
        axes.plot(x, 100 * rows["explained"], color=BLUE, linewidth=1, label=UNTOLD)
        for kept, face in ((True, BLUE), (False, "white")):
            own = rows[rows["retained"] == kept]
            points = (own["component"], 100 * own["explained"], "o")
            axes.plot(*points, color=BLUE, markerfacecolor=face, markersize=5)
        axes.set(title=f"{effect}, n = {rows['n'].iloc[0]:.0f}", xlabel="Component")
        axes.set_ylabel("Variance over people (%)" if column == 0 else "")
        axes.set_ylim(0)
        axes.set_xticks([value for value in x if value % 2 or len(x) < 8])
    handles = [
        Line2D([], [], color=BLUE, marker="o", markersize=5, label="Retained"),
        Line2D(
            [],
            [],
            color=BLUE,
            marker="o",
            markerfacecolor="white",
            markersize=5,
            label="Not retained",
        ),
        Line2D([], [], color="#6B6B6B", linestyle="--", label="Random maps, median"),
        Patch(color=_BAND, label="Random maps, up to the 95 % quantile"),
    ]
    legend_below(figure, grid[1, :], handles, ncols=columns)
    return figure
