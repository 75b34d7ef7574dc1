"""All facts that a run can tell of itself."""

from __future__ import annotations

from dataclasses import replace

# The four modules register their facts where they are imported.
from mri_response.report.facts import analysis, results, study, use  # noqa: F401
from mri_response.report.facts.evidence import MAKERS, Evidence, Fact


def gather(evidence: Evidence) -> dict[str, Fact]:
    """Gather what a run can say of itself.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to Fact
        Those that the run can tell, in a fixed order; spaces are plain ones.
    """
    facts = {}
    for name, make in MAKERS.items():
        fact = make(evidence)
        if fact is not None:
            facts[name] = replace(fact, text=_plain(fact.text), source=_plain(fact.source))
    return facts


def fact_names() -> list[str]:
    """Names of all facts that a run might tell."""
    return list(MAKERS)


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2009", " ")
