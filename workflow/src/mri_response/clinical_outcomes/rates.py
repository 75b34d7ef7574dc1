"""Response and remission by visit: rates, differences between arms and within people.

Each number names the people that it counts. ``observed``: people with the scores that it needs.
``missing_is_no``: everybody of the arm who has a baseline score, a missing score counted as no
response, which is an assumption about missing people and no fact about them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from mri_response.clinical_outcomes.visits import by_visit
from mri_response.core.proportions import LEVEL, mcnemar_exact, mover_difference, wilson
from mri_response.people.outcomes.remission import has_remitted
from mri_response.people.outcomes.response import has_responded

COUNTED = ("observed", "missing_is_no")
RATE_COLUMNS = [
    *("visit", "session_id", "arm", "outcome", "counted"),
    *("k", "n", "estimate", "ci_low", "ci_high", "ci_method"),
]
DIFFERENCE_COLUMNS = [
    *("visit", "session_id", "outcome", "counted", "arm", "reference", "measure"),
    *("k", "n", "k_reference", "n_reference"),
    *("estimate", "ci_low", "ci_high", "ci_method", "p_value", "p_method"),
]
PAIRED_COLUMNS = [
    *("session_id", "reference_session", "outcome", "measure"),
    *("n", "both", "only_first", "only_reference", "neither"),
    *("estimate", "ci_low", "ci_high", "ci_method", "p_value", "p_method"),
]


class Rule(NamedTuple):
    """When a person has responded and remitted.

    Attributes
    ----------
    fall_percent : float
        Fall of the score, in per cent of the baseline, that is a response.
    threshold : float, optional
        Highest score of a remission; without it remission is not looked at.
    """

    fall_percent: float = 50.0
    threshold: float | None = None


class Estimate(NamedTuple):
    """An estimate and its limits."""

    estimate: float
    ci_low: float
    ci_high: float


def with_outcomes(table: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Add whether each person has responded and remitted at each visit.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    rule : Rule
        What a response and a remission are.

    Returns
    -------
    DataFrame
        With columns ``response`` and, if the rule has a threshold, ``remission``: 1, 0, or NaN
        where a score is missing.
    """
    added = {"response": has_responded(table["baseline"], table["score"], rule.fall_percent)}
    if rule.threshold is not None:
        added["remission"] = has_remitted(table["score"], rule.threshold)
    return table.assign(**added)


def _counts(rows: pd.DataFrame, outcome: str, counted: str) -> tuple[int, int]:
    """People with the outcome, and people counted."""
    values = rows.loc[rows["baseline"].notna(), outcome]
    n = values.notna().sum() if counted == "observed" else len(values)
    return int(np.nansum(values)), int(n)


def _outcomes(table: pd.DataFrame) -> list[str]:
    return [name for name in ("response", "remission") if name in table]


def rates(table: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Rates of response and remission by visit and arm, with Wilson's interval.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    rule : Rule
        What a response and a remission are.

    Returns
    -------
    DataFrame
        `RATE_COLUMNS`. Remission counts the same people as response: those with a baseline score.
    """
    table = with_outcomes(table, rule)
    found = []
    for session, rows in by_visit(table):
        for arm, own in rows.groupby("arm", sort=False):
            for outcome in _outcomes(table):
                for counted in COUNTED:
                    k, n = _counts(own, outcome, counted)
                    limits = wilson(k, n) if n else (np.nan, np.nan)
                    interval = (k / n if n else np.nan, *map(float, limits), "wilson")
                    visit = rows["visit"].iloc[0]
                    found.append((visit, session, arm, outcome, counted, k, n, *interval))
    return pd.DataFrame(found, columns=RATE_COLUMNS)


def rate_differences(table: pd.DataFrame, rule: Rule, arm: str, reference: str) -> pd.DataFrame:
    """Risk difference, number needed to treat and odds ratio by visit.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    rule : Rule
        What a response and a remission are.
    arm, reference : str
        Arms compared: `arm` minus, or over, `reference`.

    Returns
    -------
    DataFrame
        `DIFFERENCE_COLUMNS`. Limits of ``number_needed_to_treat`` are those of the risk difference
        turned over, `ci_low` from its upper limit: where they have opposite signs the interval
        passes through infinity, as `number_needed_text` says in words.
    """
    table = with_outcomes(table, rule)
    from scipy.stats import fisher_exact  # takes time to import; only needed here

    found = []
    for session, rows in by_visit(table):
        for outcome in _outcomes(table):
            for counted in COUNTED:
                k, n = _counts(rows[rows["arm"] == arm], outcome, counted)
                k_0, n_0 = _counts(rows[rows["arm"] == reference], outcome, counted)
                if not (n and n_0):
                    continue
                base = (rows["visit"].iloc[0], session, outcome, counted, arm, reference)
                risk = risk_difference(k, n, k_0, n_0)
                odds = odds_ratio(k, n, k_0, n_0)
                p = float(fisher_exact([[k, n - k], [k_0, n_0 - k_0]])[1])
                for measure, value, method in (
                    ("risk_difference", risk, "newcombe"),
                    ("number_needed_to_treat", number_needed(risk), "newcombe"),
                    ("odds_ratio", odds, "score"),
                ):
                    counts = (k, n, k_0, n_0)
                    found.append((*base, measure, *counts, *value, method, p, "fisher_exact"))
    return pd.DataFrame(found, columns=DIFFERENCE_COLUMNS)


def paired_rate_differences(
    table: pd.DataFrame, rule: Rule, session: str, reference_session: str
) -> pd.DataFrame:
    """Rates of the same people at two visits, such as after drug and after placebo.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    rule : Rule
        What a response and a remission are.
    session, reference_session : str
        Visits compared: `session` minus `reference_session`.

    Returns
    -------
    DataFrame
        `PAIRED_COLUMNS`: ``risk_difference`` and ``number_needed_to_treat`` of each outcome, over
        people with a score at both visits.
    """
    table = with_outcomes(table, rule)
    found = []
    for outcome in _outcomes(table):
        known = table[table["baseline"].notna()]
        wide = known.pivot_table(outcome, "participant_id", "session_id")
        wanted = [session, reference_session]
        pairs = wide.reindex(columns=wanted).dropna().astype(bool)
        first, second = pairs[session], pairs[reference_session]
        counts = [first & second, first & ~second, ~first & second, ~first & ~second]
        cells = tuple(int(cell.sum()) for cell in counts)
        if not len(pairs):
            continue
        risk = paired_difference(*cells)
        p = mcnemar_exact(cells[1], cells[2])
        base = (session, reference_session, outcome)
        for measure, value in (
            ("risk_difference", risk),
            ("number_needed_to_treat", number_needed(risk)),
        ):
            row = (*base, measure, len(pairs), *cells, *value)
            found.append((*row, "newcombe_paired", p, "mcnemar_exact"))
    return pd.DataFrame(found, columns=PAIRED_COLUMNS)


# ---------------------------------------------------------------- statistics of counts
def risk_difference(k: int, n: int, k_reference: int, n_reference: int) -> Estimate:
    """Difference of two independent proportions with Newcombe's interval.

    Parameters
    ----------
    k, n : int
        People with the outcome, and all, of the arm.
    k_reference, n_reference : int
        People with the outcome, and all, of the reference.

    Returns
    -------
    Estimate

    References
    ----------
    Newcombe RG (1998). Interval estimation for the difference between independent proportions:
    comparison of eleven methods. Statistics in Medicine 17, 873-890 (method 10).
    """
    own = (k / n, *map(float, wilson(k, n)))
    other = (k_reference / n_reference, *map(float, wilson(k_reference, n_reference)))
    return Estimate(*mover_difference(own, other))


def paired_difference(both: int, only_first: int, only_second: int, neither: int) -> Estimate:
    """Difference of two proportions of the same people with Newcombe's paired interval.

    Parameters
    ----------
    both, only_first, only_second, neither : int
        People with the outcome under both conditions, the first alone, the second alone, neither.

    Returns
    -------
    Estimate
        First minus second.

    References
    ----------
    Newcombe RG (1998). Improved confidence intervals for the difference between binomial
    proportions based on paired data. Statistics in Medicine 17, 2635-2650 (method 10).
    """
    a, b, c, d = both, only_first, only_second, neither
    n = a + b + c + d
    p, q = (a + b) / n, (a + c) / n
    (p_low, p_high), (q_low, q_high) = wilson(a + b, n), wilson(a + c, n)
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    cross = a * d - b * c
    if cross > 0:  # continuity correction of the correlation, for positive ones alone
        cross = max(cross - n / 2, 0)
    phi = cross / np.sqrt(margins) if margins else 0.0

    def half(x: float, y: float) -> float:
        return float(np.sqrt(max(x**2 - 2 * phi * x * y + y**2, 0.0)))

    low = p - q - half(p - p_low, q_high - q)
    high = p - q + half(p_high - p, q - q_low)
    return Estimate(p - q, float(max(low, -1.0)), float(min(high, 1.0)))


def number_needed(risk: Estimate) -> Estimate:
    """Number needed to treat for one more person with the outcome.

    Parameters
    ----------
    risk : Estimate
        Risk difference.

    Returns
    -------
    Estimate
        ``1 / difference``, negative for harm, infinite for no difference. `ci_low` comes from the
        upper limit of the difference. Where the limits have opposite signs, the interval is not
        the numbers between them but those beyond: from `ci_high` (harm) to minus infinity, which
        is infinity, and down to `ci_low` (benefit).

    References
    ----------
    Altman DG (1998). Confidence intervals for the number needed to treat. BMJ 317, 1309-1312.
    """
    estimate, low, high = (1 / value if value else np.inf for value in risk)
    return Estimate(estimate, high, low)


def number_needed_text(number: Estimate) -> str:
    """Words for a number needed to treat, with benefit (NNTB) and harm (NNTH) apart.

    Parameters
    ----------
    number : Estimate
        As `number_needed` returns it.

    Returns
    -------
    str
        Such as ``NNTB 8.5 (NNTH 58.9 to infinity to NNTB 4.0)``.
    """

    def named(value: float) -> str:
        if np.isinf(value):
            return "infinity"
        return f"NNT{'B' if value > 0 else 'H'} {abs(value):.1f}"

    estimate, low, high = number
    if low > 0 > high:
        return f"{named(estimate)} ({named(high)} to infinity to {named(low)})"
    ends = (high, low) if low < 0 else (low, high)
    return f"{named(estimate)} ({named(ends[0])} to {named(ends[1])})"


def odds_ratio(k: int, n: int, k_reference: int, n_reference: int) -> Estimate:
    """Odds ratio of two independent proportions with the score interval.

    Parameters
    ----------
    k, n : int
        People with the outcome, and all, of the arm.
    k_reference, n_reference : int
        People with the outcome, and all, of the reference.

    Returns
    -------
    Estimate
        0 or infinite where a cell is empty; NaN, from 0 to infinity, where nobody or everybody has
        the outcome.

    References
    ----------
    Miettinen O, Nurminen M (1985). Comparative analysis of two rates. Statistics in Medicine 4,
    213-226.
    """
    from scipy.optimize import brentq  # takes time to import; only needed here

    a, b, c, d = k, n - k, k_reference, n_reference - k_reference
    if a + c == 0 or b + d == 0:
        return Estimate(np.nan, 0.0, np.inf)
    estimate = a * d / (b * c) if b * c else np.inf
    z = float(ndtri((1 + LEVEL) / 2))

    def excess(log_ratio: float) -> float:
        """Score statistic at an odds ratio, in which it falls: the count's distance in SDs."""
        ratio = np.exp(log_ratio)
        q = _constrained(ratio, n, n_reference, a + c)
        not_q = _constrained(1 / ratio, n, n_reference, b + d)
        odds = ratio * q / not_q
        variance = 1 / (n * odds / (1 + odds) ** 2), 1 / (n_reference * q * not_q)
        total = n + n_reference
        return (a - n * odds / (1 + odds)) * np.sqrt(sum(variance) * (total - 1) / total)

    wide = 25.0  # of the logarithm; beyond it no limit can lie
    low = 0.0 if a * d == 0 else float(np.exp(brentq(lambda x: excess(x) - z, -wide, wide)))
    high = np.inf if b * c == 0 else float(np.exp(brentq(lambda x: excess(x) + z, -wide, wide)))
    return Estimate(estimate, low, high)


def _constrained(ratio: float, n: int, n_reference: int, total: int) -> float:
    """Most likely proportion of the reference given the odds ratio and the sum of both counts."""
    # The root of a q^2 + b q - total = 0 between 0 and 1, in the form without cancellation.
    a = n_reference * (ratio - 1)
    b = n * ratio + n_reference - total * (ratio - 1)
    root = np.sqrt(b * b + 4 * a * total)
    return float(2 * total / (b + root) if b > 0 else (root - b) / (2 * a))
