"""Models and baselines beside each other, and the differences between them."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mri_response.config import compared_pairs, used_baselines
from mri_response.figures.style import (
    DOUBLE_COLUMN,
    GREY,
    cohort_styles,
    line_count,
    line_height,
    new_figure,
    styled,
    suptitle,
    wrap,
)
from mri_response.plan import ordered_models
from mri_response.sections.comparisons import MAIN, main_row, shown_cohorts, title_of
from mri_response.wording import METRIC_NAMES, Naming, headline_row, number, people_counts

_LABELS = 44.0  # mm for the names of models
_MARKERS = "osD^v"
_DASHED = {"color": GREY, "linewidth": 0.8, "linestyle": (0, (4, 3)), "zorder": 0}


@styled
def comparisons(
    table: pd.DataFrame, performance: pd.DataFrame, config: Any, names: Naming
) -> Figure:
    """Draw balanced accuracy and AUC of every model and baseline, and the differences of pairs.

    Parameters
    ----------
    table : DataFrame
        The table ``comparisons.tsv``.
    performance : DataFrame
        The table ``performance.tsv``.
    config : mapping
        Sections models, stacks, features, primary_model, comparisons and cohorts of the config.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    cohorts = shown_cohorts(table, config)
    styles = cohort_styles(cohorts, names)
    present = set(performance["model"])
    named = (*ordered_models(config), *config["stacks"], *used_baselines(config))
    models = [model for model in named if model in present]
    pairs = compared_pairs(config)
    labels = [wrap(title_of(model, config), _LABELS) for model in models]
    of_pairs = [
        wrap(f"{title_of(a, config)} − {_lower(title_of(b, config))}", _LABELS) for a, b in pairs
    ]
    row = 1.15 * line_height() * max(map(line_count, labels + of_pairs)) + 1.5
    row = max(row, 2.6 * len(cohorts) + 2.4)
    legend = [_legend(c, config, performance, names) for c in cohorts]
    below = line_height() * sum(line_count(text) for text in legend) * 1.3
    figure = new_figure(DOUBLE_COLUMN, 36 + below + row * (len(models) + len(pairs)))
    suptitle(figure, names.title("Is it better than what needs no scan?"), DOUBLE_COLUMN)
    grid = figure.subplots(
        2, 2, sharey="row", height_ratios=[len(models) + 0.6, max(len(pairs), 1) + 0.6]
    )
    for column, metric in enumerate(MAIN):
        upper, lower = grid[:, column]
        for k, cohort in enumerate(cohorts):
            colour, marker = styles[cohort][0], _MARKERS[k % len(_MARKERS)]
            shift = (k - (len(cohorts) - 1) / 2) * 0.55 / max(1, len(cohorts) - 1)
            for position, model in enumerate(models):
                found = headline_row(performance, model, cohort, metric)
                _interval(upper, found, position + shift, colour, marker)
            for position, pair in enumerate(pairs):
                found = main_row(table, pair, cohort, metric)
                _interval(lower, found, position + shift, colour, marker)
        upper.axvline(0.5, **_DASHED)
        upper.set(xlim=(0, 1), ylim=(len(models) - 0.4, -0.6))
        upper.set_title(METRIC_NAMES[metric])
        upper.set_yticks(range(len(models)), labels, linespacing=1.1)
        lower.axvline(0, **_DASHED)
        lower.set(xlim=(-1, 1), ylim=(max(len(pairs), 1) - 0.4, -0.6))
        lower.set_title(f"Difference in {_lower(METRIC_NAMES[metric])}")
        lower.set_yticks(range(len(pairs)), of_pairs, linespacing=1.1)
    grid[0, 0].set_xlabel("95 % interval over people; dashed: chance")
    grid[1, 0].set_xlabel("95 % interval; dashed: no difference")
    handles = [
        grid[0, 0].plot([], [], _MARKERS[k % len(_MARKERS)], color=styles[c][0], label=text)[0]
        for k, (c, text) in enumerate(zip(cohorts, legend, strict=True))
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=1)
    return figure


def _legend(cohort: str, config: Any, performance: pd.DataFrame, names: Naming) -> str:
    n, n_positive = people_counts(performance, config["primary_model"], cohort)
    text = f"{names.titles[cohort]}, n = {n} ({n_positive} {names.positive})"
    return wrap(text, DOUBLE_COLUMN - 20)


def _interval(axes: Any, row: pd.Series | None, y: float, colour: str, marker: str) -> None:
    if row is None:
        return
    limits = [number(row["ci_low"]), number(row["ci_high"])]
    axes.plot(limits, [y, y], color=colour, linewidth=1.5, solid_capstyle="butt")
    axes.plot([number(row["estimate"])], [y], marker, color=colour, markersize=4.5)


def _lower(text: str) -> str:
    return text if text.isupper() else text[0].lower() + text[1:]
