"""How far what is said of people moves between refits on resampled people."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.evaluation.stability import ALL, NUMBER
from mri_response.report.figures.style import (
    BLUE,
    DASHED,
    SINGLE_COLUMN,
    legend_below,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_numbers


@styled
def draw(instability: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw what refits say against what the model says, by bands of people.

    Parameters
    ----------
    instability : DataFrame
        The table ``instability.tsv``.
    model : str
        Model whose rows are drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        A box for each band of people: median, middle half and middle 90 % of the probabilities or
        numbers by refits, as wide as those of the band by all people. No single people.
    """
    title = names.title(f"Refits on resampled people, model {model}")
    own = instability[(instability["model"] == model) & (instability["band"] != ALL)]
    if own.empty:
        return message(title, "Not drawn: too few people for bands.")
    quantiles = ["q05", "q25", "q50", "q75", "q95"]
    own = as_numbers(own, ["low", "high", *quantiles])
    of_numbers = (own["quantity"] == NUMBER).any()
    said = own[["low", "high", *quantiles]]
    span = (said.min(axis=None), said.max(axis=None)) if of_numbers else (0, 1)
    word = names.number if of_numbers else "Probability"
    figure = new_figure(SINGLE_COLUMN, 105)
    suptitle(figure, title, SINGLE_COLUMN)
    grid = figure.add_gridspec(2, 1, height_ratios=[1, 0.24])
    axes = figure.add_subplot(grid[0])
    axes.plot(span, span, zorder=0, **DASHED)
    for _, row in own.iterrows():
        ends = [row["low"], row["high"]]
        for low, high, alpha in (("q05", "q95", 0.18), ("q25", "q75", 0.35)):
            axes.fill_between(ends, row[low], row[high], color=BLUE, alpha=alpha, linewidth=0)
        axes.plot(ends, [row["q50"]] * 2, color=BLUE)
    axes.set(xlim=span, ylim=span, aspect="equal")
    axes.set(xlabel=f"{word}, by all people", ylabel=f"{word}, by refits")
    handles = [
        Line2D([], [], color=BLUE, label="Median"),
        Patch(color=BLUE, alpha=0.5, label="Middle half"),
        Patch(color=BLUE, alpha=0.18, label="Middle 90 %"),
        Line2D([], [], label="No difference", **DASHED),
    ]
    legend_below(figure, grid[1], handles, ncols=2, handlelength=2.4)
    return figure
