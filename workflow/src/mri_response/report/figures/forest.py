"""Forest plots: estimates with intervals in rows, what they are named to the left."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mri_response.report.figures.style import DASHED
from mri_response.report.naming import METRIC_NAMES
from mri_response.report.numbers import number


def draw_interval(
    axes: Any, row: pd.Series, y: float, colour: str, marker: str, size: float
) -> None:
    """Draw an estimate of a table with its interval, across.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    row : Series
        Row of a table, with estimate, ci_low and ci_high.
    y : float
        Height of the row.
    colour, marker : str
        As matplotlib names them.
    size : float
        Size of the marker in points.
    """
    limits = [number(row["ci_low"]), number(row["ci_high"])]
    label = METRIC_NAMES.get(row.get("metric"), "_")  # told where a reader points
    axes.plot(limits, [y, y], color=colour, linewidth=1.5, solid_capstyle="butt", label=label)
    axes.plot([number(row["estimate"])], [y], marker, color=colour, markersize=size, label=label)


def reference_line(axes: Any, x: float) -> None:
    """Draw a dashed line behind the intervals: chance, or no difference.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    x : float
        Place on the horizontal axis.
    """
    axes.axvline(x, zorder=0, **DASHED)


def without_axis(axes: Any) -> None:
    """Leave out the vertical axis and its marks: rows have names and no scale.

    Parameters
    ----------
    axes : Axes
        What to change.
    """
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
