"""Learning rates after good and bad news before and after treatment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mri_response.belief_updating.run_tables import typed
from mri_response.config.belief import sessions_of
from mri_response.report.figures.belief_panels import (
    BESIDE,
    NEWS,
    clean_limits,
    draw_mean,
    group_panels,
    news_handles,
)
from mri_response.report.figures.style import (
    DOUBLE_COLUMN,
    legend_below,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming

_COLUMNS = ("mean", "ci_low", "ci_high")


@styled
def draw(
    belief_reliability: pd.DataFrame,
    belief_rates: pd.DataFrame,
    belief_people: pd.DataFrame,
    config: Mapping[str, Any],
    names: Naming,
) -> Figure:
    """Draw mean learning rates by session and group; people only where the report may show them.

    Parameters
    ----------
    belief_reliability : DataFrame
        The table ``belief_reliability.tsv``.
    belief_rates : DataFrame
        The table ``belief_rates.tsv``; drawn only with ``report: participant_level: true``.
    belief_people : DataFrame
        The table ``belief_people.tsv``, for the groups of people.
    config : mapping
        Sections belief and report of the configuration.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    belief, table = config["belief"], typed(belief_reliability)
    figure = new_figure(DOUBLE_COLUMN, 86)
    suptitle(figure, names.title("Learning rates before and after"), DOUBLE_COLUMN)
    grid = figure.add_gridspec(2, 1, height_ratios=[1, 0.1])
    panels = group_panels(figure, belief, grid[0])
    people = config["report"]["participant_level"]
    for group, axes in panels.items():
        if people:
            members = belief_people.loc[belief_people["group"] == group, "participant_id"]
            own = typed(belief_rates[belief_rates["participant_id"].isin(members)])
            _draw_people(axes, own, belief)
        rows = table[table["group"] == group].set_index(["session_id", "parameter"])
        for kind, beside in BESIDE.items():
            means = []
            for at, session in enumerate(sessions_of(belief)):
                row = rows.loc[(session, f"LR_{kind}")]
                draw_mean(axes, at + beside, row, _COLUMNS, kind)
                means.append((at + beside, row["mean"]))
            axes.plot(*zip(*means, strict=True), color=NEWS[kind][1], linewidth=1)
        n = rows.loc[(belief["baseline"], "S"), "n"]
        axes.set_title(f"{group}, n = {n:.0f} in {belief['baseline']}")
    for axes in panels.values():
        clean_limits(axes)
    next(iter(panels.values())).set_ylabel("Learning rate (S + A, S − A)")
    handles = news_handles()
    if people:
        handles.append(Line2D([], [], color="#BFBFBF", linewidth=0.7, label="A person"))
    legend_below(figure, grid[1], handles, ncols=3)
    return figure


def _draw_people(axes: Any, rates: pd.DataFrame, belief: Mapping[str, Any]) -> None:
    """A thin line per person and kind of news, from session to session."""
    place = {session: at for at, session in enumerate(sessions_of(belief))}
    for _, own in rates.groupby("participant_id", sort=False):
        known = own[own["session_id"].isin(list(place))]
        for kind, beside in BESIDE.items():
            x = known["session_id"].map(place) + beside
            axes.plot(x, known[f"LR_{kind}"], color=NEWS[kind][1], linewidth=0.4, alpha=0.3)
