"""Null distributions: what chance gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.core.vocabulary import Null
from mri_response.evaluation.headline import headline_row, rows_of
from mri_response.report.figures.style import (
    BLACK,
    DASHED,
    DOUBLE_COLUMN,
    SKY,
    VERMILION,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.lookup import is_computed
from mri_response.report.naming import NULL_NAMES, Naming
from mri_response.report.numbers import as_number, estimate_text, number, p_phrase

_METRICS = {"balanced_accuracy": "Balanced accuracy", "auc": "AUC"}


@dataclass(frozen=True)
class _Panel:
    """One metric of a cohort: values of each null, the observed one, what is said of them."""

    drawn: Mapping[str, np.ndarray]
    observed: float
    text: str


@styled
def draw(null: pd.DataFrame, performance: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw what chance gave: null BAC and AUC of every cohort, and the observed value.

    Parameters
    ----------
    null : DataFrame
        The table ``null.tsv``.
    performance : DataFrame
        The table ``performance.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        A row for each cohort with metrics, BAC on the left and AUC on the right.
    """
    null = null[null["model"] == model]
    cohorts = [c for c in names.ordered(null["cohort"]) if is_computed(performance, model, c)]
    if not cohorts:
        title = names.title(f"What chance gives, model {model}")
        return message(title, "No cohort is large enough in both classes.")
    rows = {
        cohort: [
            _panel(null[null["cohort"] == cohort], performance, model, cohort, metric)
            for metric in _METRICS
        ]
        for cohort in cohorts
    }
    panels = [panel for of_cohort in rows.values() for panel in of_cohort]
    sizes = {len(values) for panel in panels for values in panel.drawn.values()}
    count = " or ".join(f"{size:,}" for size in sorted(sizes))
    marked = any("†" in panel.text for panel in panels)
    headings = [wrap(names.titles[cohort], 170, weight="bold") for cohort in cohorts]
    heights = [
        29 + (max(line_count(panel.text) for panel in row) + line_count(heading)) * line_height()
        for row, heading in zip(rows.values(), headings, strict=True)
    ]
    heights[-1] += 5
    legend_height = 18.0 if marked else 13.0
    figure = new_figure(DOUBLE_COLUMN, sum(heights) + legend_height + 8)
    title = names.title(f"What chance gives: {count} permutations, model {model}")
    suptitle(figure, title, DOUBLE_COLUMN)
    parts = figure.subfigures(len(cohorts) + 1, 1, height_ratios=[*heights, legend_height])
    limits = _limits(panels)
    for part, heading, row in zip(parts[:-1], headings, rows.values(), strict=True):
        part.suptitle(heading, x=2 / DOUBLE_COLUMN, ha="left", fontsize=8, fontweight="bold")
        for axes, metric, panel in zip(part.subplots(1, 2), _METRICS, row, strict=True):
            _histograms(axes, metric, panel, limits)
            if part is parts[-2]:
                axes.set_xlabel("Balanced accuracy (%)" if metric == "balanced_accuracy" else "AUC")
    _legend(parts[-1], {name for panel in panels for name in panel.drawn}, marked)
    return figure


def _panel(
    null: pd.DataFrame, performance: pd.DataFrame, model: str, cohort: str, metric: str
) -> _Panel:
    """What one panel shows, from the rows of its cohort in ``null.tsv``."""
    values, texts = {}, []
    for name in dict.fromkeys(rows_of(performance, model, cohort, metric)["null"]):
        row = headline_row(performance, model, cohort, metric, name)
        drawn = null[
            (null["metric"] == metric)
            & (null["null"] == name)
            & (null["aggregation"] == row["aggregation"])
        ]
        if len(drawn):
            values[name] = as_number(drawn["value"]).dropna().to_numpy()
            p = p_phrase(row["p_value"], row["n_permutations"])
            texts.append(f"{p} ({NULL_NAMES.get(name, name)})")
    observed = number(headline_row(performance, model, cohort, metric)["estimate"])
    first = f"{_METRICS[metric]} observed: {estimate_text(metric, observed)}"
    return _Panel(values, observed, wrap("\n".join([first, *texts]), 82))


def _limits(panels: Iterable[_Panel]) -> tuple[float, float]:
    """Ends of the axis that all panels share."""
    everything = np.concatenate(
        [values for panel in panels for values in [*panel.drawn.values(), [panel.observed]]]
    )
    low = min(0.2, np.floor(everything.min() * 20) / 20)
    return low, max(0.8, np.ceil(everything.max() * 20) / 20)


def _histograms(axes: Any, metric: str, panel: _Panel, limits: tuple[float, float]) -> None:
    bins = np.arange(limits[0], limits[1] + 0.0125, 0.025)
    for name, drawn in panel.drawn.items():
        weights = np.full(len(drawn), 100 / max(len(drawn), 1))
        if name == Null.DISCOVERY_LABELS:
            axes.hist(drawn, bins, weights=weights, histtype="step", color=BLACK, linewidth=1)
        else:
            axes.hist(drawn, bins, weights=weights, color=SKY, edgecolor="white")
    axes.axvline(0.5, **DASHED)
    axes.axvline(panel.observed, color=VERMILION, linewidth=2)
    axes.set_title(panel.text, linespacing=1.2, pad=3)
    axes.set(xlim=limits, ylabel="Permutations (%)")
    if metric == "balanced_accuracy":
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")


def _legend(part: FigureBase, shown: set[str], marked: bool) -> None:
    filled = [n for n in NULL_NAMES if n in shown and n != Null.DISCOVERY_LABELS]
    handles: list[Any] = [Line2D([], [], color=VERMILION, linewidth=2, label="Observed")]
    if filled:
        text = "Null: " + " or ".join(NULL_NAMES[name] for name in filled)
        handles.append(Patch(facecolor=SKY, edgecolor="white", label=text))
    handles.append(Line2D([], [], label="Chance", **DASHED))
    if Null.DISCOVERY_LABELS in shown:
        text = f"Null: {NULL_NAMES[Null.DISCOVERY_LABELS]}"
        handles.append(Patch(facecolor="none", edgecolor=BLACK, label=text))
    part.legend(handles=handles, loc="upper left", ncols=2, columnspacing=1.5, labelspacing=0.3)
    if marked:
        text = "† the smallest p that this number of permutations can give"
        part.text(2.5 / DOUBLE_COLUMN, 0.1, text, va="bottom")
