"""What the primary model reached."""

from __future__ import annotations

from mri_response.config.queries import CONFOUNDS_ONLY, used_confounds
from mri_response.core.vocabulary import EXTERNAL_POOLED, Aggregation, Role
from mri_response.evaluation.headline import headline_row
from mri_response.report.facts.fact import Fact, fact
from mri_response.report.facts.phrases import cohort_size, listed, p_words, where
from mri_response.report.lookup import is_computed, whole_procedure_row
from mri_response.report.naming import CI_NAMES, METRIC_NAMES, NULL_NAMES, counted, lowered
from mri_response.report.numbers import (
    estimate_text,
    interval_text,
    number,
    percent,
    with_sign,
)
from mri_response.report.procedure_words import validation_text
from mri_response.report.run import Run


@fact
def null_centre(run: Run) -> Fact | None:
    null = whole_procedure_row(run.summaries.get("null_summary"), run.model, run.discovery)
    if null is None:
        return None
    return Fact(
        f"Under permuted labels the whole procedure gave a mean balanced accuracy of "
        f"{percent(null['mean'])} over {number(null['n_permutations']):,.0f} permutations. Chance "
        "is 50 %; a step that carries labels across folds in every permutation would lift it. A "
        "selection made before this run would not show here.",
        where(
            "null",
            model=run.model,
            cohort=run.discovery,
            metric="balanced_accuracy",
            aggregation=Aggregation.MEAN_OVER_REPEATS,
        ),
    )


@fact
def optimism(run: Run) -> Fact | None:
    inner = headline_row(run.performance, run.model, run.discovery, "balanced_accuracy")
    external = [c for c in run.cohorts if run.names.roles[c] == Role.EXTERNAL]
    cohort = EXTERNAL_POOLED if EXTERNAL_POOLED in external else external[0] if external else None
    if cohort is None or not is_computed(run.performance, run.model, cohort):
        return None
    outer = headline_row(run.performance, run.model, cohort, "balanced_accuracy")
    gap = 100 * (number(outer["estimate"]) - number(inner["estimate"]))
    return Fact(
        f"Balanced accuracy {percent(inner['estimate'])} by "
        f"{validation_text(run.config['cross_validation'])}, "
        f"{percent(outer['estimate'])} in {run.names.titles[cohort]}"
        f"{' (within cohorts)' if cohort == EXTERNAL_POOLED else ''}: {with_sign(gap, 1)} "
        "percentage points.",
        where("performance", model=run.model, metric="balanced_accuracy", cohort=run.discovery)
        + f" and {cohort}",
    )


@fact
def performance(run: Run) -> Fact:
    names = run.names
    sentences = []
    for cohort in run.cohorts:
        n, n_positive = run.counts(cohort)
        start = f"{names.titles[cohort]} (n = {n}, {counted(n_positive, names.positive)})"
        if not is_computed(run.performance, run.model, cohort):
            sentences.append(
                f"{start}: not computed, a class has fewer than {run.config['min_class_size']} "
                "people."
            )
            continue
        if cohort == EXTERNAL_POOLED:
            start += ", people compared within their own cohort, cohorts weighted by their pairs"
        sentences.append(f"{start}: {'; '.join(_metric(run, cohort, m) for m in METRIC_NAMES)}.")
    more = (
        f" The other models ({listed(run.models[1:])}) stand in performance.tsv."
        if len(run.config["models"]) > 1
        else ""
    )
    return Fact(
        f"Model {run.model}. {' '.join(sentences)}{more}",
        f"performance.tsv: model={run.model}, aggregation=mean_over_repeats (discovery), "
        "within_cohorts (external_pooled) or frozen_model, first row of each metric",
    )


def _metric(run: Run, cohort: str, metric: str) -> str:
    row = headline_row(run.performance, run.model, cohort, metric)
    name = lowered(METRIC_NAMES[metric])
    interval = interval_text(metric, row["ci_low"], row["ci_high"])
    inside = [f"95 % interval {interval}, {CI_NAMES.get(row['ci_method'], row['ci_method'])}"]
    if row["null"] in NULL_NAMES:
        inside.append(f"{p_words(row)}, {NULL_NAMES[row['null']]}")
    return f"{name} {estimate_text(metric, row['estimate'])} ({'; '.join(inside)})"


@fact
def confounds_baseline(run: Run) -> Fact | None:
    row = headline_row(run.performance, CONFOUNDS_ONLY, run.discovery, "balanced_accuracy")
    if row is None:
        return None
    return Fact(
        f"The confounds alone ({', '.join(used_confounds(run.config))}) gave a balanced accuracy "
        f"of {percent(row['estimate'])} in {run.names.titles[run.discovery]} ({p_words(row)}).",
        where(
            "performance",
            model=CONFOUNDS_ONLY,
            cohort=run.discovery,
            metric="balanced_accuracy",
            aggregation=Aggregation.MEAN_OVER_REPEATS,
        ),
    )


@fact
def heterogeneity(run: Run) -> Fact:
    parts = []
    for cohort in [c for c in run.cohorts if c != EXTERNAL_POOLED]:
        if is_computed(run.performance, run.model, cohort):
            row = headline_row(run.performance, run.model, cohort, "auc")
            parts.append(f"{run.names.titles[cohort]} {estimate_text('auc', row['estimate'])}")
    return Fact(
        f"AUC by cohort: {', '.join(parts)}."
        if len(parts) > 1
        else "Not examined: one cohort has figures.",
        where("performance", model=run.model, metric="auc"),
    )


@fact
def analysis_sizes(run: Run) -> Fact:
    cv = run.config["cross_validation"]
    n, n_positive = run.counts(run.discovery)
    text = f"Internal validation: n = {n}, {counted(n_positive, run.names.positive)}"
    if cv["outer"] == "held_out":
        text += " held out and predicted; the other people of the cohort were learned from"
    elif cv["outer"] == "k_fold":
        part = (cv["outer_folds"] - 1) / cv["outer_folds"]
        text += f"; each outer training part about {part * n:.0f} people"
    text += "."
    scored = [cohort_size(run, c) for c in run.cohorts if c != run.discovery]
    if scored:
        text += f" Evaluation: {'; '.join(scored)}."
    return Fact(text, where("performance", model=run.model, column="n and n_positive"))


@fact
def specification(run: Run) -> Fact | None:
    parts = [
        f"{model}: models/{model}.json, SHA-256 {run.frozen[model]['sha256']}"
        for model in run.models
        if "sha256" in run.frozen.get(model, {})
    ]
    if not parts:
        return None
    return Fact(
        f"Frozen models, each with its confound coding and no rows of people: {'; '.join(parts)}.",
        "models/*.json: sha256",
    )
