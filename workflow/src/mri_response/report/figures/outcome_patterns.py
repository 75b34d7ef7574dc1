"""Which visits people have scores of."""

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
    mix,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming, arm_words

_MOST = 12  # patterns of an arm


@styled
def draw(outcome_patterns: pd.DataFrame, config: Mapping[str, Any], names: Naming) -> Figure:
    """Draw the patterns of missing scores of each arm with the numbers of people.

    Parameters
    ----------
    outcome_patterns : DataFrame
        The table ``outcome_patterns.tsv``.
    config : mapping
        Section clinical_outcomes of the configuration.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        The most frequent patterns; the others are counted together.
    """
    section = config["clinical_outcomes"]
    sessions = [section["baseline"], *section["visits"]]
    arms = list(dict.fromkeys(outcome_patterns["arm"]))
    longest = max(min(_MOST + 1, n) for n in outcome_patterns.groupby("arm").size())
    figure = new_figure(DOUBLE_COLUMN, 34 + 6 * longest)
    suptitle(figure, names.title("Visits with and without a score"), DOUBLE_COLUMN)
    panels = figure.subplots(1, len(arms), squeeze=False, sharex=True)[0]
    for axes, arm in zip(panels, arms, strict=True):
        own = outcome_patterns[outcome_patterns["arm"] == arm]
        shown, rest = own.iloc[:_MOST], own.iloc[_MOST:]
        for y, (baseline, pattern) in enumerate(
            zip(shown["baseline"], shown["pattern"], strict=True)
        ):
            marks = ("x" if baseline == "True" else ".") + pattern
            for x, mark in enumerate(marks):
                colour = mix(BLUE, 0.7) if mark == "x" else mix(GREY, 0.12)
                axes.add_patch(Rectangle((x - 0.46, y - 0.4), 0.92, 0.8, color=colour, lw=0))
        labels = list(shown["n"])
        if len(rest):
            labels.append(str(sum(map(int, rest["n"]))))
            axes.text(-0.4, len(shown), f"{len(rest)} other patterns", va="center")
        total = sum(map(int, own["n"]))
        axes.set(title=f"{arm_words(arm)}, n = {total}", xlim=(-0.6, len(sessions) - 0.4))
        axes.set(ylim=(longest - 0.4, -0.6))
        axes.set_yticks(range(len(labels)), labels)
        turned = len(arms) * len(sessions) > 8
        axes.set_xticks(range(len(sessions)), sessions, rotation=40 if turned else 0)
        if turned:
            for text in axes.get_xticklabels():
                text.set(ha="right", rotation_mode="anchor")
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
    panels[0].set_ylabel("People")
    handles = [
        Patch(color=mix(BLUE, 0.7), label="score"),
        Patch(color=mix(GREY, 0.12), label="missing"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2)
    return figure
