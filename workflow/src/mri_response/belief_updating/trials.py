"""Trials of the belief-updating task: read, news, estimation errors, updates, and what is not used.

On a trial a person estimates the own risk of an event (`E1`) and, in newer versions, that of the
average person (`eBR`), is shown the base rate (`BR`), and estimates the own risk again (`E2`).
News is good if the base rate is better than the estimate it is measured against. Updates are signed
towards the news: an update away from it is negative, is counted, and stays in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten
from mri_response.inputs.tables import check_ids, numbers, read_table
from mri_response.inputs.text import PLAIN, TableFormat

#: Lowest and highest answer that the published task accepts, in percent.
SCALE = (3.0, 77.0)
#: Estimates that news can be measured against.
NEWS = ("eBR", "E1")
KEYS = ["participant_id", "session_id"]
REQUIRED = (*KEYS, "event", "event_valence", "E1", "BR", "E2")
#: Sign of a base rate above the estimate as news: bad for adverse events, good for desirable ones.
VALENCE = {"adverse": -1.0, "desirable": 1.0}
RATINGS = (
    *("rt_E1", "rt_E2", "BR_recall", "familiarity", "experience", "vividness", "negativity"),
    "confidence",
)


@dataclass(frozen=True)
class Rules:
    """Which trials and people are not used; fixed before the answers are seen.

    Attributes
    ----------
    limits : mapping of str to (float or None, float or None)
        Lowest and highest accepted value of a column of numbers, such as ``rt_E1``; a trial outside
        is not used, one without the value is.
    people : sequence of str
        Participants who are left out in all sessions.
    min_trials : int
        Good-news and bad-news trials that a person needs in a session.
    one_answer : bool
        Leave a session out in which all first or all second estimates are equal.
    recall : bool
        Leave a session out in which the recalled base rates are no nearer to those shown than if
        they had been given to events at random (needs the column ``BR_recall``).
    one_valence : bool
        Leave people out who have good or bad news alone in all sessions, in place of an error. That
        is as a rule a mistake in the table, but who thinks of the own risk as very low can have bad
        news alone where it is measured against E1.
    """

    limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    people: Sequence[str] = ()
    min_trials: int = 10
    one_answer: bool = True
    recall: bool = False
    one_valence: bool = False


# ---------------------------------------------------------------- the user's table
def read_trials(
    path: str | os.PathLike[str],
    sessions: Sequence[str],
    scale: tuple[float, float] = SCALE,
    form: TableFormat = PLAIN,
) -> pd.DataFrame:
    """Read one cohort's trials.

    Parameters
    ----------
    path : path-like
        Table with the columns :data:`REQUIRED`; ``eBR``, ``trial`` and :data:`RATINGS` may be
        there. Estimates and base rates are percentages from 0 to 100.
    sessions : sequence of str
        Sessions in the order of time.
    scale : tuple of float
        Lowest and highest answer that the task accepts.
    form : TableFormat
        How the file is written.

    Returns
    -------
    pandas.DataFrame
        ``participant_id``, ``session_id``, ``trial`` (counted from 1 in the order of the file where
        the table has none), ``event``, ``event_valence``, ``E1``, ``eBR`` (NaN where not asked),
        ``BR``, ``E2``, then those of :data:`RATINGS` that are there.

    Raises
    ------
    InputError
        If an answer lies outside the scale, an event has no base rate, a valence is neither adverse
        nor desirable, a session is unknown or stands out of order, or a row is repeated.
    """
    raw = read_table(path, REQUIRED, form)
    check_ids(raw, path, [*KEYS, "event"])
    present = ["E1", "eBR", "BR", "E2", *RATINGS]
    values = {name: numbers(raw, name, path) for name in present if name in raw}
    trials = raw[[*KEYS, "event", "event_valence"]].assign(**values)
    if "eBR" not in trials:
        trials["eBR"] = np.nan
    _check_valence(trials, path)
    _check_sessions(trials, sessions, path)
    for name in ("E1", "eBR", "E2"):
        _check_range(trials[name], scale, path, "the scale of answers")
    _check_range(trials["BR"], (0.0, 100.0), path, "percentages")
    bare = trials.groupby("event")["BR"].transform("count") == 0
    if bare.any():
        line = int(bare.idxmax())
        raise InputError(
            f"{path}: line {line}: event {trials.loc[line, 'event']!r}: found no base rate in any "
            "row, expected the BR that was shown; fill the column BR or remove the event"
        )
    number = trials.groupby(KEYS).cumcount() + 1
    trials.insert(2, "trial", numbers(raw, "trial", path) if "trial" in raw else number)
    order = [*KEYS, "trial", "event", "event_valence", "E1", "eBR", "BR", "E2"]
    return trials[[*order, *(name for name in RATINGS if name in trials)]].reset_index(drop=True)


def _check_valence(trials: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    wrong = ~trials["event_valence"].isin(list(VALENCE))
    if wrong.any():
        line = int(wrong.idxmax())
        found = trials.loc[line, "event_valence"]
        raise InputError(
            f"{path}: line {line}: column event_valence: found {found!r}, expected 'adverse' or "
            "'desirable'; correct it"
        )


def _check_sessions(
    trials: pd.DataFrame, sessions: Sequence[str], path: str | os.PathLike[str]
) -> None:
    unknown = ~trials["session_id"].isin(list(sessions))
    if unknown.any():
        line = int(unknown.idxmax())
        raise InputError(
            f"{path}: line {line}: found session_id {trials.loc[line, 'session_id']!r}, expected "
            f"one of {shorten(sessions)}; add it to the sessions or remove its rows"
        )
    rank = trials["session_id"].map({name: at for at, name in enumerate(sessions)})
    backwards = rank.groupby(trials["participant_id"]).diff() < 0
    if backwards.any():
        line = int(backwards.idxmax())
        row = trials.loc[line]
        raise InputError(
            f"{path}: line {line}: found session {row['session_id']!r} of {row['participant_id']!r}"
            f" after a later one, expected the order {shorten(sessions)}; sort the rows or correct "
            "the order of the sessions"
        )


def _check_range(
    values: pd.Series, limits: tuple[float, float], path: str | os.PathLike[str], what: str
) -> None:
    outside = (values < limits[0]) | (values > limits[1])
    if outside.any():
        line = int(outside.idxmax())
        raise InputError(
            f"{path}: line {line}: column {values.name}: found {values[line]:g}, expected "
            f"{limits[0]:g} to {limits[1]:g} ({what}); correct it or the scale"
        )


# ---------------------------------------------------------------- news, errors, updates
def classified(trials: pd.DataFrame, news: str = "eBR") -> pd.DataFrame:
    """Add news, estimation error and signed update to trials.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`read_trials` returns it.
    news : {"eBR", "E1"}
        The estimate that news is measured against in the columns without a suffix.

    Returns
    -------
    pandas.DataFrame
        The trials with, by either estimate, ``error_E1``, ``error_eBR`` (base rate minus estimate),
        ``news_E1``, ``news_eBR`` (``good``, ``bad``, ``none`` where the error is 0, NaN where it is
        missing), ``update_E1``, ``update_eBR`` (second minus first estimate, positive towards the
        news; NaN without news), and ``error``, ``news``, ``update``, ``v`` (1 good, -1 bad news,
        0 otherwise) by the chosen one.
    """
    out = trials.copy()
    sign = out["event_valence"].map(VALENCE)
    moved = out["E2"] - out["E1"]
    for name in ("E1", "eBR"):
        error = out["BR"] - out[name]
        v = sign * np.sign(error)
        out[f"error_{name}"] = error
        out[f"news_{name}"] = v.map({1.0: "good", -1.0: "bad", 0.0: "none"}).astype(object)
        out[f"update_{name}"] = (moved * np.sign(error)).where(error != 0)
    for name in ("error", "news", "update"):
        out[name] = out[f"{name}_{news}"]
    out["v"] = out["news"].map({"good": 1.0, "bad": -1.0}).fillna(0.0)
    return out


def selected(
    trials: pd.DataFrame, rules: Rules, news: str = "eBR", scale: tuple[float, float] = SCALE
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every trial with whether it is used, and every session of a person with its counts.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`read_trials` returns it.
    rules : Rules
        Which trials and people are left out.
    news : {"eBR", "E1"}
        Estimate that news is measured against.
    scale : tuple of float
        Lowest and highest answer.

    Returns
    -------
    trials : pandas.DataFrame
        As :func:`classified` returns it, with ``unchanged`` (E2 = E1), ``away`` (moved away from
        the news), ``at_limit`` (E2 on the lowest or highest answer), ``used`` and ``reason`` (why
        not, NaN for used trials).
    sessions : pandas.DataFrame
        A row per person and session: ``n_trials``, ``n_good``, ``n_bad``, ``n_unchanged``,
        ``n_away``, ``n_lowest``, ``n_highest`` (E2 on a limit) among trials that pass the rules of
        trials, ``n_differing`` (news by E1 and by eBR differ), ``used``, ``reason``.

    Raises
    ------
    InputError
        If a rule names a column that is missing, nobody has the estimate that news is measured
        against, or a person who is not left out has good or bad news alone in all sessions, so that
        scaling and asymmetry cannot be told apart.
    """
    _check_rules(trials, rules, news)
    out = classified(trials, news)
    out["unchanged"], out["away"] = out["E2"] == out["E1"], out["update"] < 0
    out["at_limit"] = out["E2"].isin(scale)
    reason = _reasons_of_trials(out, rules, news)
    sessions = _sessions(out[reason.isna()], trials, scale)
    named = sessions["participant_id"].isin(list(rules.people))
    sessions["reason"] = pd.Series(np.nan, index=sessions.index, dtype=object)
    sessions.loc[named, "reason"] = "left out by name"
    if not rules.one_valence:
        _check_valences(sessions)
    for text, met in _rules_of_people(out[reason.isna()], sessions, rules).items():
        sessions["reason"] = sessions["reason"].mask(sessions["reason"].isna() & met, text)
    sessions.insert(len(sessions.columns) - 1, "used", sessions["reason"].isna())
    index = pd.MultiIndex.from_frame(out[KEYS])
    own = sessions.set_index(KEYS)["reason"].reindex(index).to_numpy(object)
    out["reason"] = reason.where(reason.notna(), pd.Series(own, index=out.index, dtype=object))
    out.insert(len(out.columns) - 1, "used", out["reason"].isna())
    return out, sessions


def _check_rules(trials: pd.DataFrame, rules: Rules, news: str) -> None:
    if trials[news].isna().all():
        raise InputError(
            f"news measured against {news}: found no value in the column {news} of the trials, "
            "expected estimates; measure news against E1, or add the column"
        )
    wanted = [*rules.limits, *(["BR_recall"] if rules.recall else [])]
    for name in wanted:
        if name not in trials:
            raise InputError(
                f"exclusion rules of trials: found no column {name!r}, expected it in the table of "
                "trials; add the column or remove the rule"
            )
    unknown = sorted(set(rules.people) - set(trials["participant_id"]))
    if unknown:
        raise InputError(
            f"exclusion rules of people: found {shorten(unknown)}, expected participants of the "
            "table of trials; correct the names"
        )


def _reasons_of_trials(out: pd.DataFrame, rules: Rules, news: str) -> pd.Series:
    reason = pd.Series(np.nan, index=out.index, dtype=object)
    tests = {f"{name} is missing": out[name].isna() for name in dict.fromkeys(["E1", news])}
    tests |= {f"{name} is missing": out[name].isna() for name in ("BR", "E2")}
    tests["no news: the base rate equals the estimate"] = out["error"] == 0
    for name, (low, high) in rules.limits.items():
        if low is not None:
            tests[f"{name} below {low:g}"] = out[name] < low
        if high is not None:
            tests[f"{name} above {high:g}"] = out[name] > high
    for text, met in tests.items():
        reason = reason.mask(reason.isna() & met, text)
    return reason


def _sessions(
    passed: pd.DataFrame, trials: pd.DataFrame, scale: tuple[float, float]
) -> pd.DataFrame:
    """Counts per person and session, of trials that pass the rules of trials."""
    counted = passed[KEYS].assign(
        n_good=passed["news"] == "good",
        n_bad=passed["news"] == "bad",
        n_unchanged=passed["unchanged"],
        n_away=passed["away"],
        n_lowest=passed["E2"] == scale[0],
        n_highest=passed["E2"] == scale[1],
        n_differing=(passed["news_E1"] != passed["news_eBR"]) & passed["eBR"].notna(),
    )
    counts = counted.groupby(KEYS).sum().astype(int)
    whole = trials.groupby(KEYS, sort=False).size().rename("n_trials")
    return whole.to_frame().join(counts).fillna(0).astype(int).reset_index()


def _check_valences(sessions: pd.DataFrame) -> None:
    open_ = sessions[sessions["reason"].isna()]
    totals = open_.groupby("participant_id", sort=False)[["n_good", "n_bad"]].sum()
    one = totals[(totals["n_good"] == 0) ^ (totals["n_bad"] == 0)]
    if len(one):
        row = one.iloc[0]
        raise InputError(
            f"trials: participant {row.name!r}: found {'good' if row['n_good'] else 'bad'} news "
            f"alone ({row.sum()} trials), expected both; check event_valence and BR, or leave the "
            "person out by name"
        )


def _rules_of_people(
    passed: pd.DataFrame, sessions: pd.DataFrame, rules: Rules
) -> dict[str, pd.Series]:
    index = pd.MultiIndex.from_frame(sessions[KEYS])
    tests = {
        f"fewer than {rules.min_trials} trials with {kind} news": sessions[f"n_{kind}"]
        < rules.min_trials
        for kind in ("good", "bad")
    }
    groups = passed.groupby(KEYS)
    if rules.one_answer:
        for name in ("E1", "E2"):
            same = groups[name].nunique().reindex(index) == 1
            tests[f"every {name} is the same"] = pd.Series(same.to_numpy(), sessions.index)
    if rules.recall:
        worse = {key: _no_better_than_chance(own) for key, own in groups}
        met = [worse.get(key, False) for key in index]
        tests["base rates recalled no better than by chance"] = pd.Series(met, sessions.index)
    return tests


def _no_better_than_chance(own: pd.DataFrame) -> bool:
    """Whether recall errs as much as its mean over all ways to give the answers to events."""
    known = own.dropna(subset=["BR_recall"])
    recalled, shown = known["BR_recall"].to_numpy(), known["BR"].to_numpy()
    if not len(known):
        return False
    return np.abs(recalled - shown).mean() >= np.abs(recalled[:, None] - shown).mean()
