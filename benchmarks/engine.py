"""The engine against plain scikit-learn, and what whole analyses cost.

    python benchmarks/engine.py                  # everything, about an hour on 2 cores
    python benchmarks/engine.py ratio --workload regions
    python benchmarks/engine.py whole
    python benchmarks/engine.py people
    python benchmarks/engine.py sites
    python benchmarks/engine.py growth

ratio
    One outer fold, in alternation, in CPU time on one thread, for folds blind to the labels and for
    stratified folds redrawn with every labelling. Plain scikit-learn is a Pipeline (confound
    regression, z-score, linear SVC) in a GridSearchCV. In the same run the chosen C and the outer
    predictions of both sides are compared; a difference ends it. Where a whole search would take
    hours a labelling, single fits at the chosen C are timed and counted up, and the table says so.
whole
    The analysis of 99 people, 10 x 10 outer and 10 inner folds, 11 values of C and 1,000
    permutations, from NIfTI maps where there are any, by the functions that the rules call, each
    job in a process of its own, two at a time: wall time, and the largest memory of a process.
people
    One training set of more people than features through the default grid of C, for one labelling
    and for 64 together, beside SVC(kernel="linear", tol=1e-6). LIBSVM keeps its kernel in single
    precision, and the table says how far its decision values are; the engine must agree with the
    solution that LIBSVM's support vectors have in double precision. Of thousands of people
    scikit-learn fits two values of C only, which are counted up. Features are independent or, where
    the tables of ../shared/data are there, as correlated as theirs.
sites
    289 real people of two sites with 178 regions, where the tables of ../shared/data are there: the
    observed labels through every outer fold, 10 x 10 folds and each site left out, in both forms
    that the engine has, beside a loop of scikit-learn (tests/oracle.py) on the default grid. Each
    outer fold must choose the same C, and decision values must agree to 1e-5.
growth
    Gram matrices of 5 outer folds and 256 labellings of one (64 where people outnumber features),
    counted up to all of them, for more people, features and permutations; with a figure.

All features are made up and hold no signal. Writes tables and a figure to results/benchmarks.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))
sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "tests"))

import oracle

from mri_response.features.voxels import voxel_features
from mri_response.inputs.images import Grid
from mri_response.learning.batches import batches, labelling_batches
from mri_response.learning.design import Design, FixedFolds, RedrawnFolds, Sample
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.jobs import load_arrays, save_arrays
from mri_response.learning.learners.svc import fold_rows
from mri_response.learning.learners.svc.cross_validation import cross_validate, prepare
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.learners.svc.solver.path_solver import PathSolver
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.splits import Fold, Scheme, draw_folds

PARTS = ("ratio", "whole", "people", "sites", "growth")
SEED = 20260117
N, SHARE_POSITIVE = 99, 52 / 99
SCHEME = Scheme(repeats=10, outer_folds=10, inner_repeats=1, inner_folds=10)
OPTIONS = SvcOptions(tuple(2.0**k for k in range(-4, 7)))
N_PERMUTATIONS = 1000
WORKLOADS = {"regions": 150, "voxels": 400_000}
JOB_FOLDS, JOB_PERMUTATIONS = 50, 10_000  # outer folds and permutations of a job


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


def made_up_study(p: int, n: int = N) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Features with shared structure, confounds, and people whose labels they say nothing of."""
    rng = np.random.default_rng([SEED, n, p])
    confounds = rng.normal(size=(n, 3))
    features = np.empty((n, p), dtype=np.float32 if p >= 10_000 else np.float64)
    shared = rng.normal(size=(n, 20))
    for start in range(0, p, 10_000):
        columns = slice(start, min(start + 10_000, p))
        width = columns.stop - start
        features[:, columns] = 0.3 * shared @ rng.normal(size=(20, width))
        features[:, columns] += rng.normal(size=(n, width))
    labels = rng.permutation(np.arange(n) < round(SHARE_POSITIVE * n)).astype(int)
    people = pd.DataFrame({"participant_id": [f"sub-{i:03}" for i in range(n)], "label": labels})
    return features, confounds, people


def chosen(scores: np.ndarray) -> int:
    """Smallest C among those whose inner score is best, ties compared with a tolerance."""
    return int(np.flatnonzero(scores >= scores.max() - 1e-9)[0])


def counts(model: Pipeline, X: np.ndarray, y: np.ndarray) -> dict[str, int]:
    """Tested people of each class, and those of them who are told rightly."""
    right = model.predict(X) == y
    found = {"positive": y == 1, "negative": y == 0}
    found |= {f"true_{name}": rows & right for name, rows in found.items()}
    return {name: int(rows.sum()) for name, rows in found.items()}


def pooled(results: dict[str, np.ndarray]) -> np.ndarray:
    """Balanced accuracy of the decisions of all inner folds together, for each candidate."""

    def total(name: str) -> np.ndarray:
        return sum(results[f"split{i}_test_{name}"] for i in range(SCHEME.inner_folds))

    return sum(total(f"true_{name}") / total(name) for name in ("positive", "negative")) / 2


def plain_search(X: np.ndarray, y: np.ndarray, fold: Fold) -> tuple[int, np.ndarray]:
    """Search of one labelling in one outer fold by GridSearchCV; chosen C and decision values."""
    train = np.flatnonzero(fold.sets.train[0])
    place = {row: position for position, row in enumerate(train)}
    inner = [
        ([place[row] for row in np.flatnonzero(a)], [place[row] for row in np.flatnonzero(b)])
        for a, b in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True)
    ]
    search = GridSearchCV(
        plain_pipeline(3),
        {"svc__C": list(OPTIONS.C)},
        scoring=counts,
        cv=inner,
        refit=lambda results: chosen(pooled(results)),
    ).fit(X[train], y[train])
    return search.best_index_, search.decision_function(X[fold.sets.test[0]])


def plain_fit(X: np.ndarray, y: np.ndarray, fold: Fold, C: float) -> np.ndarray:
    """One fit on the outer training rows; decision values of the outer test rows."""
    train, test = fold.sets.train[0], fold.sets.test[0]
    model = clone(plain_pipeline(3)).set_params(svc__C=C)
    return model.fit(X[train], y[train]).decision_function(X[test])


def cpu(function: Callable, *arguments: Any) -> tuple[Any, float]:
    """Result and CPU seconds of a call."""
    start = time.process_time()
    result = function(*arguments)
    return result, time.process_time() - start


def plain_side(
    X: np.ndarray, y: np.ndarray, fold: Fold, engine: dict, row: int, position: int, whole: bool
) -> float:
    """CPU seconds of plain scikit-learn for one labelling, once both sides are seen to agree."""
    candidate = engine.candidate[row, position]
    if whole:
        (index, decision), seconds = cpu(plain_search, X, y, fold)
        assert index == candidate, "the two sides chose another C"
    else:
        # One fit and prediction at the chosen C, instead of the 111 of the search.
        decision, seconds = cpu(plain_fit, X, y, fold, OPTIONS.C[candidate])
        seconds *= SCHEME.inner_folds * len(OPTIONS.C) + 1
    difference = np.abs(decision - engine.decision[row, position, fold.sets.test[0]]).max()
    assert difference < 1e-5, f"decision values differ by {difference:.2g}"
    return seconds


def ratio(workload: str, stratified: bool, n_plain: int) -> dict:
    """CPU time of both sides for one outer fold and one labelling."""
    p = WORKLOADS[workload]
    features, confounds, people = made_up_study(p)
    X = np.hstack([features, confounds])
    whole = workload == "regions"
    exchangeability = Exchangeability(people)
    scheme = SCHEME._replace(stratified=stratified)
    plain_times, engine_times = [], []
    n_folds = SCHEME.repeats * SCHEME.outer_folds
    if stratified:
        n_labellings = n_plain
        for index in range(1, n_plain + 1):
            result, seconds = cpu(
                cross_validate,
                Sample(features, confounds, np.ones(N)),
                RedrawnFolds(range(n_folds), people["participant_id"], scheme),
                Design(exchangeability, SEED),
                [range(index, index + 1)],
                OPTIONS,
            )
            engine_times.append(seconds / n_folds)
            labels = exchangeability.permuted(SEED, index)
            fold = draw_folds(
                people["participant_id"], labels, scheme, SEED, permutation=index, repeats=[1]
            )[0]
            plain_times.append(plain_side(X, labels, fold, result, 0, 0, whole))
    else:
        blocks = [range(257)]
        n_labellings = 257
        folds = draw_folds(people["participant_id"], people["label"].to_numpy(), scheme, SEED)[:-1]
        grams, gram_seconds = cpu(fold_grams, features, confounds, folds[:10], OPTIONS)
        shared = gram_seconds / 10 / (N_PERMUTATIONS + 1)
        for number in range(n_plain):
            position = number % 10
            result, seconds = cpu(
                cross_validate,
                Sample(None, None, np.ones(N)),
                FixedFolds(folds[position : position + 1]),
                Design(exchangeability, SEED),
                blocks,
                OPTIONS,
                grams[position : position + 1],
            )
            engine_times.append(seconds / n_labellings + shared)
            labels = exchangeability.permuted(SEED, number)
            plain_times.append(plain_side(X, labels, folds[position], result, number, 0, whole))
    return {
        "workload": workload,
        "folds": "stratified, redrawn" if stratified else "label-blind",
        "n": N,
        "p": p,
        "labellings": n_labellings,
        "compared": n_plain,
        "plain_s": float(np.mean(plain_times)),
        "plain_counted_up": not whole,
        "engine_ms": 1000 * float(np.mean(engine_times)),
        "ratio": float(np.sum(plain_times) / np.sum(engine_times)),
        "plain_cpu_h_whole": float(np.mean(plain_times)) * n_folds * (N_PERMUTATIONS + 1) / 3600,
    }


# ---------------------------------------------------------------- whole analyses
def in_processes(tasks: Sequence[tuple], jobs: int) -> float:
    """Run each task in a process of its own, some at a time; largest memory of one, MB."""
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=1) as pool:
        return max(pool.map(_task, tasks, chunksize=1))


def _task(task: tuple) -> float:
    function, *arguments = task
    function(*arguments)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_maps(folder: Path, p: int) -> np.ndarray:
    """Write a map of each person, as large as those of CAT12 at 1.5 mm; the mask of p voxels."""
    shape = (113, 137, 113)
    mask = np.zeros(np.prod(shape), dtype=bool)
    mask[np.random.default_rng(SEED).choice(mask.size, p, replace=False)] = True
    features, _, people = made_up_study(p)
    for row, who in zip(features, people["participant_id"], strict=True):
        values = np.zeros(mask.size, dtype=np.float32)
        values[mask] = row + 5
        image = nib.Nifti1Image(values.reshape(shape), np.diag([1.5, 1.5, 1.5, 1]))
        nib.save(image, folder / f"{who}.nii")
    return mask.reshape(shape)


def read_maps(folder: Path, mask: np.ndarray) -> None:
    """Read all maps into one matrix, as the rule does."""
    paths = sorted(folder.glob("sub-*.nii"))
    voxel_features(paths, mask, Grid.of(nib.load(paths[0])), folder / "features.npy")


def gram_job(folder: Path, workload: str, folds: range) -> None:
    """Gram matrices of some outer folds, as in the rule `kernels`."""
    _, confounds, people = made_up_study(WORKLOADS[workload] if workload == "regions" else 150)
    features = np.load(folder / "features.npy", mmap_mode="r")
    drawn = draw_folds(people["participant_id"], people["label"].to_numpy(), SCHEME, SEED)
    grams = fold_grams(features, confounds, drawn[folds.start : folds.stop], OPTIONS)
    save_arrays({f"{i}": gram for i, gram in enumerate(grams)}, folder / f"{folds.start}.npz")


def labelling_job(folder: Path, folds: range, blocks: list[range]) -> None:
    """Some labellings through some outer folds, as in the rule `cross_validate`."""
    _, _, people = made_up_study(150)
    drawn = draw_folds(people["participant_id"], people["label"].to_numpy(), SCHEME, SEED)
    result = cross_validate(
        Sample(None, None, np.ones(N)),
        FixedFolds(drawn[folds.start : folds.stop]),
        Design(Exchangeability(people), SEED),
        blocks,
        OPTIONS,
        list(load_arrays(folder / f"{folds.start}.npz").values()),
    )
    result.write(folder / f"{folds.start}_{blocks[0].start}_result.npz")


def whole(workload: str, jobs: int) -> dict:
    """Wall time of the whole analysis and the largest memory of a job."""
    parts = batches(SCHEME.repeats * SCHEME.outer_folds, JOB_FOLDS)
    labels = labelling_batches(N_PERMUTATIONS, JOB_PERMUTATIONS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        row = {"workload": workload, "n": N, "p": WORKLOADS[workload], "processes": jobs}
        steps = {
            "grams_s": [(gram_job, folder, workload, folds) for folds in parts],
            "labellings_s": [
                (labelling_job, folder, f, blocks) for f in parts for blocks in labels
            ],
        }
        if workload == "voxels":
            mask = write_maps(folder, WORKLOADS[workload])
            steps = {"read_s": [(read_maps, folder, mask)], **steps}
        else:
            np.save(folder / "features.npy", made_up_study(WORKLOADS[workload])[0])
        largest = 0.0
        for step, tasks in steps.items():
            start = time.perf_counter()
            largest = max(largest, in_processes(tasks, jobs))
            row[step] = time.perf_counter() - start
    row["whole_min"] = sum(row[step] for step in steps) / 60
    row["largest_job_mb"] = largest
    return row


# ---------------------------------------------------------------- more people than features
SIZES = ((450, 150), (838, 180), (5_000, 180))
DEFAULT_GRID = 2.0 ** np.arange(-12, 1)
TABLES = Path(__file__).resolve().parents[2] / "shared" / "data" / "schizophrenia"


def training_rows(n: int, p: int, correlated: bool) -> np.ndarray:
    """Standardised features without any signal, independent or as correlated as real ones."""
    rng = np.random.default_rng([SEED, n, p])
    rows = rng.normal(size=(n, p))
    if correlated:
        real = [pd.read_csv(path, sep="\t") for path in sorted(TABLES.glob("*/freesurfer.tsv"))]
        numbers = pd.concat(real, join="inner").select_dtypes("number").dropna(axis=1)
        numbers = numbers.loc[:, numbers.std() > 0].iloc[:, :p]
        # Some of the regions are sums of others: what they lack in rank becomes a little noise.
        correlation = np.corrcoef(numbers.to_numpy().T) + 1e-8 * np.eye(numbers.shape[1])
        rows = rows[:, : len(correlation)] @ np.linalg.cholesky(correlation).T
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


def more_people(n: int, p: int, correlated: bool) -> dict:
    """CPU time of both sides for one training set, and how far their decision values differ."""
    rows = training_rows(n, p, correlated)
    rng = np.random.default_rng([SEED, n])
    signs = np.where(rng.random((n, 64)) < SHARE_POSITIVE, 1.0, -1.0)

    def solved(m: int) -> list[np.ndarray]:
        solver = PathSolver(rows, rows=True)
        found = solver.path(signs[:, :m], DEFAULT_GRID)
        decision = rows @ (rows.T @ found.beta[:, :, 0].T) + found.intercept[:, 0]
        assert solver.n_fallback == 0
        return list(decision.T)

    solved(1)  # loads the compiled solver
    decision, alone = cpu(solved, 1)
    _, together = cpu(solved, 64)
    # From 2^-9 on some variables are inside their box, and LIBSVM's intercept is unique.
    compared = range(3, len(DEFAULT_GRID)) if n < 1000 else (3, len(DEFAULT_GRID) - 1)
    observed = signs[:, 0]
    weight = np.where(observed > 0, n / (2 * (observed > 0).sum()), n / (2 * (observed < 0).sum()))
    gram = rows @ rows.T
    plain, to_plain, largest = [], 0.0, 0.0
    for index in compared:
        c = DEFAULT_GRID[index]
        model, seconds = cpu(
            SVC(kernel="linear", C=c, class_weight="balanced", tol=1e-6).fit, rows, observed
        )
        plain.append(seconds)
        to_plain = max(to_plain, np.abs(model.decision_function(rows) - decision[index]).max())
        beta = np.zeros(n)
        beta[model.support_] = model.dual_coef_[0]
        beta, intercept = oracle.closed(gram, observed, c * weight, beta)
        largest = max(largest, np.abs(gram @ beta + intercept - decision[index]).max())
    assert largest < 1e-6, f"decision values differ by {largest:.2g}"
    plain_s = sum(plain) if n < 1000 else float(np.mean(plain)) * len(DEFAULT_GRID)
    return {
        "n": n,
        "p": rows.shape[1],
        "features": "correlated" if correlated else "independent",
        "plain_s": plain_s,
        "plain_counted_up": n >= 1000,
        "alone_s": alone,
        "ratio": plain_s / alone,
        "together_s": together / 64,
        "ratio_together": plain_s / together * 64,
        "largest_difference": largest,
        "largest_difference_single_precision": to_plain,
    }


# ---------------------------------------------------------------- two sites of real people
def two_sites() -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Regions, confounds and people of both sites, who are complete."""
    volume = "EstimatedTotalIntraCranialVol"
    cohorts = []
    for site in ("nimh", "cobre"):
        people = pd.read_csv(TABLES / site / "participants.tsv", sep="\t")
        regions = pd.read_csv(TABLES / site / "freesurfer.tsv", sep="\t")
        cohorts.append(people.merge(regions, on="participant_id", validate="1:1"))
    rows = pd.concat(cohorts, join="inner", ignore_index=True)
    rows = rows[rows["group"].isin(["patient", "control"])]
    rows = rows.dropna(subset=["age", "sex", volume]).reset_index(drop=True)
    people = rows[["participant_id", "age", "sex", "site"]].assign(
        tiv=rows[volume] / 1000, label=(rows["group"] == "patient").astype(int)
    )
    features = rows[[name for name in regions if name not in ("participant_id", volume)]]
    confounds = ConfoundCoding.of(people, ["age", "sex", "tiv"]).matrix(people)
    return features.to_numpy(float), confounds, people


class TimedSVC(SVC):
    """SVC that adds up the CPU seconds of its fits."""

    seconds = 0.0

    def fit(self, X: np.ndarray, y: np.ndarray) -> TimedSVC:
        _, seconds = cpu(super().fit, X, y)
        TimedSVC.seconds += seconds
        return self


def sites(outer: str) -> list[dict]:
    """Every outer fold of real people on both sides; one row for each form of the engine."""
    features, confounds, people = two_sites()
    labels = people["label"].to_numpy()
    scheme = Scheme(10, 10, 1, 10, outer=outer, left_out=tuple(people["site"]))
    folds = draw_folds(people["participant_id"], labels, scheme, SEED)[:-1]
    grid = [float(C) for C in DEFAULT_GRID]
    oracle.SVC, TimedSVC.seconds = TimedSVC, 0.0
    model = oracle.pipeline(confounds.shape[1]).set_params(svm__in_float64=True)
    data, expected = np.hstack([confounds, features]), []
    for fold in folds:
        train, *inner_train = map(np.flatnonzero, fold.sets.train)
        test, *inner_test = map(np.flatnonzero, fold.sets.test)
        inner = list(zip(inner_train, inner_test, strict=True))
        chosen = oracle.nested(model, data, labels, train, inner, grid)
        expected.append((chosen.candidate, test, chosen.model.decision_function(data[test])))
    rows = []
    for form, rows_per_feature in (("Gram matrices", np.inf), ("rows", 0.0)):
        fold_rows.ROWS_PER_FEATURE = rows_per_feature
        result, seconds = cpu(
            cross_validate,
            Sample(features, confounds, np.ones(len(people))),
            FixedFolds(folds),
            Design(Exchangeability(people), SEED),
            [range(1)],
            SvcOptions(tuple(grid)),
        )
        same = [result.candidate[0, at] == one for at, (one, _, _) in enumerate(expected)]
        assert all(same), f"another C in {len(same) - sum(same)} of {len(same)} outer folds"
        largest = max(
            np.abs(result.decision[0, at, test] - decision).max()
            for at, (_, test, decision) in enumerate(expected)
        )
        assert largest < 1e-5, f"decision values differ by {largest:.2g}"
        rows.append(
            {
                "outer": outer,
                "n": len(people),
                "p": features.shape[1],
                "outer_folds": len(folds),
                "engine_from": form,
                "plain_s": TimedSVC.seconds,
                "engine_s": seconds,
                "ratio": TimedSVC.seconds / seconds,
                "fallback": int(result.fallback),
                "values_of_C_chosen": len(set(result.candidate[0])),
                "largest_difference": largest,
            }
        )
    return rows


# ---------------------------------------------------------------- growth
def growth(n: int, p: int) -> dict:
    """CPU time of some Gram matrices and labellings, counted up to all outer folds."""
    features, confounds, people = made_up_study(p, n)
    folds = draw_folds(people["participant_id"], people["label"].to_numpy(), SCHEME, SEED)[:5]
    exchangeability = Exchangeability(people)
    sample = Sample(features, confounds, np.ones(n))
    grams, gram_seconds = cpu(prepare, sample, folds, OPTIONS)
    n_labellings = 256 if p > n else 64
    _, seconds = cpu(
        cross_validate,
        sample,
        FixedFolds(folds[:1]),
        Design(exchangeability, SEED),
        [range(1, 1 + n_labellings)],
        OPTIONS,
        grams[:1],
    )
    n_folds = SCHEME.repeats * SCHEME.outer_folds
    return {
        "n": n,
        "p": p,
        "grams_cpu_s": gram_seconds / len(folds) * n_folds,
        "labellings": n_labellings,
        "labelling_cpu_s": seconds / n_labellings * n_folds,
    }


def growth_figure(table: pd.DataFrame) -> Figure:
    """CPU time against people, and against permutations, for each number of features."""
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    permutations = np.array([0, 100, 300, 1000, 3000, 10_000])
    for (p, rows), colour, marker in zip(
        table.groupby("p"), ("#0072B2", "#D55E00", "#009E73"), "osD", strict=False
    ):
        style = {"color": colour, "marker": marker, "label": f"{p:,} features"}
        minutes = (rows["grams_cpu_s"] + N_PERMUTATIONS * rows["labelling_cpu_s"]) / 60
        left.plot(rows["n"], minutes, **style)
        one = rows[rows["n"] == rows["n"].min()].iloc[0]
        seconds = one["grams_cpu_s"] + (permutations + 1) * one["labelling_cpu_s"]
        right.plot(permutations + 1, seconds / 60, **style)
    smallest = table["n"].min()
    left.set(xlabel="People", ylabel="CPU time of the whole analysis (min)", yscale="log")
    left.set(title=f"{N_PERMUTATIONS:,} permutations", xticks=sorted(set(table["n"])))
    right.set(xlabel="Labellings", xscale="log", title=f"{smallest} people")
    left.legend(frameon=False)
    for axes in (left, right):
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS))
    parser.add_argument("--workload", choices=list(WORKLOADS), action="append")
    parser.add_argument("--compared", type=int, default=8, help="labellings that scikit-learn does")
    parser.add_argument("--jobs", type=int, default=2, help="processes of a whole analysis")
    parser.add_argument("--people", type=int, nargs="+", default=[99, 150, 200, 250, 350, 500])
    parser.add_argument("--features", type=int, nargs="+", default=[150, 10_000, 400_000])
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks"))
    given = parser.parse_args()
    parts, workloads = (
        given.parts or PARTS,
        given.workload or WORKLOADS,
    )
    if unknown := set(parts) - set(PARTS):
        parser.error(f"unknown part {sorted(unknown)[0]}: {', '.join(PARTS)}")
    if len(set(given.features)) > 3:
        parser.error("the figure has room for 3 numbers of features")
    given.out.mkdir(parents=True, exist_ok=True)
    # The solver's machine code is loaded once per process, which is no labelling's time.
    PathSolver(np.eye(2)).at(np.array([[1.0], [-1.0]]), np.array([1.0]))
    tables = {
        "ratio": lambda: [ratio(w, s, given.compared) for w in workloads for s in (False, True)],
        "whole": lambda: [whole(workload, given.jobs) for workload in workloads],
        "people": lambda: [
            more_people(n, p, kind)
            for n, p in SIZES
            for kind in (False, True)[: 1 + TABLES.is_dir()]
        ],
        "sites": lambda: [
            row
            for outer in ("leave_one_site_out", "k_fold")[: 2 * TABLES.is_dir()]
            for row in sites(outer)
        ],
        "growth": lambda: [growth(n, p) for n in given.people for p in given.features],
    }
    for part in parts:
        table = pd.DataFrame(tables[part]())
        table.to_csv(given.out / f"{part}.tsv", sep="\t", index=False)
        print(table.T.to_string(header=False), flush=True)
        if part == "growth":
            growth_figure(table).savefig(given.out / "growth.svg")
            growth_figure(table).savefig(given.out / "growth.png", dpi=200)


if __name__ == "__main__":
    main()
