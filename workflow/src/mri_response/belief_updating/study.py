"""The people and trials of a run: read, joined, and what the configuration says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mri_response.belief_updating.changes import with_scores
from mri_response.belief_updating.effects import Comparison
from mri_response.belief_updating.models import Prior
from mri_response.belief_updating.trials import Rules, read_trials
from mri_response.config.belief import EVERYBODY, group_names
from mri_response.core.errors import InputError
from mri_response.core.tables import and_more, shorten, suggestion
from mri_response.inputs.joins import check_levels, check_same_ids
from mri_response.inputs.measured import measured
from mri_response.inputs.sources.people_tables import (
    participants_format,
    read_people_table,
    scores_path,
)
from mri_response.inputs.tables import require_columns
from mri_response.people.outcomes.scores import scores_of_cohort


@dataclass(frozen=True, eq=False)
class BeliefStudy:
    """What was read of all cohorts with trials.

    Attributes
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.read_trials` returns it, of people in a group.
    people : pandas.DataFrame
        A row per person with trials and in a group: ``participant_id``, ``cohort``, ``group``, the
        covariates as numbers and, where the configuration names a score, ``score_before`` and
        ``score_after``.
    """

    trials: pd.DataFrame
    people: pd.DataFrame


# ---------------------------------------------------------------- what the configuration says
def comparisons(belief: Mapping[str, Any]) -> list[Comparison]:
    """Every session after treatment with the one before it.

    Parameters
    ----------
    belief : mapping
        Section ``belief`` of the completed configuration.

    Returns
    -------
    list of Comparison
        In the order of the sessions.
    """
    groups, covariates = group_names(belief), tuple(belief["covariates"])
    return [
        Comparison(belief["baseline"], session, groups, covariates)
        for session in belief["sessions"]
    ]


def exclusion_rules(belief: Mapping[str, Any]) -> Rules:
    """Which trials and people are not used.

    Parameters
    ----------
    belief : mapping
        Section ``belief`` of the completed configuration.

    Returns
    -------
    Rules
    """
    given = belief["exclude"]
    return Rules(
        limits={name: tuple(limits) for name, limits in given["limits"].items()},
        people=tuple(given["participants"]),
        min_trials=belief["min_trials"],
        one_answer=given["one_answer"],
        recall=given["recall"],
    )


def prior_of(belief: Mapping[str, Any]) -> Prior:
    """Prior of a person's parameters.

    Parameters
    ----------
    belief : mapping
        Section ``belief`` of the completed configuration.

    Returns
    -------
    Prior
    """
    given = belief["prior"]
    return Prior(tuple(given["mean"]), given["sd"], given["noise_sd"])


# ---------------------------------------------------------------- the user's tables
def read_study(config: Mapping[str, Any]) -> BeliefStudy:
    """Read trials, groups, covariates and scores of all cohorts that have trials.

    Parameters
    ----------
    config : mapping
        Sections ``belief``, ``sessions`` and ``cohorts`` of the completed configuration.

    Returns
    -------
    BeliefStudy

    Raises
    ------
    InputError
        If a table has a mistake, somebody with trials is not in the participants table or in two
        cohorts, a group has nobody, or a covariate is no number.
    """
    belief, trials, people = config["belief"], [], []
    for name, cohort in config["cohorts"].items():
        if cohort["trials"] is None:
            continue
        own = trials_of_cohort(config, name)
        trials.append(own)
        people.append(_people_of_cohort(belief, name, cohort, own))
    everybody = pd.concat(people, ignore_index=True)
    twice = everybody["participant_id"].duplicated()
    if twice.any():
        person = everybody.loc[twice, "participant_id"].iloc[0]
        cohorts = everybody.loc[everybody["participant_id"] == person, "cohort"]
        raise InputError(
            f"{config['cohorts'][cohorts.iloc[1]]['trials']}: found participant_id {person!r} in "
            f"cohorts {' and '.join(cohorts)}, expected each person in one; rename or remove one"
        )
    kept = _of_groups(config, everybody)
    known = pd.concat(trials, ignore_index=True)
    known = known[known["participant_id"].isin(kept["participant_id"])]
    return BeliefStudy(known.reset_index(drop=True), kept)


def trials_of_cohort(config: Mapping[str, Any], name: str) -> pd.DataFrame:
    """Read the trials of one cohort, in the format of its tables.

    Parameters
    ----------
    config : mapping
        Sections ``belief``, ``sessions`` and ``cohorts`` of the completed configuration.
    name : str
        A cohort with trials.

    Returns
    -------
    pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.read_trials` returns it.

    Raises
    ------
    InputError
        If the table has a mistake.
    """
    cohort, scale = config["cohorts"][name], tuple(config["belief"]["scale"])
    form = participants_format(cohort).form
    return read_trials(cohort["trials"], config["sessions"], scale, form)


def _people_of_cohort(
    belief: Mapping[str, Any], name: str, cohort: Mapping[str, Any], trials: pd.DataFrame
) -> pd.DataFrame:
    """People of one cohort's trials with what is said of them elsewhere."""
    path, column = cohort["participants"], (belief["group"] or {}).get("column")
    table = read_people_table(path, participants_format(cohort), strict=False)
    require_columns(table, [*filter(None, [column]), *belief["covariates"]], path)
    _check_known(trials["participant_id"], table["participant_id"], path, cohort["trials"])
    values = {covariate: measured(table, covariate, path) for covariate in belief["covariates"]}
    group = table[column] if column else EVERYBODY
    if column:
        check_levels(table[column], group_names(belief), path, "belief.group")
    rows = table[["participant_id"]].assign(cohort=name, group=group, **values)
    known = rows["participant_id"].isin(trials["participant_id"])
    rows = rows[known].drop_duplicates("participant_id")
    return _with_scores(rows, belief, cohort) if belief["score"] else rows


def _check_known(found: pd.Series, known: pd.Series, path: str, trials_path: str) -> None:
    people = found.unique()
    check_same_ids(known.dropna().unique(), people, path, trials_path)
    unknown = [person for person in people if person not in set(known)]
    if unknown:
        raise InputError(
            f"{trials_path}: found participant_id {unknown[0]!r}"
            f"{and_more(len(unknown), 'people')}, expected people of {path}, which has "
            f"{shorten(known.unique(), 3)}; {suggestion(unknown[0], known.dropna())}add the person "
            "there or remove the rows"
        )


def _with_scores(
    rows: pd.DataFrame, belief: Mapping[str, Any], cohort: Mapping[str, Any]
) -> pd.DataFrame:
    """People with the score before and after, NaN where missing."""
    score = belief["score"]
    if cohort["scores"] is None:
        return rows.assign(score_before=np.nan, score_after=np.nan)
    path, table = scores_path(cohort), scores_of_cohort(cohort, score["scale"])
    ids = (rows["participant_id"], table["participant_id"])
    check_same_ids(*ids, cohort["participants"], path)
    known = sorted(table["session_id"].dropna().unique())
    for key in ("baseline", "endpoint"):
        if score[key] not in known:
            raise InputError(
                f"{path}: found no {score['scale']} score at session_id "
                f"{score[key]!r} among {shorten(known)}, expected some (belief.score.{key}); "
                f"{suggestion(score[key], known)}correct it or the table"
            )
    scores = table.assign(scale=score["scale"])
    return with_scores(rows, scores, score["scale"], score["baseline"], score["endpoint"])


def _of_groups(config: Mapping[str, Any], everybody: pd.DataFrame) -> pd.DataFrame:
    belief = config["belief"]
    for group in group_names(belief):
        if not (everybody["group"] == group).any():
            path = next(c["participants"] for c in config["cohorts"].values() if c["trials"])
            values = everybody["group"].dropna().unique()
            raise InputError(
                f"{path}: column {belief['group']['column']}: found {shorten(values)} among people "
                f"with trials, expected {group!r} (belief.group); {suggestion(group, values)}"
                "correct the table or the configuration"
            )
    kept = everybody[everybody["group"].isin(group_names(belief))]
    return kept.reset_index(drop=True)
