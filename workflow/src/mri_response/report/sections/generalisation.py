"""Does it hold in other people? The frozen models in external cohorts."""

from __future__ import annotations

from mri_response.core.vocabulary import Role
from mri_response.report.procedure_words import own_sites_text
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Text
from mri_response.report.sections.frozen import frozen_table
from mri_response.report.sections.section import Section
from mri_response.report.sections.verdict import answer_of

_MEANING = (
    "The frozen model was scored in people it had not seen. Nothing was fitted, centred or given "
    "another threshold there{but}. The figures above show these cohorts beside the discovery "
    "cohort."
)
_NONE = "This run has no external cohort: whether the result holds in other people is not known."


def _blocks(run: Run) -> list[Block]:
    """The numbers of external cohorts, or that there is none."""
    table = frozen_table(run, Role.EXTERNAL, "External cohorts, frozen model")
    if table is None:
        return [Text(_NONE)]
    how = Details("How", [Text(_MEANING.format(but=own_sites_text(run.config)))])
    return [*answer_of(run, "holds_elsewhere"), table, how]


SECTION = Section("generalisation", "Does it hold in other people?", "Generalisation", _blocks)
