"""Facts about the questions that are asked beside the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import Comparison, ConfoundControl, Role
from mri_response.evaluation.comparisons import ADDED
from mri_response.evaluation.confound_controls import AS_ANALYSED
from mri_response.report.facts.fact import Fact, fact
from mri_response.report.facts.phrases import p_words, where, words
from mri_response.report.lookup import enough_people
from mri_response.report.naming import METRIC_NAMES, lowered
from mri_response.report.numbers import (
    minus,
    p_phrase,
    p_text,
    percent,
    with_sign,
)
from mri_response.report.run import Run


@fact
def comparisons(run: Run) -> Fact | None:
    rows = run.numeric("comparisons")
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
        f"{p_text(row['p_holm'], None)}, {_test(row['method'])}"
        for _, row in rows.iterrows()
    ]
    return Fact(
        f"Paired differences with 95 % intervals and two-sided p: {'; '.join(parts)}.",
        "comparisons.tsv: comparison=models, first method of each pair, cohort (external ones "
        "together) and metric",
        ("nadeau_bengio", "delong"),
    )


#: How the controls of the removal of confounds came about.
CONTROLS_METHOD = Fact(
    "As controls of the removal of confounds, models with a classifier that is not linear were "
    "cross-validated on the same splits without it, and with every feature shuffled between "
    "people before it, both under the observed labels alone.",
    "confound_controls.tsv: control",
    ("confound_leakage",),
)


#: How what scans add to the clinic was tested.
ADDED_METHOD = Fact(
    "Whether scans add to the clinical features was tested with both side by side, each set of "
    "features divided by the square root of its number of columns and confounds removed from the "
    "scans alone: residuals of the scans, from a linear regression on clinical features and "
    "confounds, were permuted between people, and the whole procedure ran again. The estimate is "
    "the performance with the scans as they are, less its mean over the permutations; p is "
    "one-sided. Residuals are not exactly exchangeable, so that the test is approximate; its null "
    "hypothesis allows for a linear relation of scans and clinical features alone.",
    "comparisons.tsv: comparison=imaging_added; config: permutation.scans",
    ("freedman_lane",),
)


@fact
def confound_controls(run: Run) -> Fact | None:
    rows = run.numeric("confound_controls")
    if rows is None:
        return None
    rows = rows[rows["metric"] == "balanced_accuracy"]
    found = rows.set_index(["model", "control"])["estimate"]
    parts = [
        f"{model} {percent(found[model, AS_ANALYSED])} as analysed, "
        f"{percent(found[model, ConfoundControl.NOT_REMOVED])} without the removal, "
        f"{percent(found[model, ConfoundControl.SHUFFLED])} with features shuffled before it"
        for model in dict.fromkeys(rows["model"])
    ]
    return Fact(
        "Controls of the removal of confounds, balanced accuracy, nothing permuted: "
        f"{'; '.join(parts)}.",
        "confound_controls.tsv: metric=balanced_accuracy",
        ("confound_leakage",),
    )


@fact
def imaging_added(run: Run) -> Fact | None:
    rows = run.numeric("comparisons")
    if rows is None:
        return None
    rows = rows[(rows["comparison"] == ADDED) & rows["estimate"].notna()]
    if not len(rows):
        return None
    parts = [
        f"{row['model_a']} given the clinical columns of {row['model_b']}: {_difference(row)}, "
        f"{p_words(row)}"
        for _, row in rows.iterrows()
    ]
    return Fact(
        "What scans add to clinical features in the discovery cohort (performance with the own "
        "scans, less its mean where residuals of the scans on clinical features and confounds are "
        "permuted; each set of features weighed alike; p one-sided and approximate): "
        f"{'; '.join(parts)}.",
        "comparisons.tsv: comparison=imaging_added",
        ("freedman_lane",),
    )


@fact
def measures_compared(run: Run) -> Fact | None:
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
    # Without cohorts of both roles the table says why nothing was compared.
    if "specificity" in run.tables and {Role.EXTERNAL, Role.CONTROL} <= set(
        run.performance["role"]
    ):
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
def specificity(run: Run) -> Fact | None:
    rows = run.numeric("specificity")
    if rows is None:
        return None
    rows = rows[
        (rows["model"] == run.model)
        & (rows["analysis"] == "difference")
        & rows["metric"].isin(["auc", "auc_within_cohorts"])
    ]
    if not len(rows):
        return None
    power = rows["power"].iloc[0]
    # Within cohorts where an arm has several of them.
    row = rows[rows["estimate"].notna() | (rows["metric"] == "auc")].sort_values("metric").iloc[-1]
    source = where("specificity", model=run.model, analysis="difference", metric=row["metric"])
    within = ", people compared within their own cohort" * (row["metric"] != "auc")
    if np.isnan(row["estimate"]):
        return Fact(f"External cohorts minus control: not computed. {row['note']}", source)
    return Fact(
        f"External cohorts minus control{within}: {_difference({**row, 'metric': 'auc'})}; "
        f"{p_words(row)}, one-sided, arms permuted within outcome class; power "
        f"{power:.2f} for AUC 0.65 against 0.50. Arms were not randomised by this analysis, "
        "so that site or cohort may explain a difference.",
        source,
        ("delong",),
    )


@fact
def calibration(run: Run) -> Fact | None:
    rows = run.numeric("calibration")
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
def decision_curve(run: Run) -> Fact | None:
    rows = run.numeric("decision_curve")
    if rows is None:
        return None
    rows = rows[(rows["model"] == run.model) & rows["net_benefit"].notna()]
    parts = []
    for cohort in run.names.ordered(rows["cohort"]):
        own = rows[rows["cohort"] == cohort]
        better, surely = (own.loc[own[c] > 0, "threshold"] for c in ("advantage", "band_low"))
        text = (
            f"better than treating all or none at {len(better)} of {len(own)} threshold "
            f"probabilities, with the simultaneous 95 % band above 0 at {len(surely)}"
        )
        parts.append(f"{run.names.titles[cohort]}: {text}")
    if not parts:
        return None
    return Fact(
        f"Decision curve. {'; '.join(parts)}{_naive(rows)}.",
        where("decision_curve", model=run.model, column="advantage, band_low"),
        ("decision_curve",),
    )


@fact
def subgroups(run: Run) -> Fact | None:
    rows = run.numeric("subgroups")
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
            f"{r['variable']} {r['group']} {percent(r['estimate'])} ({_percentages(r)}; n = "
            f"{r['n']:.0f})"
            for _, r in own[own["estimate"].notna()].iterrows()
        ]
        few = int(own["estimate"].isna().sum())
        if few:
            told.append(f"{few} group{'s' * (few > 1)} too small for a number")
        parts.append(f"{run.names.titles[cohort]}: {', '.join(told)}")
    if not parts:
        return None
    return Fact(
        f"Balanced accuracy by group of people (95 % interval): {'; '.join(parts)}.",
        where("subgroups", model=run.model, metric="balanced_accuracy"),
    )


@fact
def learning_curve(run: Run) -> Fact | None:
    rows = run.numeric("learning_curve")
    if rows is None:
        return None
    rows = rows[(rows["model"] == run.model) & (rows["metric"] == "balanced_accuracy")]
    rows = rows[rows["estimate"].notna()].sort_values("n")
    if len(rows) < 2:
        return None
    steps = ", ".join(
        f"{r['n']:.0f} people {percent(r['estimate'])} ({_percentages(r)})"
        for _, r in rows.iterrows()
    )
    enough = enough_people(rows, "balanced_accuracy")
    shown = (
        f"From {enough} people on, the difference to all of them lies within ±3 percentage points."
        if enough
        else "That fewer people would have been enough (difference to all within ±3 percentage "
        "points) was not shown."
    )
    return Fact(
        f"Learning curve, balanced accuracy (95 % interval): {steps}. {shown}",
        where("learning_curve", model=run.model, metric="balanced_accuracy"),
    )


@fact
def region_sets(run: Run) -> Fact | None:
    rows = run.numeric("roi_sets")
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


def _difference(row: Mapping[str, Any]) -> str:
    """A difference of balanced accuracies in percentage points, of AUCs as it is."""
    metric = row["metric"]
    name = lowered(METRIC_NAMES[metric])
    scale, digits = (1, 2) if metric == "auc" else (100, 1)
    unit = "" if metric == "auc" else " percentage points"
    value = with_sign(scale * row["estimate"], digits)
    return f"{name} {value}{unit} ({_limits(row, scale, digits)})"


def _test(method: str) -> str:
    return "DeLong's test" if method == Comparison.DELONG else words(method)


def _limits(row: Mapping[str, Any], scale: float = 1, digits: int = 2) -> str:
    if np.isnan(row["ci_low"]) or np.isnan(row["ci_high"]):
        return "no interval"
    low, high = (minus(scale * row[c], digits) for c in ("ci_low", "ci_high"))
    return f"{low} to {high}"


def _percentages(row: pd.Series) -> str:
    limits = _limits(row, 100, 1)
    return limits if np.isnan(row["ci_low"]) else f"{limits} %"


def _naive(rows: pd.DataFrame) -> str:
    """A word on intervals that take people for independent who share training data."""
    naive = rows["ci_method"].dropna().astype(str).str.startswith("naive").any()
    return "; those of cross-validation are naive, which is too narrow" if naive else ""
