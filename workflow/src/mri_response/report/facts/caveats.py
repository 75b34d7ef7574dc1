"""What a reader must keep in mind of a run."""

from __future__ import annotations

import numpy as np

from mri_response.core.vocabulary import EXTERNAL_POOLED, Aggregation, Role
from mri_response.evaluation.chance import best_of_chance
from mri_response.preflight.checks import FEW_PEOPLE
from mri_response.report.lookup import is_computed, null_values
from mri_response.report.numbers import percent
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
    config, performance, names = run.config, run.performance, run.names
    model = run.model
    found = []
    for cohort in run.cohorts:
        n, n_positive = run.counts(cohort)
        title = names.titles[cohort]
        if names.roles[cohort] == Role.DISCOVERY and n < FEW_PEOPLE:
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
        if cohort == EXTERNAL_POOLED:
            continue
        text = coins(run, cohort)
        if names.roles[cohort] == "discovery":
            null = null_values(run.null, model, cohort, Aggregation.MEAN_OVER_REPEATS)
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


def coins(run: Run, cohort: str) -> str:
    n, n_positive = run.counts(cohort)
    best = best_of_chance(n_positive, n - n_positive)
    return (
        f"Best of chance in {run.names.titles[cohort]}: tossing a coin for each of its {n} "
        f"people gives a balanced accuracy of up to {percent(best)} in 19 of 20 trials."
    )
