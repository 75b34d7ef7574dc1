"""The engine against plain scikit-learn, on the same outer fold, in alternation, in CPU time.

    python benchmarks/engine.py                       # regions and voxels, some minutes
    python benchmarks/engine.py --workload regions

Prints a table and writes it to results/benchmarks/engine.tsv. Both sides run on one thread. In the
same run the chosen C and the outer predictions of both sides are compared; a difference ends it.
Plain scikit-learn is a Pipeline (confound regression, z-score, linear SVC) in a GridSearchCV. Where
its whole search would take days, single fits are timed and counted up, and the table says so.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from mri_response.crossval import nested_fold
from mri_response.resampling import ModelOptions, fold_grams
from mri_response.splits import Fold, Scheme, draw_folds

SEED = 20260117
N, N_POSITIVE = 99, 52
SCHEME = Scheme(repeats=10, outer_folds=10, inner_repeats=1, inner_folds=10)
GRID = tuple(2.0**k for k in range(-4, 7))
N_PERMUTATIONS = 1000
WORKLOADS = {"regions": 150, "voxels": 400_000}


class ConfoundRegressor(TransformerMixin, BaseEstimator):
    """Linear regression of the last columns out of the others, as a scikit-learn transformer."""

    def __init__(self, n_confounds: int) -> None:
        self.n_confounds = n_confounds

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> ConfoundRegressor:
        features, confounds = X[:, : -self.n_confounds], X[:, -self.n_confounds :]
        self.model_ = LinearRegression().fit(confounds, features)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        return X[:, : -self.n_confounds] - self.model_.predict(X[:, -self.n_confounds :])


def plain_pipeline(n_confounds: int) -> Pipeline:
    """Confound regression, z-score and linear classifier, each fitted on the training rows."""
    return Pipeline(
        [
            ("confounds", ConfoundRegressor(n_confounds)),
            ("scale", StandardScaler()),
            ("svc", SVC(kernel="linear", class_weight="balanced", tol=1e-6)),
        ]
    )


def made_up_study(p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features with shared structure, confounds and labels without any signal."""
    rng = np.random.default_rng([SEED, p])
    confounds = rng.normal(size=(N, 3))
    features = np.empty((N, p), dtype=np.float32 if p > 10_000 else np.float64)
    shared = rng.normal(size=(N, 20))
    for start in range(0, p, 10_000):
        columns = slice(start, min(start + 10_000, p))
        width = columns.stop - start
        features[:, columns] = 0.3 * shared @ rng.normal(size=(20, width))
        features[:, columns] += rng.normal(size=(N, width))
    labels = rng.permutation(np.arange(N) < N_POSITIVE).astype(int)
    return features, confounds, labels


def chosen(scores: np.ndarray) -> int:
    """Smallest C among those whose inner score is best, ties compared with a tolerance."""
    return int(np.flatnonzero(scores >= scores.max() - 1e-9)[0])


def plain_search(
    X: np.ndarray, y: np.ndarray, fold: Fold, options: ModelOptions
) -> tuple[int, np.ndarray]:
    """Search of one labelling in one outer fold by GridSearchCV; chosen C and decision values."""
    train = np.flatnonzero(fold.sets.train[0])
    place = {row: position for position, row in enumerate(train)}
    inner = [
        ([place[row] for row in np.flatnonzero(a)], [place[row] for row in np.flatnonzero(b)])
        for a, b in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True)
    ]
    search = GridSearchCV(
        plain_pipeline(3),
        {"svc__C": list(options.C)},
        scoring="balanced_accuracy",
        cv=inner,
        refit=lambda results: chosen(results["mean_test_score"]),
    ).fit(X[train], y[train])
    return search.best_index_, search.decision_function(X[fold.sets.test[0]])


def plain_fit(X: np.ndarray, y: np.ndarray, fold: Fold, C: float) -> np.ndarray:
    """One fit on the outer training rows; decision values of the outer test rows."""
    train, test = fold.sets.train[0], fold.sets.test[0]
    model = clone(plain_pipeline(3)).set_params(svc__C=C)
    return model.fit(X[train], y[train]).decision_function(X[test])


def cpu(function, *arguments):
    """Result and CPU seconds of a call."""
    start = time.process_time()
    result = function(*arguments)
    return result, time.process_time() - start


def benchmark(workload: str, n_labellings: int, n_plain: int) -> dict:
    """Time both sides on one outer fold and count up to the whole analysis."""
    p = WORKLOADS[workload]
    features, confounds, observed = made_up_study(p)
    options = ModelOptions(GRID)
    rng = np.random.default_rng([SEED, 1])
    labels = np.stack([observed, *(rng.permutation(observed) for _ in range(n_labellings - 1))], 1)
    folds = draw_folds([str(i) for i in range(N)], observed, SCHEME, SEED, repeats=[1])
    fold = folds[0]
    X = np.hstack([features, confounds])
    plain_times, engine_times = [], []
    whole = workload == "regions"
    _, gram_time = cpu(fold_grams, features, confounds, folds, options)
    gram = fold_grams(features, confounds, folds[:1], options)[0]
    for labelling in range(n_plain):
        result, seconds = cpu(nested_fold, gram, fold.sets, labels, np.ones(N), np.array(options.C))
        engine_times.append(seconds)
        if whole:
            (index, decision), seconds = cpu(plain_search, X, labels[:, labelling], fold, options)
            assert index == result.candidate[labelling], "the two sides chose another C"
        else:
            # One fit and prediction at the chosen C, instead of the 111 of the search.
            C = options.C[result.candidate[labelling]]
            decision, seconds = cpu(plain_fit, X, labels[:, labelling], fold, C)
            seconds *= SCHEME.inner_folds * len(GRID) + 1
        plain_times.append(seconds)
        difference = np.abs(decision - result.decision[:, labelling]).max()
        assert difference < 1e-5, f"decision values differ by {difference:.2g}"
    n_folds = SCHEME.repeats * SCHEME.outer_folds
    plain = float(np.mean(plain_times)) * n_folds * (N_PERMUTATIONS + 1)
    engine = float(np.mean(engine_times)) / n_labellings * n_folds * (N_PERMUTATIONS + 1)
    engine += gram_time * SCHEME.repeats
    return {
        "workload": workload,
        "n": N,
        "p": p,
        "labellings": n_labellings,
        "plain_s_per_fold_and_labelling": float(np.mean(plain_times)),
        "plain_counted_up": not whole,
        "engine_ms_per_fold_and_labelling": 1000 * float(np.mean(engine_times)) / n_labellings,
        "grams_cpu_s_all_repeats": gram_time * SCHEME.repeats,
        "plain_cpu_h_whole": plain / 3600,
        "engine_cpu_min_whole": engine / 60,
        "ratio": plain / engine,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workload", choices=list(WORKLOADS), action="append")
    parser.add_argument("--labellings", type=int, default=256)
    parser.add_argument("--plain", type=int, default=3, help="labellings that scikit-learn does")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/engine.tsv"))
    arguments = parser.parse_args()
    rows = [
        benchmark(workload, arguments.labellings, arguments.plain)
        for workload in arguments.workload or WORKLOADS
    ]
    table = pd.DataFrame(rows)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(arguments.out, sep="\t", index=False)
    print(table.T.to_string(header=False))


if __name__ == "__main__":
    main()
