"""Updates that people made beside those that the model predicts."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.belief_updating.run_tables import typed
from mri_response.report.figures.belief_panels import NEWS
from mri_response.report.figures.style import (
    BLACK,
    DOUBLE_COLUMN,
    legend_below,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming

_PANELS = {
    "update": "Mean update (points)",
    "unchanged": "Answers not changed (share)",
    "away": "Answers moved away (share)",
}


@styled
def draw(belief_predictions: pd.DataFrame, names: Naming) -> Figure:
    """Draw observed updates and shares of answers beside those of the model, by size of the error.

    Parameters
    ----------
    belief_predictions : DataFrame
        The table ``belief_predictions.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    table = typed(belief_predictions)
    figure = new_figure(DOUBLE_COLUMN, 78)
    suptitle(figure, names.title("Answers beside those that the model predicts"), DOUBLE_COLUMN)
    grid = figure.add_gridspec(2, 3, height_ratios=[1, 0.12])
    for at, (statistic, title) in enumerate(_PANELS.items()):
        axes = figure.add_subplot(grid[0, at])
        for news, (_, colour, marker) in NEWS.items():
            own = table[(table["statistic"] == statistic) & (table["news"] == news)]
            size = (own["from"] + own["to"]) / 2
            axes.fill_between(size, own["low"], own["high"], color=colour, alpha=0.2, linewidth=0)
            axes.plot(size, own["observed"], marker, color=colour, markersize=4.5)
        axes.set(xlabel="Size of the error (points)", title=title)
        axes.set_ylim(min(0, axes.get_ylim()[0]), None)
        axes.set_xlim(0, None)
    handles = [
        *(
            Line2D([], [], color=colour, marker=marker, markersize=4.5, linestyle="", label=word)
            for word, colour, marker in NEWS.values()
        ),
        Patch(color=BLACK, alpha=0.2, label="95 % of draws from the model"),
    ]
    legend_below(figure, grid[1, :], handles, ncols=3)
    return figure
