"""Words of the page as a list."""

from __future__ import annotations

from mri_response.report.glossary import glossary
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Definitions, Details
from mri_response.report.sections.section import Section


def blocks(run: Run) -> list[Block]:
    """The glossary, folded.

    Parameters
    ----------
    run : Run
        Any run.

    Returns
    -------
    list of Block
    """
    return [Details("Words of this page in plain English", [Definitions([*glossary().items()])])]


SECTION = Section("glossary", "Glossary", "Glossary", blocks, module=None)
