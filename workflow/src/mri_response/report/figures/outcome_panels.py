"""What figures of clinical outcomes share: colours of arms, and forests of effect sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mri_response.config.clinical_outcomes import compared_part
from mri_response.report.figures.forest import draw_interval, reference_line, without_axis
from mri_response.report.figures.style import (
    BLUE,
    DOUBLE_COLUMN,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILION,
    message,
    new_figure,
    suptitle,
)
from mri_response.report.numbers import as_numbers

_COLOURS = (VERMILION, GREEN, PURPLE, ORANGE)
_STANDARDISERS = {
    "change": ("SD of the change", "o", BLUE),
    "average": ("average SD", "s", GREEN),
    "baseline": ("SD at baseline", "D", VERMILION),
}


def arm_colours(arms: Sequence[str], reference: str | None) -> dict[str, str]:
    """Choose the colour of each arm; the reference is grey, one group alone blue.

    Parameters
    ----------
    arms : sequence of str
        Arms, in the order of the table.
    reference : str or None
        Arm that the others are compared with.

    Returns
    -------
    dict of str to str
    """
    if reference is None:
        return dict.fromkeys(arms, BLUE)
    others = [arm for arm in arms if arm != reference]
    colours = {arm: _COLOURS[i % len(_COLOURS)] for i, arm in enumerate(others)}
    return colours | {reference: GREY}


def compared_scores(
    scores: pd.DataFrame, section: Mapping[str, Any], columns: Sequence[str]
) -> pd.DataFrame:
    """Scores of the primary scale of the people whose arms are compared.

    Parameters
    ----------
    scores : DataFrame
        The table ``outcome_scores.tsv``.
    section : mapping
        Section clinical_outcomes of the configuration.
    columns : sequence of str
        Columns that are returned as numbers.

    Returns
    -------
    DataFrame
    """
    scale = next(iter(section["scales"]))
    own = (scores["measure"] == scale) & (scores["part"] == compared_part(section))
    return as_numbers(scores[own], columns)


def forest(table: pd.DataFrame, title: str, axis: str, place: Sequence[str]) -> Figure:
    """Draw effect sizes of one design, a panel per scale and a row per visit and arm.

    Parameters
    ----------
    table : DataFrame
        Table of effect sizes of one design, as text.
    title : str
        Title of the figure.
    axis : str
        What the sizes are, below the axis.
    place : sequence of str
        Columns that name a row.

    Returns
    -------
    Figure
    """
    if table.empty:
        return message(title, "No visit has enough people for an effect size.")
    scales = list(dict.fromkeys(table["scale"]))
    rows = list(dict.fromkeys(table[[*place]].itertuples(index=False, name=None)))
    names = [name for name in _STANDARDISERS if (table["standardiser"] == name).any()]
    step = 2.6 + 2.6 * len(names)
    figure = new_figure(DOUBLE_COLUMN, 30 + step * len(rows))
    suptitle(figure, title, DOUBLE_COLUMN)
    panels = figure.subplots(1, len(scales), sharey=True, squeeze=False)[0]
    for axes, scale in zip(panels, scales, strict=True):
        own = table[table["scale"] == scale].set_index([*place, "standardiser"])
        reference_line(axes, 0)
        for y, key in enumerate(rows):
            for i, name in enumerate(names):
                if (*key, name) in own.index:
                    _, marker, colour = _STANDARDISERS[name]
                    offset = (i - (len(names) - 1) / 2) * 0.62 / len(names)
                    draw_interval(axes, own.loc[(*key, name)], y + offset, colour, marker, 3.5)
        axes.set(title=scale, ylim=(len(rows) - 0.5, -0.5), xlabel=axis)
        axes.locator_params(axis="x", nbins=5)
        without_axis(axes)
    panels[0].set_yticks(range(len(rows)), [_row_name(table, place, key) for key in rows])
    handles = [_handle(name) for name in names]
    figure.legend(handles=handles, loc="outside lower left", ncols=len(handles))
    return figure


def _handle(name: str) -> Any:
    label, marker, colour = _STANDARDISERS[name]
    return Line2D([], [], color=colour, marker=marker, markersize=3.5, label=label)


def _row_name(table: pd.DataFrame, place: Sequence[str], key: tuple[str, ...]) -> str:
    rows = table
    for column, value in zip(place, key, strict=True):
        rows = rows[rows[column] == value]
    row = rows.iloc[0]
    words = [part for part in key if part != "all"]
    if "reference" in table:
        words[-1] += f" − {row['reference']}"
    n = f"{row['n']} and {row['n_reference']}" if "n_reference" in table else row["n"]
    return f"{', '.join(words)}\nn = {n}"
