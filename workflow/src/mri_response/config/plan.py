"""Models in the order of the report, those with a learning curve, maps of the weights.

Every job reads the rules, and the rules read this module: it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.queries import is_linear, learner_name

# Maps of a voxel model's weights, see `mri_response.brain.weights.map_values`.
VOXEL_MAPS = (
    "weight",
    "haufe",
    "weight_mean",
    "cvr",
    "sign_consistency",
    "sign_consistency_null",
    "neglog10_sign_consistency_p",
    "neglog10_p_value",
    "neglog10_p_fdr",
    "neglog10_p_max",
)


def curve_models(config: Mapping[str, Any]) -> list[str]:
    """Models that get a learning curve."""
    curve = config["learning_curve"]
    if not curve["enabled"]:
        return []
    wanted = curve["models"] or [config["primary_model"]]
    return [model for model in config["models"] if model in wanted]


def controlled_models(config: Mapping[str, Any]) -> list[str]:
    """Models that remove confounds for a classifier that is not linear, and so get controls."""
    return [
        name
        for name, model in config["models"].items()
        if model["confounds"] and learner_name(model) == "sklearn" and not is_linear(model)
    ]


def ordered_models(config: Mapping[str, Any]) -> list[str]:
    """Models, the primary one first."""
    return sorted(config["models"], key=lambda model: model != config["primary_model"])
