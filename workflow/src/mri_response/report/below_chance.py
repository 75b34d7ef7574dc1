"""What numbers below chance mean: by their intervals, and by how they came about, in words."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import HEADLINE_METRICS, Interval
from mri_response.evaluation.headline import headline_row
from mri_response.report.naming import METRIC_NAMES, lowered, model_title, short_title
from mri_response.report.numbers import estimate_text, number
from mri_response.report.run import Run

CHANCE = 0.5  # balanced accuracy, and AUC
#: What is said of numbers below chance, by `_kind`; in short where the number stands beside it.
_LONG = {
    "includes": "Below chance (50 %, AUC 0.5), with an interval that includes it: {which}. That is "
    "what guessing gives: nothing was shown, not even that answers are right when turned round.",
    "cross_validated": "Below chance, and so is the interval, in cross-validation: {which}. What "
    "knows nothing falls there easily, since whoever is left out is missing from their own class "
    "in training, which draws answers to the other class. No information was shown.",
    "other_way": "Below chance, and so is the interval, in people whom the model had not seen: "
    "{which}. By these intervals answers point the wrong way there, which nobody can use.",
    "no_interval": "Below chance, without an interval to judge it by: {which}. No information was "
    "shown.",
}
_SHORT = {
    "includes": " The AUC of {which} is below chance, but its interval includes it: no more than "
    "guessing.",
    "cross_validated": " The AUC of {which} is below chance, as happens to noise in "
    "cross-validation.",
    "other_way": " The AUC of {which} is below chance: it points the wrong way.",
    "no_interval": " The AUC of {which} is below chance: no information.",
}


def _kind(run: Run, row: pd.Series, cohort: str) -> str:
    """How a number below chance is to be read."""
    low, high = number(row["ci_low"]), number(row["ci_high"])
    if np.isnan(low) or row["ci_method"] == Interval.NAIVE_BOOTSTRAP:
        return "no_interval"
    if high >= CHANCE:
        return "includes"
    held_out = run.config["cross_validation"]["outer"] == "held_out"
    return "cross_validated" if cohort == run.discovery and not held_out else "other_way"


def _row_below(run: Run, model: str, cohort: str, metric: str) -> pd.Series | None:
    row = headline_row(run.performance, model, cohort, metric)
    if row is None or not number(row["estimate"]) < CHANCE:
        return None
    # What is written as chance itself is not said to lie below.
    written = estimate_text(metric, row["estimate"]) == estimate_text(metric, CHANCE)
    return None if written else row


def below_chance(run: Run, models: Iterable[str], cohorts: Iterable[str]) -> list[str]:
    """Say which models lie below chance where, and what that means.

    Parameters
    ----------
    run : Run
        The run.
    models, cohorts : iterable of str
        Whose balanced accuracy and AUC are looked at, and where.

    Returns
    -------
    list of str
        A text for each way in which numbers below chance are to be read; empty without any.
    """
    cohorts, found = list(cohorts), dict[str, dict[tuple[str, str], list[str]]]()
    for model in models:
        for cohort in cohorts:
            for metric in HEADLINE_METRICS:
                row = _row_below(run, model, cohort, metric)
                if row is None:
                    continue
                value = estimate_text(metric, row["estimate"])
                of_kind = found.setdefault(_kind(run, row, cohort), {})
                name = lowered(METRIC_NAMES[metric])
                of_kind.setdefault((model, cohort), []).append(f"{name} {value}")
    texts = []
    for kind, words in _LONG.items():
        which = [
            f"{lowered(model_title(model, run.config))} in {run.names.titles[cohort]} "
            f"({', '.join(values)})"
            for (model, cohort), values in found.get(kind, {}).items()
        ]
        if which:
            texts.append(words.format(which="; ".join(which)))
    return texts


def auc_below_chance(run: Run, model: str, cohort: str) -> str:
    """Say what it means that what a model is compared with lies below chance.

    Parameters
    ----------
    run : Run
        The run.
    model, cohort : str
        What is compared with, and where.

    Returns
    -------
    str
        A sentence with a space before it; empty where its AUC does not lie below chance.
    """
    row = _row_below(run, model, cohort, "auc")
    if row is None:
        return ""
    which = lowered(short_title(model, run.config))
    return _SHORT[_kind(run, row, cohort)].format(which=which)
