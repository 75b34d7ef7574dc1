"""Observed numbers in groups of people for whom much or little was predicted."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from mri_response.core.proportions import LEVEL

MOST_GROUPS = 5
FEWEST_PEOPLE = 10  # of a group, so that its mean says nothing of a single person
COLUMNS = [
    *("model", "cohort", "n", "group", "n_group", "predicted", "observed", "ci_low", "ci_high"),
    "ci_method",
]
METHOD = "student_t"


def grouped_by_prediction(
    model: str, cohort: str, person: NDArray, predicted: NDArray, outcome: NDArray
) -> pd.DataFrame:
    """Mean predicted and observed number of people in groups of equal size by what was predicted.

    Parameters
    ----------
    model, cohort : str
        Names.
    person : ndarray of str, shape (n,)
        Person of each row.
    predicted, outcome : ndarray, shape (n,)
        Prediction and outcome of each row. Those of a person are averaged: over rows and over
        repeats of the cross-validation.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, with the t interval of the mean outcome; at most `MOST_GROUPS` groups, of
        at least `FEWEST_PEOPLE` people. No row where there are fewer people than in two groups.
    """
    rows = pd.DataFrame({"person": person, "predicted": predicted, "outcome": outcome})
    people = rows.groupby("person", sort=True).mean().sort_values("predicted", kind="stable")
    n_groups = min(MOST_GROUPS, len(people) // FEWEST_PEOPLE)
    if n_groups < 2:
        return pd.DataFrame(columns=COLUMNS)
    found = []
    for number, members in enumerate(np.array_split(np.arange(len(people)), n_groups), start=1):
        own = people.iloc[members]
        mean, n = float(own["outcome"].mean()), len(own)
        factor = float(stdtrit(n - 1, (1 + LEVEL) / 2))
        half = factor * float(own["outcome"].std(ddof=1)) / np.sqrt(n)
        limits = (mean - half, mean + half)
        middle = float(own["predicted"].mean())
        found.append((model, cohort, len(people), number, n, middle, mean, *limits, METHOD))
    return pd.DataFrame(found, columns=COLUMNS)
