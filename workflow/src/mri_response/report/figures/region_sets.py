"""Sets of regions beside what chance gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.report.figures.forest import without_axis
from mri_response.report.figures.hover import name_points
from mri_response.report.figures.style import (
    BAND,
    BLACK,
    DOUBLE_COLUMN,
    NEGATIVE,
    POSITIVE,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number, p_text

_LABELS = 52.0  # mm for the names of the sets


@styled
def draw(roi_sets: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw the mean Haufe pattern of each set with the band of the permutations.

    Parameters
    ----------
    roi_sets : DataFrame
        The table ``roi_sets.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    title = names.title(f"Sets of regions, model {model}")
    own = roi_sets[roi_sets["model"] == model]
    regions = as_number(own["n_regions"])
    rows, absent = own[regions > 0], own.loc[regions == 0, "region_set"]
    if not len(rows):
        return message(title, "The atlas or table covers none of the sets.")
    haufe, low, high = (
        as_number(rows[column]).to_numpy() for column in ("haufe", "null_low", "null_high")
    )
    counts = as_number(rows["n_regions"]).astype(int)
    texts = [
        wrap(f"{name[:1].upper()}{name[1:]} ({n})", _LABELS)
        for name, n in zip(rows["region_set"], counts, strict=True)
    ]
    step = line_height() * max(map(line_count, texts)) + 3.4
    note = wrap(f"Not covered by the atlas: {', '.join(absent)}.", 170) if len(absent) else ""
    figure = new_figure(DOUBLE_COLUMN, 34 + step * len(rows) + line_height() * line_count(note))
    suptitle(figure, title, DOUBLE_COLUMN)
    axes, words = figure.subplots(1, 2, sharey=True, width_ratios=[1, 0.72])
    positions = np.arange(len(rows))
    axes.barh(positions, high - low, left=low, height=0.62, color=BAND, linewidth=0)
    axes.axvline(0, color=BLACK, linewidth=0.7)
    points = axes.scatter(
        haufe, positions, s=30, c=np.where(haufe > 0, POSITIVE, NEGATIVE), linewidths=0, zorder=3
    )
    name_points(points, rows["region_set"])
    limit = 1.12 * np.nanmax(np.abs([haufe, low, high]))
    axes.set(xlim=(-limit or -1, limit or 1), ylim=(len(rows) - 0.4, -0.6))
    axes.set_xlabel("Mean Haufe pattern")
    axes.locator_params(axis="x", nbins=5)
    axes.set_yticks(positions, texts, linespacing=1.1)
    without_axis(axes)
    words.set(xlim=(0, 1))
    words.axis("off")
    columns = {
        0.02: ("p", [p_text(*pair) for pair in _pairs(rows, "p_value")]),
        0.34: ("p, FDR", [p_text(value, None) for value in rows["p_fdr"]]),
        0.66: ("Signs (chance)", [_agreement(row) for _, row in rows.iterrows()]),
    }
    for x, (heading, cells) in columns.items():
        words.text(x, -0.75, heading, fontweight="bold", va="bottom")
        for y, cell in zip(positions, cells, strict=True):
            words.text(x, y, cell, va="center")
    handles = [
        Line2D(
            [], [], marker="o", linestyle="", color=POSITIVE, label=f"Towards {names.leaning(1)}"
        ),
        Line2D(
            [], [], marker="o", linestyle="", color=NEGATIVE, label=f"Towards {names.leaning(-1)}"
        ),
        Patch(color=BAND, label="95 % of permutations"),
    ]
    figure.legend(
        handles=handles, loc="outside lower left", ncols=3, title=note or None, alignment="left"
    )
    return figure


def _pairs(rows: pd.DataFrame, column: str) -> zip:
    return zip(rows[column], rows["n_permutations"], strict=True)


def _agreement(row: pd.Series) -> str:
    """Share of models with the commoner sign, and that under permuted labels."""
    values = as_number(row[["sign_consistency", "sign_consistency_null"]]).to_numpy(dtype=float)
    share, null = 50 * (1 + np.abs(values))
    chance = "no null" if np.isnan(null) else f"{null:.0f} %"
    return f"{share:.0f} % ({chance})"
