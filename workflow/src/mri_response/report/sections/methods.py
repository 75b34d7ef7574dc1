"""Methods, as they can stand in a paper, and what they cite."""

from __future__ import annotations

from mri_response.report.bibtex import bibtex
from mri_response.report.documents import cited, references
from mri_response.report.facts.methods import methods
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Bullets, Copy, Details, Lines, Text
from mri_response.report.sections.section import Section


def _blocks(run: Run) -> list[Block]:
    """The methods in paragraphs, and the references."""
    paragraphs = methods(run)
    keys = [key for paragraph in paragraphs for key in paragraph.cites]
    texts: list[Block] = [Text(cited(paragraph)) for paragraph in paragraphs]
    found: list[Block] = [
        Details("As they can stand in a paper", [Copy("methods", "Copy the methods", texts)])
    ]
    if keys:
        works: list[Block] = [Bullets(references(keys), quoted=True)]
        found += [
            Details("References", [Copy("references", "Copy the references", works)]),
            Details("References as BibTeX", [Copy("bibtex", "Copy", [Lines(bibtex(keys))])]),
        ]
    return found


SECTION = Section("methods", "Methods", "Methods", _blocks, module=None)
