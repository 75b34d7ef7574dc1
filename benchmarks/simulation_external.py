"""Do figures and comparisons of several external cohorts together hold what they promise?

    python benchmarks/simulation_external.py         # some minutes on 2 cores; --help

A trial draws normal scores of two models in two external cohorts that neither has learned from, of
26 and 25 people, with the shares of responders and the shift of scenario and model, and takes them
through what makes performance.tsv and comparisons.tsv. Counted are, within cohorts (what the
workflow reads) and across all people (what it does not), for balanced accuracy and AUC,

- `above`: how often the first model's 95 % interval lies above chance (nominal 2.5 % where it is at
  chance);
- `covered`: how often the interval covers the expected value;
- `differs`: how often the two models, equally good within every cohort, differ with p <= 0.05.

Writes one table (TSV).
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
from scipy.stats import norm

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from trials import command_line

from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.frozen_performance import frozen_estimates, within_estimates
from mri_response.evaluation.paired import delong_difference, exchanged_within_people

SEED = 20261126  # fixed before the first run
ALPHA = 0.05
EXCHANGES = 199
METRICS = {"balanced_accuracy": "bac", "auc": "auc"}


class Scenario(NamedTuple):
    """People of either class in both cohorts, and what the first model does with them.

    The classes lie `distance` standard deviations apart in both models; the first model's scores
    lie half of `shift` higher in the first cohort and half of it lower in the second.
    """

    positive: tuple[int, int]
    negative: tuple[int, int]
    shift: float = 0.0
    distance: float = 0.0


SCENARIOS = {
    "alike": Scenario((13, 13), (13, 12)),
    "shifted_by_1": Scenario((18, 8), (8, 17), shift=1.0),
    "shifted_by_1.5": Scenario((20, 6), (6, 19), shift=1.5),
    "signal": Scenario((13, 13), (13, 12), distance=0.8),
    "signal_shifted": Scenario((18, 8), (8, 17), shift=1.0, distance=0.8),
}


def draw(rng: np.random.Generator, scenario: Scenario) -> tuple[Cohort, np.ndarray]:
    """People of both cohorts and the scores of both models, shape (2, n)."""
    sizes = list(zip(scenario.positive, scenario.negative, strict=True))
    labels = np.concatenate([np.repeat([1, 0], size) for size in sizes])
    stratum = np.repeat(["a", "b"], [sum(size) for size in sizes])
    n = len(labels)
    scores = rng.normal(size=(2, n)) + scenario.distance * (labels - 0.5)
    scores[0] += scenario.shift * np.where(stratum == "a", 0.5, -0.5)
    return Cohort(labels, np.ones(n), np.arange(n), stratum=stratum), scores


def truth(scenario: Scenario) -> dict[str, float]:
    """Expected value of the first model's figures within cohorts."""
    half, moved = scenario.distance / 2, np.array([0.5, -0.5]) * scenario.shift
    pairs = np.array(scenario.positive) * np.array(scenario.negative)
    recalls = norm.cdf(half + moved) + norm.cdf(half - moved)
    accuracy = float(np.average(recalls / 2, weights=pairs))
    return {"balanced_accuracy": accuracy, "auc": float(norm.cdf(scenario.distance / np.sqrt(2)))}


def trial(index: int, name: str, seed: int) -> dict[str, float]:
    """What one trial of a scenario shows."""
    scenario = SCENARIOS[name]
    rng = np.random.default_rng([seed, crc32(name.encode()), index])
    cohort, scores = draw(rng, scenario)
    whole = Cohort(cohort.labels, cohort.weights, cohort.person)
    expected, found = truth(scenario), {}
    for way, people, compute in (
        ("within", cohort, within_estimates),
        ("across", whole, frozen_estimates),
    ):
        estimates = compute(scores[0], people)
        differences = {
            "balanced_accuracy": exchanged_within_people(
                people, (scores > 0) == (cohort.labels == 1), rng, EXCHANGES
            ),
            "auc": delong_difference(people, *scores),
        }
        for metric, short in METRICS.items():
            estimate, low, high, _ = estimates[metric]
            key = f"{way}_{short}"
            found[key] = estimate
            found[f"{key}_above"] = low > 0.5
            found[f"{key}_covered"] = low <= expected[metric] <= high
            found[f"{key}_differs"] = differences[metric].p_value <= ALPHA
    return found


def summary(name: str, trials: pd.DataFrame) -> dict[str, float | str | int]:
    """Row of a scenario."""
    return {"scenario": name, "trials": len(trials), **trials.mean().round(4).to_dict()}


def run(trials: int, seed: int, jobs: int, scenarios: list[str]) -> pd.DataFrame:
    """Table of the scenarios, the same whatever the number of jobs."""
    rows = []
    with ProcessPoolExecutor(jobs) as pool:
        for name in scenarios:
            done = pool.map(partial(trial, name=name, seed=seed), range(trials), chunksize=20)
            rows.append(summary(name, pd.DataFrame(done)))
            print(pd.DataFrame(rows[-1:]).T.to_string(header=False), file=sys.stderr)
    return pd.DataFrame(rows)


def main() -> None:
    """Command line."""
    given = command_line(__doc__, SCENARIOS, trials=2000, seed=SEED)
    table = run(given.trials, given.seed, given.jobs, given.scenarios)
    table.to_csv(given.out / "external.tsv", sep="\t", index=False)


if __name__ == "__main__":
    main()
