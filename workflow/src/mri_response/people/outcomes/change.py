"""Change of a clinical score: the score at the end minus the score before."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.people.outcomes.scores import outcome_from_scores


def change_outcome(rows: pd.DataFrame, config: Mapping[str, Any], name: str) -> pd.DataFrame:
    """Outcome of each row, a number.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the participants table as text, by line of the file.
    config : mapping
        The completed configuration; its outcome is of kind change.
    name : str
        Name of the cohort.

    Returns
    -------
    pandas.DataFrame
        By line: ``outcome`` (a number, or missing), ``reason`` (why it is missing),
        ``baseline_score`` and ``endpoint_score``.

    Raises
    ------
    InputError
        If the table of scores has a mistake, or nobody of the cohort is in it.
    """
    return outcome_from_scores(rows, config, name, changed)


def changed(
    baseline: pd.Series | np.ndarray, endpoint: pd.Series | np.ndarray, outcome: Mapping[str, Any]
) -> np.ndarray:
    """Score at the end minus score before, below zero where it fell.

    Parameters
    ----------
    baseline, endpoint : array-like, shape (people,)
        Scores; NaN where missing.
    outcome : mapping
        Section ``outcome`` of the configuration, not used.

    Returns
    -------
    numpy.ndarray of float, shape (people,)
        NaN where it is not known.
    """
    return np.asarray(endpoint, float) - np.asarray(baseline, float)
