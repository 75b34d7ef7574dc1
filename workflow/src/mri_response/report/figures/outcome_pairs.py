"""Sizes of differences between the treatments of a crossover, by time point."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.outcome_panels import forest
from mri_response.report.figures.style import styled
from mri_response.report.naming import Naming


@styled
def draw(outcome_pairs: pd.DataFrame, names: Naming) -> Figure:
    """Draw differences between treatments of the same people over each standard deviation.

    Parameters
    ----------
    outcome_pairs : DataFrame
        The table ``outcome_pairs.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    title = names.title("Differences between treatments in the same people")
    return forest(outcome_pairs, title, "Difference / SD", ("time_point", "treatment"))
