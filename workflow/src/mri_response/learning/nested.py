"""Nested cross-validation of a support vector classifier on precomputed Gram matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mri_response.learning.solver.admm import AdmmSolver
from mri_response.learning.solver.pivoting import PivotingSolver, times
from mri_response.learning.splits import FoldSets, mean_where_tested

SCORE_TOLERANCE = 1e-9  # inner scores closer than this are tied; the smallest C wins


class FoldResult(NamedTuple):
    """What one outer fold says of m labellings.

    Attributes
    ----------
    decision : numpy.ndarray, shape (n_test, m)
        Decision values of the outer test rows.
    candidate : numpy.ndarray of int, shape (m,)
        Chosen position in the grid of C.
    beta : numpy.ndarray, shape (n_train, m)
        Signed dual variables of the outer model.
    intercept : numpy.ndarray, shape (m,)
    fitted : numpy.ndarray, shape (n_train, m)
        Decision values of the outer training rows, without the intercept.
    plateau : numpy.ndarray of bool, shape (m,)
        Whether every dual variable of the outer model is at its bound.
    n_solved, n_fallback : int
        Problems solved, and how many of them by LIBSVM.
    """

    decision: np.ndarray
    candidate: np.ndarray
    beta: np.ndarray
    intercept: np.ndarray
    fitted: np.ndarray
    plateau: np.ndarray
    n_solved: int
    n_fallback: int


def nested_fold(
    gram: np.ndarray,
    sets: FoldSets,
    labels: np.ndarray,
    row_weights: np.ndarray,
    C: np.ndarray,
    *,
    C_relative: bool = False,
    balanced: bool = True,
    tolerance: float = 1e-6,
) -> FoldResult:
    """Choose C on the inner folds, fit on the outer training rows, predict the outer test rows.

    Parameters
    ----------
    gram : numpy.ndarray, shape (1 + n_inner, n, n)
        Gram matrix of each training set, see `mri_response.learning.gram.gram_matrices`.
    sets : FoldSets
    labels : numpy.ndarray of int, shape (n, m)
        1 = positive class, 0 = the other; one column a labelling.
    row_weights : numpy.ndarray, shape (n,)
        Weight of each row in the inner score, so that people count, not rows.
    C : numpy.ndarray, shape (n_C,)
        Ascending.
    C_relative : bool
        Values of C are divided by the mean squared norm of the training features.
    balanced : bool
        Class weights from the labels of the training set at hand.
    tolerance : float
        Largest accepted optimality gap of a solution.

    Returns
    -------
    FoldResult

    Notes
    -----
    C has the highest mean balanced accuracy over the inner folds; of tied values the smallest. An
    inner test fold with one class scores the recall of that class.
    """
    signs = 2.0 * labels - 1.0
    n_inner = len(sets.train) - 1
    score = np.zeros((len(C), labels.shape[1]))
    n_solved = n_fallback = 0
    for index in range(1, n_inner + 1):
        train, test = sets.train[index], sets.test[index]
        solver = _solver(gram[index], train, balanced, tolerance)
        cross = gram[index][np.ix_(test, train)]
        grid = C / solver.mean_square_norm if C_relative else C
        for position, solution in enumerate(solver.path(signs[train], grid)):
            predicted = cross @ solution.beta + solution.intercept > 0
            score[position] += recall_mean(labels[test], predicted, row_weights[test])
        n_solved += solver.n_solved
        n_fallback += solver.n_fallback
    chosen = chosen_candidate(score / n_inner)

    train, test = sets.train[0], sets.test[0]
    solver = _solver(gram[0], train, balanced, tolerance)
    grid = C / solver.mean_square_norm if C_relative else C
    solution = solver.at(signs[train], grid[chosen])
    decision = gram[0][np.ix_(test, train)] @ solution.beta + solution.intercept
    return FoldResult(
        decision,
        chosen,
        solution.beta,
        solution.intercept,
        solver.gram @ solution.beta,
        solution.at_bound[1],
        n_solved + solver.n_solved,
        n_fallback + solver.n_fallback,
    )


def nested_folds_of_one(
    grams: Sequence[np.ndarray],
    folds: Sequence[FoldSets],
    labels: np.ndarray,
    row_weights: np.ndarray,
    C: np.ndarray,
    *,
    C_relative: bool = False,
    balanced: bool = True,
    tolerance: float = 1e-6,
) -> list[FoldResult]:
    """Do what `nested_fold` does for a single labelling, several outer folds at once.

    For folds that are redrawn with every labelling: much quicker there, and much slower for many
    labellings of one fold. The result of a fold does not depend on which others are there.

    Parameters
    ----------
    grams : sequence of numpy.ndarray, shape (1 + n_inner, n, n)
        One a fold.
    folds : sequence of FoldSets
    labels : numpy.ndarray of int, shape (n,)
        1 = positive class, 0 = the other.
    row_weights, C, C_relative, balanced, tolerance
        As in `nested_fold`.

    Returns
    -------
    list of FoldResult
        Of one labelling, one a fold.
    """
    signs = 2.0 * labels - 1.0
    options = {"balanced": balanced, "tolerance": tolerance}
    gram = np.concatenate([matrices[1:] for matrices in grams])
    test = np.concatenate([sets.test[1:] for sets in folds])
    inner = PivotingSolver(gram, np.concatenate([sets.train[1:] for sets in folds]), **options)
    weights = np.where(test, row_weights, 0.0).T
    columns = np.broadcast_to(labels[:, None], weights.shape)
    score = np.empty((len(C), len(folds)))
    for position, solution in enumerate(inner.path(signs, inner.grid(C, C_relative))):
        decision = times(gram, solution.beta.T).T + solution.intercept
        recall = recall_mean(columns, decision > 0, weights)
        score[position] = recall.reshape(len(folds), -1).mean(axis=1)
    chosen = chosen_candidate(score)

    gram = np.stack([matrices[0] for matrices in grams])
    outer = PivotingSolver(gram, np.stack([sets.train[0] for sets in folds]), **options)
    solution = next(outer.path(signs, outer.grid(C[chosen][None], C_relative)))
    fitted = times(gram, solution.beta.T)
    solved, fallback = (
        inside.reshape(len(folds), -1).sum(axis=1) + outside
        for inside, outside in (
            (inner.n_solved, outer.n_solved),
            (inner.n_fallback, outer.n_fallback),
        )
    )
    return [
        FoldResult(
            fitted[index, sets.test[0], None] + solution.intercept[index],
            chosen[[index]],
            solution.beta[sets.train[0]][:, [index]],
            solution.intercept[[index]],
            fitted[index, sets.train[0], None],
            solution.at_bound[1, [index]],
            int(solved[index]),
            int(fallback[index]),
        )
        for index, sets in enumerate(folds)
    ]


def inner_decisions(
    gram: np.ndarray,
    sets: FoldSets,
    labels: np.ndarray,
    C: float,
    *,
    C_relative: bool = False,
    balanced: bool = True,
    tolerance: float = 1e-6,
) -> np.ndarray:
    """Decision value of each outer training row in the inner fold that left it out, at one C.

    Parameters
    ----------
    gram, sets
        As in `nested_fold`.
    labels : numpy.ndarray of int, shape (n,)
        1 = positive class, 0 = the other.
    C : float
        The chosen one.
    C_relative, balanced, tolerance
        As in `nested_fold`.

    Returns
    -------
    numpy.ndarray, shape (n,)
        The mean over the inner repeats; NaN for rows that no inner fold tests.
    """
    inner = PivotingSolver(gram[1:], sets.train[1:], balanced=balanced, tolerance=tolerance)
    solution = next(inner.path(2.0 * labels - 1.0, inner.grid(np.array([C]), C_relative)))
    decision = times(gram[1:], solution.beta.T) + solution.intercept[:, None]
    return mean_where_tested(decision, sets.test[1:])


def recall_mean(labels: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Balanced accuracy of each column; where one class is missing, the recall of the other.

    Parameters
    ----------
    labels, predicted : numpy.ndarray, shape (n, m)
    weights : numpy.ndarray, shape (n,) or (n, m)

    Returns
    -------
    numpy.ndarray, shape (m,)
    """
    positive = labels == 1
    weight = weights.reshape(len(weights), -1)
    total_positive = (weight * positive).sum(axis=0)
    total_negative = (weight * ~positive).sum(axis=0)
    hit_positive = (weight * (positive & predicted)).sum(axis=0)
    hit_negative = (weight * (~positive & ~predicted)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        sensitivity = hit_positive / total_positive
        specificity = hit_negative / total_negative
    both = (sensitivity + specificity) / 2
    return np.where(
        total_positive == 0, specificity, np.where(total_negative == 0, sensitivity, both)
    )


def chosen_candidate(score: np.ndarray) -> np.ndarray:
    """Position of the best candidate, of tied ones the first.

    Parameters
    ----------
    score : numpy.ndarray, shape (n_candidates, m)
        Mean over the inner folds.

    Returns
    -------
    numpy.ndarray of int, shape (m,)
    """
    return np.argmax(score >= score.max(axis=0) - SCORE_TOLERANCE, axis=0)


def _solver(gram: np.ndarray, train: np.ndarray, balanced: bool, tolerance: float) -> AdmmSolver:
    return AdmmSolver(gram[np.ix_(train, train)], balanced=balanced, tolerance=tolerance)
