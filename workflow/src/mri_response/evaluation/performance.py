"""The tables performance.tsv and null.tsv: estimates, intervals, p-values and their nulls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.errors import InputError
from mri_response.core.proportions import wilson
from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import (
    CROSS_VALIDATED,
    EXTERNAL_POOLED,
    HEADLINE,
    Aggregation,
    Interval,
    NotComputed,
    Null,
    Role,
)
from mri_response.evaluation.bootstrap import (
    bootstrap_counts,
    naive_bootstrap,
    naive_standard_error,
    null_inflated_intervals,
    null_inflation,
)
from mri_response.evaluation.intervals import auc_interval, delong_variance, mover_balanced_accuracy
from mri_response.evaluation.metrics import METRICS, auc, cross_validated
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.recalls import balanced_accuracy, confusion
from mri_response.people.rows import person_weights, pooled

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
TESTED = ("balanced_accuracy", "auc")  # always saying yes has sensitivity 1: no p for that alone
COUNTS = ("true_positive", "false_positive", "true_negative", "false_negative")
N_BOOTSTRAP = 5000
BLOCK = 100  # labellings held in memory at once

Tables = tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class FrozenScores:
    """Decision values of a frozen model in a cohort it has not seen.

    Attributes
    ----------
    cohort, role : str
        Name; external or control.
    people : DataFrame
        The cohort's analysed rows: participant_id, label (1 = positive class) and, where used, the
        columns of blocks and families.
    decision : ndarray, shape (n,)
    null_decision : ndarray, shape (M, n), optional
        Decision values of the models refitted on permuted discovery labels: the null
        ``discovery_labels``.
    """

    cohort: str
    role: str
    people: pd.DataFrame
    decision: NDArray
    null_decision: NDArray | None = None


def permutation_p_value(observed: float, null: NDArray) -> float:
    """One-sided permutation p: (1 + values at or above the observed) / (1 + permutations).

    Values are compared with a tolerance of 1e-9, so that ties count whatever their rounding.

    Parameters
    ----------
    observed : float
    null : ndarray, shape (M,)

    Returns
    -------
    float
        NaN without permutations.

    References
    ----------
    Phipson B, Smyth GK (2010). Permutation p-values should never be zero. Statistical
    Applications in Genetics and Molecular Biology 9, article 39.
    """
    if null.size == 0:
        return float("nan")
    # Undefined under some labelling (one class alone): counted, which is conservative.
    return float((1 + np.sum(~(null < observed - 1e-9))) / (1 + null.size))


def best_of_chance(n_positive: int, n_negative: int, quantile: float = 0.95) -> float:
    """Balanced accuracy that tossing a coin for each person stays at or below with `quantile`.

    Exact, from the binomial distributions of sensitivity and specificity.

    Parameters
    ----------
    n_positive, n_negative : int
        People in each class.
    quantile : float

    Returns
    -------
    float
    """
    right_positive, right_negative = np.arange(n_positive + 1), np.arange(n_negative + 1)
    value = np.add.outer(right_positive * n_negative, right_negative * n_positive).ravel()
    probability = np.outer(
        *([comb(n, right) / 2**n for right in range(n + 1)] for n in (n_positive, n_negative))
    ).ravel()
    order = np.argsort(value, kind="stable")
    value, cumulative = value[order], np.cumsum(probability[order])
    # The last of several equal values carries the probability of them all.
    last = np.append(np.diff(value) > 0, True)
    reached = np.searchsorted(cumulative[last], quantile - 1e-12)
    return float(value[last][reached] / (2 * n_positive * n_negative))


def aggregations_of(outer: str) -> tuple[str, ...]:
    """Ways of summing up that an outer scheme has (`cross_validation.outer`), the headline first.

    Test folds of one person have neither a balanced accuracy nor an AUC of their own; people who
    are held out are one fold.
    """
    whole = outer in ("held_out", "leave_one_out")
    return (HEADLINE, Aggregation.PERSON) if whole else CROSS_VALIDATED


def discovery_performance(
    model: str,
    cohort: str,
    people: pd.DataFrame,
    decision: NDArray,
    fold: NDArray,
    labels: NDArray,
    *,
    seed: int,
    min_class_size: int,
    null_name: str = Null.WHOLE_PROCEDURE,
    aggregations: Sequence[str] = CROSS_VALIDATED,
    independent: bool = False,
) -> Tables:
    """Performance and null rows of one model in the discovery cohort.

    Every aggregation has its estimates and intervals; p-values belong to the headline,
    `mean_over_repeats`, of balanced accuracy and AUC.

    Parameters
    ----------
    model, cohort : str
    people : DataFrame
        The cohort's n analysed and predicted rows: participant_id and label (1 = positive class).
    decision : ndarray, shape (1 + M, repeats, n)
        Cross-validated decision values; labelling 0 is the observed one, the others are
        permutations of the whole procedure. M may be 0.
    fold : ndarray of int, shape (repeats, n) or (1 + M, repeats, n)
        Outer fold in which each row was tested.
    labels : ndarray of 0/1, shape (1 + M, n)
    seed : int
        The run's.
    min_class_size : int
        With fewer people in either class nothing is computed.
    null_name : str
        What the permuted labellings are called, see `learning.permutation.Exchangeability`.
    aggregations : sequence of str
        See `aggregations_of`.
    independent : bool
        People were predicted by one model that has seen none of them: the intervals are those of
        an external cohort.

    Returns
    -------
    performance, null : DataFrame
        Columns `PERFORMANCE_COLUMNS` and `NULL_COLUMNS`.

    Raises
    ------
    ValueError
        A decision value is not finite, or the first labelling is not that of `people`.
    """
    _require_finite(decision)
    discovery = Cohort(people)
    if not np.array_equal(labels[0], discovery.labels):
        raise ValueError("the first labelling is not the observed one")
    base = {"model": model, "cohort": cohort, "role": Role.DISCOVERY, **discovery.sizes()}
    if discovery.smallest_class < max(1, min_class_size):
        rows = _not_computed(base, aggregations)
        return _performance_frame(rows), _frame([], NULL_COLUMNS)
    fold = np.broadcast_to(fold, decision.shape)
    counts = bootstrap_counts(
        discovery.labels, discovery.person, N_BOOTSTRAP, generator(seed, Stream.BOOTSTRAP)
    )
    performance: list[dict[str, Any]] = []
    null: list[dict[str, Any]] = []
    frozen = frozen_estimates(decision[0, 0], discovery) if independent else {}
    for aggregation in aggregations:
        estimate, error, draws, inflation = {}, {}, {}, {}
        for metric in METRICS:
            wanted = slice(None) if metric in TESTED else slice(1)
            values, errors = with_standard_errors(
                metric, aggregation, decision[wanted], fold[wanted], labels[wanted], discovery
            )
            estimate[metric], error[metric] = float(values[0]), float(errors[0])
            if metric in TESTED:
                draws[metric] = values[1:]
                defined = np.isfinite(values[1:])
                inflation[metric] = null_inflation(values[1:][defined], errors[1:][defined])
                null += _null_rows(base, null_name, aggregation, metric, values[1:])
        inflated = null_inflated_intervals(
            estimate, error, inflation, discovery.n_positive, discovery.n_negative
        )
        for metric in METRICS:
            row = {**base, "metric": metric, "aggregation": aggregation}
            row["estimate"] = estimate[metric]
            if metric in TESTED and aggregation == HEADLINE:
                row |= _tested(null_name, estimate[metric], draws[metric])
            if np.isnan(estimate[metric]):
                performance.append(row | {"ci_method": NotComputed.UNDEFINED})
                continue
            if independent:
                _, *limits, method = frozen[metric]
                performance.append(row | _interval(method, limits))
                continue
            naive = naive_bootstrap(
                metric,
                aggregation,
                decision[0],
                fold[0],
                discovery.labels,
                discovery.weights,
                counts,
            )
            performance.append(row | _interval(Interval.NULL_INFLATED, inflated[metric]))
            performance.append(row | _interval(Interval.NAIVE_BOOTSTRAP, naive))
        if aggregation == Aggregation.MEAN_OVER_REPEATS:
            performance += _count_rows(base, aggregation, decision[0], discovery)
        elif aggregation == Aggregation.PERSON:
            mean = decision[0].mean(axis=0, keepdims=True)
            performance += _count_rows(base, aggregation, mean, discovery)
    return _performance_frame(performance), _frame(null, NULL_COLUMNS)


def frozen_performance(
    model: str,
    scores: Sequence[FrozenScores],
    *,
    seed: int,
    n_permutations: int,
    min_class_size: int,
    within: str | None = None,
    group: str | None = None,
) -> Tables:
    """Performance and null rows of a frozen model in the external and control cohorts.

    Two or more external cohorts are also scored together, as ``external_pooled``; permutation m
    of the pooled labels is permutation m of each cohort's. Metrics that are tested have one row
    for each null: ``own_labels`` (the cohort's labels permuted, the model as it is) and, where
    there are decision values for it, ``discovery_labels``.

    Parameters
    ----------
    model : str
    scores : sequence of FrozenScores
        In the order of the configuration, on which the permutations of a cohort depend.
    seed : int
        The run's.
    n_permutations : int
        Permutations of the cohorts' own labels.
    min_class_size : int
        With fewer people in either class nothing is computed for a cohort; its people still count
        in ``external_pooled``.
    within, group : str, optional
        Columns of exchangeability blocks and of families, see
        `learning.permutation.Exchangeability`; each applies where a cohort has the column.

    Returns
    -------
    performance, null : DataFrame
        Columns `PERFORMANCE_COLUMNS` and `NULL_COLUMNS`.

    Raises
    ------
    InputError
        The labels of a cohort cannot be permuted as the configuration asks.
    ValueError
        A decision value is not finite.
    """
    labellings = []
    for index, cohort in enumerate(scores):
        try:
            labels = own_labels(
                cohort.people,
                seed=seed,
                cohort_index=index,
                n_permutations=n_permutations,
                within=within,
                group=group,
            )
        except InputError as error:
            raise InputError(f"cohort {cohort.cohort}: {error}") from error
        labellings.append(labels)
    members = [index for index, cohort in enumerate(scores) if cohort.role == Role.EXTERNAL]
    everyone = list(zip(scores, labellings, strict=True))
    if len(members) > 1:
        together = _pool([scores[index] for index in members])
        everyone.append((together, np.concatenate([labellings[i] for i in members], axis=1)))
    performance: list[dict[str, Any]] = []
    null: list[dict[str, Any]] = []
    for cohort, labels in everyone:
        of_performance, of_null = _frozen_cohort(model, cohort, labels, min_class_size)
        performance += of_performance
        null += of_null
    return _performance_frame(performance), _frame(null, NULL_COLUMNS)


def own_labels(
    people: pd.DataFrame,
    *,
    seed: int,
    cohort_index: int,
    n_permutations: int,
    within: str | None = None,
    group: str | None = None,
) -> NDArray:
    """Permutations of a cohort's own labels.

    Parameters
    ----------
    people : DataFrame
        participant_id, label and, where used, the columns `within` and `group`.
    seed, cohort_index, n_permutations : int
        Permutation m depends on seed, cohort index and m alone.
    within, group : str, optional
        Ignored where `people` has no such column.

    Returns
    -------
    ndarray of 0/1, shape (n_permutations, n)
    """
    labels = people["label"].to_numpy(dtype=int)
    if n_permutations == 0 or np.unique(labels).size < 2:
        return np.tile(labels, (n_permutations, 1))
    group = group if group in people else None
    within = within if within in people else None
    exchangeable = Exchangeability(people, group=group, within=within)
    # Cohorts of one size must not share their permutations, so each has a seed of its own.
    cohort_seed = int(generator(seed, Stream.COHORT_LABELS, cohort_index).integers(2**63))
    permutations = range(1, n_permutations + 1)
    return exchangeable.labellings(cohort_seed, permutations, stream=Stream.COHORT_LABELS).T


class Cohort:
    """Labels, weights and numbers of people of a cohort's rows.

    Parameters
    ----------
    people : DataFrame
        participant_id and label (1 = positive class), one row a row of the cohort.
    """

    def __init__(self, people: pd.DataFrame) -> None:
        self.labels = people["label"].to_numpy(dtype=int)
        self.weights, self.person = person_weights(people["participant_id"].astype(str))
        self.n = np.unique(self.person).size
        self.n_positive = np.unique(self.person[self.labels == 1]).size
        self.n_negative = np.unique(self.person[self.labels == 0]).size
        self.smallest_class = min(self.n_positive, self.n_negative)

    def sizes(self) -> dict[str, int]:
        return {"n": self.n, "n_positive": self.n_positive}


def _pool(scores: Sequence[FrozenScores]) -> FrozenScores:
    people = pooled({one.cohort: one.people[["participant_id", "label"]] for one in scores})
    nulls = [cohort.null_decision for cohort in scores]
    refitted = None if any(n is None for n in nulls) else np.concatenate(nulls, axis=1)
    decision = np.concatenate([cohort.decision for cohort in scores])
    return FrozenScores(EXTERNAL_POOLED, Role.EXTERNAL, people, decision, refitted)


def _frozen_cohort(
    model: str, scores: FrozenScores, permuted: NDArray, min_class_size: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    decision = np.asarray(scores.decision, dtype=float)
    _require_finite(decision, scores.null_decision)
    cohort = Cohort(scores.people)
    base = {
        "model": model,
        "cohort": scores.cohort,
        "role": scores.role,
        "aggregation": Aggregation.FROZEN_MODEL,
        **cohort.sizes(),
    }
    if cohort.smallest_class < max(1, min_class_size):
        return _not_computed(base, [Aggregation.FROZEN_MODEL]), []
    labellings = {Null.OWN_LABELS: (permuted.T, decision)}
    if scores.null_decision is not None:
        labellings["discovery_labels"] = (cohort.labels, np.asarray(scores.null_decision).T)
    null_rows, draws = [], {}
    for null, (labels, values) in labellings.items():
        draws[null, "balanced_accuracy"] = balanced_accuracy(labels, values > 0, cohort.weights)
        draws[null, "auc"] = auc(labels, values, cohort.weights)
        for metric in TESTED:
            values = draws[null, metric]
            null_rows += _null_rows(base, null, Aggregation.FROZEN_MODEL, metric, values)
    rows = []
    for metric, (estimate, low, high, method) in frozen_estimates(decision, cohort).items():
        row = {**base, "metric": metric, "estimate": estimate}
        row |= _interval(method, (low, high))
        if metric not in TESTED:
            rows.append(row)
            continue
        rows += [row | _tested(null, estimate, draws[null, metric]) for null in labellings]
    return rows + _count_rows(base, Aggregation.FROZEN_MODEL, decision[None], cohort), null_rows


def frozen_estimates(
    decision: NDArray, cohort: Cohort
) -> dict[str, tuple[float, float, float, str]]:
    """Estimate, limits and method of each metric; independent people, one labelling.

    Parameters
    ----------
    decision : ndarray, shape (n,)
    cohort : Cohort

    Returns
    -------
    dict of metric to (estimate, low, high, method)
    """
    table = confusion(cohort.labels, decision > 0, cohort.weights)
    n_1, n_0 = cohort.n_positive, cohort.n_negative
    sensitivity = table.true_positive / (table.true_positive + table.false_negative)
    specificity = table.true_negative / (table.true_negative + table.false_positive)
    area = float(auc(cohort.labels, decision, cohort.weights))
    variance = delong_variance(cohort.labels, decision, cohort.weights, cohort.person)
    mover = mover_balanced_accuracy(sensitivity * n_1, n_1, specificity * n_0, n_0)
    return {
        "balanced_accuracy": ((sensitivity + specificity) / 2, *mover, Interval.MOVER_WILSON),
        "sensitivity": (sensitivity, *wilson(sensitivity * n_1, n_1), Interval.WILSON),
        "specificity": (specificity, *wilson(specificity * n_0, n_0), Interval.WILSON),
        "auc": (area, *auc_interval(area, variance, n_1, n_0)),
    }


def with_standard_errors(
    metric: str,
    aggregation: str,
    decision: NDArray,
    fold: NDArray,
    labels: NDArray,
    cohort: Cohort,
) -> tuple[NDArray, NDArray]:
    """A cross-validated metric and its naive standard error for each labelling.

    Parameters
    ----------
    metric, aggregation : str
    decision, fold : ndarray, shape (m, repeats, n)
    labels : ndarray of 0/1, shape (m, n)
    cohort : Cohort

    Returns
    -------
    values, errors : ndarray, shape (m,)
    """
    values, errors = [], []
    for start in range(0, len(decision), BLOCK):
        block = slice(start, start + BLOCK)
        arguments = (
            metric, aggregation, decision[block], fold[block], labels[block], cohort.weights
        )  # fmt: skip
        values.append(cross_validated(*arguments))
        errors.append(naive_standard_error(*arguments, cohort.person))
    return np.concatenate(values), np.concatenate(errors)


def _tested(null: str, estimate: float, draws: NDArray) -> dict[str, Any]:
    return {
        "p_value": permutation_p_value(estimate, draws),
        "alternative": "greater",
        "null": null,
        "n_permutations": draws.size,
    }


def _interval(method: str, limits: tuple[float, float]) -> dict[str, Any]:
    low, high = limits
    return {"ci_low": float(low), "ci_high": float(high), "ci_method": method}


def _count_rows(
    base: dict[str, Any], aggregation: str, decision: NDArray, cohort: Cohort
) -> list[dict[str, Any]]:
    """Confusion matrix, averaged over the repeats of `decision`, shape (repeats, n)."""
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


def _not_computed(base: dict[str, Any], aggregations: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {**base, "metric": metric, "aggregation": aggregation, "ci_method": NotComputed.SMALL_CLASS}
        for aggregation in aggregations
        for metric in METRICS
    ]


def _null_rows(
    base: dict[str, Any], null: str, aggregation: str, metric: str, values: NDArray
) -> list[dict[str, Any]]:
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


def _performance_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    at_zero = {"operating_point": "decision_zero", "threshold": 0.0}
    frame = _frame(
        [row if row["metric"] == "auc" else row | at_zero for row in rows], PERFORMANCE_COLUMNS
    )
    return frame.astype({"n_permutations": "Int64"})


def _frame(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns)


def _require_finite(*decisions: NDArray | None) -> None:
    for decision in decisions:
        if decision is not None and not np.isfinite(decision).all():
            raise ValueError("decision values must be finite")
