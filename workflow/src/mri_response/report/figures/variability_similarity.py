"""How alike the changes of two people are, for all pairs."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.style import (
    DIVERGING,
    new_figure,
    styled,
    suptitle,
    width_of,
)
from mri_response.report.naming import Naming
from mri_response.variability.run_tables import typed


@styled
def draw(variability_similarity: pd.DataFrame, names: Naming) -> Figure:
    """Draw correlations of people's changes, those who are alike beside each other.

    Parameters
    ----------
    variability_similarity : DataFrame
        The table ``variability_similarity.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    table = typed(variability_similarity)
    effects = list(dict.fromkeys(table["effect"]))
    width = width_of(len(effects))
    figure = new_figure(width, 92)
    suptitle(figure, names.title("How alike people's changes are"), width)
    grid = figure.add_gridspec(1, len(effects))
    for column, effect in enumerate(effects):
        rows = table[table["effect"] == effect]
        wide = rows.pivot_table("r", "place", "place_other")
        axes = figure.add_subplot(grid[0, column])
        drawn = axes.imshow(wide, cmap=DIVERGING, vmin=-1, vmax=1, interpolation="nearest")
        axes.set(title=f"{effect}, n = {len(wide)}", xlabel="People", ylabel="People")
        axes.set_xticks([])
        axes.set_yticks([])
        figure.colorbar(drawn, ax=axes, shrink=0.8, label="Correlation over regions")
    return figure
