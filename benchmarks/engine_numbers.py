"""Ridge regression of numbers against KernelRidge in scikit-learn's GridSearchCV.

    python benchmarks/engine_numbers.py                  # some minutes
    python benchmarks/engine_numbers.py --workload regions

One outer fold and one outcome, CPU time on one thread, both sides in the same run and on the same
splits: 99 people, 10 inner folds, 19 penalties. Both regress confounds out of features and outcome,
standardise and fit inside each training set. The chosen penalty and the outer predictions of both
sides are compared; a difference ends the run. The engine's time is that of 1,001 outcomes
together, the Gram matrices shared out over them. For voxels one fit of scikit-learn is timed and
counted up to the 191 of a search. Features are made up. Writes results/benchmarks/numbers.tsv.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from engine import N_PERMUTATIONS, SCHEME, SEED, WORKLOADS, N, cpu, made_up_study
from sklearn.kernel_ridge import KernelRidge

# Importing the engine has put the package and the tests' helpers on the path.
from beside_baseline import BesideBaseline, searched  # isort: skip
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.ridge.cross_validation import cross_validate
from mri_response.learning.learners.ridge.options import RidgeOptions
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.splits import Fold, draw_folds

POWERS = range(12, -7, -1)  # of two, times the number of features: the default grid
TOLERANCE = 1e-6  # of predictions, in standard deviations of the outcome


def plain_side(
    table: np.ndarray, outcome: np.ndarray, fold: Fold, grid: tuple[float, ...], index: int
) -> tuple[np.ndarray, float]:
    """Predictions of scikit-learn for the outer test rows, and CPU seconds of a whole search."""
    train, test = fold.sets.train[0], fold.sets.test[0]
    if table.shape[1] < 10_000:
        search, seconds = cpu(searched, KernelRidge(), {"alpha": grid}, table, outcome, fold, 3)
        assert search.best_params_["regressor__alpha"] == grid[index], "another penalty"
        predicted, of_test = cpu(search.predict, table[test])
        return predicted, seconds + of_test
    model = BesideBaseline(KernelRidge(alpha=grid[index]), n_given=3)
    model, seconds = cpu(model.fit, table[train], outcome[train])
    predicted, of_test = cpu(model.predict, table[test])
    return predicted, (seconds + of_test) * (SCHEME.inner_folds * len(grid) + 1)


def ratio(workload: str, n_plain: int) -> dict:
    """CPU time of both sides for one outer fold and one outcome."""
    p = WORKLOADS[workload]
    features, confounds, people = made_up_study(p)
    # The features say something of the outcome, so that penalties inside the grid are chosen.
    outcome = np.random.default_rng([SEED, p]).normal(size=N) + confounds[:, 0]
    outcome += features[:, :: max(1, p // 20)].sum(axis=1) / 2
    people = people.assign(label=outcome)
    folds = draw_folds(people["participant_id"], outcome, SCHEME, SEED)[:10]
    grid = tuple(p * 2.0**k for k in POWERS)
    options = RidgeOptions(grid, alpha_relative=False)
    exchanged = ExchangedResiduals(people, confounds)
    grams, gram_seconds = cpu(fold_grams, features, confounds, folds, options)
    n_outcomes = N_PERMUTATIONS + 1
    table = np.hstack([features, confounds])
    plain_times, engine_times, differences, observed = [], [], [], set()
    for number in range(n_plain):
        position = number % len(folds)
        fold = folds[position]
        result, seconds = cpu(
            cross_validate,
            Sample(None, confounds, np.ones(N)),
            FixedFolds([fold]),
            Design(exchanged, SEED),
            [range(n_outcomes)],
            options,
            grams[position : position + 1],
        )
        engine_times.append((seconds + gram_seconds / len(folds)) / n_outcomes)
        index = int(result.candidate[number, 0])
        observed.add(int(result.candidate[0, 0]))
        predicted, seconds = plain_side(table, result.labels[number], fold, grid, index)
        plain_times.append(seconds)
        own = result.decision[number, 0, fold.sets.test[0]]
        differences.append(np.abs(predicted - own).max() / outcome.std())
        assert differences[-1] < TOLERANCE, f"predictions differ by {differences[-1]:.2g} SD"
    return {
        "workload": workload,
        "n": N,
        "p": p,
        "outcomes": n_outcomes,
        "compared": n_plain,
        "penalties_of_observed": ", ".join(f"2^{POWERS[index]}" for index in sorted(observed)),
        "plain_s": float(np.mean(plain_times)),
        "plain_counted_up": p >= 10_000,
        "engine_ms": 1000 * float(np.mean(engine_times)),
        "ratio": float(np.sum(plain_times) / np.sum(engine_times)),
        "largest_difference_sd": float(np.max(differences)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workload", choices=list(WORKLOADS), action="append")
    parser.add_argument("--compared", type=int, default=8, help="outcomes that scikit-learn does")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame([ratio(name, given.compared) for name in given.workload or WORKLOADS])
    table.to_csv(given.out / "numbers.tsv", sep="\t", index=False)
    print(table.T.to_string(header=False), flush=True)


if __name__ == "__main__":
    main()
