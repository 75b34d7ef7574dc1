"""Differences between two models in outer folds, under the observed and under permuted labels.

The corrected resampled t-test takes the spread of its folds for that of other samples. Where models
know little, all their folds are wrong or right together, and the test rejects too often. How far
its t spreads over labellings without a signal tells by how much its standard error is too small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.evaluation.metrics import placements
from mri_response.evaluation.paired import resampled_error
from mri_response.learning.decisions import Decisions
from mri_response.people.rows import person_weights

N_LABELLINGS = 200  # of the permuted ones; a standard deviation is then known to 5 %
LEAST_LABELLINGS = 20  # for a spread
METRICS = ("balanced_accuracy", "auc")


class NullFolds(NamedTuple):
    """A model under permuted labels, as the outer folds have it.

    Attributes
    ----------
    labels : ndarray, shape (L, n)
        Permuted labels.
    fold : ndarray of int, shape (L, R, n)
        Outer fold of each row, from 1.
    by_metric : dict of str to ndarray, shape (L, R * F)
        By metric, see `fold_values`.
    """

    labels: NDArray
    fold: NDArray
    by_metric: dict[str, NDArray]


def fold_values(
    metric: str, decision: NDArray, labels: NDArray, fold: NDArray, weights: NDArray
) -> NDArray:
    """A metric of all people of a repeat, as each of its outer folds has it.

    Parameters
    ----------
    metric : {"balanced_accuracy", "auc"}
        Which metric.
    decision : ndarray, shape (L, R, n)
        Decision values of L labellings and R repeats.
    labels : ndarray of 0/1, shape (L, n)
        1 = positive class.
    fold : ndarray of int, shape (L, R, n)
        Outer fold in which each row was tested, from 1 to F.
    weights : ndarray, shape (n,)
        1 / rows of the person.

    Returns
    -------
    ndarray, shape (L, R * F)
        The metric of the repeat, moved by the influences (infinitesimal jackknife) of the rows of
        the fold: the mean over folds is the metric itself, also where a fold has one class or one
        person. NaN where a labelling has one class.
    """
    n_folds = int(fold.max())
    positive = (labels == 1)[:, None, :]
    in_class = [weights * positive, weights * ~positive]
    sizes = [own.sum(axis=-1, keepdims=True) for own in in_class]
    with np.errstate(divide="ignore", invalid="ignore"):
        if metric == "auc":
            score = placements(positive, decision, weights) / np.where(positive, *sizes[::-1])
            share = 1.0
        else:
            score, share = ((decision > 0) == positive).astype(float), 0.5
        recall = [
            (own * score).sum(axis=-1, keepdims=True) / size
            for own, size in zip(in_class, sizes, strict=True)
        ]
        moved = share * weights * (score - np.where(positive, *recall)) / np.where(positive, *sizes)
    value = (recall[0] + recall[1]) / 2
    per_fold = [(moved * (fold == f)).sum(axis=-1) for f in range(1, n_folds + 1)]
    return (value + n_folds * np.stack(per_fold, axis=-1)).reshape(len(decision), -1)


def null_folds(decisions: Decisions, people: pd.DataFrame) -> NullFolds | None:
    """Decision values of a model under permuted labels, as its outer folds have them.

    Parameters
    ----------
    decisions : Decisions
        Of a model or a baseline.
    people : pandas.DataFrame
        Table of the discovery cohort.

    Returns
    -------
    NullFolds or None
        Of the first `N_LABELLINGS`; None where there are fewer than `LEAST_LABELLINGS`.
    """
    own, rows = decisions.first(1 + N_LABELLINGS).of_tested(people)
    labels, fold, decision = own.labels[1:], own.fold[1:], own.decision[1:]
    if len(labels) < LEAST_LABELLINGS:
        return None
    given = decision, labels, fold, person_weights(rows["participant_id"].astype(str))[0]
    return NullFolds(labels, fold, {metric: fold_values(metric, *given) for metric in METRICS})


def error_inflation(
    first: NullFolds | None, second: NullFolds | None, metric: str, test_share: float
) -> float:
    """How much too small the standard error of the corrected resampled t-test is without a signal.

    Parameters
    ----------
    first, second : NullFolds or None
        Both models.
    metric : {"balanced_accuracy", "auc"}
        Which metric.
    test_share : float
        People in a test fold / people in its training set.

    Returns
    -------
    float
        See `spread_of_t`; 1 where the models did not go through the same labellings.
    """
    if first is None or second is None:
        return 1.0
    if not all(np.array_equal(a, b) for a, b in zip(first[:2], second[:2], strict=True)):
        return 1.0
    return spread_of_t(first.by_metric[metric] - second.by_metric[metric], test_share)


def spread_of_t(differences: NDArray, test_share: float) -> float:
    """How far the corrected resampled t spreads without a signal, by the t distribution.

    Parameters
    ----------
    differences : ndarray, shape (L, J)
        Differences between two models in J outer folds, under L permuted labellings.
    test_share : float
        People in a test fold / people in its training set.

    Returns
    -------
    float
        Root mean square of t by that of the t distribution; 1 at least, and 1 with fewer than
        `LEAST_LABELLINGS`.
    """
    n = differences.shape[1]
    error = resampled_error(differences, test_share)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = differences.mean(axis=1) / error
    t = t[np.isfinite(t)]
    if n < 4 or len(t) < LEAST_LABELLINGS:
        return 1.0
    return max(1.0, float(np.sqrt(np.mean(t**2) * (n - 3) / (n - 1))))
