"""Whether probabilities are right: Brier score, calibration intercept and slope, calibration curve.

A model is calibrated if of the people to whom it gives 30 %, 30 % are of the positive class.
Nothing is fitted here that anyone is scored with: the probabilities come from the training data
(`mri_response.learning.decision_rules`), and these numbers describe them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtrit

from mri_response.core.proportions import LEVEL
from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import Aggregation, NotComputed
from mri_response.evaluation.scored import Scored
from mri_response.evaluation.strata import strata_of

CALIBRATION_COLUMNS = [
    "model",
    "cohort",
    "role",
    "aggregation",
    "metric",
    "probability",
    "n",
    "n_positive",
    "estimate",
    "ci_low",
    "ci_high",
    "ci_method",
]
METRICS = (
    "brier",
    "brier_prevalence",
    "scaled_brier",
    "calibration_in_the_large",
    "calibration_slope",
)
CURVE = "observed_share"
CURVE_POINTS = 31
SPAN = 0.75  # share of the predictions in a window of the curve
N_BOOTSTRAP = 1000
EDGE = 1e-15  # probabilities of 0 and 1 have no logit
MAX_NEWTON = 50


def calibration_table(
    model: str, cohorts: Iterable[Scored], *, seed: int, min_class_size: int
) -> pd.DataFrame:
    """The content of `calibration.tsv` for one model.

    Parameters
    ----------
    model : str
        Name of the model.
    cohorts : iterable of Scored
        Cohorts as the model has scored them.
    seed : int
        Seed of the run.
    min_class_size : int
        With fewer people in either class nothing is computed.

    Returns
    -------
    pandas.DataFrame
        Columns `CALIBRATION_COLUMNS`. Metrics: `brier` (mean squared error of the probabilities),
        `brier_prevalence` (that of giving everybody the cohort's own share of positives),
        `scaled_brier` (1 - brier / brier_prevalence; 1 is perfect, 0 no better than the share),
        `calibration_in_the_large` (0 where probabilities are right on average; positive where they
        are too low), `calibration_slope` (1 where their spread is right; below 1 where they are
        too extreme), and `observed_share`, the points of the calibration curve at `probability`.

    Notes
    -----
    Intervals are over people: sandwich standard errors with people as clusters, Student's t, and
    for the curve the percentile bootstrap of people. In simulation (26, 51 or 99 people, true
    slope 1 or 0.5, 1,500 trials a setting) those of slope and intercept covered 94.7 to 96.8 %.
    Of cross-validated probabilities each metric is the mean over repeats (the curve takes all
    repeats together), and intervals, named ``naive_...``, ignore that people share training data:
    they are too narrow. Of several cohorts together the share is that of a person's own cohort, and
    every cohort has an intercept of its own beside the one slope; Brier score, calibration in the
    large and the curve are across all their people.

    References
    ----------
    Cox DR (1958). Two further applications of a model for binary regression. Biometrika 45,
    562-565 (intercept and slope).
    Steyerberg EW et al. (2010). Assessing the performance of prediction models. Epidemiology 21,
    128-138 (scaled Brier score).
    Van Calster B et al. (2019). Calibration: the Achilles heel of predictive analytics. BMC
    Medicine 17, 230.
    """
    rows: list[dict[str, Any]] = []
    for index, scored in enumerate(cohorts):
        base = scored.about(model)
        if scored.stratum is not None:
            base["aggregation"] = Aggregation.WITHIN_COHORTS
        if scored.too_small(min_class_size):
            rows += [
                base | {"metric": m, "ci_method": NotComputed.SMALL_CLASS}
                for m in (*METRICS, CURVE)
            ]
            continue
        naive = "naive_" if scored.cross_validated else ""
        for metric, (estimate, low, high) in calibration_metrics(scored).items():
            method = f"{naive}sandwich" if np.isfinite(low) else None
            method = method if np.isfinite(estimate) else NotComputed.NOT_ESTIMABLE
            limits = {"estimate": estimate, "ci_low": low, "ci_high": high}
            rows.append(base | {"metric": metric, "ci_method": method} | limits)
        rng = generator(seed, Stream.BOOTSTRAP, index)
        for probability, share, low, high in calibration_curve(scored, rng).tolist():
            limits = {"estimate": share, "ci_low": low, "ci_high": high}
            point = {"metric": CURVE, "probability": probability, "ci_method": f"{naive}bootstrap"}
            rows.append(base | point | limits)
    return pd.DataFrame(rows, columns=CALIBRATION_COLUMNS)


def calibration_metrics(scored: Scored) -> dict[str, tuple[float, float, float]]:
    """Estimate and limits of each metric.

    The slope is NaN where the probabilities separate the classes or are all equal; the Brier score
    of the prevalence, a yardstick, has no limits.

    Parameters
    ----------
    scored : Scored
        A cohort with probabilities.

    Returns
    -------
    dict of str to (estimate, low, high)
    """
    labels, weights = scored.labels, scored.weights / scored.weights.sum()
    share = _shares(scored)
    spread = float(weights @ (share * (1 - share)))
    parts = {name: [] for name in METRICS}
    for probability in np.clip(scored.probability, EDGE, 1 - EDGE):
        error = (probability - labels) ** 2
        brier = float(weights @ error)
        of_brier = weights * (error - brier)
        of_share = weights * (labels - share) * (1 - 2 * share)
        scaled = -of_brier / spread + brier * of_share / spread**2
        parts["brier"].append((brier, of_brier))
        parts["brier_prevalence"].append((spread, np.full(len(labels), np.nan)))
        parts["scaled_brier"].append((1 - brier / spread, scaled))
        linear = logit(probability)
        constant = np.ones((len(labels), 1))
        intercept = _logistic(constant, labels, weights, linear)
        parts["calibration_in_the_large"].append(intercept)
        parts["calibration_slope"].append(_slope(scored, linear, weights))
    return {name: _with_limits(scored, name, values) for name, values in parts.items()}


def _shares(scored: Scored) -> NDArray:
    """Share of the positive class in the cohort of each row, shape (n,)."""
    stratum = np.zeros(len(scored.labels)) if scored.stratum is None else scored.stratum
    _, member = np.unique(stratum, return_inverse=True)
    positive = np.bincount(member, scored.weights * scored.labels)
    return (positive / np.bincount(member, scored.weights))[member]


def _slope(scored: Scored, linear: NDArray, weights: NDArray) -> tuple[float, NDArray]:
    """Calibration slope, each of several cohorts having its own intercept, and its influences."""
    if scored.stratum is None:
        design = np.column_stack([linear, np.ones(len(linear))])
        return _logistic(design, scored.labels, weights)
    influence = np.full(len(linear), np.nan)
    strata = strata_of(scored)
    if not strata:
        return float("nan"), influence
    rows = np.concatenate([of_one for of_one, _ in strata])
    own = (scored.stratum[rows, None] == np.unique(scored.stratum[rows])).astype(float)
    design = np.column_stack([linear[rows], own])
    estimate, of_rows = _logistic(design, scored.labels[rows], weights[rows])
    influence[:], influence[rows] = 0.0, of_rows
    return estimate, influence


def calibration_curve(scored: Scored, rng: np.random.Generator) -> NDArray:
    """Smooth share of positives as a function of the probability, with a pointwise band.

    Loess: local linear regression of the label on the probability with tricube weights over the
    nearest 75 % of the predictions. The band is a percentile bootstrap of people, windows kept.

    Parameters
    ----------
    scored : Scored
        A cohort with probabilities.
    rng : numpy.random.Generator
        Source of the bootstrap draws.

    Returns
    -------
    ndarray, shape (points, 4)
        Probability, share, and its limits, within the range of the probabilities; nothing where
        all probabilities are equal.

    References
    ----------
    Cleveland WS (1979). Robust locally weighted regression and smoothing scatterplots. Journal of
    the American Statistical Association 74, 829-836.
    Austin PC, Steyerberg EW (2014). Graphical assessment of internal and external calibration of
    logistic regression models by using loess smoothers. Statistics in Medicine 33, 517-535.
    """
    probability = scored.probability.ravel()
    if np.ptp(probability) < 1e-9:
        return np.empty((0, 4))
    at = np.linspace(probability.min(), probability.max(), CURVE_POINTS)
    repeats = len(scored.probability)
    labels, person = np.tile(scored.labels, repeats), np.tile(scored.person, repeats)
    people = scored.n
    counts = rng.multinomial(people, np.full(people, 1 / people), N_BOOTSTRAP)
    counts = np.vstack([np.ones(people), counts])
    distance = np.abs(probability - at[:, None])
    nearest = int(np.ceil(SPAN * len(probability)))
    width = np.sort(distance, axis=1)[:, nearest - 1 : nearest]
    window = np.clip(1 - (distance / np.maximum(width, 1e-12)) ** 3, 0, None) ** 3
    window *= np.tile(scored.weights, repeats)
    offset = probability - at[:, None]
    # Sums of every person and point: a bootstrap sample is a sum over people.
    moments = np.empty((5, people, CURVE_POINTS))
    columns = (1.0, offset, offset**2, labels, offset * labels)
    for sums, column in zip(moments, columns, strict=True):
        values = window * column
        for position, row in enumerate(values):
            sums[:, position] = np.bincount(person, row, minlength=people)
    mass, first, second, total, cross = np.einsum("bi,kip->kbp", counts, moments)
    determinant = mass * second - first**2
    with np.errstate(invalid="ignore", divide="ignore"):
        local = (second * total - first * cross) / determinant
        mean = total / mass
    flat = determinant <= 1e-9 * mass * second
    curves = np.clip(np.where(flat, mean, local), 0, 1)
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(curves[1:], [tail, 1 - tail], axis=0)
    return np.column_stack([at, curves[0], low, high])


def _logistic(
    design: NDArray, labels: NDArray, weights: NDArray, offset: NDArray | float = 0.0
) -> tuple[float, NDArray]:
    """First coefficient of a logistic regression by Newton's method, and each row's influence.

    NaN where there is no finite estimate.
    """
    coefficients = np.zeros(design.shape[1])
    nothing = float("nan"), np.full(len(labels), np.nan)
    for _ in range(MAX_NEWTON):
        fitted = expit(design @ coefficients + offset)
        score = design.T @ (weights * (labels - fitted))
        information = (design.T * (weights * fitted * (1 - fitted))) @ design
        if np.linalg.cond(information) > 1e14:
            return nothing
        step = np.linalg.solve(information, score)
        # Far from the solution whole steps overshoot.
        coefficients += step * min(1.0, 2.0 / max(np.abs(design @ step).max(), 1e-300))
        if np.abs(design @ step).max() < 1e-10:
            rows = design * (weights * (labels - fitted))[:, None]
            return float(coefficients[0]), (rows @ np.linalg.inv(information))[:, 0]
    return nothing


def _with_limits(
    scored: Scored, metric: str, values: list[tuple[float, NDArray]]
) -> tuple[float, float, float]:
    """Mean over repeats, and limits from the influence of each person on it."""
    estimate = float(np.mean([value for value, _ in values]))
    influence = scored.by_person(np.mean([rows for _, rows in values], axis=0))
    n = len(influence)
    intercepts = 1 if scored.stratum is None else len(np.unique(scored.stratum))
    n_learned = 1 + intercepts if metric == "calibration_slope" else 1
    error = np.sqrt((influence**2).sum() * n / (n - n_learned))
    half = stdtrit(n - n_learned, (1 + LEVEL) / 2) * error
    low, high = estimate - half, estimate + half
    if metric == "brier":
        low, high = np.clip([low, high], 0, 1)
    return estimate, float(low), float(high)
