"""Confusion matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mri_response.core.vocabulary import Aggregation, Role
from mri_response.evaluation.headline import rows_of
from mri_response.report.figures.style import (
    BLACK,
    BLUE,
    DOUBLE_COLUMN,
    SINGLE_COLUMN,
    contrast,
    mix,
    new_canvas,
    styled,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.lookup import is_computed, people_counts
from mri_response.report.naming import Naming
from mri_response.report.numbers import number

_CELL, _LABELS = 16.5, 23.0  # mm for a cell, and for the names of the true classes


@dataclass(frozen=True)
class _Words:
    """Names of the classes, above the columns and beside the rows of a matrix."""

    above: list[str]
    beside: list[str]

    @property
    def lines(self) -> int:
        """Lines above a matrix."""
        return max(line_count(text) for text in self.above) + 1


@styled
def draw(performance: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw confusion matrices: counts of people and percentages of each true class.

    Discovery people are classed by their mean decision value over repeats.

    Parameters
    ----------
    performance : DataFrame
        The table ``performance.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        A matrix for each cohort, three in a row.
    """
    cohorts = names.ordered(performance.loc[performance["model"] == model, "cohort"])
    columns = min(3, len(cohorts))
    rows = [cohorts[i : i + columns] for i in range(0, len(cohorts), columns)]
    width = SINGLE_COLUMN if columns == 1 else DOUBLE_COLUMN
    panel = width / columns
    words = _class_names(names)
    sizes = {c: people_counts(performance, model, c)[0] for c in cohorts}
    headings = {
        c: wrap(f"{names.titles[c]}, n\xa0=\xa0{sizes[c]}", panel - 6, weight="bold")
        for c in cohorts
    }
    lines = [max(line_count(headings[c]) for c in row) for row in rows]
    title = wrap(names.title(f"Confusion matrices, model {model}"), width - 6, 9, "bold")
    top = 4.5 * line_count(title) + 3
    heights = [(n + words.lines) * line_height() + 2 * _CELL + 8 for n in lines]
    # Drawn in millimetres: the matrices stay square and aligned whatever the titles are.
    figure, axes = new_canvas(width, top + sum(heights))
    axes.text(2, 2, title, fontsize=9, fontweight="bold", va="top")
    for i, cohort in enumerate(cohorts):
        row, column = divmod(i, columns)
        x = column * panel + 2
        y = top + sum(heights[:row]) + lines[row] * line_height()
        axes.text(x, y, headings[cohort], fontweight="bold", va="bottom", linespacing=1.2)
        if is_computed(performance, model, cohort):
            counts = _counts(performance, model, cohort, names.roles[cohort])
            _matrix(axes, x + _LABELS, y + 1.5, counts, words)
        else:
            text = "Not computed: a class has too few people."
            axes.text(x, y + 1.5, wrap(text, panel - 8), va="top")
    return figure


def _class_names(names: Naming) -> _Words:
    # A hyphen is a place to break a class name.
    classes = [name.replace("-", "- ") for name in (names.positive, names.negative)]
    beside = [wrap(name, _LABELS - 2).replace("- ", "-") for name in classes]
    return _Words(
        above=[wrap(name, _CELL - 1).replace("- ", "-") for name in classes],
        beside=[f"True:\n{text}" for text in beside],
    )


def _counts(performance: pd.DataFrame, model: str, cohort: str, role: str) -> np.ndarray:
    """People by true class (rows) and by what they were taken for, the positive class first."""
    aggregation = Aggregation.PERSON if role == Role.DISCOVERY else Aggregation.FROZEN_MODEL
    counts = [
        number(rows_of(performance, model, cohort, metric, aggregation)["estimate"].iloc[0])
        for metric in ("true_positive", "false_negative", "false_positive", "true_negative")
    ]
    return np.reshape(counts, (2, 2))


def _matrix(axes: Any, left: float, y: float, counts: np.ndarray, words: _Words) -> None:
    """One matrix, its cells to the right of `left`, in mm from the upper left of the figure."""
    axes.text(left + _CELL, y, "Taken for", ha="center", va="top")
    top = y + (words.lines * line_height() + 1)
    spaced = {"linespacing": 1.15}
    for k in range(2):
        middle = _CELL * (k + 0.5)
        axes.text(left - 1.5, top + middle, words.beside[k], ha="right", va="center", **spaced)
        axes.text(left + middle, top - 0.8, words.above[k], ha="center", va="bottom", **spaced)
        for m in range(2):
            share = counts[k, m] / counts[k].sum()
            _cell(axes, (left + _CELL * m, top + _CELL * k), counts[k, m], share)


def _cell(axes: Any, corner: tuple[float, float], count: float, share: float) -> None:
    shade = mix(BLUE, share)
    axes.add_patch(Rectangle(corner, _CELL, _CELL, facecolor=shade, edgecolor="white", linewidth=1))
    ink = max(("#ffffff", BLACK), key=lambda colour: contrast(colour, shade))
    x, y = corner[0] + _CELL / 2, corner[1] + _CELL / 2
    # People with several rows can be halves.
    text = f"{count:.1f}".removesuffix(".0")
    axes.text(x, y, text, color=ink, fontsize=11, ha="center", va="bottom")
    axes.text(x, y + 1.2, f"{100 * share:.0f} %", color=ink, ha="center", va="top")
