"""From predicted numbers to the tables of a run: predictions, performance, null, specificity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.config.queries import fitted_model
from mri_response.evaluation.numbers.groups import grouped_by_prediction
from mri_response.evaluation.numbers.performance import (
    exchanged_outcomes,
    performance_elsewhere,
    performance_of_discovery,
)
from mri_response.evaluation.numbers.specificity import ArmRows, specificity_rows
from mri_response.features.matrices import identified
from mri_response.learning.decisions import Decisions
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.models.scores import decision_of


def number_tables(
    model: str,
    config: Mapping[str, Any],
    people: Mapping[str, pd.DataFrame],
    decisions: Decisions,
    scores: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Tables of a model or stack that predicts a number.

    Parameters
    ----------
    model : str
        Its name.
    config : mapping
        Sections seed, cohorts, outcome, models, stacks, confounds, cross_validation and permutation
        of the configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort, the discovery cohort first.
    decisions : Decisions
        Cross-validated.
    scores : pandas.DataFrame
        Predictions of the frozen model: cohort, participant_id, decision.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``predictions``, ``groups``, ``performance``, ``null`` and ``specificity``.
    """
    (discovery, home), *others = people.items()
    predictions = [cross_validated_rows(model, discovery, home, decisions)]
    parts, arms = [performance_of_discovery(model, discovery, home, decisions)], []
    given, reduced = _without_features(model, config, people)
    mean, start = float(home["label"].mean()), len(home)
    permutation = config["permutation"]
    blocks = {"group": config["cross_validation"]["group"], "within": permutation["within"]}
    for position, (name, rows) in enumerate(others, start=1):
        own = slice(start, start + len(rows))
        start = own.stop
        predicted, role = decision_of(scores, name, rows), config["cohorts"][name]["role"]
        values = {"outcome": rows["label"], "predicted": predicted, "reduced": reduced[own]}
        values["mean"] = mean
        predictions.append(identified(rows, pd.DataFrame(values)).assign(cohort=name, model=model))
        exchanged = exchanged_outcomes(
            rows,
            given[own],
            config["seed"],
            permutation["n"],
            position,
            **blocks,
        )
        base = {"model": model, "cohort": name, "role": role}
        parts.append(
            performance_elsewhere(base, rows, predicted, reduced[own], mean, exchanged=exchanged)
        )
        arms.append(ArmRows(role, rows, given[own], predicted - reduced[own]))
    performance, null = (
        pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)
    )
    groups = [
        grouped_by_prediction(
            model,
            str(rows["cohort"].iloc[0]),
            *(rows[name].to_numpy() for name in ("participant_id", "predicted", "outcome")),
        )
        for rows in predictions
    ]
    return {
        "predictions": _ordered(pd.concat(predictions, ignore_index=True)),
        "groups": pd.concat(groups, ignore_index=True),
        "performance": performance,
        "null": null,
        "specificity": specificity_rows(model, arms, config["seed"], permutation["n"], **blocks),
    }


def _without_features(
    model: str, config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]
) -> tuple[NDArray, NDArray]:
    """Baseline and confounds of all rows, and what they predict, learned in discovery."""
    home, *others = people.values()
    # The models of a stack have the same confounds.
    first = config["stacks"].get(model, [model])[0]
    coding = ConfoundCoding.of(home, fitted_model(config, first)["confounds"])
    confounds = coding.stacked(home, *others, unseen=config["confounds"]["unseen_site"])
    n = sum(map(len, people.values()))
    train = np.arange(n) < len(home)
    sets = training_sets(confounds, train[None])
    reduced = sets.design[0] @ (sets.coefficients[0][:, train] @ home["label"].to_numpy(float))
    return sets.design[0][:, 1:], reduced


def cross_validated_rows(
    model: str, cohort: str, people: pd.DataFrame, decisions: Decisions
) -> pd.DataFrame:
    """Cross-validated predictions, one row per repeat and tested row of the cohort.

    Parameters
    ----------
    model, cohort : str
        Names.
    people : pandas.DataFrame, n rows
        Analysed rows of the discovery cohort.
    decisions : Decisions
        Of these rows.

    Returns
    -------
    pandas.DataFrame
    """
    tested, own = decisions.of_tested(people)
    words = np.array([decisions.chosen(i) for i in range(len(decisions.grid))], dtype=object)
    mean, parts = decisions.training_means()[0][:, decisions.tested], []
    for repeat, fold in enumerate(tested.fold[0]):
        values = {
            "repeat": repeat + 1,
            "outer_fold": fold,
            "outcome": own["label"],
            "predicted": tested.decision[0, repeat],
            "reduced": tested.reduced[0, repeat],
            "mean": mean[repeat],
            "hyperparameters": words[tested.candidate[0, repeat]],
        }
        parts.append(identified(own, pd.DataFrame(values)).assign(cohort=cohort, model=model))
    return pd.concat(parts, ignore_index=True)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    first = [
        *("model", "cohort", "participant_id", "session_id", "repeat", "outer_fold", "outcome"),
        *("predicted", "reduced", "mean", "hyperparameters"),
    ]
    table = table[[column for column in first if column in table]]
    return table.astype({"repeat": "Int64", "outer_fold": "Int64"})
