"""Paths of the mediation, and what unmeasured confounding would make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mri_response.belief_updating.run_tables import typed
from mri_response.report.figures.forest import reference_line, without_axis
from mri_response.report.figures.style import (
    BLUE,
    DASHED,
    DOUBLE_COLUMN,
    VERMILION,
    legend_below,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming
from mri_response.report.numbers import minus

_PATHS = {"ab": "through it\n(a b)", "c_prime": "otherwise\n(c′)", "c": "in all\n(c)"}
_INTERVALS = {"percentile": ("ci", BLUE, -0.13), "BCa": ("bca", VERMILION, 0.13)}


@styled
def draw(
    belief_mediation: pd.DataFrame,
    belief_sensitivity: pd.DataFrame,
    config: Mapping[str, Any],
    names: Naming,
) -> Figure:
    """Draw the change of the score that goes through the mediator, and its sensitivity.

    Parameters
    ----------
    belief_mediation : DataFrame
        The table ``belief_mediation.tsv``.
    belief_sensitivity : DataFrame
        The table ``belief_sensitivity.tsv``.
    config : mapping
        Section belief of the configuration.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    belief = config["belief"]
    paths, sensitivity = typed(belief_mediation).set_index("path"), typed(belief_sensitivity)
    mediation, scale = belief["mediation"], belief["score"]["scale"]
    figure = new_figure(DOUBLE_COLUMN, 74)
    title = f"Does the change of {scale} go through {mediation['parameter']}?"
    suptitle(figure, names.title(title), DOUBLE_COLUMN)
    grid = figure.add_gridspec(2, 2, height_ratios=[1, 0.1])
    left, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    for at, path in enumerate(_PATHS):
        row = paths.loc[path]
        for name, colour, beside in _INTERVALS.values():
            limits = [row[f"{name}_low"], row[f"{name}_high"]]
            left.plot(limits, [at + beside] * 2, color=colour, linewidth=1.8)
            left.plot([row["estimate"]], [at + beside], "o", color=colour, markersize=4.5)
    reference_line(left, 0)
    left.set_yticks(range(len(_PATHS)), _PATHS.values(), linespacing=1.1)
    left.set(ylim=(len(_PATHS) - 0.5, -0.5), xlabel=f"Change of {scale} (points)")
    left.set_title(f"Paths, n = {paths['n'].iloc[0]:.0f}")
    without_axis(left)
    right.plot(sensitivity["rho"], sensitivity["ab"], color=BLUE)
    zero = sensitivity[sensitivity["is_zero"]]
    right.plot(zero["rho"], zero["ab"], "o", color=BLUE, markersize=5)
    right.axhline(0, zorder=0, **DASHED)
    right.set_xticks([-0.8, -0.4, 0, 0.4, 0.8])
    right.set(xlabel="Correlation of the errors (unmeasured confounding)", ylabel="a b (points)")
    right.set_title(f"0 at a correlation of {minus(zero['rho'].iloc[0])}")
    handles = [
        Line2D([], [], color=colour, marker="o", markersize=4.5, label=f"95 % interval, {name}")
        for name, (_, colour, _) in _INTERVALS.items()
    ]
    legend_below(figure, grid[1, :], handles, ncols=2)
    return figure
