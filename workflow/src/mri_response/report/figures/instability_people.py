"""How far what is said of single people moves between refits, where they may be shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.evaluation.stability import NUMBER, Refits
from mri_response.report.figures.style import (
    BLUE,
    DASHED,
    SINGLE_COLUMN,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_numbers


@styled
def draw(resamples: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw a point for each person: what refits say, and how far from all people they are.

    Parameters
    ----------
    resamples : DataFrame
        What refits on resampled people say of everybody.
    model : str
        Model that was refitted.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        Points have no labels. Median and middle 90 % of the refits, the mean absolute error and,
        of classes, the share of refits that give the other class, each against what the procedure
        on all people says.
    """
    title = names.title(f"Refits on resampled people, person by person, model {model}")
    if resamples.empty:
        return message(title, "Not drawn: no refits.")
    columns = {"resample", "decision", "probability"} & {*resamples}
    moved = Refits.of(as_numbers(resamples, columns))
    of_numbers = moved.quantity == NUMBER
    word = names.number if of_numbers else "Probability"
    below = {"Mean absolute error": moved.error}
    if not of_numbers:
        below["Of the other class"] = moved.changed
    figure = new_figure(SINGLE_COLUMN, 80 + 38 * len(below))
    suptitle(figure, title, SINGLE_COLUMN)
    panels = figure.subplots(1 + len(below), 1, sharex=True, height_ratios=[2, *[1] * len(below)])
    low, middle, high = np.quantile(moved.others, (0.05, 0.5, 0.95), axis=0)
    said = np.concatenate([moved.original, low, high])
    span = (said.min(), said.max()) if of_numbers else (0, 1)
    panels[0].plot(span, span, zorder=0, **DASHED)
    panels[0].vlines(moved.original, low, high, color=BLUE, alpha=0.25, linewidth=0.6)
    points = {"s": 7, "color": BLUE, "alpha": 0.5, "linewidth": 0}
    panels[0].scatter(moved.original, middle, **points)
    panels[0].set(xlim=span, ylim=span, ylabel=f"{word}, by refits")
    for axes, (name, values) in zip(panels[1:], below.items(), strict=True):
        axes.scatter(moved.original, values, **points)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(name)
    panels[-1].set_xlabel(f"{word}, by all people")
    return figure
