"""Do paired comparisons of cross-validated models and verdicts on decision curves hold their level?

    python benchmarks/simulation_paired.py              # an hour or so on 2 cores; --help

Comparisons: a trial draws two independent sets of 20 features, equally far from the classes (or
without any difference), cross-validates a linear support vector classifier (C = 0.01, balanced
class weights) on each with the same folds, and takes the decision values through what makes
comparisons.tsv. Counted are, for balanced accuracy and AUC, p <= 0.05 of the corrected resampled
t-test, and of the tests that take people as independent (`independent_...`, which the workflow does
not use there) on each person's mean decision value. In `confounds_no_signal` the second model is a
linear discriminant on three features, as the confounds alone, and the first has 100. Both go
through permuted labels, whose differences bound the standard error from below as in the workflow
(`plain_...`: without this bound).

Decision curves: a trial draws probabilities of 51 people that say nothing of their outcome. Counted
is how often the model is shown to be better than acting on everybody and on nobody at some
threshold, by the band for all thresholds together and by the limits of each threshold.

Writes two tables (TSV).
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from trials import command_line

from mri_response.core.vocabulary import HEADLINE
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.comparisons import comparison_table
from mri_response.evaluation.decision_curves import advantage_band, net_benefits
from mri_response.evaluation.paired import delong_difference, exchanged_within_people
from mri_response.evaluation.scored import Scored

SEED = 20261127  # fixed before the first run
ALPHA = 0.05
N_FEATURES, N_INFORMATIVE, N_CURVE = 20, 5, (26, 25)
N_BESIDE_CONFOUNDS, N_CONFOUNDS = 100, 3  # features of the two models
EXCHANGES = 199


class Scenario(NamedTuple):
    """People of either class, distance of the classes in the informative features, folds.

    With permutations the second model is a discriminant on `N_CONFOUNDS` features, which know
    nothing.
    """

    n_positive: int
    n_negative: int
    distance: float
    folds: int
    repeats: int
    permutations: int = 0


SCENARIOS = {
    "no_signal": Scenario(50, 50, 0.0, 5, 2),
    "equal_signal": Scenario(50, 50, 0.6, 5, 2),
    "equal_signal_25": Scenario(25, 75, 0.7, 5, 2),
    "equal_signal_20_of_60": Scenario(12, 48, 0.8, 10, 2),
    "leave_one_out": Scenario(30, 30, 0.0, 60, 1),
    "leave_one_out_25": Scenario(15, 45, 0.8, 60, 1),
    "confounds_no_signal": Scenario(52, 48, 0.0, 5, 2, 39),
}


def classifier() -> SVC:
    """The model of many features."""
    return SVC(kernel="linear", C=0.01, class_weight="balanced")


def discriminant() -> LinearDiscriminantAnalysis:
    """The model of the confounds alone, classes of equal weight."""
    return LinearDiscriminantAnalysis(priors=[0.5, 0.5])


def drawn_features(rng: np.random.Generator, labels: np.ndarray, n: int, distance: float):
    """Independent features, of which the first `N_INFORMATIVE` at most tell the classes."""
    informative = np.arange(n) < N_INFORMATIVE
    return rng.normal(size=(len(labels), n)) + distance * informative * (labels[:, None] - 0.5)


def cross_validated(
    features: dict[str, np.ndarray],
    learners: dict[str, Callable],
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
                model = learners[name]().fit(matrix[~test], labels[~test])
                decision[test] = model.decision_function(matrix[test])
            columns = {"cohort": "home", "participant_id": np.arange(n), "repeat": repeat + 1}
            columns |= {"outer_fold": fold + 1, "label": labels, "decision": decision}
            parts[name].append(pd.DataFrame(columns))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}


def null_rows(predictions: dict[str, pd.DataFrame], permutation: int) -> list[dict]:
    """The rows of null.tsv of one permutation."""
    rows = []
    for name, table in predictions.items():
        for metric, of in (("balanced_accuracy", 0.0), ("auc", None)):
            values = [
                roc_auc_score(own["label"], own["decision"] if of is None else own["decision"] > of)
                for _, own in table.groupby("repeat")
            ]
            row = {"model": name, "cohort": "home", "aggregation": HEADLINE, "metric": metric}
            rows.append(row | {"permutation": permutation, "value": np.mean(values)})
    return rows


def comparison_trial(index: int, name: str, seed: int) -> dict[str, float]:
    """What one trial of a scenario shows."""
    rng = np.random.default_rng([seed, crc32(name.encode()), index])
    scenario = SCENARIOS[name]
    labels = np.repeat([1, 0], [scenario.n_positive, scenario.n_negative])
    learners = {"first": classifier, "second": classifier}
    sizes, distances = (N_FEATURES, N_FEATURES), (scenario.distance, scenario.distance)
    if scenario.permutations:
        learners["second"], sizes = discriminant, (N_BESIDE_CONFOUNDS, N_CONFOUNDS)
        distances = (scenario.distance, 0.0)
    features = {
        model: drawn_features(rng, labels, n, distance)
        for model, n, distance in zip(learners, sizes, distances, strict=True)
    }
    people = np.arange(len(labels)) % scenario.folds
    folds = [rng.permutation(people) for _ in range(scenario.repeats)]
    predictions = cross_validated(features, learners, labels, folds)
    null = [
        row
        for m in range(scenario.permutations)
        for row in null_rows(
            cross_validated(features, learners, rng.permutation(labels), folds), m + 1
        )
    ]
    compare = partial(
        comparison_table, predictions, [("first", "second")], {"home": "discovery"},
        seed=index, min_class_size=5,
    )  # fmt: skip
    plain = compare().set_index("metric")["p_value"] <= ALPHA
    if scenario.permutations:
        shown = compare(null=pd.DataFrame(null)).set_index("metric")["p_value"] <= ALPHA
        return {
            "bac": shown["balanced_accuracy"],
            "auc": shown["auc"],
            "plain_bac": plain["balanced_accuracy"],
            "plain_auc": plain["auc"],
        }
    means = [
        own.groupby("participant_id")[["label", "decision"]].mean() for own in predictions.values()
    ]
    labels = means[0]["label"].to_numpy(int)
    people = Cohort(labels, np.ones(len(labels)), np.arange(len(labels)))
    decision = np.stack([own["decision"] for own in means])
    exchanged = exchanged_within_people(people, (decision > 0) == (labels == 1), rng, EXCHANGES)
    delong = delong_difference(people, *decision)
    return {
        "bac": plain["balanced_accuracy"],
        "auc": plain["auc"],
        "independent_bac": exchanged.p_value <= ALPHA,
        "independent_auc": delong.p_value <= ALPHA,
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
            one = partial(comparison_trial, name=name, seed=given.seed)
            rows.append(summary(name, pd.DataFrame(pool.map(one, indices, chunksize=9))))
            print(pd.DataFrame(rows[-1:]).to_string(index=False), file=sys.stderr)
    pd.DataFrame(rows).to_csv(given.out / "comparisons.tsv", sep="\t", index=False)


if __name__ == "__main__":
    main()
