"""What a run consists of: batches of work for the jobs, and figures.

Every job reads the rules, and the rules read this module: it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mri_response.config import is_linear

BLOCK = 256  # permutations solved together; jobs are whole blocks, so batching changes no byte

# Kind of figure: the section of the page it stands in, and its heading.
_KINDS = {
    "flow": ("cohorts", "Flow of participants"),
    "roc": ("result", "ROC curves"),
    "null_distribution": ("result", "What chance gives"),
    "decision_scores": ("result", "Decision values"),
    "confusion": ("result", "Confusion matrices"),
    "roi_weights": ("brain", "Regions"),
    "weight_map": ("brain", "Weights on the brain"),
    "planted_vs_found": ("simulation", "Planted beside found, by region"),
    "planted_map": ("simulation", "Planted beside found, on the brain"),
}


def batches(total: int, size: int) -> list[range]:
    """Cut ``range(total)`` into ranges of a size; the last may be shorter."""
    return [range(start, min(start + size, total)) for start in range(0, total, size)]


def labelling_batches(n_permutations: int, size: int) -> list[list[range]]:
    """Permutation indices of each job, as blocks that are solved together.

    The observed labelling, index 0, is a block of its own and goes with the first job. A job's
    size is rounded up to whole blocks.

    Parameters
    ----------
    n_permutations : int
        May be 0.
    size : int
        Permutations a job.

    Returns
    -------
    list of list of range
        Jobs, each a list of blocks.
    """
    blocks = [range(block.start + 1, block.stop + 1) for block in batches(n_permutations, BLOCK)]
    jobs = [[blocks[i] for i in job] for job in batches(len(blocks), -(-size // BLOCK))]
    return [[range(1), *jobs[0]], *jobs[1:]] if jobs else [[range(1)]]


@dataclass(frozen=True)
class FigureSpec:
    """One figure of a run.

    Attributes
    ----------
    name : str
        File name without suffix: ``figures/<name>.png`` and ``figures/<name>.svg``.
    kind : str
        The function of :mod:`mri_response.figures` that draws it, and its caption
        ``workflow/report/<kind>.rst``.
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
    plan = [FigureSpec("flow", "flow")]
    for model in ordered_models(config):
        kinds = ["roc", "null_distribution", "decision_scores", "confusion"]
        feature_kind = None  # without weights there is nothing to draw by region or voxel
        if is_linear(config["models"][model]):
            feature_kind = config["features"][config["models"][model]["features"]]["kind"]
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
