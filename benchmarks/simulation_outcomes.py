"""Do intervals of clinical outcomes cover, and do their tests hold their level?

    python benchmarks/simulation_outcomes.py            # some minutes on 2 cores; --help

A trial draws the scores of a study from a known truth and takes them through the functions of
`mri_response.clinical_outcomes`. Scenarios:

- `rates`: response of 15 and 13 people (40 and 15 %), and of 25 people under two conditions;
- `effect_sizes`: changes of 27 people whose spread is larger after than before, and of 15 and 13;
- `parallel_25`, `parallel_10`: two arms of 25 or 10 people, baseline and four visits with an effect
  that fades, of whom those with high scores drop out more often (missing at random);
- `dropped_out`: 16 people per arm; who leaves the treated arm goes on as each assumption says;
- `crossover`, `crossover_unrelated`: 24 people, two treatments, a score missing in 15 %; in the
  second a person's two scores have nothing in common;
- `time_to_response`: 30 people per arm, six infusions, stopping as a competing event;
- `items`: changes of an item with many ties in 12 people.

Names that end in `_null` have no effect: `rejected` is then the level. Writes the rows of all
trials and one table (TSV and Markdown).
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import fisher_exact

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from trials import command_line

from mri_response.clinical_outcomes.covariance import CompoundSymmetry, Unstructured
from mri_response.clinical_outcomes.crossover import crossover_effects
from mri_response.clinical_outcomes.effect_sizes import (
    between_effects,
    controlled_effect,
    independent_effect,
    mean_of_people,
    paired_effect,
    within_effects,
)
from mri_response.clinical_outcomes.imputation import (
    MISSING_AT_RANDOM,
    STRATEGIES,
    TwoArms,
    reference_based,
    refitted,
)
from mri_response.clinical_outcomes.items import signed_rank_p
from mri_response.clinical_outcomes.kenward_roger import (
    METHODS,
    Contrast,
    contrast,
    robust_contrast,
)
from mri_response.clinical_outcomes.likelihood import repeated_scores
from mri_response.clinical_outcomes.mmrm import Analysis, constrained, mmrm
from mri_response.clinical_outcomes.rates import odds_ratio, paired_difference, risk_difference
from mri_response.clinical_outcomes.reml import NotFitted, fit
from mri_response.clinical_outcomes.survival import hazard_ratio, incidence, log_rank, medians
from mri_response.clinical_outcomes.tipping_point import delta_adjusted
from mri_response.core.proportions import mcnemar_exact, wilson

SEED = 20260117  # fixed before the first run
ALPHA = 0.05
N_TRUTH = 400_000  # people per arm of whom the truth of `dropped_out` is computed
SHIFT = 3  # points by which treated people who have left are worse, in `dropped_out`


class Row(NamedTuple):
    """What one method said in one trial. Without limits only its p is counted, and vice versa."""

    quantity: str
    method: str
    truth: float
    estimate: float
    ci_low: float = np.nan
    ci_high: float = np.nan
    p_value: float = np.nan


# ---------------------------------------------------------------- rates and effect sizes
def rates(rng: np.random.Generator, effect: bool) -> list[Row]:
    """Independent and paired proportions."""
    p, q = (0.40, 0.15) if effect else (0.25, 0.25)
    k, k_0 = rng.binomial(15, p), rng.binomial(13, q)
    ratio = p / (1 - p) / (q / (1 - q))
    cells = rng.multinomial(25, [0.1, p - 0.1, q - 0.1, 1.1 - p - q])
    paired = paired_difference(*cells)
    fisher = float(fisher_exact([[k, 15 - k], [k_0, 13 - k_0]])[1])
    return [
        Row("rate of 15", "wilson", p, k / 15, *map(float, wilson(k, 15))),
        Row("risk difference", "newcombe", p - q, *risk_difference(k, 15, k_0, 13)),
        Row("risk difference", "fisher_exact", p - q, k / 15 - k_0 / 13, p_value=fisher),
        Row("odds ratio", "score", ratio, *odds_ratio(k, 15, k_0, 13)),
        Row("paired difference", "newcombe", p - q, *paired),
        Row("paired difference", "mcnemar", p - q, paired[0], p_value=mcnemar_exact(*cells[1:3])),
    ]


def effect_sizes(rng: np.random.Generator, effect: bool) -> list[Row]:
    """Standardised changes and differences."""
    mean, r = (-9.0 if effect else 0.0), 0.3
    for_change = {"before": 4.5, "after": 9.5}
    sd, sd_after = for_change.values()
    covariance = np.array([[sd**2, r * sd * sd_after], [r * sd * sd_after, sd_after**2]])
    sd_change = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    average = np.sqrt((sd**2 + sd_after**2) / 2)
    scales = {"change": sd_change, "average": average, "baseline": sd}
    before, after = rng.multivariate_normal([33, 33 + mean], covariance, 27).T
    found = []
    for name, scale in scales.items():
        estimate, _, low, high, method = paired_effect(before, after, name)
        found.append(Row(f"within, {name}", method, mean / scale, estimate, low, high))
    drug = rng.multivariate_normal([33, 33 + mean], covariance, 15).T
    saline = rng.multivariate_normal([33, 33], covariance, 13).T
    changes = drug[1] - drug[0], saline[1] - saline[0]
    for name, size in (
        ("change", independent_effect(*changes)),
        ("baseline", controlled_effect(drug[0], changes[0], saline[0], changes[1])),
    ):
        estimate, _, low, high, method = size
        found.append(Row(f"between, {name}", method, mean / scales[name], estimate, low, high))
    alone = within_effects(_one_visit(drug=np.array([before, after]))).iloc[0]
    arms = between_effects(_one_visit(drug=drug, saline=saline), "drug", "saline").iloc[0]
    for name, row in (("mean_change", alone), ("difference", arms)):
        limits = (row[name], row[f"{name}_low"], row[f"{name}_high"], row["p_value"])
        found.append(Row(name.replace("_", " "), "student_t", mean, *limits))
    return found


def _one_visit(**arms: np.ndarray) -> pd.DataFrame:
    """Baseline and scores (2, n) of arms as a table of visits."""
    parts = [
        pd.DataFrame({"arm": arm, "baseline": before, "score": after, "change": after - before})
        for arm, (before, after) in arms.items()
    ]
    return pd.concat(parts, ignore_index=True).assign(visit=1, session_id="v1")


# ---------------------------------------------------------------- visits
VISITS = 4
MEANS = [32, 24, 22, 21, 20]  # of the reference
FADING = np.array([-9.0, -7.0, -5.0, -4.0])
SPREAD = np.array([5.0, 8.0, 9.0, 9.5, 10.0])  # baseline, visits
CORRELATION = 0.75 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
CORRELATION[0, 1:] = CORRELATION[1:, 0] = 0.4
COVARIANCE = CORRELATION * np.outer(SPREAD, SPREAD)


def visits(
    rng: np.random.Generator, n: int, effect: np.ndarray, strategy: str = MISSING_AT_RANDOM
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Baseline and visits (2 n, 5), arm, and who has dropped out at each visit (2 n, 4).

    Scores after dropping out, which nobody sees, are those of the strategy.
    """
    treated = np.repeat([True, False], n)
    scores = rng.multivariate_normal(MEANS, COVARIANCE, 2 * n)
    scores[:, 1:] += treated[:, None] * effect
    gone = np.zeros((2 * n, VISITS), bool)
    for visit in range(1, VISITS):
        chance = expit((scores[:, visit] - 32) / 6)  # by the last score that was seen
        gone[:, visit] = gone[:, visit - 1] | (rng.random(2 * n) < chance)
    for visit in range(1, VISITS):
        for last in range(visit):
            leavers = treated & ~gone[:, last] & gone[:, last + 1]
            scores[leavers, 1 + visit] += _lead(strategy, last, visit, effect) - effect[visit]
    return scores, treated, gone


def _lead(strategy: str, last: int, visit: int, effect: np.ndarray) -> float:
    """Mean distance from the reference, at a later visit, of treated people seen until `last`."""
    if strategy == MISSING_AT_RANDOM:
        return effect[visit]
    if strategy == "copy_increments":
        return effect[last]
    if strategy == "jump_to_reference":
        return 0.0
    # Copied reference: what was seen, above the reference by the effect, is taken for chance.
    seen = slice(last + 2)
    slope = np.linalg.solve(COVARIANCE[seen, seen], COVARIANCE[seen, 1 + visit])
    return float(slope[1:] @ effect[: last + 1])


def tidy(scores: np.ndarray, treated: np.ndarray, gone: np.ndarray) -> pd.DataFrame:
    """The table of visits."""
    n = len(scores)
    seen = np.where(gone, np.nan, scores[:, 1:])
    return pd.DataFrame(
        {
            "participant_id": np.repeat(np.arange(n), VISITS),
            "arm": np.repeat(np.where(treated, "drug", "saline"), VISITS),
            "visit": np.tile(np.arange(1, VISITS + 1), n),
            "session_id": np.tile([f"v{i}" for i in range(1, VISITS + 1)], n),
            "baseline": np.repeat(scores[:, 0], VISITS),
            "score": seen.ravel(),
            "change": (seen - scores[:, [0]]).ravel(),
        }
    )


def parallel(rng: np.random.Generator, effect: bool, n: int) -> list[Row]:
    """The difference at the last visit by mixed models, and by what is wrong instead."""
    of_arm = FADING if effect else np.zeros(VISITS)
    truth = of_arm[-1]
    scores, treated, gone = visits(rng, n, of_arm)
    table = tidy(scores, treated, gone)
    two = TwoArms.of(table, "drug", "saline")
    seen, weights = two.scores(), np.eye(3 * VISITS)[2 * VISITS - 1]
    try:
        shared = fit(seen, CompoundSymmetry(VISITS))
        effects = {
            "mmrm, compound symmetry, kenward_roger": contrast(shared, weights),
            "mmrm, compound symmetry, robust": robust_contrast(seen, shared, weights),
            "last visit alone, analysis of covariance": _last_visit(two),
        }
    except NotFitted:  # nobody of an arm is left at the last visit
        return []
    try:
        free = fit(seen, Unstructured(VISITS))
        for method in METHODS:
            effects[f"mmrm, unstructured, {method}"] = contrast(free, weights, method)
    except NotFitted:
        pass
    analysis = Analysis("saline", ("unstructured",))
    both = constrained(table, analysis).estimates
    for row in both.tail(1).itertuples():
        effects["constrained, unstructured, kenward_roger"] = row
    found = [
        Row("difference", name, truth, row.estimate, row.ci_low, row.ci_high, row.p_value)
        for name, row in effects.items()
    ]
    # The adjusted mean of a change is that of people with the baseline that these have on average.
    slope = COVARIANCE[0, -1] / COVARIANCE[0, 0] - 1
    change = MEANS[-1] - MEANS[0] + slope * (scores[:, 0].mean() - MEANS[0]) + truth
    for name, estimates, mean in (
        ("mmrm", mmrm(table, analysis).estimates, change),
        ("constrained", both, MEANS[-1] + truth),
    ):
        rows = estimates[(estimates["quantity"] == "mean") & (estimates["arm"] == "drug")]
        for row in rows[rows["visit"] == VISITS].itertuples():
            limits = (row.estimate, row.ci_low, row.ci_high)
            found.append(Row("mean", f"{name}, unstructured, kenward_roger", mean, *limits))
    return found


def _last_visit(two: TwoArms) -> Contrast:
    seen = ~np.isnan(two.change[:, -1])
    x = np.column_stack([np.ones(seen.sum()), two.treated[seen], two.baseline[seen]])
    people = np.arange(seen.sum())
    rows = repeated_scores(two.change[seen, -1], x, people, np.zeros(seen.sum()))
    return contrast(fit(rows, Unstructured(1)), [0, 1, 0])


@lru_cache
def _truth_after(strategy: str, effect: bool) -> tuple[float, float]:
    """Expected difference by analysis of covariance of the completed scores, and its slope.

    The slope is by how much it rises where treated people who have left are a point higher.
    """
    of_arm = FADING if effect else np.zeros(VISITS)
    rng = np.random.default_rng([SEED, 1])
    scores, treated, gone = visits(rng, N_TRUTH, of_arm, strategy)
    x = np.column_stack([np.ones(len(scores)), treated, scores[:, 0]])
    values = np.column_stack([scores[:, -1], gone[:, -1] & treated])
    return tuple(map(float, np.linalg.lstsq(x, values, rcond=None)[0][1]))


def dropped_out(rng: np.random.Generator, effect: bool) -> list[Row]:
    """The difference at the last visit, by what is true of people who have dropped out.

    What is seen of them is the same whatever they did afterwards, so that one trial serves all.
    """
    of_arm = FADING if effect else np.zeros(VISITS)
    table = tidy(*visits(rng, 16, of_arm))
    try:
        fits = refitted(table, "drug", "saline")
    except NotFitted:
        return []
    estimates = reference_based(table, "drug", "saline", STRATEGIES, fits)
    at_last = estimates[estimates["session_id"] == f"v{VISITS}"]
    truth = {strategy: _truth_after(strategy, effect) for strategy in STRATEGIES}
    found = [
        Row(
            *(row.strategy, row.variance, truth[row.strategy][0]),
            *(row.estimate, row.ci_low, row.ci_high, row.p_value),
        )
        for row in at_last.itertuples()
    ]
    shift = delta_adjusted(table, "drug", "saline", [SHIFT], fits=fits).grid.iloc[0]
    at_random, slope = truth[MISSING_AT_RANDOM]
    limits = (shift["estimate"], shift["ci_low"], shift["ci_high"])
    found.append(Row(f"shifted by {SHIFT}", "jackknife", at_random + SHIFT * slope, *limits))
    return found


# ---------------------------------------------------------------- crossover
def crossover(rng: np.random.Generator, effect: bool, shared: float) -> list[Row]:
    """The treatment's effect within people; `shared` is the variance that their scores share."""
    truth, by_period = (-7.0, 2.0) if effect else (0.0, 0.0)
    truths = {"treatment": truth, "period": by_period, "carry_over": 0.0}
    rows = []
    for i in range(24):
        first = "d" if i < 12 else "p"
        level = rng.normal(0, np.sqrt(shared))
        baseline = 33 + 0.5 * level + rng.normal(0, 4)
        for period, treatment in ((1, first), (2, "p" if first == "d" else "d")):
            if rng.random() < 0.85:
                score = 27 + level + truth * (treatment == "d") - by_period * (period == 2)
                score += rng.normal(0, 7)
                rows.append((i, first, period, treatment, baseline, score))
    columns = ["participant_id", "sequence", "period", "treatment", "baseline", "score"]
    found = []
    for method in METHODS:
        table = crossover_effects(pd.DataFrame(rows, columns=columns), "d", "p", method)
        for row in table.itertuples():
            name = f"mixed_model, {method}" if row.method == "mixed_model" else row.method
            limits = (row.ci_low, row.ci_high, row.p_value)
            if row.method == "mixed_model" or method == METHODS[0]:
                found.append(Row(row.effect, name, truths[row.effect], row.estimate, *limits))
    return found


# ---------------------------------------------------------------- time and items
def time_to_response(rng: np.random.Generator, effect: bool) -> list[Row]:
    """Incidence at the third infusion, median, log-rank test and hazard ratio."""
    hazards = {"drug": 0.35 if effect else 0.2, "saline": 0.2}
    stopping, parts = 0.08, []
    for arm, hazard in hazards.items():
        event, stop = rng.geometric(hazard, 30), rng.geometric(stopping, 30)
        followed = rng.integers(3, 7, 30)  # infusions offered
        at = np.minimum(np.minimum(event, stop), followed)
        status = np.where(event == at, "event", np.where(stop == at, "competing", "censored"))
        parts.append(pd.DataFrame({"arm": arm, "time": at, "status": status}))
    people = pd.concat(parts, ignore_index=True)
    people.insert(0, "participant_id", np.arange(60))
    free = (1 - hazards["drug"]) * (1 - stopping)
    by_time = hazards["drug"] * (1 - free ** np.arange(1, 30)) / (1 - free)
    drug = people[people["arm"] == "drug"]
    found = []
    for row in incidence(drug)[lambda rows: rows["time"] <= 3].tail(1).itertuples():
        limits = (row.incidence, row.ci_low, row.ci_high)
        found.append(Row("incidence at 3", "log_log", by_time[2], *limits))
    if by_time.max() > 0.5:
        median = medians(drug).iloc[0]
        truth = 1 + int(np.argmax(by_time >= 0.5))
        limits = (median["median"], median["ci_low"], median["ci_high"])
        found.append(Row("median", "log_log", truth, *limits))
    ratio = np.log1p(-hazards["drug"]) / np.log1p(-hazards["saline"])
    found.append(
        Row("hazard ratio", "complementary_log_log", ratio, *hazard_ratio(people, *hazards))
    )
    found.append(Row("hazard ratio", "log_rank", ratio, np.nan, p_value=log_rank(people)))
    return found


def items(rng: np.random.Generator, effect: bool) -> list[Row]:
    """The signed rank test of an item from 0 to 6, and the interval of its mean change."""
    before = rng.binomial(6, rng.beta(2, 2, 12))
    after = rng.binomial(6, rng.beta(1, 4, 12)) if effect else rng.binomial(6, rng.beta(2, 2, 12))
    p, truth = signed_rank_p(after - before), 6 * (0.2 - 0.5) if effect else 0.0
    return [
        Row("change", "signed_rank", np.nan, np.nan, p_value=p),
        Row("mean change", "student_t", truth, *mean_of_people(after - before)),
    ]


Scenario = Callable[[np.random.Generator, bool], list[Row]]
KINDS: dict[str, Scenario] = {
    "rates": rates,
    "effect_sizes": effect_sizes,
    "parallel_25": partial(parallel, n=25),
    "parallel_10": partial(parallel, n=10),
    "dropped_out": dropped_out,
    "crossover": partial(crossover, shared=21.0),
    "crossover_unrelated": partial(crossover, shared=0.0),
    "time_to_response": time_to_response,
    "items": items,
}
SCENARIOS = [name + suffix for name in KINDS for suffix in ("", "_null")]


def trial(index: int, scenario: str) -> list[dict]:
    """Rows of one trial, from its number alone."""
    rng = np.random.default_rng([SEED, crc32(scenario.encode()), index])
    rows = KINDS[scenario.removesuffix("_null")](rng, not scenario.endswith("_null"))
    return [{"trial": index, **row._asdict()} for row in rows]


# ---------------------------------------------------------------- table
def summary(scenario: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Coverage and share of rejections of each method."""
    covered = (rows["ci_low"] <= rows["truth"]) & (rows["truth"] <= rows["ci_high"])
    rows = rows.assign(
        covered=covered.where(rows["ci_low"].notna() & rows["ci_high"].notna()).astype(float),
        rejected=(rows["p_value"] <= ALPHA).where(rows["p_value"].notna()).astype(float),
        width=rows["ci_high"] - rows["ci_low"],
        finite=rows["estimate"].where(np.isfinite(rows["estimate"])),
    )
    table = rows.groupby(["quantity", "method"], sort=False).agg(
        trials=("trial", "size"),
        truth=("truth", "mean"),
        median_estimate=("estimate", "median"),
        mean_estimate=("finite", "mean"),
        median_width=("width", "median"),
        coverage=("covered", "mean"),
        rejected=("rejected", "mean"),
    )
    return table.reset_index().assign(scenario=scenario)


def markdown(table: pd.DataFrame) -> str:
    """The table as Markdown; coverage and rejections in percent."""
    lines = [
        "| scenario | quantity | method | trials | truth | mean estimate | median width | covers "
        "| rejects |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table.itertuples():
        shares = ("" if np.isnan(x) else f"{100 * x:.1f}" for x in (row.coverage, row.rejected))
        numbers = (row.truth, row.mean_estimate, row.median_width)
        shown = ("" if np.isnan(x) else f"{x:.3g}" for x in numbers)
        cells = (row.scenario, row.quantity, row.method, str(row.trials), *shown, *shares)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def run(scenarios: list[str], trials: int, jobs: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of all trials and their summary, the same whatever the number of jobs."""
    kept, tables = [], []
    with ProcessPoolExecutor(jobs) as pool:
        for scenario in scenarios:
            start = time.monotonic()
            found = pool.map(partial(trial, scenario=scenario), range(trials), chunksize=10)
            rows = pd.DataFrame([row for part in found for row in part])
            kept.append(rows.assign(scenario=scenario))
            tables.append(summary(scenario, rows))
            print(f"{scenario}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return pd.concat(kept, ignore_index=True), pd.concat(tables, ignore_index=True)


def main() -> None:
    """Command line."""
    given = command_line(__doc__, SCENARIOS, trials=1000)
    rows, table = run(given.scenarios, given.trials, given.jobs)
    rows.to_csv(given.out / "outcomes_trials.tsv", sep="\t", index=False)
    table.to_csv(given.out / "outcomes.tsv", sep="\t", index=False)
    (given.out / "outcomes.md").write_text(markdown(table), encoding="utf-8")
    print(markdown(table))


if __name__ == "__main__":
    main()
