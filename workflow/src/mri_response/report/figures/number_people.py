"""Observed and predicted numbers of single people, where they may be shown."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.number_panels import cohort_grid
from mri_response.report.figures.style import BLUE, styled
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_numbers


@styled
def draw(numbers_predictions: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw a point for each person, of the mean prediction over repeats.

    Parameters
    ----------
    numbers_predictions : DataFrame
        The table ``numbers_predictions.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        A panel for each cohort.
    """
    own = numbers_predictions[numbers_predictions["model"] == model]
    table = as_numbers(own, ("outcome", "predicted"))
    people = table.groupby(["cohort", "participant_id"])[["outcome", "predicted"]].mean()
    cohorts = names.ordered(table["cohort"])

    def draw_cohort(axes: Any, cohort: str) -> None:
        points = people.loc[cohort]
        axes.scatter(
            points["predicted"], points["outcome"], s=7, color=BLUE, alpha=0.5, linewidth=0
        )

    n = [len(people.loc[cohort]) for cohort in cohorts]
    title = names.title(f"Observed and predicted, person by person, model {model}")
    return cohort_grid(cohorts, n, title, names, draw_cohort)
