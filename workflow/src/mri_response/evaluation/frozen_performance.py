"""Performance of a frozen model in cohorts that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.errors import InputError
from mri_response.core.proportions import wilson
from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import (
    EXTERNAL_POOLED,
    Aggregation,
    Interval,
    NotComputed,
    Null,
    Role,
)
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.intervals import auc_interval, delong_variance, mover_balanced_accuracy
from mri_response.evaluation.metrics import METRICS, auc
from mri_response.evaluation.performance_rows import (
    NULL_COLUMNS,
    TESTED,
    count_rows,
    interval_columns,
    not_computed_rows,
    null_rows,
    performance_frame,
    require_finite,
    tested_columns,
)
from mri_response.evaluation.strata import mover_mean, shares_of, strata_of, within_cohorts
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.recalls import balanced_accuracy, confusion
from mri_response.people.rows import pooled

#: Difference between a metric within and across cohorts from which on it is warned of.
DISAGREE = 0.05

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
        Decision value of each row by the frozen model.
    null_decision : ndarray, shape (M, n), optional
        Decision values of the models refitted on permuted discovery labels: the null
        ``discovery_labels``.
    stratum : ndarray of str, shape (n,), optional
        Name of the cohort of each row where several are taken together.
    """

    cohort: str
    role: str
    people: pd.DataFrame
    decision: NDArray
    null_decision: NDArray | None = None
    stratum: NDArray | None = None


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

    Two or more external cohorts are also scored together, as ``external_pooled``: first within
    cohorts (`within_estimates`), which is tested, then as if all their people were one cohort,
    which is not. Permutation m of their labels is permutation m of each cohort's. Metrics that are
    tested have one row for each null: ``own_labels`` (the cohort's labels permuted, the model as it
    is) and, where there are decision values for it, ``discovery_labels``.

    Parameters
    ----------
    model : str
        Name of the model.
    scores : sequence of FrozenScores
        In the order of the configuration, on which the permutations of a cohort depend.
    seed : int
        Seed of the run.
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
    return performance_frame(performance), pd.DataFrame(null, columns=NULL_COLUMNS)


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


def _pool(scores: Sequence[FrozenScores]) -> FrozenScores:
    people = pooled({one.cohort: one.people[["participant_id", "label"]] for one in scores})
    nulls = [cohort.null_decision for cohort in scores]
    refitted = None if any(n is None for n in nulls) else np.concatenate(nulls, axis=1)
    decision = np.concatenate([cohort.decision for cohort in scores])
    stratum = np.repeat([cohort.cohort for cohort in scores], [len(one.people) for one in scores])
    return FrozenScores(EXTERNAL_POOLED, Role.EXTERNAL, people, decision, refitted, stratum)


def _frozen_cohort(
    model: str, scores: FrozenScores, permuted: NDArray, min_class_size: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    decision = np.asarray(scores.decision, dtype=float)
    require_finite(decision, scores.null_decision)
    cohort = Cohort.of(scores.people, scores.stratum)
    aggregation = aggregation_of(cohort)
    base = {
        "model": model,
        "cohort": scores.cohort,
        "role": scores.role,
        "aggregation": aggregation,
        **cohort.sizes(),
    }
    if cohort.too_small(min_class_size):
        return not_computed_rows(base, [aggregation]), []
    labellings = {Null.OWN_LABELS: (permuted.T, decision)}
    if scores.null_decision is not None:
        labellings[Null.DISCOVERY_LABELS] = (cohort.labels, np.asarray(scores.null_decision).T)
    of_null, draws = [], {}
    for null, (labels, values) in labellings.items():
        for metric in TESTED:
            draws[null, metric] = _of_labellings(metric, labels, values, cohort)
            of_null += null_rows(base, null, aggregation, metric, draws[null, metric])
    rows = []
    for metric, (estimate, low, high, method) in estimates_of(decision, cohort).items():
        row = {**base, "metric": metric, "estimate": estimate}
        row |= interval_columns(method, (low, high))
        if metric not in TESTED:
            rows.append(row)
            continue
        rows += [row | tested_columns(null, estimate, draws[null, metric]) for null in labellings]
    if cohort.stratum is not None:
        across = base | {"aggregation": Aggregation.FROZEN_MODEL}
        for metric, (estimate, *limits, method) in frozen_estimates(decision, cohort).items():
            row = {**across, "metric": metric, "estimate": estimate}
            rows.append(row | interval_columns(method, limits))
    return rows + count_rows(base, Aggregation.FROZEN_MODEL, decision[None], cohort), of_null


def _of_labellings(metric: str, labels: NDArray, decision: NDArray, cohort: Cohort) -> NDArray:
    """A metric under each of m labellings or models: the one whose estimate is tested."""
    if cohort.stratum is not None:
        labels, decision = (x[:, None] if x.ndim == 1 else x for x in (labels, decision))
        return within_cohorts(metric, *np.broadcast_arrays(labels, decision), cohort)
    if metric == "auc":
        return auc(labels, decision, cohort.weights)
    return balanced_accuracy(labels, decision > 0, cohort.weights)


def aggregation_of(cohort: Cohort) -> Aggregation:
    """How the decision values of a frozen model are summed up in a cohort, or in several together.

    Parameters
    ----------
    cohort : Cohort
        Labels, weights and people of the rows.

    Returns
    -------
    Aggregation
    """
    return Aggregation.FROZEN_MODEL if cohort.stratum is None else Aggregation.WITHIN_COHORTS


def estimates_of(decision: NDArray, cohort: Cohort) -> dict[str, tuple[float, float, float, str]]:
    """`within_estimates` of several cohorts together, `frozen_estimates` of one.

    Parameters
    ----------
    decision : ndarray, shape (n,)
        Decision value of each row.
    cohort : Cohort
        Labels, weights and people of the n rows.

    Returns
    -------
    dict of metric to (estimate, low, high, method)
    """
    compute = frozen_estimates if cohort.stratum is None else within_estimates
    return compute(decision, cohort)


def disagreement_warnings(performance: pd.DataFrame) -> list[str]:
    """Warn where a metric across the people of all external cohorts is not that within cohorts.

    Parameters
    ----------
    performance : pandas.DataFrame
        As from `frozen_performance`.

    Returns
    -------
    list of str
        One for each metric.
    """
    rows = performance[performance["cohort"] == EXTERNAL_POOLED].drop_duplicates(
        ["metric", "aggregation"]
    )
    found = rows.set_index(["metric", "aggregation"])["estimate"]
    warnings = []
    for metric, name in (("balanced_accuracy", "balanced accuracy"), ("auc", "AUC")):
        across, within = (
            found.get((metric, aggregation), np.nan)
            for aggregation in (Aggregation.FROZEN_MODEL, Aggregation.WITHIN_COHORTS)
        )
        if abs(across - within) >= DISAGREE:
            warnings.append(
                f"External cohorts together: the {name} is {within:.2f} where people are compared "
                f"within their own cohort and {across:.2f} across cohorts. The cohorts differ in "
                "their decision values and in their shares of the positive class, and the second "
                "figure tells the cohorts apart as well. Read the first."
            )
    return warnings


def within_estimates(
    decision: NDArray, cohort: Cohort
) -> dict[str, tuple[float, float, float, str]]:
    """Estimate, limits and method of each metric, people being compared within their cohort only.

    Each estimate is the mean of the cohorts' own ones, weighted by their pairs of a person of
    either class; its limits follow from the cohorts' own limits (`strata.mover_mean`).

    Parameters
    ----------
    decision : ndarray, shape (n,)
        Decision value of each row.
    cohort : Cohort
        Of the n rows, with `stratum`.

    Returns
    -------
    dict of metric to (estimate, low, high, method)
        NaN where no cohort has two people of either class.
    """
    strata = strata_of(cohort)
    if not strata:
        return {metric: (*[np.nan] * 3, NotComputed.UNDEFINED) for metric in METRICS}
    shares = shares_of(strata)
    found = [frozen_estimates(decision[rows], own) for rows, own in strata]
    return {
        metric: (*mover_mean([one[metric][:3] for one in found], shares), Interval.MOVER_COHORTS)
        for metric in METRICS
    }


def frozen_estimates(
    decision: NDArray, cohort: Cohort
) -> dict[str, tuple[float, float, float, str]]:
    """Estimate, limits and method of each metric; independent people, one labelling.

    Parameters
    ----------
    decision : ndarray, shape (n,)
        Decision value of each row.
    cohort : Cohort
        Labels, weights and people of the n rows.

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
