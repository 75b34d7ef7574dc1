"""From decision values to the tables of one model: predictions, performance, null, warnings."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.evaluation.performance import (
    FrozenScores,
    aggregations_of,
    decision_of,
    discovery_performance,
    frozen_performance,
)
from mri_response.features.extract import identified
from mri_response.learning.decision_rules import (
    DecisionRules,
    fold_rules,
    probabilities,
    rule_warnings,
    rules_table,
)
from mri_response.learning.estimators import EstimatorOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.procedure import ModelOptions, Resampled, collected
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


def model_tables(
    model: str,
    config: dict,
    people: dict[str, pd.DataFrame],
    jobs: Sequence[dict[str, np.ndarray]],
    refits: Sequence[dict[str, np.ndarray]],
    scores: pd.DataFrame,
    description: dict,
) -> dict[str, pd.DataFrame]:
    """Tables of one model from the results of its jobs.

    Parameters
    ----------
    model : str
    config : dict
        Sections seed, cross_validation, permutation, confounds, external, cohorts,
        operating_points and min_class_size of the configuration, and the model's own as `model`.
    people : dict of str to pandas.DataFrame
        Analysed rows by cohort, the discovery cohort first.
    jobs, refits : sequence of dict
        Results of `mri_response.learning.procedure.cross_validate`.
    scores : pandas.DataFrame
        Decision values of the frozen model: cohort, participant_id, decision.
    description : dict
        Of the frozen model, see `mri_response.models.frozen.describe`.

    Returns
    -------
    dict of str to pandas.DataFrame
        predictions, performance, null, decision_rules and warnings.
    """
    discovery, *others = people
    grid = grid_texts(config["model"])
    cv = config["cross_validation"]
    held_out = cv["outer"] == "held_out"
    resampled = collected(jobs, cv["repeats"], held_out=held_out)
    n_permutations = len(resampled.decision) - 1
    exchangeability = Exchangeability.from_config(people[discovery], config)
    labels = exchangeability.labellings(config["seed"], range(1 + n_permutations)).T
    tested, resampled = resampled.tested, resampled.of(resampled.tested)
    predicted = people[discovery][tested].reset_index(drop=True)
    performance, null = discovery_performance(
        model,
        discovery,
        predicted,
        resampled.decision,
        resampled.fold,
        labels[:, tested],
        seed=config["seed"],
        min_class_size=config["min_class_size"],
        null_name=exchangeability.null,
        aggregations=aggregations_of(cv["outer"]),
        independent=held_out,
    )
    weights, _ = person_weights(people[discovery]["participant_id"])
    rules = fold_rules(jobs, labels[0], weights, config["operating_points"])
    frozen_rules = DecisionRules.from_description(description["decision_rules"])
    probability = probabilities(rules, resampled.decision[0], resampled.fold[0])
    predictions = [
        cross_validated_predictions(predicted, resampled, grid, model, discovery, probability)
    ]
    performances, nulls = [performance], [null]
    if others:
        frozen = _frozen_scores(config, people, refits, scores)
        performance, null = frozen_performance(
            model,
            frozen,
            seed=config["seed"],
            n_permutations=n_permutations,
            min_class_size=config["min_class_size"],
            within=config["permutation"]["within"],
            group=config["cross_validation"]["group"],
        )
        performances.append(performance)
        nulls.append(null)
        refitted = config["external"]["model"] == "refit"
        chosen = grid[int(refits[0]["candidate"][0, 0])] if refitted else None
        predictions += [
            frozen_predictions(
                cohort.people,
                cohort.decision,
                chosen,
                model,
                cohort.cohort,
                frozen_rules.platt.probability(cohort.decision),
            )
            for cohort in frozen
        ]
    warnings = _warnings(config["model"], [*jobs, *refits], model)
    warnings += rule_warnings(rules, frozen_rules, model)
    return {
        "predictions": pd.concat(predictions, ignore_index=True),
        "performance": pd.concat(performances, ignore_index=True),
        "null": pd.concat(nulls, ignore_index=True),
        "decision_rules": rules_table(model, rules, frozen_rules),
        "warnings": pd.DataFrame({"model": model, "warning": warnings}),
    }


def _frozen_scores(
    config: dict,
    people: dict[str, pd.DataFrame],
    refits: Sequence[dict[str, np.ndarray]],
    scores: pd.DataFrame,
) -> list[FrozenScores]:
    """Decision values of each other cohort, and those under permuted discovery labels."""
    discovery, *others = people
    permuted = None
    # The refits under permuted labels say nothing about an ensemble.
    if config["external"]["model"] == "refit" and max(job["permutation"][-1] for job in refits):
        order = np.argsort(np.concatenate([job["permutation"] for job in refits]))
        decision = np.concatenate([job["decision"][:, 0] for job in refits])
        permuted = decision[order][1:, len(people[discovery]) :]
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
                None if permuted is None else permuted[:, rows],
            )
        )
    return frozen


def grid_texts(model: dict) -> list[str | None]:
    """Every candidate of a model's grid in words, as in ``C=0.5`` or ``C=0.1; l1_ratio=0.5``.

    Parameters
    ----------
    model : dict
        The model's section of the configuration.

    Returns
    -------
    list of str or None
        None where nothing was to be chosen.
    """
    if "estimator" not in model:
        return [f"C={C!r}" for C in ModelOptions.from_config(model).C]
    return [
        "; ".join(f"{name}={json.dumps(value)}" for name, value in candidate.items()) or None
        for candidate in EstimatorOptions.from_config(model).candidates
    ]


def cross_validated_predictions(
    people: pd.DataFrame,
    resampled: Resampled,
    grid: Sequence[str | None],
    model: str,
    cohort: str,
    probability: np.ndarray | None = None,
) -> pd.DataFrame:
    """Predictions of the discovery cohort, one row a repeat and row of the cohort.

    Parameters
    ----------
    people : pandas.DataFrame
    resampled : Resampled
        Labelling 0 is used.
    grid : sequence of str or None
        The candidates in words.
    model, cohort : str
    probability : numpy.ndarray, shape (repeats, n), optional
        Of the positive class; missing for baselines.

    Returns
    -------
    pandas.DataFrame
        As in `predictions.tsv`.
    """
    observed = resampled.decision[0]
    probability = np.full(observed.shape, np.nan) if probability is None else probability
    parts = [
        _predictions(people, decision, model, cohort).assign(
            repeat=repeat,
            outer_fold=fold,
            probability=likely,
            hyperparameters=np.asarray(grid, dtype=object)[candidate],
        )
        for repeat, (decision, fold, candidate, likely) in enumerate(
            zip(observed, resampled.fold[0], resampled.candidate[0], probability, strict=True),
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
    """Predictions of a frozen model in a cohort; repeat and outer fold do not apply."""
    part = _predictions(people, decision, model, cohort).assign(probability=probability)
    return _ordered(part.assign(repeat=np.nan, outer_fold=np.nan, hyperparameters=chosen))


def _warnings(options: dict, jobs: Sequence[dict[str, np.ndarray]], model: str) -> list[str]:
    """What a reader must know of how a model was fitted."""
    if "estimator" in options:
        fits, failed = (sum(int(job[name]) for job in jobs) for name in ("fits", "unconverged"))
        if not failed:
            return []
        return [
            f"{model}: {failed:,} of {fits:,} fits of {options['estimator']} warned that they did "
            "not converge; the logs say how. More iterations or a narrower grid may help."
        ]
    observed = [job for job in jobs if "plateau" in job]
    return grid_warnings(
        np.concatenate([job["candidate"][0] for job in observed]),
        np.concatenate([job["plateau"] for job in observed]),
        len(grid_texts(options)),
        model,
    )


def grid_warnings(candidate: np.ndarray, plateau: np.ndarray, n_grid: int, model: str) -> list[str]:
    """Warn where C was chosen at an edge of its grid, unless the edge is a plateau.

    Parameters
    ----------
    candidate : numpy.ndarray of int, shape (S,)
        Choices of the outer models and of the refit, observed labels.
    plateau : numpy.ndarray of bool, shape (S,)
        Every dual variable at its bound: smaller values of C give the same predictions.
    n_grid : int
    model : str

    Returns
    -------
    list of str
    """
    if n_grid == 1:
        return []
    warnings = []
    for edge, at in (
        ("largest", candidate == n_grid - 1),
        ("smallest", (candidate == 0) & ~plateau),
    ):
        if at.any():
            side = "log2_max" if edge == "largest" else "log2_min"
            warnings.append(
                f"{model}: {at.sum()} of {len(at)} models chose the {edge} C of the grid; widen it "
                f"(C.{side}) to see whether a better one lies beyond."
            )
    return warnings


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
