"""Single items of a scale, such as suicidal thoughts: change, worsening, the total without them.

An item has few values, most people have low ones, and a falling total may hide one that rises.
Hence: changes by ranks, the share of people with a low item and the share of those who got worse in
rows of their own, and people who had the symptom to begin with as a set of their own. That set is
chosen by its own baseline, so that its item falls on average even without any treatment.

Items: MADRS 10 (suicidal thoughts, 0 to 6), HAM-D 3 (suicide, 0 to 4), or a column of one's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mri_response.clinical_outcomes.effect_sizes import mean_of_people
from mri_response.clinical_outcomes.rates import risk_difference
from mri_response.clinical_outcomes.visits import by_visit
from mri_response.core.errors import InputError
from mri_response.core.proportions import wilson

CHANGE_COLUMNS = [
    *("visit", "session_id", "arm", "people", "n", "baseline_mean", "mean"),
    *("mean_change", "mean_change_low", "mean_change_high", "ci_method"),
    *("median_change", "p_value", "p_method", "suppressed"),
]
SHARE_COLUMNS = [
    *("visit", "session_id", "arm", "people", "share", "k", "n"),
    *("estimate", "ci_low", "ci_high", "ci_method", "suppressed"),
]
DIFFERENCE_COLUMNS = [
    *("visit", "session_id", "arm", "reference", "people", "share"),
    *("k", "n", "k_reference", "n_reference"),
    *("estimate", "ci_low", "ci_high", "ci_method", "suppressed"),
]


class ItemRule(NamedTuple):
    """What is looked at in an item.

    Attributes
    ----------
    low : float
        Highest value at which the symptom counts as absent.
    present : float
        Lowest baseline of people who had the symptom to begin with.
    min_cell : int
        Fewest people of whom a number is given. A share is hidden where between 1 and
        ``min_cell - 1`` people have it, or have it not: single people could be recognised. None and
        everybody are told.
    """

    low: float = 1.0
    present: float = 2.0
    min_cell: int = 5


def item_changes(table: pd.DataFrame, rule: ItemRule) -> pd.DataFrame:
    """Change of an item from baseline by visit and arm, with the signed rank test.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it for the item's values.
    rule : ItemRule
        What is looked at.

    Returns
    -------
    DataFrame
        `CHANGE_COLUMNS`; ``people`` is ``everybody`` or ``present_at_baseline``. Numbers are
        missing where ``suppressed``. The limits of the mean are Student's, as those of scales
        (`mri_response.clinical_outcomes.effect_sizes.mean_of_people`), and p is by ranks, since an
        item has few values: they need not agree at the edge.
    """
    found = []
    for place, rows in _sets(table, rule):
        hidden = len(rows) < rule.min_cell
        means, tests = [np.nan] * 5, [np.nan] * 2
        if not hidden:
            change = rows["change"]
            means = [rows["baseline"].mean(), rows["score"].mean(), *mean_of_people(change)[:3]]
            tests = [change.median(), signed_rank_p(change)]
        test = (*tests, "wilcoxon_signed_rank_exact", hidden)
        found.append((*place, len(rows), *means, "student_t", *test))
    return pd.DataFrame(found, columns=CHANGE_COLUMNS)


def item_shares(table: pd.DataFrame, rule: ItemRule) -> pd.DataFrame:
    """Shares of people with a low item, of those who got better and of those who got worse.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it for the item's values.
    rule : ItemRule
        What is looked at.

    Returns
    -------
    DataFrame
        `SHARE_COLUMNS`; ``share`` is ``low``, ``improved`` or ``worsened``. Where ``suppressed``,
        `k` and the estimate are missing: fewer than ``min_cell`` people, but at least one, have it
        or have it not.
    """
    found = []
    for place, rows in _sets(table, rule):
        for name, reached in _shares(rows, rule).items():
            k, n = int(reached.sum()), len(rows)
            if _small(k, n, rule):
                found.append((*place, name, np.nan, n, *[np.nan] * 3, "wilson", True))
            else:
                limits = (k / n, *map(float, wilson(k, n)))
                found.append((*place, name, k, n, *limits, "wilson", False))
    return pd.DataFrame(found, columns=SHARE_COLUMNS)


def item_differences(table: pd.DataFrame, rule: ItemRule, arm: str, reference: str) -> pd.DataFrame:
    """Differences between arms in the shares of `item_shares`.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it for the item's values.
    rule : ItemRule
        What is looked at.
    arm, reference : str
        Arms compared: `arm` minus `reference`.

    Returns
    -------
    DataFrame
        `DIFFERENCE_COLUMNS`, with Newcombe's interval; suppressed where the share of either arm is.
    """
    sets = {place: rows for place, rows in _sets(table, rule) if place[2] in (arm, reference)}
    found = []
    for (visit, session, own_arm, people), rows in sets.items():
        other = sets.get((visit, session, reference, people))
        if own_arm != arm or other is None:
            continue
        for name, reached in _shares(rows, rule).items():
            k, n = int(reached.sum()), len(rows)
            k_0, n_0 = int(_shares(other, rule)[name].sum()), len(other)
            hidden = _small(k, n, rule) or _small(k_0, n_0, rule)
            numbers = (np.nan,) * 3 if hidden else risk_difference(k, n, k_0, n_0)
            counts = (np.nan, n, np.nan, n_0) if hidden else (k, n, k_0, n_0)
            place = (visit, session, arm, reference, people, name)
            found.append((*place, *counts, *numbers, "newcombe", hidden))
    return pd.DataFrame(found, columns=DIFFERENCE_COLUMNS)


def total_without(totals: pd.DataFrame, item: pd.DataFrame) -> pd.DataFrame:
    """Scores of a scale without one of its items.

    A change of the total that is the item's own says nothing about the rest.

    Parameters
    ----------
    totals, item : DataFrame
        ``participant_id``, ``session_id``, ``score``: of the scale and of the item.

    Returns
    -------
    DataFrame
        As `totals`, less the item; missing where either is.

    Raises
    ------
    InputError
        If an item is above the total of its scale.
    """
    keys = ["participant_id", "session_id"]
    both = totals.merge(item.rename(columns={"score": "item"}), on=keys, how="left")
    wrong = both["item"] > both["score"]
    if wrong.any():
        row = both[wrong].iloc[0]
        raise InputError(
            f"found an item of {row['item']:g} above the total of "
            f"{row['score']:g} for {row['participant_id']} at {row['session_id']}, expected an "
            "item of that scale; correct clinical_outcomes.scales in the config or the table"
        )
    return both.assign(score=both["score"] - both["item"])[[*keys, "score"]]


def signed_rank_p(changes: ArrayLike) -> float:
    """Exact two-sided p of Wilcoxon's signed rank test, ties included.

    The distribution is that over all signs of the observed changes, of which ties have their mean
    rank; changes of 0 are left out, as Wilcoxon has it.

    Parameters
    ----------
    changes : array_like, shape (n,)
        Differences without missing ones.

    Returns
    -------
    float
        1 where nobody changed.

    References
    ----------
    Wilcoxon F (1945). Individual comparisons by ranking methods. Biometrics Bulletin 1, 80-83.
    """
    from scipy.stats import rankdata  # takes time to import; only needed here

    changes = np.asarray(changes, float)
    changes = changes[changes != 0]
    # Mean ranks are multiples of a half: twice the ranks are whole numbers.
    doubled = np.rint(2 * rankdata(np.abs(changes))).astype(int)
    probability = np.ones(1)
    for rank in doubled:
        shifted = np.zeros(len(probability) + rank)
        shifted[: len(probability)] += probability / 2
        shifted[rank:] += probability / 2
        probability = shifted
    observed = int(doubled[changes > 0].sum())
    tail = min(probability[: observed + 1].sum(), probability[observed:].sum())
    return float(min(1.0, 2 * tail))


def _sets(table: pd.DataFrame, rule: ItemRule) -> Iterator[tuple[tuple, pd.DataFrame]]:
    """Visit, session, arm and set of people, with its rows of people who have both values."""
    for session, rows in by_visit(table):
        for arm, own in rows.groupby("arm", sort=False):
            pairs = own.dropna(subset=["baseline", "score"])
            had = pairs[pairs["baseline"] >= rule.present]
            for people, part in (("everybody", pairs), ("present_at_baseline", had)):
                if len(part):
                    yield (rows["visit"].iloc[0], session, arm, people), part


def _shares(rows: pd.DataFrame, rule: ItemRule) -> dict[str, pd.Series]:
    return {
        "low": rows["score"] <= rule.low,
        "improved": rows["change"] < 0,
        "worsened": rows["change"] > 0,
    }


def _small(k: int, n: int, rule: ItemRule) -> bool:
    """Whether a count, or what is left of all, could be made out as single people."""
    return n < rule.min_cell or 0 < k < rule.min_cell or 0 < n - k < rule.min_cell
