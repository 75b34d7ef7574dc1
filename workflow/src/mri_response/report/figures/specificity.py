"""Treated against untreated people under the same frozen model."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.arms import arm_row, arm_title, leading_difference, people_of
from mri_response.report.figures.forest import draw_interval, reference_line
from mri_response.report.figures.style import (
    BLACK,
    DOUBLE_COLUMN,
    GREY,
    VERMILION,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.naming import METRIC_NAMES, Naming
from mri_response.report.numbers import number, p_phrase, signed, signed_interval

_STYLES = {"active": (VERMILION, "o"), "control": (BLACK, "s")}
_BESIDE = {
    "ha": "center",
    "va": "center",
    "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1},
}
_LABELS = 46.0  # mm for the names of the arms
_STEP = 2.9  # rows from one metric to the next


@styled
def draw(specificity: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw AUC and balanced accuracy of both arms, and the differences, with intervals.

    Parameters
    ----------
    specificity : DataFrame
        The table ``specificity.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    title = names.title(f"Treated against untreated people, model {model}")
    if arm_row(specificity, model, "difference", "auc") is None:
        own = specificity[specificity["model"] == model]
        return message(title, str(own.loc[own["analysis"] == "difference", "note"].iloc[0]))
    labels = {}
    for arm in _STYLES:
        row = arm_row(specificity, model, arm, "auc")
        who = arm_title(str(row[arm]), names)
        labels[arm] = wrap(f"{who}\n{people_of(row, arm, names)}", _LABELS)
    height = 1.2 * line_height() * max(map(line_count, labels.values())) + 2
    figure = new_figure(DOUBLE_COLUMN, 24 + (_STEP + 2.6) * height)
    suptitle(figure, title, DOUBLE_COLUMN)
    of_arms, of_differences = figure.subplots(1, 2, sharey=True, width_ratios=[1, 0.9])
    for k, metric in enumerate(("auc", "balanced_accuracy")):
        top = _STEP * k
        of_arms.text(0.01, top - 0.62, METRIC_NAMES[metric], va="center", fontweight="bold")
        for j, arm in enumerate(("active", "control")):
            row = arm_row(specificity, model, arm, metric)
            draw_interval(of_arms, row, top + j, *_STYLES[arm], 6)
        row = arm_row(specificity, model, "difference", metric)
        if metric == "auc":
            row = leading_difference(specificity, model)
        draw_interval(of_differences, row, top + 0.5, GREY, "D", 6)
        of_differences.text(0, top + 1.1, _difference_text(metric, row), **_BESIDE)
    reference_line(of_arms, 0.5)
    of_arms.set(xlim=(0, 1), ylim=(_STEP + 1.6, -1), xlabel="95 % interval; dashed: chance")
    ticks = [_STEP * k + j for k in range(2) for j in range(2)]
    of_arms.set_yticks(ticks, [*labels.values()] * 2, linespacing=1.1)
    of_arms.set_title("Each group")
    reference_line(of_differences, 0)
    of_differences.set(xlim=(-1, 1), xlabel="95 % interval; dashed: no difference")
    of_differences.set_title("Treated minus control")
    of_differences.tick_params(axis="y", left=False, labelleft=False)
    of_differences.spines["left"].set_visible(False)
    return figure


def _difference_text(metric: str, row: pd.Series) -> str:
    text = signed(metric, number(row["estimate"])) + ("" if metric == "auc" else " points")
    text += f" ({signed_interval(metric, number(row['ci_low']), number(row['ci_high']))})"
    if metric == "auc":
        text += f", {p_phrase(row['p_value'], row['n_permutations'])}"
        text += "\nwithin cohorts" * (row["metric"] != "auc")
    return text
