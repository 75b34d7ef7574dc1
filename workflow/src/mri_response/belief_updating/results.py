"""The tables of a run, by the rules that make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.belief_updating.agents import agents_effects, agents_table, news_table
from mri_response.belief_updating.association import association_table
from mri_response.belief_updating.censoring import censored_estimates
from mri_response.belief_updating.changes import answers_table, change_table, with_mediator
from mri_response.belief_updating.effects import update_effects
from mri_response.belief_updating.mediation import mediation_table, sensitivity_table
from mri_response.belief_updating.models import evidence_table
from mri_response.belief_updating.rates import estimates, reliability
from mri_response.belief_updating.recovery import (
    model_recovery,
    parameter_recovery,
    predictive_check,
)
from mri_response.belief_updating.selection import models_table, same_table
from mri_response.belief_updating.shrinkage import fit_population, shrunk
from mri_response.belief_updating.study import (
    BeliefStudy,
    comparisons,
    exclusion_rules,
    prior_of,
)
from mri_response.belief_updating.trials import selected
from mri_response.config.belief import group_names

Config = Mapping[str, Any]
Tables = dict[str, pd.DataFrame]
#: People from which a population of learning rates is found.
FEW = 3


def _groups(people: pd.DataFrame) -> dict[str, str]:
    return dict(zip(people["participant_id"], people["group"], strict=True))


def _scale(config: Config) -> tuple[float, float]:
    return tuple(config["belief"]["scale"])


def _tenth(config: Config) -> int:
    return config["belief"]["draws"] // 10


def study_tables(config: Config, study: BeliefStudy) -> Tables:
    """Which trials and sessions are used, and news by either estimate.

    Parameters
    ----------
    config : mapping
        Section ``belief`` of the completed configuration.
    study : BeliefStudy
        What was read.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``trials`` and ``sessions`` (:func:`mri_response.belief_updating.trials.selected`),
        ``people``, and ``news`` (:func:`mri_response.belief_updating.agents.news_table`).
    """
    belief, rules = config["belief"], exclusion_rules(config["belief"])
    trials, sessions = selected(study.trials, rules, belief["news"], _scale(config))
    news = news_table(study.trials, rules, _groups(study.people), _scale(config))
    return {"trials": trials, "sessions": sessions, "people": study.people, "news": news}


def rate_tables(config: Config, trials: pd.DataFrame, people: pd.DataFrame) -> Tables:
    """Learning rates by least squares, drawn to the group's, and with answers cut at the ends.

    Parameters
    ----------
    config : mapping
        Section ``belief`` of the completed configuration.
    trials : pandas.DataFrame
        Trials with whether they are used.
    people : pandas.DataFrame
        ``participant_id`` and ``group``.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``rates``; ``reliability`` of everybody (``group`` is ``all``) and of each group;
        ``censored``; and ``shrunk``, where each session of a group with three people or more has a
        population of its own.
    """
    rates = estimates(trials, scale=_scale(config))
    group = rates["participant_id"].map(_groups(people))
    parts = []
    for _, own in rates.groupby([rates["session_id"], group], sort=False):
        if len(own.dropna(subset=["S", "A", "S_se", "A_se"])) >= FEW:
            parts.append(shrunk(own, fit_population(own)))
    of_groups = {"all": rates} | {
        name: rates[group == name] for name in group_names(config["belief"])
    }
    spread = [reliability(own).assign(group=name) for name, own in of_groups.items()]
    together = pd.concat(parts) if parts else shrunk(rates, fit_population(rates))
    return {
        "rates": rates,
        "reliability": pd.concat(spread, ignore_index=True),
        "shrunk": together.sort_index(),
        "censored": censored_estimates(trials, scale=_scale(config)),
    }


def model_tables(config: Config, trials: pd.DataFrame, people: pd.DataFrame) -> Tables:
    """Evidence of the models, their frequencies, and whether these are the same elsewhere.

    Parameters
    ----------
    config : mapping
        Section ``belief`` of the completed configuration.
    trials : pandas.DataFrame
        Trials with whether they are used.
    people : pandas.DataFrame
        ``participant_id`` and ``group``.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``evidence``, ``models`` and ``same``.
    """
    belief, groups = config["belief"], _groups(people)
    evidence = evidence_table(trials, belief["models"], prior_of(belief), _scale(config))
    return {
        "evidence": evidence,
        "models": models_table(evidence, groups, belief["prior_count"]),
        "same": same_table(evidence, groups, belief["baseline"], belief["prior_count"]),
    }


def recovery_tables(config: Config, trials: pd.DataFrame) -> Tables:
    """What these trials can tell, and whether the first family fits the answers.

    Parameters
    ----------
    config : mapping
        Sections ``belief`` and ``seed`` of the completed configuration.
    trials : pandas.DataFrame
        Trials with whether they are used.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``recovery`` (of parameters), ``model_recovery`` and ``predictions``.
    """
    belief, seed, scale = config["belief"], config["seed"], _scale(config)
    prior, draws = prior_of(belief), _tenth(config)
    return {
        "recovery": parameter_recovery(trials, n_draws=draws, seed=seed, scale=scale),
        "model_recovery": model_recovery(
            trials, belief["models"], prior, n_draws=max(draws // 2, 1), seed=seed, scale=scale
        ),
        "predictions": predictive_check(trials, prior=prior, seed=seed, scale=scale),
    }


def effect_tables(
    config: Config, trials: pd.DataFrame, rates: pd.DataFrame, people: pd.DataFrame
) -> Tables:
    """What changes with treatment, in every session after it.

    Parameters
    ----------
    config : mapping
        Section ``belief`` of the completed configuration.
    trials : pandas.DataFrame
        Trials with whether they are used.
    rates : pandas.DataFrame
        Learning rates by least squares.
    people : pandas.DataFrame
        ``participant_id``, ``group`` and the covariates.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``effects`` and ``variances`` of the mixed model, ``changes`` of learning rates, and
        ``answers``, those of the first estimates.
    """
    parts: dict[str, list] = {name: [] for name in ("effects", "variances", "changes", "answers")}
    for comparison in comparisons(config["belief"]):
        effects, variances = update_effects(trials, people, comparison)
        parts["effects"].append(effects)
        parts["variances"].append(variances)
        parts["changes"].append(change_table(rates, people, comparison))
        parts["answers"].append(answers_table(trials, people, comparison))
    return {name: pd.concat(own, ignore_index=True) for name, own in parts.items()}


def agent_tables(config: Config, trials: pd.DataFrame, people: pd.DataFrame) -> Tables:
    """What people without any bias show, by the same code.

    Parameters
    ----------
    config : mapping
        Sections ``belief`` and ``seed`` of the completed configuration.
    trials : pandas.DataFrame
        Trials with whether they are used.
    people : pandas.DataFrame
        ``participant_id``, ``group`` and the covariates.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``agents`` (updates and learning rates) and ``agents_effects`` (of the mixed model).
    """
    seed, scale = config["seed"], _scale(config)
    effects = [
        agents_effects(trials, people, comparison, _tenth(config), seed, scale)
        for comparison in comparisons(config["belief"])
    ]
    draws = config["belief"]["draws"]
    return {
        "agents": agents_table(trials, _groups(people), draws, seed, scale),
        "agents_effects": pd.concat(effects, ignore_index=True),
    }


def score_tables(config: Config, rates: pd.DataFrame, people: pd.DataFrame) -> Tables:
    """How the change of learning rates goes with that of the clinical score.

    Parameters
    ----------
    config : mapping
        Sections ``belief`` and ``seed`` of the completed configuration.
    rates : pandas.DataFrame
        Learning rates by least squares.
    people : pandas.DataFrame
        ``participant_id``, ``group``, the covariates, ``score_before`` and ``score_after``.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``association`` and, where the configuration asks for it, ``mediation`` and
        ``sensitivity``.
    """
    belief, seed = config["belief"], config["seed"]
    of = comparisons(belief)
    tables = {
        "association": association_table(
            rates, people, of, n_permutations=belief["permutations"], seed=seed
        )
    }
    mediation = belief["mediation"]
    if mediation:
        chosen = next(one for one in of if one.session == mediation["session"])
        known = with_mediator(people, rates, chosen, mediation["parameter"])
        exposure = None
        if mediation["exposure"] == "group":
            exposure = "treated"
            known[exposure] = (known["group"] == group_names(belief)[0]).astype(float)
        given = (known, exposure, belief["covariates"])
        tables["mediation"] = mediation_table(*given, mediation["bootstrap"], seed)
        tables["sensitivity"] = sensitivity_table(*given)
    return tables


def found_table(
    config: Config, tables: Mapping[str, pd.DataFrame], planted: pd.DataFrame
) -> pd.DataFrame:
    """What a simulated study planted beside what was found.

    Parameters
    ----------
    config : mapping
        Section ``belief`` of the completed configuration.
    tables : mapping of str to pandas.DataFrame
        ``changes``, ``censored`` and ``people`` of the run.
    planted : pandas.DataFrame
        As :func:`mri_response.simulation.belief_study.planted_changes` returns it.

    Returns
    -------
    pandas.DataFrame
        A row per ``session_id``, ``parameter`` and ``contrast`` that is planted, and ``method``
        (``least_squares`` or ``tobit``, which knows that answers are cut at the ends of the scale):
        ``planted``, ``found``, ``ci_low``, ``ci_high``, ``covered`` (whether the interval holds
        what was planted).
    """
    censored = [
        change_table(tables["censored"], tables["people"], comparison)
        for comparison in comparisons(config["belief"])
    ]
    keys = ["session_id", "parameter", "contrast"]
    parts = []
    for method, own in (("least_squares", tables["changes"]), ("tobit", pd.concat(censored))):
        columns = [*keys, "estimate", "ci_low", "ci_high"]
        parts.append(planted.merge(own[columns], on=keys).assign(method=method))
    out = pd.concat(parts, ignore_index=True).rename(columns={"estimate": "found"})
    out["covered"] = out["planted"].between(out["ci_low"], out["ci_high"])
    order = [*keys, "method", "planted", "found", "ci_low", "ci_high", "covered"]
    return out.sort_values(keys, kind="stable", ignore_index=True)[order]
