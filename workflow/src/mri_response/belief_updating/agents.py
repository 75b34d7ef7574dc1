"""What people without bias would show: agents with the cohort's own estimates, by the same code.

Good and bad news is not dealt at random: it follows from the estimates, which people make. Agents
who treat both kinds alike therefore show an asymmetry of their own, which stands beside every
result (Shah and others 2016). Two kinds:

- ``linear``: every person moves by the own S times the error, A = 0, with the own noise;
- ``bayesian``: every person follows Bayes' rule, with the private knowledge that the own estimate
  and that for the average person imply, without noise.

Both answer in whole numbers on the scale. Where news is measured against E1, an agent of the second
kind looks optimistic if people think that they are at lower risk than others.

References
----------
Shah P, Harris AJL, Bird G, Catmur C, Hahn U (2016). A pessimistic view of optimistic belief
updating. Cognitive Psychology 90, 71-127.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.belief_updating.effects import Comparison, update_effects
from mri_response.belief_updating.models import rational, sums, used_sessions
from mri_response.belief_updating.rates import estimates, half_width, least_squares
from mri_response.belief_updating.trials import NEWS, SCALE, Rules, classified, selected
from mri_response.core.seeds import Stream, generator

AGENTS = ("linear", "bayesian")
#: Quantities of a session that agents are compared in.
QUANTITIES = ("update_good", "update_bad", "S", "A")


def agent_answers(
    used: pd.DataFrame, kind: str, rng: np.random.Generator, scale: tuple[float, float] = SCALE
) -> NDArray:
    """Second estimates of agents in place of people.

    Parameters
    ----------
    used : pandas.DataFrame
        Used trials, classified by the news that the linear agent follows.
    kind : {"linear", "bayesian"}
        Kind of agent, see the module.
    rng : numpy.random.Generator
        Where random numbers come from.
    scale : tuple of float
        Lowest and highest answer.

    Returns
    -------
    ndarray, shape (n,)
        Whole numbers on the scale.
    """
    first = used["E1"].to_numpy()
    if kind == "bayesian":
        meant = rational(first, used["eBR"].to_numpy(), used["BR"].to_numpy())
    else:
        of, _, number = used_sessions(used.assign(used=True))
        rates = estimates(of, scale=scale)
        own = rates[["S", "sigma"]].to_numpy()[number]
        meant = first + own[:, 0] * used["error"].to_numpy()
        meant = meant + np.nan_to_num(own[:, 1]) * rng.standard_normal(len(used))
    return np.clip(np.round(meant), *scale)


def agent_trials(
    trials: pd.DataFrame, kind: str, seed: int = 0, scale: tuple[float, float] = SCALE
) -> pd.DataFrame:
    """Trials of agents in place of people, for whatever takes trials of people.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it; the linear agent follows
        the news that it was made with.
    kind : {"linear", "bayesian"}
        Kind of agent, see the module; the second needs eBR.
    seed : int
        Seed of the run; every seed is a draw of the linear agents' noise.
    scale : tuple of float
        Lowest and highest answer.

    Returns
    -------
    pandas.DataFrame
        The used trials with ``E2`` and all that follows from it.
    """
    used = trials[trials["used"]]
    rng = generator(seed, Stream.BELIEF_AGENTS, 2)
    return _with_answers(used, agent_answers(used, kind, rng, scale), scale)


def _with_answers(used: pd.DataFrame, second: NDArray, scale: tuple[float, float]) -> pd.DataFrame:
    moved = second - used["E1"]
    updates = {}
    for name in ("", "_E1", "_eBR"):
        error = used[f"error{name}"]
        updates[f"update{name}"] = (moved * np.sign(error)).where(error != 0)
    out = used.assign(E2=second, **updates)
    return out.assign(
        unchanged=moved == 0, away=out["update"] < 0, at_limit=out["E2"].isin(list(scale))
    )


def session_quantities(
    classified_trials: pd.DataFrame, second: NDArray, number: NDArray[np.intp], news: str
) -> NDArray:
    """Quantities of every session of a person, for some second estimates.

    Parameters
    ----------
    classified_trials : pandas.DataFrame
        Used trials with ``error_<news>`` and ``news_<news>``.
    second : ndarray, shape (n,)
        Second estimates.
    number : ndarray of int, shape (n,)
        Number of each trial's session.
    news : {"eBR", "E1"}
        Estimate that news is measured against.

    Returns
    -------
    ndarray, shape (sessions, len(QUANTITIES))
        NaN where a session has news of one kind alone.
    """
    error = classified_trials[f"error_{news}"].to_numpy()
    kind = classified_trials[f"news_{news}"].to_numpy()
    v = (kind == "good") * 1.0 - (kind == "bad")
    moved = second - classified_trials["E1"].to_numpy()
    size = int(number.max()) + 1
    out = np.empty((size, len(QUANTITIES)))
    with np.errstate(invalid="ignore", divide="ignore"):
        for at, sign in enumerate((1, -1)):
            inside = v == sign
            total = np.bincount(number, inside * moved * np.sign(error), size)
            out[:, at] = total / np.bincount(number, inside, size)
    news_trials = v != 0
    rates = least_squares(
        sums(number[news_trials], moved[news_trials], v[news_trials], error[news_trials])
    )
    out[: len(rates), 2:] = rates[["S", "A"]]
    return out


def agents_table(
    trials: pd.DataFrame,
    groups: Mapping[str, str],
    n_draws: int = 200,
    seed: int = 0,
    scale: tuple[float, float] = SCALE,
) -> pd.DataFrame:
    """People and agents beside each other, by both definitions of news.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it.
    groups : mapping of str to str
        Group of each participant; people without one are left out.
    n_draws : int
        Draws of the linear agents' noise.
    seed : int
        Seed of the run.
    scale : tuple of float
        Lowest and highest answer.

    Returns
    -------
    pandas.DataFrame
        A row per ``news`` (``E1``, ``eBR``), ``session_id``, ``group`` and ``quantity`` of
        :data:`QUANTITIES`: ``n`` (people with both kinds of news), ``people`` (their mean), ``se``
        (of it, over people), ``ci_low``, ``ci_high`` (t), and for each kind of agent the mean,
        ``linear_low`` and ``linear_high`` (2.5 and 97.5 % of the draws of the group's mean).
        Bayesian agents need eBR and are NaN without; their second estimate has no noise, so that
        they have no limits.
    """
    used, sessions, number = used_sessions(trials[trials["participant_id"].isin(list(groups))])
    rng = generator(seed, Stream.BELIEF_AGENTS)
    group = sessions["participant_id"].map(groups).to_numpy()
    tables = []
    for news in NEWS:
        if used[news].isna().any():
            continue
        own = classified(used, news)
        drawn = {"people": session_quantities(own, own["E2"].to_numpy(), number, news)}
        if used["eBR"].notna().all():
            answers = agent_answers(own, "bayesian", rng, scale)
            drawn["bayesian"] = session_quantities(own, answers, number, news)
        drawn["linear"] = np.array(
            [
                session_quantities(own, agent_answers(own, "linear", rng, scale), number, news)
                for _ in range(n_draws)
            ]
        )
        tables += _cells(drawn, sessions["session_id"].to_numpy(), group, news)
    return pd.DataFrame(tables)


def _cells(
    drawn: dict[str, NDArray], session: NDArray, group: NDArray, news: str
) -> list[dict[str, str | float]]:
    """Rows of every session, group and quantity."""
    whole = np.isfinite(drawn["people"]).all(axis=1)
    rows = []
    for name in dict.fromkeys(session):
        for label in dict.fromkeys(group):
            inside = whole & (session == name) & (group == label)
            if not inside.any():
                continue
            for at, quantity in enumerate(QUANTITIES):
                own = drawn["people"][inside, at]
                linear = drawn["linear"][:, inside, at].mean(axis=1)
                low, high = np.quantile(linear, [0.025, 0.975])
                spread = own.std(ddof=1) if len(own) > 1 else np.nan
                half = half_width(spread, len(own))
                bayesian = drawn.get("bayesian", np.full_like(drawn["people"], np.nan))
                rows.append(
                    {
                        "news": news,
                        "session_id": name,
                        "group": label,
                        "quantity": quantity,
                        "n": len(own),
                        "people": own.mean(),
                        "se": spread / np.sqrt(len(own)),
                        "ci_low": own.mean() - half,
                        "ci_high": own.mean() + half,
                        "linear": linear.mean(),
                        "linear_low": low,
                        "linear_high": high,
                        "bayesian": bayesian[inside, at].mean(),
                    }
                )
    return rows


def agents_effects(
    trials: pd.DataFrame,
    people: pd.DataFrame,
    comparison: Comparison,
    n_draws: int = 20,
    seed: int = 0,
    scale: tuple[float, float] = SCALE,
) -> pd.DataFrame:
    """Effects of treatment that unbiased agents show, by the same mixed model.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it; agents follow the news
        that it was made with.
    people : pandas.DataFrame
        ``participant_id``, ``group`` and the covariates.
    comparison : Comparison
        Sessions, groups and covariates.
    n_draws : int
        Draws of the linear agents' noise.
    seed : int
        Seed of the run.
    scale : tuple of float
        Lowest and highest answer.

    Returns
    -------
    pandas.DataFrame
        A row per coefficient: ``baseline``, ``session_id``, ``term``, ``people`` (estimate),
        ``linear`` (mean over draws), ``linear_low``, ``linear_high`` (lowest and highest draw),
        ``bayesian`` (NaN without eBR), ``n_draws``.
    """
    known = trials[trials["participant_id"].isin(people["participant_id"])]
    used = known[known["used"]]
    rng = generator(seed, Stream.BELIEF_AGENTS, 1)

    def found(second: NDArray) -> NDArray:
        table, _ = update_effects(_with_answers(used, second, scale), people, comparison)
        return table["estimate"].to_numpy()

    table, _ = update_effects(used, people, comparison)
    out = table[["baseline", "session_id", "term"]].assign(people=table["estimate"])
    draws = [found(agent_answers(used, "linear", rng, scale)) for _ in range(n_draws)]
    out["linear"] = np.mean(draws, axis=0)
    out["linear_low"], out["linear_high"] = np.min(draws, axis=0), np.max(draws, axis=0)
    whole = used["eBR"].notna().all()
    out["bayesian"] = found(agent_answers(used, "bayesian", rng, scale)) if whole else np.nan
    return out.assign(n_draws=n_draws)


# ---------------------------------------------------------------- the two definitions of news
def news_table(
    trials: pd.DataFrame,
    rules: Rules,
    groups: Mapping[str, str],
    scale: tuple[float, float] = SCALE,
) -> pd.DataFrame:
    """News by E1 and by eBR side by side, with a warning where they disagree.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.read_trials` returns it.
    rules : Rules
        Applied under either definition.
    groups : mapping of str to str
        Group of each participant; people without one are left out.
    scale : tuple of float
        Lowest and highest answer.

    Returns
    -------
    pandas.DataFrame
        A row per session and group: ``share_differing`` (used trials whose news differs), and by
        either definition ``n_<d>`` (people), ``good_<d>`` (share of good news), ``A_<d>``,
        ``A_se_<d>`` (mean over people and its standard error); ``disagree`` and ``warning``: the
        means of A differ by more than twice the standard error of the paired difference, or their
        signs differ while one is more than two standard errors from 0. Empty without eBR.
    """
    if trials["eBR"].isna().all():
        return pd.DataFrame(columns=["session_id", "group", "warning"])
    known = trials[trials["participant_id"].isin(list(groups))]
    # Answers of one valence only end the run under the definition that was chosen; under the other
    # they may come about, and are kept.
    rules = replace(rules, one_valence=True)
    chosen = {news: selected(known, rules, news, scale)[0] for news in NEWS}
    a, good = {}, {}
    for news, own in chosen.items():
        rates = estimates(own, scale=scale).set_index(["participant_id", "session_id"])
        a[news], good[news] = rates["A"], rates["n_good"] / rates["n"]
    both = pd.concat([a["E1"], a["eBR"]], axis=1, keys=NEWS[::-1])
    session = both.index.get_level_values("session_id").to_numpy()
    label = both.index.get_level_values("participant_id").map(groups).to_numpy()
    used = chosen["eBR"][chosen["eBR"]["used"]]
    differing = used["news_E1"] != used["news_eBR"]
    rows = []
    for name in dict.fromkeys(session):
        for group in dict.fromkeys(label):
            inside = both[(session == name) & (label == group)]
            if not len(inside):
                continue
            cell = (used["session_id"] == name) & (used["participant_id"].map(groups) == group)
            row = {"session_id": name, "group": group, "share_differing": differing[cell].mean()}
            for news in NEWS:
                own = inside[news].dropna()
                row[f"n_{news}"] = len(own)
                row[f"good_{news}"] = good[news].reindex(own.index).mean()
                row[f"A_{news}"], row[f"A_se_{news}"] = own.mean(), own.sem()
            rows.append(row | _disagreement(inside, row))
    return pd.DataFrame(rows)


def _disagreement(inside: pd.DataFrame, row: dict) -> dict[str, bool | str]:
    gap = (inside["E1"] - inside["eBR"]).dropna()
    apart = abs(gap.mean()) > 2 * gap.sem()
    firm = any(abs(row[f"A_{news}"]) > 2 * row[f"A_se_{news}"] for news in NEWS)
    opposed = firm and row["A_E1"] * row["A_eBR"] < 0
    text = ""
    if apart or opposed:
        text = (
            f"the asymmetry is {row['A_E1']:.3f} where news is measured against E1 and "
            f"{row['A_eBR']:.3f} against eBR: the first can come from private knowledge of the own "
            "risk without any bias"
        )
    return {"disagree": bool(apart or opposed), "warning": text}
