"""Which models can be applied without the people from whom they learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mri_response.config.learner_kinds import estimator_of, is_linear
from mri_response.config.linear_estimators import KERNEL_ESTIMATORS

#: Kinds of features that are made from nothing but a person's own images, tables and answers.
TRAVELLING = ("table", "roi_maps", "voxels", "clinical", "concatenated")


def why_not(config: Mapping[str, Any], models: Sequence[str]) -> str | None:
    """Say why a model cannot be applied from its folder alone.

    Parameters
    ----------
    config : mapping
        Sections models and features of the completed configuration.
    models : sequence of str
        The model, or those below a stack.

    Returns
    -------
    str or None
        None for a model that travels.
    """
    for name in models:
        model = config["models"][name]
        kinds = [spec["kind"] for spec in sets_of(config, model["features"]).values()]
        if not is_linear(model):
            if estimator_of(model) in KERNEL_ESTIMATORS:
                return (
                    f"the kernel of {name} is not linear, so that its formula would be rows of the "
                    "training people, who do not travel"
                )
            return (
                f"{name} ({estimator_of(model)}) is a program and no formula: its recipe fits it "
                "again from the training people, who do not travel"
            )
        strange = [kind for kind in kinds if kind not in TRAVELLING]
        if strange:
            return (
                f"features of kind {strange[0]} are made from more than the people who are scored"
            )
    return None


def sets_of(config: Mapping[str, Any], features: str) -> dict[str, Mapping[str, Any]]:
    """A feature set, behind those that it consists of.

    Parameters
    ----------
    config : mapping
        Section features of the completed configuration.
    features : str
        Name of the feature set.

    Returns
    -------
    dict of str to mapping
        Sections of the configuration by name.
    """
    spec = config["features"][features]
    return {name: config["features"][name] for name in (*spec.get("sets", ()), features)}
