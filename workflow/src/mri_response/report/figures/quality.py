"""Quality of the scans: every scan among those of its cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D

from mri_response.evaluation.curves import quartiles
from mri_response.features.quality_measures import MEASURES
from mri_response.report.figures.forest import without_axis
from mri_response.report.figures.points import swarm
from mri_response.report.figures.style import (
    BLACK,
    BLUE,
    DOUBLE_COLUMN,
    VERMILION,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import hanging, line_count, line_height, wrap
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number

_LABELS = {
    "tiv": "Total intracranial volume (ml)",
    "map_mean": "Mean of the map",
    "mean_correlation": "Correlation with the mean map of the others",
    "mahalanobis": "Mahalanobis distance of the regions from the median",
}


@dataclass(frozen=True)
class _Lanes:
    """Where the scans of each cohort are, in mm downwards."""

    cohorts: list[str]
    labels: list[str]

    @property
    def edges(self) -> np.ndarray:
        heights = [max(11.0, line_count(label) * line_height() + 2) for label in self.labels]
        return np.concatenate([[0.0], np.cumsum(heights)])

    @property
    def centres(self) -> np.ndarray:
        return (self.edges[:-1] + self.edges[1:]) / 2


def draw(qc: pd.DataFrame, names: Naming, config: Mapping[str, Any]) -> Figure:
    """Draw every scan's measures beside those of the other scans of its cohort, for the page.

    Parameters
    ----------
    qc : DataFrame
        The table ``qc.tsv``.
    names : Naming
        Names of the run.
    config : mapping
        Its report says whether people may be named.

    Returns
    -------
    Figure
        See `draw_scans`.
    """
    return draw_scans(qc, names, identified=config["report"]["participant_level"])


@styled
def draw_scans(qc: pd.DataFrame, names: Naming, *, identified: bool = False) -> Figure:
    """Draw every scan's measures beside those of the other scans of its cohort.

    Parameters
    ----------
    qc : DataFrame
        The table ``qc.tsv``.
    names : Naming
        Names of the run.
    identified : bool
        Whether flagged and excluded scans are numbered, with a list of whose they are and why.

    Returns
    -------
    Figure
        A panel for each source and measure; the line is the cohort's median.
    """
    qc = qc.reset_index(drop=True)
    panels = [
        (source, measure)
        for source in qc["source"].unique()
        for measure in MEASURES
        if as_number(qc.loc[qc["source"] == source, measure]).notna().any()
    ]
    cohorts = names.ordered(qc["cohort"])
    marked = qc.index[qc["flag"].notna() | qc["excluded"].notna()] if identified else []
    numbers = {row: number for number, row in enumerate(marked, start=1)}
    key = "\n".join(
        hanging(str(number), _who(qc.loc[row], names), DOUBLE_COLUMN - 8)
        for row, number in numbers.items()
    )
    counts = qc[qc["source"] == qc["source"].iloc[0]]["cohort"].value_counts()
    labels = [wrap(f"{names.titles[c]}, n\u00a0=\u00a0{counts[c]}", 36) for c in cohorts]
    lanes = _Lanes(cohorts, labels)
    rows = -(-len(panels) // 2)
    heights = [rows * (lanes.edges[-1] + 14) + 16]
    if key:
        heights.append(line_count(key) * line_height() * 1.05 + 4)
    figure = new_figure(DOUBLE_COLUMN, sum(heights))
    suptitle(figure, names.title("Quality of the scans"), DOUBLE_COLUMN)
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False).ravel()
    grid = parts[0].subplots(rows, min(2, len(panels)), squeeze=False)
    for axes in grid.ravel()[len(panels) :]:
        axes.axis("off")
    several = len(qc["source"].unique()) > 1
    for place, (axes, (source, measure)) in enumerate(zip(grid.ravel(), panels, strict=False)):
        _panel(axes, qc[qc["source"] == source], measure, lanes, numbers)
        text = _LABELS[measure] + (f", {source}" if several else "")
        axes.set_xlabel(wrap(text, DOUBLE_COLUMN / 2 - 45))
        axes.set_yticks(lanes.centres, labels if place % 2 == 0 else [""] * len(cohorts))
        without_axis(axes)
        for edge in lanes.edges[1:-1]:
            axes.axhline(edge, color="#d0d0d0", linewidth=0.7)
    _legend(parts[0], qc)
    if key:
        axes = parts[1].add_subplot()
        axes.axis("off")
        axes.text(0, 1, key, va="top", transform=axes.transAxes, linespacing=1.2)
    return figure


def _panel(
    axes: Any, scans: pd.DataFrame, measure: str, lanes: _Lanes, numbers: Mapping[int, int]
) -> None:
    """One measure of all scans of a source, those with a number marked by it."""
    values = as_number(scans[measure])
    span = max(values.max() - values.min(), 1e-9)
    for cohort, centre in zip(lanes.cohorts, lanes.centres, strict=True):
        known = scans[(scans["cohort"] == cohort) & values.notna()]
        x = values[known.index].to_numpy()
        y = centre + swarm(x, span / 90, 0.5, 3.7)
        excluded = known["excluded"].notna().to_numpy()
        flagged = known["flag"].notna().to_numpy() & ~excluded
        plain = ~flagged & ~excluded
        axes.scatter(x[plain], y[plain], s=7, color=BLUE, alpha=0.6, linewidths=0)
        axes.scatter(x[flagged], y[flagged], s=16, marker="^", color=VERMILION, linewidths=0)
        axes.scatter(x[excluded], y[excluded], s=18, marker="x", color=BLACK, linewidths=1.2)
        if len(x):
            _, middle, _ = quartiles(x)
            axes.plot([middle] * 2, [centre - 4.4, centre + 4.4], color=BLACK, lw=1)
        places = zip(known.index, x, y, strict=True)
        _numbers(axes, [(numbers[row], a, b) for row, a, b in places if row in numbers])
    axes.set(
        ylim=(lanes.edges[-1], 0),
        xlim=(values.min() - 0.05 * span, values.max() + 0.05 * span),
    )


def _numbers(axes: Any, points: list[tuple[int, float, float]]) -> None:
    """Numbers of points, above and below in turn."""
    for order, (mark, a, b) in enumerate(sorted(points, key=lambda point: point[1])):
        axes.annotate(
            str(mark),
            (a, b),
            (0, -8 if order % 2 else 8),
            textcoords="offset points",
            ha="center",
            va="center",
        )


def identity(row: pd.Series) -> str:
    """Whose scan, and of which session.

    Parameters
    ----------
    row : Series
        A row of ``qc.tsv``.
    """
    keys = ("participant_id", "session_id")
    return " ".join(row[key] for key in keys if isinstance(row.get(key), str))


def _who(row: pd.Series, names: Naming) -> str:
    """Whose scan, and what is conspicuous about it."""
    why = "; ".join(row[key] for key in ("excluded", "flag") if isinstance(row[key], str))
    return f"{identity(row)} ({names.titles[row['cohort']]}): {why}"


def _legend(part: FigureBase, qc: pd.DataFrame) -> None:
    excluded = qc["excluded"].notna()
    flagged = qc["flag"].notna() & ~excluded
    entries = [
        ("o", BLUE, f"inconspicuous ({int((~flagged & ~excluded).sum())})"),
        ("^", VERMILION, f"flagged ({int(flagged.sum())})"),
        ("x", BLACK, f"excluded by rule ({int(excluded.sum())})"),
    ]
    handles = [
        Line2D([], [], linestyle="", marker=marker, color=colour, markersize=5, label=label)
        for marker, colour, label in entries
    ]
    part.legend(handles=handles, loc="outside lower left", ncols=3)
