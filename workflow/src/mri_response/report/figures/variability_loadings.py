"""Loadings of the first component of each effect, on the brain and as bars of regions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.hover import name_points
from mri_response.report.figures.style import (
    BLUE,
    DIVERGING,
    DOUBLE_COLUMN,
    VERMILION,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming
from mri_response.variability.run_tables import typed

#: Regions that have a bar.
SHOWN = 10
# Views, their axes and nilearn's name of the outline.
_VIEWS = (("From the left", "y", "z", "l"), ("From above", "x", "y", "z"))


@styled
def draw(variability_loadings: pd.DataFrame, names: Naming) -> Figure:
    """Draw the first component of each effect: every region in two views, the largest as bars.

    Parameters
    ----------
    variability_loadings : DataFrame
        The table ``variability_loadings.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    from nilearn.plotting.glass_brain import plot_brain_schematics

    table = typed(variability_loadings)
    table = table[table["component"] == 1]
    effects = list(dict.fromkeys(table["effect"]))
    figure = new_figure(DOUBLE_COLUMN, 18 + 66 * len(effects))
    suptitle(figure, names.title("Where the first component of change is"), DOUBLE_COLUMN)
    grid = figure.add_gridspec(len(effects), 3, width_ratios=[1, 0.8, 1.05])
    for row, effect in enumerate(effects):
        own = table[table["effect"] == effect]
        largest = own["loading"].abs().max()
        for column, (title, across, up, outline) in enumerate(_VIEWS):
            axes = figure.add_subplot(grid[row, column])
            bounds = plot_brain_schematics(axes, outline, linewidth=0.5, zorder=0)
            axes.set(xlim=bounds[:2], ylim=bounds[2:])
            shown = own.sort_values("x", ascending=False) if across == "y" else own.sort_values("z")
            drawn = axes.scatter(
                shown[across],
                shown[up],
                c=shown["loading"],
                cmap=DIVERGING,
                s=34,
                vmin=-largest,
                vmax=largest,
                edgecolors="#6B6B6B",
                linewidths=0.4,
            )
            name_points(drawn, shown["region"])
            axes.set_aspect("equal")
            own_title = f"{effect}, n = {own['n'].iloc[0]:.0f}\n{title}"
            axes.set(title=own_title if column == 0 else f"\n{title}")
            axes.set(xlabel=f"{across} (mm)", ylabel=f"{up} (mm)")
            if across == "y":
                axes.invert_xaxis()
        figure.colorbar(drawn, ax=axes, location="bottom", shrink=0.8, label="Loading")
        _bars(figure.add_subplot(grid[row, 2]), own)
    return figure


def _bars(axes: Any, own: pd.DataFrame) -> None:
    """Loadings of the largest size with their intervals."""
    rows = own.loc[own["loading"].abs().sort_values(ascending=False).index[:SHOWN]]
    rows = rows.sort_values("loading")
    y = np.arange(len(rows))
    colours = [VERMILION if value > 0 else BLUE for value in rows["loading"]]
    axes.barh(y, rows["loading"], color=colours, height=0.62, alpha=0.75)
    axes.hlines(y, rows["ci_low"], rows["ci_high"], color="black", linewidth=0.9)
    axes.axvline(0, color="black", linewidth=0.7)
    labels = [name.removesuffix("_thickness").replace("ctx_", "") for name in rows["region"]]
    axes.set_yticks(y, labels, fontsize=8)
    axes.set(title=f"\n{SHOWN} largest, 95 % interval", xlabel="Loading")
