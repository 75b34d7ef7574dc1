"""Decision values of single people, by cohort and outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mri_response.evaluation.curves import person_scores, quartiles, rows_of_cohort
from mri_response.report.figures.forest import without_axis
from mri_response.report.figures.points import swarm
from mri_response.report.figures.style import (
    BLACK,
    DOUBLE_COLUMN,
    GREY,
    NEGATIVE,
    POSITIVE,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.naming import Naming

_ROW, _GAP = 9.5, 4.0  # mm for a class, and between cohorts


@styled
def draw(predictions: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw every person's decision value by cohort and outcome, without any label of a person.

    Parameters
    ----------
    predictions : DataFrame
        The table ``predictions.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        Points, the box from the lower to the upper quartile with the median, and the
        threshold at zero.
    """
    cohorts = names.ordered(predictions.loc[predictions["model"] == model, "cohort"])
    headings = {c: wrap(names.titles[c], 165, weight="bold") for c in cohorts}
    scores = {c: person_scores(rows_of_cohort(predictions, model, c, names.roles)) for c in cohorts}
    everything = np.concatenate([frame["decision"].to_numpy() for frame in scores.values()])
    span = max(np.ptp(everything), 1e-9)
    lines = sum(map(line_count, headings.values()))
    figure = new_figure(
        DOUBLE_COLUMN, len(cohorts) * (2 * _ROW + _GAP) + lines * line_height() + 24
    )
    title = names.title(f"Decision values by cohort and outcome, model {model}")
    suptitle(figure, title, DOUBLE_COLUMN)
    axes = figure.add_subplot()
    ticks, tick_labels = [], []
    y = 0.0  # in mm, downwards
    for cohort in cohorts:
        y += line_count(headings[cohort]) * line_height()
        _heading(axes, headings[cohort], y)
        for label, name, colour in ((1, names.positive, POSITIVE), (0, names.negative, NEGATIVE)):
            frame = scores[cohort]
            decisions = frame.loc[frame["label"] == label, "decision"].to_numpy()
            ticks.append(y + _ROW / 2)
            tick_labels.append(wrap(f"{name}, n = {len(decisions)}", 40))
            _people(axes, decisions, ticks[-1], colour, span)
            y += _ROW
        y += _GAP
        if cohort != cohorts[-1]:
            axes.axhline(y - _GAP / 2, color="#d0d0d0", linewidth=0.7)
    axes.axvline(0, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.set(
        ylim=(y, 0),
        xlim=(everything.min() - 0.04 * span, everything.max() + 0.04 * span),
        xlabel=f"Decision value (right of the dashed line: taken for {names.positive})",
    )
    axes.set_yticks(ticks, tick_labels)
    without_axis(axes)
    return figure


def _heading(axes: Any, text: str, y: float) -> None:
    axes.annotate(
        text,
        (0, y),
        (4, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        fontweight="bold",
        va="bottom",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def _people(axes: Any, decisions: np.ndarray, centre: float, colour: str, span: float) -> None:
    """The people of a class, and the box of their quartiles where they are enough."""
    if not len(decisions):
        return
    offsets = swarm(decisions, span / 110, 1.5, _ROW / 2 - 1.4)
    axes.scatter(decisions, centre + offsets, s=9, color=colour, alpha=0.75, linewidths=0)
    if len(decisions) < 5:
        return
    low, middle, high = quartiles(decisions)
    upper, lower = centre - _ROW * 0.36, centre + _ROW * 0.36
    box = Rectangle(
        (low, upper), high - low, _ROW * 0.72, fill=False, edgecolor=BLACK, linewidth=0.8
    )
    axes.add_patch(box)
    axes.plot([middle] * 2, [upper, lower], color=BLACK)
