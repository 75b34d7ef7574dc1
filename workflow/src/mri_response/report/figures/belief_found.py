"""Changes that a simulated study planted beside those that were found."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mri_response.belief_updating.run_tables import typed
from mri_response.report.figures.forest import reference_line, without_axis
from mri_response.report.figures.style import (
    BLACK,
    BLUE,
    DOUBLE_COLUMN,
    VERMILION,
    legend_below,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming

_METHODS = {
    "least_squares": ("Least squares", BLUE, "o", -0.15),
    "tobit": ("Tobit likelihood", VERMILION, "s", 0.15),
}
_PARAMETERS = {"A": "Change of asymmetry A", "S": "Change of scaling S"}


@styled
def draw(belief_found: pd.DataFrame, names: Naming) -> Figure:
    """Draw planted changes of A and S beside those found, with intervals.

    Parameters
    ----------
    belief_found : DataFrame
        The table ``belief_found.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    table = typed(belief_found)
    order = list(
        dict.fromkeys(
            zip(table["session_id"].iloc[::-1], table["contrast"].iloc[::-1], strict=True)
        )
    )
    figure = new_figure(DOUBLE_COLUMN, 34 + 8 * len(order))
    suptitle(figure, names.title("Planted beside found"), DOUBLE_COLUMN)
    grid = figure.add_gridspec(2, 2, height_ratios=[1, 0.7 / len(order)])
    shared = None
    for column, (parameter, title) in enumerate(_PARAMETERS.items()):
        axes = figure.add_subplot(grid[0, column], sharey=shared)
        own = table[table["parameter"] == parameter].set_index(["session_id", "contrast", "method"])
        for y, key in enumerate(order):
            for method, (_, colour, marker, beside) in _METHODS.items():
                row = own.loc[(*key, method)]
                axes.plot([row["ci_low"], row["ci_high"]], [y + beside] * 2, color=colour)
                axes.plot([row["found"]], [y + beside], marker, color=colour, markersize=4.5)
            axes.plot([row["planted"]] * 2, [y - 0.36, y + 0.36], color=BLACK, linewidth=1.2)
        reference_line(axes, 0)
        axes.set(title=title, ylim=(len(order) - 0.5, -0.5))
        axes.set_yticks(range(len(order)), [_row(*key) for key in order])
        axes.locator_params(axis="x", nbins=5)
        without_axis(axes)
        axes.tick_params(axis="y", labelleft=shared is None)
        shared = shared or axes
    handles = [
        Line2D([], [], color=BLACK, marker="|", markersize=9, linestyle="", label="Planted"),
        *(
            Line2D(
                [], [], color=colour, marker=marker, markersize=4.5, label=f"{word}, 95 % interval"
            )
            for word, colour, marker, _ in _METHODS.values()
        ),
    ]
    legend_below(figure, grid[1, :], handles, ncols=3)
    return figure


def _row(session: str, contrast: str) -> str:
    return f"{contrast.replace(' - ', ' − ')}\n{session}"
