"""Headline: every model in every cohort, and what the run warned of."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mri_response.core.vocabulary import EXTERNAL_POOLED, Interval
from mri_response.evaluation.headline import headline_row
from mri_response.report.below_chance import below_chance
from mri_response.report.lookup import is_computed, people_counts
from mri_response.report.naming import METRIC_NAMES, NULL_NAMES, plural, too_small
from mri_response.report.numbers import as_number, estimate_text, interval_text, p_text
from mri_response.report.run import Run
from mri_response.report.sections import warnings
from mri_response.report.sections.blocks import Block, OfModel, Table, Text
from mri_response.report.sections.section import Section


def _blocks(run: Run) -> list[Block]:
    """The numbers of all models, and the warnings if there are any."""
    said = [text for model in run.models for text in _below_chance(run, model)]
    return [_table(run), *said, *warnings.SECTION.blocks(run)]


def _below_chance(run: Run, model: str) -> list[OfModel]:
    """What it means that a model lies below chance somewhere."""
    texts = below_chance(run, [model], run.cohorts_of(model))
    return [OfModel(model, [Text(text)]) for text in texts]


def _table(run: Run) -> Table:
    names = run.names
    table = Table(
        names.title("Headline: every model in every cohort"),
        [
            "Cohort",
            "Model",
            f"n ({plural(names.positive)})",
            "Balanced accuracy",
            "p",
            "Sensitivity",
            "Specificity",
            "AUC",
            "p",
            "Null of p",
        ],
    )
    for model in run.models:
        table.rows += [_row(run, model, cohort) for cohort in run.cohorts_of(model)]
    table.note = _note(run)
    if any("†" in str(cell) for row in table.rows for cell in row):
        m = run.config["permutation"]["n"]
        table.note += (
            f" † The smallest p that {m:,} permutations can give, 1 / {m + 1:,}: no permutation "
            "reached the observed value."
        )
    return table


def _row(run: Run, model: str, cohort: str) -> list[Any]:
    names = run.names
    n, n_positive = people_counts(run.performance, model, cohort)
    first = [(names.titles[cohort], names.roles[cohort]), model, f"{n} ({n_positive})"]
    if not is_computed(run.performance, model, cohort):
        return [*first, too_small(run.config)]
    rows = {m: headline_row(run.performance, model, cohort, m) for m in METRIC_NAMES}
    null = rows["balanced_accuracy"]["null"]
    return [
        *first,
        _metric_cell(rows["balanced_accuracy"], "balanced_accuracy"),
        _p_cell(rows["balanced_accuracy"]),
        _metric_cell(rows["sensitivity"], "sensitivity"),
        _metric_cell(rows["specificity"], "specificity"),
        _metric_cell(rows["auc"], "auc"),
        _p_cell(rows["auc"]),
        "n/a" if pd.isna(null) else NULL_NAMES.get(null, null),
    ]


def _note(run: Run) -> str:
    cv = run.config["cross_validation"]
    table = run.performance[run.performance["cohort"] == run.discovery]
    methods = set(table.loc[as_number(table["ci_low"]).notna(), "ci_method"])
    kind = "corrected" if Interval.NULL_INFLATED in methods else "naive"
    discovery = (
        "of the people held out"
        if cv["outer"] == "held_out"
        else f"{'means over the repeats' if cv['repeats'] > 1 else 'those'} of cross-validation "
        f"with the {kind} interval"
    )
    together = (
        " External cohorts together: mean of the cohorts’ own figures, weighted by their pairs of "
        f"one {run.names.positive} and one {run.names.negative}; counts of all people taken as one "
        "group, as in the picture of 100 people, differ a little."
        if EXTERNAL_POOLED in set(run.performance["cohort"])
        else ""
    )
    return (
        f"Small numbers: 95 % intervals over people. Discovery figures are {discovery}; the other "
        f"cohorts were scored by the frozen model.{together} Positive class: "
        f"{run.names.positive}. p is one-sided (greater than chance) against the null named in the "
        "last column."
    )


def _metric_cell(row: pd.Series | None, metric: str) -> tuple[str, str]:
    if row is None:
        return ("n/a", "")
    return (
        estimate_text(metric, row["estimate"]),
        interval_text(metric, row["ci_low"], row["ci_high"]),
    )


def _p_cell(row: pd.Series | None) -> str:
    return "n/a" if row is None else p_text(row["p_value"], row["n_permutations"])


SECTION = Section("headline", "Headline", "Headline", _blocks)
