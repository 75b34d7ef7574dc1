"""Nested cross-validation of a support vector classifier on Gram matrices or on rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from mri_response.learning.learners.choice import InnerScore
from mri_response.learning.learners.svc.fold_rows import FoldRows
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.learners.svc.solver.admm import AdmmSolver
from mri_response.learning.learners.svc.solver.path_solver import PathSolver
from mri_response.learning.splits import FoldSets, mean_where_tested

# Iterating large values of C for all labellings together is quicker than following each of them
# from as many people on as this, if they vary alike along all directions; with fewer labellings to
# share the cost of a training set, from more on.
ITERATED, SHARED = 32, 32


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
        problem = _problem(prepared, index, train, options, labels.shape[1])
        solver = problem.solver
        grid = C / solver.mean_square_norm if options.C_relative else C
        solution = solver.path(signs[train], grid)
        decision = problem.products(test, solution.beta) + solution.intercept[:, None]
        score.add_all(labels[test], decision, weights[test])
        n_solved += solver.n_solved
        n_fallback += solver.n_fallback
    chosen = score.chosen()

    train, test = sets.train[0], sets.test[0]
    problem = _problem(prepared, 0, train, options, labels.shape[1])
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
    decision = np.zeros(sets.test[1:].shape)
    for index, (train, test) in enumerate(zip(sets.train[1:], sets.test[1:], strict=True)):
        problem = _problem(prepared, index + 1, train, options, 1)
        at = C / problem.solver.mean_square_norm if options.C_relative else C
        solution = problem.solver.at(signs[train, None], np.array([at]))
        products = problem.products(test, solution.beta)
        decision[index, test] = (products + solution.intercept)[:, 0]
    return mean_where_tested(decision, sets.test[1:])


class _Problem(NamedTuple):
    """A training set with its solver.

    `products(of, beta)` are the products of some rows with the training rows, summed with the
    signed dual variables: decision values without the intercept.
    """

    solver: PathSolver | AdmmSolver
    products: Callable[[np.ndarray, np.ndarray], np.ndarray]


def _problem(
    prepared: np.ndarray | FoldRows,
    index: int,
    train: np.ndarray,
    options: SvcOptions,
    n_labellings: int,
) -> _Problem:
    how = {"balanced": options.balanced, "tolerance": options.tolerance}
    matrix = prepared[index]
    if isinstance(prepared, FoldRows):
        own = matrix[train]
        solver = PathSolver(own, rows=True, **how)
        return _Problem(solver, lambda of, beta: matrix[of] @ (own.T @ beta))
    own = matrix[np.ix_(train, train)]
    solver = _quicker(own, n_labellings, how)
    return _Problem(solver, lambda of, beta: matrix[np.ix_(of, train)] @ beta)


def _quicker(
    gram: np.ndarray, n_labellings: int, how: Mapping[str, Any]
) -> PathSolver | AdmmSolver:
    least = ITERATED * (1 + SHARED / n_labellings)
    if len(gram) <= least:
        return PathSolver(gram, **how)
    iterating = AdmmSolver(gram, **how)
    people = len(gram) * np.sqrt(iterating.evenness) * iterating.spanned**4
    return iterating if people > least else iterating.paths
