"""The sections of the page in their order, each in a module of its own with a `SECTION`."""

from __future__ import annotations

from mri_response.report.sections import (
    belief,
    brain,
    caveats,
    characteristics,
    cohorts,
    comparisons,
    confound_controls,
    control,
    generalisation,
    headline,
    inputs,
    leakage,
    methods,
    outcomes,
    predicted_numbers,
    provenance,
    quality,
    question,
    result,
    reviewer,
    sample,
    simulation,
    specificity,
    subgroups,
    tables,
    usefulness,
    verdict,
    warnings,
)
from mri_response.report.sections.section import Section

SECTIONS: tuple[Section, ...] = tuple(
    module.SECTION
    for module in (
        verdict,
        warnings,
        question,
        headline,
        predicted_numbers,
        cohorts,
        characteristics,
        inputs,
        outcomes,
        belief,
        quality,
        result,
        comparisons,
        confound_controls,
        leakage,
        generalisation,
        usefulness,
        subgroups,
        sample,
        control,
        specificity,
        brain,
        simulation,
        caveats,
        methods,
        reviewer,
        tables,
        provenance,
    )
)
