"""Result in the discovery cohort."""

from __future__ import annotations

import numpy as np

from mri_response.core.vocabulary import Interval
from mri_response.evaluation.headline import headline_row, rows_of
from mri_response.report.captions import people_text
from mri_response.report.figures.plan import FigureSpec
from mri_response.report.lookup import (
    is_computed,
    people_counts,
    precision_row,
    whole_procedure_row,
)
from mri_response.report.naming import (
    AGGREGATION_NAMES,
    CI_NAMES,
    METRIC_NAMES,
    counted,
    lowered,
    too_small,
)
from mri_response.report.numbers import estimate_text, interval_text, number, p_phrase
from mri_response.report.procedure_words import validated_text
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, OfModel, Table, Text
from mri_response.report.sections.section import Section
from mri_response.report.sections.verdict import answer_of

#: Tables to download, with their titles.
TABLES = {
    "performance": "Every estimate, interval and p value",
    "predictions": "Scores by person",
}


def _blocks(run: Run) -> list[Block]:
    """The result of every model in a sentence or more, then all ways to sum it up."""
    held_out = run.config["cross_validation"]["outer"] == "held_out"
    table = _held_out_table if held_out else _discovery_table
    found = answer_of(run, "predicts")
    for model in run.models:
        more = [
            Figures(("null_distribution", "decision_scores", "probabilities", "confusion"), model)
        ]
        of_model = [
            Text(_result(run, model)),
            Figures(("roc",), model),
            table(run, model),
            Details("What chance gives, decision values, probabilities and counts of people", more),
        ]
        found.append(OfModel(model, of_model))
    return found


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    performance, model, names = run.performance, spec.model, run.names
    what = {
        "decision_scores": "Decision values of people as points",
        "probabilities": "Probabilities of people as points",
        "confusion": "Counts of people",
    }.get(spec.kind)
    if what:
        return f"{what} by cohort and outcome. {people_text(run, model)}"
    metrics = {"roc": ["auc"], "null_distribution": ["balanced_accuracy", "auc"]}[spec.kind]
    parts = []
    for cohort in run.cohorts_of(model):
        if not is_computed(performance, model, cohort):
            parts.append(f"{names.titles[cohort]} not computed")
            continue
        for metric in metrics:
            row = headline_row(performance, model, cohort, metric)
            name = lowered(METRIC_NAMES[metric])
            text = f"{names.titles[cohort]} {name} {estimate_text(metric, row['estimate'])}"
            if spec.kind == "null_distribution":
                text += f", {p_phrase(row['p_value'], row['n_permutations'])}"
            parts.append(text)
    return f"{'; '.join(parts)}."


def _result(run: Run, model: str) -> str:
    """A model's balanced accuracy with both intervals and what permutations gave."""
    performance, names, cohort = run.performance, run.names, run.discovery
    if not is_computed(performance, model, cohort):
        return f"Model {model}: {too_small(run.config)}"
    row = headline_row(performance, model, cohort, "balanced_accuracy")
    n, n_positive = people_counts(performance, model, cohort)
    rows = rows_of(performance, model, cohort, "balanced_accuracy")
    naive = rows[rows["ci_method"] == Interval.NAIVE_BOOTSTRAP]
    cv = run.config["cross_validation"]
    text = (
        f"Model {model}, {names.titles[cohort]}, {n} people "
        f"({counted(n_positive, names.positive)}): "
        f"{'mean ' if cv['repeats'] > 1 else ''}balanced accuracy {validated_text(cv)} "
        f"{estimate_text('balanced_accuracy', row['estimate'])} (95 % interval "
        f"{interval_text('balanced_accuracy', row['ci_low'], row['ci_high'])}, "
        f"{CI_NAMES.get(row['ci_method'], row['ci_method'])}"
    )
    if len(naive) and row["ci_method"] != Interval.NAIVE_BOOTSTRAP:
        limits = naive.iloc[0]
        text += (
            "; the naive bootstrap, which takes people who share training data for independent, "
            "is too narrow: "
            f"{interval_text('balanced_accuracy', limits['ci_low'], limits['ci_high'])}"
        )
    text += ")."
    null = whole_procedure_row(run.summaries.get("null_summary"), model, cohort)
    if null is not None:
        n, reached = (int(number(null[column])) for column in ("n_permutations", "n_reached"))
        text += (
            f" Of {n:,} permutations of the whole procedure, {reached:,} reached this "
            f"value: {p_phrase(row['p_value'], row['n_permutations'])}."
        )
    chance = precision_row(run.tables.get("precision"), model, cohort)
    if chance is not None and not np.isnan(number(chance["best_of_null"])):
        text += (
            " Without any signal, 19 of 20 permutations stayed at or below "
            f"{estimate_text('balanced_accuracy', chance['best_of_null'])}."
        )
    return text


def _discovery_table(run: Run, model: str) -> Table:
    """Every aggregation of the discovery figures with both intervals."""
    names, cohort = run.names, run.discovery
    table = Table(
        names.title(f"{names.titles[cohort]}, model {model}: ways to sum up"),
        ["Number", "Summed up", "Estimate", "Corrected 95 % interval", "Naive 95 % interval"],
    )
    for metric, metric_name in METRIC_NAMES.items():
        for aggregation, aggregation_name in AGGREGATION_NAMES.items():
            rows = rows_of(run.performance, model, cohort, metric, aggregation)
            if not len(rows):
                continue
            cells = [metric_name, aggregation_name, estimate_text(metric, rows["estimate"].iloc[0])]
            for method in (Interval.NULL_INFLATED, Interval.NAIVE_BOOTSTRAP):
                chosen = rows[rows["ci_method"] == method]
                cells.append(
                    interval_text(metric, chosen["ci_low"].iloc[0], chosen["ci_high"].iloc[0])
                    if len(chosen)
                    else "n/a"
                )
            table.rows.append(cells)
    table.note = (
        "Mean over repeats is the headline and the one that was tested. The intervals say how far "
        "the number would move had other people of the same kind been recruited; they are for what "
        "this procedure yields on average with as many training people as the folds have, which "
        "is a part of these people, not for one particular model. The "
        "naive bootstrap ignores that people share training data and is "
        "too narrow; the corrected interval widens it by the spread seen under permutation."
    )
    return table


def _held_out_table(run: Run, model: str) -> Table:
    """Figures of held-out people, whom one model predicted."""
    names, cohort = run.names, run.discovery
    table = Table(
        names.title(f"{names.titles[cohort]}, model {model}: the people held out"),
        ["Number", "Estimate", "95 % interval", "Method"],
    )
    for metric, metric_name in METRIC_NAMES.items():
        rows = rows_of(run.performance, model, cohort, metric)
        if len(rows):
            row = rows.iloc[0]
            cells = (
                estimate_text(metric, row["estimate"]),
                interval_text(metric, row["ci_low"], row["ci_high"]),
            )
            method = CI_NAMES.get(row["ci_method"], row["ci_method"])
            table.rows.append([metric_name, *cells, method])
    table.note = (
        "One model learned from the other people of the cohort and predicted these. The intervals "
        "are for this model and say how far the number would move had other people been held out."
    )
    return table


SECTION = Section(
    "result",
    "Result in the discovery cohort",
    "Discovery",
    _blocks,
    TABLES,
    _alt_text,
    shows_people=True,
)
