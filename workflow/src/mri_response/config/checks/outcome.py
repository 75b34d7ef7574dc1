"""The section outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mri_response.config.messages import fault
from mri_response.core.tables import suggestion

if TYPE_CHECKING:
    pass


def check_outcome(config: Mapping[str, Any]) -> None:
    outcome = config["outcome"]
    if outcome["kind"] == "label":
        classes = outcome["classes"]
        if outcome["positive_class"] not in classes:
            raise fault(
                "outcome.positive_class",
                repr(outcome["positive_class"]),
                f"one of the classes {', '.join(classes)}",
                f"{suggestion(outcome['positive_class'], classes)}correct it",
            )
        first, second = classes.values()
        both = [value for value in first if value in second]
        if both:
            raise fault(
                "outcome.classes", f"{both[0]!r} in both classes", "each value in one", "remove it"
            )
        return
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
