"""What a configuration that applies a model may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.messages import fault
from mri_response.core.vocabulary import Role

#: Sections that say what a model is made of, which the folder says already.
_OF_MODELS = ("models", "features", "stacks", "primary_model", "simulation")


def refuse_beside_apply(raw: Mapping[str, Any]) -> None:
    """Refuse sections that say what the folder of the model says.

    Parameters
    ----------
    raw : mapping
        The configuration as given.

    Raises
    ------
    InputError
        About the first of these keys, or a cohort that nobody learns from here.
    """
    if not raw.get("apply"):
        return
    for key in _OF_MODELS:
        if raw.get(key):
            raise fault(
                key,
                "a section beside apply",
                "none, since the folder of the model says what it is made of",
                "remove it, or apply the model in a run of its own",
            )
    for name, cohort in (raw.get("cohorts") or {}).items():
        if cohort.get("role") == Role.DISCOVERY:
            raise fault(
                f"cohorts.{name}.role",
                "discovery",
                "external or control, since nothing is learned where a model is applied",
                "write external",
            )
