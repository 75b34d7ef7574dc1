"""Change of every person in per cent, sorted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mri_response.report.figures.outcome_panels import arm_colours, compared_scores
from mri_response.report.figures.style import (
    BLACK,
    DASHED,
    DOUBLE_COLUMN,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming

_COLUMNS = 2


@styled
def draw(outcome_scores: pd.DataFrame, config: Mapping[str, Any], names: Naming) -> Figure:
    """Draw a bar per person and visit, without names.

    Parameters
    ----------
    outcome_scores : DataFrame
        The table ``outcome_scores.tsv``.
    config : mapping
        Section clinical_outcomes of the configuration.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    section = config["clinical_outcomes"]
    scale, given = next(iter(section["scales"].items()))
    title = names.title(f"Change of {scale} of each person")
    rows = compared_scores(outcome_scores, section, ("baseline", "change"))
    rows = rows[rows["change"].notna() & (rows["baseline"] > 0)]
    if rows.empty:
        return message(title, "Nobody has scores before and after.")
    rows = rows.assign(percent=100 * rows["change"] / rows["baseline"])
    visits = list(dict.fromkeys(rows["session_id"]))
    arms = list(dict.fromkeys(rows["arm"]))
    colours = arm_colours(arms, section["reference"])
    lines = -(-len(visits) // _COLUMNS)
    figure = new_figure(DOUBLE_COLUMN, 22 + 46 * lines)
    suptitle(figure, title, DOUBLE_COLUMN)
    panels = figure.subplots(lines, _COLUMNS, squeeze=False, sharey=True).ravel()
    for axes in panels[len(visits) :]:
        axes.set_visible(False)
    for axes, visit in zip(panels, visits, strict=False):
        own = rows[rows["session_id"] == visit].sort_values("percent", ascending=False)
        axes.bar(np.arange(len(own)), own["percent"], color=own["arm"].map(colours), width=0.85)
        axes.axhline(0, color=BLACK, linewidth=0.7)
        axes.axhline(-given["fall_percent"], **DASHED)
        axes.set(title=f"{visit}, n = {len(own)}", xlim=(-0.7, len(own) - 0.3))
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    for axes in panels[::_COLUMNS]:
        axes.set_ylabel("Change, % of baseline")
    if len(arms) > 1:
        handles = [Patch(color=colours[arm], label=arm) for arm in arms]
        figure.legend(handles=handles, loc="outside lower left", ncols=4)
    return figure
