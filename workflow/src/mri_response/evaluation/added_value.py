"""Do the scans add to the clinic? The scans permuted between people, everything else kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mri_response.evaluation.comparisons import ADDED
from mri_response.evaluation.metrics import cross_validated, person_weights
from mri_response.evaluation.performance import HEADLINE, TESTED, permutation_p_value
from mri_response.learning.gram import Confounds, principal_component_grams
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.procedure import ModelOptions, fold_grams, nested_folds
from mri_response.learning.splits import Fold

METHOD = "imaging_rows_permuted"
FOLDS_AT_ONCE = 10  # outer folds whose Gram matrices are held in memory


def cross_validate_permuted_scans(
    scans: np.ndarray,
    clinic: np.ndarray,
    confounds: np.ndarray | Confounds,
    folds: Sequence[Fold],
    exchangeability: Exchangeability,
    permutations: Sequence[int],
    weights: np.ndarray,
    options: ModelOptions,
    seed: int,
) -> np.ndarray:
    """Cross-validated decision values of clinic and scans, the scans being those of other people.

    People keep their label, their clinical features and their folds. Scans move together with the
    confounds that are removed from them. C is chosen anew.

    Parameters
    ----------
    scans, clinic : numpy.ndarray, shapes (n, p) and (n, k)
    confounds : numpy.ndarray, shape (n, q), or Confounds
    folds : sequence of Fold
        All outer folds of all repeats.
    exchangeability : Exchangeability
        Who may exchange scans: those who may exchange labels.
    permutations : sequence of int
        0 leaves every scan where it is.
    weights : numpy.ndarray, shape (n,)
        Row weights of the inner score.
    options : ModelOptions
    seed : int

    Returns
    -------
    numpy.ndarray, shape (m, R, n)
        NaN for rows in no outer test fold.

    Notes
    -----
    The Gram matrix of features side by side is the sum of those of its parts, each with the
    confounds of its own people removed.
    """
    labels = exchangeability.labels
    repeats = max(fold.repeat for fold in folds)
    decision = np.full((len(permutations), repeats, len(labels)), np.nan)
    plain = options._replace(pca=None)
    moved = [exchangeability.rows(seed, index) for index in permutations]
    for start in range(0, len(folds), FOLDS_AT_ONCE):
        part = folds[start : start + FOLDS_AT_ONCE]
        own = fold_grams(clinic, confounds, part, plain)
        for index, rows in enumerate(moved):
            others = fold_grams(scans[rows], _of(confounds, rows), part, plain)
            grams = [a + b for a, b in zip(own, others, strict=True)]
            if options.pca is not None:
                grams = [
                    principal_component_grams(gram, fold.sets.train, options.pca)
                    for gram, fold in zip(grams, part, strict=True)
                ]
            for fold, result in zip(
                part, nested_folds(grams, part, labels[:, None], weights, options), strict=True
            ):
                decision[index, fold.repeat - 1, fold.sets.test[0]] = result.decision[:, 0]
    return decision


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
    moved = moved[:, :, ~np.isnan(moved[0, 0])]  # of people held out alone
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


def _of(confounds: np.ndarray | Confounds, rows: np.ndarray) -> np.ndarray | Confounds:
    if isinstance(confounds, Confounds):
        return confounds._replace(matrix=confounds.matrix[rows])
    return confounds[rows]
