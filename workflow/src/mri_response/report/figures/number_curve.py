"""What the features add by number of people."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.report.figures.number_panels import gains
from mri_response.report.figures.style import (
    BLUE,
    DASHED,
    DOUBLE_COLUMN,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_numbers


@styled
def draw(numbers_curve: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw the gains against the number of discovery people, with intervals.

    Parameters
    ----------
    numbers_curve : DataFrame
        The table ``numbers_curve.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        Gain in R2 on the left, in mean absolute error on the right.
    """
    title = names.title(f"What the features add by number of people, model {model}")
    own = numbers_curve[numbers_curve["model"] == model]
    table = as_numbers(own, ("n", "estimate", "ci_low", "ci_high"))
    if table["n"].nunique() < 2:
        return message(title, "Not computed: the cohort is too small for parts of it.")
    figure = new_figure(DOUBLE_COLUMN, 76)
    suptitle(figure, title, DOUBLE_COLUMN)
    for axes, (metric, words) in zip(figure.subplots(1, 2), gains(names).items(), strict=True):
        curve = table[table["metric"] == metric]
        n = curve["n"]
        axes.fill_between(n, curve["ci_low"], curve["ci_high"], color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(n, curve["estimate"], color=BLUE, marker="o", markersize=4, clip_on=False)
        axes.axhline(0, zorder=0, **DASHED)
        axes.set_xticks(n, [f"{size:.0f}" for size in n])
        axes.set(xlabel="People", ylabel=words)
    handles = [
        Line2D([], [], color=BLUE, marker="o", markersize=4, label="mean over parts of this size"),
        Patch(color=BLUE, alpha=0.2, label="95 % interval over people"),
        Line2D([], [], label="nothing added", **DASHED),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=3)
    return figure
