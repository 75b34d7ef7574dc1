"""Does one model predict a number better than another? The same people, paired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from mri_response.core.proportions import LEVEL
from mri_response.core.vocabulary import Comparison, Role
from mri_response.evaluation.null_folds import LEAST_LABELLINGS, N_LABELLINGS, spread_of_t
from mri_response.evaluation.numbers.metrics import Predicted, differences
from mri_response.evaluation.numbers.performance import cross_validated_numbers
from mri_response.evaluation.paired import Difference, corrected_resampled_t, holm
from mri_response.learning.decisions import Decisions

#: Metrics that are compared; above 0 the first model is better.
COMPARED = ("r2", "mae")
COLUMNS = [
    *("model_a", "model_b", "cohort", "metric", "n", "estimate", "ci_low", "ci_high"),
    *("p_value", "p_holm", "method"),
]


def number_comparisons(
    predictions: Mapping[str, pd.DataFrame],
    pairs: Sequence[tuple[str, str]],
    roles: Mapping[str, str],
    null: Mapping[str, Predicted | None] = MappingProxyType({}),
) -> pd.DataFrame:
    """Compare pairs of models in the discovery and the external cohorts.

    Parameters
    ----------
    predictions : mapping of str to pandas.DataFrame
        By model: cohort, participant_id, (session_id,) repeat, outer_fold, outcome, predicted and
        mean (of the outcome in the people who trained) as in ``numbers_predictions.tsv``.
    pairs : sequence of (str, str)
        Each difference is the first minus the second; of mean absolute errors the second minus the
        first.
    roles : mapping of str to str
        Role of each cohort. Control cohorts are not compared.
    null : mapping of str to Predicted or None
        By model, what it predicts of permuted outcomes in the discovery cohort, see
        `permuted_predictions`.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; p_holm is adjusted over the pairs, in each cohort and metric.

    Raises
    ------
    ValueError
        If two models do not have the same people and folds.

    Notes
    -----
    In cross-validation people share training data, which the corrected resampled t-test allows for.
    The difference of a fold is that of everybody, moved by the influences of the people tested in
    it, and its error is widened by how far t spreads over permuted outcomes, as for classes
    (`mri_response.evaluation.comparisons`). A frozen model has seen nobody of
    another cohort: the difference over its standard error, by the influence of each person, is a t.
    """
    rows: list[dict[str, Any]] = []
    for first, second in pairs:
        for cohort, role in roles.items():
            a, b = (predictions[name] for name in (first, second))
            a, b = (table[table["cohort"] == cohort] for table in (a, b))
            if role == Role.CONTROL or a.empty or b.empty:
                continue
            one, other, fold = _aligned(a, b)
            base = {"model_a": first, "model_b": second, "cohort": cohort}
            for metric in COMPARED:
                permuted = null.get(first), null.get(second)
                found, method = _compared(metric, one, other, fold, role, permuted)
                base_of_metric = {"metric": metric, "n": int(one.person.max()) + 1}
                rows.append({**base, **base_of_metric, **found._asdict(), "method": method})
    table = pd.DataFrame(rows, columns=COLUMNS)
    for members in table.groupby(["cohort", "metric"], sort=False).groups.values():
        table.loc[members, "p_holm"] = holm(table.loc[members, "p_value"].to_numpy(dtype=float))
    return table.astype(dict.fromkeys(("p_value", "p_holm"), float))


def _aligned(a: pd.DataFrame, b: pd.DataFrame) -> tuple[Predicted, Predicted, NDArray]:
    """Predictions of both models with a repeat per line, and the outer fold of each row."""
    keys = [*_row_keys(a), "repeat", "outer_fold", "outcome"]
    a, b = a.reset_index(drop=True), b.reset_index(drop=True)
    same = len(a) == len(b) and a[keys].equals(b[keys])
    # Means over one and over many labellings of the same people differ in their last bits.
    if not same or not np.allclose(a["mean"], b["mean"], rtol=1e-9, atol=0):
        raise ValueError("two models were not given the same people and folds")
    repeats = a["repeat"].fillna(1).nunique()
    shape = 1, repeats, len(a) // repeats
    rows = a.iloc[: shape[2]]
    person = pd.factorize(rows["participant_id"])[0]
    weights = 1 / np.bincount(person)[person]
    outcome = rows["outcome"].to_numpy(float)[None]
    mean = a["mean"].to_numpy(float).reshape(shape)
    fold = a["outer_fold"].fillna(0).to_numpy(int).reshape(shape[1:])
    both = [
        Predicted(
            outcome,
            *(table[name].to_numpy(float).reshape(shape) for name in ("predicted", "reduced")),
            mean,
            weights,
            person,
        )
        for table in (a, b)
    ]
    return both[0], both[1], fold


def _row_keys(table: pd.DataFrame) -> list[str]:
    return [name for name in ("participant_id", "session_id") if name in table]


def permuted_predictions(people: pd.DataFrame, decisions: Decisions) -> Predicted | None:
    """What a model predicts of permuted outcomes.

    Parameters
    ----------
    people : pandas.DataFrame
        All analysed rows of the discovery cohort.
    decisions : Decisions
        Of these rows.

    Returns
    -------
    Predicted or None
        Of the first `N_LABELLINGS` permutations and the rows that were tested; None with fewer
        than `LEAST_LABELLINGS`.
    """
    if len(decisions.labels) <= LEAST_LABELLINGS:
        return None
    return cross_validated_numbers(people, decisions.first(1 + N_LABELLINGS)).of(slice(1, None))


def _compared(
    metric: str,
    first: Predicted,
    second: Predicted,
    fold: NDArray,
    role: str,
    permuted: tuple[Predicted | None, Predicted | None],
) -> tuple[Difference, str]:
    value, influence = differences(metric, first, second)
    n = influence.shape[-1]
    if role != Role.DISCOVERY or len(np.unique(fold)) == 1:
        error = float(np.sqrt(n / (n - 1) * np.sum(influence.mean(axis=0) ** 2)))
        estimate = float(value.mean())
        half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * error
        p_value = 2 * float(stdtr(n - 1, -abs(estimate) / error)) if error > 0 else np.nan
        return Difference(estimate, estimate - half, estimate + half, p_value), "influence_t"
    values = _of_folds(value, influence, fold, first.person)
    per_fold = n * fold.shape[0] / len(values)
    test_share = per_fold / (n - per_fold)
    inflation = _inflation(metric, permuted, fold, test_share)
    found = corrected_resampled_t(values, test_share, largest=np.inf, inflation=inflation)
    # With single people left out, all folds have nearly the same model: how it differs between
    # people does not say how models of other people would differ.
    if per_fold == 1:
        found = Difference(float(values.mean()), np.nan, np.nan, np.nan)
    return found, Comparison.CORRECTED_RESAMPLED_T


def _of_folds(value: NDArray, influence: NDArray, fold: NDArray, person: NDArray) -> NDArray:
    """A difference as each outer fold of each repeat has it, shape (R * F,)."""
    moved = []
    for one, own, folds in zip(value, influence, fold, strict=True):
        of_person = np.zeros(len(own), dtype=int)
        names, number = np.unique(folds, return_inverse=True)
        of_person[person] = number
        moved.append(one + len(names) * np.bincount(of_person, own, minlength=len(names)))
    return np.concatenate(moved)


def _inflation(
    metric: str,
    permuted: tuple[Predicted | None, Predicted | None],
    fold: NDArray,
    test_share: float,
) -> float:
    """See `spread_of_t`; 1 where the models did not go through the same permutations."""
    first, second = permuted
    if first is None or second is None or not np.array_equal(first.outcome, second.outcome):
        return 1.0
    drawn = []
    for outcome in range(len(first.outcome)):
        one, other = (given.of(slice(outcome, outcome + 1)) for given in (first, second))
        drawn.append(_of_folds(*differences(metric, one, other), fold, first.person))
    return spread_of_t(np.array(drawn), test_share)
