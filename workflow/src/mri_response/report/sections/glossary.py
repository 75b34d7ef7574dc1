"""Words of the page as a list."""

from __future__ import annotations

from mri_response.report.glossary import glossary
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Definitions, Details
from mri_response.report.sections.section import Section

#: Words that a page without classes does not have.
_OF_CLASSES = frozenset(
    {
        *("AUC", "Balanced accuracy", "Brier score", "Decision value", "DeLong", "Net benefit"),
        *("NPV", "Platt scaling", "PPV", "Prevalence", "ROC", "Sensitivity", "Specificity"),
        "Threshold",
        "Youden",
    }
)


def _blocks(run: Run) -> list[Block]:
    """The glossary, folded."""
    left_out = _OF_CLASSES if run.names.positive is None else frozenset()
    words = [pair for pair in glossary().items() if pair[0] not in left_out]
    return [Details("Words of this page in plain English", [Definitions(words)])]


SECTION = Section("glossary", "Glossary", "Glossary", _blocks, module=None)
