"""Time to response, in infusions or days, of all people and not of responders alone.

A person without the event so far is censored at the last score; an event that makes it impossible,
such as the end of treatment, is competing. The share with the event by a time is one minus the
estimate of Kaplan and Meier where nothing competes, and that of Aalen and Johansen elsewhere; the
median is the time by which half of all people have had the event. That among responders leaves
out everybody else; it answers another question and is not given.

An event is known from the visit at which it was first seen. Times are taken as discrete: at equal
times events come before censoring.

References
----------
Kaplan EL, Meier P (1958). Nonparametric estimation from incomplete observations. Journal of the
American Statistical Association 53, 457-481.
Aalen OO, Johansen S (1978). An empirical transition matrix for non-homogeneous Markov chains based
on censored observations. Scandinavian Journal of Statistics 5, 141-150.
Brookmeyer R, Crowley J (1982). A confidence interval for the median survival time. Biometrics 38,
29-41.
Prentice RL, Gloeckler LA (1978). Regression analysis of grouped survival data with application to
breast cancer data. Biometrics 34, 57-67.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtri

from mri_response.clinical_outcomes.rates import Rule, with_outcomes
from mri_response.core.proportions import LEVEL

Array = NDArray[np.float64]
EVENT, COMPETING, CENSORED = "event", "competing", "censored"
PEOPLE_COLUMNS = ["participant_id", "arm", "time", "status"]
INCIDENCE_COLUMNS = [
    *("arm", "n", "time", "at_risk", "events", "competing", "censored"),
    *("free", "incidence", "se", "ci_low", "ci_high", "estimator", "ci_method"),
]
MEDIAN_COLUMNS = ["arm", "n", "events", "competing", "median", "ci_low", "ci_high"]
ROUNDING = 1e-9


class HazardRatio(NamedTuple):
    """Ratio of the hazards of two arms: limits by Wald, p of the likelihood ratio."""

    estimate: float
    ci_low: float
    ci_high: float
    p_value: float


def times_to_event(
    table: pd.DataFrame,
    rule: Rule,
    outcome: str,
    times: Mapping[str, float],
    competing: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """When each person first had a response or remission.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    rule : Rule
        What a response and a remission are.
    outcome : {"response", "remission"}
        Which outcome is the event.
    times : mapping of str to float
        Session to its time, in infusions or days, above 0.
    competing : mapping of str to float, optional
        Person to the time after which the event was no longer possible. It counts unless the event
        came before or at that time.

    Returns
    -------
    DataFrame
        `PEOPLE_COLUMNS`, one row per person with a baseline score. People without any later score
        are censored at time 0.
    """
    rows = with_outcomes(table, rule)
    rows = rows[rows["baseline"].notna()].assign(time=rows["session_id"].map(times).astype(float))
    found = []
    for person, own in rows.groupby("participant_id", sort=False):
        seen = own[own[outcome].notna()].sort_values("time")
        had = seen.loc[seen[outcome] == 1, "time"]
        time, status = seen["time"].max() if len(seen) else 0.0, CENSORED
        if competing is not None and person in competing:
            time, status = float(competing[person]), COMPETING
        if len(had) and (status == CENSORED or had.iloc[0] <= time):
            time, status = float(had.iloc[0]), EVENT
        found.append((person, own["arm"].iloc[0], float(time), status))
    return pd.DataFrame(found, columns=PEOPLE_COLUMNS)


def incidence(people: pd.DataFrame) -> pd.DataFrame:
    """Share of the people of each arm who have had the event by a time.

    Parameters
    ----------
    people : DataFrame
        `PEOPLE_COLUMNS`.

    Returns
    -------
    DataFrame
        `INCIDENCE_COLUMNS`, a row per arm and time at which anything happened. ``free`` is the
        share without any event. Limits are on the scale of ``log(-log(1 - incidence))``; they are
        missing before the first event, and where nobody is left.
    """
    found = []
    for arm, own in people.groupby("arm", sort=False):
        time, status = own["time"].to_numpy(float), own["status"].to_numpy(object)
        for row in zip(*_aalen_johansen(time, status), strict=True):
            found.append((arm, len(own), *row))
    table = pd.DataFrame(found, columns=INCIDENCE_COLUMNS[:10])
    low, high = _limits(table["incidence"].to_numpy(float), table["se"].to_numpy(float))
    any_competing = table.groupby("arm")["competing"].transform("sum") > 0
    estimator = np.where(any_competing, "aalen_johansen", "kaplan_meier")
    return table.assign(ci_low=low, ci_high=high, estimator=estimator, ci_method="log_log")


def _aalen_johansen(time: Array, status: NDArray) -> tuple[Array, ...]:
    """Times, at risk, events, competing, censored, share free, incidence, standard error."""
    at = np.unique(time)
    kinds = (EVENT, COMPETING, CENSORED)
    counts = [np.array([((time == t) & (status == kind)).sum() for t in at]) for kind in kinds]
    events, competing, censored = counts
    at_risk = np.array([(time >= t).sum() for t in at])
    both = events + competing
    free = np.cumprod(1 - both / at_risk)
    before = np.append(1.0, free[:-1])
    incidence = np.cumsum(before * events / at_risk)
    se = np.sqrt([_variance(k, at_risk, events, both, before, incidence) for k in range(len(at))])
    return at, at_risk, events, competing, censored, free, incidence, se


def _variance(
    last: int, n: NDArray, events: NDArray, both: NDArray, before: Array, incidence: Array
) -> float:
    """Variance of the incidence at a time, by the delta method; Greenwood's without competition."""
    upto = slice(0, last + 1)
    n, d, both, before = n[upto], events[upto], both[upto], before[upto]
    rest = incidence[last] - incidence[upto]
    # Where everybody left has an event, nothing is left to vary after it.
    left = n - both
    first = np.where(left > 0, rest**2 * both / (n * np.maximum(left, 1)), 0)
    own = before**2 * (n - d) * d / n**3
    cross = rest * before * d / n**2
    return max(float((first + own - 2 * cross).sum()), 0.0)


def _limits(incidence: Array, se: Array) -> tuple[Array, Array]:
    z = float(ndtri((1 + LEVEL) / 2))
    inside = (incidence > ROUNDING) & (incidence < 1 - ROUNDING) & (se > 0)
    free = np.where(inside, 1 - incidence, 0.5)
    half = z * se / (free * -np.log(free))
    low, high = 1 - free ** np.exp(-half), 1 - free ** np.exp(half)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def medians(people: pd.DataFrame) -> pd.DataFrame:
    """Time by which half of all people of an arm have had the event.

    Parameters
    ----------
    people : DataFrame
        `PEOPLE_COLUMNS`.

    Returns
    -------
    DataFrame
        `MEDIAN_COLUMNS`, times in the unit of `people`; infinite where fewer than half, or by the
        limit of the incidence fewer than half, have had it by the last time.
    """
    found = []
    for arm, rows in incidence(people).groupby("arm", sort=False):
        counts = (rows["n"].iloc[0], rows["events"].sum(), rows["competing"].sum())
        crossed = [_first_half(rows, column) for column in ("incidence", "ci_high", "ci_low")]
        found.append((arm, *counts, *crossed))
    return pd.DataFrame(found, columns=MEDIAN_COLUMNS)


def _first_half(rows: pd.DataFrame, column: str) -> float:
    reached = rows.loc[rows[column] >= 0.5 - ROUNDING, "time"]
    return float(reached.iloc[0]) if len(reached) else np.inf


def log_rank(people: pd.DataFrame) -> float:
    """P of equal hazards of the event in all arms, competing events taken as censored.

    Parameters
    ----------
    people : DataFrame
        `PEOPLE_COLUMNS`, two arms or more.

    Returns
    -------
    float
        NaN without any event.
    """
    arms = people["arm"].unique().astype(object)
    time, event = people["time"].to_numpy(float), (people["status"] == EVENT).to_numpy()
    own = people["arm"].to_numpy(object)[:, None] == arms[:-1]
    excess, variance = np.zeros(len(arms) - 1), np.zeros((len(arms) - 1,) * 2)
    for t in np.unique(time[event]):
        at_risk = time >= t
        n, d = at_risk.sum(), (event & (time == t)).sum()
        share = own[at_risk].mean(axis=0)
        excess += own[event & (time == t)].sum(axis=0) - d * share
        if n > 1:
            spread = np.diag(share) - np.outer(share, share)
            variance += d * (n - d) / (n - 1) * spread
    if not np.linalg.det(variance) > 0:
        return float("nan")
    return float(chdtrc(len(excess), excess @ np.linalg.solve(variance, excess)))


def hazard_ratio(people: pd.DataFrame, arm: str, reference: str) -> HazardRatio:
    """Ratio of the hazards of the event in discrete time, competing events taken as censored.

    A binomial model of every person and time at risk with the complementary log-log link and an
    intercept per time: its coefficient is the logarithm of the hazard ratio of a proportional
    hazards model that is seen at these times alone.

    Parameters
    ----------
    people : DataFrame
        `PEOPLE_COLUMNS`.
    arm, reference : str
        Arms compared: hazard of `arm` over that of `reference`.

    Returns
    -------
    HazardRatio
        NaN where an arm has no event.
    """
    import statsmodels.api as sm  # takes time to import

    rows = people[people["arm"].isin([arm, reference])]
    times = np.unique(rows.loc[rows["status"] == EVENT, "time"])
    events = rows[rows["status"] == EVENT].groupby("arm").size()
    if len(events) < 2:
        return HazardRatio(*[np.nan] * 4)
    counts, design = [], []
    for i, time in enumerate(times):
        for name in (arm, reference):
            own = rows[rows["arm"] == name]
            n = int((own["time"] >= time).sum())
            k = int(((own["time"] == time) & (own["status"] == EVENT)).sum())
            if n:
                counts.append((k, n - k))
                design.append([*np.eye(len(times))[i], float(name == arm)])
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    full = sm.GLM(np.array(counts), np.array(design), family=family).fit()
    null = sm.GLM(np.array(counts), np.array(design)[:, :-1], family=family).fit()
    log_ratio, se = full.params[-1], full.bse[-1]
    half = float(ndtri((1 + LEVEL) / 2)) * se
    limits = np.exp([log_ratio, log_ratio - half, log_ratio + half])
    return HazardRatio(*map(float, limits), float(chdtrc(1, null.deviance - full.deviance)))
