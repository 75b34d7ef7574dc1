"""Updates after good and bad news by session, beside agents without bias."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from mri_response.belief_updating.run_tables import typed
from mri_response.config.belief import sessions_of
from mri_response.report.figures.belief_panels import (
    BESIDE,
    clean_limits,
    draw_mean,
    group_panels,
    news_handles,
)
from mri_response.report.figures.style import (
    BAND,
    BLACK,
    DOUBLE_COLUMN,
    legend_below,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming


@styled
def draw(belief_agents: pd.DataFrame, config: Mapping[str, Any], names: Naming) -> Figure:
    """Draw mean updates by valence, session and group, with the band of unbiased agents.

    Parameters
    ----------
    belief_agents : DataFrame
        The table ``belief_agents.tsv``.
    config : mapping
        Section belief of the configuration.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    belief, table = config["belief"], typed(belief_agents)
    table = table[table["news"] == belief["news"]]
    figure = new_figure(DOUBLE_COLUMN, 92)
    suptitle(figure, names.title("Updates after good and bad news"), DOUBLE_COLUMN)
    grid = figure.add_gridspec(2, 1, height_ratios=[1, 0.17])
    panels = group_panels(figure, belief, grid[0])
    for group, axes in panels.items():
        own = table[table["group"] == group]
        for at, session in enumerate(sessions_of(belief)):
            for kind, beside in BESIDE.items():
                rows = own[(own["session_id"] == session) & (own["quantity"] == f"update_{kind}")]
                if len(rows):
                    _cell(axes, at + beside, rows.iloc[0], kind)
        n = own.loc[own["session_id"] == belief["baseline"], "n"].max()
        axes.set_title(f"{group}, n = {n:.0f} in {belief['baseline']}")
    for axes in panels.values():
        clean_limits(axes)
    next(iter(panels.values())).set_ylabel("Mean update towards the news (points)")
    handles = [
        *news_handles(),
        Patch(color=BAND, label="Agents with the person's S and A = 0 (95 % of draws)"),
        Line2D([], [], color=BLACK, marker="_", linestyle="", label="Agents by Bayes' rule"),
    ]
    legend_below(figure, grid[1], handles, ncols=2)
    return figure


def _cell(axes: Any, x: float, row: pd.Series, kind: str) -> None:
    band = (x - 0.11, row["linear_low"]), 0.22, row["linear_high"] - row["linear_low"]
    axes.add_patch(Rectangle(*band, color=BAND, linewidth=0, zorder=0))
    axes.plot([x], [row["bayesian"]], marker="_", markersize=11, color=BLACK, zorder=1)
    draw_mean(axes, x, row, ("people", "ci_low", "ci_high"), kind)
