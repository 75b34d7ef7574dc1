"""What figures of predicted numbers share: words of metrics, and a panel for each cohort."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.figure import Figure

from mri_response.report.figures.style import DASHED, DOUBLE_COLUMN, new_figure, suptitle
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.naming import Naming

_COLUMNS = 3


def gains(names: Naming) -> dict[str, str]:
    """Metrics of the gain with their words, for axes.

    Parameters
    ----------
    names : Naming
        Names of the run.

    Returns
    -------
    dict of str to str
        The error with the unit of the outcome where it is known.
    """
    error = "Gain in mean absolute error"
    return {"r2_gain": "Gain in R2", "mae_gain": f"{error}, {names.unit}" if names.unit else error}


def cohort_grid(
    cohorts: Sequence[str],
    n: Sequence[int],
    title: str,
    names: Naming,
    draw_cohort: Callable[[Any, str], None],
) -> Figure:
    """Draw observed against predicted numbers, a panel for each cohort.

    Parameters
    ----------
    cohorts : sequence of str
        Cohorts, in the order of the page.
    n : sequence of int
        People of each.
    title : str
        Title of the figure.
    names : Naming
        Names of the run.
    draw_cohort : callable
        Called with the axes and the name of each cohort.

    Returns
    -------
    Figure
        Panels share their axes, and both axes are alike.
    """
    n_columns = min(_COLUMNS, len(cohorts))
    n_rows = -(-len(cohorts) // n_columns)
    width = {1: 90.0, 2: 140.0}.get(n_columns, DOUBLE_COLUMN)
    panel = width / n_columns - 14
    titles = zip(cohorts, n, strict=True)
    heads = [wrap(f"{names.titles[cohort]}\nn = {people}", panel) for cohort, people in titles]
    head = max(map(line_count, heads)) * line_height()
    figure = new_figure(width, 22 + n_rows * (panel + head + 6))
    suptitle(figure, title, width)
    grid = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes in grid[len(cohorts) :]:
        axes.axis("off")
    for axes, cohort, text in zip(grid, cohorts, heads, strict=False):
        axes.set_title(text, linespacing=1.15)
        draw_cohort(axes, cohort)
        axes.set_xlabel(wrap(f"Predicted {names.number}", panel))
        axes.set_box_aspect(1)
    grid[0].set_ylabel(wrap(f"Observed {names.number}", panel))
    low = min(min(axes.get_xlim()[0], axes.get_ylim()[0]) for axes in grid[: len(cohorts)])
    high = max(max(axes.get_xlim()[1], axes.get_ylim()[1]) for axes in grid[: len(cohorts)])
    grid[0].set(xlim=(low, high), ylim=(low, high))
    for axes in grid[: len(cohorts)]:
        axes.plot([low, high], [low, high], zorder=0, **DASHED)
        axes.locator_params(nbins=5)
    return figure
