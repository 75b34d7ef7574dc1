"""ROC curves of a model in its cohorts, and one decision value per person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import EXTERNAL_POOLED, Role
from mri_response.evaluation.bootstrap import bootstrap_counts
from mri_response.people.rows import person_weights, told_apart

Floats = NDArray[np.float64]
#: False positive rates at which curves of several repeats are averaged.
GRID = np.linspace(0, 1, 401)


def rows_of_cohort(
    predictions: pd.DataFrame, model: str, cohort: str, roles: Mapping[str, str]
) -> pd.DataFrame:
    """Return the predictions of a model in a cohort.

    Parameters
    ----------
    predictions : DataFrame
        The table ``predictions.tsv``.
    model : str
        Name of the model.
    cohort : str
        Name of the cohort; ``external_pooled`` is all external cohorts together.
    roles : mapping of str to str
        Role of each cohort by its name.

    Returns
    -------
    DataFrame
        Rows in the order of the table.
    """
    members = [cohort]
    if cohort == EXTERNAL_POOLED:
        members = [
            name
            for name, role in roles.items()
            if role == Role.EXTERNAL and name != EXTERNAL_POOLED
        ]
    return predictions[(predictions["model"] == model) & predictions["cohort"].isin(members)]


def person_scores(rows: pd.DataFrame, column: str = "decision") -> pd.DataFrame:
    """Return one number per person and label: the mean over repeats and rows.

    Parameters
    ----------
    rows : DataFrame
        What `rows_of_cohort` returns.
    column : {"decision", "probability"}
        The number.

    Returns
    -------
    DataFrame
        Columns cohort, participant_id, label (0 or 1) and the number.
    """
    rows = _numeric(rows, column)
    return rows.groupby(["cohort", "participant_id", "label"], sort=False, as_index=False)[
        column
    ].mean()


def quartiles(values: Floats) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile.

    Parameters
    ----------
    values : ndarray, shape (n,)
        At least one number, none of them missing.

    Returns
    -------
    tuple of float
        Interpolated between neighbouring values where they do not fall on one.
    """
    low, middle, high = np.percentile(values, [25, 50, 75])
    return low, middle, high


@dataclass(frozen=True)
class DecisionsByRepeat:
    """Decision values of a cohort's rows in every repeat of the cross-validation.

    Attributes
    ----------
    label : ndarray of int, shape (rows,)
        1 = positive class, 0 = negative class.
    decisions : ndarray, shape (repeats, rows)
        Decision values. A frozen model has one for each row, which counts as one repeat.
    person : ndarray of str, shape (rows,)
        Whose row it is.
    """

    label: NDArray[np.int_]
    decisions: Floats
    person: NDArray[np.object_]


def decisions_by_repeat(rows: pd.DataFrame) -> DecisionsByRepeat:
    """Arrange the decision values of a cohort by repeat.

    Parameters
    ----------
    rows : DataFrame
        What `rows_of_cohort` returns.

    Returns
    -------
    DecisionsByRepeat

    Raises
    ------
    ValueError
        If a row has no decision value in some repeat.
    """
    # Cohorts without sessions leave them empty, and pandas would drop such rows.
    identity = [c for c in ("cohort", "participant_id", "session_id") if c in rows]
    rows = _numeric(rows)
    rows = rows.assign(**{c: rows[c].fillna("n/a").astype(str) for c in [*identity, "repeat"]})
    wide = rows.pivot_table(index=[*identity, "label"], columns="repeat", values="decision")
    index = wide.index.to_frame(index=False)
    if wide.isna().to_numpy().any():
        cohorts = ", ".join(index["cohort"].unique())
        raise ValueError(f"cohort {cohorts}: not every person has a decision value in every repeat")
    person = told_apart(index["cohort"], index["participant_id"])
    return DecisionsByRepeat(
        index["label"].to_numpy(dtype=int), wide.to_numpy().T, person.to_numpy()
    )


@dataclass(frozen=True)
class RocCurve:
    """The ROC curve of a model in a cohort.

    Attributes
    ----------
    false_positive_rate, true_positive_rate : ndarray, shape (points,)
        From (0, 0) to (1, 1); people count once, however many rows they have.
    band : tuple of ndarray or None
        False positive rates, and the lower and upper 95 % limit of the true positive rate at each;
        None for a frozen model.
    """

    false_positive_rate: Floats
    true_positive_rate: Floats
    band: tuple[Floats, Floats, Floats] | None = None


def roc_of_cohort(rows: pd.DataFrame, role: str, seed: int) -> RocCurve:
    """Return the ROC curve of a model in a cohort.

    Parameters
    ----------
    rows : DataFrame
        What `rows_of_cohort` returns.
    role : str
        Role of the cohort. In the discovery cohort curves are averaged over the repeats of the
        cross-validation and have a band; elsewhere the frozen model has one curve.
    seed : int
        Seed of the run, for the bootstrap of the band.

    Returns
    -------
    RocCurve

    Raises
    ------
    ValueError
        If a row has no decision value in some repeat.
    """
    found = decisions_by_repeat(rows)
    weights = person_weights(found.person)[0][None]
    if role != Role.DISCOVERY:
        fpr, tpr = roc_curve(found.label, found.decisions[0], weights)
        return RocCurve(fpr[0], tpr[0])
    low, high = roc_band(found, GRID, seed)
    mean = mean_roc(found.label, found.decisions, GRID, weights)[0]
    return RocCurve(np.array([0, *GRID]), np.array([0, *mean]), (GRID, low, high))


def roc_curve(
    label: np.ndarray, decision: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the empirical ROC curve, for many weightings of the rows at once.

    Parameters
    ----------
    label : ndarray, shape (rows,)
        1 = positive class, 0 = negative class.
    decision : ndarray, shape (rows,)
        Decision values; equal values make one step.
    weights : ndarray, shape (weightings, rows), optional
        How much each row counts; by default 1.

    Returns
    -------
    false_positive_rate, true_positive_rate : ndarray, shape (weightings, points)
        From (0, 0) to (1, 1).
    """
    weights = np.ones((1, len(label))) if weights is None else weights
    order = np.argsort(-decision, kind="stable")
    last_of_tie = np.append(np.flatnonzero(np.diff(decision[order])), len(label) - 1)
    rates = []
    for is_class in (label[order] == 0, label[order] == 1):
        cumulated = np.cumsum(weights[:, order] * is_class, axis=1)
        rate = cumulated[:, last_of_tie] / cumulated[:, -1:]
        rates.append(np.hstack([np.zeros((len(weights), 1)), rate]))
    return rates[0], rates[1]


def mean_roc(
    label: np.ndarray, decisions: np.ndarray, grid: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Return the ROC curve averaged over repeats at fixed false positive rates.

    Parameters
    ----------
    label : ndarray, shape (rows,)
        1 = positive class, 0 = negative class.
    decisions : ndarray, shape (repeats, rows)
        Decision values.
    grid : ndarray, shape (points,)
        False positive rates.
    weights : ndarray, shape (weightings, rows), optional
        How much each row counts; by default 1.

    Returns
    -------
    ndarray, shape (weightings, points)
        Mean true positive rate.
    """
    n_weightings = 1 if weights is None else len(weights)
    total = np.zeros((n_weightings, len(grid)))
    for decision in decisions:
        fpr, tpr = roc_curve(label, decision, weights)
        for row in range(n_weightings):
            total[row] += np.interp(grid, fpr[row], tpr[row])
    return total / len(decisions)


def roc_band(
    found: DecisionsByRepeat, grid: np.ndarray, seed: int, n_bootstrap: int = 1000
) -> tuple[np.ndarray, np.ndarray]:
    """Return pointwise 95 % percentile limits of the mean ROC curve.

    People are drawn with replacement within each class; all rows and repeats of a person go
    along. The folds are not drawn again, so the band is somewhat too narrow, as every naive
    bootstrap of cross-validated predictions.

    Parameters
    ----------
    found : DecisionsByRepeat
        Labels, decision values and people of a cohort.
    grid : ndarray, shape (points,)
        False positive rates.
    seed : int
        Seed of the run.
    n_bootstrap : int
        Number of draws.

    Returns
    -------
    low, high : ndarray, shape (points,)

    References
    ----------
    Efron B, Tibshirani R. An Introduction to the Bootstrap. Chapman & Hall, 1993, chapter 13.
    """
    weights, person = person_weights(found.person)
    drawn = bootstrap_counts(found.label, person, n_bootstrap, generator(seed, Stream.BOOTSTRAP))
    curves = mean_roc(found.label, found.decisions, grid, drawn * weights)
    low, high = np.percentile(curves, [2.5, 97.5], axis=0)
    return low, high


def _numeric(rows: pd.DataFrame, column: str = "decision") -> pd.DataFrame:
    """Rows with numbers in place of the text of a table."""
    return rows.assign(label=rows["label"].astype(float), **{column: rows[column].astype(float)})
