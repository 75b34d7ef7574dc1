"""What figures of belief updating share: panels, colours of news, means with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from mri_response.config.belief import group_names, sessions_of
from mri_response.report.figures.style import GREEN, VERMILION

#: News to its word, colour and marker.
NEWS = {"good": ("Good news", GREEN, "o"), "bad": ("Bad news", VERMILION, "s")}
#: Places of good and bad news beside a session.
BESIDE = {"good": -0.17, "bad": 0.17}


def group_panels(figure: Any, belief: Mapping[str, Any], space: Any) -> dict[str, Any]:
    """Axes beside each other, one per group, whose horizontal axis is the sessions.

    Parameters
    ----------
    figure : Figure
        Where the axes are made.
    belief : mapping
        Section ``belief`` of the configuration.
    space : SubplotSpec
        Place of the axes in the figure.

    Returns
    -------
    dict of str to Axes
        Group to its axes.
    """
    groups, sessions = group_names(belief), sessions_of(belief)
    inner = space.subgridspec(1, len(groups))
    made: dict[str, Any] = {}
    for at, group in enumerate(groups):
        shared = next(iter(made.values()), None)
        axes = figure.add_subplot(inner[at], sharey=shared)
        axes.set_xticks(range(len(sessions)), sessions)
        axes.set_xlim(-0.5, len(sessions) - 0.5)
        axes.tick_params(axis="y", labelleft=shared is None)
        made[group] = axes
    return made


def news_handles() -> list[Line2D]:
    """Entries of a legend for good and bad news."""
    return [
        Line2D([], [], color=colour, marker=marker, markersize=5, label=word)
        for word, colour, marker in NEWS.values()
    ]


def draw_mean(
    axes: Any, x: float, row: pd.Series, columns: tuple[str, str, str], kind: str
) -> None:
    """A mean with its interval, upright.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    x : float
        Place on the horizontal axis.
    row : Series
        Row of a table of numbers.
    columns : tuple of str
        Of the estimate, the lower and the upper limit.
    kind : {"good", "bad"}
        News that it is of.
    """
    _, colour, marker = NEWS[kind]
    value, low, high = (float(row[name]) for name in columns)
    axes.plot([x, x], [low, high], color=colour, linewidth=1.5, solid_capstyle="butt")
    axes.plot([x], [value], marker, color=colour, markersize=5)


def clean_limits(axes: Any) -> None:
    """Leave a little room above and below what is drawn, and show 0 where it is near.

    Parameters
    ----------
    axes : Axes
        What to change.
    """
    low, high = axes.get_ylim()
    low = min(low, 0.0) if low < 0.5 * high else low
    room = 0.04 * (high - low)
    axes.set_ylim(low - room * (low < 0), high + room)
    axes.set_yticks([tick for tick in axes.get_yticks() if low - room <= tick <= high + room])
    if np.sign(low) != np.sign(high):
        axes.axhline(0, color="#BFBFBF", linewidth=0.7, zorder=0)
