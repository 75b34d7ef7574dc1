"""What was asked, and of whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.core.vocabulary import Role
from mri_response.report.naming import Naming
from mri_response.report.procedure_words import outcome_definition
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Lead, Text
from mri_response.report.sections.section import Section


def blocks(run: Run) -> list[Block]:
    """The question, the outcome with its classes, and the cohorts that answer.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    list of Block
    """
    names = run.names
    return [
        Lead(_question(run.config["outcome"]["kind"], names)),
        Text(
            f"{outcome_definition(run.config, names)} The positive class is “{names.positive}”: "
            "sensitivity is the share of this class that the model finds, specificity the share "
            f"of “{names.negative}” that it leaves alone. Balanced accuracy is the mean of the "
            "two; chance is 50 %."
        ),
        Text(_learns(run.config, names)),
    ]


def _question(kind: str, names: Naming) -> str:
    if kind == "label":
        return (
            f"Can these brain measures tell a person of the class “{names.positive}” from one of "
            f"the class “{names.negative}”?"
        )
    if kind == "response":
        return "Can a brain scan taken before treatment tell who will respond to it?"
    return "Can a brain scan taken before treatment tell who will be in remission after it?"


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


SECTION = Section("question", "What was asked", "Question", blocks)
