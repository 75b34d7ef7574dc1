"""What a reader must keep in mind of a run."""

from __future__ import annotations

import numpy as np

from mri_response.core.vocabulary import EXTERNAL_POOLED, Interval, Role
from mri_response.evaluation.bootstrap import MIN_PERMUTATIONS
from mri_response.people.size import FEW_PEOPLE
from mri_response.report.lookup import is_computed, precision_row
from mri_response.report.naming import counted
from mri_response.report.numbers import as_number, number, percent
from mri_response.report.run import Run


def caveats(run: Run) -> list[str]:
    """Return what a reader must keep in mind of a run.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    list of str
        A paragraph per caveat.
    """
    found = [text for cohort in run.cohorts for text in _of_cohort(run, cohort)]
    found.append(
        f"{_of_intervals(run)}No interval over people covers what other scanners, hospitals or "
        "ways of recruiting would change."
    )
    if len(run.models) > 1:
        found.append(
            f"{len(run.models)} models are shown. Their p values against chance are not corrected "
            "for that; the "
            f"primary model, named in the config, is {run.model}."
        )
    return found


def _of_intervals(run: Run) -> str:
    """What the intervals of cross-validated people are; they have two where labels are permuted."""
    rows = run.performance[run.performance["cohort"] == run.discovery]
    computed = rows[as_number(rows["ci_low"]).notna()]
    methods = set(computed["ci_method"])
    if Interval.NAIVE_BOOTSTRAP not in methods:
        return ""
    naive = "The naive one ignores that people share training data and covers the truth too seldom"
    if Interval.NULL_INFLATED in methods:
        return (
            f"Discovery figures are shown with two intervals. {naive}; the corrected one is wider "
            "as a rule, and is one for models that learn from the training part of the folds. "
        )
    return (
        f"Discovery figures have one interval, the naive one. {naive}; the corrected one needs "
        f"{MIN_PERMUTATIONS} permutations. "
    )


def coins(run: Run, cohort: str) -> str | None:
    """Return what tossing coins would give in a cohort.

    Parameters
    ----------
    run : Run
        The run, with the table ``precision``.
    cohort : str
        Name of a cohort in the performance table.

    Returns
    -------
    str or None
        None where it was not computed.
    """
    row = precision_row(run.tables.get("precision"), run.model, cohort)
    if row is None or np.isnan(number(row["best_of_chance"])):
        return None
    return (
        f"Best of chance in {run.names.titles[cohort]}: tossing a coin for each of its "
        f"{run.counts(cohort)[0]} people gives a balanced accuracy of up to "
        f"{percent(row['best_of_chance'])} in 19 of 20 trials."
    )


def _of_cohort(run: Run, cohort: str) -> list[str]:
    """How few people there are, or how well chance does with so many."""
    names, (n, n_positive) = run.names, run.counts(cohort)
    title, role = names.titles[cohort], names.roles[cohort]
    found = []
    if role == Role.DISCOVERY and n < FEW_PEOPLE:
        found.append(
            f"{title} has {n} people, fewer than {FEW_PEOPLE}. At about 100 people "
            "cross-validated accuracy is uncertain by some ±10 percentage points, whatever the "
            "spread over folds or repeats says."
        )
    if not is_computed(run.performance, run.model, cohort):
        found.append(
            f"{title} has {counted(n_positive, names.positive)} and "
            f"{counted(n - n_positive, names.negative)}. Below "
            f"{run.config['min_class_size']} people in a class no number is given."
        )
    elif cohort != EXTERNAL_POOLED and (text := coins(run, cohort)):
        row = precision_row(run.tables["precision"], run.model, cohort)
        if role == Role.DISCOVERY and not np.isnan(number(row["best_of_null"])):
            more = number(row["best_of_null"]) > number(row["best_of_chance"])
            start = "Cross-validation spreads more than coins: w" if more else "W"
            text += (
                f" {start}ithout signal, 19 of 20 permutations of the whole procedure stayed at or "
                f"below {percent(row['best_of_null'])}."
            )
        found.append(text)
    return found
