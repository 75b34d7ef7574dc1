"""Outcomes from a model that is fitted to everybody, which are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.messages import fault

#: Labels of models that are fitted to people: whoever is tested would have had a say in them.
FITTED = (
    *("mixed_model", "mmrm", "blup", "random_slope", "random_effects", "growth_mixture"),
    *("latent_class", "latent_classes", "latent_trajectory", "cluster", "clusters"),
)


def refuse_fitted(raw: Mapping[str, Any]) -> None:
    """Refuse a label that comes from a model fitted to everybody.

    Parameters
    ----------
    raw : mapping
        The configuration as given.

    Raises
    ------
    InputError
        If the outcome is one of `FITTED`, or asks for a model.
    """
    outcome = raw.get("outcome")
    outcome = outcome if isinstance(outcome, Mapping) else {}
    kind = outcome.get("kind")
    asked = kind if kind in FITTED else outcome.get("model")
    if asked is not None:
        raise fault(
            "outcome.kind" if kind in FITTED else "outcome.model",
            f"{asked!r}, a label from a model that is fitted to everybody",
            "a rule that looks at one person at a time",
            "name a rule, such as kind: trajectory with a path; such a model learns from the "
            "people it is tested on",
        )
