"""Control cohort: the frozen models in people without the treatment."""

from __future__ import annotations

from mri_response.core.vocabulary import Role
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Text
from mri_response.report.sections.frozen import frozen_table
from mri_response.report.sections.section import Section

_MEANING = (
    "The same frozen model was scored in people without the treatment, or of another group that "
    "the config calls control. A model at chance in the control group is not evidence of "
    "specificity by itself: that needs a test of the difference between the groups, and groups "
    "that were not randomised may differ for other reasons, such as the site."
)
_NONE = (
    "This run has no control cohort: whether the result is specific to the treatment or group is "
    "not known."
)


def _blocks(run: Run) -> list[Block]:
    """The numbers of control cohorts, or that there is none."""
    table = frozen_table(run, Role.CONTROL, "Control, frozen model")
    return (
        [Text(_NONE)]
        if table is None
        else [table, Details("What this does and does not tell", [Text(_MEANING)])]
    )


SECTION = Section("control", "Control cohort", "Control", _blocks)
