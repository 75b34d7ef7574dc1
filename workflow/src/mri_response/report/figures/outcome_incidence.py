"""Share of people who have had a response by a time, with the numbers at risk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.outcome_panels import arm_colours
from mri_response.report.figures.style import DOUBLE_COLUMN, mix, new_figure, styled, suptitle
from mri_response.report.naming import Naming, arm_words
from mri_response.report.numbers import as_numbers

_NUMBERS = ("n", "time", "at_risk", "incidence", "ci_low", "ci_high")


@styled
def draw(outcome_incidence: pd.DataFrame, config: Mapping[str, Any], names: Naming) -> Figure:
    """Draw the cumulative incidence of response and remission by arm.

    Parameters
    ----------
    outcome_incidence : DataFrame
        The table ``outcome_incidence.tsv``.
    config : mapping
        Section clinical_outcomes of the configuration.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    section = config["clinical_outcomes"]
    table = as_numbers(outcome_incidence, _NUMBERS)
    arms = list(dict.fromkeys(table["arm"]))
    outcomes = list(dict.fromkeys(table["outcome"]))
    colours = arm_colours(arms, section["reference"])
    times = [0.0, *section["times"].values()]
    figure = new_figure(DOUBLE_COLUMN, 74 + 5 * len(arms))
    suptitle(figure, names.title("Share of people by the time of their first response"), 180)
    grid = figure.subplots(
        2, len(outcomes), squeeze=False, sharex=True, height_ratios=[1, 0.06 + 0.09 * len(arms)]
    )
    for column, outcome in enumerate(outcomes):
        axes, below = grid[0, column], grid[1, column]
        own = table[table["outcome"] == outcome]
        for arm in arms:
            _draw_curve(axes, own[own["arm"] == arm], times, colours[arm])
        axes.set(title=outcome.capitalize(), ylim=(0, 1))
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        below.set(
            xlabel=f"{section['unit'].capitalize()}, not to scale", ylim=(len(arms) - 0.4, -0.6)
        )
        below.set_yticks(range(len(arms)), [arm_words(arm) for arm in arms])
        below.set_title("At risk", pad=2)
        for spine in ("left", "top", "right"):
            below.spines[spine].set_visible(False)
        below.tick_params(axis="y", length=0)
        below.set_xticks(range(len(times)), [f"{time:g}" for time in times])
        for y, arm in enumerate(arms):
            rows = own[own["arm"] == arm]
            for x, time in enumerate(times):
                later = rows[rows["time"] >= time]
                left = int(later["at_risk"].iloc[0]) if len(later) else 0
                below.text(x, y, str(left), ha="center", va="center", color=colours[arm])
    handles, labels = grid[0, 0].get_legend_handles_labels()
    if len(arms) > 1:
        figure.legend(handles, labels, loc="outside lower left", ncols=4)
    return figure


def _draw_curve(axes: Any, rows: pd.DataFrame, times: list[float], colour: str) -> None:
    # Visits are equally far apart: hours and weeks would not be seen on one scale.
    places = np.interp(rows["time"], times, np.arange(len(times)))
    x = np.array([0.0, *places, len(times) - 0.85])
    y = np.array([0.0, *rows["incidence"], rows["incidence"].iloc[-1]])
    axes.step(x, y, where="post", color=colour, label=arm_words(rows["arm"].iloc[0]))
    for end in ("ci_low", "ci_high"):
        limits = np.array([np.nan, *rows[end], rows[end].iloc[-1]])
        axes.step(x, limits, where="post", color=mix(colour, 0.5), linewidth=0.8, linestyle=":")
