"""Several cohorts together, every person compared with people of the own cohort only.

Where the decision values of two cohorts are shifted against each other, and their shares of the
positive class differ too, a metric across all their people tells the cohorts apart and not the
outcomes. Metrics within cohorts do not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.metrics import FloatArray, auc
from mri_response.learning.recalls import balanced_accuracy

LEAST = 2  # people of each class without whom a cohort has no variance, and does not count


def strata_of(cohort: Cohort) -> list[tuple[NDArray[np.intp], Cohort]]:
    """The cohorts that count within `cohort`, each by itself.

    Parameters
    ----------
    cohort : Cohort
        With `stratum`, the cohort of each row.

    Returns
    -------
    list of (ndarray of int, Cohort)
        Rows of each cohort with at least two people of either class, and these people.
    """
    found = []
    for which in np.unique(cohort.stratum):
        rows = np.flatnonzero(cohort.stratum == which)
        _, person = np.unique(cohort.person[rows], return_inverse=True)
        own = Cohort(cohort.labels[rows], cohort.weights[rows], person)
        if own.smallest_class >= LEAST:
            found.append((rows, own))
    return found


def pairs_of(labels: NDArray, weights: NDArray) -> FloatArray:
    """Pairs of one person of the positive and one of the negative class.

    Parameters
    ----------
    labels : ndarray of 0/1, shape (n,) or (n, m)
        1 = positive class.
    weights : ndarray, shape (n,)
        1 / (rows of the person).

    Returns
    -------
    ndarray, shape () or (m,)
    """
    positive = np.asarray(labels) == 1
    return (weights @ positive) * (weights @ ~positive)


def shares_of(strata: Sequence[tuple[NDArray[np.intp], Cohort]]) -> FloatArray:
    """Weight of each cohort: its share of the pairs that are of one cohort.

    Parameters
    ----------
    strata : sequence of (ndarray of int, Cohort)
        As from `strata_of`; at least one.

    Returns
    -------
    ndarray, shape (cohorts,)
    """
    pairs = np.array([pairs_of(own.labels, own.weights) for _, own in strata])
    return pairs / pairs.sum()


def within_cohorts(metric: str, labels: NDArray, decision: NDArray, cohort: Cohort) -> FloatArray:
    """Mean of the cohorts' own metrics, weighted by their pairs.

    Parameters
    ----------
    metric : {"balanced_accuracy", "auc"}
        Which metric. The AUC is the share of pairs of one cohort in which the person of the
        positive class has the higher decision value.
    labels, decision : ndarray, shape (n,) or (n, m)
        Labels 0/1 and decision values of each row; one labelling, or one model, per column.
    cohort : Cohort
        Weights and `stratum` of the n rows; which cohorts count depends on the observed labels.

    Returns
    -------
    ndarray, shape (m,)
        NaN where no cohort counts.
    """
    total, pairs = 0.0, 0.0
    for rows, own in strata_of(cohort):
        of_rows = labels[rows], decision[rows], own.weights
        if metric == "auc":
            value = auc(*of_rows)
        else:
            value = balanced_accuracy(of_rows[0], of_rows[1] > 0, own.weights)
        here = pairs_of(of_rows[0], own.weights)
        # People with several rows may leave a permuted cohort with one class, which has no pair.
        total = total + np.where(here > 0, here * np.nan_to_num(value), 0.0)
        pairs = pairs + here
    return np.asarray(total / np.where(np.asarray(pairs) > 0, pairs, np.nan))


def mover_mean(
    parts: Sequence[tuple[float, float, float]], shares: NDArray
) -> tuple[float, float, float]:
    """Weighted mean of independent estimates, and its interval from their own limits.

    Parameters
    ----------
    parts : sequence of (float, float, float)
        Estimate, lower and upper limit of each cohort.
    shares : ndarray, shape (cohorts,)
        Weights, which sum to 1.

    Returns
    -------
    estimate, low, high : float

    References
    ----------
    Zou GY, Donner A (2008). Construction of confidence limits about effect measures: a general
    approach. Statistics in Medicine 27, 1693-1702.
    """
    estimates, lows, highs = np.array(parts, dtype=float).T
    estimate = float(shares @ estimates)
    below = np.sqrt(((shares * (estimates - lows)) ** 2).sum())
    above = np.sqrt(((shares * (highs - estimates)) ** 2).sum())
    return estimate, float(estimate - below), float(estimate + above)
