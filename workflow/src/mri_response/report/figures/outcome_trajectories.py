"""The course of the scores: means of arms, and single people where they may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.config.clinical_outcomes import outcome_visits
from mri_response.report.figures.outcome_panels import arm_colours, compared_scores
from mri_response.report.figures.style import (
    DOUBLE_COLUMN,
    message,
    mix,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming, arm_words
from mri_response.report.numbers import as_numbers


@styled
def draw(
    outcome_model: pd.DataFrame,
    outcome_scores: pd.DataFrame,
    config: Mapping[str, Any],
    names: Naming,
) -> Figure:
    """Draw means of the primary scale by the mixed model, with 95 % intervals.

    Parameters
    ----------
    outcome_model : DataFrame
        The table ``outcome_model.tsv``.
    outcome_scores : DataFrame
        The table ``outcome_scores.tsv``: people, drawn faintly if the configuration lets them be
        shown.
    config : mapping
        Sections clinical_outcomes and report of the configuration.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    section = config["clinical_outcomes"]
    scale = next(iter(section["scales"]))
    where = ", first period" if section["crossover"] else ""
    title = names.title(f"Course of {scale}{where}")
    rows = outcome_model[
        (outcome_model["model"] == "constrained") & (outcome_model["quantity"] == "mean")
    ]
    if rows.empty:
        return message(title, "No model could be fitted to the scores.")
    numbers = ("visit", "estimate", "ci_low", "ci_high")
    rows = as_numbers(rows, numbers)
    start = rows[rows["visit"] == 0]
    arms = list(dict.fromkeys(rows.loc[rows["visit"] > 0, "arm"]))
    colours = arm_colours(arms, section["reference"])
    figure = new_figure(DOUBLE_COLUMN, 78)
    suptitle(figure, title, DOUBLE_COLUMN)
    axes = figure.add_subplot()
    if config["report"]["participant_level"]:
        people = compared_scores(outcome_scores, section, ("visit", "baseline", "score"))
        _draw_people(axes, people, colours)
    for i, arm in enumerate(arms):
        own = pd.concat([start, rows[(rows["arm"] == arm) & (rows["visit"] > 0)]])
        x = own["visit"] + 0.04 * (i - (len(arms) - 1) / 2)
        limits = np.abs(own[["ci_low", "ci_high"]].to_numpy().T - own["estimate"].to_numpy())
        axes.errorbar(
            x, own["estimate"], limits, color=colours[arm], marker="o", markersize=4, capsize=2,
            linewidth=1.6, label=arm_words(arm), zorder=4,
        )  # fmt: skip
    visits = [section["baseline"], *outcome_visits(section)]
    counts = rows.groupby("visit")["n"].agg(lambda n: " and ".join(map(str, n)))
    labels = [f"{name}\nn = {counts.get(i, 0)}" for i, name in enumerate(visits)]
    axes.set_xticks(range(len(visits)), labels)
    axes.set(ylabel=f"{scale}, points", xlim=(-0.25, len(visits) - 0.75))
    axes.set_ylim(bottom=0)
    figure.legend(loc="outside lower left", ncols=4)
    return figure


def _draw_people(axes: Any, rows: pd.DataFrame, colours: Mapping[str, str]) -> None:
    for _, own in rows.groupby("participant_id", sort=False):
        x = [0, *own["visit"]]
        y = [own["baseline"].iloc[0], *own["score"]]
        colour = mix(colours[own["arm"].iloc[0]], 0.25)
        axes.plot(x, y, color=colour, linewidth=0.6, zorder=1)
