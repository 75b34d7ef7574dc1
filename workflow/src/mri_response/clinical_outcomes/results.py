"""From the scores of a study to the tables of a run, one function per part of the analysis."""

from __future__ import annotations

from collections.abc import Callable

from mri_response.clinical_outcomes.described import (
    effects_tables,
    items_tables,
    rates_tables,
)
from mri_response.clinical_outcomes.measures import Section, Tables
from mri_response.clinical_outcomes.modelled import (
    missing_tables,
    models_tables,
    sensitivity_tables,
    times_tables,
)
from mri_response.clinical_outcomes.study import OutcomeStudy
from mri_response.config.clinical_outcomes import outcome_tables

#: By the names of `mri_response.config.clinical_outcomes.outcome_tables`.
PARTS: dict[str, Callable[[Section, OutcomeStudy], Tables]] = {
    "rates": rates_tables,
    "effects": effects_tables,
    "models": models_tables,
    "missing": missing_tables,
    "sensitivity": sensitivity_tables,
    "times": times_tables,
    "items": items_tables,
}


def outcome_part(section: Section, study: OutcomeStudy, part: str) -> Tables:
    """Tables of one part of the analysis that a run makes.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    study : OutcomeStudy
        Scores of all people.
    part : str
        Key of `PARTS`.

    Returns
    -------
    dict of str to DataFrame
        By the names of `mri_response.config.clinical_outcomes.outcome_tables`.
    """
    made = PARTS[part](section, study)
    return {name: made[name] for name in outcome_tables(section)[part]}
