"""Models and baselines beside each other, and the differences between them."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mri_response.config.queries import compared_pairs, ordered_models, used_baselines
from mri_response.evaluation.comparisons import MAIN
from mri_response.evaluation.headline import headline_row
from mri_response.report.figures.forest import draw_interval, reference_line
from mri_response.report.figures.style import (
    DOUBLE_COLUMN,
    cohort_styles,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.lookup import people_counts
from mri_response.report.naming import (
    METRIC_NAMES,
    Naming,
    counted,
    lowered,
    model_title,
    pair_title,
)
from mri_response.report.pairs import main_row

_LABELS = 44.0  # mm for the names of models
_MARKERS = "osD^v"


@styled
def draw(
    comparisons: pd.DataFrame, performance: pd.DataFrame, names: Naming, config: Any
) -> Figure:
    """Draw balanced accuracy and AUC of every model and baseline, and the differences of pairs.

    Parameters
    ----------
    comparisons : DataFrame
        The table ``comparisons.tsv``.
    performance : DataFrame
        The table ``performance.tsv``.
    names : Naming
        Names of the run.
    config : mapping
        Sections models, stacks, features, primary_model, comparisons and cohorts of the config.

    Returns
    -------
    Figure
    """
    cohorts = names.together(comparisons["cohort_a"])
    styles = cohort_styles(cohorts, names)
    present = set(performance["model"])
    named = (*ordered_models(config), *config["stacks"], *used_baselines(config))
    models = [model for model in named if model in present]
    pairs = compared_pairs(config)
    labels = [wrap(model_title(model, config), _LABELS) for model in models]
    of_pairs = [wrap(pair_title(pair, config), _LABELS) for pair in pairs]
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
                if found is not None:
                    draw_interval(upper, found, position + shift, colour, marker, 4.5)
            for position, pair in enumerate(pairs):
                found = main_row(comparisons, pair, cohort, metric)
                if found is not None:
                    draw_interval(lower, found, position + shift, colour, marker, 4.5)
        reference_line(upper, 0.5)
        upper.set(xlim=(0, 1), ylim=(len(models) - 0.4, -0.6))
        upper.set_title(METRIC_NAMES[metric])
        upper.set_yticks(range(len(models)), labels, linespacing=1.1)
        reference_line(lower, 0)
        lower.set(xlim=(-1, 1), ylim=(max(len(pairs), 1) - 0.4, -0.6))
        lower.set_title(f"Difference in {lowered(METRIC_NAMES[metric])}")
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
    text = f"{names.titles[cohort]}, n = {n} ({counted(n_positive, names.positive)})"
    return wrap(text, DOUBLE_COLUMN - 20)
