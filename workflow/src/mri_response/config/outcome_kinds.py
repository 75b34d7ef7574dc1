"""Kinds of outcomes: one entry per kind, with its classes, its check and its words.

The module `people.outcomes.<kind>` derives the outcome of each person. Every job reads this module
with the rules: it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mri_response.config.messages import fault
from mri_response.core.tables import suggestion
from mri_response.core.vocabulary import EVERYBODY

Spec = Mapping[str, Any]


# ---------------------------------------------------------------- words
def _words_of_label(outcome: Spec) -> str:
    return (
        f"The two classes are values of the column “{outcome['column']}” of the participants "
        "tables."
    )


def _words_of_response(outcome: Spec) -> str:
    return (
        f"A responder is a person whose {outcome['scale']} score falls by at least "
        f"{outcome['fall_percent']:g} % from {outcome['baseline']} to {outcome['endpoint']}."
    )


def _words_of_remission(outcome: Spec) -> str:
    return (
        f"A remitter is a person whose {outcome['scale']} score is at most "
        f"{outcome['threshold']:g} at {outcome['endpoint']}."
    )


# ---------------------------------------------------------------- checks
def _check_label(config: Spec) -> None:
    outcome = config["outcome"]
    classes = outcome["classes"]
    if outcome["positive_class"] not in classes:
        raise fault(
            "outcome.positive_class",
            repr(outcome["positive_class"]),
            f"one of the classes {', '.join(classes)}",
            f"{suggestion(outcome['positive_class'], classes)}correct it",
        )
    taken = [name for name in classes if name.lower() == EVERYBODY]
    if taken:
        raise fault(
            "outcome.classes",
            f"the name {taken[0]!r}",
            "a name that the workflow does not use itself",
            "rename the class",
        )
    first, second = classes.values()
    both = [value for value in first if value in second]
    if both:
        raise fault(
            "outcome.classes", f"{both[0]!r} in both classes", "each value in one", "remove it"
        )


def _check_scores(config: Spec) -> None:
    outcome = config["outcome"]
    if outcome["baseline"] == outcome["endpoint"]:
        raise fault(
            "outcome.endpoint",
            f"{outcome['endpoint']!r}, which is the baseline too",
            "another session",
            "correct one of them",
        )
    for name, cohort in config["cohorts"].items():
        if cohort["scores"] is None:
            raise fault(
                f"cohorts.{name}.scores",
                "nothing",
                f"the table of clinical scores, which outcome.kind {outcome['kind']} needs",
                "add the key",
            )


# ---------------------------------------------------------------- entries
@dataclass(frozen=True)
class OutcomeKind:
    """One kind of outcomes.

    Attributes
    ----------
    words : callable
        From the section ``outcome`` to its definition in a report.
    question : str
        What a run asks, with ``{positive}`` and ``{negative}`` for the names of the classes.
    check : callable
        From the configuration; raises ``InputError`` for what concerns several keys.
    classes : tuple of str or None
        Names of the two classes; None where the section lists them (key ``classes``).
    needs : tuple of str
        Sessions (keys of the section) at which a person must have a score, in the order in which
        the lack of one is told. Empty where the outcome is a column of the participants table
        (key ``column``).
    """

    words: Callable[[Spec], str]
    question: str
    check: Callable[[Spec], None]
    classes: tuple[str, str] | None = None
    needs: tuple[str, ...] = ()

    @property
    def has_scores(self) -> bool:
        """Whether the outcome comes from clinical scores."""
        return bool(self.needs)


OUTCOMES = {
    "label": OutcomeKind(
        _words_of_label,
        "Can these brain measures tell a person of the class “{positive}” from one of the class "
        "“{negative}”?",
        _check_label,
    ),
    "response": OutcomeKind(
        _words_of_response,
        "Can a brain scan taken before treatment tell who will respond to it?",
        _check_scores,
        classes=("responder", "nonresponder"),
        needs=("baseline", "endpoint"),
    ),
    "remission": OutcomeKind(
        _words_of_remission,
        "Can a brain scan taken before treatment tell who will be in remission after it?",
        _check_scores,
        classes=("remitter", "nonremitter"),
        needs=("endpoint",),
    ),
}


def outcome_kind(config: Spec) -> OutcomeKind | None:
    """Entry of the outcome's kind.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Returns
    -------
    OutcomeKind or None
        None where the configuration names no outcome.
    """
    return OUTCOMES[config["outcome"]["kind"]] if config["outcome"] else None
