"""What the permutations gave for each number that was tested, summed up."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
        Columns `NULL_SUMMARY_COLUMNS`. `n_permutations` counts the permutations in which the
        number is defined, `n_reached` those of them at or above the estimate (with the tolerance
        of :func:`mri_response.evaluation.chance.permutation_p_value`), `mean` is their mean.
    """
    tested = performance.dropna(subset=["null", "estimate"]).drop_duplicates(_KEYS)
    estimates = tested.set_index(_KEYS)["estimate"]
    rows = []
    for key, own in null.dropna(subset=["value"]).groupby(_KEYS, sort=False):
        if key in estimates.index:
            values, estimate = own["value"].to_numpy(float), estimates[key]
            reached = int(np.sum(values >= estimate - 1e-9))
            rows.append([*key, estimate, len(values), reached, values.mean()])
    return pd.DataFrame(rows, columns=NULL_SUMMARY_COLUMNS)
