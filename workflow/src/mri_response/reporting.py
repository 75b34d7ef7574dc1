"""Facts of a run in sentences, each with the place where its numbers stand.

What a reporting guideline, a model card or a methods section asks for is composed of them
(:mod:`mri_response.checklists`); what the run cannot know is no fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mri_response.atlases import licence_of
from mri_response.config import (
    CONFOUNDS_ONLY,
    described_confound,
    discovery_name,
    used_confounds,
    used_features,
)
from mri_response.performance import best_of_chance
from mri_response.plan import ordered_models
from mri_response.tables import ID_COLUMNS
from mri_response.wording import (
    CI_NAMES,
    METRIC_NAMES,
    NULL_NAMES,
    POOLED,
    Naming,
    as_number,
    classifier_text,
    estimate_text,
    headline_row,
    interval_text,
    is_computed,
    naming,
    number,
    p_phrase,
    people_counts,
    percent,
)

FEW_PEOPLE = 200  # below it cross-validated figures of a discovery cohort are marked as uncertain


@dataclass(frozen=True)
class Evidence:
    """What facts are drawn from.

    Attributes
    ----------
    config : mapping
        As :func:`mri_response.config.load_config` returns it.
    performance, null, flow : DataFrame
        The tables of the same names.
    tables : mapping of str to DataFrame
        Further tables of the run by name, ``characteristics`` for one; any may be absent.
    frozen : mapping of str to mapping
        Model to the content of ``models/<model>.json``.
    n_features : mapping of str to int
        Feature set to the number of its features.
    warnings : sequence of str
        What the run warned of.
    versions : mapping of str to str
        Software and its version.
    config_hash : str
        Hash of the config.
    """

    config: Mapping[str, Any]
    performance: pd.DataFrame
    null: pd.DataFrame
    flow: pd.DataFrame
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    frozen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    n_features: Mapping[str, int] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    config_hash: str = ""

    @property
    def names(self) -> Naming:
        """Names of cohorts and classes."""
        return naming(self.config)

    @property
    def model(self) -> str:
        """The primary model."""
        return self.config["primary_model"]

    @property
    def discovery(self) -> str:
        """The discovery cohort."""
        return discovery_name(self.config)

    @property
    def others(self) -> list[str]:
        """The cohorts that the frozen model scored."""
        return [name for name in self.config["cohorts"] if name != self.discovery]

    @property
    def cohorts(self) -> list[str]:
        """Cohorts of the primary model in the performance table, pooled ones included."""
        return self.names.ordered(
            self.performance.loc[self.performance["model"] == self.model, "cohort"]
        )

    def counts(self, cohort: str) -> tuple[int, int]:
        """People of a cohort, and those in the positive class."""
        return people_counts(self.performance, self.model, cohort)


@dataclass(frozen=True)
class Fact:
    """A sentence or more about a run.

    Attributes
    ----------
    text : str
    source : str
        The tables with their rows, files and keys of the configuration that it was taken from.
    cites : tuple of str
        Keys of ``workflow/resources/reporting/references.yaml``.
    """

    text: str
    source: str
    cites: tuple[str, ...] = ()


_MAKERS: dict[str, Callable[[Evidence], Fact | None]] = {}


def _fact(make: Callable[[Evidence], Fact | None]) -> Callable[[Evidence], Fact | None]:
    """Register a function as the maker of the fact of its name."""
    _MAKERS[make.__name__.lstrip("_")] = make
    return make


def gather(evidence: Evidence) -> dict[str, Fact]:
    """Gather what a run can say of itself.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to Fact
        Those that the run can tell, in a fixed order; spaces are plain ones.
    """
    facts = {}
    for name, make in _MAKERS.items():
        fact = make(evidence)
        if fact is not None:
            text, source = (_plain(part) for part in (fact.text, fact.source))
            facts[name] = Fact(text, source, fact.cites)
    return facts


def fact_names() -> list[str]:
    """Names of all facts that a run might tell."""
    return list(_MAKERS)


# --- wording ----------------------------------------------------------------------------------


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2009", " ")


def _listed(items: Iterable[str]) -> str:
    items = list(items)
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else ""


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n:,} people"


def _p(row: pd.Series) -> str:
    text = p_phrase(row["p_value"], row["n_permutations"])
    m = number(row["n_permutations"])
    return text.replace("†", f", the smallest that {m:,.0f} permutations can give")


def _where(table: str, **keys: str) -> str:
    return f"{table}.tsv: " + ", ".join(f"{key}={value}" for key, value in keys.items())


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


def _steps(spec: Mapping[str, Any]) -> list[str]:
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


def null_values(null: pd.DataFrame, model: str, cohort: str, aggregation: str) -> np.ndarray:
    """Return balanced accuracies of a model under permutation of the whole procedure."""
    rows = null[
        (null["model"] == model)
        & (null["cohort"] == cohort)
        & (null["metric"] == "balanced_accuracy")
        & null["null"].str.startswith("whole_procedure")
        & (null["aggregation"] == aggregation)
    ]
    return as_number(rows["value"]).dropna().to_numpy()


# --- the methods section ----------------------------------------------------------------------


def methods(evidence: Evidence) -> list[Fact]:
    """Return the methods as paragraphs with what they cite."""
    config, names = evidence.config, evidence.names
    cv = config["cross_validation"]
    n, n_positive = evidence.counts(evidence.discovery)
    paragraphs = [
        Fact(
            f"{outcome_definition(config, names)} The model was developed in "
            f"{names.titles[evidence.discovery]} ({_people(n)}, {n_positive} {names.positive})"
            + (
                f" and scored, frozen, in {_listed(_cohort_size(evidence, c) for c in others)}."
                if (others := evidence.others)
                else "; no other cohort was scored."
            ),
            "config: outcome, cohorts; "
            + _where("performance", model=evidence.model, column="n and n_positive"),
            ("tripod_ai",),
        )
    ]
    for model in ordered_models(config):
        spec = config["models"][model]
        steps = _steps(spec)
        learned = (
            f"Inside each training fold, and applied to its test fold: {'; '.join(steps)}. "
            if steps
            else ""
        )
        kind = ("svm", "libsvm") if "estimator" not in spec else ("scikit_learn",)
        paragraphs.append(
            Fact(
                f"Model {model}: {feature_text(config['features'][spec['features']])}. {learned}"
                f"{classifier_text(spec)}",
                f"config: models.{model}, features.{spec['features']}",
                (*kind, *(("confounds",) if spec["confounds"] else ())),
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
            f"Nested cross-validation: {cv['repeats']} repeats of {cv['outer_folds']} outer folds, "
            f"{inner}. {scheme}{group} All rows of a person were on one side of every split. The "
            "headline is the balanced accuracy, its mean over repeats.",
            "config: cross_validation",
            ("nested_cv", "balanced_accuracy"),
        )
    )
    paragraphs.append(_permutation_method(config))
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
    atlases = [f["atlas"] for f in used_features(config).values() if f["kind"] == "roi_maps"]
    licences = dict.fromkeys(licence_of(atlas) for atlas in atlases)
    paragraphs += [
        Fact(f"Licence of the atlas: {licence}", "config: features") for licence in licences
    ]
    return paragraphs


def _cohort_size(evidence: Evidence, cohort: str) -> str:
    n, n_positive = evidence.counts(cohort)
    names = evidence.names
    role = names.roles[cohort]
    return f"{names.titles[cohort]} ({role}, n = {n}, {n_positive} {names.positive})"


def _permutation_method(config: Mapping[str, Any]) -> Fact:
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
        if names.roles[cohort] == "discovery" and n < FEW_PEOPLE:
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
        if cohort == POOLED:
            continue
        text = _coins(evidence, cohort)
        if names.roles[cohort] == "discovery":
            null = null_values(evidence.null, model, cohort, "mean_over_repeats")
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


def _coins(evidence: Evidence, cohort: str) -> str:
    n, n_positive = evidence.counts(cohort)
    best = best_of_chance(n_positive, n - n_positive)
    return (
        f"Best of chance in {evidence.names.titles[cohort]}: tossing a coin for each of its {n} "
        f"people gives a balanced accuracy of up to {percent(best)} in 19 of 20 trials."
    )


# --- facts: the study -------------------------------------------------------------------------


@_fact
def _study(run: Evidence) -> Fact:
    others = [run.names.titles[c] for c in run.others]
    simulated = " All data are simulated." if run.names.simulated else ""
    return Fact(
        f"Run “{run.config.get('title') or run.config['run']}”: development of a classifier "
        f"of {run.names.positive} against {run.names.negative} in "
        f"{run.names.titles[run.discovery]}, with internal validation"
        + (f", and evaluation of the frozen model in {_listed(others)}." if others else ".")
        + simulated,
        "config: title, outcome, cohorts",
    )


@_fact
def _objective(run: Evidence) -> Fact:
    kinds = "development with internal validation"
    if run.others:
        kinds += " and evaluation in people the model had not seen"
    else:
        kinds += "; no evaluation in other people"
    return Fact(
        f"To predict {run.names.positive} from brain measures: {kinds}. The primary model, named "
        f"beforehand in the configuration, is {run.model}.",
        "config: outcome, cohorts, primary_model",
    )


@_fact
def _intended_use(run: Evidence) -> Fact:
    return Fact(
        "Research alone: to ask whether brain measures carry information on the outcome in groups "
        "of people. Not for decisions about single patients, and not a medical device.",
        "terms of the workflow (README.md)",
    )


@_fact
def _data_sources(run: Evidence) -> Fact:
    names = run.names
    parts = []
    for cohort in [run.discovery, *run.others]:
        spec = run.config["cohorts"][cohort]
        use = {"discovery": "development", "external": "evaluation", "control": "control"}
        tables = "participants table"
        if spec["scores"]:
            tables += " and clinical scores"
        parts.append(f"{names.titles[cohort]}: {use[spec['role']]}, {tables}")
    simulated = "All data are simulated. " if names.simulated else ""
    return Fact(
        f"{simulated}{'; '.join(parts)}. Brain measures: "
        + "; ".join(feature_text(spec) for spec in used_features(run.config).values())
        + ".",
        "config: cohorts, features",
    )


@_fact
def _sites(run: Evidence) -> Fact | None:
    table = run.tables.get("characteristics")
    if table is None or not (table["variable"] == "site").any():
        return None
    rows = table[(table["variable"] == "site") & (table["group"] == "all")]
    counts = rows.groupby("cohort", sort=False)["level"].nunique()
    return Fact(
        "Sites: "
        + "; ".join(f"{run.names.titles[c]} {n}" for c, n in counts.items() if c in counts)
        + ".",
        _where("characteristics", variable="site", group="all"),
    )


@_fact
def _eligibility(run: Evidence) -> Fact:
    parts = []
    for cohort, spec in run.config["cohorts"].items():
        rules = [
            f"{len(values)} given values of {column}"
            if column in ID_COLUMNS
            else f"{column} is {' or '.join(values)}"
            for column, values in (spec.get("where") or {}).items()
        ]
        if rules:
            parts.append(f"{run.names.titles[cohort]}: {', '.join(rules)}")
    rules = "; ".join(parts) if parts else "none"
    needed = ["a value of the outcome", "brain measures"]
    if used_confounds(run.config) and run.config["confounds"]["missing"] == "exclude":
        needed.append(f"the confounds ({', '.join(used_confounds(run.config))})")
    return Fact(
        f"Row filters of the analysis: {rules}. Of these, people with {_listed(needed)} were "
        "analysed.",
        "config: cohorts.*.where, confounds.missing",
    )


@_fact
def _arms(run: Evidence) -> Fact | None:
    controls = [c for c in run.others if run.names.roles[c] == "control"]
    if not controls:
        return None
    return Fact(
        f"{_listed(run.names.titles[c] for c in controls)} took no part in development: control, "
        "scored by the same frozen model. The treatment is no predictor.",
        "config: cohorts.*.role",
    )


# --- facts: data ------------------------------------------------------------------------------


@_fact
def _features(run: Evidence) -> Fact:
    used = used_features(run.config)
    counts = {f: f" ({run.n_features[f]:,} features)" for f in used if f in run.n_features}
    return Fact(
        "; ".join(
            f"Feature set {name}: {feature_text(spec)}{counts.get(name, '')}"
            for name, spec in used.items()
        )
        + ". Nothing of this learns from the sample.",
        "config: features" + ("; features/ (columns)" if counts else ""),
    )


@_fact
def _confounds(run: Evidence) -> Fact:
    parts = []
    for model in ordered_models(run.config):
        confounds = run.config["models"][model]["confounds"]
        what = ", ".join(map(described_confound, confounds)) or "none"
        parts.append(f"{model}: {what}")
    return Fact(
        f"Confounds removed from the features by linear regression fitted on the training rows: "
        f"{'; '.join(parts)}. Sex and site are coded as categories, the others as numbers.",
        "config: models.*.confounds",
        ("confounds",),
    )


@_fact
def _outcome(run: Evidence) -> Fact:
    return Fact(
        f"{outcome_definition(run.config, run.names)} The positive class is {run.names.positive}.",
        "config: outcome",
    )


@_fact
def _outcome_blind(run: Evidence) -> Fact | None:
    if run.config["outcome"]["kind"] == "label":
        return None
    return Fact(
        "In this analysis the outcome is computed from the scores by rule, without sight of the "
        "brain measures.",
        "config: outcome",
    )


@_fact
def _predictor_choice(run: Evidence) -> Fact:
    reduced = [m for m, spec in run.config["models"].items() if spec["pca"] is not None]
    text = "All features of a set enter the model; none was selected by looking at the outcome."
    if reduced:
        text += f" Principal components (model {_listed(reduced)}) are computed in training folds."
    return Fact(text, "config: features, models.*.pca")


@_fact
def _no_rater(run: Evidence) -> Fact:
    return Fact(
        "Predictors are computed from images or tables by software; this analysis has no rater.",
        "config: features",
    )


@_fact
def _missing_handling(run: Evidence) -> Fact:
    imputed = run.config["confounds"]["missing"] == "impute"
    confounds = (
        "filled with the mean of the training rows, inside the fold"
        if imputed
        else "a reason to leave the person out"
    )
    return Fact(
        "People without outcome or brain measures were left out and counted. Missing confounds "
        f"were {confounds}. No outcome was carried forward.",
        "config: confounds.missing",
    )


@_fact
def _missing_counts(run: Evidence) -> Fact:
    flow = run.flow.assign(n=as_number(run.flow["n"]))
    parts = []
    for cohort in run.names.ordered(flow["cohort"]):
        rows = flow[(flow["cohort"] == cohort) & ~flow["step"].isin(FLOW_STEPS)]
        reasons = ", ".join(f"{r['step']} {r['n']:.0f}" for _, r in rows.iterrows())
        parts.append(f"{run.names.titles[cohort]}: {reasons or 'nobody'}")
    return Fact(f"Left out: {'; '.join(parts)}.", "flow.tsv: one row a reason")


# Rows of flow.tsv that are no reason to leave someone out.
FLOW_STEPS = (
    "in participants table",
    "matching the row filter",
    "analysed",
    "analysed, positive",
    "analysed, negative",
)


@_fact
def _flow(run: Evidence) -> Fact:
    names = run.names
    parts = []
    for cohort in names.ordered(run.flow["cohort"]):
        n = run.flow[run.flow["cohort"] == cohort].set_index("step")["n"]
        n = {step: f"{number(value):.0f}" for step, value in n.items()}
        parts.append(
            f"{names.titles[cohort]}: {n['in participants table']} in the table, "
            f"{n['matching the row filter']} matching the filter, {n['analysed']} analysed "
            f"({n['analysed, positive']} {names.positive}, {n['analysed, negative']} "
            f"{names.negative})"
        )
    return Fact(
        f"{'; '.join(parts)} (rows: a person with several visits has several). Diagram: "
        "figures/flow.png.",
        "flow.tsv: step",
    )


@_fact
def _quality(run: Evidence) -> Fact | None:
    table = run.tables.get("qc")
    return None if table is None else _table_fact("Quality of each scan", "qc", table)


# --- facts: analysis --------------------------------------------------------------------------


@_fact
def _sample_size(run: Evidence) -> Fact:
    n, n_positive = run.counts(run.discovery)
    fewer = min(n_positive, n - n_positive)
    names = run.names
    text = (
        f"Development: {_people(n)}, {n_positive} {names.positive} and {n - n_positive} "
        f"{names.negative}."
    )
    source = _where("performance", model=run.model, cohort=run.discovery, column="n and n_positive")
    features = run.config["models"][run.model]["features"]
    if features in run.n_features:
        p = run.n_features[features]
        text += (
            f" {p:,} features, {fewer / p:.3g} people of the smaller class a feature; weights are "
            "shrunk by a penalty, so that features are not free parameters."
        )
        source += f"; features/{features} (columns)"
    for cohort in run.others:
        text += f" {_cohort_size(run, cohort)}."
    if n < FEW_PEOPLE:
        text += f" Development has fewer than {FEW_PEOPLE} people."
    return Fact(text, source, ("cv_error_bars",) if n < FEW_PEOPLE else ())


@_fact
def _precision(run: Evidence) -> Fact | None:
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
        _where(
            "performance", model=run.model, metric="balanced_accuracy", column="ci_low, ci_high"
        ),
    )


@_fact
def _data_use(run: Evidence) -> Fact:
    names = run.names
    text = (
        f"{names.titles[run.discovery]} served development and internal validation: every person "
        "was predicted by models that were fitted without them."
    )
    if run.others:
        text += (
            f" {_listed(names.titles[c] for c in run.others)} served evaluation alone: the frozen "
            "model scored them."
        )
    return Fact(text, "config: cohorts.*.role, cross_validation")


@_fact
def _validation(run: Evidence) -> Fact:
    cv = run.config["cross_validation"]
    return Fact(
        f"Internal validation: nested cross-validation, {cv['repeats']} repeats of "
        f"{cv['outer_folds']} outer folds, hyperparameters chosen on {cv['inner_folds']} inner "
        "folds of the training part alone.",
        "config: cross_validation; splits.tsv",
        ("nested_cv",),
    )


@_fact
def _transformations(run: Evidence) -> Fact:
    parts = []
    for model in ordered_models(run.config):
        steps = _steps(run.config["models"][model])
        parts.append(f"{model}: {'; '.join(steps) or 'features as they are'}")
    return Fact(
        "Features are numbers and stay so, none was cut into categories. Learned in the training "
        f"fold and applied to the test fold: {'. '.join(parts)}.",
        "config: models",
    )


@_fact
def _classifier(run: Evidence) -> Fact:
    models = ordered_models(run.config)
    text = " ".join(f"{m}: {classifier_text(run.config['models'][m])}" for m in models)
    own = any("estimator" in run.config["models"][m] for m in models)
    return Fact(text, "config: models", ("svm", "libsvm") + (("scikit_learn",) if own else ()))


@_fact
def _permutation(run: Evidence) -> Fact:
    return _permutation_method(run.config)


@_fact
def _inside_folds(run: Evidence) -> Fact:
    return Fact(
        "Confound regression, scaling, components, imputed confounds and hyperparameters are "
        "learned in the training part of each fold. Outside the folds stands only what learns "
        "nothing from people: atlas, mask, resampling, smoothing.",
        "config: models, features",
        ("confounds",),
    )


@_fact
def _people_apart(run: Evidence) -> Fact:
    group = run.config["cross_validation"]["group"]
    families = f" Families (column {group}) too." if group else ""
    return Fact(
        "All rows of a person lie on one side of every split, and the run stops before the first "
        f"job if somebody is in two cohorts.{families}",
        "splits.tsv; checks before the first job",
    )


@_fact
def _clusters(run: Evidence) -> Fact:
    within = run.config["permutation"]["within"]
    site = "site" in used_confounds(run.config)
    parts = [
        f"labels were permuted within the values of {within}" if within else None,
        "site was removed as a confound" if site else None,
        "cohorts are reported apart" if run.others else None,
    ]
    text = "; ".join(filter(None, parts)) or "nothing was done about clusters"
    return Fact(
        f"Clusters: {text}. Model parameters do not vary between clusters.",
        "config: permutation.within, models.*.confounds, cohorts",
    )


@_fact
def _measures(run: Evidence) -> Fact:
    methods = run.performance["ci_method"].dropna()
    named = [CI_NAMES[m] for m in CI_NAMES if (methods == m).any()]
    return Fact(
        "Balanced accuracy (headline: indifferent to unequal classes), sensitivity, specificity, "
        f"AUC. 95 % intervals over people: {', '.join(named)}. Plots: ROC curves, decision values, "
        "confusion counts, values under permutation.",
        "performance.tsv: metric, ci_method; figures/",
        ("balanced_accuracy", "wilson", "mover", "delong"),
    )


@_fact
def _updating(run: Evidence) -> Fact:
    return Fact(
        "Not applicable: no cohort but the one of development."
        if not run.others
        else "None: the frozen model was neither refitted nor recalibrated nor given another "
        "threshold in any cohort.",
        "config: external; models/*.json: sha256",
    )


@_fact
def _prediction(run: Evidence) -> Fact:
    linear = "coding" in run.frozen.get(run.model, {}) and "decision_sha256" not in run.frozen.get(
        run.model, {}
    )
    if linear:
        text = (
            "decision value = features × weights + confounds × confound weights + intercept, the "
            f"numbers in models/{run.model}.npz; {run.names.positive} is predicted above 0."
        )
    else:
        text = (
            f"models/{run.model}.json is a recipe: the classifier is fitted again from the "
            "discovery people and must give the decision values whose hash is recorded; "
            f"{run.names.positive} is predicted above 0."
        )
    return Fact(f"Prediction: {text}", f"models/{run.model}.json")


@_fact
def _class_imbalance(run: Evidence) -> Fact:
    balanced = [
        m for m, spec in run.config["models"].items() if spec.get("class_weight") == "balanced"
    ]
    given = [
        m
        for m, spec in run.config["models"].items()
        if spec.get("parameters", {}).get("class_weight") is not None
    ]
    text = (
        f"Classes weighted by their inverse frequency in the training rows: {_listed(balanced)}. "
        if balanced
        else "No weighting of classes by the workflow. "
    )
    if given:
        text += f"Class weights given to the classifier: {_listed(given)}. "
    return Fact(
        f"{text}No person was drawn twice, dropped or made up to balance classes. Decision values "
        "are no probabilities.",
        "config: models.*.class_weight, models.*.parameters",
    )


@_fact
def _evaluation_balance(run: Evidence) -> Fact:
    parts = [
        f"{run.names.titles[c]} {run.counts(c)[1]} of {run.counts(c)[0]} {run.names.positive}"
        for c in run.cohorts
    ]
    return Fact(
        f"Test people were taken as they are, without weights or resampling: {'; '.join(parts)}.",
        _where("performance", model=run.model, column="n and n_positive"),
    )


@_fact
def _fairness(run: Evidence) -> Fact:
    removed = ", ".join(used_confounds(run.config)) or "nothing"
    text = (
        "No method that enforces fairness was used. Removed from the features in training folds: "
        f"{removed}."
    )
    if "subgroups" in run.tables:
        text += " Performance by group of people: subgroups.tsv."
    return Fact(text, "config: models.*.confounds")


@_fact
def _factors(run: Evidence) -> Fact:
    grouped = "subgroups" in run.tables
    return Fact(
        "Performance is reported by cohort"
        + (" and by group of people (subgroups.tsv)." if grouped else " alone."),
        "performance.tsv: cohort" + ("; subgroups.tsv" if grouped else ""),
    )


@_fact
def _model_output(run: Evidence) -> Fact:
    return Fact(
        f"A decision value, positive for {run.names.positive}; the class by the threshold 0, which "
        "the training alone determines and which no cohort changed. It is no probability.",
        "performance.tsv: operating_point=decision_zero, threshold",
    )


@_fact
def _regularisation(run: Evidence) -> Fact:
    spec = run.config["models"][run.model]
    return Fact(
        f"{run.model}: {classifier_text(spec)}",
        f"config: models.{run.model}",
        ("svm",) if "estimator" not in spec else (),
    )


@_fact
def _no_apparent(run: Evidence) -> Fact:
    return Fact(
        "Performance in the people whom a model was fitted to is neither computed nor shown.",
        "performance.tsv: aggregation",
    )


@_fact
def _frozen_first(run: Evidence) -> Fact | None:
    sha256 = run.frozen.get(run.model, {}).get("sha256")
    if not run.others or not sha256:
        return None
    return Fact(
        "The frozen model's hash was written down before labels of other cohorts entered scoring "
        f"({run.model}: SHA-256 {sha256}); the job that scores reads no label.",
        f"models/{run.model}.json: sha256",
    )


# --- facts: results ---------------------------------------------------------------------------


@_fact
def _null_centre(run: Evidence) -> Fact | None:
    null = null_values(run.null, run.model, run.discovery, "mean_over_repeats")
    if not len(null):
        return None
    return Fact(
        f"Under permuted labels the whole procedure gave a mean balanced accuracy of "
        f"{percent(null.mean())} over {len(null):,} permutations; leakage of labels would lift it "
        "above 50 %.",
        _where(
            "null",
            model=run.model,
            cohort=run.discovery,
            metric="balanced_accuracy",
            aggregation="mean_over_repeats",
        ),
    )


@_fact
def _optimism(run: Evidence) -> Fact | None:
    inner = headline_row(run.performance, run.model, run.discovery, "balanced_accuracy")
    external = [c for c in run.cohorts if run.names.roles[c] == "external"]
    cohort = POOLED if POOLED in external else external[0] if external else None
    if cohort is None or not is_computed(run.performance, run.model, cohort):
        return None
    outer = headline_row(run.performance, run.model, cohort, "balanced_accuracy")
    gap = 100 * (number(outer["estimate"]) - number(inner["estimate"]))
    return Fact(
        f"Balanced accuracy {percent(inner['estimate'])} by cross-validation, "
        f"{percent(outer['estimate'])} in {run.names.titles[cohort]}: {gap:+.1f} percentage "
        "points.".replace("-", "−"),
        _where("performance", model=run.model, metric="balanced_accuracy", cohort=run.discovery)
        + f" and {cohort}",
    )


@_fact
def _performance(run: Evidence) -> Fact:
    names = run.names
    sentences = []
    for cohort in run.cohorts:
        n, n_positive = run.counts(cohort)
        start = f"{names.titles[cohort]} (n = {n}, {n_positive} {names.positive})"
        if not is_computed(run.performance, run.model, cohort):
            sentences.append(
                f"{start}: not computed, a class has fewer than {run.config['min_class_size']} "
                "people."
            )
            continue
        sentences.append(f"{start}: {'; '.join(_metric(run, cohort, m) for m in METRIC_NAMES)}.")
    more = (
        f" The other models ({_listed(ordered_models(run.config)[1:])}) stand in performance.tsv."
        if len(run.config["models"]) > 1
        else ""
    )
    return Fact(
        f"Model {run.model}. {' '.join(sentences)}{more}",
        f"performance.tsv: model={run.model}, aggregation=mean_over_repeats (discovery) or "
        "frozen_model, first row of each metric",
    )


def _metric(run: Evidence, cohort: str, metric: str) -> str:
    row = headline_row(run.performance, run.model, cohort, metric)
    name = METRIC_NAMES[metric] if metric == "auc" else METRIC_NAMES[metric].lower()
    interval = interval_text(metric, row["ci_low"], row["ci_high"])
    inside = [f"95 % interval {interval}, {CI_NAMES.get(row['ci_method'], row['ci_method'])}"]
    if row["null"] in NULL_NAMES:
        inside.append(f"{_p(row)}, {NULL_NAMES[row['null']]}")
    return f"{name} {estimate_text(metric, row['estimate'])} ({'; '.join(inside)})"


@_fact
def _confounds_baseline(run: Evidence) -> Fact | None:
    row = headline_row(run.performance, CONFOUNDS_ONLY, run.discovery, "balanced_accuracy")
    if row is None:
        return None
    return Fact(
        f"The confounds alone ({', '.join(used_confounds(run.config))}) gave a balanced accuracy "
        f"of {percent(row['estimate'])} in {run.names.titles[run.discovery]} ({_p(row)}).",
        _where(
            "performance",
            model=CONFOUNDS_ONLY,
            cohort=run.discovery,
            metric="balanced_accuracy",
            aggregation="mean_over_repeats",
        ),
    )


@_fact
def _heterogeneity(run: Evidence) -> Fact:
    parts = []
    for cohort in [c for c in run.cohorts if c != POOLED]:
        if is_computed(run.performance, run.model, cohort):
            row = headline_row(run.performance, run.model, cohort, "auc")
            parts.append(f"{run.names.titles[cohort]} {estimate_text('auc', row['estimate'])}")
    return Fact(
        f"AUC by cohort: {', '.join(parts)}."
        if len(parts) > 1
        else "Not examined: one cohort has figures.",
        _where("performance", model=run.model, metric="auc"),
    )


@_fact
def _analysis_sizes(run: Evidence) -> Fact:
    cv = run.config["cross_validation"]
    n, n_positive = run.counts(run.discovery)
    part = (cv["outer_folds"] - 1) / cv["outer_folds"]
    text = (
        f"Development and cross-validation: n = {n}, {n_positive} {run.names.positive}; each outer "
        f"training part about {part * n:.0f} people."
    )
    scored = [_cohort_size(run, c) for c in run.cohorts if c != run.discovery]
    if scored:
        text += f" Evaluation: {'; '.join(scored)}."
    return Fact(text, _where("performance", model=run.model, column="n and n_positive"))


@_fact
def _specification(run: Evidence) -> Fact | None:
    parts = [
        f"{model}: models/{model}.json, SHA-256 {run.frozen[model]['sha256']}"
        for model in ordered_models(run.config)
        if "sha256" in run.frozen.get(model, {})
    ]
    if not parts:
        return None
    return Fact(
        f"Frozen models, each with its confound coding and no rows of people: {'; '.join(parts)}.",
        "models/*.json: sha256",
    )


@_fact
def _characteristics(run: Evidence) -> Fact | None:
    return _described(run, [run.discovery, *run.others])


@_fact
def _characteristics_discovery(run: Evidence) -> Fact | None:
    return _described(run, [run.discovery])


def _described(run: Evidence, cohorts: Sequence[str]) -> Fact | None:
    table = run.tables.get("characteristics")
    if table is None:
        return None
    parts = []
    for cohort in cohorts:
        rows = table[(table["cohort"] == cohort) & (table["group"] == "all")]
        cells = [text for _, row in rows.iterrows() if (text := _characteristic(row))]
        if cells:
            parts.append(f"{run.names.titles[cohort]}: {', '.join(cells)}")
    if not parts:
        return None
    return Fact(f"{'; '.join(parts)} (number: mean (SD)).", _where("characteristics", group="all"))


def _characteristic(row: pd.Series) -> str:
    missing = int(number(row["n_missing"]))
    note = f" [{missing} missing]" if missing else ""
    if pd.isna(row["level"]) or row["level"] == "n/a":
        if np.isnan(number(row["mean"])):
            return ""
        return f"{row['variable']} {number(row['mean']):.1f} ({number(row['sd']):.1f}){note}"
    if np.isnan(number(row["share"])):
        return ""
    return f"{row['variable']} {row['level']} {percent(row['share'])}{note}"


@_fact
def _cohort_differences(run: Evidence) -> Fact:
    if not run.others:
        return Fact("Not applicable: no cohort but the one of development.", "config: cohorts")
    shares = [
        f"{run.names.titles[c]} {percent(run.counts(c)[1] / run.counts(c)[0])}"
        for c in [run.discovery, *run.others]
    ]
    text = f"Share of {run.names.positive}: {', '.join(shares)}. Outcome and features are the same."
    source = _where("performance", model=run.model, column="n and n_positive")
    if "characteristics" in run.tables:
        text += " The people of all cohorts stand side by side in characteristics.tsv."
        source += "; characteristics.tsv"
    return Fact(text, source)


@_fact
def _training_data(run: Evidence) -> Fact:
    return Fact(
        f"{_cohort_size(run, run.discovery)}.",
        _where("performance", model=run.model, cohort=run.discovery, column="n and n_positive"),
    )


@_fact
def _evaluation_data(run: Evidence) -> Fact:
    if not run.others:
        return Fact(
            "None: the model has been evaluated by cross-validation alone.", "config: cohorts"
        )
    return Fact(
        f"{'; '.join(_cohort_size(run, c) for c in run.others)}.",
        _where("performance", model=run.model, column="n and n_positive"),
    )


# --- facts: reading and using it --------------------------------------------------------------


@_fact
def _best_of_chance(run: Evidence) -> Fact:
    cohorts = [c for c in run.cohorts if c != POOLED]
    cohorts = [c for c in cohorts if is_computed(run.performance, run.model, c)]
    return Fact(
        " ".join(_coins(run, c) for c in cohorts) or "No cohort is large enough for figures.",
        _where("performance", model=run.model, column="n and n_positive"),
    )


@_fact
def _limitations(run: Evidence) -> Fact:
    warnings = [text if text.endswith(".") else f"{text}." for text in run.warnings]
    return Fact(
        " ".join([*caveats(run), *warnings]),
        "performance.tsv; null.tsv" + ("; warnings.tsv" if warnings else ""),
    )


@_fact
def _input_quality(run: Evidence) -> Fact:
    unseen = run.config["confounds"]["unseen_site"]
    text = (
        "A person without brain measures gets no score. A missing confound counts as its mean in "
        "the training rows."
    )
    if "site" in used_confounds(run.config):
        text += (
            " A site that training did not have counts as the mean of the training sites."
            if unseen == "mean"
            else " A site that training did not have is an error."
        )
    return Fact(
        f"{text} Images must be prepared as those of the discovery cohort were.",
        f"models/{run.model}.json: coding; config: confounds",
    )


@_fact
def _users(run: Evidence) -> Fact:
    return Fact(
        "Users prepare images as for the discovery cohort, look at their quality and describe the "
        "cohort in the configuration; scoring itself asks nothing of them. It takes experience "
        "with brain images and the command line.",
        "terms of the workflow (README.md)",
    )


@_fact
def _apply(run: Evidence) -> Fact:
    return Fact(
        "Add the new people to the configuration as a cohort of the role external and give the "
        "command again: their features are computed as before and the frozen model scores them; "
        "nothing is refitted. Its hash is verified whenever it is read.",
        "config: cohorts.*.role",
    )


@_fact
def _privacy(run: Evidence) -> Fact:
    return Fact(
        "Frozen models, tables of results and these documents hold no rows of single people, but "
        "can still say something about them; treat them as you treat the data.",
        "terms of the workflow (README.md)",
    )


@_fact
def _code(run: Evidence) -> Fact:
    version = run.versions.get("mri-response", "unknown")
    return Fact(
        f"Code of the analysis: mri-response {version} (BSD-3-Clause), a workflow of Snakemake; "
        f"SHA-256 of the configuration {run.config_hash or 'not recorded'}, seed "
        f"{run.config['seed']}.",
        "ro-crate-metadata.json",
        ("snakemake",),
    )


def _table_fact(title: str, name: str, table: pd.DataFrame) -> Fact:
    return Fact(f"{title}: {name}.tsv ({len(table):,} rows).", f"{name}.tsv")
