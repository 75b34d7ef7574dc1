"""Which rows of performance.tsv are read first, where a number stands there in several ways."""

from __future__ import annotations

import pandas as pd

from mri_response.core.tables import MISSING
from mri_response.core.vocabulary import READ_FIRST, Null


def rows_of(
    performance: pd.DataFrame,
    model: str,
    cohort: str,
    metric: str,
    aggregation: str | None = None,
) -> pd.DataFrame:
    """Return the rows of one number in the performance table.

    Parameters
    ----------
    performance : DataFrame
        The table ``performance.tsv``, numbers as numbers or as their text.
    model, cohort, metric : str
        What to look up.
    aggregation : str, optional
        By default the first of `READ_FIRST` that the table has: ``mean_over_repeats`` of the
        discovery cohort, ``within_cohorts`` of external cohorts together, else ``frozen_model``.

    Returns
    -------
    DataFrame
        In table order; empty when there is none.
    """
    chosen = performance[
        (performance["model"] == model)
        & (performance["cohort"] == cohort)
        & (performance["metric"] == metric)
    ]
    if aggregation is None:
        present = set(chosen["aggregation"])
        aggregation = next((name for name in READ_FIRST if name in present), None)
    return chosen[chosen["aggregation"] == aggregation]


def headline_row(
    performance: pd.DataFrame, model: str, cohort: str, metric: str, null: str | None = None
) -> pd.Series | None:
    """Return the row shown first for one number: the tested aggregation, corrected interval.

    Parameters
    ----------
    performance : DataFrame
        The table ``performance.tsv``, numbers as numbers or as their text.
    model, cohort, metric : str
        What to look up.
    null : str, optional
        A named null; by default ``own_labels`` where the cohort has it, else the first row.

    Returns
    -------
    Series or None
        None when the table has no such row.
    """
    rows = rows_of(performance, model, cohort, metric)
    wanted = null or Null.OWN_LABELS
    matching = rows[rows["null"] == wanted]
    if null is None and not len(matching):
        matching = rows
    if not len(matching):
        return None
    # With very few permutations the corrected interval is n/a; the naive one is shown then.
    with_interval = matching[~matching["ci_low"].isin(("", MISSING)) & matching["ci_low"].notna()]
    return (with_interval if len(with_interval) else matching).iloc[0]
