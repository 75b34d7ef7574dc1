"""What the size of a cohort allows: the best of chance, and people that a narrow interval takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import READ_FIRST, Interval
from mri_response.evaluation.chance import best_of_chance
from mri_response.evaluation.intervals import mover_balanced_accuracy, newcombe_auc

PRECISION_COLUMNS = [
    "model",
    "cohort",
    "role",
    "metric",
    "n",
    "n_positive",
    "estimate",
    "ci_low",
    "ci_high",
    "ci_method",
    "best_of_chance",
    "best_of_null",
    "null",
    "inflation",
    "n_for_margin",
]
MARGIN = 0.05  # half the width of the interval that is asked for
FEWEST = 16  # people for whom the question makes sense


def half_width(estimate: Mapping[str, float], metric: str, n: float, share: float) -> float:
    """Half the width of the 95 % interval of independent people.

    Parameters
    ----------
    estimate : mapping of str to float
        sensitivity, specificity and auc, as observed.
    metric : {"balanced_accuracy", "auc"}
        Metric whose interval is meant.
    n : float
        Number of people.
    share : float
        Share of the positive class.

    Returns
    -------
    float
        Of the MOVER interval on Wilson limits, or of Newcombe's for the AUC.
    """
    n_1, n_0 = share * n, (1 - share) * n
    if metric == "auc":
        low, high = newcombe_auc(estimate["auc"], n_1, n_0)
    else:
        right = estimate["sensitivity"] * n_1, estimate["specificity"] * n_0
        low, high = mover_balanced_accuracy(right[0], n_1, right[1], n_0)
    return float(high - low) / 2


def people_for_margin(
    estimate: Mapping[str, float], metric: str, share: float, inflation: float = 1.0
) -> int:
    """People whose interval is +- `MARGIN`, were the figures what they were seen to be.

    Parameters
    ----------
    estimate : mapping of str to float
        sensitivity, specificity and auc, as observed.
    metric : {"balanced_accuracy", "auc"}
        Metric whose interval is meant.
    share : float
        Share of the positive class.
    inflation : float
        Factor by which the interval is wider than that of independent people; the people it takes
        grow with its square.

    Returns
    -------
    int
    """
    low, high = FEWEST, 2 * FEWEST
    while half_width(estimate, metric, high / inflation**2, share) > MARGIN:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = half_width(estimate, metric, middle / inflation**2, share) <= MARGIN
        low, high = (low, middle) if enough else (middle, high)
    return high


def precision_table(performance: pd.DataFrame, null: pd.DataFrame) -> pd.DataFrame:
    """Best of chance and people for an interval of +- `MARGIN`, of every model and cohort.

    Parameters
    ----------
    performance, null : pandas.DataFrame
        The tables of the same names, numbers as numbers.

    Returns
    -------
    pandas.DataFrame
        Columns `PRECISION_COLUMNS`. `best_of_chance` is what tossing a coin for each person stays
        at or below in 19 of 20 cohorts (balanced accuracy alone), `best_of_null` what 19 of 20
        permutations did. `inflation` is how much wider the corrected interval of a discovery
        figure is than that of as many independent people. `n_for_margin` is post hoc: it takes the
        observed figures for the truth.
    """
    shown = performance["aggregation"].isin(READ_FIRST)
    rows: list[dict[str, Any]] = []
    for (model, cohort), of_cohort in performance[shown].groupby(["model", "cohort"], sort=False):
        # First: the corrected interval, the cohort's own null, and what is within cohorts.
        figures = of_cohort.drop_duplicates("metric").set_index("metric")
        estimate = figures["estimate"]
        for metric in ("balanced_accuracy", "auc"):
            figure = figures.loc[metric]
            row = {"model": model, "cohort": cohort, "metric": metric}
            row |= figure.drop("p_value").to_dict()
            n, n_positive = int(figure["n"]), int(figure["n_positive"])
            if np.isfinite(figure["estimate"]):
                values = null.loc[
                    (null["model"] == model)
                    & (null["cohort"] == cohort)
                    & (null["metric"] == metric)
                    & (null["null"] == figure["null"])
                    & (null["aggregation"] == figure["aggregation"]),
                    "value",
                ].dropna()
                if metric == "balanced_accuracy":
                    row["best_of_chance"] = best_of_chance(n_positive, n - n_positive)
                if len(values):
                    row["best_of_null"] = float(np.quantile(values, 0.95, method="higher"))
                row["inflation"] = 1.0
                if row["ci_method"] == Interval.NULL_INFLATED:
                    alone = half_width(estimate, metric, n, n_positive / n)
                    row["inflation"] = max(1.0, (row["ci_high"] - row["ci_low"]) / 2 / alone)
                row["n_for_margin"] = people_for_margin(
                    estimate, metric, n_positive / n, row["inflation"]
                )
            rows.append(row)
    table = pd.DataFrame(rows, columns=PRECISION_COLUMNS)
    return table.astype({"n": int, "n_positive": int, "n_for_margin": "Int64"})
