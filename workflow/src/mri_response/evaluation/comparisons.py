"""Is one model better than another? Paired comparisons on the same people, in comparisons.tsv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import (
    EXTERNAL_POOLED,
    HEADLINE,
    Aggregation,
    Comparison,
    NotComputed,
    Role,
)
from mri_response.evaluation.intervals import LEVEL, ROUNDING, delong_difference_variance
from mri_response.evaluation.metrics import auc, balanced_accuracy
from mri_response.evaluation.performance import Cohort
from mri_response.people.rows import person_weights, pooled

COLUMNS = [
    "comparison",
    "model_a",
    "model_b",
    "cohort_a",
    "cohort_b",
    "metric",
    "aggregation",
    "estimate",
    "ci_low",
    "ci_high",
    "p_value",
    "p_holm",
    "method",
    "n_permutations",
]
MODELS = "models"  # two models, the same people
ADDED = "imaging_added"  # a model of clinic and scans, against that of the clinic
APPROXIMATE = "_approximate"  # predictions of cross-validation: people share training data
#: The test to read for each metric: the first of these that a cohort has.
MAIN = {
    "balanced_accuracy": (
        Comparison.CORRECTED_RESAMPLED_T,
        Comparison.EXCHANGED_WITHIN_PEOPLE,
        f"{Comparison.EXCHANGED_WITHIN_PEOPLE}{APPROXIMATE}",
    ),
    "auc": (
        Comparison.CORRECTED_RESAMPLED_T,
        Comparison.DELONG,
        f"{Comparison.DELONG}{APPROXIMATE}",
    ),
}
N_EXCHANGES = 10_000  # of the two models, within people


class Difference(NamedTuple):
    """A difference between two models, first minus second, with its interval and two-sided p."""

    estimate: float
    ci_low: float
    ci_high: float
    p_value: float
    n_permutations: int | None = None


# ---------------------------------------------------------------- statistics
def corrected_resampled_t(
    differences: NDArray, test_share: float, level: float = LEVEL
) -> Difference:
    """Corrected resampled t-test of Nadeau and Bengio.

    Parameters
    ----------
    differences : ndarray, shape (J,)
        Difference of a metric in each outer test fold of all repeats; NaN where it is undefined.
    test_share : float
        People in a test fold / people in its training set.
    level : float

    Returns
    -------
    Difference
        NaN without two folds.

    Notes
    -----
    The variance of the mean of J correlated differences is taken as (1 / J + test_share) times
    their sample variance; t has J - 1 degrees of freedom.

    References
    ----------
    Nadeau C, Bengio Y (2003). Inference for the generalization error. Machine Learning 52, 239-281.
    Bouckaert RR, Frank E (2004). Evaluating the replicability of significance tests for comparing
    learning algorithms. PAKDD, 3-12 (over folds and repeats).
    """
    defined = differences[~np.isnan(differences)]
    n = len(defined)
    if n < 2:
        return Difference(defined[0] if n else np.nan, np.nan, np.nan, np.nan)
    estimate = float(defined.mean())
    error = float(np.sqrt((1 / n + test_share) * defined.var(ddof=1)))
    if error <= ROUNDING:
        return _without_spread(estimate)
    half = stdtrit(n - 1, (1 + level) / 2) * error
    p = 2 * stdtr(n - 1, -abs(estimate) / error)
    return Difference(estimate, max(estimate - half, -1.0), min(estimate + half, 1.0), float(p))


def delong_difference(
    labels: NDArray,
    first: NDArray,
    second: NDArray,
    weights: NDArray,
    person: NDArray,
    level: float = LEVEL,
) -> Difference:
    """DeLong's test of two AUCs of the same people.

    Parameters
    ----------
    labels, first, second, weights : ndarray, shape (n,)
        Labels 0/1, decision values of both models, 1 / (rows of the person).
    person : ndarray of int, shape (n,)
    level : float

    Returns
    -------
    Difference

    References
    ----------
    See `mri_response.evaluation.intervals.delong_variance`.
    """
    estimate = float(auc(labels, first, weights) - auc(labels, second, weights))
    error = np.sqrt(delong_difference_variance(labels, first, second, weights, person))
    if error <= ROUNDING:
        return _without_spread(estimate)
    half = ndtri((1 + level) / 2) * error
    p = 2 * ndtr(-abs(estimate) / error)
    return Difference(estimate, max(estimate - half, -1.0), min(estimate + half, 1.0), float(p))


def mcnemar_exact(better: int, worse: int) -> float:
    """Exact two-sided McNemar test.

    Parameters
    ----------
    better, worse : int
        People for whom only the first, and only the second model is right.

    Returns
    -------
    float

    References
    ----------
    McNemar Q (1947). Note on the sampling error of the difference between correlated proportions or
    percentages. Psychometrika 12, 153-157.
    """
    from scipy.stats import binom  # takes time to import; only needed here

    return float(min(1.0, 2 * binom.cdf(min(better, worse), better + worse, 0.5)))


def paired_proportions(
    better: float, worse: float, n: float, level: float = LEVEL
) -> tuple[float, float]:
    """Tango's score interval of a difference between two proportions of the same people.

    Parameters
    ----------
    better, worse : float
        People for whom only the first, and only the second model is right; they may be fractional,
        as in `mri_response.evaluation.intervals.wilson`.
    n : float
        People.
    level : float

    Returns
    -------
    low, high : float

    References
    ----------
    Tango T (1998). Equivalence test and confidence interval for the difference in proportions for
    the paired-sample design. Statistics in Medicine 17, 891-908.
    """
    from scipy.optimize import brentq  # takes time to import; only needed here

    z = ndtri((1 + level) / 2)

    def score(delta: float) -> float:
        # The maximum-likelihood share of `worse`, given that the difference is delta.
        b = -better - worse + (2 * n - better + worse) * delta
        c = -worse * delta * (1 - delta)
        share = (np.sqrt(max(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
        variance = n * (2 * share + delta * (1 - delta))
        return (better - worse - n * delta) / np.sqrt(max(variance, 1e-300))

    estimate = (better - worse) / n
    limits = []
    for end, target in ((-1.0, z), (1.0, -z)):
        inside = end * (1 - 1e-9)
        beyond = (score(inside) - target) * (score(estimate) - target) < 0
        limits.append(
            brentq(lambda x, to=target: score(x) - to, inside, estimate) if beyond else end
        )
    return min(limits[0], estimate), max(limits[1], estimate)


def exchanged_within_people(
    labels: NDArray,
    right: NDArray,
    weights: NDArray,
    person: NDArray,
    rng: np.random.Generator,
    n_exchanges: int = N_EXCHANGES,
    level: float = LEVEL,
) -> Difference:
    """Difference in balanced accuracy; under the null the two models may change places.

    Parameters
    ----------
    labels : ndarray of 0/1, shape (n,)
    right : ndarray of bool, shape (2, n)
        Whether each model is right in each row.
    weights : ndarray, shape (n,)
        1 / (rows of the person).
    person : ndarray of int, shape (n,)
    rng : numpy.random.Generator
    n_exchanges : int
        Random exchanges of the models within people.
    level : float

    Returns
    -------
    Difference
        Its interval combines those of `paired_proportions` in either class by the method of
        variance estimates recovery (see `evaluation.intervals.mover_balanced_accuracy`).

    References
    ----------
    Good P (2005). Permutation, Parametric and Bootstrap Tests of Hypotheses, 3rd ed., section 3.7
    (matched pairs).
    """
    gain = weights * (right[0].astype(float) - right[1])
    moved, limits = np.zeros(len(labels)), []
    for in_class in (labels == 1, labels == 0):
        n = np.unique(person[in_class]).size
        size = weights[in_class].sum()
        better, worse = (np.maximum(sign * gain[in_class], 0).sum() * n / size for sign in (1, -1))
        limits.append(((better - worse) / n, *paired_proportions(better, worse, n, level)))
        moved += in_class * gain / (2 * size)
    by_person = np.bincount(person, moved)
    estimate = float(by_person.sum())
    (d_1, low_1, high_1), (d_0, low_0, high_0) = limits
    low = estimate - float(np.hypot(d_1 - low_1, d_0 - low_0)) / 2
    high = estimate + float(np.hypot(high_1 - d_1, high_0 - d_0)) / 2
    signs = rng.choice([-1.0, 1.0], size=(n_exchanges, len(by_person)))
    null = np.abs(signs @ by_person)
    p = (1 + np.count_nonzero(null >= abs(estimate) - 1e-9)) / (1 + n_exchanges)
    return Difference(estimate, max(low, -1.0), min(high, 1.0), p, n_exchanges)


def holm(p_values: NDArray) -> NDArray:
    """Holm's step-down adjustment of a family of p-values.

    Parameters
    ----------
    p_values : ndarray, shape (k,)
        NaN stands for no test.

    Returns
    -------
    ndarray, shape (k,)

    References
    ----------
    Holm S (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
    Statistics 6, 65-70.
    """
    p_values = np.asarray(p_values, dtype=float)
    adjusted = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


# ---------------------------------------------------------------- the table
def comparison_table(
    predictions: Mapping[str, pd.DataFrame],
    pairs: Sequence[tuple[str, str]],
    roles: Mapping[str, str],
    *,
    seed: int,
    min_class_size: int,
    added: Sequence[Mapping[str, Any]] = (),
) -> pd.DataFrame:
    """Compare pairs of models in the discovery and the external cohorts.

    Parameters
    ----------
    predictions : mapping of str to pandas.DataFrame
        By model; columns cohort, participant_id, (session_id,) repeat, outer_fold, label, decision
        as in `predictions.tsv`. Models need the same people and, where cross-validated, the same
        folds.
    pairs : sequence of (str, str)
        Each difference is the first minus the second.
    roles : mapping of str to str
        Role of each cohort. Control cohorts are not compared.
    seed : int
        The run's.
    min_class_size : int
        With fewer people in either class nothing is computed.
    added : sequence of mapping
        Further rows, see `mri_response.evaluation.added_value.added_rows`.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. p_holm is adjusted over the pairs, in each cohort, metric and method.

    Raises
    ------
    ValueError
        If two models do not have the same people and folds.

    Notes
    -----
    Cross-validated predictions of two people share training data. The corrected resampled t-test
    allows for it; the other methods do not, and are marked `APPROXIMATE` there. People who were
    held out are compared like those of an external cohort.
    """
    rows: list[dict[str, Any]] = []
    exchanges = count()
    for first, second in pairs:
        a, b = predictions[first], predictions[second]
        for cohort, role, both in _cohorts(a, b, roles):
            base = {
                "comparison": MODELS,
                "model_a": first,
                "model_b": second,
                "cohort_a": cohort,
                "cohort_b": cohort,
            }
            rng = generator(seed, Stream.EXCHANGES, next(exchanges))
            if Cohort(both).smallest_class < max(1, min_class_size):
                rows.append(base | {"method": NotComputed.SMALL_CLASS})
            elif role == "discovery":
                rows += [base | row for row in _cross_validated(both, rng)]
            else:
                rows += [
                    base | row for row in _same_people(both, Aggregation.FROZEN_MODEL, "", rng)
                ]
    return finished([*rows, *added])


def finished(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as the table, with Holm's p in each family of pairs.

    Parameters
    ----------
    rows : sequence of mapping
        With the columns of `COLUMNS` but p_holm; what does not apply may be absent.

    Returns
    -------
    pandas.DataFrame
    """
    table = pd.DataFrame(rows, columns=COLUMNS)
    family = ["comparison", "cohort_a", "cohort_b", "metric", "method"]
    for members in table.groupby(family, dropna=False, sort=False).groups.values():
        table.loc[members, "p_holm"] = holm(table.loc[members, "p_value"].to_numpy(dtype=float))
    numbers = ["estimate", "ci_low", "ci_high", "p_value", "p_holm"]
    return table.astype(dict.fromkeys(numbers, float) | {"n_permutations": "Int64"})


def _cohorts(a: pd.DataFrame, b: pd.DataFrame, roles: Mapping[str, str]):
    """Name, role and joined predictions of each cohort that both models have."""
    external = {}
    for cohort, role in roles.items():
        own, other = (table[table["cohort"] == cohort] for table in (a, b))
        if role == Role.CONTROL or own.empty or other.empty:
            continue
        both = _joined(own, other)
        yield cohort, role, both
        if role == "external":
            external[cohort] = both
    if len(external) > 1:
        yield EXTERNAL_POOLED, Role.EXTERNAL, pooled(external)


def _joined(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Both models' decision values of the same rows, as decision and decision_b."""
    which = ("cohort", "participant_id", "session_id", "repeat", "outer_fold", "label")
    keys = [key for key in which if key in a]
    a, b = a.reset_index(drop=True), b.reset_index(drop=True)
    if len(a) != len(b) or not a[keys].equals(b[keys]):
        raise ValueError("two models were not given the same people and folds")
    return a[[*keys, "decision"]].assign(decision_b=b["decision"])


def _cross_validated(both: pd.DataFrame, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Rows of two models that were cross-validated on the same folds."""
    weights = person_weights(both["participant_id"].astype(str).to_numpy())[0]
    # Every repeat has every person once, so that a row's weight is that of its person's rows.
    weights = weights * both["repeat"].nunique()
    folds = both.groupby(["repeat", "outer_fold"], sort=True).indices.values()
    n = both["participant_id"].nunique()
    tested = np.mean([both["participant_id"].iloc[fold].nunique() for fold in folds])
    if tested == n:  # held out, and predicted by models that have seen none of them
        return _same_people(both, HEADLINE, "", rng)
    rows = []
    # Test folds of one person, or of one class each, have neither metric of their own.
    whole = any(both["label"].iloc[fold].nunique() == 2 for fold in folds)
    for metric in ("balanced_accuracy", "auc") if whole else ():
        values = np.array(
            [
                [_metric(metric, both.iloc[fold], name, weights[fold]) for fold in folds]
                for name in ("decision", "decision_b")
            ]
        )
        found = corrected_resampled_t(values[0] - values[1], tested / (n - tested))
        rows.append(
            _row(metric, Aggregation.MEAN_OVER_FOLDS, Comparison.CORRECTED_RESAMPLED_T, found)
        )
    keys = [key for key in ("participant_id", "session_id", "label") if key in both]
    # Mean decision of each row over the repeats, in the order of the rows.
    means = both.groupby(keys, sort=False)[["decision", "decision_b"]].mean().reset_index()
    return rows + _same_people(means, Aggregation.PERSON, APPROXIMATE, rng)


def _same_people(
    both: pd.DataFrame, aggregation: str, suffix: str, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Rows of two models whose people are taken as independent."""
    labels = both["label"].to_numpy(dtype=int)
    weights, person = person_weights(both["participant_id"].astype(str).to_numpy())
    first, second = (both[name].to_numpy(dtype=float) for name in ("decision", "decision_b"))
    right = np.stack([(decision > 0) == (labels == 1) for decision in (first, second)])
    gained = np.bincount(person, weights * (right[0].astype(float) - right[1]))
    better, worse = (int((sign * gained > ROUNDING).sum()) for sign in (1, -1))
    n = len(gained)
    accuracy = Difference(
        (better - worse) / n,
        *paired_proportions(better, worse, n),
        mcnemar_exact(better, worse),
    )
    found = {
        ("balanced_accuracy", Comparison.EXCHANGED_WITHIN_PEOPLE): exchanged_within_people(
            labels, right, weights, person, rng
        ),
        ("accuracy", Comparison.MCNEMAR_EXACT): accuracy,
        ("auc", Comparison.DELONG): delong_difference(labels, first, second, weights, person),
    }
    return [
        _row(metric, aggregation, method + suffix, difference)
        for (metric, method), difference in found.items()
    ]


def _metric(metric: str, rows: pd.DataFrame, decision: str, weights: NDArray) -> float:
    labels, values = rows["label"].to_numpy(dtype=int), rows[decision].to_numpy(dtype=float)
    if metric == "auc":
        return float(auc(labels, values, weights))
    return float(balanced_accuracy(labels, values > 0, weights))


def _row(metric: str, aggregation: str, method: str, found: Difference) -> dict[str, Any]:
    return {"metric": metric, "aggregation": aggregation, "method": method, **found._asdict()}


def _without_spread(estimate: float) -> Difference:
    """Two models that do not differ; a difference that never varies has no interval."""
    same = abs(estimate) <= ROUNDING
    return Difference(estimate, np.nan, np.nan, 1.0 if same else np.nan)


def main_row(
    table: pd.DataFrame, pair: tuple[str, str], cohort: str, metric: str
) -> pd.Series | None:
    """The row of a difference that is to be read first; None where it was not computed."""
    rows = table[
        (table["comparison"] == MODELS)
        & (table["model_a"] == pair[0])
        & (table["model_b"] == pair[1])
        & (table["cohort_a"] == cohort)
        & (table["metric"] == metric)
        & table["estimate"].notna()
    ]
    for method in MAIN[metric]:
        chosen = rows[rows["method"] == method]
        if len(chosen):
            return chosen.iloc[0]
    return None
