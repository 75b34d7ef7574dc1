"""All facts that a run can tell of itself."""

from __future__ import annotations

from dataclasses import replace

# These modules register their facts where they are imported.
from mri_response.report.facts import (  # noqa: F401
    analysis,
    people,
    performance,
    questions,
    sites,
    stability,
    study,
    use,
)
from mri_response.report.facts import of_numbers as numbers
from mri_response.report.facts.fact import MAKERS, Fact
from mri_response.report.run import Run


def gather(run: Run) -> dict[str, Fact]:
    """Gather what a run can say of itself.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    dict of str to Fact
        Those that the run can tell, in a fixed order; spaces are plain ones.
    """
    makers = MAKERS
    if "numbers" in run.asked:
        makers = {
            name: numbers.MAKERS.get(name, make)
            for name, make in MAKERS.items()
            if name in numbers.SHARED or name in numbers.MAKERS
        }
    facts = {}
    for name, make in makers.items():
        fact = make(run)
        if fact is not None:
            facts[name] = replace(fact, text=_plain(fact.text), source=_plain(fact.source))
    return facts


def fact_names() -> list[str]:
    """Names of all facts that a run might tell."""
    return list(MAKERS)


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")
