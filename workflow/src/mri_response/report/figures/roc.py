"""ROC curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.core.vocabulary import Role
from mri_response.evaluation.curves import RocCurve, roc_of_cohort, rows_of_cohort
from mri_response.evaluation.headline import headline_row
from mri_response.report.figures.style import (
    DASHED,
    DOUBLE_COLUMN,
    SINGLE_COLUMN,
    cohort_styles,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.lookup import is_computed, people_counts
from mri_response.report.naming import Naming
from mri_response.report.numbers import estimate_text, interval_text


@styled
def draw(
    predictions: pd.DataFrame,
    performance: pd.DataFrame,
    model: str,
    names: Naming,
    config: Mapping[str, Any],
) -> Figure:
    """Draw ROC curves: discovery with its band on the left, frozen-model cohorts on the right.

    Parameters
    ----------
    predictions : DataFrame
        The table ``predictions.tsv``.
    performance : DataFrame
        The table ``performance.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.
    config : mapping
        Its seed is that of the bootstrap of the band.

    Returns
    -------
    Figure
    """
    cohorts = names.ordered(performance.loc[performance["model"] == model, "cohort"])
    (discovery,) = [c for c in cohorts if names.roles[c] == Role.DISCOVERY]
    others = [c for c in cohorts if c != discovery]
    curves = {}
    for cohort in cohorts:
        if is_computed(performance, model, cohort):
            rows = rows_of_cohort(predictions, model, cohort, names.roles)
            curves[cohort] = roc_of_cohort(rows, names.roles[cohort], config["seed"])
    width = DOUBLE_COLUMN if others else SINGLE_COLUMN
    labels = {c: wrap(_label(performance, model, c, names), width - 18) for c in cohorts}
    n_lines = sum(line_count(label) for label in labels.values()) + 2
    legend_height = n_lines * line_height() * 1.12 + 3
    title = names.title(f"ROC curves, model {model}")
    height = 82 + legend_height + 5 * line_count(wrap(title, width - 6, 9, "bold"))
    figure = new_figure(width, height)
    suptitle(figure, title, width)
    grid = figure.add_gridspec(
        2, 2 if others else 1, height_ratios=[height - legend_height - 10, legend_height]
    )
    styles = cohort_styles(cohorts, names)
    panels = {"Discovery, cross-validated": [discovery], "Frozen model, new people": others}
    for position, (heading, group) in enumerate(panels.items()):
        if group:
            axes = figure.add_subplot(grid[0, position])
            _panel(axes, heading, [(curves[c], styles[c]) for c in group if c in curves])
    below = figure.add_subplot(grid[1, :])
    below.axis("off")
    below.legend(
        handles=_handles(labels, curves, styles),
        loc="upper left",
        borderaxespad=0,
        handlelength=2.4,
        labelspacing=0.3,
    )
    return figure


def _label(performance: pd.DataFrame, model: str, cohort: str, names: Naming) -> str:
    """A cohort in the legend, its result on one line."""
    result = "no curve, a class is too small"
    if is_computed(performance, model, cohort):
        row = headline_row(performance, model, cohort, "auc")
        interval = interval_text("auc", row["ci_low"], row["ci_high"])
        result = f"AUC {estimate_text('auc', row['estimate'])} ({interval})".replace(" ", "\xa0")
    n, _ = people_counts(performance, model, cohort)
    return f"{names.titles[cohort]}, n\xa0=\xa0{n}: {result}".replace("-", "\u2011")


def _panel(axes: Any, heading: str, curves: list[tuple[RocCurve, tuple[str, Any]]]) -> None:
    axes.plot([0, 1], [0, 1], **DASHED)
    for curve, (colour, line) in curves:
        if curve.band is not None:
            axes.fill_between(*curve.band, color=colour, alpha=0.2, linewidth=0)
        axes.plot(
            curve.false_positive_rate,
            curve.true_positive_rate,
            color=colour,
            linestyle=line,
            clip_on=curve.band is not None,
        )
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        aspect="equal",
        xlabel="1 − specificity",
        ylabel="Sensitivity",
        title=heading,
    )
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))


def _handles(
    labels: Mapping[str, str],
    curves: Mapping[str, RocCurve],
    styles: Mapping[str, tuple[str, Any]],
) -> list[Any]:
    handles: list[Any] = []
    for cohort, label in labels.items():
        if cohort not in curves:
            handles.append(Line2D([], [], linestyle="none", label=label))
            continue
        colour, line = styles[cohort]
        handles.append(Line2D([], [], color=colour, linestyle=line, label=label))
        if curves[cohort].band is not None:
            text = "Band: 95 % bootstrap over people"
            handles.append(Patch(color=colour, alpha=0.2, label=text))
    return [*handles, Line2D([], [], label="Chance", **DASHED)]
