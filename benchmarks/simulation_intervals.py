"""Which interval of the discovery figure covers the performance of the procedure at this n?

    python benchmarks/simulation_intervals.py                            # --help
    python benchmarks/simulation_intervals.py --quick 1 --first 1000     # the cheap ones alone

The discovery cohorts of `simulation_coverage.py`, with its scenarios, seed and truth: the mean
performance, over all trials, of the procedure fitted to all 99 people. Each trial makes every
interval of `INTERVALS` from the same people: the one of the report, corrected resampled t, nested
cross-validation (Bates, Hastie and Tibshirani 2023) with and without its correction of the bias,
and corrections of the bias by a learning curve. Balanced accuracy and AUC are no means of losses;
nested cross-validation is done with each person's influence on them. The naive interval, of which
none should be twice as wide, ignores that people share training data.

Writes the rows of all trials and a table of coverage and width (TSV and Markdown).
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import sys
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import binom
from scipy.stats import t as student

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from simulation_coverage import (
    CONFOUNDS,
    OPTIONS,
    SCENARIOS,
    Drawn,
    drawn_cohort,
    frozen_model,
    generator_of,
    procedure,
    true_performance,
)
from trials import command_line, done_trials

from mri_response.core.vocabulary import HEADLINE, HEADLINE_METRICS
from mri_response.evaluation.bootstrap import null_inflation
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.intervals import logit_interval
from mri_response.evaluation.learning_curve import mean_and_influence
from mri_response.evaluation.performance import with_standard_errors
from mri_response.learning.decisions import Decisions, joined
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.svc.cross_validation import nested_folds
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import REFIT, Fold, FoldSets, Scheme, draw_folds
from mri_response.learning.subsamples import draw_subsamples, run_subsamples
from mri_response.people.rows import person_weights

EDGE = 1e-6
Z = float(ndtri(0.975))
#: Test folds of nested cross-validation, of the spread between repeats and of a learning curve's
#: size: four partitions into 5 folds, two into 10.
TEST_FOLDS = 20
#: Name, and what it is: where the interval has its centre, and how its width is found.
INTERVALS = {
    "naive": "naive: errors over people",
    "report": "the report's: naive error times the factor of the permutations",
    "report_spread": "the same, and the spread between repeats of the folds",
    "report_partitions": "the report's, of 20 test folds",
    "resampled_t": "corrected resampled t over test folds (Nadeau and Bengio 2003)",
    "ncv": "nested cross-validation, bias corrected",
    "ncv_uncorrected": "nested cross-validation, bias not corrected",
    "shifted_pairs": "the report's, shifted by the bias that pairs of folds left out show",
    "extrapolated_pairs": "that, with the error of the shifted figure",
    "stretched_pairs": "the report's, its upper limit alone shifted",
    "shifted_curve": "the report's, shifted by the bias of a learning curve",
    "extrapolated_curve": "that, with the error of the shifted figure",
    "stretched_curve": "the report's, its upper limit alone shifted",
}


class Figure(NamedTuple):
    """A figure, and each person's influence on it, shape (n,)."""

    value: float
    influence: np.ndarray

    @property
    def error(self) -> float:
        """Standard error over people."""
        return float(np.sqrt((self.influence**2).sum()))

    def beyond(self, before: Figure, steps: float) -> Figure:
        """The line through an earlier figure and this one, so many of their steps further."""
        return Figure(
            self.value + steps * (self.value - before.value),
            self.influence + steps * (self.influence - before.influence),
        )


# ---------------------------------------------------------------- folds
def pairs_left_out(
    outer: list[Fold], people: pd.DataFrame, scheme: Scheme, seed: int
) -> list[Fold]:
    """Every two folds of a partition left out together, with inner folds among the others."""
    labels, found = people["label"].to_numpy(), []
    for one, other in combinations(outer, 2):
        train = one.sets.train[0] & other.sets.train[0]
        own = int(f"{seed}{one.repeat:02}{one.outer_fold:02}{other.outer_fold:02}")
        (search,) = draw_folds(
            people["participant_id"][train], labels[train], scheme, own, repeats=[REFIT]
        )
        masks = [np.zeros((len(mask), len(train)), dtype=bool) for mask in search.sets]
        for whole, mask in zip(masks, search.sets, strict=True):
            whole[:, train] = mask
        masks[1][0] = ~train
        found.append(Fold(one.repeat, len(found) + 1, FoldSets(*masks)))
    return found


class Partitioned(NamedTuple):
    """Partitions into K folds, each fold left out alone and with every other.

    `fold` and `out` have the shape (partitions, n): the fold of a person, from 0, and the decision
    value by the model of the other folds. `inside` (partitions, K, n) has that by the model that
    had neither the person's fold nor the one of the second axis, NaN for people of the latter.
    """

    fold: np.ndarray
    out: np.ndarray
    inside: np.ndarray


def decision_values(drawn: Drawn, folds: list[Fold]) -> np.ndarray:
    """Decision values of test people by the model of each fold, shape (folds, n); NaN elsewhere."""
    people, features = drawn
    labels, weights = people["label"].to_numpy(), person_weights(people["participant_id"])[0]
    confounds = ConfoundCoding.of(people, list(CONFOUNDS)).matrix(people)
    grams = fold_grams(features, confounds, folds, OPTIONS)
    found = nested_folds(grams, folds, labels[:, None], weights, OPTIONS)
    values = np.full((len(folds), len(people)), np.nan)
    for own, fold, result in zip(values, folds, found, strict=True):
        own[fold.sets.test[0]] = rounded(result.decision[:, 0])
    return values


def partitioned(drawn: Drawn, scheme: Scheme, seed: int, n_partitions: int) -> Partitioned:
    """Run the procedure on partitions of the people; the first ones are those of the run."""
    people = drawn.people
    units, labels = people["participant_id"], people["label"].to_numpy()
    n, n_folds = len(people), scheme.outer_folds
    fold = np.zeros((n_partitions, n), dtype=int)
    out, inside = np.zeros((n_partitions, n)), np.full((n_partitions, n_folds, n), np.nan)
    for partition in range(n_partitions):
        outer = draw_folds(units, labels, scheme, seed, repeats=[partition + 1])
        pairs = pairs_left_out(outer, people, scheme, seed)
        decision = decision_values(drawn, [*outer, *pairs])
        for number, one in enumerate(outer):
            fold[partition, one.sets.test[0]] = number
        out[partition] = decision[fold[partition], np.arange(n)]
        for pair, both in enumerate(combinations(range(n_folds), 2), start=n_folds):
            for left_out, tested in (both, both[::-1]):
                rows = fold[partition] == tested
                inside[partition, left_out, rows] = decision[pair, rows]
    return Partitioned(fold, out, inside)


def curve(drawn: Drawn, scheme: Scheme, seed: int) -> dict[str, np.ndarray]:
    """The learning curve of the workflow with its default sizes."""
    log2 = np.log2(OPTIONS.C)
    grid = {"log2_min": log2[0], "log2_max": log2[-1], "log2_step": log2[1] - log2[0]}
    names = ("repeats", "outer_folds", "inner_repeats", "inner_folds")
    cv = {name: getattr(scheme, name) for name in names}
    cv |= {"scheme": "label_blind", "outer": "k_fold", "inner": "k_fold", "held_out": None}
    cv |= {"inner_column": None, "outer_column": None, "group": None}
    model = {"confounds": ["age", "sex", "tiv"], "C": grid | {"scale": "absolute"}}
    model |= {"class_weight": "balanced", "standardize": True, "pca": None, "harmonise": None}
    config = {"seed": seed, "cross_validation": cv, "model": model, "min_class_size": 5}
    config["learning_curve"] = {"sizes": None, "repeats": TEST_FOLDS // scheme.outer_folds}
    subsamples = draw_subsamples(drawn.people, config)
    return run_subsamples(drawn.people, drawn.features, subsamples, config)


# ---------------------------------------------------------------- intervals
def limits(centre: float, error: float) -> tuple[float, float]:
    """Normal interval on the logit scale."""
    return logit_interval(min(max(centre, EDGE), 1 - EDGE), error)


def nested_error(
    metric: str, found: Partitioned, cohort: Cohort, naive: float
) -> tuple[Figure, Figure, float]:
    """Figures of folds left out alone and in pairs, and the error of nested cross-validation."""
    n, n_folds = len(cohort.labels), found.inside.shape[1]
    of = cohort.labels, cohort.weights, cohort.person
    alone = Figure(*mean_and_influence(metric, found.out, *of)[:2])
    pairs = Figure(*mean_and_influence(metric, found.inside.reshape(-1, n), *of)[:2])
    squares = []
    for fold, out, inside in zip(*found, strict=True):
        value, influence, _ = mean_and_influence(metric, out[None], *of)
        for number in range(n_folds):
            within, _, defined = mean_and_influence(metric, inside[[number]], *of)
            own = value + n * influence[cohort.person][fold == number]
            if defined:
                squares.append((within - own.mean()) ** 2 - own.var(ddof=1) / len(own))
    error = np.sqrt(max(0.0, np.mean(squares)) * (n_folds - 1) / n_folds)
    return alone, pairs, float(np.clip(error, naive, np.sqrt(n_folds) * naive))


def bias_by_curve(metric: str, parts: dict, whole: Figure, cohort: Cohort, n_folds: int) -> Figure:
    """The figure of all people, by least squares through it, linear in 1 / training people."""
    n, share = len(cohort.labels), (n_folds - 1) / n_folds
    steps, figures = [], []
    for size in np.unique(parts["size"]):
        decision = parts["decision"][parts["size"] == size]
        value, influence, draws = mean_and_influence(
            metric, decision, cohort.labels, cohort.weights, cohort.person
        )
        if draws:
            figures.append(Figure(value, influence))
            steps.append(1 / (size * share) - 1 / (n * share))
    ahead = (1 / (n * share) - 1 / n) / np.square(steps).sum() * np.array(steps)
    found = whole
    for weight, figure in zip(ahead, figures, strict=True):
        more = whole.beyond(figure, weight)
        found = Figure(
            found.value + more.value - whole.value,
            found.influence + more.influence - whole.influence,
        )
    return found


def resampled_t(
    metric: str, folds: np.ndarray, decision: np.ndarray, cohort: Cohort
) -> tuple[float, float]:
    """Interval over test folds, whose variance counts the training people that they share."""
    values = []
    for repeat, fold in enumerate(folds):
        for number in np.unique(fold):
            own = np.where(fold == number, decision[repeat], np.nan)[None]
            of = cohort.labels, cohort.weights, cohort.person
            value, _, defined = mean_and_influence(metric, own, *of)
            values += [value] * defined
    n_folds = len(np.unique(folds))
    error = np.sqrt((1 / len(values) + 1 / (n_folds - 1)) * np.var(values, ddof=1))
    half = student.ppf(0.975, len(values) - 1) * error
    return float(np.mean(values) - half), float(np.mean(values) + half)


def intervals(
    metric: str,
    run: Decisions,
    found: Partitioned,
    parts: dict[str, np.ndarray],
    cohort: Cohort,
) -> dict[str, tuple[float, float]]:
    """Limits of every interval of `INTERVALS`."""
    of = cohort.labels, cohort.weights, cohort.person
    fold = np.broadcast_to(run.fold, run.decision.shape)
    values, errors = with_standard_errors(metric, HEADLINE, run.decision, fold, run.labels, cohort)
    factor = null_inflation(values[1:], errors[1:])
    whole = Figure(*mean_and_influence(metric, run.decision[0], *of)[:2])
    error, n_folds = factor * whole.error, found.inside.shape[1]
    by_repeat = [mean_and_influence(metric, out[None], *of)[0] for out in found.out]
    spread = np.var(by_repeat, ddof=1) / len(run.decision[0])
    alone, pairs, nested = nested_error(metric, found, cohort, whole.error)
    # Linear in 1 / training people, of which pairs left out have (K - 2) / K, folds (K - 1) / K.
    from_pairs = alone.beyond(pairs, (n_folds - 2) / n_folds)
    from_curve = bias_by_curve(metric, parts, whole, cohort, n_folds)
    shift = from_pairs.value - alone.value
    result = {
        "naive": limits(whole.value, whole.error),
        "report": limits(whole.value, error),
        "report_spread": limits(whole.value, np.hypot(error, np.sqrt(spread))),
        "report_partitions": limits(alone.value, factor * alone.error),
        "resampled_t": resampled_t(metric, run.fold[0], run.decision[0], cohort),
        "ncv": limits(from_pairs.value, nested),
        "ncv_uncorrected": limits(pairs.value, nested),
        "shifted_pairs": limits(whole.value + shift, error),
        "extrapolated_pairs": limits(from_pairs.value, factor * from_pairs.error),
        "shifted_curve": limits(from_curve.value, error),
        "extrapolated_curve": limits(from_curve.value, factor * from_curve.error),
    }
    low, high = result["report"]
    for name in ("pairs", "curve"):
        result[f"stretched_{name}"] = low, max(high, result[f"shifted_{name}"][1])
    return result


# ---------------------------------------------------------------- trials and table
def trial(index: int, scenario: str, n_permutations: int) -> list[dict]:
    """All intervals of one trial, and what its own model achieves, from its number alone."""
    effect, scheme = SCENARIOS[scenario]
    drawn = drawn_cohort(generator_of(scenario, index), "discovery", effect)
    people, run = drawn.people, procedure(drawn, index)
    labels = people["label"].to_numpy()
    *outer, refit = draw_folds(people["participant_id"], labels, scheme, index)
    labellings = [range(1), range(1, 1 + n_permutations)]
    decisions = joined([run(outer, labellings)], scheme.repeats, 1 + n_permutations)
    found = partitioned(drawn, scheme, index, TEST_FOLDS // scheme.outer_folds)
    parts = curve(drawn, scheme, index)
    model = frozen_model(drawn, run([refit], [range(1)]))
    truth = true_performance(model.decision, "discovery", effect)
    cohort, rows = Cohort.of(people), []
    for metric in HEADLINE_METRICS:
        rows += rows_of(index, metric, intervals(metric, decisions, found, parts, cohort), truth)
    return rows


def quick_trial(index: int, scenario: str) -> list[dict]:
    """The intervals of a trial that need neither permutations nor more models than the run has."""
    effect, scheme = SCENARIOS[scenario]
    drawn = drawn_cohort(generator_of(scenario, index), "discovery", effect)
    labels, shape = drawn.people["label"].to_numpy(), (scheme.repeats, len(drawn.people))
    *outer, refit = draw_folds(drawn.people["participant_id"], labels, scheme, index)
    fold, decision = np.zeros(shape, dtype=int), np.zeros(shape)
    for one, values in zip(outer, decision_values(drawn, outer), strict=True):
        rows = one.sets.test[0]
        fold[one.repeat - 1, rows], decision[one.repeat - 1, rows] = one.outer_fold, values[rows]
    refitted = procedure(drawn, index)([refit], [range(1)])
    truth = true_performance(frozen_model(drawn, refitted).decision, "discovery", effect)
    cohort, rows = Cohort.of(drawn.people), []
    for metric in HEADLINE_METRICS:
        of = cohort.labels, cohort.weights, cohort.person
        whole = Figure(*mean_and_influence(metric, decision, *of)[:2])
        found = {"naive": limits(whole.value, whole.error)}
        found["resampled_t"] = resampled_t(metric, fold, decision, cohort)
        rows += rows_of(index, metric, found, truth)
    return rows


def rows_of(
    index: int, metric: str, found: dict[str, tuple[float, float]], truth: dict[str, float]
) -> list[dict]:
    """Rows of the table of trials."""
    about = {"trial": index, "metric": metric, "truth": truth[metric]}
    return [
        about | {"interval": name, "ci_low": low, "ci_high": high}
        for name, (low, high) in found.items()
    ]


def asked_trial(place: int, scenario: str, given: argparse.Namespace) -> list[dict]:
    """The trial at a place of those that were asked for."""
    index = given.first + place
    return (
        quick_trial(index, scenario) if given.quick else trial(index, scenario, given.permutations)
    )


def coverage(scenario: str, rows: pd.DataFrame) -> pd.DataFrame:
    """How often each interval covers the mean performance, and how wide it is beside the naive."""
    rows = rows.assign(width=rows["ci_high"] - rows["ci_low"])
    truth = rows.groupby("metric")["truth"].transform("mean")
    rows["below"], rows["above"] = rows["ci_high"] < truth, rows["ci_low"] > truth
    table = rows.groupby(["metric", "interval"], sort=False).agg(
        trials=("below", "size"),
        truth=("truth", "mean"),
        below=("below", "mean"),
        above=("above", "mean"),
        width=("width", "mean"),
    )
    table["coverage"] = 1 - table["below"] - table["above"]
    low, high = binom.interval(0.95, table["trials"], table["coverage"])
    table["mc_low"], table["mc_high"] = low / table["trials"], high / table["trials"]
    naive = table.xs("naive", level="interval")["width"]
    table["times_naive"] = table["width"] / naive.reindex(table.index, level="metric")
    table["kept"] = table["coverage"].between(0.93, 0.97) & (table["times_naive"] <= 2)
    return table.reset_index().assign(scenario=scenario)


def markdown(table: pd.DataFrame) -> str:
    """The table as Markdown, in percent: intervals by metrics in scenarios."""
    columns = list(dict.fromkeys(zip(table["scenario"], table["metric"], strict=True)))
    head = " | ".join(f"{scenario}, {metric}: covers (width)" for scenario, metric in columns)
    lines = [f"| interval | {head} |", "|---|" + "---|" * len(columns)]
    found = table.set_index(["interval", "scenario", "metric"])
    for name in dict.fromkeys(table["interval"]):
        cells = [INTERVALS[name]]
        for column in columns:
            row = found.loc[(name, *column)]
            text = f"{100 * row['coverage']:.1f}"
            text = text if 0.93 <= row["coverage"] <= 0.97 else f"**{text}**"
            cells.append(f"{text} ({row['times_naive']:.2f})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    given = command_line(__doc__, SCENARIOS, trials=1000, permutations=99, first=0, quick=0)
    tables = []
    for scenario in given.scenarios:
        one = partial(asked_trial, scenario=scenario, given=given)
        found = done_trials(one, scenario, given)
        rows = pd.DataFrame([row for rows in found for row in rows])
        rows.to_csv(given.out / f"intervals_{scenario}.tsv", sep="\t", index=False)
        tables.append(coverage(scenario, rows))
    table = pd.concat(tables, ignore_index=True)
    table.to_csv(given.out / "intervals.tsv", sep="\t", index=False)
    (given.out / "intervals.md").write_text(markdown(table), encoding="utf-8")
    print(markdown(table))


if __name__ == "__main__":
    main()
