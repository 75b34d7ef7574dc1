"""The arms of ``specificity.tsv``, as figure and section speak of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import CONTROL_POOLED
from mri_response.report.naming import Naming, counted
from mri_response.report.numbers import number


def arm_row(table: pd.DataFrame, model: str, analysis: str, metric: str) -> pd.Series | None:
    """The row of a comparison in ``specificity.tsv``; None if there is none with an estimate.

    Parameters
    ----------
    table : DataFrame
        ``specificity.tsv``.
    model, analysis, metric : str
        ``analysis`` may also be ``active`` or ``control`` for the row of that arm.

    Returns
    -------
    Series or None
    """
    rows = table[(table["model"] == model) & (table["metric"] == metric)]
    if analysis in ("active", "control"):
        rows = rows[(rows["analysis"] == "arm") & rows[analysis].notna()]
    else:
        rows = rows[rows["analysis"] == analysis]
    rows = rows[[not np.isnan(number(value)) for value in rows["estimate"]]]
    return rows.iloc[0] if len(rows) else None


def leading_difference(table: pd.DataFrame, model: str) -> pd.Series | None:
    """The difference of AUCs that is read; None where none was computed.

    Parameters
    ----------
    table : DataFrame
        ``specificity.tsv``.
    model : str
        Name of the model.

    Returns
    -------
    Series or None
        That within cohorts where an arm has several cohorts, else that of the two cohorts.
    """
    within = arm_row(table, model, "difference", "auc_within_cohorts")
    return arm_row(table, model, "difference", "auc") if within is None else within


def arm_title(name: str, names: Naming) -> str:
    """Title of the cohort or of the cohorts taken together that make an arm.

    Parameters
    ----------
    name : str
        Name of a cohort, or of cohorts taken together.
    names : Naming
        How things are called in this run.
    """
    return "Control cohorts together" if name == CONTROL_POOLED else names.titles[name]


def people_of(row: pd.Series, arm: str, names: Naming) -> str:
    """Number of people of an arm and of those in the positive class.

    Parameters
    ----------
    row : pandas.Series
        Row of specificity.tsv.
    arm : str
        Which arm of the row.
    names : Naming
        How things are called in this run.
    """
    n, n_positive = (int(number(row[f"{what}_{arm}"])) for what in ("n", "n_positive"))
    return f"n = {n}, {counted(n_positive, names.positive)}"
