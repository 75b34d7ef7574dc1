"""The scores and treatments of a study, read from the tables of its cohorts.

Everybody whom the filters of the cohorts keep is in the study, with or without scans. People whose
arm is not known are left out if they have no score after baseline; with one they are a mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mri_response.clinical_outcomes.crossover import PERIOD_COLUMNS, crossover_table
from mri_response.clinical_outcomes.items import total_without
from mri_response.clinical_outcomes.plausible import (
    check_arms,
    check_copied,
    check_covariates,
    check_followed,
    check_known,
    check_orders,
    check_scale,
)
from mri_response.clinical_outcomes.treatments import (
    check_spelt_alike_everywhere,
    first_periods,
    orders_of,
    treatments_of,
)
from mri_response.clinical_outcomes.visits import VISIT_COLUMNS, visit_table
from mri_response.config.clinical_outcomes import (
    CROSSOVER,
    FIRST_PERIOD,
    WHOLE,
    compared_part,
    outcome_cohorts,
    trial_design,
)
from mri_response.core.errors import InputError
from mri_response.core.tables import and_more, shorten, suggestion
from mri_response.inputs.joins import check_levels, check_same_ids
from mri_response.inputs.measured import measured
from mri_response.inputs.sources.people_tables import scores_path
from mri_response.inputs.tables import is_text, require_columns
from mri_response.people.outcomes.scores import scores_of_cohort
from mri_response.people.participants import filtered_rows, read_participants

Config = Mapping[str, Any]
#: Kinds of measures: a scale, an item, the primary scale without an item of it.
SCALE, ITEM, REST = "scale", "item", "without_item"
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
    _check_treatments(config, people, arms, next(iter(measured.values()))[1])
    kept = people[people.index.isin(list(arms))]
    of_people = _of_people(config, kept)
    parts, periods = [], pd.DataFrame(columns=["time_point", *PERIOD_COLUMNS])
    orders = orders_of(config, people) if trial_design(section) == CROSSOVER else {}
    for name, (kind, scores) in measured.items():
        own = scores[scores["participant_id"].isin(list(arms))]
        table = visit_table(own, section["baseline"], section["visits"], arms)
        check_copied(table, name, section["baseline"], _paths(config))
        if kind == SCALE:
            check_scale(section, table, name, _paths(config))
        added = {WHOLE: table}
        if orders:
            check_orders(section, people, orders, own)
            added[FIRST_PERIOD] = first_periods(section, own, orders)
            if not len(periods):
                periods = _periods(section, table, orders)
        parts += [t.assign(measure=name, kind=kind, part=part) for part, t in added.items()]
    scores = pd.concat(parts, ignore_index=True)[STUDY_COLUMNS]
    study = OutcomeStudy(scores.join(of_people, on="participant_id"), periods)
    _check_primary(config, study)
    return study


def _check_treatments(
    config: Config, people: pd.DataFrame, arms: Mapping[str, str], scores: pd.DataFrame
) -> None:
    """Check that people have arms and arms have people."""
    section = config["clinical_outcomes"]
    if section["arm"]:
        check_known(section, people, arms, scores)
    if not section["crossover"]:
        check_arms(section, people, arms)


def _check_primary(config: Config, study: OutcomeStudy) -> None:
    """Check that the models of the primary scale have people in every arm."""
    section, rows = config["clinical_outcomes"], study.scores
    rows = rows[rows["measure"] == rows["measure"].iloc[0]]
    whole, arms = (rows[rows["part"] == part] for part in (WHOLE, compared_part(section)))
    check_followed(whole, rows["measure"].iloc[0], section["baseline"], _paths(config))
    check_covariates(section["covariates"], arms, _paths(config, "participants"))


def _paths(config: Config, which: str = "scores") -> str:
    """Tables of scores or of participants of all cohorts, for messages."""
    cohorts = [config["cohorts"][name] for name in outcome_cohorts(config)]
    if which == "scores":
        return ", ".join(dict.fromkeys(scores_path(cohort) for cohort in cohorts))
    return ", ".join(dict.fromkeys(cohort[which] for cohort in cohorts))


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
        found.append(_one_row_each(rows, config["clinical_outcomes"]))
    people = pd.concat(found)
    twice = people["participant_id"].duplicated()
    if twice.any():
        row = people[twice].iloc[0]
        person = row["participant_id"]
        first = people[people["participant_id"] == person].iloc[0]["cohort"]
        raise InputError(
            f"{row['path']}: line {row['line']}: found participant_id {person!r} in cohort "
            f"{row['cohort']} and in cohort {first}, expected each person in one cohort; "
            "remove one, or begin the ids of one cohort with a prefix in all its tables"
        )
    return people.set_index("participant_id")


def _one_row_each(rows: pd.DataFrame, section: Mapping[str, Any]) -> pd.DataFrame:
    """The first row of each person, with the first value of each column that the section names.

    A table may have a row per person and session, of which one alone holds the arm.
    """
    named = _columns(section)
    by_person = rows.groupby("participant_id", sort=False)
    filled = rows.assign(**{name: by_person[name].transform("first") for name in named})
    for column in _treatment_columns(section):
        other = rows[column].notna() & (rows[column] != filled[column])
        if other.any():
            row = rows[other].iloc[0]
            first = filled.loc[other, column].iloc[0]
            raise InputError(
                f"{row['path']}: line {row['line']}: column {column}: found {row[column]!r} for "
                f"{row['participant_id']}, who has {first!r} in another line, expected one value "
                "for each person; correct one of them or leave one of the lines out (where)"
            )
    return filled.drop_duplicates("participant_id")


def _columns(section: Mapping[str, Any]) -> list[str]:
    """Columns of the participants tables that the section names."""
    named = [*section["covariates"], *([section["competing"]] if section["competing"] else [])]
    return [*named, *_treatment_columns(section)]


def _treatment_columns(section: Mapping[str, Any]) -> list[str]:
    """Columns that say what people were given."""
    return [
        *([section["arm"]["column"]] if section["arm"] else []),
        *(section["crossover"]["periods"] if section["crossover"] else []),
    ]


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
            try:
                found[f"{scale} without {name}"] = (REST, total_without(primary, values))
            except InputError as error:
                raise InputError(f"{_paths(config)}: {error}") from None
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
        known = scores[ids.isin(own.index)]
        _check_sessions(known, sessions, name, path)
        found.append(known)
    joined = pd.concat(found, ignore_index=True)
    known = joined.loc[joined["score"].notna(), "session_id"].unique()
    for session in section["visits"]:
        if session not in known:
            raise _no_score(_paths(config), name, session, known, "visits")
    return joined


def _check_sessions(scores: pd.DataFrame, sessions: Sequence[str], name: str, path: str) -> None:
    """Check that a cohort has scores of the baseline and of a visit; later ones it may lack."""
    known = scores.loc[scores["score"].notna(), "session_id"].unique()
    if sessions[0] not in known:
        raise _no_score(path, name, sessions[0], known, "baseline")
    if not set(sessions[1:]) & set(known):
        raise _no_score(path, name, sessions[1], known, "visits")


def _no_score(paths: str, name: str, session: str, known: Sequence[str], key: str) -> InputError:
    return InputError(
        f"{paths}: found no {name} score at session_id {session!r} among {shorten(known)}, "
        f"expected some (clinical_outcomes.{key}); {suggestion(session, known)}correct the config "
        "or the table"
    )


def _of_people(config: Config, people: pd.DataFrame) -> pd.DataFrame:
    """Covariates, and the time after which a response was no longer possible, by person."""
    section = config["clinical_outcomes"]
    columns = {}
    for name in section["covariates"]:
        text = is_text(people[name])
        if text:
            check_spelt_alike_everywhere(people, name)
        columns[name] = people[name] if text else _numbers(people, name)
        _check_covariate(columns[name].rename(name), text, people["path"].iloc[0])
    competing = section["competing"]
    columns["competing"] = _times(people, competing) if competing else np.nan
    return pd.DataFrame(columns, index=people.index)


def _times(people: pd.DataFrame, column: str) -> pd.Series:
    """Times after the baseline at which something competing happened."""
    values = _numbers(people, column)
    wrong = values <= 0
    if wrong.any():
        row = people[wrong].iloc[0]
        raise InputError(
            f"{row['path']}: line {row['line']}: column {column}: found {row[column]!r}, expected "
            "a time above 0 (clinical_outcomes.competing); write n/a for people to whom nothing "
            f"of the kind happened{and_more(int(wrong.sum()), 'such cells')}"
        )
    return values


def _check_covariate(values: pd.Series, text: bool, path: str) -> None:
    """Check that a covariate tells people apart, and not each from every other."""
    n, column = values.nunique(), values.name
    if n < 2:
        what = f"{values.dropna().iloc[0]} for everybody" if n else "no value"
        expected = "values that differ between people"
    elif text and 2 * n > values.notna().sum():
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
