"""Nested cross-validation of the ridge regression: what one job computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.jobs import JobResult
from mri_response.learning.learners.choice import smallest_error
from mri_response.learning.learners.ridge.closed_form import fit_ridge
from mri_response.learning.learners.ridge.options import RidgeOptions
from mri_response.learning.preparation.training_sets import TrainingSets, training_sets
from mri_response.learning.splits import REFIT, Fold, mean_where_tested


class NumberFold(NamedTuple):
    """What an outer fold says of m outcomes.

    Attributes
    ----------
    predicted, reduced : numpy.ndarray, shape (m, N)
        Predictions of the test rows with the features, and from baseline and confounds alone; NaN
        for all other rows.
    chosen : numpy.ndarray of int, shape (m,)
        Position of the chosen candidate.
    beta, fitted : numpy.ndarray, shape (m, N)
        Dual variables, and what the features add in the training rows; 0 for all other rows.
    inner : numpy.ndarray, shape (N,)
        Predictions of the first outcome in the inner folds, at the chosen candidate; NaN for rows
        that no inner fold tests.
    """

    predicted: np.ndarray
    reduced: np.ndarray
    chosen: np.ndarray
    beta: np.ndarray
    fitted: np.ndarray
    inner: np.ndarray


def cross_validate(
    sample: Sample,
    folds: FixedFolds,
    design: Design,
    blocks: Sequence[range],
    options: RidgeOptions,
    grams: Sequence[np.ndarray] | None = None,
) -> JobResult:
    """Run some outer folds for the outcomes of some blocks.

    Parameters
    ----------
    sample : Sample
        People. Confounds are the predictors without penalty: baseline and confounds.
    folds : FixedFolds
        Outer folds or the refit.
    design : Design
        Whose residuals are exchanged, and the seed.
    blocks : sequence of range
        Permutation indices; 0 is the observed outcome.
    options : RidgeOptions
        Grid of penalties and preparation of the features.
    grams : sequence of numpy.ndarray, shape (1 + n_inner, N, N), optional
        As from `fold_grams`, which is called by default.

    Returns
    -------
    JobResult
    """
    n_rows = len(sample.weights)
    if grams is None:
        grams = fold_grams(sample.features, sample.confounds, folds.folds, options)
    permutations = [index for block in blocks for index in block]
    drawn, outcomes = design.labellings(permutations, n_rows)
    found = []
    for gram, fold in zip(grams, folds.folds, strict=True):
        sets = training_sets(sample.confounds, fold.sets.train)
        found.append(nested_fold(gram, fold, sets, outcomes, sample.weights, options))
    shape = len(permutations), len(found), n_rows

    def stacked(name: str, rows: slice = slice(None)) -> np.ndarray:
        parts = [getattr(one, name)[rows] for one in found]
        return np.stack(parts, axis=1) if parts else np.empty((shape[0], 0, n_rows))[rows]

    kept = {}
    if permutations[0] == 0:
        kept = {
            "train": np.array([fold.sets.train[0] for fold in folds.folds]).reshape(-1, n_rows),
            "fitted": stacked("fitted", slice(1))[0],
            "beta": stacked("beta", slice(1))[0],
            # The mean is part of the regression on what has no penalty.
            "intercept": np.zeros(len(found)),
            "inner_decision": np.array([one.inner for one in found]).reshape(-1, n_rows),
        }
    permuted = slice(1 if permutations[0] == 0 else 0, None)
    if folds.folds and folds.folds[0].repeat == REFIT:
        kept["null_fitted"] = stacked("fitted", permuted)[:, 0]
    elif permutations[0] == 0:
        first = slice(1, 1 + len(blocks[1]) if len(blocks) > 1 else 1)
        kept["null_beta"] = stacked("beta", first).transpose(1, 0, 2).astype(np.float32)
    return JobResult(
        permutation=np.array(permutations),
        repeat=np.array([fold.repeat for fold in folds.folds], dtype=int),
        outer_fold=np.array([fold.outer_fold for fold in folds.folds], dtype=int),
        labels=drawn.T,
        decision=stacked("predicted"),
        reduced=stacked("reduced"),
        candidate=np.array([one.chosen for one in found], dtype=np.int16).reshape(-1, shape[0]).T,
        fits=np.array(sum(len(fold.sets.train) for fold in folds.folds) * shape[0]),
        fallback=np.array(0),
        unconverged=np.array(0),
        **kept,
    )


def nested_fold(
    gram: np.ndarray,
    fold: Fold,
    sets: TrainingSets,
    outcomes: np.ndarray,
    weights: np.ndarray,
    options: RidgeOptions,
) -> NumberFold:
    """Choose a penalty on the inner folds and fit it to the outer training rows.

    Parameters
    ----------
    gram : numpy.ndarray, shape (1 + n_inner, N, N)
        Gram matrices of the outer training set and of the inner ones.
    fold : Fold
        The outer fold with its inner folds.
    sets : TrainingSets
        The regression on the predictors without penalty in each of these training sets.
    outcomes : numpy.ndarray, shape (N, m)
        One outcome per column.
    weights : numpy.ndarray, shape (N,)
        Weight of each row in the inner folds, so that people count.
    options : RidgeOptions
        Grid of penalties.

    Returns
    -------
    NumberFold
    """
    n, m = outcomes.shape
    given = {"alpha": options.alpha, "relative": options.alpha_relative}
    error = np.zeros((len(options.alpha), m))
    inner = np.zeros((len(options.alpha), len(gram) - 1, n))
    for index in range(1, len(gram)):
        test = fold.sets.test[index]
        fit, reduced = fit_ridge(gram[index], sets, index, outcomes, **given)
        predicted = reduced[test] + fit.added(gram[index], test)
        error += np.einsum("i,gim->gm", weights[test], (outcomes[test] - predicted) ** 2)
        inner[:, index - 1, test] = predicted[..., 0]
    chosen = smallest_error(error)
    fit, reduced = fit_ridge(gram[0], sets, 0, outcomes, **given)
    train, test = fold.sets.train[0], fold.sets.test[0]
    predicted, without = np.full((2, m, n), np.nan)
    without[:, test] = reduced[test].T
    predicted[:, test] = (reduced[test] + fit.added_by(gram[0], test, chosen)).T
    beta, fitted = np.zeros((2, m, n))
    beta[:, train] = fit.dual(chosen).T
    fitted[:, train] = fit.added_by(gram[0], train, chosen).T
    left_out = mean_where_tested(inner[chosen[0]], fold.sets.test[1:])
    return NumberFold(predicted, without, chosen, beta, fitted, left_out)
