"""Sentences on how stable answers and results are."""

from __future__ import annotations

import pandas as pd

from mri_response.evaluation.stability import ALL
from mri_response.report.numbers import estimate_text, percent


def instability_sentence(rows: pd.DataFrame) -> str:
    """Say how far probabilities and classes move from refit to refit.

    Parameters
    ----------
    rows : DataFrame
        Rows of one model in ``instability.tsv``, numbers as numbers.

    Returns
    -------
    str
    """
    row = rows[rows["band"] == ALL].iloc[0]
    return (
        f"in {int(row['n_resamples'])} refits on resampled people the probability of a person was "
        f"{percent(row['mape'])} away from that of the model on average, and "
        f"{percent(row['changed'])} of the answers were of the other class."
    )


def seeds_sentence(rows: pd.DataFrame) -> str:
    """Say where the balanced accuracy of the run lies among those of other seeds.

    Parameters
    ----------
    rows : DataFrame
        Rows of one model in ``other_seeds.tsv``, numbers as numbers.

    Returns
    -------
    str
    """
    row = rows[rows["metric"] == "balanced_accuracy"].iloc[0]
    run, low, mean, high = (
        estimate_text("balanced_accuracy", row[name])
        for name in ("run", "lowest", "mean", "highest")
    )
    return (
        f"under {int(row['n_seeds'])} other seeds of the folds the balanced accuracy was {low} to "
        f"{high}, {mean} on average; this run has {run}."
    )
