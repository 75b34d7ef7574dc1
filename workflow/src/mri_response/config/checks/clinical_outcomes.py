"""The section clinical_outcomes: what concerns several of its keys, and what cohorts must have."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from mri_response.config.clinical_outcomes import (
    CROSSOVER,
    SINGLE_ARM,
    outcome_cohorts,
    outcome_visits,
    trial_design,
)
from mri_response.config.messages import check_known, fault
from mri_response.core.tables import ID_COLUMNS

Config = Mapping[str, Any]
SECTION = "clinical_outcomes"


def check_clinical_outcomes(config: Config) -> None:
    """Check the section ``clinical_outcomes``, its sessions, arms and cohorts.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    section = config[SECTION]
    if not section:
        return
    _check_cohorts(config)
    _check_columns(section)
    _check_sessions(config)
    _check_arms(section)
    if section["crossover"]:
        _check_crossover(section)
    _check_times(section)
    _check_relapse(section)
    _check_items(section)
    if section["sustained"] is not None and section["sustained"] > len(outcome_visits(section)):
        raise fault(
            f"{SECTION}.sustained",
            f"{section['sustained']}",
            f"at most the number of visits, which is {len(outcome_visits(section))}",
            "correct it",
        )


def _check_cohorts(config: Config) -> None:
    for name in outcome_cohorts(config):
        check_known(f"{SECTION}.cohorts", name, config["cohorts"], "cohorts")
        if config["cohorts"][name]["scores"] is None:
            raise fault(
                f"cohorts.{name}.scores",
                "nothing",
                f"the table of clinical scores, which {SECTION} takes",
                "add the key",
            )


def _check_columns(section: Config) -> None:
    """A column has one meaning, and none of them tells rows apart."""
    meanings = {
        "arm.column": [section["arm"]["column"]] if section["arm"] else [],
        "crossover.periods": section["crossover"]["periods"] if section["crossover"] else [],
        "competing": [section["competing"]] if section["competing"] else [],
        "covariates": section["covariates"],
    }
    taken = dict.fromkeys(ID_COLUMNS, "which tells rows apart")
    for key, columns in meanings.items():
        for column in columns:
            if column in taken:
                raise fault(
                    f"{SECTION}.{key}",
                    f"{column!r}, {taken[column]}",
                    "another column of the participants tables",
                    "correct it or leave it out",
                )
        taken |= dict.fromkeys(columns, f"which {SECTION}.{key} takes")


def _check_sessions(config: Config) -> None:
    section, order = config[SECTION], config["sessions"]
    sessions = [section["baseline"], *section["visits"]]
    if section["baseline"] in section["visits"]:
        raise fault(
            f"{SECTION}.visits",
            f"{section['baseline']!r}, which is the baseline too",
            "sessions after the baseline",
            "correct one of them",
        )
    if order is None:
        return
    for session in sessions:
        check_known(f"{SECTION}.visits", session, order, "sessions")
    # Sessions of a crossover are named by treatment and have no order among each other.
    later = sessions[1:] if not section["crossover"] else []
    for before, after in itertools.pairwise([section["baseline"], *later]):
        if order.index(before) >= order.index(after):
            raise fault(
                f"{SECTION}.visits",
                f"{after!r} not after {before!r}",
                "the order of sessions",
                "correct one of them",
            )


def _check_arms(section: Config) -> None:
    named = section["cohorts"] if isinstance(section["cohorts"], Mapping) else None
    given = {"arm": section["arm"], "cohorts with arms": named, "crossover": section["crossover"]}
    several = [name for name, value in given.items() if value]
    if len(several) > 1:
        raise fault(
            SECTION,
            " and ".join(several),
            "one way to say what people were given",
            "remove the others",
        )
    reference, design = section["reference"], trial_design(section)
    if design == SINGLE_ARM:
        if reference is not None:
            raise fault(
                f"{SECTION}.reference",
                f"{reference!r} without arms",
                "arms to compare with it",
                "add arm, crossover or the arms of the cohorts, or remove the key",
            )
        return
    if reference is None:
        raise fault(
            f"{SECTION}.reference",
            "nothing",
            "the arm that the others are compared with",
            "add the key",
        )
    known = named
    if design == CROSSOVER:
        known = section["crossover"]["values"]
    elif section["arm"]:
        known = section["arm"]["values"]
    if known:
        arms = list(dict.fromkeys(known.values()))
        if len(arms) < 2:
            raise fault(
                SECTION, f"the one arm {arms[0]!r}", "two arms or more", "name the other one"
            )
        check_known(f"{SECTION}.reference", reference, arms, "arms")


def _check_crossover(section: Config) -> None:
    crossover = section["crossover"]
    treatments = list(crossover["values"].values())
    used: dict[str, str] = {}
    for point, sessions in crossover["sessions"].items():
        key = f"{SECTION}.crossover.sessions.{point}"
        for treatment, session in sessions.items():
            check_known(key, treatment, treatments, "treatments")
            check_known(f"{key}.{treatment}", session, section["visits"], "visits")
            if session in used:
                raise fault(
                    f"{key}.{treatment}",
                    f"{session!r}, which is the session of {used[session]} too",
                    "each session once",
                    "correct one of them",
                )
            used[session] = f"{point}.{treatment}"


def _check_times(section: Config) -> None:
    visits, times = outcome_visits(section), section["times"]
    if times is None:
        for key in ("relapse", "competing"):
            if section[key] is not None:
                raise fault(
                    f"{SECTION}.times",
                    "nothing",
                    f"the time of every visit, since {SECTION}.{key} counts time",
                    "add the key, as in times: {ses-24h: 1}",
                )
        return
    for visit in times:
        check_known(f"{SECTION}.times", visit, visits, "visits")
    for visit in visits:
        if visit not in times:
            raise fault(
                f"{SECTION}.times.{visit}", "nothing", "the time of every visit", "add the key"
            )
    for before, after in itertools.pairwise(visits):
        if times[before] >= times[after]:
            raise fault(
                f"{SECTION}.times.{after}",
                f"{times[after]:g}",
                f"more than at {before}, which is {times[before]:g}",
                "correct one of them",
            )


def _check_relapse(section: Config) -> None:
    relapse = section["relapse"]
    if relapse is None:
        return
    percent = relapse["percent_of_baseline"]
    if percent is None and relapse["above"] is None:
        raise fault(
            f"{SECTION}.relapse",
            "no rule",
            "percent_of_baseline, above or both",
            "add one, as in relapse: {percent_of_baseline: 80}",
        )
    scale, rule = next(iter(section["scales"].items()))
    left = 100 - rule["fall_percent"]
    if percent is not None and percent <= left:
        raise fault(
            f"{SECTION}.relapse.percent_of_baseline",
            f"{percent:g}, at which a person may still be a responder ({SECTION}.scales.{scale})",
            f"more than {left:g}",
            "correct one of them",
        )


def _check_items(section: Config) -> None:
    for name, item in section["items"].items():
        if name in section["scales"]:
            raise fault(
                f"{SECTION}.items.{name}", "a scale of this name", "another name", "remove one"
            )
        for low, high in (("low", "present"), ("present", "highest")):
            if item[low] > item[high]:
                raise fault(
                    f"{SECTION}.items.{name}.{low}",
                    f"{item[low]:g}",
                    f"at most {high}, which is {item[high]:g}",
                    "correct one of them",
                )
