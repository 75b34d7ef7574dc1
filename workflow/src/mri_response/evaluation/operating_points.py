"""Operating points: sensitivity, specificity and what follows from them at a threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from mri_response.core.proportions import wilson
from mri_response.core.vocabulary import HEADLINE, Interval, NotComputed
from mri_response.evaluation.intervals import ROUNDING
from mri_response.evaluation.scored import Scored
from mri_response.learning.recalls import confusion

OPERATING_POINT_COLUMNS = [
    "model",
    "cohort",
    "role",
    "aggregation",
    "operating_point",
    "threshold",
    "prevalence",
    "prevalence_from",
    "metric",
    "n",
    "n_positive",
    "estimate",
    "ci_low",
    "ci_high",
    "ci_method",
]
POINT_METRICS = (
    "sensitivity",
    "specificity",
    "balanced_accuracy",
    "likelihood_ratio_positive",
    "likelihood_ratio_negative",
    "ppv",
    "npv",
    "predictive_summary_index",
    "number_needed_to_predict",
)
OWN_SHARE, STATED = "cohort", "config"


class Recalls(NamedTuple):
    """Sensitivity and specificity with their Wilson limits.

    Attributes
    ----------
    sensitivity, specificity : tuple of float
        Estimate, low, high.
    """

    sensitivity: tuple[float, float, float]
    specificity: tuple[float, float, float]

    def limits_of(self, function: Callable[[float, float], float]) -> tuple[float, float, float]:
        """Value and limits of a function that rises with both, by variance estimates recovery.

        Each recall in turn is moved to its limit; the two distances are added as independent.
        For a sum this is MOVER itself (Zou and Donner 2008).

        Parameters
        ----------
        function : callable
            Takes sensitivity and specificity and rises with both.

        Returns
        -------
        estimate, low, high : float
        """
        (s, s_low, s_high), (c, c_low, c_high) = self
        value = function(s, c)
        low = value - np.hypot(value - function(s_low, c), value - function(s, c_low))
        high = value + np.hypot(function(s_high, c) - value, function(s, c_high) - value)
        return float(value), float(low), float(high)


def operating_point_table(
    model: str,
    cohorts: Iterable[Scored],
    performance: pd.DataFrame,
    *,
    prevalence: float | None,
    min_class_size: int,
) -> pd.DataFrame:
    """The content of `operating_points.tsv` for one model.

    Parameters
    ----------
    model : str
        Name of the model.
    cohorts : iterable of Scored
        Cohorts as the model has scored them.
    performance : pandas.DataFrame
        The model's rows of `performance.tsv`, for `inflation`.
    prevalence : float or None
        At which predictive values are stated; None takes each cohort's own share of positives.
    min_class_size : int
        With fewer people in either class nothing is computed.

    Returns
    -------
    pandas.DataFrame
        Columns `OPERATING_POINT_COLUMNS`; `threshold` of cross-validation is the mean over the
        training sets. Intervals of the frozen model are Wilson's and what follows from them (see
        `point_metrics`). Cross-validated ones stand there twice: ``naive_...``, as if one model had
        said everything, and ``null_inflated_...``, with n / inflation**2 people; what
        `performance` has at this point (sensitivity, specificity, balanced accuracy of the model's
        own rule) keeps its limits from there, so that a number has one interval.
    """
    factor = inflation(performance)
    known = performance[performance["aggregation"] == HEADLINE].set_index(
        ["operating_point", "metric", "ci_method"]
    )
    known = known[~known.index.duplicated()]  # a row per null
    rows: list[dict[str, Any]] = []
    for scored in cohorts:
        base = scored.about(model) | {
            "prevalence": scored.prevalence if prevalence is None else prevalence,
            "prevalence_from": OWN_SHARE if prevalence is None else STATED,
        }
        for point, answer in scored.answer.items():
            # Rows of an outer fold share its threshold; folds differ by a person at most.
            threshold = float(np.mean(scored.threshold[point]))
            at = base | {"operating_point": point, "threshold": threshold}
            if scored.too_small(min_class_size):
                rows += [
                    at | {"metric": m, "ci_method": NotComputed.SMALL_CLASS} for m in POINT_METRICS
                ]
                continue
            given = [("", "", 1.0)]
            if scored.cross_validated:
                given = [
                    ("null_inflated_", Interval.NULL_INFLATED, factor),
                    ("naive_", Interval.NAIVE_BOOTSTRAP, 1.0),
                ]
            for prefix, same, by in given:
                recalls = _recalls(scored, answer, by)
                for metric, (estimate, low, high, method) in point_metrics(
                    recalls, base["prevalence"]
                ).items():
                    row = {"metric": metric, "ci_method": prefix + method, "estimate": estimate}
                    if same and (point, metric, same) in known.index:
                        limits = known.loc[(point, metric, same), ["ci_low", "ci_high"]]
                        low, high = limits.astype(float)
                        row["ci_method"] = same
                    rows.append(at | row | {"ci_low": low, "ci_high": high})
    return pd.DataFrame(rows, columns=OPERATING_POINT_COLUMNS)


def inflation(performance: pd.DataFrame) -> float:
    """How much too narrow a naive interval of cross-validation is, from `performance.tsv`.

    The width of the null-inflated interval of the balanced accuracy (mean over repeats) over that
    of the naive one, on the logit scale, and at least 1.

    Parameters
    ----------
    performance : pandas.DataFrame
        Rows of one model.

    Returns
    -------
    float
        NaN where there is no such interval (too few permutations).
    """
    rows = performance[
        (performance["aggregation"] == HEADLINE) & (performance["metric"] == "balanced_accuracy")
    ].set_index("ci_method")
    both = [Interval.NULL_INFLATED, Interval.NAIVE_BOOTSTRAP]
    if not set(both) <= set(rows.index):
        return float("nan")
    limits = rows.loc[both, ["ci_low", "ci_high"]].astype(float)
    width = np.diff(logit(np.clip(limits.to_numpy(), ROUNDING, 1 - ROUNDING)), axis=1).ravel()
    if np.isnan(width).any():
        return float("nan")
    return max(1.0, float(width[0] / width[1])) if width[1] > ROUNDING else 1.0


def point_metrics(
    recalls: Recalls, prevalence: float
) -> dict[str, tuple[float, float, float, str]]:
    """Everything that follows from sensitivity, specificity and a prevalence.

    Parameters
    ----------
    recalls : Recalls
        Sensitivity and specificity with their limits.
    prevalence : float
        Taken as known.

    Returns
    -------
    dict of str to (estimate, low, high, method)
        `likelihood_ratio_positive` = sensitivity / (1 - specificity), `likelihood_ratio_negative`
        = (1 - sensitivity) / specificity, `ppv` and `npv` by Bayes' theorem,
        `predictive_summary_index` = ppv + npv - 1 and `number_needed_to_predict` = its inverse.
        The latter is missing where the index is not above 0, and its upper limit is infinite
        where that of the index reaches 0. NaN where a ratio is 0 / 0.

    References
    ----------
    Linn S, Grunau PD (2006). New patient-oriented summary measure of net total gain in certainty
    for dichotomous diagnostic tests. Epidemiologic Perspectives and Innovations 3, 11.
    """
    sensitivity, specificity = recalls
    missed, alarmed = _complement(sensitivity), _complement(specificity)
    positive = ratio_interval(sensitivity, alarmed)
    negative = ratio_interval(missed, specificity)
    odds = prevalence / (1 - prevalence)
    ppv = tuple(_share(odds * ratio) for ratio in positive)
    # The negative predictive value falls as the likelihood ratio rises.
    npv = tuple(1 - _share(odds * negative[i]) for i in (0, 2, 1))

    def gain(sensitivity: float, specificity: float) -> float:
        """Predictive summary index at the given prevalence."""
        said_yes = prevalence * sensitivity + (1 - prevalence) * (1 - specificity)
        above = prevalence * (1 - prevalence) * (sensitivity + specificity - 1)
        certain = said_yes * (1 - said_yes)
        return 0.0 if certain <= 0 else above / certain

    index = recalls.limits_of(gain)
    index = (index[0], *np.clip(index[1:], -1.0, 1.0))
    if np.isnan(ppv[0]) or np.isnan(npv[0]):
        index = (np.nan,) * 3
    needed = (np.nan,) * 3
    if index[0] > ROUNDING:
        most = np.inf if index[1] <= ROUNDING else 1 / index[1]
        needed = (1 / index[0], 1 / index[2], most)
    return {
        "sensitivity": (*sensitivity, Interval.WILSON),
        "specificity": (*specificity, Interval.WILSON),
        "balanced_accuracy": (*recalls.limits_of(lambda s, c: (s + c) / 2), Interval.MOVER_WILSON),
        "likelihood_ratio_positive": (*positive, Interval.MOVER_WILSON),
        "likelihood_ratio_negative": (*negative, Interval.MOVER_WILSON),
        "ppv": (*ppv, Interval.MOVER_WILSON),
        "npv": (*npv, Interval.MOVER_WILSON),
        "predictive_summary_index": (*index, Interval.MOVER_WILSON),
        "number_needed_to_predict": (*needed, Interval.MOVER_WILSON),
    }


def ratio_interval(
    above: tuple[float, float, float], below: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Ratio of two independent proportions with limits by MOVER.

    Parameters
    ----------
    above, below : tuple of float
        Estimate, low, high of each proportion.

    Returns
    -------
    estimate, low, high : float
        Infinite over 0; NaN for 0 / 0.

    References
    ----------
    Donner A, Zou G (2012). Closed-form confidence intervals for functions of the normal mean and
    standard deviation. Statistical Methods in Medical Research 21, 347-359.
    Newcombe RG (2016). MOVER-R confidence intervals for ratios and products of two independently
    estimated quantities. Statistical Methods in Medical Research 25, 1774-1778.
    """
    (a, a_low, a_high), (b, b_low, b_high) = above, below
    if a == 0 and b == 0:
        return (np.nan,) * 3
    if np.isnan(b_low):
        return a / b if b > 0 else np.inf, np.nan, np.nan

    def root(of_a: float, of_b: float) -> float:
        """Square root in the formula of Donner and Zou, 0 where rounding makes it imaginary."""
        return float(np.sqrt(max((a * b) ** 2 - of_a * of_b, 0.0)))

    least, under_least = a_low * (2 * a - a_low), b_high * (2 * b - b_high)
    most, under_most = a_high * (2 * a - a_high), b_low * (2 * b - b_low)
    low = least / (a * b + root(least, under_least)) if least > 0 else 0.0
    high = (a * b + root(most, under_most)) / under_most if under_most > 0 else np.inf
    return (a / b if b > 0 else np.inf), float(low), float(high)


def _recalls(scored: Scored, answer: NDArray, factor: float) -> Recalls:
    """Mean recalls over repeats, limits as of n / factor**2 people."""
    table = confusion(scored.labels, answer, scored.weights, axis=-1)
    right = (
        np.mean(table.true_positive / (table.true_positive + table.false_negative)),
        np.mean(table.true_negative / (table.true_negative + table.false_positive)),
    )
    limits = []
    for recall, people in zip(right, (scored.n_positive, scored.n_negative), strict=True):
        n = people / factor**2
        low, high = wilson(recall * n, n)
        limits.append((float(recall), float(low), float(high)))
    return Recalls(*limits)


def _complement(proportion: tuple[float, float, float]) -> tuple[float, float, float]:
    estimate, low, high = proportion
    return 1 - estimate, 1 - high, 1 - low


def _share(odds: float) -> float:
    return 1.0 if odds == np.inf else odds / (1 + odds)
