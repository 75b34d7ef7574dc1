"""How many people are called positive at thresholds of the probability: ``threshold_counts.tsv``.

With these counts a reader of the page may move the threshold. They are of whole groups on a fixed
grid, and say nothing of single people.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.evaluation.scored import Scored

COLUMNS = [
    *("model", "cohort", "role", "aggregation", "threshold", "n", "n_positive"),
    *("true_positive", "false_positive"),
]
THRESHOLDS = np.round(np.arange(0.02, 1, 0.02), 2)
FEWEST = 5  # people that a count stands for, as in a table of characteristics


def threshold_counts(
    model: str,
    cohorts: Iterable[Scored],
    *,
    min_class_size: int,
    thresholds: NDArray = THRESHOLDS,
) -> pd.DataFrame:
    """The content of ``threshold_counts.tsv`` for one model.

    Parameters
    ----------
    model : str
        Name of the model.
    cohorts : iterable of Scored
        Cohorts as the model has scored them.
    min_class_size : int
        A cohort with fewer people in either class has no rows.
    thresholds : ndarray
        Threshold probabilities, between 0 and 1, at most 51 of them.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, one row per cohort and threshold: people of each class whose probability reaches
        it, the mean over the repeats of cross-validation, with one decimal. Missing where a class
        is parted so that fewer than `FEWEST` people, but not nobody, stand on one side.

    Raises
    ------
    ValueError
        With more than 51 thresholds, which would tell single people's probabilities.
    """
    if len(thresholds) > 51:
        raise ValueError(f"{len(thresholds)} thresholds; at most 51 do not tell of single people")
    rows: list[dict[str, Any]] = []
    for scored in cohorts:
        if scored.too_small(min_class_size):
            continue
        about = scored.about(model)
        for threshold in thresholds:
            share = scored.weights * (scored.probability >= threshold).mean(axis=0)
            counts = {}
            for label, name in ((1, "true_positive"), (0, "false_positive")):
                of_class = scored.labels == label
                counts[name] = _told(share[of_class].sum(), scored.weights[of_class].sum())
            rows.append(about | {"threshold": float(threshold)} | counts)
    return pd.DataFrame(rows, columns=COLUMNS)


def _told(count: float, n: float) -> float:
    """A count of people out of `n`; NaN where it or the rest of them are few."""
    few = any(0 < round(part, 1) < FEWEST for part in (count, n - count))
    return float("nan") if few else round(float(count), 1)
