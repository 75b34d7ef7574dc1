"""Sizes of differences between arms, by visit."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.outcome_panels import forest
from mri_response.report.figures.style import styled
from mri_response.report.naming import Naming


@styled
def draw(outcome_between: pd.DataFrame, names: Naming) -> Figure:
    """Draw differences between arms in the change over each standard deviation, by visit.

    Parameters
    ----------
    outcome_between : DataFrame
        The table ``outcome_between.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    title = names.title("Differences between arms in the change from baseline")
    return forest(outcome_between, title, "Difference / SD", ("session_id", "arm"))
