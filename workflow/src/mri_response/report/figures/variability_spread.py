"""How much people's effects vary, region by region, under treatment and in the control arm."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mri_response.report.figures.style import (
    BLUE,
    VERMILION,
    new_figure,
    styled,
    suptitle,
    width_of,
)
from mri_response.report.naming import Naming
from mri_response.variability.run_tables import typed


@styled
def draw(variability_regions: pd.DataFrame, names: Naming) -> Figure:
    """Draw the SD of effects in the treated against controls or, without any, the mean effect.

    Parameters
    ----------
    variability_regions : DataFrame
        The table ``variability_regions.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    table = typed(variability_regions)
    effects = list(dict.fromkeys(table["effect"]))
    width = width_of(len(effects))
    figure = new_figure(width, 92)
    suptitle(figure, names.title("How much people's changes vary"), width)
    grid = figure.add_gridspec(1, len(effects))
    for column, effect in enumerate(effects):
        rows = table[table["effect"] == effect]
        axes = figure.add_subplot(grid[0, column])
        controlled = rows["sd_control"].notna().all()
        x, p = ("sd_control", "p_max_vr") if controlled else ("mean", "p_max")
        found = (rows[p] <= 0.05).to_numpy()
        groups = ((~found, BLUE, "o", "p > 0.05"), (found, VERMILION, "s", "p ≤ 0.05"))
        for own, colour, marker, word in groups:
            shown = rows[own]
            label = f"{word}: {len(shown)} regions"
            axes.plot(
                shown[x], shown["sd"], marker, color=colour, markersize=3.4, alpha=0.8, label=label
            )
        title = f"{effect}, n = {rows['n'].iloc[0]:.0f}"
        if controlled:
            ends = np.array([rows[[x, "sd"]].min().min(), rows[[x, "sd"]].max().max()])
            axes.plot(ends, ends, color="#6B6B6B", linewidth=0.8)
            title += f" and {rows['n_control'].iloc[0]:.0f}"
        what = "SD of change, control arm" if controlled else "Mean change"
        axes.set(title=title, xlabel=f"{what} (unit of the effect)")
        axes.set_ylabel(f"SD of change{', treated' if controlled else ''} (unit of the effect)")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.legend(loc="best")
    return figure
