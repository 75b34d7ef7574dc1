"""Intervals of cross-validated metrics, whose people share training data.

An interval over people that ignores the shared training data (`naive_bootstrap`) is too narrow.
`null_inflated_intervals` widens it by what the permutations show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mri_response.core.proportions import LEVEL, wilson
from mri_response.core.vocabulary import Aggregation
from mri_response.evaluation.intervals import (
    ROUNDING,
    at_edge,
    logit_interval,
    mover_balanced_accuracy,
    newcombe_auc,
)
from mri_response.evaluation.metrics import FloatArray, placements
from mri_response.learning.rounding import rounded

MIN_PERMUTATIONS = 19  # the fewest with which p can reach 0.05


def naive_standard_error(
    metric: str,
    aggregation: str,
    decision: NDArray,
    fold: NDArray,
    labels: NDArray,
    weights: NDArray,
    person: NDArray[np.intp],
) -> FloatArray:
    """Standard error over people of a cross-validated metric, as if their scores were independent.

    The infinitesimal jackknife: each person's influence on the estimate, with the predictions and
    the composition of the folds taken as given, squared and summed. For `mean_over_repeats` it
    is the standard error that `naive_bootstrap` has in the limit of many draws.

    Parameters
    ----------
    metric, aggregation : str
        As in `mri_response.evaluation.metrics.cross_validated`.
    decision : ndarray, shape (m, repeats, n)
        Decision value of each row when it was in an outer test fold.
    fold : ndarray of int, shape (repeats, n) or (m, repeats, n)
        Outer fold in which each row was tested.
    labels : ndarray of 0/1, shape (m, n)
        One labelling per line; 1 = positive class.
    weights : ndarray, shape (n,)
        1 / (rows of the person).
    person : ndarray of int, shape (n,)
        Number of the person of each row.

    Returns
    -------
    ndarray, shape (m,)

    References
    ----------
    Efron B (1982). The Jackknife, the Bootstrap and Other Resampling Plans. SIAM, chapter 6.
    """
    cells = _cells(metric, aggregation, decision, fold, labels, weights)
    score, share = cells.scored(), cells.weight.sum(axis=1)
    positive = cells.positive[:, 0, :]
    influence = np.zeros(score.shape)
    for in_class in (positive, ~positive):
        whole = (share * in_class).sum(axis=-1, keepdims=True)
        mean = (score * in_class).sum(axis=-1, keepdims=True) / np.where(whole > 0, whole, 1)
        influence += in_class * (score - mean * share)
    return np.sqrt(squared_over_people(influence, person))


def squared_over_people(influence: NDArray, person: NDArray[np.intp]) -> FloatArray:
    """Sum over people of their squared influence on an estimate: its variance.

    Parameters
    ----------
    influence : ndarray, shape (m, n)
        How much each row moves each of m estimates.
    person : ndarray of int, shape (n,)
        Number of the person of each row.

    Returns
    -------
    ndarray, shape (m,)
    """
    rows_of_person = np.argsort(person, kind="stable")
    starts = np.flatnonzero(np.diff(person[rows_of_person], prepend=-1))
    by_person = np.add.reduceat(influence[:, rows_of_person], starts, axis=-1)
    return (by_person**2).sum(axis=-1)


def bootstrap_counts(
    labels: NDArray, person: NDArray[np.intp], n_bootstrap: int, rng: np.random.Generator
) -> FloatArray:
    """How often each row's person is drawn in each bootstrap sample.

    People are drawn with replacement among those with rows in the same class (or in both).

    Parameters
    ----------
    labels : ndarray of 0/1, shape (n,)
        1 = positive class.
    person : ndarray of int, shape (n,)
        Number of the person of each row.
    n_bootstrap : int
        Number of bootstrap samples.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    ndarray, shape (n_bootstrap, n)
    """
    rows = np.bincount(person)
    positive_rows = np.bincount(person, np.asarray(labels).astype(float))
    stratum = np.where(positive_rows == rows, 1, np.where(positive_rows == 0, 0, 2))
    counts = np.zeros((n_bootstrap, rows.size))
    for which in range(3):
        people = np.flatnonzero((stratum == which) & (rows > 0))
        if people.size:
            draws = rng.multinomial(people.size, np.full(people.size, 1 / people.size), n_bootstrap)
            counts[:, people] = draws
    return counts[:, person]


def naive_bootstrap(
    metric: str,
    aggregation: str,
    decision: NDArray,
    fold: NDArray,
    labels: NDArray,
    weights: NDArray,
    counts: NDArray,
) -> tuple[float, float]:
    """Percentile bootstrap over people of a cross-validated metric; predictions are kept.

    Naive: the predictions of two people share training data, so the interval is too narrow (see
    `null_inflated_intervals` for its coverage).

    Parameters
    ----------
    metric, aggregation : str
        As in `mri_response.evaluation.metrics.cross_validated`.
    decision : ndarray, shape (repeats, n)
        Decision value of each row when it was in an outer test fold.
    fold : ndarray of int, shape (repeats, n)
        Outer fold in which each row was tested.
    labels, weights : ndarray, shape (n,)
        Labels 0/1, and 1 / (rows of the person).
    counts : ndarray, shape (b, n)
        `bootstrap_counts`.

    Returns
    -------
    low, high : float

    References
    ----------
    Efron B, Tibshirani RJ (1993). An Introduction to the Bootstrap. Chapman & Hall, chapter 13.
    """
    cells = _cells(metric, aggregation, decision[None], fold, labels[None], weights)
    positive = cells.positive[0, 0]
    if metric == "auc":
        of_pairs, right = cells.pairs()
        drawn, against = counts[:, positive], counts[:, ~positive]
        with np.errstate(invalid="ignore"):  # a draw without a pair: no interval
            draws = _bilinear(drawn, right, against) / _bilinear(drawn, of_pairs, against)
    else:
        score, share = cells.scored()[0], cells.weight[0].sum(axis=0)
        draws = np.zeros(counts.shape[0])
        for in_class in (positive, ~positive):
            whole = share[in_class].sum()
            if whole > 0:
                drawn = counts[:, in_class]
                recall = _weighted(drawn, score[in_class]) / _weighted(drawn, share[in_class])
                draws += whole * recall
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def null_inflation(null: NDArray, null_standard_error: NDArray) -> float | None:
    """Factor by which the naive standard error of a cross-validated metric is too small.

    The standard deviation of the metric over permutations of the whole procedure, divided by the
    root mean square of the naive standard errors that the same permutations have. Without
    dependence between people both measure the same spread, so that the factor is 1; shared
    training data make it larger. A factor below 1 is taken as 1.

    Parameters
    ----------
    null : ndarray, shape (M,)
        The metric under each permutation.
    null_standard_error : ndarray, shape (M,)
        `naive_standard_error` under each permutation.

    Returns
    -------
    float or None
        None with fewer than `MIN_PERMUTATIONS` permutations.
    """
    if null.size < MIN_PERMUTATIONS:
        return None
    naive = np.sqrt(np.mean(null_standard_error**2))
    return max(1.0, float(null.std(ddof=1) / naive)) if naive > 0 else 1.0


def null_inflated_intervals(
    estimate: Mapping[str, float],
    standard_error: Mapping[str, float],
    inflation: Mapping[str, float | None],
    n_positive: int,
    n_negative: int,
    level: float = LEVEL,
) -> dict[str, tuple[float, float]]:
    """Intervals of cross-validated metrics from inflated standard errors.

    Estimate +- z x inflation x naive standard error, on the logit scale. The interval is one for
    the expected performance of models that this procedure trains on as many people as the folds
    have, which is a part of the sample, not for one particular model and not for the refitted one.
    Sensitivity and specificity take the factor of the balanced accuracy,
    which is conservative for them: their own spread over permutations is no yardstick, since
    permuting labels under given predictions moves them less than drawing new people does.

    Where the naive standard error is 0 (everybody right, or all decision values tied) it says
    nothing: the Wilson, MOVER and Newcombe limits of n / inflation**2 people take its place.

    In simulation (99 people, 52 or 25 positive, a linear classifier on 30 or 150 features, 10 x 10
    folds, 150 or 200 permutations, 500 or 600 trials a setting) the interval of `mean_over_repeats`
    at nominal 95 % covered the expected balanced accuracy in 95 to 98 % and the expected AUC in
    94 to 96 % of trials, the naive bootstrap 84 to 89 % and 81 to 85 %; those of sensitivity and
    specificity covered 98 to 99 %. The performance of the model refitted on everybody, which
    learns from more people, is covered less often where there is a signal: 86.5 to 92.6 % in
    `docs/simulation_study.md`.

    Parameters
    ----------
    estimate, standard_error : mapping of metric to float
        All four metrics, and their `naive_standard_error`.
    inflation : mapping of metric to float or None
        `null_inflation` of balanced_accuracy and auc.
    n_positive, n_negative : int
        People in each class.
    level : float
        Nominal coverage of the intervals.

    Returns
    -------
    dict of metric to (low, high)
        NaN limits where the factor is not available or the metric not defined.
    """
    limits = {}
    for metric, value in estimate.items():
        factor = inflation["auc" if metric == "auc" else "balanced_accuracy"]
        if factor is None or np.isnan(value):
            limits[metric] = (np.nan, np.nan)
            continue
        spread = factor * standard_error[metric]
        n_1, n_0 = n_positive / factor**2, n_negative / factor**2
        if spread > ROUNDING and not at_edge(value):
            limits[metric] = logit_interval(value, spread, level)
        elif metric == "auc":
            limits[metric] = newcombe_auc(value, n_1, n_0, level)
        elif metric == "balanced_accuracy":
            right = estimate["sensitivity"] * n_1, estimate["specificity"] * n_0
            limits[metric] = mover_balanced_accuracy(right[0], n_1, right[1], n_0, level)
        else:
            n = n_1 if metric == "sensitivity" else n_0
            limits[metric] = wilson(value * n, n, level)
    return {metric: (float(low), float(high)) for metric, (low, high) in limits.items()}


class _Cells(NamedTuple):
    """Decision values of m labellings, as cells (repeat, fold) within which rows are compared.

    A metric is the sum over repeats and rows of `weight` x the row's score, the weights summing
    to 1 (for the AUC over each class).
    """

    metric: str
    decision: NDArray  # (m, repeats, n)
    fold: NDArray  # (m, repeats, n)
    positive: NDArray  # (m, repeats, n) bool
    row_weights: NDArray  # (n,)
    weight: NDArray  # (m, repeats, n)
    other: NDArray  # (m, repeats, n) weight of the other class in the row's cell
    number: NDArray  # (m, 1, 1) cells in which the metric is defined

    def scored(self) -> FloatArray:
        """Sum over repeats of weight x score, (m, n)."""
        if self.metric == "auc":
            won = placements(self.positive, self.decision, self.row_weights, self.fold)
            score = won / np.where(self.other > 0, self.other, 1)
        else:
            score = (self.decision > 0) == self.positive
        return (self.weight * score).sum(axis=1)

    def pairs(self) -> tuple[FloatArray, FloatArray]:
        """Weight of each (positive, negative) pair of the first labelling, and that x its score."""
        positive = self.positive[0, 0]
        of_pairs = np.zeros((positive.sum(), (~positive).sum()))
        right = np.zeros_like(of_pairs)
        for decision, fold, weight in zip(
            self.decision[0], self.fold[0], self.weight[0], strict=True
        ):
            of_pair = np.outer(weight[positive], weight[~positive]) * self.number[0]
            of_pair *= fold[positive][:, None] == fold[~positive]
            above = np.sign(decision[positive][:, None] - decision[~positive])
            of_pairs += of_pair
            right += of_pair * (above + 1) / 2
        return of_pairs, right


def _cells(
    metric: str,
    aggregation: str,
    decision: NDArray,
    fold: NDArray,
    labels: NDArray,
    weights: NDArray,
) -> _Cells:
    if aggregation == Aggregation.PERSON:
        decision = rounded(decision.mean(axis=1, keepdims=True))
    if aggregation in (Aggregation.PERSON, Aggregation.MEAN_OVER_REPEATS):
        fold = np.zeros(decision.shape[1:], dtype=int)
    elif aggregation != Aggregation.MEAN_OVER_FOLDS:
        raise ValueError(f"unknown aggregation {aggregation!r}")
    positive = np.broadcast_to(np.asarray(labels).astype(bool)[:, None, :], decision.shape)
    fold = np.broadcast_to(fold, decision.shape)
    own, other = np.zeros(decision.shape), np.zeros(decision.shape)
    number = np.zeros((decision.shape[0], 1, 1))
    for f in np.unique(fold):
        inside = weights * (fold == f)
        of_positive = (inside * positive).sum(axis=-1, keepdims=True)
        of_negative = (inside * ~positive).sum(axis=-1, keepdims=True)
        here = fold == f
        own += here * np.where(positive, of_positive, of_negative)
        other += here * np.where(positive, of_negative, of_positive)
        number += {
            "balanced_accuracy": (of_positive > 0) | (of_negative > 0),
            "sensitivity": of_positive > 0,
            "specificity": of_negative > 0,
            "auc": (of_positive > 0) & (of_negative > 0),
        }[metric].sum(axis=1, keepdims=True)
    weight = weights / own / np.maximum(number, 1)  # defined nowhere: no weight
    if metric == "balanced_accuracy":
        weight = np.where(other > 0, weight / 2, weight)
    elif metric == "sensitivity":
        weight = np.where(positive, weight, 0.0)
    elif metric == "specificity":
        weight = np.where(positive, 0.0, weight)
    else:
        weight = np.where(other > 0, weight, 0.0)
    return _Cells(metric, decision, fold, positive, weights, weight, other, number)


def _weighted(counts: NDArray, values: NDArray) -> FloatArray:
    return (counts * values).sum(axis=-1)


def _bilinear(left: NDArray, matrix: NDArray, right: NDArray) -> FloatArray:
    # einsum, not BLAS: its order of summation does not depend on the number of threads.
    return (np.einsum("bi,ij->bj", left, matrix) * right).sum(axis=-1)
