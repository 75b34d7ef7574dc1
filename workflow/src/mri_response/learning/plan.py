"""How the work of a run is cut into jobs, and how long these are estimated to take.

Every job reads the rules, and the rules read this module: it imports nothing that takes time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mri_response.config.queries import controlled_models, stability_models
from mri_response.core.vocabulary import ConfoundControl, Role
from mri_response.learning.batches import (
    CURVE_SHARES,
    FOLDS_PER_PASS,
    SITE_FOLDS,
    batches,
    labelling_batches,
    whole_groups,
)
from mri_response.learning.learners.base import Work, gram_seconds
from mri_response.learning.learners.registry import learner_of

# Batches for which the configuration gives no size.
TARGET_S = 300.0  # estimated seconds of a job
SMALL_RUN_JOBS = 12  # jobs, roughly, into which a small run is cut for the cores of one machine
SHORTEST_S = 30.0  # a small run is not cut into jobs that are shorter than this
MOST_JOBS = 1000  # cross-validation jobs of a run; beyond, each carries more work
SITES = 5  # of a discovery cohort whose sites are predicted
GRAM_MB = 500.0  # largest size of the Gram matrices of a job


# ---------------------------------------------------------------- work and how it is cut
def estimated_work(
    config: Mapping[str, Any], model: str, n: int, p: int, inner_folds: int | None = None
) -> Work:
    """Estimate the work of a model.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.
    model : str
        Name of the model.
    n : int
        Rows of the discovery cohort (for a job's resources: of its Gram matrices).
    p : int
        Number of features.
    inner_folds : int, optional
        Inner folds of an inner repeat; by default those of the config.

    Returns
    -------
    Work
    """
    scheme = config["cross_validation"]
    if inner_folds:
        scheme = {**scheme, "inner_folds": inner_folds}
    return learner_of(config["models"][model]).work(scheme, n, p)


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
        Estimated seconds of each job, by what it does.
    """

    folds: list[range]
    labels: list[list[range]]
    refits: list[list[range]]
    jobs: dict[str, list[float]]


def batch_plans(
    config: Mapping[str, Any],
    n: int,
    p: Mapping[str, int],
    outer_folds: int | None = None,
    inner_folds: int | None = None,
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
    inner_folds : int, optional
        Inner folds of an inner repeat; by default those of the config.

    Returns
    -------
    dict of str to BatchPlan
        One plan per model.
    """
    scheme, batch = config["cross_validation"], config["batch"]
    n_folds = scheme["repeats"] * (outer_folds or scheme["outer_folds"])
    n_permutations = config["permutation"]["n"]
    redrawn = scheme["scheme"] == "stratified"
    others = len(config["cohorts"]) > 1

    blocks = labelling_batches(n_permutations, max(1, n_permutations))[0]
    permuted = blocks[1:]
    learners = {model: learner_of(spec) for model, spec in config["models"].items()}
    work = {
        model: estimated_work(config, model, n, p[spec["features"]], inner_folds)
        for model, spec in config["models"].items()
    }
    total = sum(n_folds * (w.gram_s + _fold_seconds(w, blocks, redrawn)) for w in work.values())
    if batch["minutes"] is None:
        target = max(SHORTEST_S, min(TARGET_S, total / SMALL_RUN_JOBS))
    else:
        target = 60.0 * batch["minutes"]
    target = max(target, total / MOST_JOBS)

    plans = {}
    for model, w in work.items():
        block_s = _fold_seconds(w, permuted[:1] or blocks, redrawn)
        n_parts = n_folds * max(block_s, w.gram_s) // target
        fitting = max(1, int(GRAM_MB // max(w.gram_mb, 1)))
        size = _part(n_folds, n_parts)
        if size > FOLDS_PER_PASS / 2:
            size += -size % FOLDS_PER_PASS
        if size > fitting:
            size = whole_groups(fitting)
        folds = batches(n_folds, batch["outer_folds"] or size)
        size = batch["permutations"]
        n_parts = len(folds[0]) * _fold_seconds(w, permuted, redrawn) // target
        labels = labelling_batches(n_permutations, size or _part(n_permutations, n_parts))
        # Permuted labels are refitted as the null of weights, and of the scores of others.
        refits = [[range(1)]]
        if others or learners[model].linear:
            n_parts = _fold_seconds(w, permuted) // target
            refits = labelling_batches(n_permutations, size or _part(n_permutations, n_parts))
        each = [_fold_seconds(w, job, redrawn) for job in labels]
        nested = [len(members) * seconds for members in folds for seconds in each]
        refit = [_fold_seconds(w, job) for job in refits]
        prepares = learners[model].prepares and not redrawn
        prepare = [len(members) * w.gram_s for members in folds] if prepares else []
        jobs = {"prepare": prepare, "cross_validate": nested, "refit": refit}
        plans[model] = BatchPlan(folds, labels, refits, jobs)
    return plans


def curve_batches(
    config: Mapping[str, Any],
    model: str,
    n: int,
    p: Mapping[str, int],
    outer_folds: int,
    inner_folds: int | None = None,
) -> list[range]:
    """Cut the subsamples on which a learning curve runs into jobs of about 5 minutes.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.
    model : str
        Name of the model.
    n : int
        Rows of the discovery cohort.
    p : mapping of str to int
        Features of each feature set.
    outer_folds : int
        Outer folds of a repeat.
    inner_folds : int, optional
        Inner folds of an inner repeat; by default those of the config.

    Returns
    -------
    list of range
        Subsamples of each job, counted by size, then repeat.
    """
    curve, spec = config["learning_curve"], config["models"][model]
    work = estimated_work(config, model, n, p[spec["features"]], inner_folds)
    parts = len(curve["sizes"] or CURVE_SHARES) * curve["repeats"]
    return batches(parts, max(1, int(TARGET_S / work.redrawn_s(outer_folds))))


def other_seconds(
    config: Mapping[str, Any],
    curve_plans: Mapping[str, list[range]],
    n: int,
    p: Mapping[str, int],
    outer_folds: int,
    inner_folds: int | None = None,
) -> dict[str, dict[str, list[float]]]:
    """Estimate the jobs that run the procedure once more under the observed labels.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.
    curve_plans : mapping of str to list of range
        Models with a learning curve, with the subsamples of each job, see `curve_batches`.
    n : int
        Rows of the discovery cohort.
    p : mapping of str to int
        Features of each feature set.
    outer_folds : int
        Outer folds of a repeat.
    inner_folds : int, optional
        Inner folds of an inner repeat; by default those of the config.

    Returns
    -------
    dict of str to dict of str to list of float
        Seconds of each job by kind (``learning_curve``, ``confound_control_fits``,
        ``transport_fits``, ``stability_fits`` or ``site_predictability``) and model. Both controls
        of the removal of confounds of a model are one job, of all outer folds; so are the refits to
        each external cohort, the refits and seeds of stability, and all that sites are predicted
        from.
    """

    def work_of(model: str) -> Work:
        p_model = p[config["models"][model]["features"]]
        return estimated_work(config, model, n, p_model, inner_folds)

    def once(model: str) -> float:
        return work_of(model).redrawn_s(outer_folds)

    n_folds = config["cross_validation"]["repeats"] * outer_folds
    external = sum(cohort["role"] == Role.EXTERNAL for cohort in config["cohorts"].values())
    moved = config["models"] if config["sites"]["transport"] else ()
    controls = len(ConfoundControl) * config["cross_validation"]["repeats"]
    return {
        "learning_curve": {
            model: [len(part) * once(model) for part in parts]
            for model, parts in curve_plans.items()
        },
        "confound_control_fits": {
            model: [controls * once(model)] for model in controlled_models(config)
        },
        "transport_fits": {model: [external * work_of(model).redrawn_s(1)] for model in moved},
        "stability_fits": {
            model: [stability_seconds(config, work_of(model), n_folds)]
            for model in stability_models(config)
        },
        "site_predictability": {
            model: [site_seconds(config, model, n, p[spec["features"]], n_folds)]
            for model, spec in config["models"].items()
            if config["sites"]["column"] is not None
        },
    }


def site_seconds(config: Mapping[str, Any], model: str, n: int, p: int, n_folds: int) -> float:
    """Estimate how long the prediction of sites from the features and answers of a model takes.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.
    model : str
        Name of the model.
    n, p : int
        Rows of the discovery cohort, and features of the model.
    n_folds : int
        Outer folds of all repeats.

    Returns
    -------
    float
        Measured on a server of the 2020s (n = 60 to 800, 2 to 6 sites; `SITES` are supposed):
        a system of equations of the size of a training set in every fold, and for every exchange of
        sites some 40 ns a row and site. Sites are predicted from the features, from the decision
        values, from the outcome and, where the model prepares them by confounds or harmonisation,
        from the prepared features.
    """
    spec = config["models"][model]
    prepared = bool(spec["confounds"] or spec["harmonise"])
    folds = n_folds if config["cross_validation"]["outer"] == "k_fold" else SITE_FOLDS
    exchanges = (1 + config["permutation"]["n"]) * n * SITES * 40e-9
    from_each = folds * (n**3 / 7e9 + exchanges)
    return (3 + prepared) * from_each + gram_seconds((1 + prepared) * folds, n, p)


def stability_seconds(config: Mapping[str, Any], work: Work, n_folds: int) -> float:
    """Estimate the refits on resampled people and the cross-validations with other seeds.

    Parameters
    ----------
    config : mapping
        Section stability of the config.
    work : Work
        Of the model.
    n_folds : int
        Outer folds of all repeats.

    Returns
    -------
    float
        A refit has a row for every copy and one for everybody who is scored: twice the rows, four
        times the work. The run's own people and seed are among them.
    """
    asked = config["stability"]
    refits = 4 * (asked["resamples"] + 1) if asked["resamples"] else 0
    folds = n_folds * (asked["seeds"] + 1) if asked["seeds"] else 0
    return (refits + folds) * work.redrawn_s(1)


def plan_lines(
    plans: Mapping[str, BatchPlan], others: Mapping[str, Mapping[str, list[float]]]
) -> Iterator[str]:
    """One line per kind of job: how many there are over all models, and their estimated time.

    Parameters
    ----------
    plans : mapping of str to BatchPlan
        Plan of each model.
    others : mapping of str to mapping of str to list of float
        Seconds of all other jobs by kind and model, see `other_seconds`.
    """
    found: dict[str, list[float]] = {}
    for plan in plans.values():
        for kind, jobs in plan.jobs.items():
            found.setdefault(kind, []).extend(jobs)
    found |= {kind: [s for jobs in of.values() for s in jobs] for kind, of in others.items()}
    for kind, seconds in found.items():
        if seconds:
            jobs = "1 job" if len(seconds) == 1 else f"{len(seconds):,} jobs"
            longest = "" if len(seconds) == 1 else f", at most {_duration(max(seconds))} each"
            yield f"plan: {kind}: {jobs} of roughly {_duration(sum(seconds))} in all{longest}"


def _fold_seconds(work: Work, blocks: Sequence[range], redrawn: bool = False) -> float:
    """Seconds of an outer fold for some blocks of labellings."""
    labellings = sum(map(len, blocks))
    return work.redrawn_s(labellings) if redrawn else work.fold_s(labellings, len(blocks))


def _part(total: int, n_parts: float) -> int:
    """Size of parts, about equal, that are no more than asked for."""
    return math.ceil(total / max(1, min(total, n_parts)))


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{max(seconds, 1):.0f} s"
