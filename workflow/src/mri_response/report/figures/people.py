"""Quality of the scans with the names of people."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.quality import draw_scans
from mri_response.report.naming import Naming


def draw(qc: pd.DataFrame, names: Naming) -> Figure:
    """Draw every scan among those of its cohort, and say whose the conspicuous ones are.

    Parameters
    ----------
    qc : DataFrame
        The table ``qc.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    return draw_scans(qc, names, identified=True)
