"""From decision values to tables: predictions, performance, null, decision rules, warnings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mri_response.config.queries import CONFOUNDS_ONLY, MAJORITY_CLASS, QUALITY_ONLY
from mri_response.evaluation.baselines import confound_warnings, quality_warnings
from mri_response.evaluation.frozen_performance import (
    FrozenScores,
    Tables,
    disagreement_warnings,
    frozen_performance,
)
from mri_response.evaluation.performance import discovery_performance
from mri_response.features.matrices import identified
from mri_response.learning.decision_rules import (
    DecisionRules,
    fold_rules,
    probabilities,
    rule_warnings,
    rules_table,
)
from mri_response.learning.decisions import Decisions
from mri_response.models.scores import decision_of
from mri_response.people.rows import person_weights

COLUMNS = [
    "model",
    "cohort",
    "participant_id",
    "session_id",
    "repeat",
    "outer_fold",
    "label",
    "decision",
    "predicted",
    "probability",
    "hyperparameters",
]


def tables_of(
    name: str,
    config: dict,
    people: Mapping[str, pd.DataFrame],
    decisions: Decisions,
    scores: pd.DataFrame,
    frozen_rules: DecisionRules | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables of a model, baseline or stack from its decision values.

    Parameters
    ----------
    name : str
        Name of the model, baseline or stack.
    config : dict
        Sections seed, cross_validation, permutation, cohorts, operating_points and min_class_size
        of the configuration. Of the confounds-only baseline also `confound_columns`.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort, the discovery cohort first.
    decisions : Decisions
        Cross-validated, and of the refits to permuted labels.
    scores : pandas.DataFrame
        Decision values of the frozen model: cohort, participant_id, decision.
    frozen_rules : DecisionRules, optional
        What the frozen model learned of probabilities and thresholds.

    Returns
    -------
    dict of str to pandas.DataFrame
        predictions, performance, null, decision_rules and warnings. Without permutations there is
        no permutation test in the discovery cohort; without rules there are no probabilities.
    """
    discovery, *others = people
    weights, _ = person_weights(people[discovery]["participant_id"])
    rules = fold_rules(decisions, weights, config["operating_points"])
    tested, predicted = decisions.of_tested(people[discovery])
    parts = [
        discovery_performance(
            name,
            discovery,
            predicted,
            tested,
            seed=config["seed"],
            min_class_size=config["min_class_size"],
            outer=config["cross_validation"]["outer"],
        )
    ]
    probability = probabilities(rules, tested.decision[0], tested.fold[0]) if rules else None
    predictions = [cross_validated_predictions(predicted, tested, name, discovery, probability)]
    warnings = list(decisions.warnings)
    if others:
        frozen = _frozen_scores(config, people, decisions, scores)
        tables = _frozen_tables(name, config, frozen)
        parts.append(tables)
        warnings += disagreement_warnings(tables[0])
        chosen = decisions.chosen(decisions.frozen_candidate)
        for own in frozen:
            likely = frozen_rules.platt.probability(own.decision) if frozen_rules else np.nan
            given = own.people, own.decision, chosen, name, own.cohort, likely
            predictions.append(frozen_predictions(*given))
    performance, null = (
        pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)
    )
    if name == CONFOUNDS_ONLY:
        warnings += confound_warnings(performance, config["confound_columns"])
    if name == QUALITY_ONLY:
        warnings += quality_warnings(performance, config["confound_columns"])
    if frozen_rules:
        warnings += rule_warnings(rules, frozen_rules, name)
    return {
        "predictions": pd.concat(predictions, ignore_index=True),
        "performance": performance,
        "null": null,
        "decision_rules": rules_table(name, rules, frozen_rules),
        "warnings": pd.DataFrame({"model": name, "warning": warnings}),
    }


def _frozen_tables(name: str, config: dict, frozen: list[FrozenScores]) -> Tables:
    """Performance and null of the frozen model in all other cohorts."""
    return frozen_performance(
        name,
        frozen,
        seed=config["seed"],
        # The majority class cannot tell anybody apart.
        n_permutations=0 if name == MAJORITY_CLASS else config["permutation"]["n"],
        min_class_size=config["min_class_size"],
        within=config["permutation"]["within"],
        group=config["cross_validation"]["group"],
    )


def _frozen_scores(
    config: dict,
    people: Mapping[str, pd.DataFrame],
    decisions: Decisions,
    scores: pd.DataFrame,
) -> list[FrozenScores]:
    """Decision values of each other cohort, and those under permuted discovery labels."""
    _, *others = people
    frozen, start = [], 0
    for name in others:
        rows = slice(start, start + len(people[name]))
        start = rows.stop
        frozen.append(
            FrozenScores(
                name,
                config["cohorts"][name]["role"],
                people[name],
                decision_of(scores, name, people[name]),
                decisions.null_others[:, rows] if len(decisions.null_others) else None,
            )
        )
    return frozen


def cross_validated_predictions(
    people: pd.DataFrame,
    decisions: Decisions,
    model: str,
    cohort: str,
    probability: np.ndarray | None = None,
) -> pd.DataFrame:
    """Predictions of the discovery cohort, one row per repeat and row of the cohort.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        Of the cohort, those who were tested.
    decisions : Decisions
        Of these rows; the first labelling is used.
    model, cohort : str
        Names.
    probability : numpy.ndarray, shape (repeats, n), optional
        Of the positive class; missing for baselines.

    Returns
    -------
    pandas.DataFrame
        As in `predictions.tsv`.
    """
    observed = decisions.decision[0]
    words = np.array([decisions.chosen(i) for i in range(len(decisions.grid))], dtype=object)
    probability = np.full(observed.shape, np.nan) if probability is None else probability
    parts = [
        _predictions(people, decision, model, cohort).assign(
            repeat=repeat,
            outer_fold=fold,
            probability=likely,
            hyperparameters=words[candidate],
        )
        for repeat, (decision, fold, candidate, likely) in enumerate(
            zip(observed, decisions.fold[0], decisions.candidate[0], probability, strict=True),
            start=1,
        )
    ]
    return _ordered(pd.concat(parts, ignore_index=True))


def frozen_predictions(
    people: pd.DataFrame,
    decision: np.ndarray,
    chosen: str | None,
    model: str,
    cohort: str,
    probability: np.ndarray | float = np.nan,
) -> pd.DataFrame:
    """Predictions of a frozen model in a cohort; repeat and outer fold do not apply.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        Analysed rows of the cohort.
    decision : numpy.ndarray, shape (n,)
        Decision value of each row.
    chosen : str or None
        Candidate that the refit chose, in words.
    model, cohort : str
        Names of the model and of the cohort.
    probability : numpy.ndarray, shape (n,), or float
        Probability of the positive class; NaN where the model has none.

    Returns
    -------
    pandas.DataFrame
        As in `predictions.tsv`.
    """
    part = _predictions(people, decision, model, cohort).assign(probability=probability)
    return _ordered(part.assign(repeat=np.nan, outer_fold=np.nan, hyperparameters=chosen))


def _predictions(
    people: pd.DataFrame, decision: np.ndarray, model: str, cohort: str
) -> pd.DataFrame:
    values = pd.DataFrame(
        {
            "label": people["label"].to_numpy(),
            "decision": decision,
            "predicted": (decision > 0).astype(int),
        }
    )
    return identified(people, values).assign(model=model, cohort=cohort)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    table = table[[column for column in COLUMNS if column in table]]
    return table.astype({"repeat": "Int64", "outer_fold": "Int64"})
