"""Do the scans add to the clinic? What they hold beyond it, permuted between people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.permutation import permutation_p_value
from mri_response.core.vocabulary import HEADLINE, Comparison
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
        As from `cross_validate_permuted_scans`, permutation 0 first.

    Returns
    -------
    list of dict
        For each metric the performance of clinic and scans with everybody's own scan, less its mean
        where residuals of the scans are permuted, and the one-sided p of this difference.

    Notes
    -----
    The features of all permutations, the own scans among them, are weighed as
    `cross_validate_permuted_scans` says. The performance may therefore differ from that of the
    model in `performance.tsv`.
    """
    home = predictions[model][predictions[model]["cohort"] == cohort]
    first = home[home["repeat"] == home["repeat"].iloc[0]]
    labels, (weights, _) = first["label"].to_numpy(int), person_weights(first["participant_id"])
    moved = np.concatenate(permuted)
    moved = moved[:, :, ~np.isnan(moved[0, 0])]  # rows of people who were tested
    rows = []
    for metric in TESTED:
        fold = np.ones(moved.shape[1:], dtype=int)
        every = np.broadcast_to(labels, (len(moved), len(labels)))
        observed, *null = cross_validated(metric, HEADLINE, moved, fold, every, weights)
        rows.append(
            {
                "comparison": ADDED,
                "model_a": model,
                "model_b": clinic,
                "cohort_a": cohort,
                "cohort_b": cohort,
                "metric": metric,
                "aggregation": HEADLINE,
                "estimate": observed - np.mean(null),
                "p_value": permutation_p_value(observed, np.array(null)),
                "method": METHOD,
                "n_permutations": len(null),
            }
        )
    return rows
