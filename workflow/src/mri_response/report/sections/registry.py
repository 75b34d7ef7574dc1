"""Sections of the page, each in a module of its own: from the tables of a run to blocks.

A module has a function ``blocks(inputs, names)`` that takes `report.page.ReportInputs` and
`report.naming.Naming`; without blocks the section is left out. Figures whose kind belongs
to the section (`mri_response.config.plan.figure_plan`) stand behind its blocks, described by
``alt_text(spec, inputs, names)``; ``TABLES`` has the titles of its tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mri_response.report.sections import (
    brain,
    comparisons,
    quality,
    reviewer,
    sample,
    specificity,
    subgroups,
    usefulness,
)
from mri_response.report.sections.blocks import Block


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes
    ----------
    id : str
        Anchor, and what `mri_response.config.plan.FigureSpec.section` says of its figures.
    heading, label : str
        Heading, and its short form in the table of contents.
    after : str
        Section of ``report.html.jinja`` behind which it stands; several stand there in the order
        of `SECTIONS`.
    blocks : callable
    tables : mapping of str to str
        Tables to download that belong to it, with their titles.
    alt_text : callable or None
        Describes each of its figures.
    """

    id: str
    heading: str
    label: str
    after: str
    blocks: Callable[..., list[Block]]
    tables: Mapping[str, str] = field(default_factory=dict)
    alt_text: Callable[..., str] | None = None


SECTIONS: tuple[Section, ...] = (
    Section(
        "comparisons",
        "Is it better than what the clinic knows?",
        "Better than the clinic?",
        "result",
        comparisons.blocks,
        comparisons.TABLES,
        comparisons.alt_text,
    ),
    Section(
        "quality",
        "Quality of the scans",
        "Scans",
        "cohorts",
        quality.blocks,
        quality.TABLES,
        quality.alt_text,
    ),
    Section(
        "usefulness",
        "Can the scores be read as probabilities, and would they help?",
        "Usefulness",
        "generalisation",
        usefulness.blocks,
        usefulness.TABLES,
        usefulness.alt_text,
    ),
    Section(
        "subgroups",
        "Does it work alike for everybody?",
        "Subgroups",
        "generalisation",
        subgroups.blocks,
        subgroups.TABLES,
        subgroups.alt_text,
    ),
    Section(
        "sample",
        "How far can this sample carry it?",
        "The sample",
        "generalisation",
        sample.blocks,
        sample.TABLES,
        sample.alt_text,
    ),
    Section(
        "specificity",
        "Is it the drug?",
        "The drug",
        "control",
        specificity.blocks,
        specificity.TABLES,
        specificity.alt_text,
    ),
    Section(
        "brain",
        "Where in the brain",
        "Brain",
        "control",
        brain.blocks,
        brain.TABLES,
        brain.alt_text,
    ),
    Section(
        "reviewer",
        "For the reviewer: TRIPOD+AI, PROBAST+AI, model card",
        "For the reviewer",
        "methods",
        reviewer.blocks,
        reviewer.TABLES,
    ),
)
