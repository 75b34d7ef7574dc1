"""Performance by number of people."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.core.vocabulary import HEADLINE_METRICS
from mri_response.evaluation.learning_curve import MARGIN
from mri_response.report.figures.style import (
    BLUE,
    DASHED,
    DOUBLE_COLUMN,
    GREY,
    legend_below,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import METRIC_NAMES, Naming
from mri_response.report.numbers import as_number


@styled
def draw(learning_curve: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw balanced accuracy and AUC against the number of discovery people, with intervals.

    Parameters
    ----------
    learning_curve : DataFrame
        The table ``learning_curve.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    title = names.title(f"Performance by number of people, model {model}")
    own = learning_curve[learning_curve["model"] == model]
    if own["n"].nunique() < 2:
        return message(title, "Not computed: the cohort is too small for parts of it.")
    figure = new_figure(DOUBLE_COLUMN, 82)
    suptitle(figure, title, DOUBLE_COLUMN)
    grid = figure.add_gridspec(2, 2, height_ratios=[1, 0.24])
    shared = None
    for position, metric in enumerate(HEADLINE_METRICS):
        axes = figure.add_subplot(grid[0, position], sharey=shared)
        shared = shared or axes
        curve = own[own["metric"] == metric]
        n = as_number(curve["n"]).to_numpy()
        low, value, high = (
            as_number(curve[name]).to_numpy() for name in ("ci_low", "estimate", "ci_high")
        )
        axes.fill_between(n, low, high, color=BLUE, alpha=0.2, linewidth=0)
        axes.axhspan(value[-1] - MARGIN, value[-1] + MARGIN, color=GREY, alpha=0.18, linewidth=0)
        axes.axhline(0.5, zorder=0, **DASHED)
        axes.plot(n, value, color=BLUE, marker="o", markersize=4, clip_on=False)
        axes.set_xticks(n, [f"{size:.0f}" for size in n])
        axes.set(xlim=(0.9 * n[0], n[-1] * 1.03), xlabel="People", title=METRIC_NAMES[metric])
        # A perfect figure has no interval.
        axes.set_ylim(min([0.4, *(low[~np.isnan(low)] - 0.02)]), 1)
    shared.set_ylabel("Cross-validated performance")
    handles = [
        Line2D([], [], color=BLUE, marker="o", markersize=4, label="Mean over parts of this size"),
        Patch(color=BLUE, alpha=0.2, label="95 % interval over people"),
        Patch(color=GREY, alpha=0.18, label=f"All people ±{100 * MARGIN:.0f} points"),
        Line2D([], [], label="Chance", **DASHED),
    ]
    legend_below(figure, grid[1, :], handles, ncols=2, handlelength=2.4)
    return figure
