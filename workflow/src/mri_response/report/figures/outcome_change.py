"""Sizes of changes within people, by visit."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.outcome_panels import forest
from mri_response.report.figures.style import styled
from mri_response.report.naming import Naming


@styled
def draw(outcome_change: pd.DataFrame, names: Naming) -> Figure:
    """Draw the change from baseline over each standard deviation, by visit and arm.

    Parameters
    ----------
    outcome_change : DataFrame
        The table ``outcome_change.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    title = names.title("Changes from baseline within people, without a control")
    return forest(outcome_change, title, "Change / SD", ("session_id", "arm"))
