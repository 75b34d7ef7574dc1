"""Decision curves: the net benefit of acting on a model's probabilities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import NotComputed
from mri_response.evaluation.intervals import LEVEL, ROUNDING
from mri_response.evaluation.scored import Scored

DECISION_CURVE_COLUMNS = [
    "model",
    "cohort",
    "role",
    "aggregation",
    "threshold",
    "n",
    "n_positive",
    "net_benefit",
    "ci_low",
    "ci_high",
    "ci_method",
    "standardized_net_benefit",
    "treat_all",
    "treat_none",
    "advantage",
    "advantage_low",
    "advantage_high",
    "band_low",
    "band_high",
]
N_DRAWS = 5000  # of normal multipliers, for the simultaneous band
THRESHOLDS = np.round(np.arange(0.01, 1, 0.01), 2)


def decision_curve_table(
    model: str, cohorts: Iterable[Scored], *, seed: int, min_class_size: int
) -> pd.DataFrame:
    """The content of `decision_curve.tsv` for one model.

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
        Columns `DECISION_CURVE_COLUMNS`, one row per threshold probability; for a small
        cohort one row that says so.
    """
    rows: list[dict[str, Any]] = []
    for index, scored in enumerate(cohorts):
        base = scored.about(model)
        if scored.too_small(min_class_size):
            rows.append(base | {"ci_method": NotComputed.SMALL_CLASS})
            continue
        method = "naive_normal" if scored.cross_validated else "normal"
        band = advantage_band(scored, generator(seed, Stream.DECISION_CURVE, index))
        for row, (low, high) in zip(net_benefits(scored), band.tolist(), strict=True):
            limits = {"band_low": low, "band_high": high, "ci_method": method}
            rows.append(base | row | limits)
    return pd.DataFrame(rows, columns=DECISION_CURVE_COLUMNS)


def net_benefits(scored: Scored, thresholds: NDArray = THRESHOLDS) -> list[dict[str, float]]:
    """Net benefit of acting on those whose probability reaches a threshold.

    Parameters
    ----------
    scored : Scored
        A cohort with probabilities.
    thresholds : ndarray
        Threshold probabilities, between 0 and 1.

    Returns
    -------
    list of dict
        For each threshold t: `net_benefit` = true positives / n - false positives / n x t / (1 - t)
        (mean over repeats), its limits (normal, over people; NaN where nobody reaches the
        threshold), `standardized_net_benefit` (divided by the share of positives, so that 1 is
        perfect), `treat_all`, `treat_none`, and the `advantage` over the better of these two with
        its limits, in which that is the same people's.

    References
    ----------
    Vickers AJ, Elkin EB (2006). Decision curve analysis: a novel method for evaluating prediction
    models. Medical Decision Making 26, 565-574.
    """
    weights = scored.weights / scored.weights.sum()
    rows = []
    for threshold in thresholds:
        odds = threshold / (1 - threshold)
        worth = np.where(scored.labels == 1, 1.0, -odds)
        share = (scored.probability >= threshold).mean(axis=0)
        everyone = float(weights @ worth)
        default = np.ones(len(worth)) if everyone > 0 else np.zeros(len(worth))
        benefit, low, high = _mean_limits(scored, weights, share * worth)
        gained = _mean_limits(scored, weights, (share - default) * worth)
        rows.append(
            {
                "threshold": float(threshold),
                "net_benefit": benefit,
                "ci_low": low,
                "ci_high": high,
                "standardized_net_benefit": benefit / scored.prevalence,
                "treat_all": everyone,
                "treat_none": 0.0,
                "advantage": gained[0],
                "advantage_low": gained[1],
                "advantage_high": gained[2],
            }
        )
    return rows


def advantage_band(
    scored: Scored,
    rng: np.random.Generator,
    thresholds: NDArray = THRESHOLDS,
    level: float = LEVEL,
) -> NDArray:
    """Band that holds the advantage of a model at all thresholds together.

    The advantage is over the better of acting on everybody and on nobody. Estimate +- c standard
    errors, c being the quantile of the largest of all standardised deviations, drawn by giving the
    influence of every person a normal weight.

    Parameters
    ----------
    scored : Scored
        A cohort with probabilities.
    rng : numpy.random.Generator
        Source of the weights.
    thresholds : ndarray, shape (t,)
        Threshold probabilities, between 0 and 1.
    level : float
        Nominal coverage of the whole band.

    Returns
    -------
    ndarray, shape (t, 2)
        Lower and upper limit; NaN where nothing varies.

    References
    ----------
    Gine E, Zinn J (1990). Bootstrapping general empirical measures. Annals of Probability 18,
    851-869 (normal multipliers).
    """
    weights = scored.weights / scored.weights.sum()
    means, influences = [], []
    for threshold in thresholds:
        worth = np.where(scored.labels == 1, 1.0, -threshold / (1 - threshold))
        default = 1.0 if weights @ worth > 0 else 0.0
        values = ((scored.probability >= threshold).mean(axis=0) - default) * worth
        means.append(weights @ values)
        influences.append(scored.by_person(weights * (values - means[-1])))
    influence = np.array(influences).T
    n = len(influence)
    error = np.sqrt((influence**2).sum(axis=0) * n / (n - 1))
    varies = error >= ROUNDING
    band = np.full((len(thresholds), 2), np.nan)
    if varies.any():
        drawn = rng.normal(size=(N_DRAWS, n)) @ (influence[:, varies] / error[varies])
        half = np.quantile(np.abs(drawn).max(axis=1), level) * error[varies]
        mean = np.array(means)[varies]
        band[varies] = np.column_stack([mean - half, mean + half])
    return band


def _mean_limits(scored: Scored, weights: NDArray, values: NDArray) -> tuple[float, float, float]:
    """Weighted mean with normal limits over people; no limits where nothing varies."""
    mean = float(weights @ values)
    influence = scored.by_person(weights * (values - mean))
    n = len(influence)
    error = np.sqrt((influence**2).sum() * n / (n - 1))
    if error < ROUNDING:
        return mean, float("nan"), float("nan")
    half = ndtri((1 + LEVEL) / 2) * error
    return mean, float(mean - half), float(mean + half)
