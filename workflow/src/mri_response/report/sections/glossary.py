"""Words of the page as a list, which ends the page, as it has to know what came before."""

from __future__ import annotations

from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Definitions, Details
from mri_response.report.sections.section import Section


def _blocks(run: Run) -> list[Block]:
    """The glossary, folded."""
    return [Details("Words of this page in plain English", [Definitions(items=None)])]


SECTION = Section("glossary", "Glossary", "Glossary", _blocks, module=None)
