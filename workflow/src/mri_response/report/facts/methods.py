"""The methods of a run and what a reader must keep in mind of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.outcome_kinds import outcome_kind
from mri_response.config.preparation_steps import steps_in_words
from mri_response.config.queries import used_features
from mri_response.core.vocabulary import EXTERNAL_POOLED, Comparison, Null, Role
from mri_response.evaluation.comparisons import ADDED, MODELS
from mri_response.inputs.atlases import licence_of
from mri_response.learning.learners.registry import learner_of
from mri_response.report.facts.applied import applied_methods
from mri_response.report.facts.belief import belief_methods
from mri_response.report.facts.clinical_outcomes import outcome_methods
from mri_response.report.facts.fact import Fact
from mri_response.report.facts.phrases import cohort_size, has_numbers, listed, people, where
from mri_response.report.facts.predicted_numbers import number_methods
from mri_response.report.facts.questions import ADDED_METHOD, CONTROLS_METHOD
from mri_response.report.facts.sites import METHODS_OF_SITES, own_sites_method
from mri_response.report.facts.stability import METHODS_OF_STABILITY
from mri_response.report.facts.study import flow
from mri_response.report.facts.variability import variability_methods
from mri_response.report.naming import counted
from mri_response.report.numbers import as_number
from mri_response.report.procedure_words import (
    families_text,
    left_out_inside_text,
    left_out_text,
    own_sites_text,
)
from mri_response.report.run import Run


def methods(run: Run) -> list[Fact]:
    """Return the methods as paragraphs with what they cite.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    list of Fact
        A paragraph each, in the order of a methods section.
    """
    paragraphs = [fact for module in run.asked for fact in METHODS[module](run)]
    if run.versions:
        paragraphs.append(_software(run.versions))
    return paragraphs + _licences(run.config)


def _methods_of_cohorts(run: Run) -> list[Fact]:
    """Who was analysed; where the run has models, for what and by whom the model was learned."""
    if run.performance is not None:
        return [_people_method(run)]
    kind = outcome_kind(run.config)
    outcome = [Fact(kind.words(run.config["outcome"]), "config: outcome")] if kind else []
    return [*outcome, flow(run)]


def _methods_of_prediction(run: Run) -> list[Fact]:
    """How models were fitted, validated, tested and scored elsewhere."""
    config = run.config
    paragraphs = [
        *(_model_method(config, model) for model in run.models),
        *(_stack_method(stack, members) for stack, members in config.get("stacks", {}).items()),
        _validation_method(config["cross_validation"]),
        permutation_method(config),
    ]
    if run.others:
        paragraphs.append(_evaluation_method(run))
    if {Role.EXTERNAL, Role.CONTROL} <= {run.names.roles[cohort] for cohort in run.others}:
        paragraphs.append(_specificity_method(run))
    if "comparisons" in run.tables:
        paragraphs += _comparison_methods(run.tables["comparisons"])
    paragraphs += [fact for name, fact in _FURTHER.items() if has_numbers(run, name)]
    return [*paragraphs, _missing_method(config)]


#: The methods of each module of a run (`mri_response.config.modules`).
METHODS: dict[str, Callable[[Run], list[Fact]]] = {
    "cohorts": _methods_of_cohorts,
    "clinical_outcomes": outcome_methods,
    "belief": belief_methods,
    "variability": variability_methods,
    "apply": applied_methods,
    "prediction": _methods_of_prediction,
    "numbers": number_methods,
}


def _people_method(run: Run) -> Fact:
    (n, positive), names = run.development(), run.names
    scored = (
        f" and scored, frozen, in {listed(cohort_size(run, c) for c in run.others)}."
        if run.others
        else "; no other cohort was scored."
    )
    return Fact(
        f"{outcome_kind(run.config).words(run.config['outcome'])} The model was developed in "
        f"{names.titles[run.discovery]} ({people(n)}, {counted(positive, names.positive)}){scored}",
        "config: outcome, cohorts; "
        + where("performance", model=run.model, column="n and n_positive"),
        ("tripod_ai",),
    )


def _model_method(config: Mapping[str, Any], model: str) -> Fact:
    spec = config["models"][model]
    features, steps = config["features"][spec["features"]], steps_in_words(spec)
    words = f"Inside each training fold, and applied to its test fold: {'; '.join(steps)}. "
    learned = (words if steps else "") + own_sites_method(spec, config)
    learner = learner_of(spec)
    return Fact(
        f"Model {model}: {feature_kind(features).words(features)}. {learned}{learner.words()}",
        f"config: models.{model}, features.{spec['features']}",
        (
            *learner.citations,
            *(("combat", "combat_imaging") if spec.get("harmonise") else ()),
            *(("confounds",) if spec["confounds"] else ()),
        ),
    )


def _stack_method(stack: str, members: Sequence[str]) -> Fact:
    return Fact(
        f"Stack {stack}: a logistic regression with a ridge penalty on the decision values of "
        f"{listed(members)}, fitted inside the folds to people whom these models had not "
        "seen, both classes weighing alike. It has no permutation test in the cross-validation.",
        f"config: stacks.{stack}",
    )


def _validation_method(cv: Mapping[str, Any]) -> Fact:
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
    return Fact(
        f"{'Validation' if cv['outer'] == 'held_out' else 'Nested cross-validation'}: "
        f"{left_out_text(cv)}, {left_out_inside_text(cv)}. {scheme}{group} All rows of a person "
        "were on one side of every split. The headline is the balanced accuracy of all people "
        f"predicted{', its mean over repeats' if cv['repeats'] > 1 else ''}. Test folds with one "
        "class count there like all others; averaged over folds, their balanced accuracy is the "
        "share that is right, and they have no AUC.",
        "config: cross_validation",
        ("nested_cv", "balanced_accuracy"),
    )


def _evaluation_method(run: Run) -> Fact:
    model = run.config["external"]["model"]
    nulls = set(run.performance.loc[run.performance["cohort"].isin(run.others), "null"])
    tested = {
        Null.OWN_LABELS: "the labels of the cohort were permuted while the model stayed as it is",
        Null.DISCOVERY_LABELS: "the labels of the discovery cohort were permuted, and the models "
        "refitted to them scored the cohort's own labels",
    }
    told = "; in rows of their own, ".join(words for null, words in tested.items() if null in nulls)
    probabilities = (
        " Probabilities and thresholds of the mean were learned from the cross-validated decision "
        "values of the discovery people."
        if model == "ensemble" and "calibration" in run.tables
        else ""
    )
    together = (
        "; of external cohorts together MOVER of the cohorts' intervals, people compared within "
        "their own cohort"
        if EXTERNAL_POOLED in run.cohorts
        else ""
    )
    scored = (
        "one model fitted to all discovery people, its hyperparameters from the same search"
        if model == "refit"
        else "the mean decision value of all outer models"
    )
    return Fact(
        f"External and control cohorts were scored by {scored}; nothing was refitted, "
        f"centred or given another threshold there{own_sites_text(run.config)}. Intervals: Wilson "
        "for sensitivity and specificity, their MOVER combination for balanced accuracy, DeLong on "
        "the logit scale for the AUC (Newcombe's where it is 0 or 1 or all values are tied)"
        f"{together}.{f' For p, {told}.' if told else ''}{probabilities}",
        "config: external.model; performance.tsv: ci_method, null",
        ("wilson", "mover", "delong"),
    )


def _missing_method(config: Mapping[str, Any]) -> Fact:
    missing = (
        "people without them were left out."
        if config["confounds"]["missing"] == "exclude"
        else "filled with the mean of the training rows, inside the fold."
    )
    return Fact(
        f"Missing confounds: {missing} Seed {config['seed']}.", "config: confounds.missing, seed"
    )


def _licences(config: Mapping[str, Any]) -> list[Fact]:
    atlases = [f["atlas"] for f in used_features(config).values() if feature_kind(f).has_atlas]
    licences = dict.fromkeys(licence_of(atlas) for atlas in atlases)
    return [Fact(f"Licence of the atlas: {licence}", "config: features") for licence in licences]


def _comparison_methods(table: pd.DataFrame) -> list[Fact]:
    """How models were compared, by the tests that the table has."""
    rows = table[table["comparison"] == MODELS]
    resampled = rows[rows["method"] == Comparison.CORRECTED_RESAMPLED_T]
    text, cites = "", []
    if len(resampled):
        text += (
            " Cross-validated: difference of the balanced accuracies and AUCs that are means over "
            "repeats, "
        )
        if as_number(resampled["p_value"]).notna().any():
            cites.append("nadeau_bengio")
            text += (
                "by the corrected resampled t-test on the influences of each fold's people, its "
                "error widened, where both models went through the same 20 or more permuted "
                "labellings, by how far t spreads over up to 200 of them."
            )
        else:
            text += "without a test, since none holds its level where single people are left out."
    if (rows["method"] == Comparison.DELONG).any():
        cites += ["delong", "mcnemar"]
        text += (
            " Frozen models, and people who were held out: DeLong's test for the AUC, exchange of "
            "the two models within people for the balanced accuracy, and McNemar's test for the "
            "accuracy."
        )
    found = []
    if text:
        found.append(
            Fact(
                f"Models were compared on the same people.{text} P values were corrected by Holm's "
                "method over the pairs, in each cohort, metric and test.",
                "config: comparisons; comparisons.tsv: method",
                tuple(cites),
            )
        )
    return [*found, ADDED_METHOD] if (table["comparison"] == ADDED).any() else found


# How further tables came about, by their names.
_FURTHER = {
    "confound_controls": CONTROLS_METHOD,
    **METHODS_OF_SITES,
    **METHODS_OF_STABILITY,
    "calibration": Fact(
        "Decision values were turned into probabilities by Platt scaling, fitted to the inner "
        "folds' decision values of the training people alone, as were thresholds of other "
        "operating points. Calibration: slope, calibration in the large, Brier score.",
        "config: operating_points; decision_rules.tsv; calibration.tsv: metric",
    ),
    "decision_curve": Fact(
        "Net benefit was compared with that of treating all and none, and judged by a band for all "
        "thresholds together.",
        "decision_curve.tsv: net_benefit, treat_all, treat_none, band_low, band_high",
        ("decision_curve",),
    ),
    "roi_sets": Fact(
        "Where the signal is was read from the Haufe pattern (covariance of the features with the "
        "decision value) of the refitted model, brought to unit norm, and tested two-sided by "
        "permutation with all hyperparameters chosen again; p-values were adjusted to the false "
        "discovery rate within each model, over its features and over the sets of regions.",
        "roi_sets.tsv: p_value, p_fdr; weights/",
        ("haufe", "benjamini_hochberg"),
    ),
}


def results(facts: Mapping[str, Fact]) -> list[Fact]:
    """Return the facts that say what came out, as paragraphs of a results section.

    Parameters
    ----------
    facts : mapping of str to Fact
        All facts of a run by name.

    Returns
    -------
    list of Fact
        In the order of `RESULTS`.
    """
    return [facts[name] for name in RESULTS if name in facts]


# What stands in the results section, in its order.
RESULTS = (
    "flow",
    "missing_counts",
    "characteristics",
    "performance",
    "confounds_baseline",
    "comparisons",
    "imaging_added",
    "confound_controls",
    "calibration",
    "decision_curve",
    "specificity",
    "subgroups",
    "sites_told",
    "stability",
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


def _specificity_method(run: Run) -> Fact:
    config = run.config
    within = config["specificity"]["within"] or config["permutation"]["within"]
    shared = f" (and within {within}, where the arms share its values)" if within else ""
    table = run.tables.get("specificity")
    fitted = set() if table is None or "method" not in table else set(table["method"])
    regressions = [words for method, words in _INTERACTIONS.items() if method in fitted]
    interactions = (
        f" Interactions of decision value and arm: {listed(regressions)}, given the baseline score "
        "where there is one, with an intercept for every arm or, of several, cohort."
        if regressions
        else ""
    )
    return Fact(
        "Specificity of the treatment: AUC of the external cohorts minus AUC of the control "
        "cohorts over its DeLong error, the arms permuted within outcome class"
        f"{shared}, one-sided.{interactions}",
        "config: cohorts, specificity, permutation; specificity.tsv: method",
        (
            *("studentised_permutation", "delong"),
            *(("hc3",) if fitted & {"logistic_hc3_z", "ols_hc3_t"} else ()),
            *(("firth",) if "firth_profile_likelihood" in fitted else ()),
        ),
    )


#: Regressions of the interaction of decision value and arm, by their method in specificity.tsv.
_INTERACTIONS = {
    "logistic_hc3_z": "logistic regression on the outcome, with HC3 errors",
    "firth_profile_likelihood": "logistic regression on the outcome, by Firth's penalised "
    "likelihood since the classes are separated",
    "ols_hc3_t": "analysis of covariance on the score at the end, with HC3 errors",
}


def permutation_method(config: Mapping[str, Any]) -> Fact:
    """Return how the labels were permuted.

    Parameters
    ----------
    config : mapping
        The configuration.

    Returns
    -------
    Fact
    """
    permutation = config["permutation"]
    within = f" within the values of {permutation['within']}" if permutation["within"] else ""
    conditional = permutation["method"] == "conditional"
    drawn = (
        " Labels of models with confounds were not permuted at random but drawn given these, by a "
        "probability estimated from all discovery people with a logistic regression (ridge "
        "penalty) on the confounds and their squares or splines, without products (additive)."
    ) * conditional
    return Fact(
        f"Permutation test: {permutation['n']:,} permutations of the "
        f"labels{families_text(config)}{within}, the whole "
        "procedure run again in each; p\u00a0=\u00a0(1 + number of permutations at or above "
        f"the observed value) / (1 + number of permutations).{drawn}",
        "config: permutation",
        ("permutation_p", *(("conditional_permutation",) if conditional else ())),
    )
