"""Metrics of a two-class prediction, weighing people rather than rows.

A person with several rows (visits, crossover arms) counts once: every row has the weight
1 / (number of the person's rows). Labels are 1 for the positive class and 0 for the other; a
decision value above 0 predicts the positive class.

All functions are vectorised over labellings (permutations, repeats). Sums run along the rows of
one labelling, so a labelling's value is the same to the last bit whatever it is batched with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mri_response.core.vocabulary import Aggregation
from mri_response.learning.recalls import (
    balanced_accuracy,
    ratio,
    rows_last,
    sensitivity,
    specificity,
    total,
)
from mri_response.learning.rounding import rounded

METRICS = ("balanced_accuracy", "sensitivity", "specificity", "auc")

FloatArray = NDArray[np.float64]


def auc(
    labels: ArrayLike, decision: ArrayLike, weights: ArrayLike | None = None, axis: int = 0
) -> FloatArray:
    """Area under the ROC curve: P(decision of a positive > of a negative) + P(equal) / 2.

    Parameters
    ----------
    labels, decision : array_like, shapes (n,) or (n, m)
        Labels 0/1 and decision values, rows along `axis`.
    weights : array_like, optional
        Weight of each row. Default 1.
    axis : int
        The axis of the rows.

    Returns
    -------
    ndarray, shape (m,)
        NaN where one class is absent.

    References
    ----------
    Hanley JA, McNeil BJ (1982). The meaning and use of the area under a receiver operating
    characteristic (ROC) curve. Radiology 143, 29-36.
    """
    positive, score, weight = rows_last(axis, labels, decision, weights)
    positive, score, weight = np.broadcast_arrays(positive.astype(bool), score, weight)
    won = placements(positive, score, weight)
    n_positive, n_negative = total(weight * positive), total(weight * ~positive)
    return ratio(total(weight * positive * won), n_positive * n_negative)


def placements(
    labels: NDArray, decision: NDArray, weights: NDArray, group: NDArray | None = None
) -> FloatArray:
    """Weight of the other class that each row is on the right side of, ties counting half.

    For a positive row the weight of the negatives below it, for a negative row the weight of the
    positives above it. These are the structural components of DeLong, DeLong and Clarke-Pearson
    (1988) before division by the size of the other class.

    Parameters
    ----------
    labels, decision, weights : ndarray, shape (..., n)
        Rows along the last axis, broadcast against one another.
    group : ndarray of int, shape (..., n), optional
        Only rows of the same group (outer fold) are compared.

    Returns
    -------
    ndarray, shape (..., n)
    """
    labels, decision, weights = np.broadcast_arrays(labels, decision, weights)
    order = np.argsort(decision, axis=-1, kind="stable")
    if group is not None:
        group = np.broadcast_to(group, decision.shape)
        by_group = np.argsort(np.take_along_axis(group, order, -1), axis=-1, kind="stable")
        order = np.take_along_axis(order, by_group, -1)

    def sort(values: NDArray) -> NDArray:
        """Values in the order of group and decision value."""
        return np.take_along_axis(values, order, -1)

    positive = sort(labels).astype(bool)
    weight = sort(weights)
    score = sort(decision)
    changed = score[..., 1:] != score[..., :-1]
    if group is not None:
        member = sort(group)
        new_group = member[..., 1:] != member[..., :-1]
        changed |= new_group
    first, after = _run_bounds(changed)
    below = _cumulative(weight * ~positive)
    above = _cumulative(weight * positive)

    def at(cumulative: FloatArray, index: NDArray) -> FloatArray:
        """Cumulative sums before the given positions."""
        return np.take_along_axis(cumulative, index, -1)

    if group is None:
        group_floor, group_ceiling = 0.0, above[..., -1:]
    else:
        group_first, group_after = _run_bounds(new_group)
        group_floor, group_ceiling = at(below, group_first), at(above, group_after)
    negatives_below = (at(below, first) + at(below, after)) / 2 - group_floor
    positives_above = group_ceiling - (at(above, first) + at(above, after)) / 2
    result = np.empty(decision.shape)
    np.put_along_axis(result, order, np.where(positive, negatives_below, positives_above), -1)
    return result


def cross_validated(
    metric: str,
    aggregation: str,
    decision: NDArray,
    fold: NDArray,
    labels: NDArray,
    weights: NDArray,
) -> FloatArray:
    """A metric of repeated cross-validation, for each of m labellings.

    Parameters
    ----------
    metric : {"balanced_accuracy", "sensitivity", "specificity", "auc"}
        Which metric.
    aggregation : {"mean_over_repeats", "person", "mean_over_folds"}
        `mean_over_repeats`: the metric over all rows of a repeat, averaged over repeats.
        `person`: the metric of each row's decision value averaged over repeats.
        `mean_over_folds`: the metric within each outer fold, averaged over the folds of all
        repeats. A fold with one class scores the recall of that class as its balanced accuracy;
        a fold for which a metric is undefined (no positives for sensitivity, no negatives for
        specificity, one class only for AUC) is left out of that metric's mean.
    decision : ndarray, shape (m, repeats, n)
        Decision value of each row when it was in an outer test fold.
    fold : ndarray of int, shape (repeats, n) or (m, repeats, n)
        Outer fold in which each row was tested.
    labels : ndarray of 0/1, shape (m, n)
        One labelling per line; 1 = positive class.
    weights : ndarray, shape (n,)
        1 / (rows of the person).

    Returns
    -------
    ndarray, shape (m,)
    """
    decision = np.asarray(decision, dtype=float)
    labels = np.asarray(labels).astype(bool)[:, None, :]
    if aggregation == Aggregation.PERSON:
        return _plain(metric, labels[:, 0], rounded(_mean_last(decision.swapaxes(1, 2))), weights)
    if aggregation == Aggregation.MEAN_OVER_REPEATS:
        return _mean_last(_plain(metric, labels, decision, weights))
    if aggregation != Aggregation.MEAN_OVER_FOLDS:
        raise ValueError(f"unknown aggregation {aggregation!r}")
    fold = np.asarray(fold)
    values = []
    if metric == "auc":
        won = placements(labels, decision, weights, fold) * labels * weights
    for f in np.unique(fold):
        inside = weights * (fold == f)
        if metric == "auc":
            pairs = total(inside * labels) * total(inside * ~labels)
            values.append(ratio(total(won * (fold == f)), pairs))
        else:
            values.append(_plain(metric, labels, decision, inside))
    by_fold = np.stack(values, axis=-1).reshape(decision.shape[0], -1)
    defined = ~np.isnan(by_fold)
    return ratio(total(np.where(defined, by_fold, 0.0)), defined.sum(-1).astype(float))


def _plain(metric: str, labels: NDArray, decision: NDArray, weights: NDArray) -> FloatArray:
    """`metric` with rows along the last axis, from decision values."""
    if metric == "auc":
        return auc(labels, decision, weights, axis=-1)
    functions = {
        "balanced_accuracy": balanced_accuracy,
        "sensitivity": sensitivity,
        "specificity": specificity,
    }
    return functions[metric](labels, decision > 0, weights, axis=-1)


def _mean_last(values: NDArray) -> FloatArray:
    return total(values) / values.shape[-1]


def _cumulative(values: FloatArray) -> FloatArray:
    """Cumulative sums along the last axis, with a leading 0."""
    result = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=result[..., 1:])
    return result


def _run_bounds(changed: NDArray[np.bool_]) -> tuple[NDArray, NDArray]:
    """First index of each element's run, and the index after its last."""
    n = changed.shape[-1] + 1
    index = np.arange(n)
    edge = np.ones((*changed.shape[:-1], 1), dtype=bool)
    first = np.where(np.concatenate([edge, changed], axis=-1), index, 0)
    after = np.where(np.concatenate([changed, edge], axis=-1), index + 1, n)
    first = np.maximum.accumulate(first, axis=-1)
    after = np.minimum.accumulate(after[..., ::-1], axis=-1)[..., ::-1]
    return first, after
