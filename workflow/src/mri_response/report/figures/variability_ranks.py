"""Tested genes among all genes of the table of expression."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.style import (
    BLUE,
    VERMILION,
    message,
    new_figure,
    styled,
    suptitle,
    width_of,
)
from mri_response.report.naming import Naming
from mri_response.variability.run_tables import typed

_LARGEST = 6
_NUMBERS = ("n", "n_regions")


@styled
def draw(
    variability_gene_ranks: pd.DataFrame, variability_genes: pd.DataFrame, names: Naming
) -> Figure:
    """Draw correlations of all genes with a map in their order, and where the tested ones are.

    Parameters
    ----------
    variability_gene_ranks : DataFrame
        The table ``variability_gene_ranks.tsv``.
    variability_genes : DataFrame
        The table ``variability_genes.tsv``, which has the numbers of people and regions.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    table = typed(variability_gene_ranks)
    if table.empty:
        return message("Tested genes among all genes", "No component is retained.")
    people, regions = (typed(variability_genes).groupby("effect")[c].first() for c in _NUMBERS)
    panels = list(table.groupby(["effect", "map"], sort=False))[:_LARGEST]
    columns = min(len(panels), 3)
    lines, width = -(-len(panels) // columns), width_of(columns)
    figure = new_figure(width, 18 + 62 * lines)
    suptitle(figure, names.title("Tested genes among all genes"), width)
    grid = figure.add_gridspec(lines, columns)
    for place, ((effect, name), rows) in enumerate(panels):
        axes = figure.add_subplot(grid[place // columns, place % columns])
        rows = rows.sort_values("r").reset_index(drop=True)
        axes.plot(np.arange(1, len(rows) + 1), rows["r"], ".", color=BLUE, markersize=3)
        for at, row in rows[rows["tested"]].iterrows():
            axes.plot([at + 1], [row["r"]], "s", color=VERMILION, markersize=5)
            end = at > len(rows) / 2
            axes.annotate(
                row["gene"],
                (at + 1, row["r"]),
                textcoords="offset points",
                xytext=(-6, 6) if end else (6, -8),
                ha="right" if end else "left",
                fontsize=8,
            )
        axes.axhline(0, color="black", linewidth=0.6)
        title = f"{effect}, {name}, n = {people[effect]:.0f}"
        axes.set(title=title, xlabel=f"{len(rows)} genes, ordered")
        axes.set_ylabel(f"Correlation over {regions[effect]:.0f} regions")
        axes.margins(y=0.12)  # room for the names of genes
    return figure
