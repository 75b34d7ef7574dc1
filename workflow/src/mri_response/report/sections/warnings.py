"""What a run warned of, where it has no headline that says so."""

from __future__ import annotations

from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Warnings
from mri_response.report.sections.section import Section


def _blocks(run: Run) -> list[Block]:
    """The warnings of a run, if there are any."""
    return [Warnings("Warnings of this run", list(run.warnings))] if run.warnings else []


def has_no_headline(run: Run) -> bool:
    """Whether a run has no headline, in which its warnings would stand.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    bool
    """
    return not run.models


SECTION = Section(
    "warnings",
    "What the run warned of",
    "Warnings",
    _blocks,
    module=None,
    applies=has_no_headline,
)
