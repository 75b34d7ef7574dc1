"""Does one model predict a number better than another? The same people, paired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from mri_response.core.proportions import LEVEL
from mri_response.core.vocabulary import Comparison, Role
from mri_response.evaluation.numbers.metrics import Predicted, differences
from mri_response.evaluation.paired import Difference, corrected_resampled_t, holm

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
    it, as for classes (`mri_response.evaluation.comparisons`). A frozen model has seen nobody of
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
                found, method = _compared(metric, one, other, fold, role)
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


def _compared(
    metric: str, first: Predicted, second: Predicted, fold: NDArray, role: str
) -> tuple[Difference, str]:
    value, influence = differences(metric, first, second)
    n = influence.shape[-1]
    if role != Role.DISCOVERY or len(np.unique(fold)) == 1:
        error = float(np.sqrt(n / (n - 1) * np.sum(influence.mean(axis=0) ** 2)))
        estimate = float(value.mean())
        half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * error
        p_value = 2 * float(stdtr(n - 1, -abs(estimate) / error)) if error > 0 else np.nan
        return Difference(estimate, estimate - half, estimate + half, p_value), "influence_t"
    moved, tested = [], []
    for one, own, folds in zip(value, influence, fold, strict=True):
        of_person = np.zeros(n, dtype=int)
        names, number = np.unique(folds, return_inverse=True)
        of_person[first.person] = number
        moved.append(one + len(names) * np.bincount(of_person, own, minlength=len(names)))
        tested += np.bincount(of_person, minlength=len(names)).tolist()
    per_fold = float(np.mean(tested))
    values = np.concatenate(moved)
    found = corrected_resampled_t(values, per_fold / (n - per_fold), largest=np.inf)
    # With single people left out, all folds have nearly the same model: how it differs between
    # people does not say how models of other people would differ.
    if per_fold == 1:
        found = Difference(float(values.mean()), np.nan, np.nan, np.nan)
    return found, Comparison.CORRECTED_RESAMPLED_T
