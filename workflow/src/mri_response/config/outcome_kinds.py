"""Kinds of outcomes: one entry per kind, with its classes, its check and its words.

The module `people.outcomes.<kind>` derives the outcome of each person. Every job reads this module
with the rules: it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mri_response.config.messages import check_known, fault
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


def _words_of_early_response(outcome: Spec) -> str:
    return (
        f"An early responder is a person whose {outcome['scale']} score falls by at least "
        f"{outcome['fall_percent']:g} % from {outcome['baseline']} to {outcome['endpoint']}, the "
        "first session after treatment."
    )


def _words_of_sustained_response(outcome: Spec) -> str:
    sessions = " and ".join([*outcome["visits"], outcome["endpoint"]])
    return (
        f"A sustained responder is a person whose {outcome['scale']} score has fallen by at least "
        f"{outcome['fall_percent']:g} % since {outcome['baseline']} at {sessions}, all of them."
    )


def _words_of_trajectory(outcome: Spec) -> str:
    parts = []
    for session, limits in outcome["path"].items():
        words = {"at_most": "at most", "at_least": "at least"}
        bounds = [f"{words[key]} {value:g} %" for key, value in limits.items()]
        parts.append(f"{' and '.join(bounds)} at {session}")
    return (
        f"A person is on the path whose {outcome['scale']} score, in per cent of that at "
        f"{outcome['baseline']}, is {', and '.join(parts)}."
    )


def _words_of_change(outcome: Spec) -> str:
    return (
        f"The outcome is the change of the {outcome['scale']} score from {outcome['baseline']} to "
        f"{outcome['endpoint']}; below zero it fell."
    )


def _words_of_percent_change(outcome: Spec) -> str:
    return (
        f"The outcome is the change of the {outcome['scale']} score from {outcome['baseline']} to "
        f"{outcome['endpoint']}, in per cent of the score at {outcome['baseline']}; below zero it "
        "fell."
    )


def _words_of_endpoint(outcome: Spec) -> str:
    return f"The outcome is the {outcome['scale']} score at {outcome['endpoint']}."


def _words_of_score(outcome: Spec) -> str:
    return f"The outcome is the column “{outcome['column']}” of the participants tables."


# ---------------------------------------------------------------- checks
def _check_label(config: Spec) -> None:
    outcome = config["outcome"]
    classes = outcome["classes"]
    check_known("outcome.positive_class", outcome["positive_class"], classes, "classes")
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


def _check_nothing(config: Spec) -> None:
    """A column is looked for when the tables are read; models may not have it as a confound."""


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
        # Where a model is applied, labels may not be there yet.
        if cohort["scores"] is None and not config.get("apply"):
            raise fault(
                f"cohorts.{name}.scores",
                "nothing",
                f"the table of clinical scores, which outcome.kind {outcome['kind']} needs",
                "add the key",
            )


def _check_courses(config: Spec) -> None:
    """Outcomes of several sessions: the baseline decides nothing, and the end-point comes last."""
    _check_scores(config)
    outcome = config["outcome"]
    key = "visits" if "visits" in outcome else "path"
    named = list(outcome[key])
    if outcome["baseline"] in named:
        raise fault(
            f"outcome.{key}",
            f"{outcome['baseline']!r}, which is the baseline too",
            "sessions after it",
            "remove it",
        )
    if key == "visits" and outcome["endpoint"] in named:
        raise fault(
            "outcome.visits",
            f"{outcome['endpoint']!r}, which is the end-point too",
            "sessions before it",
            "remove it",
        )
    if key == "path" and outcome["endpoint"] != named[-1]:
        raise fault(
            "outcome.endpoint",
            f"{outcome['endpoint']!r}",
            f"the last session of outcome.path, which is {named[-1]!r}",
            "correct one of them",
        )
    for session, limits in outcome.get("path", {}).items():
        if limits.get("at_least", 0) > limits.get("at_most", float("inf")):
            raise fault(
                f"outcome.path.{session}.at_least",
                f"{limits['at_least']:g}",
                f"no more than at_most, which is {limits['at_most']:g}",
                "correct one of them",
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
    is_number : bool
        Whether the outcome is a number and not one of two classes.
    is_relative : bool
        Whether the outcome is a share of the score before treatment, which must be above 0.
    number : str
        What the number is, with ``{scale}`` or ``{column}`` of the section, for axes.
    unit : str
        Unit of differences of the number; empty where the workflow does not know it.
    """

    words: Callable[[Spec], str]
    question: str
    check: Callable[[Spec], None]
    classes: tuple[str, str] | None = None
    needs: tuple[str, ...] = ()
    is_number: bool = False
    is_relative: bool = False
    number: str = ""
    unit: str = ""

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
        is_relative=True,
    ),
    "remission": OutcomeKind(
        _words_of_remission,
        "Can a brain scan taken before treatment tell who will be in remission after it?",
        _check_scores,
        classes=("remitter", "nonremitter"),
        needs=("endpoint",),
    ),
    "early_response": OutcomeKind(
        _words_of_early_response,
        "Can a brain scan taken before treatment tell who will respond to it early?",
        _check_scores,
        classes=("early_responder", "no_early_responder"),
        needs=("baseline", "endpoint"),
        is_relative=True,
    ),
    "sustained_response": OutcomeKind(
        _words_of_sustained_response,
        "Can a brain scan taken before treatment tell whose response to it will last?",
        _check_courses,
        classes=("sustained_responder", "no_sustained_responder"),
        needs=("baseline", "endpoint"),
        is_relative=True,
    ),
    "trajectory": OutcomeKind(
        _words_of_trajectory,
        "Can a brain scan taken before treatment tell whose scores will follow the given path?",
        _check_courses,
        classes=("on_path", "off_path"),
        needs=("baseline", "endpoint"),
        is_relative=True,
    ),
    "change": OutcomeKind(
        _words_of_change,
        "Can a brain scan taken before treatment tell how far a score will change?",
        _check_scores,
        needs=("baseline", "endpoint"),
        is_number=True,
        number="change of {scale}, points",
        unit="points",
    ),
    "percent_change": OutcomeKind(
        _words_of_percent_change,
        "Can a brain scan taken before treatment tell how far a score will change?",
        _check_scores,
        needs=("baseline", "endpoint"),
        is_number=True,
        is_relative=True,
        number="change of {scale}, %",
        unit="percentage points",
    ),
    "endpoint": OutcomeKind(
        _words_of_endpoint,
        "Can a brain scan taken before treatment tell the score after it?",
        _check_scores,
        needs=("baseline", "endpoint"),
        is_number=True,
        number="{scale}, points",
        unit="points",
    ),
    "score": OutcomeKind(
        _words_of_score,
        "Can these brain measures predict a person’s outcome, which is a number?",
        _check_nothing,
        is_number=True,
        number="{column}",
    ),
}


def deciding_sessions(outcome: Spec) -> dict[str, str]:
    """Sessions after treatment whose scores decide the outcome, in the order of the section.

    Parameters
    ----------
    outcome : mapping
        Section ``outcome`` of the completed configuration; empty without one.

    Returns
    -------
    dict of str to str
        Session to the key that names it, the end-point last.
    """
    named = {}
    for key in ("visits", "path"):
        named |= dict.fromkeys(outcome.get(key) or (), f"outcome.{key}")
    endpoint = outcome.get("endpoint")
    return named if endpoint is None else named | {endpoint: "outcome.endpoint"}


def outcome_sessions(outcome: Spec) -> dict[str, str]:
    """Sessions whose scores an outcome needs: the baseline, and those that decide.

    Parameters
    ----------
    outcome : mapping
        Section ``outcome`` of the completed configuration; empty without one.

    Returns
    -------
    dict of str to str
        Session to the key that names it, the baseline first and the end-point last.
    """
    baseline = outcome.get("baseline")
    first = {} if baseline is None else {baseline: "outcome.baseline"}
    return first | deciding_sessions(outcome)


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


def is_number(config: Spec) -> bool:
    """Whether a configuration predicts a number.

    Parameters
    ----------
    config : mapping
        The configuration, as given or completed.

    Returns
    -------
    bool
        False where it names no outcome, or one of an unknown kind.
    """
    kind = (config.get("outcome") or {}).get("kind")
    return kind in OUTCOMES and OUTCOMES[kind].is_number
