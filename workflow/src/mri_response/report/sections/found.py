"""What the run found beside a prediction of classes, in a sentence by question."""

from __future__ import annotations

from mri_response.report.run import Run
from mri_response.report.sections import belief, outcomes, predicted_numbers, variability
from mri_response.report.sections.blocks import AnswerItem, Answers, Block
from mri_response.report.sections.section import Section

_SECTIONS = tuple(module.SECTION for module in (predicted_numbers, outcomes, belief, variability))


def _blocks(run: Run) -> list[Block]:
    """The finding of every module that the run asks for, linked to its evidence."""
    items = [
        AnswerItem(
            section.heading,
            "",
            section.headline(run),
            target=section.id,
            target_label=section.label.lower(),
        )
        for section in _SECTIONS
        if section.headline and section.blocks_of(run)
    ]
    return [Answers(items)] if items else []


SECTION = Section("found", "What was found", "Found", _blocks, module=None)
