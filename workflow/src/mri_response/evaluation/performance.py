"""Cross-validated performance of a model: estimates, intervals, p-values and their null."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import (
    CROSS_VALIDATED,
    HEADLINE,
    Aggregation,
    Interval,
    NotComputed,
    Role,
)
from mri_response.evaluation.bootstrap import (
    bootstrap_counts,
    naive_bootstrap,
    naive_standard_error,
    null_inflated_intervals,
    null_inflation,
)
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.frozen_performance import Tables, frozen_estimates
from mri_response.evaluation.metrics import METRICS, cross_validated
from mri_response.evaluation.performance_rows import (
    NULL_COLUMNS,
    TESTED,
    Row,
    count_rows,
    interval_columns,
    not_computed_rows,
    null_rows,
    performance_frame,
    require_finite,
    tested_columns,
)
from mri_response.learning.decisions import Decisions
from mri_response.learning.rounding import rounded

N_BOOTSTRAP = 5000
LABELLINGS_IN_MEMORY = 100  # labellings whose standard errors are computed at once


def aggregations_of(outer: str) -> tuple[str, ...]:
    """Ways of summing up that an outer scheme allows, the headline first.

    Test folds of one person have neither a balanced accuracy nor an AUC of their own; people who
    are held out are one fold.

    Parameters
    ----------
    outer : str
        `cross_validation.outer` of the configuration.

    Returns
    -------
    tuple of str
    """
    whole = outer in ("held_out", "leave_one_out")
    return (HEADLINE, Aggregation.PERSON) if whole else CROSS_VALIDATED


def discovery_performance(
    model: str,
    cohort: str,
    people: pd.DataFrame,
    decisions: Decisions,
    *,
    seed: int,
    min_class_size: int,
    outer: str = "k_fold",
) -> Tables:
    """Performance and null rows of one model in the discovery cohort.

    Every aggregation has its estimates and intervals; p-values belong to the headline,
    `mean_over_repeats`, of balanced accuracy and AUC.

    Parameters
    ----------
    model, cohort : str
        Names of the model and of the cohort.
    people : DataFrame
        The cohort's n analysed and predicted rows: participant_id and label (1 = positive class).
    decisions : Decisions
        Cross-validated decision values of these rows under the observed labelling and under M >= 0
        permutations of the whole procedure. Decision values, folds, labels and the name of the
        permutations are used.
    seed : int
        Seed of the run.
    min_class_size : int
        With fewer people in either class nothing is computed.
    outer : str
        `cross_validation.outer` of the configuration. People who were held out were predicted by
        one model that has seen none of them: their intervals are those of an external cohort.

    Returns
    -------
    performance, null : DataFrame
        Columns `PERFORMANCE_COLUMNS` and `NULL_COLUMNS`.

    Raises
    ------
    ValueError
        A decision value is not finite, or the first labelling is not that of `people`.
    """
    discovery = _predicted_people(people, decisions)
    decision, labels = decisions.decision, decisions.labels
    base = {"model": model, "cohort": cohort, "role": Role.DISCOVERY, **discovery.sizes()}
    if discovery.too_small(min_class_size):
        rows = not_computed_rows(base, aggregations_of(outer))
        return performance_frame(rows), pd.DataFrame([], columns=NULL_COLUMNS)
    fold = np.broadcast_to(decisions.fold, decision.shape)
    frozen = frozen_estimates(decision[0, 0], discovery) if outer == "held_out" else {}
    counts = bootstrap_counts(
        discovery.labels, discovery.person, N_BOOTSTRAP, generator(seed, Stream.BOOTSTRAP)
    )
    performance: list[Row] = []
    null: list[Row] = []
    for aggregation in aggregations_of(outer):
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
                null += null_rows(base, decisions.null, aggregation, metric, values[1:])
        inflated = null_inflated_intervals(
            estimate, error, inflation, discovery.n_positive, discovery.n_negative
        )
        for metric in METRICS:
            row = {**base, "metric": metric, "aggregation": aggregation}
            row["estimate"] = estimate[metric]
            if metric in TESTED and aggregation == HEADLINE:
                row |= tested_columns(decisions.null, estimate[metric], draws[metric])
            if np.isnan(estimate[metric]):
                performance.append(row | {"ci_method": NotComputed.UNDEFINED})
                continue
            if frozen:
                _, *limits, method = frozen[metric]
                performance.append(row | interval_columns(method, limits))
                continue
            given = decision[0], fold[0], discovery.labels, discovery.weights
            naive = naive_bootstrap(metric, aggregation, *given, counts)
            performance.append(row | interval_columns(Interval.NULL_INFLATED, inflated[metric]))
            performance.append(row | interval_columns(Interval.NAIVE_BOOTSTRAP, naive))
        performance += _counted_rows(base, aggregation, decision[0], discovery)
    return performance_frame(performance), pd.DataFrame(null, columns=NULL_COLUMNS)


def _predicted_people(people: pd.DataFrame, decisions: Decisions) -> Cohort:
    """The people as a cohort, once their decision values are checked."""
    require_finite(decisions.decision)
    discovery = Cohort.of(people)
    if not np.array_equal(decisions.labels[0], discovery.labels):
        raise ValueError("the first labelling is not the observed one")
    return discovery


def _counted_rows(
    base: Row, aggregation: Aggregation, decision: np.ndarray, discovery: Cohort
) -> list[Row]:
    """Counts of right and wrong answers, for the aggregations that have them."""
    if aggregation == Aggregation.MEAN_OVER_REPEATS:
        return count_rows(base, aggregation, decision, discovery)
    if aggregation == Aggregation.PERSON:
        mean = rounded(decision.mean(axis=0, keepdims=True))
        return count_rows(base, aggregation, mean, discovery)
    return []


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
        As in `mri_response.evaluation.metrics.cross_validated`.
    decision, fold : ndarray, shape (m, repeats, n)
        Decision value of each row, and the outer fold in which it was tested.
    labels : ndarray of 0/1, shape (m, n)
        One labelling per line.
    cohort : Cohort
        The n rows; weights and people are used.

    Returns
    -------
    values, errors : ndarray, shape (m,)
    """
    values, errors = [], []
    for start in range(0, len(decision), LABELLINGS_IN_MEMORY):
        block = slice(start, start + LABELLINGS_IN_MEMORY)
        arguments = (
            metric, aggregation, decision[block], fold[block], labels[block], cohort.weights
        )  # fmt: skip
        values.append(cross_validated(*arguments))
        errors.append(naive_standard_error(*arguments, cohort.person))
    return np.concatenate(values), np.concatenate(errors)
