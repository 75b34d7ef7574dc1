"""Facts about the analysis."""

from __future__ import annotations

import numpy as np

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.preparation_steps import steps_in_words
from mri_response.config.queries import (
    categorical_confounds,
    used_confounds,
    used_features,
)
from mri_response.evaluation.headline import headline_row
from mri_response.learning.learners.registry import learner_of
from mri_response.people.size import FEW_PEOPLE
from mri_response.report.facts.fact import Fact, fact, not_applicable
from mri_response.report.facts.methods import permutation_method
from mri_response.report.facts.phrases import (
    cohort_size,
    formula_of,
    harmonised_columns,
    kept_together,
    listed,
    people,
    where,
)
from mri_response.report.naming import CI_NAMES, counted, plural
from mri_response.report.numbers import as_number, number
from mri_response.report.procedure_words import left_out_inside_text, left_out_text, own_sites_text
from mri_response.report.run import Run


@fact
def sample_size(run: Run) -> Fact:
    n, n_positive = run.development()
    fewer = min(n_positive, n - n_positive)
    names = run.names
    text = (
        f"Development: {people(n)}, {counted(n_positive, names.positive)} and "
        f"{counted(n - n_positive, names.negative)}."
    )
    source = where("performance", model=run.model, cohort=run.discovery, column="n and n_positive")
    features = run.config["models"][run.model]["features"]
    if features in run.n_features:
        p = run.n_features[features]
        text += f" {p:,} features, {fewer / p:.3g} people of the smaller class a feature."
        source += f"; features/{features} (columns)"
    for cohort in run.others:
        text += f" {cohort_size(run, cohort)}."
    if n < FEW_PEOPLE:
        text += f" Development has fewer than {FEW_PEOPLE} people."
    return Fact(text, source, ("cv_error_bars",) if n < FEW_PEOPLE else ())


@fact
def precision(run: Run) -> Fact | None:
    parts = []
    for cohort in run.cohorts:
        row = headline_row(run.performance, run.model, cohort, "balanced_accuracy")
        if row is None or np.isnan(number(row["ci_high"])):
            continue
        width = 100 * (number(row["ci_high"]) - number(row["ci_low"]))
        parts.append(f"{run.names.titles[cohort]} {width:.1f}")
    if not parts:
        return None
    return Fact(
        "Width of the 95 % interval of the balanced accuracy in percentage points: "
        f"{', '.join(parts)}.",
        where("performance", model=run.model, metric="balanced_accuracy", column="ci_low, ci_high"),
    )


@fact
def size_for_precision(run: Run) -> Fact | None:
    rows = run.numeric("precision")
    if rows is None:
        return None
    rows = rows[(rows["model"] == run.model) & (rows["metric"] == "balanced_accuracy")]
    titles = run.names.titles
    told = [
        f"{titles[row['cohort']]} {row['n_for_margin']:,.0f}"
        for _, row in rows[rows["n_for_margin"].notna()].iterrows()
    ]
    if not told:
        return None
    return Fact(
        "People for a 95 % interval of ±5 percentage points, were the balanced accuracies what "
        f"they were seen to be (post hoc): {', '.join(told)}.",
        where("precision", model=run.model, metric="balanced_accuracy", column="n_for_margin"),
    )


@fact
def data_use(run: Run) -> Fact:
    names = run.names
    text = (
        f"{names.titles[run.discovery]} served development and internal validation: every person "
        "whose prediction counts was predicted by models that were fitted without them."
    )
    if run.others:
        text += (
            f" {listed(names.titles[c] for c in run.others)} served evaluation alone: the frozen "
            "model scored them."
        )
    if "transport" in run.tables:
        text += (
            " Only for the table transport.tsv models of their own were learned from external "
            "cohorts."
        )
    return Fact(text, "config: cohorts.*.role, cross_validation")


@fact
def validation(run: Run) -> Fact:
    cv = run.config["cross_validation"]
    return Fact(
        f"Internal validation: {left_out_text(cv)}, hyperparameters chosen within "
        f"the training part alone, on {left_out_inside_text(cv)}.",
        "config: cross_validation; splits.tsv",
        ("nested_cv",),
    )


@fact
def transformations(run: Run) -> Fact:
    parts = []
    for model in run.models:
        steps = steps_in_words(run.config["models"][model])
        parts.append(f"{model}: {'; '.join(steps) or 'features as they are'}")
    return Fact(
        "Numbers stay numbers, none was cut into categories; clinical features that are categories "
        "become columns of 0 and 1 (of two categories, one column). Learned in the training "
        f"fold and applied to the test fold: {'. '.join(parts)}.",
        "config: models",
    )


@fact
def classifier(run: Run) -> Fact:
    models = run.models
    learners = {m: learner_of(run.config["models"][m]) for m in models}
    text = " ".join(f"{m}: {learner.words()}" for m, learner in learners.items())
    cited = {key for learner in learners.values() for key in learner.citations}
    every = ("svm", "libsvm", "scikit_learn")
    return Fact(text, "config: models", tuple(key for key in every if key in cited))


@fact
def permutation(run: Run) -> Fact:
    return permutation_method(run.config)


_COMPARING = ("mean_correlation", "mahalanobis", "resemblance")


@fact
def inside_folds(run: Run) -> Fact:
    excluded = run.config["quality_control"]["exclude"]
    outside = (
        "Outside the folds stand how features are made, which learns nothing from people, and the "
        "exclusion of scans by rules whose measures compare a scan with those of other people, "
        "without the labels"
        if any(rule["measure"] in _COMPARING for rule in excluded)
        else "Outside the folds stands only what learns nothing from people: how features are made"
    )
    categories = bool(categorical_confounds(run.config)) or any(
        feature_kind(spec).is_clinical for spec in used_features(run.config).values()
    )
    outside += "; and which categories columns of the cohort have." if categories else "."
    harmonised = any(model.get("harmonise") for model in run.config["models"].values())
    return Fact(
        f"{'Harmonisation of sites, c' if harmonised else 'C'}onfound regression, scaling, "
        "components, imputed values and hyperparameters are learned in the training part of each "
        f"fold. {outside}",
        "config: models, features, quality_control",
        ("confounds",),
    )


@fact
def people_apart(run: Run) -> Fact:
    group = run.config["cross_validation"]["group"]
    families = f" Families (column {group}) too." if group else ""
    own = [c for c, spec in run.config["cohorts"].items() if spec.get("own_ids")]
    titles = listed(run.names.titles[c] for c in own)
    trusted = f" (not looked for in {titles}, whose ids are said to be their own)" if own else ""
    return Fact(
        "All rows of a person lie on one side of every split, and the run stops before the first "
        f"job if an id is in two cohorts{trusted}.{families}",
        "splits.tsv; checks before the first job",
    )


@fact
def clusters(run: Run) -> Fact:
    within = run.config["permutation"]["within"]
    removed = [c for c in categorical_confounds(run.config) if c != "sex"]
    parts = [
        *kept_together(run.config),
        f"labels were permuted within the values of {within}" if within else None,
        f"{' and '.join(removed)} removed as a confound" if removed else None,
        "cohorts are reported apart" if run.others else None,
    ]
    text = "; ".join(filter(None, parts)) or "nothing was done about clusters"
    harmonised = bool(harmonised_columns(run.config))
    return Fact(
        f"Clusters: {text}. Model parameters do not vary between clusters"
        f"{', but for what harmonisation takes from each site' * harmonised}.",
        "config: cross_validation, permutation.within, models.*.confounds, models.*.harmonise, "
        "cohorts",
    )


@fact
def measures(run: Run) -> Fact:
    # Intervals that need more permutations than there are have a name and no limits.
    methods = run.performance.loc[as_number(run.performance["ci_low"]).notna(), "ci_method"]
    named = [CI_NAMES[m] for m in CI_NAMES if (methods == m).any()]
    return Fact(
        "Balanced accuracy (headline: indifferent to unequal classes), sensitivity, specificity, "
        f"AUC. 95 % intervals over people: {', '.join(named)}. Plots: ROC curves, decision values, "
        "confusion counts, values under permutation.",
        "performance.tsv: metric, ci_method; figures/",
        ("balanced_accuracy", "wilson", "mover", "delong"),
    )


@fact
def updating(run: Run) -> Fact:
    if not run.others:
        return not_applicable("config: cohorts")
    return Fact(
        "None: the frozen model was neither refitted nor recalibrated nor given another threshold "
        f"in any cohort{own_sites_text(run.config)}.",
        "config: external; models/*.json: sha256",
    )


@fact
def prediction(run: Run) -> Fact | None:
    frozen = run.frozen.get(run.model)
    if frozen is None:
        return None
    if "decision_sha256" in frozen:
        text = (
            f"models/{run.model}.json is a recipe: the classifier is fitted again from the "
            "discovery people and must give the decision values whose hash is recorded; "
            f"{run.names.positive} is predicted above 0."
        )
    else:
        text = (
            f"decision value = {formula_of(run)}, the numbers in models/{run.model}.npz; "
            f"{run.names.positive} is predicted above 0."
        )
    return Fact(f"Prediction: {text}", f"models/{run.model}.json")


@fact
def class_imbalance(run: Run) -> Fact:
    balanced = [
        m for m, spec in run.config["models"].items() if spec.get("class_weight") == "balanced"
    ]
    given = [
        m
        for m, spec in run.config["models"].items()
        if spec.get("parameters", {}).get("class_weight") is not None
    ]
    text = (
        f"Classes weighted by their inverse frequency in the training rows: {listed(balanced)}. "
        if balanced
        else "No weighting of classes by the workflow. "
    )
    if given:
        text += f"Class weights given to the classifier: {listed(given)}. "
    if run.config["stacks"]:
        text += "In the second level of a stack both classes weigh alike. "
    return Fact(
        f"{text}No person was drawn twice, dropped or made up to balance classes. Decision values "
        "are no probabilities.",
        "config: models.*.class_weight, models.*.parameters",
    )


@fact
def evaluation_balance(run: Run) -> Fact:
    parts = [
        f"{run.names.titles[c]} {run.counts(c)[1]} {plural(run.names.positive)} "
        f"of {run.counts(c)[0]}"
        for c in run.cohorts
    ]
    return Fact(
        "Test people were taken as they are, none resampled, all rows of a person counting as one: "
        f"{'; '.join(parts)}.",
        where("performance", model=run.model, column="n and n_positive"),
    )


@fact
def fairness(run: Run) -> Fact:
    removed = ", ".join(used_confounds(run.config)) or "nothing"
    text = (
        "No method that enforces fairness was used. Removed from the features in training folds, "
        f"each by the models that name it: {removed}."
    )
    if "subgroups" in run.tables:
        text += " Performance by group of people: subgroups.tsv."
    return Fact(text, "config: models.*.confounds")


@fact
def factors(run: Run) -> Fact:
    grouped = "subgroups" in run.tables
    return Fact(
        "Performance is reported by cohort"
        + (" and by group of people (subgroups.tsv)." if grouped else " alone."),
        "performance.tsv: cohort" + ("; subgroups.tsv" if grouped else ""),
    )


@fact
def model_output(run: Run) -> Fact:
    text = (
        f"A decision value, positive for {run.names.positive}; the class by the threshold 0, which "
        "the training alone determines and which no cohort changed."
    )
    source = "performance.tsv: operating_point=decision_zero"
    if "operating_points" in run.tables:
        text += " Other operating points were chosen inside the training data alone."
        source += "; operating_points.tsv"
    if "calibration" in run.tables:
        text += " Probabilities come from Platt scaling, fitted inside the training data."
        source += "; calibration.tsv"
    else:
        text += " It is no probability."
    return Fact(text, source)


@fact
def regularisation(run: Run) -> Fact:
    learner = learner_of(run.config["models"][run.model])
    return Fact(
        f"{run.model}: {learner.words()}",
        f"config: models.{run.model}",
        learner.citations[:1],
    )


@fact
def no_apparent(run: Run) -> Fact:
    return Fact(
        "Performance in the people whom a model was fitted to is neither computed nor shown.",
        "performance.tsv: aggregation",
    )


@fact
def frozen_first(run: Run) -> Fact | None:
    sha256 = run.frozen.get(run.model, {}).get("sha256")
    if not run.others or not sha256:
        return None
    return Fact(
        "The frozen model's hash was written down before outcomes of other cohorts entered scoring "
        f"({run.model}: SHA-256 {sha256}); the job that scores drops them before it computes.",
        f"models/{run.model}.json: sha256",
    )
