"""A number of every person in rows, by cohort and outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    DASHED,
    DOUBLE_COLUMN,
    NEGATIVE,
    POSITIVE,
    message,
    new_figure,
    suptitle,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.naming import Naming

_ROW, _GAP = 9.5, 4.0  # mm for a class, and between cohorts


@dataclass(frozen=True)
class Scores:
    """What is drawn of every person.

    Attributes
    ----------
    column : str
        Of ``predictions.tsv``: ``decision`` or ``probability``.
    title : str
        Title of the figure.
    label : str
        Label of the horizontal axis.
    limits : tuple of float or None
        Ends of the axis; None for those of the people.
    reference : callable
        Where the dashed line stands, from the people of a cohort.
    """

    column: str
    title: str
    label: str
    limits: tuple[float, float] | None
    reference: Callable[[pd.DataFrame], float]


def draw_scores(predictions: pd.DataFrame, model: str, names: Naming, scores: Scores) -> Figure:
    """Draw a number of every person by cohort and outcome, without any label of a person.

    Parameters
    ----------
    predictions : DataFrame
        The table ``predictions.tsv``.
    model : str
        Name of the model whose scores are drawn.
    names : Naming
        Names of the run.
    scores : Scores
        Which number, and the words around it.

    Returns
    -------
    Figure
        Points, the box from the lower to the upper quartile with the median, and a dashed line.
    """
    cohorts = names.ordered(predictions.loc[predictions["model"] == model, "cohort"])
    people = {
        c: person_scores(rows_of_cohort(predictions, model, c, names.roles), scores.column)
        for c in cohorts
    }
    everything = np.concatenate([frame[scores.column].to_numpy() for frame in people.values()])
    if np.isnan(everything).any():
        return message(scores.title, "The model gives no probabilities.")
    headings = {c: wrap(names.titles[c], 165, weight="bold") for c in cohorts}
    span = max(np.ptp(scores.limits or everything), 1e-9)
    lines = sum(map(line_count, headings.values()))
    figure = new_figure(
        DOUBLE_COLUMN, len(cohorts) * (2 * _ROW + _GAP) + lines * line_height() + 24
    )
    suptitle(figure, scores.title, DOUBLE_COLUMN)
    axes = figure.add_subplot()
    ticks, tick_labels = [], []
    y = 0.0  # in mm, downwards
    for cohort in cohorts:
        y += line_count(headings[cohort]) * line_height()
        _heading(axes, headings[cohort], y)
        axes.plot([scores.reference(people[cohort])] * 2, [y, y + 2 * _ROW], **DASHED)
        for label, name, colour in ((1, names.positive, POSITIVE), (0, names.negative, NEGATIVE)):
            frame = people[cohort]
            values = frame.loc[frame["label"] == label, scores.column].to_numpy()
            ticks.append(y + _ROW / 2)
            tick_labels.append(wrap(f"{name}, n = {len(values)}", 40))
            _people(axes, values, ticks[-1], colour, span)
            y += _ROW
        y += _GAP
        if cohort != cohorts[-1]:
            axes.axhline(y - _GAP / 2, color="#d0d0d0", linewidth=0.7)
    low, high = scores.limits or (everything.min(), everything.max())
    margin = 0.02 if scores.limits else 0.04
    axes.set(ylim=(y, 0), xlim=(low - margin * span, high + margin * span), xlabel=scores.label)
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


def _people(axes: Any, values: np.ndarray, centre: float, colour: str, span: float) -> None:
    """The people of a class, and the box of their quartiles where they are enough."""
    if not len(values):
        return
    offsets = swarm(values, span / 110, 1.5, _ROW / 2 - 1.4)
    axes.scatter(values, centre + offsets, s=9, color=colour, alpha=0.75, linewidths=0)
    if len(values) < 5:
        return
    low, middle, high = quartiles(values)
    upper, lower = centre - _ROW * 0.36, centre + _ROW * 0.36
    box = Rectangle(
        (low, upper), high - low, _ROW * 0.72, fill=False, edgecolor=BLACK, linewidth=0.8
    )
    axes.add_patch(box)
    axes.plot([middle] * 2, [upper, lower], color=BLACK)
