"""Frequencies of the models of belief updating, by group and session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mri_response.belief_updating.run_tables import typed
from mri_response.config.belief import group_names, sessions_of
from mri_response.report.figures.forest import without_axis
from mri_response.report.figures.style import (
    BLACK,
    BLUE,
    DASHED,
    DOUBLE_COLUMN,
    GREEN,
    PURPLE,
    VERMILION,
    legend_below,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming

_SESSIONS = ((BLUE, "o"), (VERMILION, "s"), (GREEN, "^"), (PURPLE, "D"), (BLACK, "v"))


@styled
def draw(belief_models: pd.DataFrame, config: Mapping[str, Any], names: Naming) -> Figure:
    """Draw the expected frequency of every model in each session, a panel per group.

    Parameters
    ----------
    belief_models : DataFrame
        The table ``belief_models.tsv``.
    config : mapping
        Section belief of the configuration.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    belief, table = config["belief"], typed(belief_models)
    table = table[table["level"] == "model"]
    models = list(dict.fromkeys(table["name"]))
    groups, sessions = group_names(belief), sessions_of(belief)
    figure = new_figure(DOUBLE_COLUMN, 40 + 5.2 * len(models))
    suptitle(figure, names.title("Which model people use"), DOUBLE_COLUMN)
    grid = figure.add_gridspec(2, len(groups), height_ratios=[1, 0.8 / len(models)])
    shared = None
    for at, group in enumerate(groups):
        axes = figure.add_subplot(grid[0, at], sharey=shared)
        own = table[table["group"] == group].set_index(["session_id", "name"])
        for step, session in enumerate(sessions):
            colour, marker = _SESSIONS[step % len(_SESSIONS)]
            rows = own.loc[session].reindex(models)
            y = np.arange(len(models)) + 0.26 * (step - (len(sessions) - 1) / 2)
            axes.plot(rows["frequency"], y, marker, color=colour, markersize=4.5)
        axes.axvline(1 / len(models), zorder=0, **DASHED)
        for line in range(1, len(models)):
            axes.axhline(line - 0.5, color="#E3E3E3", linewidth=0.5, zorder=0)
        axes.set(
            xlim=(-0.03, 1.03), xlabel="Expected frequency", title=_title(group, own, sessions)
        )
        axes.set_yticks(range(len(models)), models)
        axes.set_ylim(len(models) - 0.5, -0.5)
        without_axis(axes)
        axes.tick_params(axis="y", labelleft=shared is None)
        shared = shared or axes
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=4.5, linestyle="", label=session)
        for (colour, marker), session in zip(_SESSIONS * len(sessions), sessions, strict=False)
    ]
    handles.append(Line2D([], [], label="All models equally frequent", **DASHED))
    legend_below(figure, grid[1, :], handles, ncols=4)
    return figure


def _title(group: str, own: pd.DataFrame, sessions: list[str]) -> str:
    risks = [own.loc[session, "bor"].iloc[0] for session in sessions]
    shown = ", ".join("<0.01" if risk < 0.01 else f"{risk:.2f}" for risk in risks)
    return f"{group}; omnibus risk {shown}"
