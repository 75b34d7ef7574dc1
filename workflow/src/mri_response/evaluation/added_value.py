"""Do the scans add to the clinic? The scans permuted between people, everything else kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import HEADLINE, Comparison
from mri_response.evaluation.chance import permutation_p_value
from mri_response.evaluation.comparisons import ADDED
from mri_response.evaluation.metrics import cross_validated
from mri_response.evaluation.performance_rows import TESTED
from mri_response.people.rows import person_weights

METHOD = Comparison.SCANS_PERMUTED


def added_rows(
    model: str,
    clinic: str,
    cohort: str,
    predictions: dict[str, pd.DataFrame],
    permuted: Sequence[np.ndarray],
) -> list[dict[str, Any]]:
    """Rows of comparisons.tsv: what the scans add to a clinical model.

    Parameters
    ----------
    model, clinic : str
        Clinic and scans; clinic alone.
    cohort : str
        The discovery cohort.
    predictions : dict of str to pandas.DataFrame
        Of both models, as in `predictions.tsv`.
    permuted : sequence of numpy.ndarray, shape (m, R, n)
        As from `cross_validate_permuted_scans`, without permutation 0.

    Returns
    -------
    list of dict
        The difference between the two models and the one-sided p of the first one's performance:
        that of the clinic is the same in every permutation.
    """
    tables = {name: predictions[name] for name in (model, clinic)}
    home = {name: table[table["cohort"] == cohort] for name, table in tables.items()}
    first = home[model][home[model]["repeat"] == home[model]["repeat"].iloc[0]]
    labels, (weights, _) = first["label"].to_numpy(int), person_weights(first["participant_id"])
    moved = np.concatenate(permuted)
    moved = moved[:, :, ~np.isnan(moved[0, 0])]  # rows of people who were tested
    rows = []
    for metric in TESTED:
        observed = {name: _metric(metric, own, labels, weights) for name, own in home.items()}
        fold = np.ones(moved.shape[1:], dtype=int)
        every = np.broadcast_to(labels, (len(moved), len(labels)))
        null = cross_validated(metric, HEADLINE, moved, fold, every, weights)
        rows.append(
            {
                "comparison": ADDED,
                "model_a": model,
                "model_b": clinic,
                "cohort_a": cohort,
                "cohort_b": cohort,
                "metric": metric,
                "aggregation": HEADLINE,
                "estimate": observed[model] - observed[clinic],
                "p_value": permutation_p_value(observed[model], null),
                "method": METHOD,
                "n_permutations": len(moved),
            }
        )
    return rows


def _metric(metric: str, rows: pd.DataFrame, labels: np.ndarray, weights: np.ndarray) -> float:
    decision = np.stack([own["decision"].to_numpy() for _, own in rows.groupby("repeat")])
    fold = np.ones(decision.shape, dtype=int)
    return float(cross_validated(metric, HEADLINE, decision[None], fold, labels[None], weights)[0])
