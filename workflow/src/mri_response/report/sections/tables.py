"""Tables to download, those of all sections."""

from __future__ import annotations

from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Downloads, Text
from mri_response.report.sections.section import Section


def _blocks(run: Run) -> list[Block]:
    """A word on the tables, and their place."""
    return [
        Text("These tables are inside this page; saving them needs no network."),
        Downloads(),
    ]


SECTION = Section("tables", "Tables to download", "Tables", _blocks, module=None)
