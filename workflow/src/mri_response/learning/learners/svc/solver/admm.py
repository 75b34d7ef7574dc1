"""Classifiers of many labellings of one training set, at large C solved together.

There many dual variables are inside their box, and the solution path meets them one by one. The
Gram matrix is the same for every labelling, only the box differs: the alternating direction method
of multipliers then costs one matrix product per iteration for all labellings. Where it leaves few
dual variables inside their box, pivoting from there ends it. Every solution is certified by its
optimality gap. Small values of C, and what fails, are left to the solution path.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mri_response.learning.learners.svc.solver.path_solver import PathSolver
from mri_response.learning.learners.svc.solver.pivoting import pivoted
from mri_response.learning.learners.svc.solver.svm import (
    ROUNDING,
    TOLERANCE,
    Solution,
    free_intercept,
    optimality_gap,
    upper_bounds,
)

LARGE = 0.7  # products of C and the variance along a direction from which on it iterates
RELAXATION = 1.7
FLOOR = 0.45  # smallest step, as a share of the geometric mean of the eigenvalues
SINGLE_STEPS = 20  # iterations in float32 before each of the first looks at the gap
SINGLE_LOOKS = 2
STEPS = 10  # float64 iterations between two later looks
MAX_LOOKS = 150
FEW = 12  # dual variables inside their box for which pivoting is quicker than iterating
MAX_PIVOTS = 3


class AdmmSolver:
    """Solver for one training set and any number of labellings.

    Parameters
    ----------
    gram : numpy.ndarray, shape (n_train, n_train)
        Gram matrix of the training rows.
    balanced : bool
        Weigh classes by the inverse of their frequency in the labelling.
    tolerance : float
        Largest accepted optimality gap ``m(alpha) - M(alpha)``.

    Attributes
    ----------
    spanned : float
        Dimensions in which the training rows vary, as a share of their number.
    evenness : float
        Geometric mean of the variances along them, as a share of the mean squared norm.
    paths : PathSolver
        Solver of what is not iterated.
    n_solved, n_followed, n_fallback : int
        Problems solved so far, how many of them by the solution path because iterations did not
        converge, and in the end by LIBSVM.

    Notes
    -----
    The intercept that is not unique, and labellings with one class, are as in `PathSolver`.

    References
    ----------
    Boyd et al. (2011). Distributed optimization and statistical learning via the alternating
    direction method of multipliers. Foundations and Trends in Machine Learning 3, 1-122.
    """

    def __init__(
        self, gram: np.ndarray, *, balanced: bool = True, tolerance: float = TOLERANCE
    ) -> None:
        self.balanced = balanced
        self.tolerance = tolerance
        self.n_solved = 0
        self.n_followed = 0
        self.paths = PathSolver(gram, balanced=balanced, tolerance=tolerance)
        self.mean_square_norm = self.paths.mean_square_norm
        self._scaled = gram / self.mean_square_norm
        # The sum of beta is zero: work in the orthogonal complement of the constant vector.
        centred = self._scaled - self._scaled.mean(axis=0)
        centred -= centred.mean(axis=1, keepdims=True)
        # The constant vector shares its eigenvalue 0 with others: given 2 n, twice the trace, it
        # stands alone as the last.
        values, vectors = np.linalg.eigh((centred + centred.T) / 2 + 2.0)
        values, vectors = values[:-1], vectors[:, :-1]
        self._values = np.maximum(values, 0.0)
        self._vectors = vectors
        # At large C the variance of the data sets the pace, not the box, unless there are fewer
        # features than people by far. Directions that the confounds emptied do not count.
        varying = self._values[self._values > 1e-9 * self._values.max(initial=0.0)]
        self.spanned = len(varying) / len(gram)
        self.evenness = float(np.exp(np.mean(np.log(varying)))) if len(varying) else 0.0
        self._step_floor = FLOOR * self.evenness if self.spanned > 0.5 else 0.0

    @property
    def n_fallback(self) -> int:
        """Problems that LIBSVM solved."""
        return self.paths.n_fallback

    def path(self, signs: np.ndarray, C: np.ndarray) -> Solution:
        """Solve all labellings for every value of C, smallest first.

        Once no dual variable of a labelling is at its bound, every larger C has the same solution,
        which is then carried forward.

        Parameters
        ----------
        signs : numpy.ndarray, shape (n_train, m)
            +1 for the positive class, -1 for the other.
        C : numpy.ndarray, shape (n_C,)
            Values of C, smallest first.

        Returns
        -------
        Solution
            Arrays whose first axis is that of C.
        """
        large = self._large(C)
        followed = self.paths.path(signs, C[~large])
        self.n_solved += followed.intercept.size
        if not large.any():
            return followed
        columns = self._two_classes(signs)
        target, weights = self._problems(signs, columns)
        if large.all():
            solution = self._constant(signs)
            moving, start = np.arange(len(columns)), _cold_start(C[0] * target * weights)
        else:
            solution = Solution(*(array[-1].copy() for array in followed))
            start = self._after(solution, columns, target, weights * C[~large][-1])
            moving = np.flatnonzero(start.at_bound.any(axis=1))
            start = Start(*(array[moving] for array in start))
        solutions = []
        for value in map(float, C[large]):
            solved, start = self._solve(target[moving], weights[moving], value, start)
            _assign(solution, columns[moving], solved)
            solutions.append([array.copy() for array in solution])
            going_on = solved.at_bound[0]
            if not going_on.all():
                moving, start = moving[going_on], Start(*(array[going_on] for array in start))
        iterated = Solution(*map(np.stack, zip(*solutions, strict=True)))
        if large.all():
            return iterated
        return Solution(*map(np.concatenate, zip(followed, iterated, strict=True)))

    def at(self, signs: np.ndarray, C: np.ndarray) -> Solution:
        """Solve every labelling at a C of its own.

        Parameters
        ----------
        signs : numpy.ndarray, shape (n_train, m)
            Labels as +1 and -1, one labelling per column.
        C : numpy.ndarray, shape (m,)
            Value of C of each labelling.

        Returns
        -------
        Solution
        """
        solution = self._constant(signs)
        large = self._large(C)
        few = np.flatnonzero(~large)
        _assign(solution, few, self.paths.at(signs[:, few], C[few]))
        self.n_solved += len(few)
        columns = self._two_classes(signs)
        columns = columns[large[columns]]
        for value in map(float, np.unique(C[columns])):
            own = columns[C[columns] == value]
            target, weights = self._problems(signs, own)
            solved, _ = self._solve(target, weights, value, _cold_start(value * target * weights))
            _assign(solution, own, solved)
        return solution

    def _large(self, C: np.ndarray) -> np.ndarray:
        return C * self.mean_square_norm * self.evenness >= LARGE

    def _two_classes(self, signs: np.ndarray) -> np.ndarray:
        """Columns with both classes."""
        return np.flatnonzero(np.abs(signs.sum(axis=0)) < len(signs))

    def _constant(self, signs: np.ndarray) -> Solution:
        """Zeros, and the constant decision value of labellings with one class."""
        n, m = signs.shape
        total = signs.sum(axis=0)
        intercept = np.where(np.abs(total) == n, np.sign(total), 0.0)
        return Solution(np.zeros((n, m)), intercept, np.zeros((2, m), dtype=bool))

    def _after(
        self, solution: Solution, columns: np.ndarray, signs: np.ndarray, bound: np.ndarray
    ) -> Start:
        """Where the iterations start after the solutions of a smaller C."""
        beta = np.ascontiguousarray(solution.beta[:, columns].T) * self.mean_square_norm
        residual = signs - self._products(beta) - solution.intercept[columns, None]
        return Start(beta, residual, np.abs(beta) >= bound * (1 - ROUNDING))

    def _problems(self, signs: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Signs and class weights as rows, one per labelling: rows are taken out quickly."""
        own = signs[:, columns]
        weights = upper_bounds(own, self.mean_square_norm, self.balanced)
        return np.ascontiguousarray(own.T), np.ascontiguousarray(weights.T)

    def _solve(
        self, signs: np.ndarray, weights: np.ndarray, C: float, start: Start
    ) -> tuple[Solution, Start]:
        """Solve rows that share C, in units where the mean squared norm is 1."""
        scale = self.mean_square_norm
        bound = C * weights
        full = signs * bound
        lower, upper = np.minimum(full, 0.0), np.maximum(full, 0.0)
        beta, violation = start.beta.copy(), np.empty(signs.shape)
        # Variables at their bound move with it, the others stay: the path is continuous.
        np.copyto(beta, full, where=start.at_bound)
        converged = np.zeros(len(signs), dtype=bool)
        if len(signs):
            step = max(1.4 / (C * scale), self._step_floor)
            beta, violation, converged = self._iterate(
                step, signs, lower, upper, beta, start.residual
            )
        self.n_solved += len(signs)
        hard = np.flatnonzero(~converged)
        if len(hard):
            beta[hard] = self._solve_hard(signs[hard], C)
            violation[hard] = signs[hard] - self._products(beta[hard])
        intercept = free_intercept(beta.T, violation.T, lower.T, upper.T)
        at_bound = np.abs(beta) >= bound * (1 - ROUNDING)
        ends = np.stack([at_bound.any(axis=1), at_bound.all(axis=1)])
        violation -= intercept[:, None]
        start = Start(beta, violation, at_bound)
        return Solution(beta.T / scale, intercept, ends), start

    def _products(self, beta: np.ndarray) -> np.ndarray:
        """Scaled Gram matrix times signed dual variables, shape (m, n)."""
        return beta @ self._scaled

    def _solve_hard(self, signs: np.ndarray, C: float) -> np.ndarray:
        """Signed dual variables by following the path from C = 0, shape (m, n)."""
        self.n_followed += len(signs)
        solution = self.paths.at(signs.T, np.full(len(signs), C))
        return solution.beta.T * self.mean_square_norm

    def _iterate(
        self,
        step: float,
        signs: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
        primal: np.ndarray,
        residual: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Alternating direction method of multipliers, converged rows taken out as it goes.

        Returns dual variables, violations, and what has converged.
        """
        beta, violation = np.empty(signs.shape), np.empty(signs.shape)
        converged = np.zeros(len(signs), dtype=bool)
        pace = RELAXATION * step / (self._values + step)
        propagator = _Propagator((self._vectors * pace) @ self._vectors.T)
        rows = np.arange(len(signs))
        state = (signs / step, lower, upper, primal, residual / step)
        for look in range(MAX_LOOKS):
            single = look < SINGLE_LOOKS
            if look == 0:
                linear, low, high, primal, dual = (array.astype(np.float32) for array in state)
                advance = propagator.in_single()
            elif look == SINGLE_LOOKS:
                linear, low, high = signs[rows] / step, lower[rows], upper[rows]
                primal, dual = primal.astype(float), dual.astype(float)
                advance = propagator
            _advance(SINGLE_STEPS if single else STEPS, linear, low, high, advance, primal, dual)
            free = (primal > low) & (primal < high)
            n_free = np.count_nonzero(free, axis=1)
            # The result in float32 is a start for pivoting, but not a solution.
            looked = np.flatnonzero(n_free <= FEW) if single else np.arange(len(rows))
            if not len(looked):
                continue
            own = rows[looked]
            box = (signs[own], lower[own], upper[own])
            near = primal[looked]
            if single:
                near = _in_double(near, low[looked], high[looked], *box[1:])
            feasible, wrong, gap = self._certify(near, free[looked], *box, n_free[looked])
            done = gap <= self.tolerance
            if done.any():
                ended = own[done]
                beta[ended], violation[ended], converged[ended] = feasible[done], wrong[done], True
                keep = np.delete(np.arange(len(rows)), looked[done])
                rows, linear, low, high, primal, dual = (
                    array[keep] for array in (rows, linear, low, high, primal, dual)
                )
            if not len(rows):
                break
        return beta, violation, converged

    def _certify(
        self,
        primal: np.ndarray,
        free: np.ndarray,
        signs: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
        n_free: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Nearest point that satisfies the constraints, or what pivots lead to; violation, gap."""
        feasible = free * (primal.sum(axis=1) / np.maximum(n_free, 1))[:, None]
        np.subtract(primal, feasible, out=feasible)
        np.maximum(feasible, lower, out=feasible)
        np.minimum(feasible, upper, out=feasible)
        few = np.flatnonzero(n_free <= FEW)
        if len(few):
            primal, free, *box = (array[few] for array in (primal, free, signs, lower, upper))
            position = np.where(free, 0, np.where(primal <= box[1], -1, 1))
            exact, settled = pivoted(self._scaled, *box, position, max_pivots=MAX_PIVOTS)
            feasible[few[settled]] = exact[settled]
        violation = signs - self._products(feasible)
        return feasible, violation, _gap(feasible, violation, lower, upper)


class Start(NamedTuple):
    """Where the iterations for a C start, one labelling per row.

    Attributes
    ----------
    beta : numpy.ndarray, shape (m, n_train)
        Signed dual variables, as a rule of the C before.
    residual : numpy.ndarray, shape (m, n_train)
        Labels as +1 and -1 less their decision values.
    at_bound : numpy.ndarray of bool, shape (m, n_train)
        Dual variables at their upper bound, which move with it.
    """

    beta: np.ndarray
    residual: np.ndarray
    at_bound: np.ndarray


class _Propagator(NamedTuple):
    """Linear step of the method of multipliers, for labellings as rows."""

    matrix: np.ndarray

    def apply(self, target: np.ndarray, out: np.ndarray) -> None:
        np.matmul(target, self.matrix, out=out)

    def in_single(self) -> _Propagator:
        return _Propagator(self.matrix.astype(np.float32))


def _gap(beta: np.ndarray, *others: np.ndarray) -> np.ndarray:
    return optimality_gap(beta.T, *(array.T for array in others))


def _advance(
    n_steps: int,
    linear: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    propagator: _Propagator,
    primal: np.ndarray,
    dual: np.ndarray,
) -> None:
    """Take some steps, overwriting primal and dual."""
    point = np.empty_like(primal)
    target = np.empty_like(primal)
    for _ in range(n_steps):
        np.subtract(primal, dual, out=target)
        target += linear
        propagator.apply(target, point)
        primal *= 1 - RELAXATION
        point += primal
        point += dual
        np.maximum(point, lower, out=primal)
        np.minimum(primal, upper, out=primal)
        np.subtract(point, primal, out=dual)


def _in_double(
    near: np.ndarray, low: np.ndarray, high: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """Points in float64; the ends of the box that they meet in float32 are met exactly."""
    primal = near.astype(np.float64)
    np.copyto(primal, lower, where=near <= low)
    np.copyto(primal, upper, where=near >= high)
    return primal


def _cold_start(full: np.ndarray) -> Start:
    """Start without a solution; 1 is the scale of dual variables inside their box."""
    nowhere = np.zeros(full.shape, dtype=bool)
    return Start(np.clip(full, -1.0, 1.0), np.zeros(full.shape), nowhere)


def _assign(target: Solution, columns: np.ndarray, source: Solution) -> None:
    target.beta[:, columns] = source.beta
    target.intercept[columns] = source.intercept
    target.at_bound[:, columns] = source.at_bound
