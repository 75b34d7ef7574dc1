"""Rows of the tables performance.tsv and null.tsv."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.permutation import permutation_p_value
from mri_response.core.vocabulary import NotComputed
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.metrics import METRICS
from mri_response.learning.recalls import confusion

PERFORMANCE_COLUMNS = [
    "model",
    "cohort",
    "role",
    "metric",
    "aggregation",
    "operating_point",
    "threshold",
    "n",
    "n_positive",
    "estimate",
    "ci_low",
    "ci_high",
    "ci_method",
    "p_value",
    "alternative",
    "null",
    "n_permutations",
]
NULL_COLUMNS = ["model", "cohort", "null", "aggregation", "permutation", "metric", "value"]
TESTED = ("balanced_accuracy", "auc")  # no p for a recall: predicting one class always reaches 1
COUNTS = ("true_positive", "false_positive", "true_negative", "false_negative")

Row = dict[str, Any]


def tested_columns(null: str, estimate: float, draws: NDArray) -> Row:
    """Columns of a permutation test.

    Parameters
    ----------
    null : str
        Name of the permuted labellings.
    estimate : float
        Metric under the observed labels.
    draws : ndarray, shape (M,)
        Metric under the permuted labels.

    Returns
    -------
    dict
    """
    return {
        "p_value": permutation_p_value(estimate, draws),
        "alternative": "greater",
        "null": null,
        "n_permutations": draws.size,
    }


def interval_columns(method: str, limits: tuple[float, float]) -> Row:
    """Columns of an interval.

    Parameters
    ----------
    method : str
        How it was computed.
    limits : tuple of float
        Lower and upper limit.

    Returns
    -------
    dict
    """
    low, high = limits
    return {"ci_low": float(low), "ci_high": float(high), "ci_method": method}


def count_rows(base: Row, aggregation: str, decision: NDArray, cohort: Cohort) -> list[Row]:
    """Confusion matrix, averaged over repeats.

    Parameters
    ----------
    base : dict
        Columns that all rows share.
    aggregation : str
        Name of the aggregation.
    decision : ndarray, shape (repeats, n)
        Decision values.
    cohort : Cohort
        Labels, weights and people of the n rows.

    Returns
    -------
    list of dict
        One row per cell of the matrix.
    """
    table = confusion(cohort.labels, decision > 0, cohort.weights, axis=-1)
    return [
        {
            **base,
            "metric": metric,
            "aggregation": aggregation,
            "estimate": float(np.mean(getattr(table, metric))),
        }
        for metric in COUNTS
    ]


def not_computed_rows(base: Row, aggregations: Sequence[str]) -> list[Row]:
    """Rows that say that a class is too small for any metric.

    Parameters
    ----------
    base : dict
        Columns that all rows share.
    aggregations : sequence of str
        Aggregations that would have been computed.

    Returns
    -------
    list of dict
        One row per aggregation and metric.
    """
    return [
        {**base, "metric": metric, "aggregation": aggregation, "ci_method": NotComputed.SMALL_CLASS}
        for aggregation in aggregations
        for metric in METRICS
    ]


def null_rows(base: Row, null: str, aggregation: str, metric: str, values: NDArray) -> list[Row]:
    """Rows of null.tsv.

    Parameters
    ----------
    base : dict
        Columns model and cohort are used.
    null : str
        Name of the permuted labellings.
    aggregation, metric : str
        Names of the aggregation and of the metric.
    values : ndarray, shape (M,)
        Metric under each permutation.

    Returns
    -------
    list of dict
        One row per permutation.
    """
    return [
        {
            "model": base["model"],
            "cohort": base["cohort"],
            "null": null,
            "aggregation": aggregation,
            "permutation": permutation,
            "metric": metric,
            "value": value,
        }
        for permutation, value in enumerate(values.tolist(), start=1)
    ]


def performance_frame(rows: list[Row]) -> pd.DataFrame:
    """Table of performance, with the operating point of metrics that have one.

    Parameters
    ----------
    rows : list of dict
        Column to value.

    Returns
    -------
    pandas.DataFrame
        Columns `PERFORMANCE_COLUMNS`.
    """
    at_zero = {"operating_point": "decision_zero", "threshold": 0.0}
    whole = [row if row["metric"] == "auc" else row | at_zero for row in rows]
    frame = pd.DataFrame(whole, columns=PERFORMANCE_COLUMNS)
    return frame.astype({"n_permutations": "Int64"})


def require_finite(*decisions: NDArray | None) -> None:
    """Check decision values.

    Parameters
    ----------
    *decisions : ndarray or None
        None is passed over.

    Raises
    ------
    ValueError
        If a value is not finite.
    """
    for decision in decisions:
        if decision is not None and not np.isfinite(decision).all():
            raise ValueError("decision values must be finite")
