"""What features add to baseline and confounds, of every model in every cohort."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mri_response.config.queries import ordered_models
from mri_response.report.figures.forest import draw_interval, reference_line, without_axis
from mri_response.report.figures.number_panels import gains
from mri_response.report.figures.style import (
    DOUBLE_COLUMN,
    cohort_styles,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.naming import Naming

_LABELS = 50.0  # mm for the names of models
_MARKERS = "osD^v"


@styled
def draw(numbers_performance: pd.DataFrame, names: Naming, config: Any) -> Figure:
    """Draw the gains with their intervals.

    Parameters
    ----------
    numbers_performance : DataFrame
        The table ``numbers_performance.tsv``.
    names : Naming
        Names of the run.
    config : mapping
        Sections models, stacks, primary_model and cohorts of the config.

    Returns
    -------
    Figure
        A row for each model and stack, in it each cohort.
    """
    models = [*ordered_models(config), *config["stacks"]]
    cohorts = names.ordered(numbers_performance["cohort"])
    styles = cohort_styles(cohorts, names)
    rows = numbers_performance.set_index(["model", "cohort", "metric"])
    kinds = {model: "Stack" if model in config["stacks"] else "Model" for model in models}
    labels = [wrap(f"{kind} {model}", _LABELS) for model, kind in kinds.items()]
    lines = max(map(line_count, labels))
    height = max(1.15 * line_height() * lines + 3, 3.2 * len(cohorts) + 3)
    below = (line_height() + 1) * len(cohorts)
    figure = new_figure(DOUBLE_COLUMN, 26 + below + height * len(models))
    title = names.title("What the features add")
    suptitle(figure, title, DOUBLE_COLUMN)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (metric, words) in zip(panels, gains(names).items(), strict=True):
        reference_line(axes, 0)
        for y, model in enumerate(models):
            for k, cohort in enumerate(cohorts):
                if (model, cohort, metric) in rows.index:
                    shift = (k - (len(cohorts) - 1) / 2) * 0.55 / max(1, len(cohorts) - 1)
                    row = rows.loc[(model, cohort, metric)]
                    marker = _MARKERS[k % len(_MARKERS)]
                    draw_interval(axes, row, y + shift, styles[cohort][0], marker, 4.5)
        axes.set(xlabel=words, ylim=(len(models) - 0.4, -0.6))
        axes.locator_params(axis="x", nbins=5)
        without_axis(axes)
    panels[0].set_yticks(range(len(models)), labels, linespacing=1.1)
    first = rows.xs((models[0], "r2_gain"), level=("model", "metric"))
    handles = [
        panels[0].plot(
            [],
            [],
            _MARKERS[k % len(_MARKERS)],
            color=styles[cohort][0],
            label=f"{names.titles[cohort]}, n = {first.loc[cohort, 'n']}",
        )[0]
        for k, cohort in enumerate(cohorts)
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=1)
    return figure
