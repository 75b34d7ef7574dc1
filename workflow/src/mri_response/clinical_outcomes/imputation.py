"""What is assumed of people who dropped out: missing at random, or as in the reference.

A missing score is replaced by its conditional mean given the person's baseline and other scores,
under a model of all scores (change by arm, visit and baseline, as free a covariance as can be
fitted) and an assumption about the time after dropping out. Every visit of the completed data is
then analysed by analysis of covariance with the baseline. Imputing and analysing are repeated
without each person in turn; the jackknife gives the standard error. Nothing is drawn at random.

Assumptions (`STRATEGIES`) about people of the treated arm after their last score; missing scores
before a later one, and people of the reference, are always missing at random:

- ``missing_at_random``: they go on like people of their own arm with the same scores so far;
- ``jump_to_reference``: their mean is at once that of the reference;
- ``copy_reference``: their mean has been that of the reference all along;
- ``copy_increments``: their mean keeps its lead and changes as that of the reference does.

Two standard errors (``variance``): ``frequentist`` is how much the estimate varies over trials if
the assumption is true, and gets smaller the more is borrowed from the reference;
``information_anchored`` keeps what the assumption adds to the scores fixed, so that missing scores
cost as much information as they do under missing at random.

References
----------
Carpenter JR, Roger JH, Kenward MG (2013). Analysis of longitudinal trials with protocol deviation:
a framework for relevant, accessible assumptions, and inference via multiple imputation. Journal of
Biopharmaceutical Statistics 23, 1352-1371.
Wolbers M, Noci A, Delmar P, Gower-Page C, Yiu S, Bartlett JW (2022). Standard and reference-based
conditional mean imputation. Pharmaceutical Statistics 21, 1246-1257.
Lu K (2021). An alternative implementation of reference-based controlled imputation procedures.
Statistics in Biopharmaceutical Research 13, 483-491.
Cro S, Carpenter JR, Kenward MG (2019). Information-anchored sensitivity analysis: theory and
application. Journal of the Royal Statistical Society A 182, 623-645.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.clinical_outcomes.covariance import STRUCTURES
from mri_response.clinical_outcomes.likelihood import RepeatedScores, repeated_scores
from mri_response.clinical_outcomes.reml import Fit, fit, fit_with_fallback
from mri_response.clinical_outcomes.student import t_interval
from mri_response.clinical_outcomes.visits import by_visit

Array = NDArray[np.float64]
MISSING_AT_RANDOM = "missing_at_random"
STRATEGIES = (MISSING_AT_RANDOM, "jump_to_reference", "copy_reference", "copy_increments")
SENSITIVITY_COLUMNS = [
    *("strategy", "variance", "visit", "session_id", "arm", "reference", "n", "n_reference"),
    *("n_imputed", "n_imputed_reference", "estimate", "se", "ci_low", "ci_high", "p_value"),
    *("se_method", "covariance"),
]


@dataclass(frozen=True)
class TwoArms:
    """The people of two arms who have a baseline.

    Attributes
    ----------
    change : ndarray, shape (n, visits)
        From baseline; NaN where missing.
    baseline : ndarray, shape (n,)
        Scores before treatment less their mean.
    treated : ndarray of bool, shape (n,)
        Whether in the treated arm.
    """

    change: Array
    baseline: Array
    treated: NDArray[np.bool_]

    @classmethod
    def of(cls, table: pd.DataFrame, arm: str, reference: str) -> TwoArms:
        """Take two arms from a table.

        Parameters
        ----------
        table : DataFrame
            As `mri_response.clinical_outcomes.visits.visit_table` returns it.
        arm, reference : str
            Treated arm and reference.

        Returns
        -------
        TwoArms
        """
        rows = table[table["arm"].isin([arm, reference]) & table["baseline"].notna()]
        people = rows.drop_duplicates("participant_id")
        n = len(people)
        change = rows.sort_values("visit", kind="stable")["change"].to_numpy(float)
        baseline = people["baseline"].to_numpy(float)
        treated = (people["arm"] == arm).to_numpy()
        return cls(change.reshape(-1, n).T, baseline - baseline.mean(), treated)

    def without(self, person: int) -> TwoArms:
        """Everybody else.

        Parameters
        ----------
        person : int
            Index of the person left out.

        Returns
        -------
        TwoArms
        """
        keep = np.arange(len(self.baseline)) != person
        return TwoArms(self.change[keep], self.baseline[keep], self.treated[keep])

    def scores(self) -> RepeatedScores:
        """Observed changes with the design visit, arm by visit, baseline by visit."""
        person, visit = np.nonzero(~np.isnan(self.change))
        at = np.eye(self.change.shape[1])[visit]
        x = np.hstack([at, at * self.treated[person, None], at * self.baseline[person, None]])
        return repeated_scores(self.change[person, visit], x, person, visit)

    def means(self, beta: Array) -> tuple[Array, Array]:
        """Mean change of each person at each visit.

        Parameters
        ----------
        beta : ndarray, shape (3 visits,)
            Effects of the model of `scores`.

        Returns
        -------
        own, reference : ndarray, shape (n, visits)
            In the person's own arm, and in the reference.
        """
        at_visit, effect, slope = np.split(beta, 3)
        reference = at_visit + self.baseline[:, None] * slope
        return reference + self.treated[:, None] * effect, reference

    def effect_weights(self) -> Array:
        """Weights of people's values in the arm's effect by analysis of covariance.

        Returns
        -------
        ndarray, shape (n,)
        """
        z = np.column_stack([np.ones(len(self.baseline)), self.treated, self.baseline])
        return np.linalg.pinv(z)[1]


class Refitted(NamedTuple):
    """A trial with the model of its scores, and both without each person in turn."""

    trial: TwoArms
    model: Fit
    parts: list[tuple[TwoArms, Fit]]


def refitted(
    table: pd.DataFrame,
    arm: str,
    reference: str,
    structures: Sequence[str] = tuple(STRUCTURES),
) -> Refitted:
    """Fit the model of the scores to two arms, and without each person in turn.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    arm, reference : str
        Treated arm and reference.
    structures : sequence of str
        Covariances in the order in which they are tried.

    Returns
    -------
    Refitted

    Raises
    ------
    NotFitted
        If the model cannot be fitted, to all people or without one of them.
    """
    trial = TwoArms.of(table, arm, reference)
    model = fit_with_fallback(trial.scores(), structures)
    return Refitted(trial, model, without_each(trial, model))


def reference_based(
    table: pd.DataFrame,
    arm: str,
    reference: str,
    strategies: Sequence[str] = STRATEGIES,
    fits: Refitted | None = None,
) -> pd.DataFrame:
    """Differences between arms at every visit under assumptions about who dropped out.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    arm, reference : str
        Treated arm and reference: `arm` minus `reference`.
    strategies : sequence of str
        Of `STRATEGIES`.
    fits : Refitted, optional
        As `refitted` returns them for these arms; without them they are made.

    Returns
    -------
    DataFrame
        `SENSITIVITY_COLUMNS`, over people with a baseline. ``variance`` is ``frequentist``, and for
        strategies that borrow from the reference also ``information_anchored``. Limits are normal.

    Raises
    ------
    NotFitted
        If the model of the scores cannot be fitted, to all people or without one of them.
    """
    trial, model, parts = fits or refitted(table, arm, reference)
    at_random = imputed(trial, model, MISSING_AT_RANDOM)
    completed = {name: imputed(trial, model, name) for name in strategies}
    # What an assumption adds to the scores that are missing at random.
    added = {name: values - at_random for name, values in completed.items()}
    weights = trial.effect_weights()
    estimates = {name: weights @ values for name, values in completed.items()}
    left_out = {key: [] for key in _variances(strategies)}
    for person, (part, fitted) in enumerate(parts):
        own = part.effect_weights()
        part_at_random = imputed(part, fitted, MISSING_AT_RANDOM)
        for name, variance in left_out:
            if variance == "frequentist":
                values = imputed(part, fitted, name)
            else:
                values = part_at_random + np.delete(added[name], person, axis=0)
            left_out[name, variance].append(own @ values)
    missing = np.isnan(trial.change)
    sizes = (int(trial.treated.sum()), int((~trial.treated).sum()))
    found = []
    for (name, variance), values in left_out.items():
        errors = jackknife(np.array(values))
        for i, (session, rows) in enumerate(by_visit(table)):
            place = (name, variance, rows["visit"].iloc[0], session, arm, reference, *sizes)
            gone = [int(missing[part, i].sum()) for part in (trial.treated, ~trial.treated)]
            effect = normal(estimates[name][i], errors[i])
            found.append((*place, *gone, *effect, "jackknife", model.structure.name))
    return pd.DataFrame(found, columns=SENSITIVITY_COLUMNS)


def _variances(strategies: Sequence[str]) -> list[tuple[str, str]]:
    kinds = [(name, "frequentist") for name in strategies]
    borrowing = [name for name in strategies if name != MISSING_AT_RANDOM]
    return kinds + [(name, "information_anchored") for name in borrowing]


class Normal(NamedTuple):
    """An estimate with normal limits and p."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float


def normal(estimate: float, se: float) -> Normal:
    """Normal limits and p.

    Parameters
    ----------
    estimate, se : float
        Estimate and its standard error.

    Returns
    -------
    Normal
    """
    found = t_interval(float(estimate), float(se), np.inf)
    return Normal(found.estimate, float(se), found.ci_low, found.ci_high, found.p_value)


def without_each(trial: TwoArms, model: Fit) -> list[tuple[TwoArms, Fit]]:
    """The trial without each person in turn, and the model fitted to it.

    Parameters
    ----------
    trial : TwoArms
        The trial with everybody.
    model : Fit
        Fitted to everybody: the structure that is kept, and where the fits start.

    Returns
    -------
    list of tuple
        In the order of people.

    Raises
    ------
    NotFitted
        If one of them cannot be fitted.
    """
    parts = [trial.without(person) for person in range(len(trial.baseline))]
    return [(part, fit(part.scores(), model.structure, model.theta)) for part in parts]


def jackknife(values: Array) -> Array:
    """Standard error from the estimates without each person.

    Parameters
    ----------
    values : ndarray, shape (people, ...)
        Estimates, each without one of the people.

    Returns
    -------
    ndarray, shape (...)
    """
    n = len(values)
    return np.sqrt((n - 1) / n * ((values - values.mean(axis=0)) ** 2).sum(axis=0))


def imputed(trial: TwoArms, model: Fit, strategy: str) -> Array:
    """Changes with conditional means where they are missing.

    Parameters
    ----------
    trial : TwoArms
        The trial with everybody.
    model : Fit
        Of the scores of `trial`.
    strategy : str
        Of `STRATEGIES`.

    Returns
    -------
    ndarray, shape (n, visits)
    """
    own, reference = trial.means(model.beta)
    completed = trial.change.copy()
    patterns, number = np.unique(np.isnan(trial.change), axis=0, return_inverse=True)
    for k, missing in enumerate(patterns):
        if not missing.any():
            continue
        people, seen, gone = np.flatnonzero(number.ravel() == k), ~missing, missing
        mean = own[people]
        borrows = trial.treated[people]
        last = int(np.flatnonzero(seen)[-1]) if seen.any() else -1
        mean[borrows] = _mean_path(mean[borrows], reference[people][borrows], last, strategy)
        filled = mean[:, gone]
        if seen.any():
            slope = np.linalg.solve(model.sigma[seen][:, seen], model.sigma[seen][:, gone])
            filled = filled + (trial.change[people][:, seen] - mean[:, seen]) @ slope
        completed[np.ix_(people, gone)] = filled
    return completed


def _mean_path(own: Array, reference: Array, last: int, strategy: str) -> Array:
    """Means (people, visits) of treated people whose last score is at index `last`, -1 for none."""
    if strategy == MISSING_AT_RANDOM or last == own.shape[1] - 1:
        return own
    if strategy == "copy_reference":
        return reference
    mean = np.hstack([own[:, : last + 1], reference[:, last + 1 :]])
    if strategy == "copy_increments" and last >= 0:
        mean[:, last + 1 :] += (own - reference)[:, [last]]
    return mean
