"""Where the outcome is a number: does the test of the gain hold its level, do intervals cover?

    python benchmarks/simulation_numbers.py            # --help

A trial draws a discovery cohort of 99 people and an external one of 51 with a baseline score, age,
60 regions and a fall of the score that follows the baseline (people who were ill by chance fall
most) and age. Regions follow baseline and age too. In `null` they say nothing more of the fall, in
`signal` they do. The trial goes through what the workflow runs: nested cross-validation of the
ridge regression beside baseline and age, observed and under permuted residuals (Freedman and Lane),
refit, frozen model, numbers_performance.tsv. Counted over trials:

- p <= 0.05 of the gain in R2 and in mean absolute error, in either cohort;
- coverage of the interval of the gain, each time measured on 20,000 fresh people: of the mean gain,
  over all trials, of the procedure fitted to 99 people (`covers`; in the external cohort of the
  gain of that trial's own frozen model), of the mean estimate, since the models of the folds learn
  from fewer people (`covers_expected`), and of the gain of the trial's own model (`covers_own`);
  `naive_covers` is that of errors over people alone.

Writes the rows of all trials and a table (TSV).
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from trials import command_line, done_trials

from mri_response.core.vocabulary import Role
from mri_response.evaluation.numbers.metrics import GAINS, METRICS, Predicted, estimates
from mri_response.evaluation.numbers.performance import (
    cross_validated_numbers,
    exchanged_outcomes,
    interval,
    performance_elsewhere,
    performance_of_discovery,
)
from mri_response.learning.decisions import joined
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.ridge.cross_validation import cross_validate
from mri_response.learning.learners.ridge.options import RidgeOptions
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.splits import Scheme, draw_folds

SEED = 20260119  # fixed before the first run
P, INFORMATIVE = 60, 6
N, N_OTHERS, N_FRESH = 99, 51, 20_000
SCHEME = Scheme(repeats=1, outer_folds=10, inner_repeats=1, inner_folds=5)
OPTIONS = RidgeOptions(tuple(2.0**power for power in range(12, -7, -2)))
#: Slope of the fall on each informative region, in points of the score for a standard deviation.
SCENARIOS = {"null": 0.0, "signal": 2.5}
ALPHA = 0.05


class Drawn(NamedTuple):
    """People with their outcome (`label`); baseline and age, shape (n, 2); features, (n, P)."""

    people: pd.DataFrame
    given: np.ndarray
    features: np.ndarray


# ---------------------------------------------------------------- one trial
@lru_cache
def _loadings() -> np.ndarray:
    """How regions follow the scores before treatment and age; the same in all trials."""
    return 0.4 * np.random.default_rng([SEED, 1]).normal(size=(2, P))


def draw(rng: np.random.Generator, n: int, slope: float) -> Drawn:
    """People of the population."""
    baseline, age = rng.normal(size=(2, n))
    noise = rng.normal(size=(n, P))
    features = noise + np.column_stack([baseline, age]) @ _loadings()
    end = 0.5 * baseline - 0.3 * age
    fall = 6 * (baseline - end) + slope * noise[:, :INFORMATIVE].sum(axis=1)
    people = pd.DataFrame({"participant_id": [f"sub-{i:05d}" for i in range(n)]})
    outcome = 12 + fall + 6 * rng.normal(size=n)
    return Drawn(people.assign(label=outcome), np.column_stack([baseline, age]), features)


@lru_cache
def _fresh(slope: float) -> Drawn:
    return draw(np.random.default_rng([SEED, 2]), N_FRESH, slope)


class Refitted:
    """The model of all discovery people, in plain least squares from the refit's dual variables."""

    def __init__(self, people: Drawn, beta: np.ndarray) -> None:
        design = self._design(people.given)
        self.of_outcome = np.linalg.lstsq(design, people.people["label"].to_numpy(), rcond=None)[0]
        self.of_features = np.linalg.lstsq(design, people.features, rcond=None)[0]
        residual = people.features - design @ self.of_features
        self.weights = (residual / residual.var(axis=0)).T @ beta
        self.mean = float(people.people["label"].mean())

    @staticmethod
    def _design(given: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(len(given)), given])

    def predict(self, people: Drawn) -> tuple[np.ndarray, np.ndarray]:
        """Predictions with the features, and from baseline and age alone."""
        design = self._design(people.given)
        reduced = design @ self.of_outcome
        return reduced + (people.features - design @ self.of_features) @ self.weights, reduced


def trial(index: int, scenario: str, n_permutations: int) -> list[dict]:
    """Estimates, intervals, p-values and truths of one trial, from its number alone."""
    slope = SCENARIOS[scenario]
    rng = np.random.default_rng([SEED, crc32(scenario.encode()), index])
    home, elsewhere = (draw(rng, n, slope) for n in (N, N_OTHERS))
    design = Design(ExchangedResiduals(home.people, home.given), index)
    sample = Sample(home.features, home.given, np.ones(N))
    ids, outcome = home.people["participant_id"], home.people["label"].to_numpy()
    *outer, refit = draw_folds(ids, outcome, SCHEME, index)
    blocks = [range(1), range(1, 1 + n_permutations)]
    job = cross_validate(sample, FixedFolds(outer), design, blocks, OPTIONS)
    decisions = joined([job], SCHEME.repeats, 1 + n_permutations)
    discovery, _ = performance_of_discovery("model", "discovery", home.people, decisions)
    given = cross_validated_numbers(home.people, decisions).of(slice(1))
    refitted = cross_validate(sample, FixedFolds([refit]), design, [range(1)], OPTIONS)
    model = Refitted(home, refitted.beta[0])
    base = {"model": "model", "cohort": "external", "role": Role.EXTERNAL}
    exchanged = exchanged_outcomes(
        *(elsewhere.people, elsewhere.given, index, n_permutations, 1), group=None, within=None
    )
    external, _ = performance_elsewhere(
        base, elsewhere.people, *model.predict(elsewhere), model.mean, exchanged=exchanged
    )
    truth = figures(model, _fresh(slope))
    rows = []
    for table in (discovery, external):
        for row in table.to_dict("records"):
            metric = row["metric"]
            kept = {key: row[key] for key in ("cohort", "metric", "estimate", "p_value")}
            kept |= {"ci_low": row["ci_low"], "ci_high": row["ci_high"], "truth": truth[metric]}
            if row["cohort"] == "discovery":
                found = estimates(metric, given)
                low, high = interval(metric, float(found.value[0]), float(found.error[0]), N)
                kept |= {"naive_low": low, "naive_high": high}
            rows.append({"trial": index, **kept})
    return rows


def figures(model: Refitted, people: Drawn) -> dict[str, float]:
    """Gains and totals of a model in many fresh people."""
    outcome = people.people["label"].to_numpy()
    predicted, reduced = model.predict(people)
    shape = (1, 1, len(outcome))
    given = Predicted(
        outcome[None],
        predicted.reshape(shape),
        reduced.reshape(shape),
        np.full(shape, model.mean),
        np.ones(len(outcome)),
        np.arange(len(outcome)),
    )
    return {metric: float(estimates(metric, given).value[0]) for metric in METRICS}


# ---------------------------------------------------------------- table
def summary(scenario: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Shares of p <= 0.05 and of intervals that cover, by cohort and metric."""
    table = []
    for (cohort, metric), own in rows.groupby(["cohort", "metric"], sort=False):
        truth = own["truth"].mean() if cohort == "discovery" else own["truth"]
        found = {
            "scenario": scenario,
            "cohort": cohort,
            "metric": metric,
            "trials": len(own),
            "rejected": (own["p_value"] <= ALPHA + 1e-9).mean() if metric in GAINS else np.nan,
            "truth": own["truth"].mean(),
            "mean_estimate": own["estimate"].mean(),
            "covers": _covers(own, truth),
            "covers_own": _covers(own, own["truth"]),
        }
        if cohort == "discovery":
            # The expectation of the cross-validation, whose models learn from fewer people.
            found["covers_expected"] = _covers(own, own["estimate"].mean())
            found["naive_covers"] = _covers(own, truth, "naive")
        table.append(found)
    return pd.DataFrame(table)


def _covers(rows: pd.DataFrame, value: float | pd.Series, kind: str = "ci") -> float:
    """Share of intervals with a value inside."""
    return float(((rows[f"{kind}_low"] <= value) & (value <= rows[f"{kind}_high"])).mean())


def main() -> None:
    given = command_line(__doc__, SCENARIOS, trials=1000, permutations=99)
    tables = []
    for scenario in given.scenarios:
        one = partial(trial, scenario=scenario, n_permutations=given.permutations)
        found = done_trials(one, scenario, given)
        rows = pd.DataFrame([row for rows in found for row in rows])
        rows.to_csv(given.out / f"numbers_{scenario}.tsv", sep="\t", index=False)
        tables.append(summary(scenario, rows))
    table = pd.concat(tables, ignore_index=True)
    table.to_csv(given.out / "numbers.tsv", sep="\t", index=False)
    print(table.to_string(index=False, float_format="%.3f"))


if __name__ == "__main__":
    main()
