"""Do the intervals of the report cover the truth as often as they say?

    python benchmarks/simulation_coverage.py            # --help

A trial draws a discovery cohort of 99 people, an external one of 51 and a control one of 49, by
region, without signal (`null`) or with a planted difference (`planted`, 5 outer folds as in `null`;
`planted_ten_folds`), and takes them through what the workflow runs: nested cross-validation with
permuted labels, refit, frozen model, performance.tsv. What each interval is meant to cover:

- discovery: the mean performance, over all trials of the scenario, of the procedure fitted to 99
  people, each time measured on 20,000 fresh people;
- external and control: the performance of that trial's frozen model in that population, measured
  on 20,000 fresh people of it.

Writes the rows of all trials and a table of coverage (TSV and Markdown).
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.stats import binom

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from trials import command_line, done_trials

from mri_response.evaluation.frozen_performance import FrozenScores, frozen_performance
from mri_response.evaluation.metrics import METRICS, auc
from mri_response.evaluation.performance import discovery_performance
from mri_response.learning.decisions import joined
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.jobs import JobResult
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.recalls import balanced_accuracy, confusion
from mri_response.learning.splits import Fold, Scheme, draw_folds
from mri_response.models.fitted import fitted_models
from mri_response.models.linear import FrozenLinear, freeze_linear
from mri_response.people.rows import person_weights

SEED = 20260117  # fixed before the first run
P = 60  # regions
PLANTED = {"up": slice(0, 6), "down": slice(6, 12)}
FACTORS = 10  # what regions share
SIZES = {"discovery": 99, "external": 51, "control": 49}
PREVALENCE = {"discovery": 0.525, "external": 0.5, "control": 0.3}
MIN_CLASS = 8  # a draw with fewer in either class is drawn again
N_FRESH = 20_000
FIVE_FOLDS = Scheme(repeats=2, outer_folds=5, inner_repeats=1, inner_folds=5)
TEN_FOLDS = Scheme(repeats=1, outer_folds=10, inner_repeats=1, inner_folds=5)
#: Difference in the planted regions in standard deviations, and the folds of the search.
SCENARIOS = {
    "null": (0.0, FIVE_FOLDS),
    "planted": (0.65, FIVE_FOLDS),
    "planted_ten_folds": (0.65, TEN_FOLDS),
}
OPTIONS = SvcOptions(C=tuple(2.0 ** np.arange(-12, -3, 2)))
CONFOUNDS = ("age", "sex", "tiv")


class Drawn(NamedTuple):
    """People with their confounds and label; their features, shape (n, P)."""

    people: pd.DataFrame
    features: np.ndarray


# ---------------------------------------------------------------- populations
@lru_cache
def _loadings() -> tuple[np.ndarray, np.ndarray]:
    """How regions follow what they share, and the confounds; the same in all trials."""
    rng = np.random.default_rng([SEED, 1])
    return 0.6 * rng.normal(size=(FACTORS, P)), 0.5 * rng.normal(size=(3, P))


def draw(rng: np.random.Generator, cohort: str, n: int, effect: float) -> Drawn:
    """People of a population; the control cohort's response has nothing to do with the brain."""
    label = (rng.random(n) < PREVALENCE[cohort]).astype(int)
    age, sex = rng.normal(42, 12, n), rng.integers(0, 2, n)
    tiv = 1450 + 130 * (sex - 0.5) + rng.normal(0, 110, n)
    shared, of_confounds = _loadings()
    confounds = np.column_stack([(age - 42) / 12, sex - 0.5, (tiv - 1450) / 130])
    features = rng.normal(size=(n, P)) + rng.normal(size=(n, FACTORS)) @ shared
    features += confounds @ of_confounds
    if cohort != "control":
        features[:, PLANTED["up"]] += effect * label[:, None]
        features[:, PLANTED["down"]] -= effect * label[:, None]
    people = pd.DataFrame({"age": age, "sex": np.where(sex == 1, "M", "F"), "tiv": tiv})
    people.insert(0, "participant_id", [f"sub-{i:05d}" for i in range(n)])
    return Drawn(people.assign(label=label), features)


@lru_cache
def _fresh(cohort: str, effect: float) -> Drawn:
    rng = np.random.default_rng([SEED, 2, crc32(cohort.encode())])
    return draw(rng, cohort, N_FRESH, effect)


def drawn_cohort(rng: np.random.Generator, cohort: str, effect: float) -> Drawn:
    """A cohort of its size, with enough people of either class."""
    while True:
        drawn = draw(rng, cohort, SIZES[cohort], effect)
        if np.bincount(drawn.people["label"], minlength=2).min() >= MIN_CLASS:
            return drawn


# ---------------------------------------------------------------- one trial
def generator_of(scenario: str, index: int) -> np.random.Generator:
    """Source of all draws of a trial; the discovery cohort is drawn first."""
    return np.random.default_rng([SEED, crc32(scenario.encode()), index])


def procedure(drawn: Drawn, seed: int) -> Callable[[list[Fold], list[range]], JobResult]:
    """What runs some outer folds, or the refit, for blocks of labellings."""
    people, features = drawn
    confounds = ConfoundCoding.of(people, list(CONFOUNDS)).matrix(people)
    exchangeability = Exchangeability(people)
    weights = person_weights(people["participant_id"])[0]

    def run(folds: list[Fold], blocks: list[range]) -> JobResult:
        return cross_validate(
            Sample(None, None, weights),
            FixedFolds(folds),
            Design(exchangeability, seed),
            blocks,
            OPTIONS,
            fold_grams(features, confounds, folds, OPTIONS),
        )

    return run


def frozen_model(drawn: Drawn, refitted: JobResult) -> FrozenLinear:
    """The model of all people of the cohort, from the job of its refit."""
    people, features = drawn
    coding = ConfoundCoding.of(people, list(CONFOUNDS))
    fitted = fitted_models([refitted], len(people))
    return freeze_linear(features, coding.matrix(people), fitted, coding, {})


def trial(index: int, scenario: str, n_permutations: int) -> list[dict]:
    """Estimates, intervals and truths of one trial, from its number alone."""
    effect, scheme = SCENARIOS[scenario]
    rng = generator_of(scenario, index)
    cohorts = {name: drawn_cohort(rng, name, effect) for name in SIZES}
    people = cohorts["discovery"].people
    run = procedure(cohorts["discovery"], index)
    labels = people["label"].to_numpy()
    *outer, refit = draw_folds(people["participant_id"], labels, scheme, index)
    labellings = [range(1), range(1, 1 + n_permutations)]
    resampled = joined([run(outer, labellings)], scheme.repeats, 1 + n_permutations)
    discovery, _ = discovery_performance(
        "model",
        "discovery",
        people,
        resampled,
        seed=index,
        min_class_size=5,
    )
    frozen = frozen_model(cohorts["discovery"], run([refit], [range(1)]))
    scores = [
        FrozenScores(name, name, cohorts[name].people, frozen.decision(*reversed(cohorts[name])))
        for name in ("external", "control")
    ]
    others, _ = frozen_performance("model", scores, seed=index, n_permutations=0, min_class_size=5)
    rows = pd.concat([discovery, others], ignore_index=True)
    rows = rows[rows["metric"].isin(METRICS)]
    keep = ["cohort", "metric", "aggregation", "ci_method", "estimate", "ci_low", "ci_high"]
    truth = {name: true_performance(frozen.decision, name, effect) for name in SIZES}
    return [
        {"trial": index, **row, "truth": truth[row["cohort"]][row["metric"]]}
        for row in rows[keep].to_dict("records")
    ]


def true_performance(decision, cohort: str, effect: float) -> dict[str, float]:
    """Performance of a model on the fresh people of a population."""
    people, features = _fresh(cohort, effect)
    values, label = decision(features, people), people["label"].to_numpy()
    counts = confusion(label, values > 0)
    sensitivity = counts.true_positive / label.sum()
    specificity = counts.true_negative / (1 - label).sum()
    return {
        "balanced_accuracy": float(balanced_accuracy(label, values > 0)),
        "auc": float(auc(label, values)),
        "sensitivity": float(sensitivity),
        "specificity": float(specificity),
    }


# ---------------------------------------------------------------- table
def coverage(scenario: str, rows: pd.DataFrame) -> pd.DataFrame:
    """How often each kind of interval covers what it is meant to."""
    rows = rows.copy()
    of_discovery = rows["cohort"] == "discovery"
    means = rows[of_discovery].groupby("metric")["truth"].mean()
    rows.loc[of_discovery, "truth"] = rows.loc[of_discovery, "metric"].map(means)
    rows["covered"] = (rows["ci_low"] <= rows["truth"]) & (rows["truth"] <= rows["ci_high"])
    rows["width"] = rows["ci_high"] - rows["ci_low"]
    by = ["cohort", "metric", "aggregation", "ci_method"]
    table = rows.groupby(by, sort=False).agg(
        trials=("covered", "size"),
        truth=("truth", "mean"),
        mean_estimate=("estimate", "mean"),
        mean_width=("width", "mean"),
        coverage=("covered", "mean"),
    )
    low, high = binom.interval(0.95, table["trials"], table["coverage"])
    table["mc_low"], table["mc_high"] = low / table["trials"], high / table["trials"]
    table["within_93_97"] = table["coverage"].between(0.93, 0.97)
    return table.reset_index().assign(scenario=scenario)


def markdown(table: pd.DataFrame) -> str:
    """The table as Markdown, in percent."""
    lines = [
        "| scenario | cohort | metric | averaging | interval | truth | mean estimate | mean width "
        "| coverage (95 % Monte Carlo) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table.itertuples():
        lines.append(
            f"| {row.scenario} | {row.cohort} | {row.metric} | {row.aggregation} | {row.ci_method} "
            f"| {100 * row.truth:.1f} | {100 * row.mean_estimate:.1f} | {100 * row.mean_width:.1f} "
            f"| {100 * row.coverage:.1f} ({100 * row.mc_low:.1f} to {100 * row.mc_high:.1f}) |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    given = command_line(__doc__, SCENARIOS, trials=1000, permutations=99)
    tables = []
    for scenario in given.scenarios:
        one = partial(trial, scenario=scenario, n_permutations=given.permutations)
        found = done_trials(one, scenario, given)
        rows = pd.DataFrame([row for rows in found for row in rows])
        rows.to_csv(given.out / f"coverage_{scenario}.tsv", sep="\t", index=False)
        tables.append(coverage(scenario, rows))
    table = pd.concat(tables, ignore_index=True)
    table.to_csv(given.out / "coverage.tsv", sep="\t", index=False)
    (given.out / "coverage.md").write_text(markdown(table), encoding="utf-8")
    print(markdown(table))


if __name__ == "__main__":
    main()
