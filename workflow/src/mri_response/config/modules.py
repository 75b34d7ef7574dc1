"""Modules of a run: one entry per question that the workflow can be asked.

A configuration asks for a module by the sections that belong to it. An entry says which sections
the module needs and which files of rules it brings. Its final files are in `FINAL_FILES` of
``rules/lists.smk``, what the page shows of it in `PAGE_FILES` there. Every job reads this module
with the rules: it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mri_response.config.messages import fault
from mri_response.config.outcome_kinds import is_number


@dataclass(frozen=True)
class Module:
    """One question that the workflow can be asked.

    Attributes
    ----------
    words : str
        What the module does, after "to" in a message.
    asked_by : tuple of str
        Sections at the top level, any of which asks for the module. They have no default, or an
        empty one.
    needs : tuple of str
        Sections at the top level without which the module cannot run.
    rules : tuple of str
        Stages whose rules the module uses.
    for_numbers : bool or None
        Whether the module is for an outcome that is a number (True) or has classes (False); None
        where this does not matter.
    unless : str or None
        Section beside which the module is not asked for.
    """

    words: str
    asked_by: tuple[str, ...]
    needs: tuple[str, ...]
    rules: tuple[str, ...]
    for_numbers: bool | None = None
    unless: str | None = None


MODULES = {
    "cohorts": Module(
        words="describe who is analysed",
        asked_by=("cohorts",),
        needs=("cohorts",),
        rules=("people", "preflight", "report", "record"),
    ),
    "clinical_outcomes": Module(
        words="analyse the scores themselves",
        asked_by=("clinical_outcomes",),
        needs=("cohorts", "clinical_outcomes"),
        rules=("people", "clinical_outcomes", "preflight", "report", "record"),
    ),
    "belief": Module(
        words="compare how beliefs are updated",
        asked_by=("belief",),
        needs=("cohorts",),
        rules=("people", "belief_updating", "preflight", "report", "record"),
    ),
    "variability": Module(
        words="describe how differently brains change",
        asked_by=("variability",),
        needs=("cohorts", "effects"),
        rules=("people", "variability", "preflight", "report", "record"),
    ),
    "apply": Module(
        words="apply a model from its folder",
        asked_by=("apply",),
        needs=("cohorts",),
        rules=("people", "features", "preflight", "application", "report", "record"),
    ),
    "prediction": Module(
        words="predict the outcome",
        asked_by=("models", "stacks", "primary_model"),
        needs=("cohorts", "outcome", "features", "models"),
        rules=(
            *("people", "features", "learning", "preflight", "models", "evaluation", "brain"),
            *("report", "record"),
        ),
        for_numbers=False,
        unless="apply",
    ),
    "numbers": Module(
        words="predict an outcome that is a number",
        asked_by=("models", "stacks", "primary_model"),
        needs=("cohorts", "outcome", "features", "models"),
        rules=(
            *("people", "features", "learning", "preflight", "models", "evaluation", "brain"),
            *("report", "record"),
        ),
        for_numbers=True,
        unless="apply",
    ),
}
#: Order in which the files of rules are included; a rule may name those of an earlier file.
RULES = (
    *("simulation", "people", "clinical_outcomes", "belief_updating", "features"),
    *(
        "variability",
        "learning",
        "preflight",
        "models",
        "evaluation",
        "application",
        "brain",
        "report",
        "record",
    ),
)


def asked_modules(config: Mapping[str, Any]) -> list[str]:
    """Names of the modules that a configuration asks for.

    Parameters
    ----------
    config : mapping
        The configuration, as given or completed.

    Returns
    -------
    list of str
        In the order of `MODULES`.
    """
    return [
        name
        for name, module in MODULES.items()
        if any(map(config.get, module.asked_by))
        and module.for_numbers in (None, is_number(config))
        and not (module.unless and config.get(module.unless))
    ]


def is_simulated(config: Mapping[str, Any]) -> bool:
    """Whether the data of a run are simulated before they are analysed.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    """
    parts = (config, *(config.get(name) or {} for name in ("belief", "variability")))
    return any("simulation" in part for part in parts)


def rules_of_run(config: Mapping[str, Any]) -> list[str]:
    """Stages whose rules a run includes.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Returns
    -------
    list of str
        In the order of `RULES`.
    """
    asked = {stage for name in asked_modules(config) for stage in MODULES[name].rules}
    if is_simulated(config):
        asked.add("simulation")
    return [stage for stage in RULES if stage in asked]


def check_modules(config: Mapping[str, Any]) -> None:
    """Check that a configuration asks for something, and has what this needs.

    Parameters
    ----------
    config : mapping
        The configuration as given: optional sections may be missing.

    Raises
    ------
    InputError
        If no module is asked for, or a section is missing that one of them needs.
    """
    asked = asked_modules(config)
    if not asked:
        ways = [f"{m.asked_by[0]} to {m.words}" for m in MODULES.values() if not m.for_numbers]
        raise fault(
            "(top level)",
            "nothing that is asked for",
            f"a section that asks for something: {', '.join(ways)}",
            "add one; config/README.md describes them",
        )
    for name in asked:
        module = MODULES[name]
        by = next(key for key in module.asked_by if config.get(key))
        for key in module.needs:
            if not config.get(key):
                raise fault(
                    key,
                    "nothing",
                    f"a mapping (key: value) that is not empty, since {by} asks to {module.words}",
                    f"add the key or remove {by}",
                )
