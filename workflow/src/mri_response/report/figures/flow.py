"""Flow of participants."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from mri_response.report.figures.style import (
    BLACK,
    DOUBLE_COLUMN,
    new_canvas,
    styled,
)
from mri_response.report.figures.text import hanging, line_count, line_height, wrap
from mri_response.report.naming import Naming
from mri_response.report.numbers import number

# Kind (centre or left for a box by its text, line, arrow), left, top, width and height in mm, text
# and colour.
_Item = tuple[str, tuple[float, float, float, float], str, str]


@styled
def draw(flow: pd.DataFrame, names: Naming) -> Figure:
    """Draw the flow of participants of each cohort, from the table to the analysed people.

    Parameters
    ----------
    flow : DataFrame
        The table ``flow.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure

    References
    ----------
    Schulz KF, Altman DG, Moher D. CONSORT 2010 Statement. BMJ 2010;340:c332 (its flow diagram).
    """
    cohorts = names.ordered(flow["cohort"])
    columns = 1 if len(cohorts) == 1 else 2
    width = 120.0 if columns == 1 else DOUBLE_COLUMN
    panel = width / columns
    blocks = {c: _boxes(flow[flow["cohort"] == c], names, panel) for c in cohorts}
    title = names.title("Flow of participants")
    top = 8.0
    rows = [cohorts[i : i + columns] for i in range(0, len(cohorts), columns)]
    headings = {
        c: wrap(f"{names.titles[c]} ({names.roles[c]})", panel - 6, weight="bold") for c in cohorts
    }
    heights = [
        max(line_count(headings[c]) * line_height() + 2 + blocks[c][1] for c in row) + 6
        for row in rows
    ]
    figure, axes = new_canvas(width, top + sum(heights))
    axes.text(2, 2, title, fontsize=9, fontweight="bold", va="top")
    y = top
    for row, height in zip(rows, heights, strict=True):
        for column, cohort in enumerate(row):
            x = column * panel + 2
            axes.text(x, y, headings[cohort], fontweight="bold", va="top", linespacing=1.2)
            start = y + line_count(headings[cohort]) * line_height() + 2
            for item in blocks[cohort][0]:
                _draw_item(axes, x, start, item)
        y += height
    return figure


def _draw_item(axes: Any, x: float, y: float, item: _Item) -> None:
    """Draw a box, a line or an arrow, from the upper left corner of its cohort."""
    kind, (left, upper, width, height), text, fill = item
    start, end = (x + left, y + upper), (x + left + width, y + upper + height)
    if kind == "line":
        axes.plot([start[0], end[0]], [start[1], end[1]], color=BLACK, linewidth=0.8)
        return
    if kind == "arrow":
        style = {"arrowstyle": "-|>", "mutation_scale": 7, "shrinkA": 0, "shrinkB": 0}
        axes.add_patch(FancyArrowPatch(start, end, linewidth=0.8, color=BLACK, **style))
        return
    axes.add_patch(Rectangle(start, width, height, facecolor=fill, edgecolor=BLACK, linewidth=0.7))
    centred = kind == "centre"
    axes.text(
        x + left + (width / 2 if centred else 1.8),
        y + upper + height / 2,
        text,
        ha="center" if centred else "left",
        va="center",
        linespacing=1.2,
    )


def _boxes(steps: pd.DataFrame, names: Naming, panel: float) -> tuple[list[_Item], float]:
    """Boxes and arrows of one cohort in mm from its upper left corner, and their height."""
    counts = [(str(s), int(number(n))) for s, n in zip(steps["step"], steps["n"], strict=True)]
    ends = {"analysed", "analysed, positive", "analysed, negative"}
    starts = {"in participants table", "matching the row filter"}
    found = dict(counts)
    excluded = [(step, n) for step, n in counts if step not in ends | starts]
    main, side = panel * 0.40, panel * 0.48
    side_left = panel - side - 5
    items: list[_Item] = []
    y = 0.0

    def height_of(text: str) -> float:
        return line_count(text) * line_height() * 1.02 + 3.2

    def add(text: str, fill: str = "white") -> None:
        nonlocal y
        items.append(("centre", (0, y, main, height_of(text)), text, fill))
        y += height_of(text)

    table = found["in participants table"]
    add(wrap(f"In participants table\nn = {table}", main - 3))
    matching = found.get("matching the row filter", table)
    if matching != table:
        items.append(("arrow", (main / 2, y, 0, 5), "", ""))
        y += 5
        add(wrap(f"Matching the row filter\nn = {matching}", main - 3))
    if excluded:
        total = sum(n for _, n in excluded)
        lines = [hanging(str(n), reason, side - 4) for reason, n in excluded]
        text = "\n".join([f"Excluded, n = {total}:", *lines])
    else:
        text = "Excluded, n = 0"
    height = height_of(text)
    items.append(("arrow", (main / 2, y, 0, height + 6), "", ""))
    items.append(("left", (side_left, y + 3, side, height), text, "white"))
    middle = y + 3 + height / 2
    items.append(("arrow", (main / 2, middle, side_left - main / 2, 0), "", ""))
    y += height + 6
    add(f"Analysed\nn = {found['analysed']}")
    if names.positive is None:
        return items, y
    items.append(("line", (main / 2, y, 0, 3), "", ""))
    y += 7
    classes = [
        (names.positive, found["analysed, positive"], "#FBE3D0"),
        (names.negative, found["analysed, negative"], "#D6E8F5"),
    ]
    columns = ((0.0, main), (side_left, side))
    texts = [
        wrap(f"{name}\nn = {n}", box - 3)
        for (name, n, _), (_, box) in zip(classes, columns, strict=True)
    ]
    height = max(height_of(text) for text in texts)
    for text, (_, _, fill), (left, box) in zip(texts, classes, columns, strict=True):
        centre = left + box / 2
        items.append(("line", (main / 2, y - 4, centre - main / 2, 0), "", ""))
        items.append(("arrow", (centre, y - 4, 0, 4), "", ""))
        items.append(("centre", (left, y, box, height), text, fill))
    return items, y + height
