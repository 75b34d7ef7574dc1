"""Correlations of maps with genes beside those of surrogate maps, one ridge per null."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    VERMILION,
    message,
    new_figure,
    styled,
    suptitle,
    width_of,
)
from mri_response.report.naming import Naming
from mri_response.report.numbers import p_phrase
from mri_response.variability.run_tables import typed

_COLOURS = {"spin": BLUE, "moran": GREEN}
_BINS = np.linspace(-1, 1, 41)
#: Rows of panels that are drawn; the table has all.
_LARGEST = 6


@styled
def draw(
    variability_genes: pd.DataFrame, variability_gene_nulls: pd.DataFrame, names: Naming
) -> Figure:
    """Draw r of maps and genes with intervals over people, above the distribution of each null.

    Parameters
    ----------
    variability_genes : DataFrame
        The table ``variability_genes.tsv``.
    variability_gene_nulls : DataFrame
        The table ``variability_gene_nulls.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    table, nulls = typed(variability_genes), typed(variability_gene_nulls)
    if table.empty:
        return message("Maps of change and genes", "No component is retained.")
    rows = table[["effect", "map"]].drop_duplicates().head(_LARGEST).to_numpy()
    genes = list(dict.fromkeys(table["gene"]))[:4]
    width = width_of(len(genes))
    figure = new_figure(width, 24 + 34 * len(rows))
    suptitle(figure, names.title("Maps of change and genes beside surrogate maps"), width)
    grid = figure.add_gridspec(len(rows), len(genes))
    for at, (effect, name) in enumerate(rows):
        for column, gene in enumerate(genes):
            axes = figure.add_subplot(grid[at, column])
            keys = {"effect": effect, "map": name, "gene": gene}
            own, drawn = (_rows(part, keys) for part in (table, nulls))
            _ridges(axes, own, drawn)
            axes.set_title(f"{effect}, {name}: {gene}")
            regions = f"Correlation over {own['n_regions'].iloc[0]:.0f} regions"
            axes.set_xlabel(regions if at == len(rows) - 1 else "")
    return figure


def _rows(table: pd.DataFrame, keys: dict[str, str]) -> pd.DataFrame:
    kept = [table[column] == value for column, value in keys.items()]
    return table[np.logical_and.reduce(kept)]


def _ridges(axes, own: pd.DataFrame, drawn: pd.DataFrame) -> None:
    methods = list(dict.fromkeys(own["null"]))
    for place, method in enumerate(methods):
        counts, _ = np.histogram(drawn.loc[drawn["null"] == method, "r"], _BINS)
        heights = 0.85 * counts / max(counts.max(), 1)
        centres = (_BINS[:-1] + _BINS[1:]) / 2
        axes.fill_between(centres, place, place + heights, color=_COLOURS[method], alpha=0.55)
    first = own.iloc[0]
    axes.axvline(first["r"], color=VERMILION, linewidth=1.4)
    axes.plot([first["ci_low"], first["ci_high"]], [len(methods)] * 2, color=VERMILION)
    axes.plot([first["r"]], [len(methods)], "o", color=VERMILION, markersize=4)
    labels = [f"{m}, {p_phrase(p, None)}" for m, p in own[["null", "p_value"]].to_numpy()]
    labels.append(f"{first['n']:.0f} people")
    axes.set_yticks([*(i + 0.3 for i in range(len(methods))), len(methods)], labels)
    axes.set(xlim=(-1, 1), ylim=(-0.1, len(methods) + 0.4))
    axes.axvline(0, color=BLACK, linewidth=0.5)
