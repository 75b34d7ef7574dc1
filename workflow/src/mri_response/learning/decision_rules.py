"""What a training set teaches about its decision values: probabilities and thresholds.

A decision value says which side of the classifier's plane a person is on, and how far. What
probability belongs to it (Platt scaling), and which threshold gives a wanted sensitivity, are
learned as well, and so only from people whom the judged model was trained on: from their decision
values in the inner folds, at the chosen candidate, where each of them was out of the fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from mri_response.learning.decisions import Decisions
from mri_response.learning.jobs import JobResult
from mri_response.learning.splits import REFIT, mean_where_tested

DECISION_ZERO = "decision_zero"
YOUDEN = "youden"
RULE_COLUMNS = [
    "model",
    "repeat",
    "outer_fold",
    "n_training",
    "platt_slope",
    "platt_intercept",
    "operating_point",
    "threshold",
]
MAX_NEWTON = 100
CONVERGED = 1e-12  # a Newton step promises less than this for the mean log-likelihood
TIED = 1e-9  # sensitivities and specificities closer than this are equal

OperatingPoint = str | Mapping[str, float]


class Platt(NamedTuple):
    """Platt's map: ``probability = 1 / (1 + exp(-(slope * decision + intercept)))``.

    Attributes
    ----------
    slope : float
        Log odds per unit of the decision value.
    intercept : float
        Log odds at a decision value of 0.
    """

    slope: float
    intercept: float

    def probability(self, decision: NDArray) -> NDArray:
        """Probability of the positive class, same shape as `decision`.

        Parameters
        ----------
        decision : ndarray
            Decision values, of any shape.

        Returns
        -------
        ndarray
        """
        return expit(self.slope * np.asarray(decision, dtype=float) + self.intercept)


class DecisionRules(NamedTuple):
    """What one training set teaches.

    Attributes
    ----------
    n : int
        Training people, people with rows in both classes counted once.
    platt : Platt
        Map from decision values to probabilities.
    thresholds : dict of str to float
        Operating point to threshold; a decision value above it is a positive prediction.
    """

    n: int
    platt: Platt
    thresholds: dict[str, float]

    def described(self) -> dict[str, Any]:
        """As plain values, for the description of a frozen model."""
        return {"n": self.n, "platt": self.platt._asdict(), "thresholds": self.thresholds}

    @classmethod
    def from_description(cls, text: Mapping[str, Any]) -> DecisionRules:
        """Read what `described` wrote.

        Parameters
        ----------
        text : mapping
            What `description` has returned.
        """
        return cls(text["n"], Platt(**text["platt"]), dict(text["thresholds"]))


def fit_platt(decision: NDArray, labels: NDArray, weights: NDArray | None = None) -> Platt:
    """Fit Platt's map by maximum likelihood, with his targets in place of 0 and 1.

    The target of a positive is (P + 1) / (P + 2) and that of a negative 1 / (N + 2), with P
    positives and N negatives: the map is finite where the classes are separated.

    Parameters
    ----------
    decision : ndarray, shape (n,)
        Decision values of people whom the model that gave them was not trained on.
    labels : ndarray of 0/1, shape (n,)
        1 = positive class.
    weights : ndarray, shape (n,), optional
        1 / (rows of the person). Default 1.

    Returns
    -------
    Platt
        Of slope 0 where all decision values are equal.

    References
    ----------
    Platt JC (1999). Probabilistic outputs for support vector machines and comparisons to
    regularized likelihood methods. In: Advances in Large Margin Classifiers. MIT Press, 61-74.
    Lin HT, Lin CJ, Weng RC (2007). A note on Platt's probabilistic outputs for support vector
    machines. Machine Learning 68, 267-276 (Newton's method with backtracking).
    """
    decision = np.asarray(decision, dtype=float)
    positive = np.asarray(labels) == 1
    weights = np.ones(len(decision)) if weights is None else np.asarray(weights, dtype=float)
    n_positive, n_negative = weights[positive].sum(), weights[~positive].sum()
    target = np.where(positive, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
    share = weights / weights.sum()
    mean = (share * decision).sum()
    scale = np.sqrt((share * (decision - mean) ** 2).sum())
    if not scale > 1e-12 * max(1.0, abs(mean)):
        return Platt(0.0, float(logit((share * target).sum())))
    # In units of the spread of the decision values, which a small C makes tiny.
    design = np.stack([(decision - mean) / scale, np.ones(len(decision))])
    coefficients = np.array([0.0, logit((share * target).sum())])

    def loss(of: NDArray) -> float:
        """Negative log-likelihood of the coefficients `of`."""
        linear = of @ design
        return float((share * (np.logaddexp(0.0, linear) - target * linear)).sum())

    value = loss(coefficients)
    for _ in range(MAX_NEWTON):
        fitted = expit(coefficients @ design)
        gradient = design @ (share * (fitted - target))
        curvature = (design * (share * fitted * (1 - fitted))) @ design.T
        step = np.linalg.solve(curvature + 1e-12 * np.eye(2), gradient)
        promised = gradient @ step
        if promised < CONVERGED:  # the last step squares an error that is small already
            coefficients = coefficients - step
            break
        length = 1.0
        while (new := loss(coefficients - length * step)) > value - 1e-4 * length * promised:
            length /= 2
            if length < 1e-10:
                break
        coefficients, value = coefficients - length * step, new
    slope = coefficients[0] / scale
    return Platt(float(slope), float(coefficients[1] - slope * mean))


def point_name(point: OperatingPoint) -> str:
    """Name of an operating point of the configuration, as in ``sensitivity_0.9``.

    Parameters
    ----------
    point : str or mapping
        Entry of the section operating_points.

    Returns
    -------
    str
    """
    if isinstance(point, str):
        return point
    ((metric, value),) = point.items()
    return f"{metric}_{value:g}"


def chosen_threshold(
    point: OperatingPoint, decision: NDArray, labels: NDArray, weights: NDArray
) -> float:
    """Threshold of an operating point on given people.

    Parameters
    ----------
    point : str or mapping
        ``decision_zero``: 0, whatever the people. ``youden``: the highest sum of sensitivity and
        specificity (Youden 1950); of tied thresholds the nearest to 0. ``{"sensitivity": s}``:
        the highest threshold with at least this sensitivity; ``{"specificity": s}``: the lowest
        with at least this specificity.
    decision : ndarray, shape (n,)
        Decision value of each row.
    labels : ndarray of 0/1, shape (n,)
        1 = positive class.
    weights : ndarray, shape (n,)
        1 / (rows of the person).

    Returns
    -------
    float
        Half-way between two neighbouring decision values; half a step outside where it must be
        below or above all of them. 0 where a class is missing or all decision values are equal.
    """
    positive = np.asarray(labels) == 1
    values = np.unique(decision)
    if point == DECISION_ZERO or len(values) < 2 or positive.all() or not positive.any():
        return 0.0
    steps = np.diff(values) / 2
    between = np.concatenate(
        [[values[0] - steps[0]], values[:-1] + steps, [values[-1] + steps[-1]]]
    )
    above = decision[:, None] > between
    sensitivity = weights[positive] @ above[positive] / weights[positive].sum()
    specificity = weights[~positive] @ ~above[~positive] / weights[~positive].sum()
    if point == YOUDEN:
        total = sensitivity + specificity
        best = between[total >= total.max() - TIED]
        return float(best[np.argmin(np.abs(best))])
    ((metric, wanted),) = point.items()
    if metric == "sensitivity":
        return float(between[sensitivity >= wanted - TIED].max())
    return float(between[specificity >= wanted - TIED].min())


def learned_rules(
    decision: NDArray, labels: NDArray, weights: NDArray, points: Sequence[OperatingPoint]
) -> DecisionRules:
    """Learn Platt's map and the threshold of every operating point.

    Parameters
    ----------
    decision : ndarray, shape (n,)
        Out-of-fold decision values of training rows; NaN for all other rows.
    labels : ndarray of 0/1, shape (n,)
        1 = positive class.
    weights : ndarray, shape (n,)
        1 / (rows of the person).
    points : sequence of str or mapping
        Of the configuration; ``decision_zero`` is always there.

    Returns
    -------
    DecisionRules
    """
    trained = ~np.isnan(decision)
    given = decision[trained], labels[trained], weights[trained]
    thresholds = {
        point_name(point): chosen_threshold(point, *given) for point in (DECISION_ZERO, *points)
    }
    return DecisionRules(round(float(given[2].sum())), fit_platt(*given), thresholds)


def out_of_fold(jobs: Sequence[JobResult], n: int) -> NDArray:
    """Decision values from which the rules of the frozen model are learned.

    Parameters
    ----------
    jobs : sequence of JobResult
        Those whose models are frozen; their first labelling is the observed one.
    n : int
        Discovery rows.

    Returns
    -------
    ndarray, shape (n,)
        For the refit, each row's decision value in its search. For an ensemble of the outer models,
        the mean decision value of those that were not trained on the row.
    """
    for job in jobs:
        if REFIT in job.repeat:
            return job.inner_decision[list(job.repeat).index(REFIT), :n]
    decision = np.concatenate([job.decision[0, :, :n] for job in jobs])
    return mean_where_tested(decision, ~np.isnan(decision))


def fold_rules(
    decisions: Decisions, weights: NDArray, points: Sequence[OperatingPoint]
) -> dict[tuple[int, int], DecisionRules]:
    """Rules of every outer fold, from the inner decision values of its training people.

    Parameters
    ----------
    decisions : Decisions
        Of a model; baselines and stacks have no inner decision values, and so no rules.
    weights : ndarray, shape (n,)
        1 / (rows of the person).
    points : sequence of str or mapping
        Operating points of the configuration.

    Returns
    -------
    dict of (repeat, outer_fold) to DecisionRules
    """
    labels = decisions.labels[0].astype(int)
    return {
        (int(repeat), int(fold)): learned_rules(inner, labels, weights, points)
        for repeat, fold, inner in zip(
            decisions.repeat, decisions.outer_fold, decisions.inner_decision, strict=True
        )
    }


def probabilities(
    rules: Mapping[tuple[int, int], DecisionRules], decision: NDArray, fold: NDArray
) -> NDArray:
    """Probability of each row from the map of the outer fold that it was tested in.

    Parameters
    ----------
    rules : dict of (repeat, outer_fold) to DecisionRules
        What each training set has learned.
    decision : ndarray, shape (repeats, n)
        Decision value of each row when it was in an outer test fold.
    fold : ndarray of int, shape (repeats, n)
        Outer fold that each row was tested in, counted from 1.

    Returns
    -------
    ndarray, shape (repeats, n)
    """
    result = np.full(decision.shape, np.nan)
    for (repeat, number), learned in rules.items():
        tested = fold[repeat - 1] == number
        result[repeat - 1, tested] = learned.platt.probability(decision[repeat - 1, tested])
    return result


def rules_table(
    model: str, rules: Mapping[tuple[int, int], DecisionRules], frozen: DecisionRules | None
) -> pd.DataFrame:
    """The content of `decision_rules.tsv`: what each training set taught.

    Parameters
    ----------
    model : str
        Name of the model.
    rules : dict of (repeat, outer_fold) to DecisionRules
        What each training set has learned.
    frozen : DecisionRules or None
        Of the frozen model, whose repeat and outer fold are missing.

    Returns
    -------
    pandas.DataFrame
        Columns `RULE_COLUMNS`, one row per training set and operating point.
    """
    everyone = sorted(rules.items()) + ([((pd.NA, pd.NA), frozen)] if frozen else [])
    rows = [
        (model, *key, learned.n, *learned.platt, point, threshold)
        for key, learned in everyone
        for point, threshold in learned.thresholds.items()
    ]
    table = pd.DataFrame(rows, columns=RULE_COLUMNS)
    return table.astype({"repeat": "Int64", "outer_fold": "Int64"})


def rule_warnings(
    rules: Mapping[tuple[int, int], DecisionRules], frozen: DecisionRules, model: str
) -> list[str]:
    """Warn where a higher decision value means a lower probability.

    Parameters
    ----------
    rules : mapping of (repeat, outer_fold) to DecisionRules
        What each training set has learned.
    frozen : DecisionRules
        What the frozen model has learned.
    model : str
        Name of the model.

    Returns
    -------
    list of str
    """
    falling = sum(learned.platt.slope < 0 for learned in rules.values())
    warnings = []
    if falling:
        warnings.append(
            f"{model}: in {falling} of {len(rules)} training sets the probability falls as the "
            "decision value rises: inside them the model told the classes apart the wrong way "
            "round, as happens where there is little to find. Its probabilities say little."
        )
    if frozen.platt.slope < 0:
        warnings.append(
            f"{model}: the probability of the frozen model falls as its decision value rises; "
            "do not use its probabilities."
        )
    return warnings
