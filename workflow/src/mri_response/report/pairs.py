"""The pairs of models in ``comparisons.tsv``, as figure and section speak of them."""

from __future__ import annotations

import pandas as pd

from mri_response.evaluation.comparisons import MAIN, MODELS


def main_row(
    table: pd.DataFrame, pair: tuple[str, str], cohort: str, metric: str
) -> pd.Series | None:
    """Return the row of a difference between models that is to be read first.

    Parameters
    ----------
    table : DataFrame
        The table ``comparisons.tsv``, estimates as numbers or missing.
    pair : tuple of str
        The two models; the difference is the first minus the second.
    cohort, metric : str
        What to look up.

    Returns
    -------
    Series or None
        None where the difference was not computed.
    """
    rows = table[
        (table["comparison"] == MODELS)
        & (table["model_a"] == pair[0])
        & (table["model_b"] == pair[1])
        & (table["cohort_a"] == cohort)
        & (table["metric"] == metric)
        & table["estimate"].notna()
    ]
    for method in MAIN[metric]:
        chosen = rows[rows["method"] == method]
        if len(chosen):
            return chosen.iloc[0]
    return None
