"""How far probabilities move between refits on resampled people."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.evaluation.stability import ALL
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
        A box for each band of people: median, middle half and middle 90 % of the probabilities by
        refits, as wide as the probabilities of the band by the model. No single people.
    """
    title = names.title(f"Probabilities in refits on resampled people, model {model}")
    own = instability[(instability["model"] == model) & (instability["band"] != ALL)]
    if own.empty:
        return message(title, "Not drawn: too few people for bands.")
    quantiles = ["q05", "q25", "q50", "q75", "q95"]
    own = as_numbers(own, ["probability_low", "probability_high", *quantiles])
    figure = new_figure(SINGLE_COLUMN, 105)
    suptitle(figure, title, SINGLE_COLUMN)
    grid = figure.add_gridspec(2, 1, height_ratios=[1, 0.24])
    axes = figure.add_subplot(grid[0])
    axes.plot([0, 1], [0, 1], zorder=0, **DASHED)
    for _, row in own.iterrows():
        ends = [row["probability_low"], row["probability_high"]]
        for low, high, alpha in (("q05", "q95", 0.18), ("q25", "q75", 0.35)):
            axes.fill_between(ends, row[low], row[high], color=BLUE, alpha=alpha, linewidth=0)
        axes.plot(ends, [row["q50"]] * 2, color=BLUE)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set(xlabel="Probability by the model", ylabel="Probability by refits")
    handles = [
        Line2D([], [], color=BLUE, label="Median"),
        Patch(color=BLUE, alpha=0.5, label="Half of the refits"),
        Patch(color=BLUE, alpha=0.18, label="90 % of the refits"),
        Line2D([], [], label="No difference", **DASHED),
    ]
    legend_below(figure, grid[1], handles, ncols=2, handlelength=2.4)
    return figure
