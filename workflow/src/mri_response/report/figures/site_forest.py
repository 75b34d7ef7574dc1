"""Performance at every site, as a forest plot with the mean and where a new site may lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.core.vocabulary import HEADLINE_METRICS, Role
from mri_response.report.figures.forest import draw_interval, without_axis
from mri_response.report.figures.style import (
    BLACK,
    BLUE,
    DOUBLE_COLUMN,
    GREY,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.naming import METRIC_NAMES, Naming
from mri_response.report.numbers import number

LABELS_WIDTH = 62.0
_MEANS = {Role.DISCOVERY: "Mean over discovery sites", Role.EXTERNAL: "Mean over external sites"}


@styled
def draw(
    site_performance: pd.DataFrame, site_spread: pd.DataFrame, model: str, names: Naming
) -> Figure:
    """Draw a model's balanced accuracy and AUC at every site.

    Parameters
    ----------
    site_performance : DataFrame
        The table ``site_performance.tsv``.
    site_spread : DataFrame
        The table ``site_spread.tsv``.
    model : str
        Model whose rows are drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        Sites in which a class is too small are named without a number. A mean over sites has a
        diamond; the grey bar behind it is its prediction interval.
    """
    sites = site_performance[site_performance["model"] == model]
    title = names.title(f"Performance by site, model {model}")
    if sites.empty:
        return message(title, "No cohort has sites.")
    rows = _rows(sites, site_spread[site_spread["model"] == model], names)
    height = sum(row["height"] for row in rows) + 26
    figure = new_figure(DOUBLE_COLUMN, height)
    suptitle(figure, title, DOUBLE_COLUMN)
    panels = figure.subplots(1, 2, sharey=True)
    ticks, y = [], 0.0  # in mm, downwards
    for row in rows:
        centre = y + row["height"] / 2
        if row["kind"] == "cohort" and y:
            for axes in panels:
                axes.axhline(y, color="#d0d0d0", linewidth=0.7)
        y += row["height"]
        ticks.append(centre)
        for axes, metric in zip(panels, HEADLINE_METRICS, strict=True):
            if metric in row["values"]:
                _draw_row(axes, row["values"][metric], centre, row["kind"])
        if row["kind"] == "site" and not row["values"]:
            panels[0].annotate(
                "too few people", (0, centre), (4, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center", color=GREY,
            )  # fmt: skip
    for axes, metric in zip(panels, HEADLINE_METRICS, strict=True):
        axes.axvline(0.5, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        axes.set(xlim=(0, 1), ylim=(y, 0), xlabel=METRIC_NAMES[metric])
        if metric != "auc":
            axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        without_axis(axes)
    panels[0].set_yticks(ticks, [row["label"] for row in rows])
    for text, row in zip(panels[0].get_yticklabels(), rows, strict=True):
        if row["kind"] == "cohort":
            text.set_fontweight("bold")
    return figure


def _draw_row(axes: Any, row: pd.Series, y: float, kind: str) -> None:
    """A site, or a mean with its prediction interval behind it."""
    if kind == "mean" and not np.isnan(number(row["prediction_low"])):
        limits = [number(row["prediction_low"]), number(row["prediction_high"])]
        axes.plot(limits, [y, y], color="#bdbdbd", linewidth=5, solid_capstyle="butt", zorder=1)
    mean = kind == "mean"
    draw_interval(axes, row, y, BLACK if mean else BLUE, "D" if mean else "o", 4)


def _rows(sites: pd.DataFrame, spread: pd.DataFrame, names: Naming) -> list[dict[str, Any]]:
    """Cohorts with their sites, then the means over sites."""
    rows: list[dict[str, Any]] = []

    def add(kind: str, text: str, values: dict[str, pd.Series]) -> None:
        label = wrap(text, LABELS_WIDTH, weight="bold" if kind == "cohort" else "normal")
        height = line_count(label) * line_height() + 1.4
        rows.append({"kind": kind, "label": label, "height": height, "values": values})

    for cohort in names.ordered(sites["cohort"]):
        add("cohort", names.titles[cohort], {})
        for site, own in sites[sites["cohort"] == cohort].groupby("site", sort=False):
            own = own.set_index("metric")
            count = f"{site}, n\u00a0=\u00a0{int(number(own.iloc[0]['n']))}"
            known = own[[not np.isnan(number(value)) for value in own["estimate"]]]
            if len(known):
                count += f"\u00a0({int(number(known.iloc[0]['n_positive']))})"
            add("site", count, {metric: known.loc[metric] for metric in known.index})
    means = spread[[not np.isnan(number(value)) for value in spread["estimate"]]]
    if len(means):
        add("cohort", "Random effects", {})
    for role, own in means.groupby("role", sort=False):
        text = f"{_MEANS[role]}, {int(number(own.iloc[0]['n_sites']))} sites"
        add("mean", text, {row["metric"]: row for _, row in own.iterrows()})
    return rows
