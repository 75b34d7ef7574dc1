"""Performance of an applied model in the people who have labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.tables import ID_COLUMNS
from mri_response.evaluation.frozen_performance import FrozenScores, frozen_performance
from mri_response.evaluation.numbers.metrics import TOTALS
from mri_response.evaluation.numbers.performance import performance_elsewhere
from mri_response.evaluation.performance_rows import PERFORMANCE_COLUMNS
from mri_response.people.later_labels import later_labels


def applied_performance(
    config: Mapping[str, Any], text: Mapping[str, Any], scores: pd.DataFrame
) -> pd.DataFrame:
    """Performance with intervals and permutation tests in every cohort that has labels.

    Parameters
    ----------
    config : mapping
        The completed configuration of a run that applies a model.
    text : mapping
        Of the model's folder.
    scores : pandas.DataFrame
        As `mri_response.application.scoring.apply_model` returns them.

    Returns
    -------
    pandas.DataFrame
        Columns of ``performance.tsv``; of numbers those of ``numbers_performance.tsv`` without what
        is gained over baseline and confounds. No row where nobody has a label.
    """
    given = []
    for cohort, section in config["cohorts"].items():
        labels = later_labels(config, cohort)
        if labels is None or labels.empty:
            continue
        own = scores[scores["cohort"] == cohort]
        keys = [key for key in ID_COLUMNS if key in labels and key in own]
        people = own.merge(labels, on=keys, how="inner", validate="one_to_one")
        if len(people):
            decision = people["decision"].to_numpy(float)
            given.append(FrozenScores(cohort, section["role"], people, decision))
    if not given:
        return pd.DataFrame(columns=PERFORMANCE_COLUMNS)
    if text["predicts_number"]:
        return pd.concat([_of_numbers(text, one) for one in given], ignore_index=True)
    permutation = config["permutation"]
    performance, _ = frozen_performance(
        text["name"],
        given,
        seed=config["seed"],
        n_permutations=permutation["n"],
        min_class_size=config["min_class_size"],
    )
    return performance


def _of_numbers(text: Mapping[str, Any], scores: FrozenScores) -> pd.DataFrame:
    mean = text["training"]["mean_label"]
    base = {"model": text["name"], "cohort": scores.cohort, "role": scores.role}
    alone = np.full(len(scores.people), mean)
    nobody = np.empty((0, len(scores.people)))
    table, _ = performance_elsewhere(
        base, scores.people, scores.decision, alone, mean, exchanged=nobody
    )
    return table[table["metric"].isin(TOTALS)]
