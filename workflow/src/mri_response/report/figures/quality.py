"""Quality of the scans: every scan among those of its cohort."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D

from mri_response.features.quality_measures import MEASURES
from mri_response.inputs.images import open_image, read_values
from mri_response.report.figures.style import (
    BLACK,
    BLUE,
    DOUBLE_COLUMN,
    VERMILION,
    hanging,
    line_count,
    line_height,
    message,
    new_figure,
    styled,
    suptitle,
    swarm,
    wrap,
)
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number, number

_LABELS = {
    "tiv": "Total intracranial volume (ml)",
    "map_mean": "Mean of the map",
    "mean_correlation": "Correlation with the mean map of the others",
    "mahalanobis": "Mahalanobis distance of the regions from the median",
}


#: Axis and place along it of each slice.
_SLICES = ((2, 0.35), (2, 0.5), (2, 0.65), (1, 0.5), (0, 0.4))


@styled
def quality(qc: pd.DataFrame, names: Naming, *, identified: bool = False) -> Figure:
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
        One panel a source and measure; the line is the cohort's median.
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
    key = "\n".join(
        hanging(str(number), _who(qc.loc[row], names), DOUBLE_COLUMN - 8)
        for number, row in enumerate(marked, start=1)
    )
    counts = qc[qc["source"] == qc["source"].iloc[0]]["cohort"].value_counts()
    labels = [wrap(f"{names.titles[c]}, n\u00a0=\u00a0{counts[c]}", 36) for c in cohorts]
    # Lanes in mm, downwards.
    lanes = np.array([max(11.0, line_count(label) * line_height() + 2) for label in labels])
    edges = np.concatenate([[0.0], np.cumsum(lanes)])
    centres = (edges[:-1] + edges[1:]) / 2
    rows = -(-len(panels) // 2)
    heights = [rows * (edges[-1] + 14) + 16]
    if key:
        heights.append(line_count(key) * line_height() * 1.05 + 4)
    figure = new_figure(DOUBLE_COLUMN, sum(heights))
    suptitle(figure, names.title("Quality of the scans"), DOUBLE_COLUMN)
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False).ravel()
    grid = parts[0].subplots(rows, min(2, len(panels)), squeeze=False)
    for axes in grid.ravel()[len(panels) :]:
        axes.axis("off")
    sources = qc["source"].unique()
    numbers = {row: number for number, row in enumerate(marked, start=1)}
    for place, (axes, (source, measure)) in enumerate(zip(grid.ravel(), panels, strict=False)):
        chosen = qc[qc["source"] == source]
        values = as_number(chosen[measure])
        span = max(values.max() - values.min(), 1e-9)
        for cohort, centre in zip(cohorts, centres, strict=True):
            known = chosen[(chosen["cohort"] == cohort) & values.notna()]
            x = values[known.index].to_numpy()
            y = centre + swarm(x, span / 90, 0.5, 3.7)
            excluded = known["excluded"].notna().to_numpy()
            flagged = known["flag"].notna().to_numpy() & ~excluded
            plain = ~flagged & ~excluded
            axes.scatter(x[plain], y[plain], s=7, color=BLUE, alpha=0.6, linewidths=0)
            axes.scatter(x[flagged], y[flagged], s=16, marker="^", color=VERMILION, linewidths=0)
            axes.scatter(x[excluded], y[excluded], s=18, marker="x", color=BLACK, linewidths=1.2)
            if len(x):
                axes.plot([np.median(x)] * 2, [centre - 4.4, centre + 4.4], color=BLACK, lw=1)
            named = [
                (numbers[row], a, b)
                for row, a, b in zip(known.index, x, y, strict=True)
                if row in numbers
            ]
            for order, (mark, a, b) in enumerate(sorted(named, key=lambda point: point[1])):
                shift = -8 if order % 2 else 8
                axes.annotate(
                    str(mark),
                    (a, b),
                    (0, shift),
                    textcoords="offset points",
                    ha="center",
                    va="center",
                )
        axes.set(
            ylim=(edges[-1], 0),
            xlim=(values.min() - 0.05 * span, values.max() + 0.05 * span),
        )
        text = _LABELS[measure] + (f", {source}" if len(sources) > 1 else "")
        axes.set_xlabel(wrap(text, DOUBLE_COLUMN / 2 - 45))
        axes.set_yticks(centres, labels if place % 2 == 0 else [""] * len(cohorts))
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        for edge in edges[1:-1]:
            axes.axhline(edge, color="#d0d0d0", linewidth=0.7)
    _legend(parts[0], qc)
    if key:
        axes = parts[1].add_subplot()
        axes.axis("off")
        axes.text(0, 1, key, va="top", transform=axes.transAxes, linespacing=1.2)
    return figure


@styled
def scans(qc: pd.DataFrame, paths: Mapping[int, Path], names: Naming) -> Figure:
    """Draw slices of the flagged scans, below those of the scan most like its cohort.

    Parameters
    ----------
    qc : DataFrame
        The table ``qc.tsv``.
    paths : mapping of int to path
        The map of each row of `shown_scans`.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        Names people. Three axial slices, a coronal and a sagittal one, all maps in one grey scale;
        left and right as the voxels lie.
    """
    title = names.title("Flagged scans, below the scan most like its cohort")
    rows = shown_scans(qc)
    if len(rows) < 2:
        return message(names.title("Flagged scans"), "No map is flagged or excluded by a rule.")
    figure = new_figure(DOUBLE_COLUMN, 30.0 * len(rows) + 10)
    suptitle(figure, title, DOUBLE_COLUMN)
    grid = figure.subplots(len(rows), 5, squeeze=False)
    for line, row in zip(grid, rows, strict=True):
        image = open_image(paths[row])
        values = np.nan_to_num(read_values(image, paths[row]))
        for axes, (axis, share) in zip(line, _SLICES, strict=True):
            picture = np.take(values, round(share * (values.shape[axis] - 1)), axis=axis)
            axes.imshow(picture.T, origin="lower", cmap="gray", vmin=0, vmax=1)
            axes.axis("off")
        correlation = number(qc.loc[row, "mean_correlation"])
        text = f"{_identity(qc.loc[row])}, {names.titles[qc.loc[row, 'cohort']]}"
        line[0].set_title(wrap(f"{text}, correlation {correlation:.2f}", DOUBLE_COLUMN - 8))
    return figure


def shown_scans(qc: pd.DataFrame, most: int = 12) -> list[int]:
    """Rows of ``qc.tsv`` whose maps are drawn: the one most like its cohort, then flagged ones.

    Parameters
    ----------
    qc : DataFrame
    most : int
        Flagged or excluded scans at most, those least like their cohort first.

    Returns
    -------
    list of int
        Empty without maps.
    """
    correlation = as_number(qc["mean_correlation"]).dropna()
    if correlation.empty:
        return []
    marked = qc["flag"].notna() | qc["excluded"].notna()
    found = correlation[marked[correlation.index]].sort_values(kind="stable").index[:most]
    typical = correlation[~correlation.index.isin(found)]
    return [*([typical.idxmax()] if len(typical) else []), *found]


def _identity(row: pd.Series) -> str:
    keys = ("participant_id", "session_id")
    return " ".join(row[key] for key in keys if isinstance(row.get(key), str))


def _who(row: pd.Series, names: Naming) -> str:
    """Whose scan, and what is conspicuous about it."""
    why = "; ".join(row[key] for key in ("excluded", "flag") if isinstance(row[key], str))
    return f"{_identity(row)} ({names.titles[row['cohort']]}): {why}"


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
