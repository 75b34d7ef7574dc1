"""Figures with a panel for each cohort."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mri_response.core.vocabulary import NotComputed
from mri_response.report.figures.style import DOUBLE_COLUMN, new_figure, suptitle
from mri_response.report.figures.text import line_count, line_height, text_width, wrap
from mri_response.report.naming import Naming, counted
from mri_response.report.numbers import number

_COLUMNS = 3
_PANEL = 56.0  # mm for a panel with its labels


@dataclass(frozen=True)
class Panels:
    """What the panels of a figure have in common.

    Attributes
    ----------
    title : str
        Title of the figure.
    labels : tuple of str
        Labels of the horizontal and of the vertical axis.
    handles : list of tuple
        Artist and words of each entry of the legend.
    aspect : float
        Height of a panel by its width.
    """

    title: str
    labels: tuple[str, str]
    handles: list[tuple[Any, str]]
    aspect: float


def draw_panels(
    table: pd.DataFrame,
    names: Naming,
    panels: Panels,
    draw_cohort: Callable[[Any, pd.DataFrame, str], None],
) -> Figure:
    """Draw a panel for each cohort, for external cohorts together where they were pooled.

    Parameters
    ----------
    table : DataFrame
        Rows of one model, with cohort, n, n_positive and ci_method.
    names : Naming
        Names of the run.
    panels : Panels
        Title, labels, legend and shape.
    draw_cohort : callable
        Called with the axes, the rows and the name of each cohort that is large enough.

    Returns
    -------
    Figure
    """
    cohorts = names.together(table["cohort"])
    n_columns = min(_COLUMNS, len(cohorts))
    n_rows = -(-len(cohorts) // n_columns)
    heads = {}
    for cohort in cohorts:
        row = table[table["cohort"] == cohort].iloc[0]
        positive = counted(int(number(row["n_positive"])), names.positive)
        people = f"n = {int(number(row['n']))} ({positive})"
        heads[cohort] = wrap(f"{names.titles[cohort]}\n{people}", _PANEL - 14)
    head = max(map(line_count, heads.values())) * line_height()
    width = DOUBLE_COLUMN if n_columns > 1 else 120.0
    panel = min(_PANEL, width / n_columns) - 12
    handles = panels.handles
    n_across = int(width // (12 + max(text_width(text, 8) for _, text in handles)))
    n_across = max(1, min(n_across, len(handles)))
    legend = (line_height() + 1) * -(-len(handles) // n_across)
    figure = new_figure(width, 12 + legend + n_rows * (panel * panels.aspect + head + 12))
    figure.get_layout_engine().set(hspace=0.06)
    suptitle(figure, panels.title, width)
    grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for axes in grid[len(cohorts) :]:
        axes.axis("off")
    for axes, cohort in zip(grid, cohorts, strict=False):
        rows = table[table["cohort"] == cohort]
        axes.set_title(heads[cohort], linespacing=1.15)
        if rows["ci_method"].iloc[0] == NotComputed.SMALL_CLASS:
            axes.axis("off")
            text = "A class has too few people for a meaningful curve."
            axes.text(0, 0.6, wrap(text, panel - 4), transform=axes.transAxes, va="center")
            continue
        draw_cohort(axes, rows, cohort)
        axes.set_xlabel(panels.labels[0])
        axes.set_ylabel(panels.labels[1] if axes is grid[0] else "")
    figure.legend(*zip(*handles, strict=True), loc="outside lower center", ncols=n_across)
    return figure
