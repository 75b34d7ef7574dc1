"""Observed numbers of people for whom much or little was predicted."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.number_panels import cohort_grid
from mri_response.report.figures.style import BLUE, message, styled
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_numbers


@styled
def draw(numbers_groups: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw the mean observed number of each group of people, by what was predicted for it.

    Parameters
    ----------
    numbers_groups : DataFrame
        The table ``numbers_groups.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        A panel for each cohort that has groups.
    """
    title = names.title(f"Observed and predicted, model {model}")
    columns = ("n", "predicted", "observed", "ci_low", "ci_high")
    table = as_numbers(numbers_groups[numbers_groups["model"] == model], columns)
    cohorts = names.ordered(table["cohort"])
    if not cohorts:
        return message(title, "No cohort has enough people for groups of them.")

    def draw_cohort(axes: Any, cohort: str) -> None:
        own = table[table["cohort"] == cohort]
        middle = own["observed"]
        limits = [middle - own["ci_low"], own["ci_high"] - middle]
        axes.errorbar(own["predicted"], middle, limits, fmt="o", color=BLUE, markersize=4)

    n = [int(table.loc[table["cohort"] == cohort, "n"].iloc[0]) for cohort in cohorts]
    return cohort_grid(cohorts, n, title, names, draw_cohort)
