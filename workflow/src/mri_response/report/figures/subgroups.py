"""Performance in subgroups, as a forest plot."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.core.vocabulary import HEADLINE_METRICS
from mri_response.evaluation.headline import headline_row
from mri_response.report.figures.forest import without_axis
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
from mri_response.report.lookup import is_computed, people_counts
from mri_response.report.naming import METRIC_NAMES, Naming, group_name
from mri_response.report.numbers import number


@styled
def draw(subgroups: pd.DataFrame, performance: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw a model's balanced accuracy and AUC in every group of every cohort.

    Parameters
    ----------
    subgroups : DataFrame
        The table ``subgroups.tsv``.
    performance : DataFrame
        The table ``performance.tsv``, for everybody of a cohort.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        Groups in which a class is too small are named without a number.
    """
    groups = subgroups[(subgroups["model"] == model) & subgroups["reference"].isna()]
    title = names.title(f"Performance in subgroups, model {model}")
    if groups.empty:
        return message(title, "No cohort has a variable that divides its people into groups.")
    labels_width = 62.0
    figure_rows = _rows(groups, performance, model, names, labels_width)
    height = sum(row["height"] for row in figure_rows) + 26
    figure = new_figure(DOUBLE_COLUMN, height)
    suptitle(figure, title, DOUBLE_COLUMN)
    panels = figure.subplots(1, 2, sharey=True)
    ticks, labels = [], []
    y = 0.0  # in mm, downwards
    for row in figure_rows:
        centre = y + row["height"] / 2
        y += row["height"]
        ticks.append(centre)
        labels.append(row["label"])
        for axes, metric in zip(panels, HEADLINE_METRICS, strict=True):
            if row["kind"] == "cohort" and y > row["height"]:
                axes.axhline(y - row["height"], color="#d0d0d0", linewidth=0.7)
            estimate, low, high = row.get(metric, (np.nan,) * 3)
            if np.isnan(estimate):
                continue
            everybody = row["kind"] == "everybody"
            colour = BLACK if everybody else BLUE
            axes.plot([low, high], [centre] * 2, color=colour, linewidth=1.2)
            axes.plot(
                [estimate], [centre], marker="D" if everybody else "o", color=colour, markersize=4
            )
        if row["kind"] == "small":
            panels[0].annotate(
                "too few people", (0, centre), (4, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center", color=GREY,
            )  # fmt: skip
    for axes, metric in zip(panels, HEADLINE_METRICS, strict=True):
        axes.axvline(0.5, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set(xlim=(0, 1), ylim=(y, 0), xlabel=METRIC_NAMES[metric])
        if metric != "auc":
            axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        without_axis(axes)
    panels[0].set_yticks(ticks, labels)
    for text, row in zip(panels[0].get_yticklabels(), figure_rows, strict=True):
        if row["kind"] == "cohort":
            text.set_fontweight("bold")
    return figure


def _rows(
    groups: pd.DataFrame, performance: pd.DataFrame, model: str, names: Naming, width: float
) -> list[dict]:
    """Cohorts, everybody in each, and its groups; small groups of a variable in one row."""
    rows: list[dict] = []

    def add(kind: str, text: str, **values: tuple[float, float, float]) -> None:
        label = wrap(text, width, weight="bold" if kind == "cohort" else "normal")
        height = line_count(label) * line_height() + 1.4
        rows.append({"kind": kind, "label": label, "height": height, **values})

    for cohort in names.ordered(groups["cohort"]):
        add("cohort", names.titles[cohort])
        n, n_positive = people_counts(performance, model, cohort)
        values = {}
        if is_computed(performance, model, cohort):
            found = {m: headline_row(performance, model, cohort, m) for m in HEADLINE_METRICS}
            values = {metric: _limits(row) for metric, row in found.items()}
        add("everybody", f"Everybody, n\u00a0=\u00a0{n}\u00a0({n_positive})", **values)
        of_cohort = groups[groups["cohort"] == cohort]
        for variable in of_cohort["variable"].unique():
            small = []
            of_variable = of_cohort[of_cohort["variable"] == variable]
            for group in of_variable["group"].unique():
                found = of_variable[of_variable["group"] == group].set_index("metric")
                first = found.iloc[0]
                label = f"{group_name(variable, group)}, n\u00a0=\u00a0{int(number(first['n']))}"
                if np.isnan(number(first["estimate"])):
                    small.append(label)
                else:
                    values = {metric: _limits(found.loc[metric]) for metric in HEADLINE_METRICS}
                    add("group", f"{label}\u00a0({int(number(first['n_positive']))})", **values)
            if small:
                add("small", "; ".join(small))
    return rows


def _limits(row: pd.Series) -> tuple[float, float, float]:
    return tuple(number(row[column]) for column in ("estimate", "ci_low", "ci_high"))
