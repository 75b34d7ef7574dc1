"""Do paired comparisons of cross-validated models and verdicts on decision curves hold their level?

    python benchmarks/simulation_paired.py              # an hour or so on 2 cores; --help

Comparisons: a trial draws two independent sets of 20 features, equally far from the classes (or
without any difference), cross-validates a linear support vector classifier (C = 0.01, balanced
class weights) on each with the same folds, and takes the decision values through what makes
comparisons.tsv. Counted are, for balanced accuracy and AUC, p <= 0.05 of the corrected resampled
t-test, and of the tests that take people as independent (`independent_...`, which the workflow does
not use there) on each person's mean decision value.

In the scenarios `confounds_...` the second model is a linear discriminant on three features, as the
confounds alone, and the first has 100. Both go through 99 permuted labellings, over which t tells
how much too small its standard error is, as in the workflow (`plain_...`: without this correction).
In `confounds_equal_signal` both have about the same AUC, in `confounds_more_signal` the first has
more, where rejections are to be many; `mean_auc` says what they had. In `numbers_...` both are
ridge regressions of a number, on 100 features and on three.

Decision curves: a trial draws probabilities of 51 people that say nothing of their outcome. Counted
is how often the model is shown to be better than acting on everybody and on nobody at some
threshold, by the band for all thresholds together and by the limits of each threshold.

Writes two tables (TSV).
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.svm import SVC

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from trials import command_line

from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.comparisons import comparison_table
from mri_response.evaluation.decision_curves import advantage_band, net_benefits
from mri_response.evaluation.null_folds import METRICS, NullFolds, error_inflation, fold_values
from mri_response.evaluation.numbers.comparisons import number_comparisons, permuted_predictions
from mri_response.evaluation.paired import (
    corrected_resampled_t,
    delong_difference,
    exchanged_within_people,
)
from mri_response.evaluation.scored import Scored
from mri_response.learning.decisions import Decisions
from mri_response.learning.learners.svc.solver.path_solver import PathSolver

SEED = 20261127  # fixed before the first run
ALPHA = 0.05
N_FEATURES, N_INFORMATIVE, N_CURVE = 20, 5, (26, 25)
N_BESIDE_CONFOUNDS, N_CONFOUNDS = 100, 3  # features of the two models
EXCHANGES = 199


class Scenario(NamedTuple):
    """People of either class, distance of the classes in the informative features, folds."""

    n_positive: int
    n_negative: int
    distance: float
    folds: int
    repeats: int


class BesideConfounds(NamedTuple):
    """As `Scenario`, of a model of many features and one of `N_CONFOUNDS` features."""

    n_positive: int
    n_negative: int
    distances: tuple[float, float]
    folds: int
    repeats: int
    permutations: int = 99


class Numbers(NamedTuple):
    """People, slope per informative feature of both models of a number, folds."""

    n: int
    slopes: tuple[float, float]
    folds: int
    repeats: int
    permutations: int = 99


SCENARIOS = {
    "no_signal": Scenario(50, 50, 0.0, 5, 2),
    "equal_signal": Scenario(50, 50, 0.6, 5, 2),
    "equal_signal_25": Scenario(25, 75, 0.7, 5, 2),
    "equal_signal_20_of_60": Scenario(12, 48, 0.8, 10, 2),
    "leave_one_out": Scenario(30, 30, 0.0, 60, 1),
    "leave_one_out_25": Scenario(15, 45, 0.8, 60, 1),
    "confounds_no_signal": BesideConfounds(52, 48, (0.0, 0.0), 5, 2),
    "confounds_no_signal_25": BesideConfounds(25, 75, (0.0, 0.0), 5, 2),
    "confounds_no_signal_10_by_5": BesideConfounds(52, 48, (0.0, 0.0), 10, 5),
    "confounds_equal_signal": BesideConfounds(52, 48, (0.72, 0.55), 5, 2),
    "confounds_equal_signal_10_by_5": BesideConfounds(52, 48, (0.72, 0.55), 10, 5),
    "numbers_no_signal": Numbers(100, (0.0, 0.0), 5, 2),
    "numbers_equal_signal": Numbers(100, (0.3, 0.3), 5, 2),
    "confounds_more_signal": BesideConfounds(52, 48, (1.0, 0.55), 5, 2),
}


def classifier() -> SVC:
    """The model of many features."""
    return SVC(kernel="linear", C=0.01, class_weight="balanced")


def drawn_features(rng: np.random.Generator, labels: np.ndarray, n: int, distance: float):
    """Independent features, of which the first `N_INFORMATIVE` at most tell the classes."""
    informative = np.arange(n) < N_INFORMATIVE
    return rng.normal(size=(len(labels), n)) + distance * informative * (labels[:, None] - 0.5)


def cross_validated(
    features: dict[str, np.ndarray],
    labels: np.ndarray,
    folds: list[np.ndarray],
) -> dict[str, pd.DataFrame]:
    """Predictions of both models, with the columns of predictions.tsv."""
    n = len(labels)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in features}
    for repeat, fold in enumerate(folds):
        for name, matrix in features.items():
            decision = np.empty(n)
            for test in (fold == which for which in np.unique(fold)):
                model = classifier().fit(matrix[~test], labels[~test])
                decision[test] = model.decision_function(matrix[test])
            columns = {"cohort": "home", "participant_id": np.arange(n), "repeat": repeat + 1}
            columns |= {"outer_fold": fold + 1, "label": labels, "decision": decision}
            parts[name].append(pd.DataFrame(columns))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}


def classified(rows: np.ndarray, labels: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Decision values of the other rows as of `classifier`, for all labellings at once."""
    own = rows[train]
    solver = PathSolver(own @ own.T)
    found = solver.at(2.0 * labels[train] - 1.0, np.full(labels.shape[1], 0.01))
    return rows[~train] @ (own.T @ found.beta) + found.intercept


def discriminated(rows: np.ndarray, labels: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Decision values of the other rows by a linear discriminant, classes of equal weight."""
    own, of = rows[train], labels[train].astype(float)
    sizes = of.sum(axis=0), (1 - of).sum(axis=0)
    means = (of.T @ own) / sizes[0][:, None], ((1 - of).T @ own) / sizes[1][:, None]
    spread = np.broadcast_to(own.T @ own, (of.shape[1], *[own.shape[1]] * 2)).copy()
    for size, mean in zip(sizes, means, strict=True):
        spread -= size[:, None, None] * mean[:, :, None] * mean[:, None, :]
    difference = means[0] - means[1]
    weights = np.linalg.solve(spread / len(own), difference[:, :, None])[:, :, 0]
    return rows[~train] @ weights.T - (weights * (means[0] + means[1]) / 2).sum(axis=1)


def beside_confounds_trial(index: int, name: str, seed: int) -> dict[str, float]:
    """What one trial of a scenario with a model of confounds shows."""
    rng = np.random.default_rng([seed, crc32(name.encode()), index])
    scenario = SCENARIOS[name]
    labels = np.repeat([1, 0], [scenario.n_positive, scenario.n_negative])
    n, n_folds, repeats = len(labels), scenario.folds, scenario.repeats
    features = [
        drawn_features(rng, labels, n_features, distance)
        for n_features, distance in zip(
            (N_BESIDE_CONFOUNDS, N_CONFOUNDS), scenario.distances, strict=True
        )
    ]
    permuted = [rng.permutation(labels) for _ in range(scenario.permutations)]
    labellings = np.stack([labels, *permuted])
    folds = np.stack([rng.permutation(np.arange(n) % n_folds) + 1 for _ in range(repeats)])
    decision = np.empty((2, len(labellings), repeats, n))
    for repeat, own in enumerate(folds):
        for test in (own == fold for fold in range(1, n_folds + 1)):
            for model, fit in enumerate((classified, discriminated)):
                found = fit(features[model], labellings.T, ~test)
                decision[model, :, repeat, test] = found
    folds = np.broadcast_to(folds, decision.shape[1:])
    values = [
        {m: fold_values(m, own, labellings, folds, np.ones(n)) for m in METRICS} for own in decision
    ]
    null = [
        NullFolds(labellings[1:], folds[1:], {m: own[m][1:] for m in METRICS}) for own in values
    ]
    test_share, shown = 1 / (n_folds - 1), {"mean_auc": values[0]["auc"][0].mean()}
    shown["mean_auc_confounds"] = values[1]["auc"][0].mean()
    for metric, short in zip(METRICS, ("bac", "auc"), strict=True):
        differences = values[0][metric][0] - values[1][metric][0]
        inflation = error_inflation(*null, metric, test_share)
        for which, factor in (("", inflation), ("plain_", 1.0)):
            found = corrected_resampled_t(differences, test_share, inflation=factor)
            shown[f"{which}{short}"] = found.p_value <= ALPHA
    return shown


def comparison_trial(index: int, name: str, seed: int) -> dict[str, float]:
    """What one trial of a scenario shows."""
    rng = np.random.default_rng([seed, crc32(name.encode()), index])
    scenario = SCENARIOS[name]
    labels = np.repeat([1, 0], [scenario.n_positive, scenario.n_negative])
    features = {
        model: drawn_features(rng, labels, N_FEATURES, scenario.distance)
        for model in ("first", "second")
    }
    people = np.arange(len(labels)) % scenario.folds
    folds = [rng.permutation(people) for _ in range(scenario.repeats)]
    predictions = cross_validated(features, labels, folds)
    compared = comparison_table(
        predictions, [("first", "second")], {"home": "discovery"}, seed=index, min_class_size=5
    )
    shown = compared.set_index("metric")["p_value"] <= ALPHA
    means = [
        own.groupby("participant_id")[["label", "decision"]].mean() for own in predictions.values()
    ]
    labels = means[0]["label"].to_numpy(int)
    people = Cohort(labels, np.ones(len(labels)), np.arange(len(labels)))
    decision = np.stack([own["decision"] for own in means])
    exchanged = exchanged_within_people(people, (decision > 0) == (labels == 1), rng, EXCHANGES)
    delong = delong_difference(people, *decision)
    return {
        "bac": shown["balanced_accuracy"],
        "auc": shown["auc"],
        "independent_bac": exchanged.p_value <= ALPHA,
        "independent_auc": delong.p_value <= ALPHA,
    }


def predicted_numbers(
    rows: np.ndarray, outcomes: np.ndarray, folds: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ridge predictions of all outcomes in every repeat, and the means that they began from."""
    predicted, mean = np.empty((2, len(outcomes), *folds.shape))
    for repeat, fold in enumerate(folds):
        for test in (fold == which for which in np.unique(fold)):
            centred = rows - rows[~test].mean(axis=0)
            own = centred[~test]
            hat = centred[test] @ np.linalg.solve(
                own.T @ own + penalty * np.eye(own.shape[1]), own.T
            )
            middle = outcomes[:, ~test].mean(axis=1, keepdims=True)
            mean[:, repeat, test] = middle
            predicted[:, repeat, test] = middle + (outcomes[:, ~test] - middle) @ hat.T
    return predicted, mean


def numbers_trial(index: int, name: str, seed: int) -> dict[str, float]:
    """What one trial of two models of a number shows."""
    rng = np.random.default_rng([seed, crc32(name.encode()), index])
    scenario = SCENARIOS[name]
    n, sizes = scenario.n, (N_BESIDE_CONFOUNDS, N_CONFOUNDS)
    features = [rng.normal(size=(n, size)) for size in sizes]
    outcome = rng.normal(size=n) + sum(
        slope * rows[:, :N_INFORMATIVE].sum(axis=1)
        for slope, rows in zip(scenario.slopes, features, strict=True)
    )
    outcomes = np.stack(
        [outcome, *(rng.permutation(outcome) for _ in range(scenario.permutations))]
    )
    fold = np.stack([rng.permutation(np.arange(n) % scenario.folds) + 1
                     for _ in range(scenario.repeats)])  # fmt: skip
    whole = np.broadcast_to(fold, (len(outcomes), *fold.shape))
    people = pd.DataFrame({"participant_id": [f"{i:04}" for i in range(n)]})
    tables, null = {}, {}
    for model, rows, penalty in zip(("first", "second"), features, sizes, strict=True):
        predicted, mean = predicted_numbers(rows, outcomes, fold, penalty)
        made = Decisions(predicted, whole, whole, outcomes, reduced=mean)
        null[model] = permuted_predictions(people, made)
        columns = {"cohort": "home", "participant_id": np.tile(people["participant_id"], len(fold))}
        columns |= {"repeat": np.repeat(np.arange(len(fold)) + 1, n), "outer_fold": fold.ravel()}
        columns |= {"outcome": np.tile(outcome, len(fold)), "predicted": predicted[0].ravel()}
        tables[model] = pd.DataFrame(
            columns | {"reduced": mean[0].ravel(), "mean": mean[0].ravel()}
        )
    compare = partial(number_comparisons, tables, [("first", "second")], {"home": "discovery"})
    found = {"": compare(null), "plain_": compare()}
    return {
        f"{which}{metric}": table.set_index("metric").loc[metric, "p_value"] <= ALPHA
        for which, table in found.items()
        for metric in ("r2", "mae")
    }


def curve_trial(index: int, seed: int) -> dict[str, float]:
    """Whether probabilities that say nothing are shown to be useful at some threshold."""
    rng = np.random.default_rng([seed, index])
    labels = np.repeat([1, 0], N_CURVE)
    n = len(labels)
    scored = Scored(
        labels, np.ones(n), np.arange(n), "away", "external", "frozen_model", False,
        expit(0.5 * rng.normal(size=(1, n))), {}, {},
    )  # fmt: skip
    pointwise = [row["advantage_low"] > 0 for row in net_benefits(scored)]
    return {"band": (advantage_band(scored, rng)[:, 0] > 0).any(), "pointwise": any(pointwise)}


TRIALS = {
    Scenario: comparison_trial,
    BesideConfounds: beside_confounds_trial,
    Numbers: numbers_trial,
}


def summary(name: str, trials: pd.DataFrame) -> dict[str, float | str | int]:
    """Row of a scenario."""
    return {"scenario": name, "trials": len(trials), **trials.mean().round(4).to_dict()}


def main() -> None:
    """Command line."""
    given = command_line(__doc__, SCENARIOS, trials=2000, seed=SEED)
    indices = range(given.trials)
    with ProcessPoolExecutor(given.jobs) as pool:
        curves = pd.DataFrame(pool.map(partial(curve_trial, seed=given.seed), indices, chunksize=9))
        table = pd.DataFrame([summary("no_signal", curves)])
        table.to_csv(given.out / "decision_curves.tsv", sep="\t", index=False)
        print(table.to_string(index=False), file=sys.stderr)
        rows = []
        for name in given.scenarios:
            one = partial(TRIALS[type(SCENARIOS[name])], name=name, seed=given.seed)
            rows.append(summary(name, pd.DataFrame(pool.map(one, indices, chunksize=9))))
            print(pd.DataFrame(rows[-1:]).to_string(index=False), file=sys.stderr)
    pd.DataFrame(rows).to_csv(given.out / "comparisons.tsv", sep="\t", index=False)


if __name__ == "__main__":
    main()
