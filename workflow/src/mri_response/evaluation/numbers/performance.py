"""Rows of the performance table of an outcome that is a number."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from mri_response.core.proportions import LEVEL
from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import Interval, NotComputed, Null, Role
from mri_response.evaluation.numbers.metrics import (
    ERRORS,
    GAINS,
    METRICS,
    WIDENED,
    Predicted,
    estimates,
)
from mri_response.evaluation.performance_rows import interval_columns, tested_columns
from mri_response.learning.decisions import Decisions
from mri_response.learning.residual_permutation import Residuals
from mri_response.people.rows import person_weights

COLUMNS = [
    *("model", "cohort", "role", "metric", "n", "estimate", "ci_low", "ci_high", "ci_method"),
    *("p_value", "alternative", "null", "n_permutations"),
]
NULL_COLUMNS = ["model", "cohort", "null", "permutation", "metric", "value"]
Tables = tuple[pd.DataFrame, pd.DataFrame]


def cross_validated_numbers(people: pd.DataFrame, decisions: Decisions) -> Predicted:
    """Cross-validated predictions of observed and permuted outcomes, with their training means.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        All analysed rows of the discovery cohort.
    decisions : Decisions
        Of these rows.

    Returns
    -------
    Predicted
        Of the rows that were tested.
    """
    mean = decisions.training_means()
    tested, rows = decisions.of_tested(people)
    weights, person = person_weights(rows["participant_id"].astype(str))
    mean = mean[..., decisions.tested]
    return Predicted(tested.labels, tested.decision, tested.reduced, mean, weights, person)


def performance_of_discovery(
    model: str, cohort: str, people: pd.DataFrame, decisions: Decisions
) -> Tables:
    """Gain and total of a model in the discovery cohort, with the permutation test of the gain.

    Parameters
    ----------
    model, cohort : str
        Names.
    people : pandas.DataFrame, n rows
        Analysed rows of the discovery cohort.
    decisions : Decisions
        Cross-validated, under the observed outcome and under permuted residuals.

    Returns
    -------
    performance, null : pandas.DataFrame
        Columns `COLUMNS` and `NULL_COLUMNS`.
    """
    given = cross_validated_numbers(people, decisions)
    base = {"model": model, "cohort": cohort, "role": Role.DISCOVERY}
    return _rows(base, given, decisions.null, resampled_factor(people, decisions))


def resampled_factor(people: pd.DataFrame, decisions: Decisions) -> float:
    """Factor by which errors over people are too small for cross-validated gains, R2 and r.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        Analysed rows of the discovery cohort.
    decisions : Decisions
        Of these rows.

    Returns
    -------
    float
        1 where people were held out, and predicted by one model.

    Notes
    -----
    The error over people takes the models as fixed, while other training people would have made
    others. Nadeau and Bengio's variance of a mean over k test folds of t people each, with T people
    to train on, is 1/k + t/T times that of a fold; k t being the people, it is 1 + n/T times the
    variance over n people. The spread over permutations is no yardstick here: without a signal the
    largest penalty is chosen, and all training sets predict alike. Errors of prediction and the
    calibration slope are spread by the outcomes of the people far more than by the models: widened
    they would cover almost always (docs/simulation_study.md).

    References
    ----------
    Nadeau and Bengio (2003). Inference for the generalization error. Machine Learning 52, 239-281.
    """
    fold, who = decisions.fold[0], people["participant_id"].astype(str)
    everybody = who.nunique()
    shares = []
    for repeat in fold:
        tested = [who[repeat == number].nunique() for number in np.unique(repeat[repeat > 0])]
        if len(tested) < 2:
            return 1.0
        shares.append(sum(tested) / (everybody - np.mean(tested)))
    return float(np.sqrt(1 + np.mean(shares)))


def performance_elsewhere(
    base: Mapping[str, str],
    people: pd.DataFrame,
    predicted: NDArray,
    reduced: NDArray,
    mean: float,
    *,
    exchanged: NDArray,
) -> Tables:
    """Gain and total of a frozen model in another cohort.

    Parameters
    ----------
    base : mapping
        Columns model, cohort and role.
    people : pandas.DataFrame, n rows
        Analysed rows of the cohort.
    predicted, reduced : ndarray, shape (n,)
        Predictions of the frozen model, and of baseline and confounds alone.
    mean : float
        Mean outcome of the discovery people.
    exchanged : ndarray, shape (M, n)
        Outcomes of the cohort under permuted residuals, see `exchanged_outcomes`.

    Returns
    -------
    performance, null : pandas.DataFrame
        Columns `COLUMNS` and `NULL_COLUMNS`. Where nobody may exchange residuals there is no p,
        and the reason stands in place of the null.
    """
    outcome = np.vstack([people["label"].to_numpy(dtype=float)[None], exchanged])
    shape = len(outcome), 1, len(people)
    weights, person = person_weights(people["participant_id"].astype(str))
    given = Predicted(
        outcome,
        np.broadcast_to(predicted, shape),
        np.broadcast_to(reduced, shape),
        np.full(shape, mean),
        weights,
        person,
    )
    null = Null.OWN_RESIDUALS if len(exchanged) else NotComputed.NOBODY_EXCHANGES
    return _rows(base, given, null)


def exchanged_outcomes(
    people: pd.DataFrame,
    given: NDArray,
    seed: int,
    n_permutations: int,
    cohort: int,
    *,
    group: str | None,
    within: str | None,
) -> NDArray:
    """Outcomes of a cohort with residuals exchanged between its people.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        Analysed rows of the cohort.
    given : ndarray, shape (n, q)
        Baseline and confounds, on which the cohort's own outcomes are regressed.
    seed : int
        Seed of the run.
    n_permutations : int
        Number M of permutations.
    cohort : int
        Number of the cohort, so that each has draws of its own.
    group, within : str or None
        Columns of families, which are exchanged whole, and of blocks inside which residuals are
        exchanged; each applies where the cohort has the column.

    Returns
    -------
    ndarray, shape (M, n)
        M is 0 where nobody may exchange residuals with anybody: every permutation would be the
        observed outcome, and p would be 1 whatever was predicted.
    """
    group, within = (column if column in people else None for column in (group, within))
    residuals = Residuals.of(people, given, group, within)
    if not residuals.can_move:
        n_permutations = 0
    drawn = np.empty((n_permutations, len(people)))
    for permutation in range(1, n_permutations + 1):
        rng = generator(seed, Stream.OWN_RESIDUALS, cohort, permutation)
        drawn[permutation - 1] = residuals.exchanged(rng)
    return drawn


def _rows(base: Mapping[str, str], given: Predicted, null: str, factor: float = 1.0) -> Tables:
    n = int(given.person.max()) + 1
    rows, draws = [], []
    for metric in METRICS:
        tested = metric in GAINS
        found = estimates(metric, given if tested else given.of(slice(1)))
        value, error = float(found.value[0]), float(found.error[0])
        permuted = found.value[1:]
        row = {**base, "metric": metric, "n": n, "estimate": value}
        wider = factor if metric in WIDENED else 1.0
        method = Interval.INFLUENCE if wider == 1 else Interval.INFLUENCE_RESAMPLED
        row |= interval_columns(method, interval(metric, value, error * wider, n))
        if tested and not permuted.size:
            row["null"] = null
        elif tested:
            row |= tested_columns(null, value, permuted)
            for index, one in enumerate(permuted.tolist(), start=1):
                own = {"null": null, "permutation": index, "metric": metric, "value": one}
                draws.append({"model": base["model"], "cohort": base["cohort"], **own})
        rows.append(row)
    performance = pd.DataFrame(rows, columns=COLUMNS).astype({"n_permutations": "Int64"})
    return performance, pd.DataFrame(draws, columns=NULL_COLUMNS)


def interval(metric: str, value: float, error: float, n: int) -> tuple[float, float]:
    """Confidence limits of a metric, 95 %.

    Parameters
    ----------
    metric : str
        A correlation is brought to Fisher's z, and an error above 0 to its logarithm.
    value, error : float
        Estimate and standard error over people.
    n : int
        Number of people.

    Returns
    -------
    low, high : float
    """
    factor = float(stdtrit(n - 1, (1 + LEVEL) / 2))
    if metric == "r":
        if not abs(value) < 1:
            return float("nan"), float("nan")
        middle, half = np.arctanh(value), factor * error / (1 - value**2)
        return float(np.tanh(middle - half)), float(np.tanh(middle + half))
    if metric in ERRORS and value > 0:
        half = factor * error / value
        return float(value * np.exp(-half)), float(value * np.exp(half))
    return value - factor * error, value + factor * error
