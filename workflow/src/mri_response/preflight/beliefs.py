"""Checks of the trials of belief updating, and what is said of them at the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.belief_updating.association import association_table
from mri_response.belief_updating.changes import with_mediator
from mri_response.belief_updating.effects import compared_trials
from mri_response.belief_updating.mediation import sensitivity_table
from mri_response.belief_updating.models import evidence_table
from mri_response.belief_updating.rates import estimates
from mri_response.belief_updating.study import (
    comparisons,
    exclusion_rules,
    prior_of,
    read_study,
)
from mri_response.belief_updating.trials import selected
from mri_response.config.belief import group_names
from mri_response.config.queries import belief_features
from mri_response.core.errors import InputError
from mri_response.features.belief import belief_features as values_of
from mri_response.inputs.covariates import check_covariates


def check_beliefs(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Check trials, groups, scores and sessions as the jobs will need them.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.

    Returns
    -------
    list of str
        Lines that say what is used; none without the section ``belief``.

    Raises
    ------
    InputError
        For the first mistake.
    """
    belief = config["belief"]
    if not belief:
        return []
    study, scale = read_study(config), tuple(belief["scale"])
    trials, sessions = selected(study.trials, exclusion_rules(belief), belief["news"], scale)
    if trials["E1"].eq(trials["E2"]).all():
        raise InputError(
            "config: belief: found the same E1 and E2 in every trial, expected second estimates "
            "that differ from the first in some; correct the columns E2 of the tables of trials"
        )
    evidence_table(trials, belief["models"], prior_of(belief), scale)
    _check_covariates(config, study.people)
    for comparison in comparisons(belief):
        compared_trials(trials, study.people, comparison)
    rates = estimates(trials, scale=scale)
    if belief["score"]:
        _check_score(belief, rates, study.people)
    for spec in belief_features(config).values():
        for rows in people.values():
            values_of(rows, rates, spec)
    return _lines(belief, study.people, sessions)


def _check_covariates(config: Mapping[str, Any], people: pd.DataFrame) -> None:
    """Whether covariates differ between people, within groups, and people of each have them."""
    belief, cohorts = config["belief"], config["cohorts"]
    named = belief["covariates"]
    if not named:
        return
    tables = dict.fromkeys(cohorts[name]["participants"] for name in people["cohort"].unique())
    path, groups = ", ".join(tables), group_names(belief)
    beside = [people["group"].eq(group).to_numpy(float) for group in groups[1:]]
    columns = {name: people[name].to_numpy(float) for name in named}
    check_covariates(columns, path, "belief.covariates", beside, "the group" if beside else None)
    known = people[people[named].notna().all(axis=1)]
    for group in groups:
        n = int(known["group"].eq(group).sum())
        if n < 2:
            raise InputError(
                f"{path}: found {n} people of group {group!r} with all covariates "
                f"({', '.join(named)}), expected two or more; fill the columns, or leave "
                "covariates out (belief.covariates)"
            )


def _check_score(belief: Mapping[str, Any], rates: pd.DataFrame, people: pd.DataFrame) -> None:
    """Whether enough people have a score: with one permutation, and no bootstrap sample."""
    of = comparisons(belief)
    association_table(rates, people, of, n_permutations=1)
    mediation = belief["mediation"]
    if mediation:
        chosen = next(one for one in of if one.session == mediation["session"])
        known = with_mediator(people, rates, chosen, mediation["parameter"])
        known["treated"] = (known["group"] == group_names(belief)[0]).astype(float)
        exposure = "treated" if mediation["exposure"] == "group" else None
        sensitivity_table(known, exposure, belief["covariates"])


def _lines(belief: Mapping[str, Any], people: pd.DataFrame, sessions: pd.DataFrame) -> list[str]:
    counts = people["group"].value_counts()
    who = ", ".join(f"{counts[group]} {group}" for group in group_names(belief))
    out = sessions[~sessions["used"]]
    more = f", {len(out)} not used" if len(out) else ""
    lines = [f"belief updating: {len(people)} people ({who}), {len(sessions)} sessions{more}"]
    without = int(people[belief["covariates"]].isna().any(axis=1).sum())
    if without:
        lines.append(
            f"  left out of models with covariates: one of {', '.join(belief['covariates'])} is "
            f"missing ({without})"
        )
    reasons = out["reason"].value_counts()
    return [*lines, *(f"  session not used: {reason} ({n})" for reason, n in reasons.items())]


def belief_warnings(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """What weakens results on belief updating from the start.

    Parameters
    ----------
    config : mapping
        Section ``belief`` of the completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort, which these warnings do not depend on.

    Returns
    -------
    list of str
        A sentence each.
    """
    if config["belief"]["news"] == "eBR":
        return []
    return [
        "belief.news: news is measured against E1, so that people with private knowledge of their "
        "own risk and without any bias show an asymmetry; measure it against eBR where it was "
        "asked for, and read belief_agents.tsv beside every result"
    ]
