"""What the section clinical_outcomes asks for: its design, its people and its tables.

Every job reads the rules, and the rules read this module: it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.queries import discovery_name

SINGLE_ARM, PARALLEL, CROSSOVER = "single_arm", "parallel", "crossover"
#: People whose arms are compared: all, or those of the first period of a crossover.
WHOLE, FIRST_PERIOD = "whole", "first_period"
Section = Mapping[str, Any]


def trial_design(section: Section) -> str:
    """Design of the trial, by the keys that the section has.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.

    Returns
    -------
    str
        `SINGLE_ARM`, `PARALLEL` or `CROSSOVER`.
    """
    if section["crossover"]:
        return CROSSOVER
    if section["arm"] or isinstance(section["cohorts"], Mapping):
        return PARALLEL
    return SINGLE_ARM


def compared_part(section: Section) -> str:
    """Scores that are compared between arms, by the column ``part`` of ``outcome_scores.tsv``.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.

    Returns
    -------
    str
        `WHOLE` or `FIRST_PERIOD`.
    """
    return FIRST_PERIOD if trial_design(section) == CROSSOVER else WHOLE


def outcome_cohorts(config: Mapping[str, Any]) -> list[str]:
    """Cohorts whose clinical outcomes are analysed together.

    Parameters
    ----------
    config : mapping
        The completed configuration, with the section ``clinical_outcomes``.

    Returns
    -------
    list of str
    """
    named = config["clinical_outcomes"]["cohorts"]
    return [discovery_name(config)] if named is None else list(named)


def outcome_visits(section: Section) -> list[str]:
    """Visits at which arms are compared, in the order of time.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.

    Returns
    -------
    list of str
        Sessions; of a crossover the time points after its first infusion.
    """
    return list(section["crossover"]["sessions"] if section["crossover"] else section["visits"])


#: Parts of the analysis of scores, each the rule ``outcome_<part>``, and what they say.
OUTCOME_PARTS = {
    "rates": "Response and remission by visit, between arms and within people",
    "effects": "Changes and their standardised sizes, within people and between arms or treatments",
    "models": "Mixed models of repeated scores, and of a crossover its three analyses",
    "missing": "Who is missing, and between which bounds they leave the differences in rates",
    "sensitivity": "Differences between arms under other assumptions about who dropped out",
    "times": "Time to response, sustained response and relapse",
    "items": "Single items, with small counts hidden",
}


def outcome_tables(section: Section) -> dict[str, tuple[str, ...]]:
    """Tables of clinical outcomes that a run makes.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.

    Returns
    -------
    dict of str to tuple of str
        Part of the analysis to the names of its tables, each the run's table ``outcome_<name>``.
        Parts that are not asked for are left out.
    """
    design = trial_design(section)
    compared, crossover = design != SINGLE_ARM, design == CROSSOVER
    timed = section["times"] is not None
    wanted = {
        "scores": {"scores": True, "periods": crossover},
        "rates": {"rates": True, "rate_differences": compared, "rate_pairs": crossover},
        "effects": {"change": True, "between": compared, "pairs": crossover},
        "models": {"model": True, "fit": True, "crossover": crossover},
        "missing": {"missing": True, "patterns": True, "bounds": compared},
        "sensitivity": {"sensitivity": compared, "tipping_point": compared},
        "times": {
            "incidence": timed,
            "medians": timed,
            "hazards": timed and compared,
            "sustained": section["sustained"] is not None,
            "relapse": timed and section["relapse"] is not None,
        },
        "items": {
            "item_changes": bool(section["items"]),
            "item_shares": bool(section["items"]),
            "item_differences": bool(section["items"]) and compared,
        },
    }
    kept = {part: tuple(n for n, made in names.items() if made) for part, names in wanted.items()}
    return {part: names for part, names in kept.items() if names}
