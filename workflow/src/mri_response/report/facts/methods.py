"""The methods of a run and what a reader must keep in mind of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mri_response.config.plan import ordered_models
from mri_response.config.queries import described_confound, used_features
from mri_response.core.vocabulary import EXTERNAL_POOLED, Aggregation, Role
from mri_response.evaluation.performance import best_of_chance
from mri_response.inputs.atlases import licence_of
from mri_response.learning.learners.registry import learner_of
from mri_response.preflight.checks import FEW_PEOPLE
from mri_response.report.facts.evidence import (
    Evidence,
    Fact,
    cohort_size,
    listed,
    null_values,
    people,
    where,
)
from mri_response.report.lookup import is_computed
from mri_response.report.naming import Naming
from mri_response.report.numbers import percent
from mri_response.report.procedure_words import left_out_text


def outcome_definition(config: Mapping[str, Any], names: Naming) -> str:
    """Return the outcome in words."""
    outcome = config["outcome"]
    if outcome["kind"] == "label":
        return (
            f"The two classes are values of the column “{outcome['column']}” of the participants "
            "tables."
        )
    if outcome["kind"] == "response":
        return (
            f"A responder is a person whose {outcome['scale']} score falls by at least "
            f"{outcome['fall_percent']:g} % from {outcome['baseline']} to {outcome['endpoint']}."
        )
    return (
        f"A remitter is a person whose {outcome['scale']} score is at most "
        f"{outcome['threshold']:g} at {outcome['endpoint']}."
    )


def feature_text(spec: Mapping[str, Any]) -> str:
    """Return a feature set in words."""
    if spec["kind"] == "table":
        return "regional values from a table"
    if spec["kind"] == "clinical":
        return f"clinical variables ({', '.join(spec['columns'])})"
    if spec["kind"] == "concatenated":
        return f"the feature sets {' and '.join(spec['sets'])} side by side"
    grid = spec["grid"]
    where = "" if grid == "native" else f", resampled to {grid:g} mm"
    if spec["kind"] == "roi_maps":
        atlas = spec["atlas"]
        atlas = atlas if isinstance(atlas, str) else "a label image of the user"
        what = "volumes (sums)" if spec["statistic"] == "sum" else "means"
        return f"regional {what} of grey-matter maps, atlas {atlas}{where}"
    smoothing = spec["smoothing_fwhm_mm"]
    smooth = f"smoothed with {smoothing:g} mm FWHM" if smoothing else "not smoothed"
    mask = (
        f"grey-matter template above {spec['mask_threshold']:g}"
        if spec["mask"] == "template"
        else "a mask of the user"
    )
    return f"voxels of grey-matter maps, {smooth}, within {mask}{where}"


def learned_steps(spec: Mapping[str, Any]) -> list[str]:
    """What is learned before the classifier, in order."""
    steps = []
    if spec["confounds"]:
        steps.append(
            f"linear regression on {', '.join(map(described_confound, spec['confounds']))}"
        )
    if spec["standardize"]:
        steps.append("standardisation of each feature")
    if spec["pca"] is not None:
        pca = spec["pca"]
        steps.append(
            f"principal components explaining {100 * pca:g} % of the variance"
            if isinstance(pca, float) and pca < 1
            else f"{pca:g} principal components"
        )
    return steps


def methods(evidence: Evidence) -> list[Fact]:
    """Return the methods as paragraphs with what they cite."""
    config, names = evidence.config, evidence.names
    cv, others = config["cross_validation"], evidence.others
    n, n_positive = evidence.counts(evidence.discovery)
    paragraphs = [
        Fact(
            f"{outcome_definition(config, names)} The model was developed in "
            f"{names.titles[evidence.discovery]} ({people(n)}, {n_positive} {names.positive})"
            + (
                f" and scored, frozen, in {listed(cohort_size(evidence, c) for c in others)}."
                if others
                else "; no other cohort was scored."
            ),
            "config: outcome, cohorts; "
            + where("performance", model=evidence.model, column="n and n_positive"),
            ("tripod_ai",),
        )
    ]
    for model in ordered_models(config):
        spec = config["models"][model]
        steps = learned_steps(spec)
        learned = (
            f"Inside each training fold, and applied to its test fold: {'; '.join(steps)}. "
            if steps
            else ""
        )
        learner = learner_of(spec)
        paragraphs.append(
            Fact(
                f"Model {model}: {feature_text(config['features'][spec['features']])}. {learned}"
                f"{learner.words()}",
                f"config: models.{model}, features.{spec['features']}",
                (*learner.citations, *(("confounds",) if spec["confounds"] else ())),
            )
        )
    for stack, members in config.get("stacks", {}).items():
        paragraphs.append(
            Fact(
                f"Stack {stack}: a logistic regression on the decision values of "
                f"{listed(members)}, fitted inside the folds to people whom these models had not "
                "seen.",
                f"config: stacks.{stack}",
            )
        )
    inner = f"{cv['inner_folds']} inner folds"
    if cv["inner_repeats"] > 1:
        inner += f" repeated {cv['inner_repeats']} times"
    scheme = (
        "Folds were drawn without the labels and held fixed over all permutations."
        if cv["scheme"] == "label_blind"
        else "Folds were stratified on the labels and drawn anew in every permutation."
    )
    group = (
        f" Families (column {cv['group']}) stayed on one side of every split."
        if cv["group"]
        else ""
    )
    paragraphs.append(
        Fact(
            f"{'Validation' if cv['outer'] == 'held_out' else 'Nested cross-validation'}: "
            f"{left_out_text(cv)}, {inner}. {scheme}{group} All rows of a person were on one side "
            "of every split. The headline is the balanced accuracy of all people predicted"
            f"{', its mean over repeats' if cv['repeats'] > 1 else ''}. Test folds with one class "
            "count there like all others; averaged over folds, their balanced accuracy is the "
            "share that is right, and they have no AUC.",
            "config: cross_validation",
            ("nested_cv", "balanced_accuracy"),
        )
    )
    paragraphs.append(permutation_method(config))
    if others:
        scored = (
            "one model fitted to all discovery people, its hyperparameters from the same search"
            if config["external"]["model"] == "refit"
            else "the mean decision value of all outer models"
        )
        paragraphs.append(
            Fact(
                f"External and control cohorts were scored by {scored}; nothing was refitted, "
                "centred or given another threshold there. Intervals: Wilson for sensitivity and "
                "specificity, their MOVER combination for balanced accuracy, DeLong on the logit "
                "scale for the AUC.",
                "config: external.model",
                ("wilson", "mover", "delong"),
            )
        )
    if {Role.EXTERNAL, Role.CONTROL} <= {names.roles[cohort] for cohort in others}:
        paragraphs.append(_specificity_method(config))
    paragraphs += [fact for name, fact in _FURTHER.items() if name in evidence.tables]
    paragraphs.append(
        Fact(
            "Missing confounds: "
            + (
                "people without them were left out."
                if config["confounds"]["missing"] == "exclude"
                else "filled with the mean of the training rows, inside the fold."
            )
            + f" Seed {config['seed']}.",
            "config: confounds.missing, seed",
        )
    )
    if evidence.versions:
        paragraphs.append(_software(evidence.versions))
    atlases = [f["atlas"] for f in used_features(config).values() if f["kind"] == "roi_maps"]
    licences = dict.fromkeys(licence_of(atlas) for atlas in atlases)
    paragraphs += [
        Fact(f"Licence of the atlas: {licence}", "config: features") for licence in licences
    ]
    return paragraphs


# How further tables came about, by their names.
_FURTHER = {
    "comparisons": Fact(
        "Models were compared on the same people. Cross-validated: corrected resampled t-test "
        "and, as approximations, tests on the people's mean decision values. In other cohorts: "
        "DeLong's test for the AUC, exchange of the two models within people and McNemar's test. "
        "P values were corrected by Holm's method over the pairs.",
        "config: comparisons; comparisons.tsv: method",
        ("nadeau_bengio", "delong", "mcnemar"),
    ),
    "calibration": Fact(
        "Decision values were turned into probabilities by Platt scaling, fitted to the inner "
        "folds' decision values of the training people alone, as were thresholds of other "
        "operating points. Calibration: slope, calibration in the large, Brier score.",
        "config: operating_points; decision_rules.tsv; calibration.tsv: metric",
    ),
    "decision_curve": Fact(
        "Net benefit was compared with that of treating all and none.",
        "decision_curve.tsv: net_benefit, treat_all, treat_none",
        ("decision_curve",),
    ),
    "roi_sets": Fact(
        "Where the signal is was read from the Haufe pattern (covariance of the features with the "
        "decision value) of the refitted model, brought to unit norm, and tested two-sided by "
        "permutation with all hyperparameters chosen again; p-values of regions and of sets of "
        "regions were adjusted to the false discovery rate.",
        "roi_sets.tsv: p_value, p_fdr; weights/",
        ("haufe", "benjamini_hochberg"),
    ),
}


def results(facts: Mapping[str, Fact]) -> list[Fact]:
    """Return those of the facts that say what came out, as paragraphs."""
    return [facts[name] for name in RESULTS if name in facts]


# What stands in the results section, in its order.
RESULTS = (
    "flow",
    "missing_counts",
    "characteristics",
    "performance",
    "confounds_baseline",
    "comparisons",
    "calibration",
    "decision_curve",
    "specificity",
    "subgroups",
    "learning_curve",
    "region_sets",
)


def _software(versions: Mapping[str, str]) -> Fact:
    cites = {"snakemake": "snakemake", "scikit-learn": "scikit_learn", "nilearn": "nilearn"}
    return Fact(
        f"Software: {', '.join(f'{name} {version}' for name, version in versions.items())}.",
        "ro-crate-metadata.json",
        tuple(key for name, key in cites.items() if name in versions),
    )


def _specificity_method(config: Mapping[str, Any]) -> Fact:
    within = config["specificity"]["within"] or config["permutation"]["within"]
    shared = f" (and within {within}, where the arms share its values)" if within else ""
    return Fact(
        "Specificity of the treatment: AUC of the external cohorts minus AUC of the control "
        "cohorts over its DeLong error, the arms permuted within outcome class"
        f"{shared}, one-sided. Interactions of decision value and arm: logistic regression on the "
        "outcome and analysis of covariance on the score at the end, given the baseline score "
        "where there is one, with HC3 errors; Firth's penalised likelihood where the classes are "
        "separated.",
        "config: cohorts, specificity, permutation",
        ("studentised_permutation", "delong", "hc3", "firth"),
    )


def permutation_method(config: Mapping[str, Any]) -> Fact:
    permutation = config["permutation"]
    within = f" within the values of {permutation['within']}" if permutation["within"] else ""
    conditional = permutation["method"] == "conditional"
    drawn = " Labels were drawn given the confounds, by their estimated probability." * conditional
    return Fact(
        f"Permutation test: {permutation['n']:,} permutations of the labels{within}, the whole "
        "procedure run again in each; p\u00a0=\u00a0(1 + number of permutations at or above "
        f"the observed value) / (1 + number of permutations).{drawn}",
        "config: permutation",
        ("permutation_p", *(("conditional_permutation",) if conditional else ())),
    )


def caveats(evidence: Evidence) -> list[str]:
    """Return what a reader must keep in mind of this run, a paragraph each."""
    config, performance, names = evidence.config, evidence.performance, evidence.names
    model = evidence.model
    found = []
    for cohort in evidence.cohorts:
        n, n_positive = evidence.counts(cohort)
        title = names.titles[cohort]
        if names.roles[cohort] == Role.DISCOVERY and n < FEW_PEOPLE:
            found.append(
                f"{title} has {n} people, fewer than {FEW_PEOPLE}. At about 100 people "
                "cross-validated accuracy is uncertain by some ±10 percentage points, whatever the "
                "spread over folds or repeats says."
            )
        if not is_computed(performance, model, cohort):
            found.append(
                f"{title} has {n_positive} {names.positive} and {n - n_positive} "
                f"{names.negative}. Below {config['min_class_size']} people in a class no number "
                "is given."
            )
            continue
        if cohort == EXTERNAL_POOLED:
            continue
        text = coins(evidence, cohort)
        if names.roles[cohort] == "discovery":
            null = null_values(evidence.null, model, cohort, Aggregation.MEAN_OVER_REPEATS)
            if len(null):
                text += (
                    " Cross-validation spreads more than coins: without signal, 19 of 20 "
                    f"permutations of the whole procedure stayed at or below "
                    f"{percent(np.quantile(null, 0.95, method='higher'))}."
                )
        found.append(text)
    found.append(
        "Discovery figures are shown with two intervals. The naive one ignores that people share "
        "training data and covers the truth too seldom; the corrected one is wider. Neither covers "
        "what other scanners, hospitals or ways of recruiting would change."
    )
    if len(config["models"]) > 1:
        found.append(
            f"{len(config['models'])} models are shown. p values are not corrected for that; the "
            f"primary model, named beforehand in the config, is {config['primary_model']}."
        )
    return found


def coins(evidence: Evidence, cohort: str) -> str:
    n, n_positive = evidence.counts(cohort)
    best = best_of_chance(n_positive, n - n_positive)
    return (
        f"Best of chance in {evidence.names.titles[cohort]}: tossing a coin for each of its {n} "
        f"people gives a balanced accuracy of up to {percent(best)} in 19 of 20 trials."
    )
