"""Does the map say where the signal is, and do its tests keep their promises?

    python benchmarks/simulation_brain.py            # --help

A trial draws 99 people with 120 correlated regions and confounds, without signal (`null`) or with
differences planted in 6 regions upwards and 6 downwards, and takes them through what the workflow
runs for its weight maps: search and refit under observed and permuted labels, Haufe pattern, tests
of regions and sets of regions. Counted over trials:

- the planted sign in the Haufe pattern of each planted region;
- power of the tests of regions and sets;
- false discoveries: regions without a planted difference among those that are called;
- the chance of any false call (family-wise error).

Writes the rows of all trials and a table (TSV and Markdown).
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
from scipy.stats import binom

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from trials import command_line, done_trials

from mri_response.brain.weights import pattern_test, set_evidence
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.people.rows import person_weights

SEED = 20260118  # fixed before the first run
N, P, FACTORS = 99, 120, 10
UP, DOWN = slice(0, 6), slice(6, 12)
#: Sets of regions that are tested as a whole.
SETS = {"up": slice(0, 6), "down": slice(6, 12), "half": slice(3, 6), "untouched": slice(60, 70)}
SETS["up_among_others"] = slice(0, 24)  # 6 up, 6 down, 12 without a difference
ALPHA = 0.05
SCHEME = Scheme(repeats=1, outer_folds=5, inner_repeats=1, inner_folds=10)
OPTIONS = SvcOptions(C=tuple(2.0 ** np.arange(-12, 1, 2)))
TESTS = ("p_value", "p_fdr", "p_max")


class Scenario(NamedTuple):
    """What is planted.

    Attributes
    ----------
    effect : float
        Difference of the class means in the planted regions, in standard deviations of a region
        within a class.
    shared : float
        Share of a region's variance that it has in common with others.
    """

    effect: float
    shared: float


SCENARIOS = {
    "null": Scenario(0.0, 0.5),
    "planted": Scenario(0.6, 0.5),
    "planted, strong": Scenario(1.0, 0.5),
    "planted, regions independent": Scenario(0.6, 0.0),
}


# ---------------------------------------------------------------- one trial
@lru_cache
def _loadings() -> tuple[np.ndarray, np.ndarray]:
    """How regions follow what they share, and the confounds; the same in all trials."""
    rng = np.random.default_rng([SEED, 1])
    loadings = rng.normal(size=(FACTORS, P))
    return loadings / np.linalg.norm(loadings, axis=0), 0.5 * rng.normal(size=(3, P))


def draw(rng: np.random.Generator, scenario: Scenario) -> tuple[np.ndarray, ...]:
    """Labels (n,), confounds (n, 3) and features (n, P)."""
    label = rng.permutation((np.arange(N) < 52).astype(int))
    confounds = np.column_stack([rng.normal(size=N), rng.integers(0, 2, N), rng.normal(size=N)])
    shared, of_confounds = _loadings()
    features = np.sqrt(1 - scenario.shared) * rng.normal(size=(N, P))
    features += np.sqrt(scenario.shared) * rng.normal(size=(N, FACTORS)) @ shared
    features[:, UP] += scenario.effect * label[:, None]
    features[:, DOWN] -= scenario.effect * label[:, None]
    return label, confounds, features + confounds @ of_confounds


def trial(index: int, scenario: str, n_permutations: int, seed: int = SEED) -> dict[str, float]:
    """What one trial finds, from its number alone."""
    spec = SCENARIOS[scenario]
    rng = np.random.default_rng([seed, crc32(scenario.encode()), index])
    label, confounds, features = draw(rng, spec)
    people = pd.DataFrame({"participant_id": [f"sub-{i:03d}" for i in range(N)], "label": label})
    refit = draw_folds(people["participant_id"], label, SCHEME, index)[-1:]
    grams = fold_grams(features, confounds, refit, OPTIONS)
    blocks = [range(1), range(1, 1 + n_permutations)]
    exchangeability, weights = Exchangeability(people), person_weights(people["participant_id"])[0]
    job = cross_validate(
        Sample(None, None, weights),
        FixedFolds(refit),
        Design(exchangeability, index),
        blocks,
        OPTIONS,
        grams,
    )
    fitted = np.vstack([job.fitted, job.null_fitted])
    members = np.zeros((P, len(SETS)), dtype=bool)
    for column, where in enumerate(SETS.values()):
        members[where, column] = True
    test = pattern_test(features, training_sets(confounds, job.train), fitted, members)
    return {"trial": index, **_regions(test, spec), **_sets(test)}


def _regions(test, spec: Scenario) -> dict[str, float]:
    planted = np.zeros(P)
    if spec.effect:
        planted[UP], planted[DOWN] = 1, -1
    found = {}
    for name in TESTS:
        called = getattr(test, name) <= ALPHA
        found[f"{name}_true"] = int(called[planted != 0].sum())
        found[f"{name}_false"] = int(called[planted == 0].sum())
    for region in np.flatnonzero(planted):
        found[f"sign_{region}"] = int(np.sign(test.haufe[region]) == planted[region])
    return found


def _sets(test) -> dict[str, float]:
    evidence = set_evidence(test)
    return {f"set_{name}": p for name, p in zip(SETS, evidence["p_value"], strict=True)}


# ---------------------------------------------------------------- table
def summary(scenario: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Shares over the trials of a scenario, with 95 % Monte Carlo limits of plain counts."""
    signs = rows.filter(regex="^sign_")
    found: list[tuple[str, float, bool]] = []
    if len(signs.columns):
        of_region = signs.mean()
        found += [
            ("planted sign, mean over regions", of_region.mean(), False),
            ("planted sign, worst region", of_region.min(), True),
            ("planted sign, all regions at once", (signs.min(axis=1) == 1).mean(), True),
        ]
    for name in TESTS:
        true, false = rows[f"{name}_true"], rows[f"{name}_false"]
        if len(signs.columns):
            found.append((f"{name}: power, mean over regions", true.mean() / 12, False))
        called = (true + false).clip(lower=1)
        found += [
            (f"{name}: false discovery rate", (false / called).mean(), False),
            (f"{name}: any false call", (false > 0).mean(), True),
            (f"{name}: false calls of a region", false.mean() / (P - len(signs.columns)), False),
        ]
    found += [
        (f"set {name}: p <= {ALPHA}", (rows[f"set_{name}"] <= ALPHA).mean(), True) for name in SETS
    ]
    table = pd.DataFrame(found, columns=["quantity", "share", "counted"])
    low, high = binom.interval(0.95, len(rows), table["share"].clip(0, 1))
    table["mc_low"] = np.where(table["counted"], low / len(rows), np.nan)
    table["mc_high"] = np.where(table["counted"], high / len(rows), np.nan)
    table.insert(0, "scenario", scenario)
    return table.drop(columns="counted").assign(trials=len(rows))


def markdown(table: pd.DataFrame) -> str:
    """The table as Markdown, in percent, with a column per scenario."""
    wide = table.set_index(["quantity", "scenario"])["share"].unstack(sort=False)  # noqa: PD010
    lines = [f"| | {' | '.join(wide.columns)} |", "|---" * (1 + wide.shape[1]) + "|"]
    for quantity, row in wide.iterrows():
        cells = ["" if np.isnan(share) else f"{100 * share:.1f}" for share in row]
        lines.append(f"| {quantity} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    given = command_line(__doc__, SCENARIOS, trials=1000, permutations=499, seed=SEED)
    tables, trials = [], []
    for scenario in given.scenarios:
        one = partial(trial, scenario=scenario, n_permutations=given.permutations, seed=given.seed)
        rows = pd.DataFrame(done_trials(one, scenario, given))
        trials.append(rows.assign(scenario=scenario))
        tables.append(summary(scenario, rows))
    pd.concat(trials).to_csv(given.out / "brain_trials.tsv", sep="\t", index=False)
    table = pd.concat(tables, ignore_index=True)
    table.to_csv(given.out / "brain.tsv", sep="\t", index=False)
    (given.out / "brain.md").write_text(markdown(table), encoding="utf-8")
    print(markdown(table))


if __name__ == "__main__":
    main()
