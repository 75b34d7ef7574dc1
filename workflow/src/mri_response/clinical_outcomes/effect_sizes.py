"""Standardised changes and differences by visit, each naming its standard deviation and its design.

Within a person (`within_effects`) a change is divided by a standard deviation over the same people;
between arms (`between_effects`) a difference of changes. One is no estimate of the other: a change
without a control holds whatever else changed. They never share a table or a figure.

The data of one visit give sizes that differ twofold by the standard deviation alone:

- ``change``: of the change itself, as the paired t-test has it (d_z);
- ``average``: root of the mean variance before and after (d_av);
- ``baseline``: before the treatment.

References
----------
Hedges LV (1981). Distribution theory for Glass's estimator of effect size and related estimators.
Journal of Educational Statistics 6, 107-128.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtri

from mri_response.clinical_outcomes.student import Inference, t_interval
from mri_response.clinical_outcomes.visits import by_visit
from mri_response.core.proportions import LEVEL

STANDARDISERS = ("change", "average", "baseline")
WITHIN_COLUMNS = [
    *("visit", "session_id", "arm", "design", "n", "correlation"),
    *("mean_change", "mean_change_low", "mean_change_high", "p_value", "mean_percent_change"),
    *("standardiser", "sd", "df", "estimate", "se", "ci_low", "ci_high", "ci_method"),
]
BETWEEN_COLUMNS = [
    *("visit", "session_id", "arm", "reference", "design", "n", "n_reference"),
    *("difference", "difference_low", "difference_high", "p_value"),
    *("standardiser", "sd", "df", "estimate", "se", "ci_low", "ci_high", "ci_method"),
]
FEWEST = 4  # people of whom a standard deviation is taken


class Effect(NamedTuple):
    """A standardised effect, corrected for small samples, with its limits.

    `se` is NaN where the limits do not come from a standard error.
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    ci_method: str


def small_sample_correction(df: float) -> float:
    """Factor that removes the bias of a standardised effect, exactly, by the gamma function.

    Parameters
    ----------
    df : float
        Degrees of freedom of the standard deviation, above 1.

    Returns
    -------
    float

    References
    ----------
    Hedges LV (1981), equation 6e; the usual ``1 - 3 / (4 df - 1)`` approximates it.
    """
    return float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2))


def noncentrality_limits(t: float, df: float, level: float = LEVEL) -> tuple[float, float]:
    """Limits of the noncentrality under which a t value lies at the edge of what is expected.

    Parameters
    ----------
    t : float
        Observed value of the t statistic.
    df : float
        Degrees of freedom.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float

    References
    ----------
    Steiger JH, Fouladi RT (1997). Noncentrality interval estimation and the evaluation of
    statistical models. In: What if there were no significance tests? Erlbaum.
    """
    # These take time to import, and are only needed here.
    from scipy.optimize import brentq
    from scipy.stats import nct

    size, sign = abs(t), -1.0 if t < 0 else 1.0
    tail = (1 - level) / 2
    reach = -float(ndtri(tail)) * np.sqrt(1 + size**2 / (2 * df))

    def solve(probability: float, guess: float) -> float:
        # SciPy's distribution is not a number far out in its tails: the bracket stays near.
        def excess(nc: float) -> float:
            return float(nct.cdf(size, df, nc)) - probability

        step = 0.25 * reach
        low, high = guess - step, guess + step
        while excess(low) < 0:
            low -= step
        while excess(high) > 0:
            high += step
        return float(brentq(excess, low, high, xtol=1e-10))

    limits = (solve(1 - tail, size - reach), solve(tail, size + reach))
    return (limits[0], limits[1]) if sign > 0 else (-limits[1], -limits[0])


def paired_effect(before: ArrayLike, after: ArrayLike, standardiser: str) -> Effect:
    """Standardised mean change of people measured twice.

    Parameters
    ----------
    before, after : array_like, shape (n,)
        Scores without missing ones.
    standardiser : {"change", "average", "baseline"}
        Standard deviation, see the module.

    Returns
    -------
    Effect
        For ``change`` the limits are those of the noncentrality, exact for normal scores. For
        ``average`` they are scaled by the ratio of both standard deviations, which treats it as
        known. For ``baseline`` they are Student's; scores may spread differently before and after,
        as they do when some people respond and others do not. (The usual variance,
        ``2 (1 - r) / n + g^2 / (2 n)``, supposes that they do not.)

    References
    ----------
    Algina J, Keselman HJ (2003). Approximate confidence intervals for effect sizes. Educational and
    Psychological Measurement 63, 537-553 (``average``).
    Becker BJ (1988). Synthesizing standardized mean-change measures. British Journal of
    Mathematical and Statistical Psychology 41, 257-278 (``baseline``, the estimate).
    Bonett DG (2008). Confidence intervals for standardized linear contrasts of means. Psychological
    Methods 13, 99-109 (``baseline``, unequal variances).
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    n, change = len(before), after - before
    correction = small_sample_correction(n - 1)
    sd = standard_deviation(before, after, standardiser)
    estimate = correction * change.mean() / sd
    spread = change.std(ddof=1)
    if standardiser == "baseline":
        return _baseline_effect(estimate, (spread / sd) ** 2 / n, n - 1)
    limits = noncentrality_limits(change.mean() / spread * np.sqrt(n), n - 1)
    scale = correction * spread / sd / np.sqrt(n)
    method = "noncentral_t" if standardiser == "change" else "noncentral_t_scaled"
    return Effect(float(estimate), np.nan, limits[0] * scale, limits[1] * scale, method)


def standard_deviation(before: ArrayLike, after: ArrayLike, standardiser: str) -> float:
    """The standard deviation that a change within people is divided by.

    Parameters
    ----------
    before, after : array_like, shape (n,)
        Scores without missing ones.
    standardiser : {"change", "average", "baseline"}
        See the module.

    Returns
    -------
    float
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    variances = {
        "change": (after - before).var(ddof=1),
        "average": (before.var(ddof=1) + after.var(ddof=1)) / 2,
        "baseline": before.var(ddof=1),
    }
    return float(np.sqrt(variances[standardiser]))


def independent_effect(first: ArrayLike, second: ArrayLike) -> Effect:
    """Hedges' g of two independent groups.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        Values of either group without missing ones.

    Returns
    -------
    Effect
        First minus second over the pooled standard deviation; the limits are those of the
        noncentrality, exact for normal values of equal variance.

    References
    ----------
    Hedges LV (1981), see the module.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    df = len(first) + len(second) - 2
    weight = np.sqrt(1 / len(first) + 1 / len(second))
    d = (first.mean() - second.mean()) / pooled_deviation(first, second)
    correction = small_sample_correction(df)
    low, high = noncentrality_limits(d / weight, df)
    scale = correction * weight
    return Effect(float(correction * d), np.nan, low * scale, high * scale, "noncentral_t")


def pooled_deviation(first: ArrayLike, second: ArrayLike) -> float:
    """Pooled standard deviation of two groups.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        Values of either group.

    Returns
    -------
    float
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    squares = ((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum()
    return float(np.sqrt(squares / (len(first) + len(second) - 2)))


def controlled_effect(
    before: ArrayLike, change: ArrayLike, before_reference: ArrayLike, change_reference: ArrayLike
) -> Effect:
    """Difference of mean changes over the pooled standard deviation at baseline.

    Parameters
    ----------
    before, change : array_like, shape (n,)
        Baseline score and change of the people of an arm.
    before_reference, change_reference : array_like, shape (n_reference,)
        Baseline score and change of the people of the reference.

    Returns
    -------
    Effect
        With Student's limits.

    References
    ----------
    Morris SB (2008). Estimating effect sizes from pretest-posttest-control group designs.
    Organizational Research Methods 11, 364-386 (d_ppc2, the estimate; its variance supposes
    that scores spread equally before and after, which this one does not).
    """
    change, change_reference = np.asarray(change, float), np.asarray(change_reference, float)
    n, m = len(change), len(change_reference)
    df = n + m - 2
    sd = pooled_deviation(before, before_reference)
    ratio = (pooled_deviation(change, change_reference) / sd) ** 2
    estimate = small_sample_correction(df) * (change.mean() - change_reference.mean()) / sd
    return _baseline_effect(estimate, ratio * (1 / n + 1 / m), df)


def _baseline_effect(estimate: float, noise: float, df: float) -> Effect:
    """Limits of a corrected mean over the standard deviation of something else, at baseline.

    `noise` is the variance of the mean over that of the baseline. The variance is unbiased but for
    the correlation of both, since the mean of 1 / chi-squared is ``1 / (df - 2)``.
    """
    correction, shrinkage = small_sample_correction(df), (df - 2) / df
    plain = estimate / correction
    se = float(np.sqrt(plain**2 * (correction**2 - shrinkage) + shrinkage * noise))
    found = t_interval(estimate, se, df)
    return Effect(found.estimate, se, found.ci_low, found.ci_high, "student_t")


def mean_of_people(values: ArrayLike) -> Inference:
    """Mean with Student's interval, and of changes the p of the paired t-test.

    Parameters
    ----------
    values : array_like, shape (n,)
        A score or change of each person, without missing ones.

    Returns
    -------
    Inference
        Limits and p are NaN of fewer than 4 people, and where all are alike.
    """
    values = np.asarray(values, float)
    n = len(values)
    if n < FEWEST or not values.std() > 0:
        return Inference(float(values.mean()), np.nan, np.nan, np.nan)
    return t_interval(values.mean(), values.std(ddof=1) / np.sqrt(n), n - 1)


# ---------------------------------------------------------------- tables
def within_effects(table: pd.DataFrame) -> pd.DataFrame:
    """Mean change from baseline and its standardised sizes, by visit and arm.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.

    Returns
    -------
    DataFrame
        `WITHIN_COLUMNS`, a row per standardiser, over people with both scores. Uncontrolled: it
        describes people, not what the treatment did. Visits of fewer than 4 people are left out.
        The mean change in per cent is missing where a baseline is 0.
    """
    found = []
    for session, rows in by_visit(table):
        for arm, own in rows.groupby("arm", sort=False):
            pairs = own.dropna(subset=["baseline", "score"])
            before, after = pairs["baseline"].to_numpy(), pairs["score"].to_numpy()
            n = len(pairs)
            if n < FEWEST or not (after - before).std() > 0 or not before.std() > 0:
                continue
            mean = mean_of_people(after - before)
            r = float(np.corrcoef(before, after)[0, 1]) if after.std() > 0 else np.nan
            percent = (
                float((100 * (after - before) / before).mean()) if before.min() > 0 else np.nan
            )
            base = (rows["visit"].iloc[0], session, arm, "within", n, r, *mean, percent)
            for name in STANDARDISERS:
                sd = standard_deviation(before, after, name)
                found.append((*base, name, sd, n - 1, *paired_effect(before, after, name)))
    return pd.DataFrame(found, columns=WITHIN_COLUMNS)


def between_effects(table: pd.DataFrame, arm: str, reference: str) -> pd.DataFrame:
    """Differences between arms in the change from baseline, and their standardised sizes, by visit.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    arm, reference : str
        Arms compared: `arm` minus `reference`.

    Returns
    -------
    DataFrame
        `BETWEEN_COLUMNS`, a row for the pooled standard deviation of the change (``change``) and
        one for that at baseline (``baseline``), over people with both scores. Visits with fewer
        than 4 people in an arm are left out.
    """
    found = []
    for session, rows in by_visit(table):
        pairs = rows.dropna(subset=["baseline", "score"])
        own, other = (pairs[pairs["arm"] == name] for name in (arm, reference))
        if min(len(own), len(other)) < FEWEST:
            continue
        changes = own["change"].to_numpy(), other["change"].to_numpy()
        before = own["baseline"].to_numpy(), other["baseline"].to_numpy()
        if not pooled_deviation(*changes) > 0 or not pooled_deviation(*before) > 0:
            continue
        df = len(own) + len(other) - 2
        base = (rows["visit"].iloc[0], session, arm, reference, "between", len(own), len(other))
        difference = _difference(*changes)
        for name, sd, effect in (
            ("change", pooled_deviation(*changes), independent_effect(*changes)),
            (
                "baseline",
                pooled_deviation(*before),
                controlled_effect(before[0], changes[0], before[1], changes[1]),
            ),
        ):
            found.append((*base, *difference, name, sd, df, *effect))
    return pd.DataFrame(found, columns=BETWEEN_COLUMNS)


def _difference(first: np.ndarray, second: np.ndarray) -> Inference:
    """Difference of means with the interval and p of the t-test with pooled variance."""
    se = pooled_deviation(first, second) * np.sqrt(1 / len(first) + 1 / len(second))
    return t_interval(first.mean() - second.mean(), se, len(first) + len(second) - 2)
