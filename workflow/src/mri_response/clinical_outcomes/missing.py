"""Who is missing, and between which bounds the missing people leave the rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.clinical_outcomes.effect_sizes import mean_of_people
from mri_response.clinical_outcomes.rates import Rule, risk_difference, with_outcomes
from mri_response.clinical_outcomes.visits import by_visit
from mri_response.core.proportions import wilson

PATTERN_COLUMNS = ["arm", "baseline", "pattern", "dropped_out_after", "intermittent", "n"]
FEWEST = 5  # people of whom a mean is told
MEANS = ("baseline_seen", "baseline_missing", "last_change_seen", "last_change_missing")
MISSING_COLUMNS = [
    *("visit", "session_id", "arm", "n", "n_missing", "share", "ci_low", "ci_high"),
    *(name + part for name in MEANS for part in ("", "_low", "_high", "_n")),
]
BOUND_COLUMNS = [
    *("visit", "session_id", "outcome", "arm", "reference", "missing_in_arm"),
    *("missing_in_reference", "k", "n", "k_reference", "n_reference"),
    *("estimate", "ci_low", "ci_high", "ci_method"),
]


def missing_patterns(table: pd.DataFrame) -> pd.DataFrame:
    """Which visits people have, and how many people each pattern has.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.

    Returns
    -------
    DataFrame
        `PATTERN_COLUMNS`, the most frequent of an arm first. ``pattern`` has an ``x`` for a visit
        with a score and a ``.`` for one without, in the order of time; ``dropped_out_after`` is the
        last session with a score where later ones have none (``baseline`` if there is none at all),
        and missing where the last visit has one; ``intermittent`` says that a visit without a score
        comes before one with a score.
    """
    sessions = [session for session, _ in by_visit(table)]
    found = []
    for _, own in table.sort_values("visit").groupby("participant_id", sort=False):
        seen = own["score"].notna().to_numpy()
        last = int(np.flatnonzero(seen)[-1]) if seen.any() else -1
        dropped = None if last == len(seen) - 1 else sessions[last] if last >= 0 else "baseline"
        marks = "".join("x" if known else "." for known in seen)
        baseline = bool(own["baseline"].notna().iloc[0])
        gap = not seen[: last + 1].all()
        found.append((own["arm"].iloc[0], baseline, marks, dropped, gap))
    people = pd.DataFrame(found, columns=PATTERN_COLUMNS[:-1])
    counts = people.groupby(PATTERN_COLUMNS[:-1], dropna=False, sort=False).size()
    order = {arm: i for i, arm in enumerate(dict.fromkeys(table["arm"]))}
    patterns = counts.rename("n").reset_index()
    patterns = patterns.assign(order=patterns["arm"].map(order))
    patterns = patterns.sort_values(["order", "n"], ascending=[True, False], kind="stable")
    return patterns.reset_index(drop=True)[PATTERN_COLUMNS]


def who_is_missing(table: pd.DataFrame, fewest: int = FEWEST) -> pd.DataFrame:
    """How many people have no score at each visit, and what is known of them.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    fewest : int
        People of whom a mean is told; that of fewer could be the score of one of them.

    Returns
    -------
    DataFrame
        `MISSING_COLUMNS`, by visit and arm: the share without a score with Wilson's interval; mean
        baseline of people with and without one; mean change from baseline at their last visit
        before with a score; each with Student's 95 % interval (``_low``, ``_high``) and of how
        many people it is (``_n``). Where those differ, people are not missing completely at random.
    """
    ordered = table.sort_values("visit", kind="stable")
    changes = ordered.groupby("participant_id")["change"]
    table = table.assign(last=changes.transform(lambda x: x.ffill().shift()))
    found = []
    for session, rows in by_visit(table):
        for arm, own in rows.groupby("arm", sort=False):
            gone = own["score"].isna()
            n, k = len(own), int(gone.sum())
            share = (k / n, *map(float, wilson(k, n)))
            parts = (~gone, gone)
            groups = [own.loc[part, name] for name in ("baseline", "last") for part in parts]
            means = [part for one in groups for part in _mean(one.dropna(), fewest)]
            found.append((rows["visit"].iloc[0], session, arm, n, k, *share, *means))
    return pd.DataFrame(found, columns=MISSING_COLUMNS)


def _mean(values: pd.Series, fewest: int) -> tuple[float, float, float, int]:
    """Mean, its limits and people; no mean of too few people."""
    if len(values) < fewest:
        return np.nan, np.nan, np.nan, len(values)
    return (*mean_of_people(values)[:3], len(values))


def rate_bounds(table: pd.DataFrame, rule: Rule, arm: str, reference: str) -> pd.DataFrame:
    """Differences in rates under the extreme outcomes of the people who are missing.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    rule : Rule
        What a response and a remission are.
    arm, reference : str
        Arms compared: `arm` minus `reference`.

    Returns
    -------
    DataFrame
        `BOUND_COLUMNS`: a row per combination of ``yes`` and ``no``, what every missing person of
        either arm is taken to have been. The lowest and the highest estimate are bounds that hold
        whatever the reason for missing.
    """
    table = with_outcomes(table[table["baseline"].notna()], rule)
    found = []
    for session, rows in by_visit(table):
        for outcome in ("response", "remission"):
            if outcome not in rows:
                continue
            own, other = (rows.loc[rows["arm"] == name, outcome] for name in (arm, reference))
            if own.empty or other.empty:
                continue
            for in_arm in ("no", "yes"):
                for in_reference in ("no", "yes"):
                    k = int(own.fillna(float(in_arm == "yes")).sum())
                    k_0 = int(other.fillna(float(in_reference == "yes")).sum())
                    counts = (k, len(own), k_0, len(other))
                    place = (rows["visit"].iloc[0], session, outcome, arm, reference)
                    limits = (*risk_difference(*counts), "newcombe")
                    found.append((*place, in_arm, in_reference, *counts, *limits))
    return pd.DataFrame(found, columns=BOUND_COLUMNS)
