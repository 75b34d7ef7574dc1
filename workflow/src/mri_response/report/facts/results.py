"""Facts about what came out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.config.plan import ordered_models
from mri_response.config.queries import CONFOUNDS_ONLY, used_confounds
from mri_response.core.vocabulary import EXTERNAL_POOLED, Aggregation, Role
from mri_response.report.facts.evidence import (
    Evidence,
    Fact,
    cohort_size,
    fact,
    listed,
    not_applicable,
    null_values,
    p_words,
    rows_of,
    where,
    words,
)
from mri_response.report.lookup import enough_people, headline_row, is_computed
from mri_response.report.naming import CI_NAMES, METRIC_NAMES, NULL_NAMES, lowered
from mri_response.report.numbers import (
    estimate_text,
    interval_text,
    minus,
    number,
    p_phrase,
    p_text,
    percent,
    with_sign,
)


@fact
def null_centre(run: Evidence) -> Fact | None:
    null = null_values(run.null, run.model, run.discovery, Aggregation.MEAN_OVER_REPEATS)
    if not len(null):
        return None
    return Fact(
        f"Under permuted labels the whole procedure gave a mean balanced accuracy of "
        f"{percent(null.mean())} over {len(null):,} permutations. Chance is 50 %; a step that "
        "carries labels across folds in every permutation would lift it. A selection made before "
        "this run would not show here.",
        where(
            "null",
            model=run.model,
            cohort=run.discovery,
            metric="balanced_accuracy",
            aggregation=Aggregation.MEAN_OVER_REPEATS,
        ),
    )


@fact
def optimism(run: Evidence) -> Fact | None:
    inner = headline_row(run.performance, run.model, run.discovery, "balanced_accuracy")
    external = [c for c in run.cohorts if run.names.roles[c] == Role.EXTERNAL]
    cohort = EXTERNAL_POOLED if EXTERNAL_POOLED in external else external[0] if external else None
    if cohort is None or not is_computed(run.performance, run.model, cohort):
        return None
    outer = headline_row(run.performance, run.model, cohort, "balanced_accuracy")
    gap = 100 * (number(outer["estimate"]) - number(inner["estimate"]))
    return Fact(
        f"Balanced accuracy {percent(inner['estimate'])} by cross-validation, "
        f"{percent(outer['estimate'])} in {run.names.titles[cohort]}: {with_sign(gap, 1)} "
        "percentage points.",
        where("performance", model=run.model, metric="balanced_accuracy", cohort=run.discovery)
        + f" and {cohort}",
    )


@fact
def performance(run: Evidence) -> Fact:
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
        f" The other models ({listed(ordered_models(run.config)[1:])}) stand in performance.tsv."
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
    name = lowered(METRIC_NAMES[metric])
    interval = interval_text(metric, row["ci_low"], row["ci_high"])
    inside = [f"95 % interval {interval}, {CI_NAMES.get(row['ci_method'], row['ci_method'])}"]
    if row["null"] in NULL_NAMES:
        inside.append(f"{p_words(row)}, {NULL_NAMES[row['null']]}")
    return f"{name} {estimate_text(metric, row['estimate'])} ({'; '.join(inside)})"


@fact
def confounds_baseline(run: Evidence) -> Fact | None:
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
def heterogeneity(run: Evidence) -> Fact:
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
def analysis_sizes(run: Evidence) -> Fact:
    cv = run.config["cross_validation"]
    n, n_positive = run.counts(run.discovery)
    text = f"Development and cross-validation: n = {n}, {n_positive} {run.names.positive}"
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
def specification(run: Evidence) -> Fact | None:
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


@fact
def characteristics(run: Evidence) -> Fact | None:
    return _described(run, [run.discovery, *run.others])


@fact
def characteristics_discovery(run: Evidence) -> Fact | None:
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
    return Fact(f"{'; '.join(parts)} (number: mean (SD)).", where("characteristics", group="all"))


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


@fact
def cohort_differences(run: Evidence) -> Fact:
    if not run.others:
        return not_applicable("config: cohorts")
    shares = [
        f"{run.names.titles[c]} {percent(run.counts(c)[1] / run.counts(c)[0])}"
        for c in [run.discovery, *run.others]
    ]
    text = f"Share of {run.names.positive}: {', '.join(shares)}. Outcome and features are the same."
    source = where("performance", model=run.model, column="n and n_positive")
    if "characteristics" in run.tables:
        text += " The people of all cohorts stand side by side in characteristics.tsv."
        source += "; characteristics.tsv"
    return Fact(text, source)


@fact
def training_data(run: Evidence) -> Fact:
    return Fact(
        f"{cohort_size(run, run.discovery)}.",
        where("performance", model=run.model, cohort=run.discovery, column="n and n_positive"),
    )


@fact
def evaluation_data(run: Evidence) -> Fact:
    if not run.others:
        return Fact(
            "None: the model has been evaluated by cross-validation alone.", "config: cohorts"
        )
    return Fact(
        f"{'; '.join(cohort_size(run, c) for c in run.others)}.",
        where("performance", model=run.model, column="n and n_positive"),
    )


@fact
def comparisons(run: Evidence) -> Fact | None:
    rows = rows_of(run, "comparisons")
    if rows is None:
        return None
    rows = rows[
        (rows["comparison"] == "models")
        & ((rows["model_a"] == run.model) | (rows["model_b"] == run.model))
        & rows["metric"].isin(["balanced_accuracy", "auc"])
        & rows["cohort_a"].isin(run.names.together(rows["cohort_a"]))
        & rows["estimate"].notna()
    ].drop_duplicates(["model_a", "model_b", "cohort_a", "metric"])
    if not len(rows):
        return None
    parts = [
        f"{row['model_a']} minus {row['model_b']} in {run.names.titles[row['cohort_a']]}: "
        f"{_difference(row)}, {p_phrase(row['p_value'], None)}, by Holm "
        f"{p_text(row['p_holm'], None)}, {words(row['method'])}"
        for _, row in rows.iterrows()
    ]
    return Fact(
        f"Paired differences with 95 % intervals and two-sided p: {'; '.join(parts)}.",
        "comparisons.tsv: comparison=models, first method of each pair, cohort (external ones "
        "together) and metric",
        ("nadeau_bengio", "delong"),
    )


@fact
def measures_compared(run: Evidence) -> Fact | None:
    parts, cites = [], []
    if "comparisons" in run.tables:
        parts.append(
            "Models were compared on the same people (paired differences; Holm over the pairs)"
        )
        cites += ["nadeau_bengio", "delong", "mcnemar"]
    if "calibration" in run.tables:
        parts.append("calibration by curve, slope, intercept and Brier score")
    if "decision_curve" in run.tables:
        parts.append("usefulness by net benefit beside treating all and none")
        cites.append("decision_curve")
    if "specificity" in run.tables:
        parts.append("external cohorts and control by the difference of their AUCs")
    return (
        Fact(
            f"{'; '.join(parts)}.",
            "; ".join(f"{name}.tsv" for name in _COMPARED if name in run.tables),
            tuple(cites),
        )
        if parts
        else None
    )


_COMPARED = ("comparisons", "calibration", "decision_curve", "specificity")


@fact
def specificity(run: Evidence) -> Fact | None:
    rows = rows_of(run, "specificity")
    if rows is None:
        return None
    rows = rows[
        (rows["model"] == run.model)
        & (rows["analysis"] == "difference")
        & (rows["metric"] == "auc")
    ]
    if not len(rows):
        return None
    row = rows.iloc[0]
    source = where("specificity", model=run.model, analysis="difference", metric="auc")
    if np.isnan(row["estimate"]):
        return Fact(f"External cohorts minus control: not computed. {row['note']}", source)
    return Fact(
        f"External cohorts minus control: {_difference(row)}; "
        f"{p_words(row)}, one-sided, arms permuted within outcome class; power "
        f"{row['power']:.2f} for AUC 0.65 against 0.50. Arms were not randomised by this analysis, "
        "so that site or cohort may explain a difference.",
        source,
        ("delong",),
    )


@fact
def calibration(run: Evidence) -> Fact | None:
    rows = rows_of(run, "calibration")
    if rows is None:
        return None
    rows = rows[(rows["model"] == run.model) & rows["estimate"].notna()]
    parts = []
    for cohort in run.names.ordered(rows["cohort"]):
        own = rows[rows["cohort"] == cohort].drop_duplicates("metric").set_index("metric")
        told = [
            f"{name} {minus(own.loc[m, 'estimate'])} ({_limits(own.loc[m])})"
            for m, name in _CALIBRATION.items()
            if m in own.index
        ]
        if told:
            parts.append(f"{run.names.titles[cohort]}: {', '.join(told)}")
    if not parts:
        return None
    return Fact(
        "Probabilities by Platt scaling, fitted in training data alone (ideal: slope 1, intercept "
        f"0). {'; '.join(parts)} (95 % intervals{_naive(rows)}).",
        where("calibration", model=run.model, metric=", ".join(_CALIBRATION)),
    )


_CALIBRATION = {
    "calibration_slope": "slope",
    "calibration_in_the_large": "intercept",
    "brier": "Brier score",
}


@fact
def decision_curve(run: Evidence) -> Fact | None:
    rows = rows_of(run, "decision_curve")
    if rows is None:
        return None
    rows = rows[(rows["model"] == run.model) & rows["net_benefit"].notna()]
    parts = []
    for cohort in run.names.ordered(rows["cohort"]):
        own = rows[rows["cohort"] == cohort]
        better, surely = (own.loc[own[c] > 0, "threshold"] for c in ("advantage", "advantage_low"))
        text = (
            f"better than treating all or none at {len(better)} of {len(own)} threshold "
            f"probabilities, with the whole 95 % interval above 0 at {len(surely)}"
        )
        parts.append(f"{run.names.titles[cohort]}: {text}")
    if not parts:
        return None
    return Fact(
        f"Decision curve. {'; '.join(parts)}{_naive(rows)}.",
        where("decision_curve", model=run.model, column="advantage, advantage_low"),
        ("decision_curve",),
    )


@fact
def subgroups(run: Evidence) -> Fact | None:
    rows = rows_of(run, "subgroups")
    if rows is None:
        return None
    rows = rows[
        (rows["model"] == run.model)
        & (rows["metric"] == "balanced_accuracy")
        & rows["reference"].isna()
    ].drop_duplicates(["cohort", "variable", "group"])
    parts = []
    for cohort in run.names.ordered(rows["cohort"]):
        own = rows[rows["cohort"] == cohort]
        told = [
            f"{r['variable']} {r['group']} {percent(r['estimate'])} ({_limits(r, 100, 1)} %; n = "
            f"{r['n']:.0f})"
            for _, r in own[own["estimate"].notna()].iterrows()
        ]
        few = int(own["estimate"].isna().sum())
        if few:
            told.append(f"{few} groups too small for a number")
        parts.append(f"{run.names.titles[cohort]}: {', '.join(told)}")
    if not parts:
        return None
    return Fact(
        f"Balanced accuracy by group of people (95 % interval): {'; '.join(parts)}.",
        where("subgroups", model=run.model, metric="balanced_accuracy"),
    )


@fact
def learning_curve(run: Evidence) -> Fact | None:
    rows = rows_of(run, "learning_curve")
    if rows is None:
        return None
    rows = rows[(rows["model"] == run.model) & (rows["metric"] == "balanced_accuracy")]
    rows = rows[rows["estimate"].notna()].sort_values("n")
    if len(rows) < 2:
        return None
    steps = ", ".join(f"{r['n']:.0f} people {percent(r['estimate'])}" for _, r in rows.iterrows())
    enough = enough_people(rows, "balanced_accuracy")
    shown = (
        f"From {enough} people on, the difference to all of them lies within ±3 percentage points."
        if enough
        else "That fewer people would have been enough (difference to all within ±3 percentage "
        "points) was not shown."
    )
    return Fact(
        f"Learning curve, balanced accuracy: {steps}. {shown}",
        where("learning_curve", model=run.model, metric="balanced_accuracy"),
    )


@fact
def region_sets(run: Evidence) -> Fact | None:
    rows = rows_of(run, "roi_sets")
    if rows is None:
        return None
    rows = rows[(rows["model"] == run.model) & rows["p_fdr"].notna()]
    if not len(rows):
        return None
    found = [
        f"{words(row['region_set'])} (towards {run.names.leaning(row['haufe'])}; p by FDR "
        f"{p_text(row['p_fdr'], None)})"
        for _, row in rows[rows["p_fdr"] <= 0.05].iterrows()
    ]
    return Fact(
        f"Of {len(rows)} sets of regions, {len(found)} had a Haufe pattern beyond chance at an FDR "
        f"of 5 %{': ' if found else ''}{', '.join(found)}. A pattern says where signal is, not "
        "what causes it.",
        where("roi_sets", model=run.model, column="p_fdr, haufe"),
        ("haufe",),
    )


def _difference(row: pd.Series) -> str:
    """A difference of balanced accuracies in percentage points, of AUCs as it is."""
    metric = row["metric"]
    name = lowered(METRIC_NAMES[metric])
    scale, digits = (1, 2) if metric == "auc" else (100, 1)
    unit = "" if metric == "auc" else " percentage points"
    value = with_sign(scale * row["estimate"], digits)
    return f"{name} {value}{unit} ({_limits(row, scale, digits)})"


def _limits(row: pd.Series, scale: float = 1, digits: int = 2) -> str:
    if np.isnan(row["ci_low"]) or np.isnan(row["ci_high"]):
        return "no interval"
    low, high = (minus(scale * row[c], digits) for c in ("ci_low", "ci_high"))
    return f"{low} to {high}"


def _naive(rows: pd.DataFrame) -> str:
    """A word on intervals that take people for independent who share training data."""
    naive = rows["ci_method"].dropna().astype(str).str.startswith("naive").any()
    return "; those of cross-validation are naive, which is too narrow" if naive else ""
