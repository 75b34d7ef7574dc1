"""Outcomes of kind score: a column of the participants table holds the number."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.inputs.measured import measured


def score_outcome(rows: pd.DataFrame, config: Mapping[str, Any], name: str) -> pd.DataFrame:
    """Outcome of each row, a number.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the participants table as text, by line of the file.
    config : mapping
        The completed configuration; its outcome is of kind score.
    name : str
        Name of the cohort.

    Returns
    -------
    pandas.DataFrame
        By line: ``outcome`` (a number, or missing) and ``reason`` (why it is missing).

    Raises
    ------
    InputError
        If a value of the column is no number, or a code for a missing value.
    """
    column = config["outcome"]["column"]
    values = measured(rows, column, config["cohorts"][name]["participants"])
    reason = pd.Series(None, rows.index, dtype=object)
    reason[values.isna()] = f"{column} is missing"
    return pd.DataFrame({"outcome": values, "reason": reason})
