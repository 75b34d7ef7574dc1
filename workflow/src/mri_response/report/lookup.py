"""Rows of the tables of a run that figures and report show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import Null
from mri_response.evaluation.headline import headline_row
from mri_response.report.naming import Naming
from mri_response.report.numbers import number


# ---------------------------------------------------------------- performance.tsv
def people_counts(performance: pd.DataFrame, model: str, cohort: str) -> tuple[int, int]:
    """Return the people of a cohort and those among them in the positive class.

    Parameters
    ----------
    performance : DataFrame
        The table ``performance.tsv``.
    model, cohort : str
        What to look up; the table must have rows of them.

    Returns
    -------
    n, n_positive : int
    """
    rows = performance[(performance["model"] == model) & (performance["cohort"] == cohort)]
    return int(number(rows["n"].iloc[0])), int(number(rows["n_positive"].iloc[0]))


def is_computed(performance: pd.DataFrame, model: str, cohort: str) -> bool:
    """Return whether a cohort has metrics, which it has where both classes were large enough.

    Parameters
    ----------
    performance : DataFrame
        The table ``performance.tsv``.
    model, cohort : str
        What to look up.

    Returns
    -------
    bool
    """
    row = headline_row(performance, model, cohort, "auc")
    return row is not None and not np.isnan(number(row["estimate"]))


# ---------------------------------------------------------------- flow.tsv
# Steps with the people of each class, where the run has an outcome.
CLASS_STEPS = ("analysed, positive", "analysed, negative")
# Steps that are no reason to leave someone out.
FLOW_STEPS = ("in participants table", "matching the row filter", "analysed", *CLASS_STEPS)


def left_out_by_reason(flow: pd.DataFrame, names: Naming) -> pd.DataFrame:
    """Return how many people were left out, and why.

    Parameters
    ----------
    flow : DataFrame
        The table ``flow.tsv``.
    names : Naming
        Names of the run, for the order of cohorts.

    Returns
    -------
    DataFrame
        Columns ``cohort``, ``reason`` and ``n``.
    """
    rows = flow[~flow["step"].isin(FLOW_STEPS)]
    ordered = {cohort: i for i, cohort in enumerate(names.ordered(flow["cohort"]))}
    rows = rows.sort_values("cohort", key=lambda c: c.map(ordered), kind="stable")
    return rows[["cohort", "step", "n"]].rename(columns={"step": "reason"}).reset_index(drop=True)


# ---------------------------------------------------------------- learning_curve.tsv
def enough_people(curve: pd.DataFrame, metric: str) -> int | None:
    """Return the number of people from which on every size lies within the margin of all.

    Parameters
    ----------
    curve : DataFrame
        Rows of one model in ``learning_curve.tsv``, with numbers in the column ``n``.
    metric : str
        What to look up.

    Returns
    -------
    int or None
        None where the largest size short of all people was not shown to be enough.
    """
    own = curve[curve["metric"] == metric].sort_values("n")
    within = (own["within_margin"].astype(str) == "True").to_numpy()[:-1]  # last: all people
    # Sizes from which on no later one is outside.
    lasting = np.logical_and.accumulate(within[::-1])[::-1]
    return int(own["n"].to_numpy()[:-1][lasting][0]) if lasting.any() else None


# ---------------------------------------------------------------- what chance gives
def whole_procedure_row(summary: pd.DataFrame | None, model: str, cohort: str) -> pd.Series | None:
    """Return what permutations of the whole procedure gave for the balanced accuracy.

    Parameters
    ----------
    summary : DataFrame, optional
        The table ``null_summary.tsv``.
    model, cohort : str
        What to look up.

    Returns
    -------
    Series or None
        None without permutations.
    """
    if summary is None:
        return None
    rows = summary[
        (summary["model"] == model)
        & (summary["cohort"] == cohort)
        & (summary["metric"] == "balanced_accuracy")
        & summary["null"].str.startswith(Null.WHOLE_PROCEDURE)
    ]
    return rows.iloc[0] if len(rows) else None


def precision_row(precision: pd.DataFrame | None, model: str, cohort: str) -> pd.Series | None:
    """Return what chance gives for the balanced accuracy at the size of a cohort.

    Parameters
    ----------
    precision : DataFrame, optional
        The table ``precision.tsv``.
    model, cohort : str
        What to look up.

    Returns
    -------
    Series or None
        None where the table has no such row.
    """
    if precision is None:
        return None
    rows = precision[
        (precision["model"] == model)
        & (precision["cohort"] == cohort)
        & (precision["metric"] == "balanced_accuracy")
    ]
    return rows.iloc[0] if len(rows) else None
