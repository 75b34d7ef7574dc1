"""What the permutations gave for each number that was tested, summed up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.core.permutation import reached

_KEYS = ["model", "cohort", "null", "aggregation", "metric"]
NULL_SUMMARY_COLUMNS = [*_KEYS, "estimate", "n_permutations", "n_reached", "mean"]


def null_summary(performance: pd.DataFrame, null: pd.DataFrame) -> pd.DataFrame:
    """Sum up the values under permutation of every number that was tested.

    Parameters
    ----------
    performance, null : pandas.DataFrame
        The tables of the same names, estimates and values as numbers, NaN where missing.

    Returns
    -------
    pandas.DataFrame
        Columns `NULL_SUMMARY_COLUMNS`. `n_permutations` counts the permutations, `n_reached` those
        that count as at or above the estimate in the p-value
        (:func:`mri_response.evaluation.chance.reached`), `mean` is the mean of those in which the
        number is defined.
    """
    tested = performance.dropna(subset=["null", "estimate"]).drop_duplicates(_KEYS)
    estimates = tested.set_index(_KEYS)["estimate"]
    rows = []
    for key, own in null.groupby(_KEYS, sort=False):
        if key in estimates.index and own["value"].notna().any():
            values, estimate = own["value"].to_numpy(float), estimates[key]
            mean = float(np.nanmean(values))
            rows.append([*key, estimate, len(values), int(reached(estimate, values)), mean])
    return pd.DataFrame(rows, columns=NULL_SUMMARY_COLUMNS)
