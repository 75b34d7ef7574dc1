"""Performance of an applied model in every cohort that has labels."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.forest import draw_interval, reference_line, without_axis
from mri_response.report.figures.style import (
    BLUE,
    DOUBLE_COLUMN,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import METRIC_NAMES, Naming
from mri_response.report.numbers import as_numbers

#: Metrics of classes and of numbers: name, and where nothing was predicted.
_CLASSES = {"balanced_accuracy": 0.5, "auc": 0.5}
_NUMBERS = {"r": 0.0, "r2": 0.0}
_OF_NUMBERS = {"r": "Correlation", "r2": "R2"}


@styled
def draw(applied_performance: pd.DataFrame, names: Naming) -> Figure:
    """Draw estimates with intervals, a panel for each of two metrics and a row for each cohort.

    Parameters
    ----------
    applied_performance : DataFrame
        The table ``applied_performance.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    title = names.title("The applied model in each cohort")
    table = as_numbers(applied_performance, ("n", "estimate", "ci_low", "ci_high"))
    table = table.drop_duplicates(["cohort", "metric"])
    table = table[table["estimate"].notna()]
    metrics = _NUMBERS if table["metric"].isin(_NUMBERS).any() else _CLASSES
    cohorts = names.ordered(table.loc[table["metric"].isin(metrics), "cohort"])
    if not cohorts:
        return message(title, "No cohort has labels of enough people.")
    figure = new_figure(DOUBLE_COLUMN, 32 + 9 * len(cohorts))
    suptitle(figure, title, DOUBLE_COLUMN)
    panels = figure.subplots(1, 2, sharey=True)
    counts = table[table["metric"].isin(metrics)].groupby("cohort")["n"].first()
    for axes, (metric, chance) in zip(panels, metrics.items(), strict=True):
        _panel(axes, table[table["metric"] == metric].set_index("cohort"), cohorts)
        reference_line(axes, chance)
        axes.set_xlabel(METRIC_NAMES.get(metric) or _OF_NUMBERS[metric])
        if metrics is _CLASSES:
            axes.set_xlim(0, 1)
    rows = [f"{names.titles[cohort]}\n(n = {int(counts[cohort])})" for cohort in cohorts]
    panels[0].set_yticks(range(len(cohorts)), rows)
    panels[0].set_ylim(len(cohorts) - 0.5, -0.5)
    return figure


def _panel(axes: Any, own: pd.DataFrame, cohorts: list[str]) -> None:
    for y, cohort in enumerate(cohorts):
        if cohort in own.index:
            draw_interval(axes, own.loc[cohort], y, BLUE, "o", 5)
    without_axis(axes)
