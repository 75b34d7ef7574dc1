"""Facts about the study and its data."""

from __future__ import annotations

import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.outcome_kinds import outcome_kind
from mri_response.config.queries import (
    categorical_confounds,
    described_confound,
    used_confounds,
    used_features,
)
from mri_response.core.tables import ID_COLUMNS
from mri_response.core.vocabulary import Role
from mri_response.report.facts.fact import Fact, fact
from mri_response.report.facts.phrases import listed, predictors, where
from mri_response.report.lookup import FLOW_STEPS
from mri_response.report.naming import counted, plural
from mri_response.report.numbers import as_number, number
from mri_response.report.run import Run


@fact
def study(run: Run) -> Fact:
    others = [run.names.titles[c] for c in run.others]
    simulated = " All data are simulated." if run.names.simulated else ""
    return Fact(
        f"Run “{run.config.get('title') or run.config['run']}”: development of a classifier "
        f"of {plural(run.names.positive)} against {plural(run.names.negative)} in "
        f"{run.names.titles[run.discovery]}, with internal validation"
        + (f", and evaluation of the frozen model in {listed(others)}." if others else ".")
        + simulated,
        "config: title, outcome, cohorts",
    )


@fact
def objective(run: Run) -> Fact:
    kinds = "development with internal validation"
    if run.others:
        kinds += " and evaluation in people the model had not seen"
    else:
        kinds += "; no evaluation in other people"
    return Fact(
        f"To tell {plural(run.names.positive)} from {plural(run.names.negative)} by "
        f"{predictors(run.config)}: {kinds}. The primary model, named in the configuration, is "
        f"{run.model} ({predictors(run.config, run.model)}).",
        "config: outcome, cohorts, primary_model",
    )


@fact
def intended_use(run: Run) -> Fact:
    return Fact(
        f"For research only: to ask whether {predictors(run.config)} carry information on the "
        "outcome in groups of people. Not for decisions about single patients, and not a medical "
        "device.",
        "terms of the workflow (README.md)",
    )


@fact
def data_sources(run: Run) -> Fact:
    names = run.names
    parts = []
    for cohort in [run.discovery, *run.others]:
        spec = run.config["cohorts"][cohort]
        use = {"discovery": "development", "external": "evaluation", "control": "control"}
        tables = "participants table"
        if spec.get("scores"):
            tables += " and clinical scores"
        parts.append(f"{names.titles[cohort]}: {use[spec['role']]}, {tables}")
    simulated = "All data are simulated. " if names.simulated else ""
    return Fact(
        f"{simulated}{'; '.join(parts)}. Features: "
        + "; ".join(feature_kind(spec).words(spec) for spec in used_features(run.config).values())
        + ".",
        "config: cohorts, features",
    )


@fact
def sites(run: Run) -> Fact | None:
    table = run.tables.get("characteristics")
    if table is None or not (table["variable"] == "site").any():
        return None
    rows = table[(table["variable"] == "site") & (table["group"] == "all")]
    counts = rows.groupby("cohort", sort=False)["level"].nunique()
    return Fact(
        "Sites: " + "; ".join(f"{run.names.titles[c]} {n}" for c, n in counts.items()) + ".",
        where("characteristics", variable="site", group="all"),
    )


@fact
def eligibility(run: Run) -> Fact:
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
    filters = "; ".join(parts) if parts else "none"
    needed = ["a value of the outcome"]
    if "brain" in predictors(run.config):
        needed.append("brain measures")
    if used_confounds(run.config) and run.config["confounds"]["missing"] == "exclude":
        needed.append(f"the confounds ({', '.join(used_confounds(run.config))})")
    excluded = run.config["quality_control"]["exclude"]
    but = " unless a rule of quality control left their scan out" if excluded else ""
    return Fact(
        f"Row filters of the analysis: {filters}. Of these, people with {listed(needed)} were "
        f"analysed{but}.",
        "config: cohorts.*.where, confounds.missing" + ", quality_control.exclude" * bool(excluded),
    )


@fact
def arms(run: Run) -> Fact | None:
    controls = [c for c in run.others if run.names.roles[c] == Role.CONTROL]
    if not controls:
        return None
    return Fact(
        f"{listed(run.names.titles[c] for c in controls)} took no part in development: control, "
        "scored by the same frozen model.",
        "config: cohorts.*.role",
    )


@fact
def features(run: Run) -> Fact:
    used = used_features(run.config)
    counts = {f: f" ({run.n_features[f]:,} features)" for f in used if f in run.n_features}
    return Fact(
        "; ".join(
            f"Feature set {name}: {feature_kind(spec).words(spec)}{counts.get(name, '')}"
            for name, spec in used.items()
        )
        + ". A person's values come from that person's data alone"
        + (
            "; which categories a clinical feature has is what the discovery cohort has."
            if any(feature_kind(spec).is_clinical for spec in used.values())
            else "."
        ),
        "config: features" + ("; features/ (columns)" if counts else ""),
    )


@fact
def confounds(run: Run) -> Fact:
    parts = []
    for model in run.models:
        confounds = run.config["models"][model]["confounds"]
        what = ", ".join(map(described_confound, confounds)) or "none"
        parts.append(f"{model}: {what}")
    categories = categorical_confounds(run.config)
    coded = f" Coded as categories: {listed(categories)}; the others are numbers."
    return Fact(
        f"Confounds removed from the features by linear regression fitted on the training rows: "
        f"{'; '.join(parts)}.{coded if categories else ''}",
        "config: models.*.confounds",
        ("confounds",),
    )


@fact
def outcome(run: Run) -> Fact:
    definition = outcome_kind(run.config).words(run.config["outcome"])
    return Fact(
        f"{definition} The positive class is {run.names.positive}.",
        "config: outcome",
    )


@fact
def outcome_blind(run: Run) -> Fact | None:
    if not outcome_kind(run.config).has_scores:
        return None
    return Fact(
        "In this analysis the outcome is computed from the scores by rule, without sight of the "
        "features.",
        "config: outcome",
    )


@fact
def predictor_choice(run: Run) -> Fact:
    reduced = [m for m, spec in run.config["models"].items() if spec["pca"] is not None]
    text = (
        "All features of a set are given to the classifier; this analysis selected none by the "
        "outcome. What a classifier selects by itself, it selects inside the training folds. A "
        "selection that was made before this analysis is not known to it."
    )
    if reduced:
        text += f" Principal components (model {listed(reduced)}) are computed in training folds."
    return Fact(text, "config: features, models.*.pca")


@fact
def no_rater(run: Run) -> Fact:
    clinical = (
        " Clinical features are what the tables of the cohorts have; who rated them is not known "
        "to it."
        if "clinical" in predictors(run.config)
        else ""
    )
    return Fact(
        "Predictors are computed from images or tables by software; this analysis has no rater."
        f"{clinical}",
        "config: features",
    )


@fact
def missing_handling(run: Run) -> Fact:
    imputed = run.config["confounds"]["missing"] == "impute"
    confounds = (
        "filled with the mean of the training rows, inside the fold"
        if imputed
        else "a reason to leave the person out"
    )
    kinds = [feature_kind(spec) for spec in used_features(run.config).values()]
    clinical = any(kind.is_clinical for kind in kinds)
    beliefs = any(kind.has_trials for kind in kinds)
    what = " and ".join(["clinical values"] * clinical + ["learning rates"] * beliefs)
    filled = (
        f" Missing {what} were given the mean of the training rows, inside the fold."
        if what
        else ""
    )
    return Fact(
        f"People without outcome{' or brain measures' * ('brain' in predictors(run.config))} were "
        f"left out and counted. Missing confounds were {confounds}.{filled} No outcome was carried "
        "forward.",
        "config: confounds.missing" + ("; config: features" if what else ""),
    )


@fact
def missing_counts(run: Run) -> Fact:
    flow = run.flow.assign(n=as_number(run.flow["n"]))
    parts = []
    for cohort in run.names.ordered(flow["cohort"]):
        rows = flow[(flow["cohort"] == cohort) & ~flow["step"].isin(FLOW_STEPS)]
        reasons = ", ".join(f"{r['step']} {r['n']:.0f}" for _, r in rows.iterrows())
        parts.append(f"{run.names.titles[cohort]}: {reasons or 'nobody'}")
    return Fact(f"Left out: {'; '.join(parts)}.", "flow.tsv: one row per reason")


@fact
def flow(run: Run) -> Fact:
    names = run.names
    parts = []
    for cohort in names.ordered(run.flow["cohort"]):
        n = run.flow[run.flow["cohort"] == cohort].set_index("step")["n"]
        n = {step: f"{number(value):.0f}" for step, value in n.items()}
        classes = (
            f" ({counted(n['analysed, positive'], names.positive)}, "
            f"{counted(n['analysed, negative'], names.negative)})"
            if names.positive
            else ""
        )
        parts.append(
            f"{names.titles[cohort]}: {n['in participants table']} in the table, "
            f"{n['matching the row filter']} matching the filter, {n['analysed']} analysed{classes}"
        )
    return Fact(
        f"{'; '.join(parts)} (rows: a person with several visits has several). Diagram: "
        "figures/flow.png.",
        "flow.tsv: step",
    )


def _given(column: pd.Series) -> pd.Series:
    """Whether a cell holds something."""
    return column.notna() & ~column.isin(["", "n/a"])


@fact
def quality(run: Run) -> Fact | None:
    table = run.tables.get("qc")
    if table is None:
        return None
    parts = []
    for cohort in run.names.ordered(table["cohort"]):
        rows = table[table["cohort"] == cohort]
        flagged = int(_given(rows["flag"]).sum())
        parts.append(f"{run.names.titles[cohort]} {flagged} of {len(rows)}")
    return Fact(
        "Every scan was measured (intracranial volume where known, likeness to the others of its "
        f"cohort, outlying regions) and marked where it stood out: {', '.join(parts)}. No scan is "
        "left out for its quality but by a rule of the configuration.",
        "qc.tsv: flag",
    )
