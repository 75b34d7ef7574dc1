"""The scores and treatments of a study, read from the tables of its cohorts.

Everybody whom the filters of the cohorts keep is in the study, with or without scans. People whose
arm is not known are left out if they have no score after baseline; with one they are a mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mri_response.clinical_outcomes.crossover import PERIOD_COLUMNS, crossover_table
from mri_response.clinical_outcomes.items import total_without
from mri_response.clinical_outcomes.treatments import first_periods, orders_of, treatments_of
from mri_response.clinical_outcomes.visits import VISIT_COLUMNS, visit_table
from mri_response.config.clinical_outcomes import (
    CROSSOVER,
    FIRST_PERIOD,
    WHOLE,
    outcome_cohorts,
    trial_design,
)
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, and_more, shorten, suggestion
from mri_response.inputs.joins import check_levels, check_same_ids
from mri_response.inputs.measured import measured
from mri_response.inputs.sources.people_tables import scores_path
from mri_response.inputs.tables import is_text, require_columns
from mri_response.people.outcomes.scores import scores_of_cohort
from mri_response.people.participants import filtered_rows, read_participants

Config = Mapping[str, Any]
#: Kinds of measures: a scale, an item, the primary scale without an item of it.
SCALE, ITEM, REST = "scale", "item", "without_item"
#: From so many different scores on it is no chance that nobody's score changes.
MANY_SCORES = 5
STUDY_COLUMNS = ["measure", "kind", "part", *VISIT_COLUMNS]


@dataclass(frozen=True, eq=False)
class OutcomeStudy:
    """What was read of the cohorts.

    Attributes
    ----------
    scores : DataFrame
        `STUDY_COLUMNS`: of every measure a row per person and visit, as
        `mri_response.clinical_outcomes.visits.visit_table` makes them, with the covariates and
        ``competing`` behind. ``part`` is ``whole``; a crossover has its people a second time, with
        ``first_period``, where arms are treatments of the first period and visits are time points.
    periods : DataFrame
        ``time_point`` and `PERIOD_COLUMNS` of the primary scale; empty without a crossover.
    """

    scores: pd.DataFrame
    periods: pd.DataFrame


def read_outcomes(config: Config) -> OutcomeStudy:
    """Read scores, treatments and covariates of all people.

    Parameters
    ----------
    config : mapping
        The completed configuration, with the section ``clinical_outcomes``.

    Returns
    -------
    OutcomeStudy

    Raises
    ------
    InputError
        For the first mistake in a table.
    """
    section = config["clinical_outcomes"]
    people = _people(config)
    arms = treatments_of(config, people)
    measured = _measures(config, people)
    _check_arms(section, people, arms, next(iter(measured.values()))[1])
    kept = people[people.index.isin(list(arms))]
    of_people = _of_people(config, kept)
    parts, periods = [], pd.DataFrame(columns=["time_point", *PERIOD_COLUMNS])
    orders = orders_of(config, people) if trial_design(section) == CROSSOVER else {}
    for name, (kind, scores) in measured.items():
        own = scores[scores["participant_id"].isin(list(arms))]
        table = visit_table(own, section["baseline"], section["visits"], arms)
        _check_copied(table, name, scores_path(config["cohorts"][people["cohort"].iloc[0]]))
        added = {WHOLE: table}
        if orders:
            added[FIRST_PERIOD] = first_periods(section, own, orders)
            if not len(periods):
                periods = _periods(section, table, orders)
        parts += [t.assign(measure=name, kind=kind, part=part) for part, t in added.items()]
    scores = pd.concat(parts, ignore_index=True)[STUDY_COLUMNS]
    return OutcomeStudy(scores.join(of_people, on="participant_id"), periods)


def _check_copied(table: pd.DataFrame, measure: str, path: str) -> None:
    """Check that no visit has the very scores of the baseline, as where a column is taken twice."""
    for session, rows in table.dropna(subset=["score", "baseline"]).groupby("session_id"):
        apart = rows["score"].ne(rows["baseline"]).any() or rows["score"].nunique() < MANY_SCORES
        if not apart:
            raise InputError(
                f"{path}: found the {measure} score before treatment at {session} again, in all "
                f"{len(rows)} people, expected scores of that visit; correct the table or the "
                "columns that the scores are read from"
            )


def study_of(tables: Mapping[str, pd.DataFrame]) -> OutcomeStudy:
    """The study, from the tables of a run.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``scores`` and, of a crossover, ``periods``, as text.

    Returns
    -------
    OutcomeStudy
    """
    empty = pd.DataFrame(columns=["time_point", *PERIOD_COLUMNS])
    return OutcomeStudy(_typed(tables["scores"]), _typed(tables.get("periods", empty)))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers where every cell of a column is one."""
    texts = {"measure", "kind", "part", "participant_id", "session_id", "arm", "sequence"}
    found = table.copy()
    for column in table.columns.difference([*texts, "treatment", "time_point"]):
        if not is_text(table[column]):
            found[column] = table[column].to_numpy(object).astype(float)
    whole = {name: int for name in ("visit", "period") if name in found}
    return found.astype(whole)


def _people(config: Config) -> pd.DataFrame:
    """A row per person of all cohorts, with ``cohort``, ``path`` and ``line`` of the table."""
    found = []
    for name in outcome_cohorts(config):
        path = config["cohorts"][name]["participants"]
        rows = filtered_rows(read_participants(config, name), config, name)
        require_columns(rows, _columns(config["clinical_outcomes"]), path)
        rows = rows.assign(cohort=name, path=path, line=rows.index)
        found.append(rows.drop_duplicates("participant_id"))
    people = pd.concat(found)
    twice = people["participant_id"].duplicated()
    if twice.any():
        row = people[twice].iloc[0]
        person = row["participant_id"]
        first = people[people["participant_id"] == person].iloc[0]["cohort"]
        raise InputError(
            f"{row['path']}: line {row['line']}: found participant_id {person!r} in cohort "
            f"{row['cohort']} and in cohort {first}, expected each person in one cohort; remove one"
        )
    return people.set_index("participant_id")


def _columns(section: Mapping[str, Any]) -> list[str]:
    """Columns of the participants tables that the section names."""
    named = [*section["covariates"]]
    named += [section["competing"]] if section["competing"] else []
    named += [section["arm"]["column"]] if section["arm"] else []
    return [*named, *(section["crossover"]["periods"] if section["crossover"] else [])]


def _measures(config: Config, people: pd.DataFrame) -> dict[str, tuple[str, pd.DataFrame]]:
    """Kind and scores of every scale, item, and primary scale without an item."""
    section = config["clinical_outcomes"]
    found: dict[str, tuple[str, pd.DataFrame]] = {}
    for name, scale in section["scales"].items():
        found[name] = (SCALE, _scores(config, people, name, scale["highest"], "scales"))
    scale = next(iter(section["scales"]))
    primary = found[scale][1]
    for name, item in section["items"].items():
        values = _scores(config, people, name, item["highest"], "items")
        found[name] = (ITEM, values)
        if item["part_of_total"]:
            found[f"{scale} without {name}"] = (REST, total_without(primary, values))
    return found


def _scores(
    config: Config, people: pd.DataFrame, name: str, highest: float | None, keys: str
) -> pd.DataFrame:
    """Scores of the people of all cohorts, each from the own table."""
    section, found = config["clinical_outcomes"], []
    sessions = [section["baseline"], *section["visits"]]
    key = f"clinical_outcomes.{keys}"
    for cohort_name in outcome_cohorts(config):
        cohort = config["cohorts"][cohort_name]
        path, own = scores_path(cohort), people[people["cohort"] == cohort_name]
        scores = scores_of_cohort(cohort, name, key=key, highest=highest)
        check_levels(scores["session_id"], sessions, path, "clinical_outcomes.visits")
        ids = scores["participant_id"]
        check_same_ids(own.index, ids, cohort["participants"], path)
        if not ids.isin(own.index).any():
            raise InputError(
                f"{path}: found none of the {len(own)} people of {cohort['participants']}, "
                f"expected rows such as {own.index[0]!r}; it has {shorten(ids.unique(), 3)}"
            )
        found.append(scores[ids.isin(own.index)])
    joined = pd.concat(found, ignore_index=True)
    known = joined.loc[joined["score"].notna(), "session_id"].unique()
    for which, session in [("baseline", sessions[0]), *(("visits", s) for s in sessions[1:])]:
        if session not in known:
            paths = ", ".join(scores_path(config["cohorts"][c]) for c in outcome_cohorts(config))
            raise InputError(
                f"{paths}: found no {name} score at session_id {session!r} among {shorten(known)}, "
                f"expected some (clinical_outcomes.{which}); {suggestion(session, known)}correct "
                "the config or the table"
            )
    return joined


def _check_arms(
    section: Mapping[str, Any], people: pd.DataFrame, arms: Mapping[str, str], scores: pd.DataFrame
) -> None:
    """Check that everybody with a score after baseline has an arm, and that arms have people."""
    after = scores["session_id"].isin(section["visits"]) & scores["score"].notna()
    lost = after & ~scores["participant_id"].isin(list(arms))
    if lost.any():
        who = scores.loc[lost, "participant_id"].unique()
        row = people.loc[who[0]]
        named = section["arm"]["column"] if section["arm"] else section["crossover"]["periods"][0]
        raise InputError(
            f"{row['path']}: line {row['line']}: column {named}: found no value for {who[0]}, who "
            f"has scores after {section['baseline']}, expected the arm; fill it"
            f"{and_more(len(who), 'such people')}"
        )
    reference = section["reference"]
    present = list(dict.fromkeys(arms.values()))
    alone = [arm for arm in present if list(arms.values()).count(arm) < 2]
    if alone and not section["crossover"]:
        raise InputError(
            f"config: clinical_outcomes.arm: found one person in arm {alone[0]!r}, expected two or "
            "more in each; correct the column or leave the person out (where)"
        )
    if reference is not None and not section["crossover"] and reference not in present:
        raise InputError(
            f"config: clinical_outcomes.reference: found {reference!r}, expected one of the arms "
            f"{shorten(present)}; {suggestion(reference, present)}correct it"
        )


def _of_people(config: Config, people: pd.DataFrame) -> pd.DataFrame:
    """Covariates, and the time after which a response was no longer possible, by person."""
    section = config["clinical_outcomes"]
    columns = {}
    for name in section["covariates"]:
        if name in ID_COLUMNS:
            raise InputError(
                f"config: clinical_outcomes.covariates: found {name!r}, expected a column that "
                "says something of people; leave it out"
            )
        columns[name] = people[name] if is_text(people[name]) else _numbers(people, name)
        _check_covariate(columns[name], name, people["path"].iloc[0])
    competing = section["competing"]
    columns["competing"] = _numbers(people, competing) if competing else np.nan
    return pd.DataFrame(columns, index=people.index)


def _check_covariate(values: pd.Series, column: str, path: str) -> None:
    """Check that a covariate tells people apart, and not each from every other."""
    n = values.nunique()
    if n < 2:
        what = f"{values.dropna().iloc[0]} for everybody" if n else "no value"
        expected = "values that differ between people"
    elif is_text(values) and 2 * n > values.notna().sum():
        what, expected = f"{n} texts in {values.notna().sum()} people", "numbers or few categories"
    else:
        return
    raise InputError(
        f"{path}: column {column}: found {what}, expected {expected} in a covariate; leave it out "
        "(clinical_outcomes.covariates)"
    )


def _numbers(people: pd.DataFrame, column: str) -> pd.Series:
    """A column of the participants as numbers, by person; each cohort has a table of its own."""
    found = []
    for _, rows in people.groupby("cohort", sort=False):
        values = measured(rows.set_index("line"), column, rows["path"].iloc[0])
        found.append(pd.Series(values.to_numpy(), rows.index))
    return pd.concat(found)


def _periods(
    section: Mapping[str, Any], table: pd.DataFrame, orders: Mapping[str, tuple[str | None, ...]]
) -> pd.DataFrame:
    """Scores by period, one time point after the other."""
    found = [
        crossover_table(table, orders, sessions).assign(time_point=point)
        for point, sessions in section["crossover"]["sessions"].items()
    ]
    return pd.concat(found, ignore_index=True)[["time_point", *PERIOD_COLUMNS]]
