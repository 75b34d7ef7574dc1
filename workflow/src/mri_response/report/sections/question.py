"""What was asked, and of whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.outcome_kinds import outcome_kind
from mri_response.core.vocabulary import Role
from mri_response.report.naming import Naming
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Lead, Text
from mri_response.report.sections.section import Section


def _blocks(run: Run) -> list[Block]:
    """The question, the outcome with its classes, and the cohorts that answer."""
    names, kind = run.names, outcome_kind(run.config)
    return [
        Lead(kind.question.format(positive=names.positive, negative=names.negative)),
        Text(
            f"{kind.words(run.config['outcome'])} The positive class is “{names.positive}”: "
            "sensitivity is the share of this class that the model finds, specificity the share "
            f"of “{names.negative}” that it leaves alone. Balanced accuracy is the mean of the "
            "two; chance is 50 %."
        ),
        Text(_learns(run.config, names)),
    ]


def _learns(config: Mapping[str, Any], names: Naming) -> str:
    roles = [names.roles[c] for c in config["cohorts"]]
    counts = [
        f"{roles.count(role)} {role} cohort{'s' if roles.count(role) > 1 else ''}"
        for role in (Role.EXTERNAL, Role.CONTROL)
        if role in roles
    ]
    if not counts:
        return "The run has a discovery cohort alone, so nothing is known about other people."
    return (
        "The model learns from the discovery cohort alone. It is then frozen and scored in "
        f"{' and '.join(counts)}."
    )


SECTION = Section("question", "What was asked", "Question", _blocks)
