"""Nested cross-validation of a support vector classifier on Gram matrices or on rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mri_response.learning.learners.choice import InnerScore
from mri_response.learning.learners.svc.fold_rows import FoldRows
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.learners.svc.solver.admm import AdmmSolver
from mri_response.learning.learners.svc.solver.low_rank import LowRankSolver
from mri_response.learning.learners.svc.solver.pivoting import PivotingSolver, times
from mri_response.learning.splits import FoldSets, mean_where_tested


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
        Intercept of the outer model.
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
    prepared: np.ndarray | FoldRows,
    sets: FoldSets,
    labels: np.ndarray,
    weights: np.ndarray,
    options: SvcOptions,
) -> FoldResult:
    """Choose C on the inner folds, fit on the outer training rows, predict the outer test rows.

    Parameters
    ----------
    prepared : numpy.ndarray, shape (1 + n_inner, n, n), or FoldRows
        Gram matrix of each training set, see `mri_response.learning.gram.gram_matrices`, or its
        prepared rows.
    sets : FoldSets
        Masks of the outer fold and of its inner folds.
    labels : numpy.ndarray of int, shape (n, m)
        1 = positive class, 0 = the other; one column per labelling.
    weights : numpy.ndarray, shape (n,)
        Weight of each row in the inner score, so that people count, not rows.
    options : SvcOptions
        The grid of C, the class weights and the tolerance are used.

    Returns
    -------
    FoldResult

    Notes
    -----
    C has the highest balanced accuracy of the decisions of all inner folds together; of tied values
    the smallest.
    """
    C = np.array(options.C)
    signs = 2.0 * labels - 1.0
    n_inner = len(sets.train) - 1
    score = InnerScore(len(C), labels.shape[1])
    n_solved = n_fallback = 0
    for index in range(1, n_inner + 1):
        train, test = sets.train[index], sets.test[index]
        problem = _problem(prepared, index, train, options)
        solver = problem.solver
        grid = C / solver.mean_square_norm if options.C_relative else C
        for position, solution in enumerate(solver.path(signs[train], grid)):
            decision = problem.products(test, solution.beta) + solution.intercept
            score.add(position, labels[test], decision, weights[test])
        n_solved += solver.n_solved
        n_fallback += solver.n_fallback
    chosen = score.chosen()

    train, test = sets.train[0], sets.test[0]
    problem = _problem(prepared, 0, train, options)
    solver = problem.solver
    grid = C / solver.mean_square_norm if options.C_relative else C
    solution = solver.at(signs[train], grid[chosen])
    decision = problem.products(test, solution.beta) + solution.intercept
    return FoldResult(
        decision,
        chosen,
        solution.beta,
        solution.intercept,
        problem.products(train, solution.beta),
        solution.at_bound[1],
        n_solved + solver.n_solved,
        n_fallback + solver.n_fallback,
    )


def nested_folds_of_one_labelling(
    grams: Sequence[np.ndarray],
    folds: Sequence[FoldSets],
    labels: np.ndarray,
    weights: np.ndarray,
    options: SvcOptions,
) -> list[FoldResult]:
    """Do what `nested_fold` does for a single labelling, several outer folds at once.

    This is much quicker where folds are redrawn with every labelling, and much slower for many
    labellings of one fold. The result of a fold does not depend on which others are there.

    Parameters
    ----------
    grams : sequence of numpy.ndarray, shape (1 + n_inner, n, n)
        Gram matrices of each fold.
    folds : sequence of FoldSets
        Masks of each outer fold and of its inner folds.
    labels : numpy.ndarray of int, shape (n,)
        1 = positive class, 0 = the other.
    weights : numpy.ndarray, shape (n,)
        Weight of each row in the inner score, so that people count, not rows.
    options : SvcOptions
        The grid of C, the class weights and the tolerance are used.

    Returns
    -------
    list of FoldResult
        One per fold, with one labelling (m = 1).
    """
    C, signs = np.array(options.C), 2.0 * labels - 1.0
    how = {"balanced": options.balanced, "tolerance": options.tolerance}
    gram = np.concatenate([matrices[1:] for matrices in grams])
    test = np.concatenate([sets.test[1:] for sets in folds])
    inner = PivotingSolver(gram, np.concatenate([sets.train[1:] for sets in folds]), **how)
    # Each inner set by itself, as (rows, folds); rows outside the test folds weigh 0.
    n_inner = len(test) // len(folds)
    inside = np.where(test, weights, 0.0).reshape(len(folds), n_inner, -1)
    score = InnerScore(len(C), len(folds))
    for position, solution in enumerate(inner.path(signs, inner.grid(C, options.C_relative))):
        decision = times(gram, solution.beta.T) + solution.intercept[:, None]
        decision = np.where(test, decision, 0.0).reshape(inside.shape)
        for index in range(n_inner):
            own, weight = decision[:, index].T, inside[:, index].T
            score.add(position, np.broadcast_to(labels[:, None], own.shape), own, weight)
    chosen = score.chosen()

    gram = np.stack([matrices[0] for matrices in grams])
    outer = PivotingSolver(gram, np.stack([sets.train[0] for sets in folds]), **how)
    solution = next(outer.path(signs, outer.grid(C[chosen][None], options.C_relative)))
    fitted = times(gram, solution.beta.T)
    solved, fallback = (
        of_inner.reshape(len(folds), -1).sum(axis=1) + of_outer
        for of_inner, of_outer in (
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
    prepared: np.ndarray | FoldRows,
    sets: FoldSets,
    labels: np.ndarray,
    C: float,
    options: SvcOptions,
) -> np.ndarray:
    """Decision value of each outer training row in the inner fold that left it out, at one C.

    Parameters
    ----------
    prepared : numpy.ndarray, shape (1 + n_inner, n, n), or FoldRows
        As in `nested_fold`.
    sets : FoldSets
        Masks of the outer fold and of its inner folds.
    labels : numpy.ndarray of int, shape (n,)
        1 = positive class, 0 = the other.
    C : float
        The value of the grid that was chosen.
    options : SvcOptions
        The class weights, the tolerance and `C_relative` are used.

    Returns
    -------
    numpy.ndarray, shape (n,)
        The mean over the inner repeats; NaN for rows that no inner fold tests.
    """
    signs = 2.0 * labels - 1.0
    if isinstance(prepared, FoldRows):
        decision = np.zeros(sets.test[1:].shape)
        for index, (train, test) in enumerate(zip(sets.train[1:], sets.test[1:], strict=True)):
            problem = _problem(prepared, index + 1, train, options)
            at = C / problem.solver.mean_square_norm if options.C_relative else C
            solution = problem.solver.at(signs[train, None], np.array([at]))
            products = problem.products(test, solution.beta)
            decision[index, test] = (products + solution.intercept)[:, 0]
        return mean_where_tested(decision, sets.test[1:])
    how = {"balanced": options.balanced, "tolerance": options.tolerance}
    inner = PivotingSolver(prepared[1:], sets.train[1:], **how)
    solution = next(inner.path(signs, inner.grid(np.array([C]), options.C_relative)))
    decision = times(prepared[1:], solution.beta.T) + solution.intercept[:, None]
    return mean_where_tested(decision, sets.test[1:])


class _Problem(NamedTuple):
    """A training set with its solver.

    `products(of, beta)` are the products of some rows with the training rows, summed with the
    signed dual variables: decision values without the intercept.
    """

    solver: AdmmSolver
    products: Callable[[np.ndarray, np.ndarray], np.ndarray]


def _problem(
    prepared: np.ndarray | FoldRows, index: int, train: np.ndarray, options: SvcOptions
) -> _Problem:
    how = {"balanced": options.balanced, "tolerance": options.tolerance}
    matrix = prepared[index]
    if isinstance(prepared, FoldRows):
        own = matrix[train]
        return _Problem(LowRankSolver(own, **how), lambda of, beta: matrix[of] @ (own.T @ beta))
    own = matrix[np.ix_(train, train)]
    return _Problem(AdmmSolver(own, **how), lambda of, beta: matrix[np.ix_(of, train)] @ beta)
