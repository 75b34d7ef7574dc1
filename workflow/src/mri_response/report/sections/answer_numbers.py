"""The number behind an answer, in words: estimate, interval, p, null and people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.evaluation.headline import headline_row
from mri_response.report.naming import (
    METRIC_NAMES,
    NULL_NAMES,
    group_name,
    lowered,
    model_title,
    plural,
)
from mri_response.report.numbers import (
    estimate_text,
    interval_text,
    number,
    p_phrase,
    percent,
    signed,
    signed_interval,
)
from mri_response.report.run import Run

_DIFFERENCES = ("auc_difference", "balanced_accuracy_difference")


def compared_with(run: Run, row: pd.Series) -> str:
    """Write what a figure is compared with.

    Parameters
    ----------
    run : Run
        The run.
    row : Series
        Of ``verdict.tsv``, where `against` is not empty.

    Returns
    -------
    str
    """
    against = str(row["against"])
    if row["question"] == "differs_between_groups":
        variable, _, groups = against.partition(": ")
        first, _, second = groups.partition(" - ")
        return f"{group_name(variable, first)} and {group_name(variable, second)}"
    if row["question"] == "better_than_the_clinic":
        return lowered(model_title(against, run.config))
    return run.names.titles.get(against, "control cohorts together")


def answer_number(run: Run, row: pd.Series) -> str:
    """Write number, interval, p, null and people of an answer.

    Parameters
    ----------
    run : Run
        The run.
    row : Series
        Of ``verdict.tsv``.

    Returns
    -------
    str
    """
    names, metric = run.names, row["metric"]
    people = (
        f"n = {number(row['n']):.0f} ({number(row['n_positive']):.0f} {plural(names.positive)})"
    )
    where = names.titles.get(row["cohort"], row["cohort"])
    if row["question"] == "is_it_the_drug":
        where += f" and {lowered(compared_with(run, row))} together"
    if metric in _DIFFERENCES:
        base = metric.removesuffix("_difference")
        unit = " points" if base == "balanced_accuracy" else ""
        value = f"Difference in {lowered(METRIC_NAMES[base])} {signed(base, row['estimate'])}{unit}"
        limits = signed_interval(base, row["ci_low"], row["ci_high"])
    else:
        value = f"{METRIC_NAMES[metric]} {percent(row['estimate'])}"
        limits = interval_text(metric, row["ci_low"], row["ci_high"])
    text = f"{value} ({_two(run, row)}95 % interval {limits})"
    if not np.isnan(number(row["p_value"])):
        text += (
            f", {p_phrase(row['p_value'], row['n_permutations'])}, "
            f"Holm {p_phrase(row['p_holm'], None)} ({_test(row)})"
        )
    elif row["question"] == "differs_between_groups":
        text += ", interval widened for all groups compared, no p"
    else:
        text += ", not tested"
    return f"{text}; {where}, {people}."


def _two(run: Run, row: pd.Series) -> str:
    """The two AUCs behind a difference between models: one may lie below chance."""
    models = (run.model, row["against"]) if row["question"] == "better_than_the_clinic" else ()
    found = [headline_row(run.performance, model, row["cohort"], "auc") for model in models]
    if not found or any(one is None or np.isnan(number(one["estimate"])) for one in found):
        return ""
    return " against ".join(estimate_text("auc", one["estimate"]) for one in found) + "; "


def _test(row: pd.Series) -> str:
    """The null of a p-value, or the test that it comes from."""
    null = str(row["null"])
    words = NULL_NAMES.get(null, null.replace("_", " "))
    m = number(row["n_permutations"])
    return words if np.isnan(m) else f"{words}, {m:,.0f} permutations"
