"""Differences at the last visit with missing scores shifted in either arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from mri_response.report.figures.style import (
    BLUE,
    DOUBLE_COLUMN,
    GREY,
    SINGLE_COLUMN,
    message,
    mix,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_numbers, minus

_LOWEST = 46  # mm for the label beside few shifts


@styled
def draw(outcome_tipping_point: pd.DataFrame, config: Mapping[str, Any], names: Naming) -> Figure:
    """Draw the difference between arms by what is added to missing scores of either.

    Parameters
    ----------
    outcome_tipping_point : DataFrame
        The table ``outcome_tipping_point.tsv``.
    config : mapping
        Section clinical_outcomes of the configuration.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    scale = next(iter(config["clinical_outcomes"]["scales"]))
    title = names.title(f"Difference in {scale} with missing scores shifted")
    if outcome_tipping_point.empty:
        return message(title, "No model could be fitted to the scores.")
    numbers = ("delta", "delta_reference", "estimate", "ci_low", "ci_high")
    table = as_numbers(outcome_tipping_point, numbers)
    arms = list(dict.fromkeys(table["arm"]))
    width = SINGLE_COLUMN + 20 if len(arms) == 1 else DOUBLE_COLUMN
    shifts = list(dict.fromkeys(table["delta"]))
    figure = new_figure(width, 36 + max(8 * len(shifts), _LOWEST))
    suptitle(figure, title, width)
    panels = figure.subplots(1, len(arms), squeeze=False, sharey=True)[0]
    for axes, arm in zip(panels, arms, strict=True):
        own = table[table["arm"] == arm]
        reference = own["reference"].iloc[0]
        for row in own.itertuples():
            x, y = shifts.index(row.delta), shifts.index(row.delta_reference)
            colour = mix(BLUE, 0.25) if row.ci_low > 0 or row.ci_high < 0 else mix(GREY, 0.05)
            axes.add_patch(Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, color=colour, lw=0))
            axes.text(x, y, minus(row.estimate, 1), ha="center", va="center")
        axes.set(xlim=(-0.6, len(shifts) - 0.4), ylim=(len(shifts) - 0.4, -0.6))
        ticks = [f"{shift:+g}".replace("+0", "0").replace("-", "−") for shift in shifts]
        axes.set_xticks(range(len(shifts)), ticks)
        axes.set_yticks(range(len(shifts)), ticks)
        axes.set(xlabel=f"Points added to missing scores of {arm}", title=f"{arm} − {reference}")
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
    panels[0].set_ylabel(f"Points added to those of {reference}")
    handles = [
        Patch(color=mix(BLUE, 0.25), label="interval without 0"),
        Patch(color=mix(GREY, 0.05), label="interval with 0"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2)
    return figure
