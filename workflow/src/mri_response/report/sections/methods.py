"""Methods, as they can stand in a paper, and what they cite."""

from __future__ import annotations

from mri_response.report.documents import cited, references
from mri_response.report.facts.methods import methods
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Bullets, Heading, Text
from mri_response.report.sections.section import Section


def blocks(run: Run) -> list[Block]:
    """The methods in paragraphs, and the references.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    list of Block
    """
    paragraphs = methods(run)
    return [
        *(Text(cited(paragraph)) for paragraph in paragraphs),
        Heading("References"),
        Bullets(references(key for paragraph in paragraphs for key in paragraph.cites)),
    ]


SECTION = Section("methods", "Methods", "Methods", blocks, module=None)
