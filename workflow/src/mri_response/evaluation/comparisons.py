"""Is one model better than another? Paired comparisons on the same people, in comparisons.tsv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.proportions import mcnemar_exact
from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import (
    EXTERNAL_POOLED,
    HEADLINE,
    Aggregation,
    Comparison,
    NotComputed,
    Role,
)
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.intervals import ROUNDING
from mri_response.evaluation.null_folds import NullFolds, error_inflation, fold_values
from mri_response.evaluation.paired import (
    Difference,
    corrected_resampled_t,
    delong_difference,
    exchanged_within_people,
    holm,
    paired_proportions,
)
from mri_response.people.rows import pooled

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
#: The test to read for each metric: the first of these that a cohort has.
MAIN = {
    "balanced_accuracy": (
        Comparison.CORRECTED_RESAMPLED_T,
        Comparison.EXCHANGED_WITHIN_PEOPLE,
    ),
    "auc": (
        Comparison.CORRECTED_RESAMPLED_T,
        Comparison.DELONG,
    ),
}


# ---------------------------------------------------------------- statistics


def comparison_table(
    predictions: Mapping[str, pd.DataFrame],
    pairs: Sequence[tuple[str, str]],
    roles: Mapping[str, str],
    *,
    seed: int,
    min_class_size: int,
    null: Mapping[str, NullFolds | None] = MappingProxyType({}),
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
        Seed of the run.
    min_class_size : int
        With fewer people in either class nothing is computed.
    null : mapping of str to NullFolds or None
        By model, what it does under permuted labels; models that are not there, as stacks, are
        compared as if the test needed no correction for models that know little.
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
    allows for it, on the difference of the headline figures, `mean_over_repeats`: it takes the
    differences of folds from the influences of the people tested in them, so that balanced accuracy
    is what it is in the headline whatever classes a fold has. Where a model knows little, all its
    folds are wrong or right together, which the folds' spread does not show: the standard error is
    widened by how far t spreads over permuted labellings (`error_inflation`; docs/
    simulation_study.md). Where single people are left out it
    rejects about half of the time without a signal, so that there is an estimate alone. People who
    were held out are compared like those of an external cohort. Two or more external cohorts
    together are compared within cohorts (`mri_response.evaluation.strata`), in accuracy across all
    people.
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
            if Cohort.of(both).too_small(min_class_size):
                rows.append(base | {"method": NotComputed.SMALL_CLASS})
            elif role == Role.DISCOVERY:
                permuted = null.get(first), null.get(second)
                rows += [base | row for row in _cross_validated(both, rng, permuted)]
            else:
                together = both["cohort"].to_numpy(str) if cohort == EXTERNAL_POOLED else None
                found = _same_people(both, Aggregation.FROZEN_MODEL, rng, together)
                rows += [base | row for row in found]
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
    """Name, role and joined predictions of each cohort that both models have scored."""
    external = {}
    for cohort, role in roles.items():
        own, other = (table[table["cohort"] == cohort] for table in (a, b))
        if role == Role.CONTROL or own.empty or other.empty:
            continue
        both = _joined(own, other)
        yield cohort, role, both
        if role == Role.EXTERNAL:
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


def _cross_validated(
    both: pd.DataFrame,
    rng: np.random.Generator,
    permuted: tuple[NullFolds | None, NullFolds | None],
) -> list[dict[str, Any]]:
    """Rows of two models that were cross-validated on the same folds."""
    folds = both.groupby(["repeat", "outer_fold"], sort=True).indices.values()
    n = both["participant_id"].nunique()
    tested = np.mean([both["participant_id"].iloc[fold].nunique() for fold in folds])
    if tested == n:  # all were held out: their predictions share no training people
        return _same_people(both, HEADLINE, rng)
    rows = []
    for metric in MAIN:
        parts = [_of_folds(metric, rows) for _, rows in both.groupby("repeat", sort=True)]
        values = np.concatenate(parts)
        test_share = tested / (n - tested)
        inflation = error_inflation(*permuted, metric, test_share)
        found = corrected_resampled_t(values, test_share, inflation=inflation)
        # With single people left out, all folds have nearly the same model: how it differs between
        # people does not say how models of other people would differ.
        if tested == 1:
            found = Difference(float(values.mean()), np.nan, np.nan, np.nan)
        rows.append(_row(metric, HEADLINE, Comparison.CORRECTED_RESAMPLED_T, found))
    return rows


def _of_folds(metric: str, rows: pd.DataFrame) -> NDArray:
    """Difference of a metric in one repeat, as each of its outer folds has it."""
    cohort = Cohort.of(rows)
    fold = np.unique(rows["outer_fold"], return_inverse=True)[1] + 1
    first, second = (
        fold_values(
            *(metric, rows[name].to_numpy(float)[None, None]),
            *(cohort.labels[None], fold[None, None], cohort.weights),
        )
        for name in ("decision", "decision_b")
    )
    return (first - second)[0]


def _same_people(
    both: pd.DataFrame,
    aggregation: str,
    rng: np.random.Generator,
    stratum: NDArray | None = None,
) -> list[dict[str, Any]]:
    """Rows of two models whose people are taken as independent."""
    cohort = Cohort.of(both, stratum)
    within = aggregation if stratum is None else Aggregation.WITHIN_COHORTS
    first, second = (both[name].to_numpy(dtype=float) for name in ("decision", "decision_b"))
    right = np.stack([(decision > 0) == (cohort.labels == 1) for decision in (first, second)])
    gained = cohort.by_person(cohort.weights * (right[0].astype(float) - right[1]))
    better, worse = (int((sign * gained > ROUNDING).sum()) for sign in (1, -1))
    n = len(gained)
    accuracy = Difference(
        (better - worse) / n,
        *paired_proportions(better, worse, n),
        mcnemar_exact(better, worse),
    )
    found = {
        ("balanced_accuracy", within, Comparison.EXCHANGED_WITHIN_PEOPLE): exchanged_within_people(
            cohort, right, rng
        ),
        ("accuracy", aggregation, Comparison.MCNEMAR_EXACT): accuracy,
        ("auc", within, Comparison.DELONG): delong_difference(cohort, first, second),
    }
    return [
        _row(metric, summed, method, difference)
        for (metric, summed, method), difference in found.items()
    ]


def _row(metric: str, aggregation: str, method: str, found: Difference) -> dict[str, Any]:
    return {"metric": metric, "aggregation": aggregation, "method": method, **found._asdict()}
