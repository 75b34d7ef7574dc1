"""Calibration curves and decision curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.core.vocabulary import EXTERNAL_POOLED, NotComputed, Role
from mri_response.evaluation.calibration import CURVE
from mri_response.people.rows import told_apart
from mri_response.report.figures.style import (
    BLACK,
    BLUE,
    DASHED,
    DOUBLE_COLUMN,
    GREY,
    NEGATIVE,
    POSITIVE,
    line_count,
    line_height,
    new_figure,
    styled,
    suptitle,
    text_width,
    wrap,
)
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number, number

_COLUMNS = 3
_PANEL = 56.0  # mm for a panel with its labels
_BINS = np.linspace(0, 1, 11)


@styled
def calibration(
    table: pd.DataFrame, predictions: pd.DataFrame, model: str, names: Naming
) -> Figure:
    """Draw a model's calibration curve in each cohort, and how its probabilities are spread.

    Parameters
    ----------
    table : DataFrame
        The table ``calibration.tsv``.
    predictions : DataFrame
        The table ``predictions.tsv``.
    model : str
    names : Naming

    Returns
    -------
    Figure
    """

    def draw(axes: Any, rows: pd.DataFrame, cohort: str) -> None:
        curve = rows[rows["metric"] == CURVE]
        at, share, low, high = (
            as_number(curve[c]).to_numpy() for c in ("probability", "estimate", "ci_low", "ci_high")
        )
        axes.plot([0, 1], [0, 1], **DASHED)
        axes.fill_between(at, low, high, color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(at, share, color=BLUE)
        _spread(axes, predictions, model, cohort, names)
        axes.set(xlim=(0, 1), ylim=(-0.34, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        axes.set_aspect("equal")

    handles = [
        (Line2D([], [], color=BLUE), "observed share"),
        (Patch(color=BLUE, alpha=0.2, linewidth=0), "95 % band"),
        (Line2D([], [], **DASHED), "calibrated"),
        (Patch(color=POSITIVE), f"people, {names.positive}"),
        (Patch(color=NEGATIVE), f"people, {names.negative}"),
    ]
    labels = ("Probability", "Observed share")
    title = f"Are the probabilities right? Model {model}"
    return _panels(table, model, names, title, labels, handles, draw, 1.34)


@styled
def decision_curve(table: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw a model's net benefit in each cohort beside acting on everybody and on nobody.

    Parameters
    ----------
    table : DataFrame
        The table ``decision_curve.tsv``.
    model : str
    names : Naming

    Returns
    -------
    Figure
    """

    def draw(axes: Any, rows: pd.DataFrame, cohort: str) -> None:
        columns = ("threshold", "net_benefit", "ci_low", "ci_high", "treat_all")
        at, benefit, low, high, everyone = (as_number(rows[c]).to_numpy() for c in columns)
        share = number(rows["n_positive"].iloc[0]) / number(rows["n"].iloc[0])
        axes.fill_between(at, low, high, color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(at, everyone, color=BLACK, linewidth=1.2, linestyle=(0, (5, 1.5)))
        axes.axhline(0, color=GREY, linewidth=1.2, linestyle=(0, (1, 1)))
        axes.plot(at, benefit, color=BLUE)
        axes.set(xlim=(0, 1), ylim=(-0.3 * share, 1.3 * share), xticks=[0, 0.5, 1])

    handles = [
        (Line2D([], [], color=BLUE), "by the model's answer"),
        (Patch(color=BLUE, alpha=0.2, linewidth=0), "95 % interval"),
        (Line2D([], [], color=BLACK, linewidth=1.2, linestyle=(0, (5, 1.5))), "act on everybody"),
        (Line2D([], [], color=GREY, linewidth=1.2, linestyle=(0, (1, 1))), "act on nobody"),
    ]
    labels = ("Threshold probability", "Net benefit")
    title = f"Would acting on the answers help? Model {model}"
    return _panels(table, model, names, title, labels, handles, draw, 1.0)


def _panels(
    table: pd.DataFrame,
    model: str,
    names: Naming,
    title: str,
    labels: tuple[str, str],
    handles: list[tuple[Any, str]],
    draw: Callable[[Any, pd.DataFrame, str], None],
    aspect: float,
) -> Figure:
    """One panel a cohort, external cohorts together where they are; `aspect` is height by width."""
    table = table[table["model"] == model]
    cohorts = names.together(table["cohort"])
    n_columns = min(_COLUMNS, len(cohorts))
    n_rows = -(-len(cohorts) // n_columns)
    heads = {}
    for cohort in cohorts:
        row = table[table["cohort"] == cohort].iloc[0]
        people = f"n = {int(number(row['n']))} ({int(number(row['n_positive']))} {names.positive})"
        heads[cohort] = wrap(f"{names.titles[cohort]}\n{people}", _PANEL - 14)
    head = max(map(line_count, heads.values())) * line_height()
    width = DOUBLE_COLUMN if n_columns > 1 else 120.0
    panel = min(_PANEL, width / n_columns) - 12
    n_across = int(width // (12 + max(text_width(text, 8) for _, text in handles)))
    n_across = max(1, min(n_across, len(handles)))
    legend = (line_height() + 1) * -(-len(handles) // n_across)
    figure = new_figure(width, 12 + legend + n_rows * (panel * aspect + head + 12))
    figure.get_layout_engine().set(hspace=0.06)
    suptitle(figure, names.title(title), width)
    grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for axes in grid[len(cohorts) :]:
        axes.axis("off")
    for axes, cohort in zip(grid, cohorts, strict=False):
        rows = table[table["cohort"] == cohort]
        axes.set_title(heads[cohort], linespacing=1.15)
        if rows["ci_method"].iloc[0] == NotComputed.SMALL_CLASS:
            axes.axis("off")
            text = "A class has too few people for a meaningful curve."
            axes.text(0, 0.6, wrap(text, panel - 4), transform=axes.transAxes, va="center")
            continue
        draw(axes, rows, cohort)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1] if axes is grid[0] else "")
    figure.legend(*zip(*handles, strict=True), loc="outside lower center", ncols=n_across)
    return figure


def _spread(axes: Any, predictions: pd.DataFrame, model: str, cohort: str, names: Naming) -> None:
    """Histogram of the probabilities below the curve: one class upwards, the other downwards."""
    rows = predictions[predictions["model"] == model]
    members = [cohort]
    if cohort == EXTERNAL_POOLED:
        members = [
            c for c, role in names.roles.items() if role == Role.EXTERNAL and c != EXTERNAL_POOLED
        ]
    rows = rows[rows["cohort"].isin(members)]
    person = told_apart(rows["cohort"], rows["participant_id"])
    weights = 1 / person.map(person.value_counts()).to_numpy(dtype=float)
    probability = as_number(rows["probability"]).to_numpy()
    positive = as_number(rows["label"]).to_numpy() == 1
    counts = [
        np.histogram(probability[of], _BINS, weights=weights[of])[0] for of in (positive, ~positive)
    ]
    unit = 0.14 / max(1.0, *(c.max() for c in counts))
    for count, colour, sign in zip(counts, (POSITIVE, NEGATIVE), (1, -1), strict=True):
        axes.bar(_BINS[:-1], sign * unit * count, 0.1, -0.18, align="edge", color=colour)
    axes.axhline(-0.18, color=BLACK, linewidth=0.5)
    axes.axhline(0, color=BLACK, linewidth=0.5)
