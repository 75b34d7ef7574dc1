"""What the run found beside a prediction of classes, in a sentence by question."""

from __future__ import annotations

import pandas as pd

from mri_response.report.findings import Finding, answers_table
from mri_response.report.run import Run
from mri_response.report.sections import applied, belief, outcomes, predicted_numbers, variability
from mri_response.report.sections.blocks import Answers, Block
from mri_response.report.sections.module_answers import answer_items
from mri_response.report.sections.section import Section

_SECTIONS = tuple(module.SECTION for module in (predicted_numbers, outcomes, belief, variability))


def _blocks(run: Run) -> list[Block]:
    """The answers of every module that the run asks for, linked to their evidence.

    They stand here alone: the section of a module begins with what it tells beyond them.
    """
    items = []
    for section in _SECTIONS:
        if not section.blocks_of(run):
            continue
        items += answer_items(section.findings(run), section.id, section.label.lower())
    return [Answers(items)] if items else []


def run_answers(run: Run) -> pd.DataFrame:
    """Every answer of a module by rule, for the file beside the page.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    DataFrame
        As `mri_response.report.findings.answers_table` makes it, without rows where no module of
        the run has such answers.
    """
    found: list[tuple[str, Finding]] = []
    for section in (applied.SECTION, *_SECTIONS):
        if section.findings and section.blocks_of(run):
            found += [(section.id, one) for one in section.findings(run)]
    return answers_table(found)


SECTION = Section("found", "What was found", "Found", _blocks, module=None)
