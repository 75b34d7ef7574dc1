"""Sentences on how stable answers and results are."""

from __future__ import annotations

import pandas as pd

from mri_response.evaluation.numbers.metrics import GAINS
from mri_response.evaluation.stability import ALL, NUMBER
from mri_response.report.numbers import estimate_text, minus, number, percent


def said_text(quantity: str, value: float) -> str:
    """Write what refits say, or a difference of it.

    Parameters
    ----------
    quantity : str
        ``probability`` (a proportion) or ``number``, as in ``instability.tsv``.
    value : str or number
        What is written, or the cell of a table that holds it.

    Returns
    -------
    str
    """
    return minus(number(value)) if quantity == NUMBER else percent(value)


def instability_sentence(rows: pd.DataFrame, unit: str = "") -> str:
    """Say how far probabilities and classes, or numbers, move from refit to refit.

    Parameters
    ----------
    rows : DataFrame
        Rows of one model in ``instability.tsv``, numbers as numbers.
    unit : str
        Unit of differences of a number, where it is known.

    Returns
    -------
    str
    """
    row = rows[rows["band"] == ALL].iloc[0]
    first = f"in {int(row['n_resamples'])} refits on resampled people"
    away = said_text(row["quantity"], row["mape"])
    if row["quantity"] == NUMBER:
        return (
            f"{first} the number predicted for a person was {' '.join([away, unit]).strip()} away "
            "from that of the procedure on all people on average."
        )
    return (
        f"{first} the probability of a person was {away} away from that of the procedure on all "
        f"people on average, and {percent(row['changed'])} of the answers were of the other class."
    )


def seed_text(metric: str, value: float) -> str:
    """Write a headline metric of classes or of numbers.

    Parameters
    ----------
    metric : str
        As in ``other_seeds.tsv``.
    value : str or number
        Its estimate.

    Returns
    -------
    str
    """
    return minus(number(value), 3) if metric in GAINS else estimate_text(metric, value)


def seeds_sentence(rows: pd.DataFrame) -> str:
    """Say where the balanced accuracy or the gain of the run lies among those of other seeds.

    Parameters
    ----------
    rows : DataFrame
        Rows of one model in ``other_seeds.tsv``, numbers as numbers.

    Returns
    -------
    str
    """
    row = rows.iloc[0]
    metric = row["metric"]
    words = "gain in R2" if metric in GAINS else "balanced accuracy"
    run, low, mean, high = (
        seed_text(metric, row[name]) for name in ("run", "lowest", "mean", "highest")
    )
    return (
        f"under {int(row['n_seeds'])} other seeds of the folds the {words} was {low} to {high}, "
        f"{mean} on average; this run has {run}."
    )
