"""What a run consists of: batches of work for the jobs, and figures.

Every job reads the rules, and the rules read this module: it imports nothing that takes time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mri_response.config.queries import compared_pairs, grid_of_c, has_region_sets, is_linear
from mri_response.core.vocabulary import Role

# Jobs are whole blocks and keep places in a group, so that batching changes no byte.
BLOCK = 256  # permutations solved together
TOGETHER = 5  # outer folds of a repeat whose Gram matrices, of many features, are computed together

# Batches for which the configuration gives no size.
TARGET_S = 300.0  # work a job
AT_ONCE = 12  # jobs, roughly, into which a small run is cut for the cores of one machine
SHORTEST_S = 30.0  # unless they were shorter than this
MOST_JOBS = 1000  # cross-validation jobs of a run; beyond, each carries more work
GRAM_MB = 500.0  # Gram matrices of a job

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
CURVE_SHARES = (0.4, 0.6, 0.8)  # of the discovery people, where the learning curve has no sizes

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


def batches(total: int, size: int) -> list[range]:
    """Cut ``range(total)`` into ranges of a size; the last may be shorter."""
    return [range(start, min(start + size, total)) for start in range(0, total, size)]


def whole_groups(n_folds: int) -> int:
    """So many outer folds or fewer, that are whole groups if they are one at least."""
    return n_folds - n_folds % TOGETHER or n_folds


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


# ---------------------------------------------------------------- work and how it is cut
@dataclass(frozen=True)
class Work:
    """Estimated work of a model, on one core.

    Attributes
    ----------
    gram_s : float
        Seconds for the Gram matrices of an outer fold.
    gram_mb : float
        Their size, in MB.
    solver_s : float
        Seconds for an outer fold and labelling: every inner fold and every candidate.
    """

    gram_s: float
    gram_mb: float
    solver_s: float


def estimated_work(config: Mapping[str, Any], model: str, n: int, p: int) -> Work:
    """Estimate the work of a model.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.
    model : str
    n : int
        Rows of the discovery cohort (for a job's resources: of its Gram matrices).
    p : int
        Features.

    Returns
    -------
    Work

    Notes
    -----
    Orders of magnitude, measured on one core of a server of the 2020s: Gram matrices take
    n^2 p / 3.5e10 + n^3 / 5e9 seconds a training set (n = 100 to 500, p = 100 to 400,000). A
    classifier of a labelling takes 0.02 ms at n = 100 and grows with about n^2.5: with 10 inner
    folds and 13 values of C, 2.7 ms a labelling were seen at n = 99, 6.4 ms at n = 165 (region
    tables), and up to ten times as much where the classes can hardly be separated; with folds
    redrawn for every labelling five times as much. One fit of an estimator of scikit-learn is
    taken to last 30 ms at n = 100: a logistic regression is quicker, a forest slower.
    """
    scheme = config["cross_validation"]
    n_sets = 1 + scheme["inner_repeats"] * scheme["inner_folds"]
    spec = config["models"][model]
    if "estimator" in spec:
        n_fits = n_sets * math.prod(map(len, spec["grid"].values()))
        return Work(gram_s=0.0, gram_mb=0.0, solver_s=0.03 * n / 100 * n_fits)
    n_fits = n_sets * len(grid_of_c(spec["C"]))
    return Work(
        gram_s=n_sets * (n**2 * p / 3.5e10 + n**3 / 5e9),
        gram_mb=8e-6 * n_sets * n**2,
        solver_s=(1e-4 if scheme["scheme"] == "stratified" else 2e-5) * (n / 100) ** 2.5 * n_fits,
    )


@dataclass(frozen=True)
class BatchPlan:
    """How the work of a model is cut into jobs.

    Attributes
    ----------
    folds : list of range
        Outer folds of each cross-validation job, counted through all repeats.
    labels : list of list of range
        Labellings of each cross-validation job, see `labelling_batches`.
    refits : list of list of range
        Labellings of each job that fits on all discovery people.
    jobs : dict of str to list of float
        Estimated seconds of each job, by rule.
    """

    folds: list[range]
    labels: list[list[range]]
    refits: list[list[range]]
    jobs: dict[str, list[float]]


def batch_plans(
    config: Mapping[str, Any], n: int, p: Mapping[str, int], outer_folds: int | None = None
) -> dict[str, BatchPlan]:
    """Cut the work of all models into jobs.

    Sizes that the configuration gives (``batch.outer_folds``, ``batch.permutations``) are taken.
    Otherwise a job has ``batch.minutes`` of work or somewhat more. Null is 5 minutes, or less where
    the run would have fewer than about 10 jobs, for the cores of one machine. Jobs are longer where
    there would be more than 1,000, and shorter where their Gram matrices would exceed 500 MB.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.
    n : int
        Rows of the discovery cohort.
    p : mapping of str to int
        Features of each feature set.
    outer_folds : int, optional
        Outer folds of a repeat, or more: jobs behind the last fold have nothing to do. By default
        those of the config.

    Returns
    -------
    dict of str to BatchPlan
        One a model.
    """
    scheme, batch = config["cross_validation"], config["batch"]
    n_folds = scheme["repeats"] * (outer_folds or scheme["outer_folds"])
    n_permutations = config["permutation"]["n"]
    redrawn = scheme["scheme"] == "stratified"
    others = len(config["cohorts"]) > 1

    work = {
        model: estimated_work(config, model, n, p[spec["features"]])
        for model, spec in config["models"].items()
    }
    # Seconds of an outer fold for each labelling.
    each = {m: w.solver_s + (w.gram_s if redrawn else 0) for m, w in work.items()}
    total = sum(n_folds * (work[m].gram_s + (1 + n_permutations) * s) for m, s in each.items())
    if batch["minutes"] is None:
        target = max(SHORTEST_S, min(TARGET_S, total / AT_ONCE))
    else:
        target = 60.0 * batch["minutes"]
    target = max(target, total / MOST_JOBS)

    plans = {}
    for model, w in work.items():
        block_s = each[model] * min(BLOCK, 1 + n_permutations)
        n_parts = n_folds * max(block_s, w.gram_s) // target
        fitting = max(1, int(GRAM_MB // max(w.gram_mb, 1)))
        size = _part(n_folds, n_parts)
        if size > TOGETHER / 2:
            size += -size % TOGETHER
        if size > fitting:
            size = whole_groups(fitting)
        folds = batches(n_folds, batch["outer_folds"] or size)
        size = batch["permutations"]
        n_parts = n_permutations * len(folds[0]) * each[model] // target
        labels = labelling_batches(n_permutations, size or _part(n_permutations, n_parts))
        # Permuted labels are refitted as the null of weights, and of the scores of others.
        refits = [[range(1)]]
        if others or is_linear(config["models"][model]):
            n_parts = n_permutations * w.solver_s // target
            refits = labelling_batches(n_permutations, size or _part(n_permutations, n_parts))
        counts = [sum(map(len, job)) for job in labels]
        # Rules as they are named in crossval.smk and external.smk.
        kind = "_estimator" if "estimator" in config["models"][model] else ""
        nested_cv = f"nested_cv{kind}{'_redrawn' if redrawn else ''}"
        jobs = {
            "kernels": [] if kind or redrawn else [len(members) * w.gram_s for members in folds],
            nested_cv: [len(members) * m * each[model] for members in folds for m in counts],
            f"refit{kind}": [sum(map(len, job)) * w.solver_s for job in refits],
        }
        plans[model] = BatchPlan(folds, labels, refits, jobs)
    return plans


def curve_models(config: Mapping[str, Any]) -> list[str]:
    """Models that get a learning curve."""
    curve = config["learning_curve"]
    if not curve["enabled"]:
        return []
    wanted = curve["models"] or [config["primary_model"]]
    return [model for model in config["models"] if model in wanted]


def smallest_part(config: Mapping[str, Any], share: float) -> int:
    """People that a part of the sample needs for its folds, and for twice the smallest class.

    Parameters
    ----------
    config : mapping
        Sections cross_validation and min_class_size of the config.
    share : float
        Share of the positive class.

    Returns
    -------
    int
    """
    cv = config["cross_validation"]
    folds = max(cv["outer_folds"] or 2, cv["inner_folds"])
    return max(2 * folds, math.ceil(2 * config["min_class_size"] / min(share, 1 - share)))


def curve_batches(
    config: Mapping[str, Any], model: str, n: int, p: Mapping[str, int], outer_folds: int
) -> list[range]:
    """Cut the parts of the people on which a learning curve runs into jobs of about 5 minutes.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.
    model : str
    n, p, outer_folds
        As in `batch_plans`.

    Returns
    -------
    list of range
        Parts of each job, counted by size, then repeat.
    """
    curve, spec = config["learning_curve"], config["models"][model]
    work = estimated_work(config, model, n, p[spec["features"]])
    parts = len(curve["sizes"] or CURVE_SHARES) * curve["repeats"]
    return batches(parts, max(1, int(TARGET_S / part_seconds(config, model, work, outer_folds))))


def part_seconds(config: Mapping[str, Any], model: str, work: Work, outer_folds: int) -> float:
    """Estimated seconds of the procedure on a part of the people, were it as large as the whole.

    Parameters
    ----------
    config : mapping
        Sections models and cross_validation of the config.
    model : str
    work : Work
        Of all people.
    outer_folds : int
        Of a repeat.

    Returns
    -------
    float
    """
    spec, scheme = config["models"][model], config["cross_validation"]["scheme"]
    # A single labelling takes the solver longer than one of many.
    alone = 1 if "estimator" in spec or scheme == "stratified" else 5
    return outer_folds * (work.gram_s + alone * work.solver_s)


def plan_lines(plans: Mapping[str, BatchPlan]) -> Iterator[str]:
    """One line a rule: its jobs over all models, and how long they are estimated to take."""
    for rule in dict.fromkeys(rule for plan in plans.values() for rule in plan.jobs):
        seconds = [s for plan in plans.values() for s in plan.jobs.get(rule, [])]
        if seconds:
            jobs = "1 job" if len(seconds) == 1 else f"{len(seconds):,} jobs"
            longest = "" if len(seconds) == 1 else f", at most {_duration(max(seconds))} each"
            yield f"plan: {rule}: {jobs} of roughly {_duration(sum(seconds))} in all{longest}"


def _part(total: int, n_parts: float) -> int:
    """Size of parts, about equal, that are no more than asked for."""
    return math.ceil(total / max(1, min(total, n_parts)))


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{max(seconds, 1):.0f} s"


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
