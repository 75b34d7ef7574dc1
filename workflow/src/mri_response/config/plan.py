"""Figures of a run, models with a learning curve, maps of the weights.

Every job reads the rules, and the rules read this module: it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mri_response.config.queries import compared_pairs, has_region_sets, is_linear
from mri_response.core.vocabulary import Role

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

# Kind of figure: the section of the page it stands in, and its heading.
_KINDS = {
    "flow": ("cohorts", "Flow of participants"),
    "quality": ("quality", "Scans among those of their cohort"),
    "roc": ("result", "ROC curves"),
    "null_distribution": ("result", "What chance gives"),
    "decision_scores": ("result", "Decision values"),
    "confusion": ("result", "Confusion matrices"),
    "calibration": ("usefulness", "Are the probabilities right?"),
    "decision_curve": ("usefulness", "Would acting on the answers help?"),
    "comparisons": ("comparisons", "Models beside each other"),
    "subgroups": ("subgroups", "Subgroups"),
    "specificity": ("specificity", "With and without the treatment"),
    "learning_curve": ("sample", "Performance by number of people"),
    "region_sets": ("brain", "Sets of regions"),
    "roi_weights": ("brain", "Regions"),
    "weight_map": ("brain", "Weights on the brain"),
    "planted_vs_found": ("simulation", "Planted beside found, by region"),
    "planted_map": ("simulation", "Planted beside found, on the brain"),
}


def curve_models(config: Mapping[str, Any]) -> list[str]:
    """Models that get a learning curve."""
    curve = config["learning_curve"]
    if not curve["enabled"]:
        return []
    wanted = curve["models"] or [config["primary_model"]]
    return [model for model in config["models"] if model in wanted]


# ---------------------------------------------------------------- figures
@dataclass(frozen=True)
class FigureSpec:
    """One figure of a run.

    Attributes
    ----------
    name : str
        File name without suffix: ``figures/<name>.png`` and ``figures/<name>.svg``.
    kind : str
        The function in :mod:`mri_response.report.figures` that draws it, and its caption
        ``data/report/<kind>.rst``.
    model : str or None
        The model; None for figures of the whole run.
    """

    name: str
    kind: str
    model: str | None = None

    @property
    def section(self) -> str:
        """Section of the page."""
        return _KINDS[self.kind][0]

    @property
    def heading(self) -> str:
        """Heading of the figure on the page."""
        return _KINDS[self.kind][1]


def figure_plan(config: Mapping[str, Any]) -> list[FigureSpec]:
    """Return the figures of a run, in the order of the page.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.

    Returns
    -------
    list of FigureSpec
        Maps on the brain exist where the features have an image (voxels, regions of an atlas) and
        the model is linear; those of the planted effect in a simulation alone.
    """
    simulated = bool(config.get("simulation"))
    roles = {cohort["role"] for cohort in config["cohorts"].values()}
    plan = [FigureSpec("flow", "flow"), FigureSpec("quality", "quality")]
    if compared_pairs(config):
        plan.append(FigureSpec("comparisons", "comparisons"))
    for model in ordered_models(config):
        kinds = ["roc", "null_distribution", "decision_scores", "confusion"]
        kinds += ["calibration", "decision_curve", "subgroups"]
        if {Role.EXTERNAL, Role.CONTROL} <= roles:
            kinds.append("specificity")
        if model in curve_models(config):
            kinds.append("learning_curve")
        feature_kind = None  # without weights there is nothing to draw by region or voxel
        if is_linear(config["models"][model]):
            feature_kind = config["features"][config["models"][model]["features"]]["kind"]
        if feature_kind and has_region_sets(config, config["models"][model]["features"]):
            kinds.append("region_sets")
        if feature_kind in ("roi_maps", "table"):
            kinds.append("roi_weights")
        if feature_kind in ("roi_maps", "voxels"):
            kinds.append("weight_map")
        if simulated and feature_kind == "roi_maps":
            kinds.append("planted_vs_found")
        if simulated and feature_kind in ("roi_maps", "voxels"):
            kinds.append("planted_map")
        plan += [FigureSpec(f"{kind}_{model}", kind, model) for kind in kinds]
    return plan


def ordered_models(config: Mapping[str, Any]) -> list[str]:
    """Models, the primary one first."""
    primary = config["primary_model"]
    return [primary, *(model for model in config["models"] if model != primary)]
