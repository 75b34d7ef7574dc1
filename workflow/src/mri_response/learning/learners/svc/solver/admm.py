"""Classifiers of many labellings of one training set whose smallest C is large, solved together.

There most dual variables are inside their box, and a path from C = 0 would meet them one by one.
The Gram matrix is the same for every labelling, only the box differs: the alternating direction
method of multipliers then costs one matrix product per iteration for all labellings. Where it
leaves few dual variables inside their box, pivoting from there ends it. Every solution is certified
by its optimality gap; what fails is left to the solution path.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mri_response.learning.learners.svc.solver.path_solver import PathSolver
from mri_response.learning.learners.svc.solver.pivoting import pivoted
from mri_response.learning.learners.svc.solver.plateau import Plateau, Start, cold_start
from mri_response.learning.learners.svc.solver.svm import (
    ROUNDING,
    TOLERANCE,
    Solution,
    free_intercept,
    optimality_gap,
    upper_bounds,
)

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
    n_solved, n_followed, n_fallback : int
        Problems solved so far, how many of them by the solution path, and in the end by LIBSVM.

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
        self.gram = gram
        self.balanced = balanced
        self.tolerance = tolerance
        self.n_solved = 0
        self.n_followed = 0
        self.n_fallback = 0
        mean_square = float(np.mean(np.diag(gram)))
        self.mean_square_norm = mean_square if mean_square > 0 else 1.0
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
        pace = FLOOR * np.exp(np.mean(np.log(varying))) if len(varying) else 0.0
        self._step_floor = pace if 2 * len(varying) > len(gram) else 0.0

    def path(self, signs: np.ndarray, C: np.ndarray) -> Solution:
        """Solve all labellings for every value of C, smallest first.

        Labellings whose dual variables are all at their bound (the plateau) are known without
        solving anything. Once no dual variable of a labelling is at its bound, every larger C has
        the same solution, which is then carried forward.

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
        solutions = []
        solution = _empty_solution(*signs.shape)
        columns = self._two_classes(signs, solution)
        target, weights = self._problems(signs, columns)
        plateau = Plateau.of(target, weights, self._products, self.tolerance)
        staying, moving = np.arange(len(columns)), np.empty(0, dtype=int)
        start, before = cold_start(target[moving]), None
        for value in map(float, C):
            left = plateau.until[staying] < value
            if left.any():
                leaving, staying = staying[left], staying[~left]
                new = plateau.start(leaving, target[leaving], value, before)
                start = Start(*map(np.concatenate, zip(start, new, strict=True)))
                moving = np.concatenate([moving, leaving])
            _assign(solution, columns[staying], self._on(plateau, staying, value))
            solved, start = self._solve(target[moving], weights[moving], value, start)
            _assign(solution, columns[moving], solved)
            solutions.append([array.copy() for array in solution])
            going_on, before = solved.at_bound[0], value
            if not going_on.all():
                moving, start = moving[going_on], Start(*(array[going_on] for array in start))
        return Solution(*map(np.stack, zip(*solutions, strict=True)))

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
        solution = _empty_solution(*signs.shape)
        usable = self._two_classes(signs, solution)
        target, weights = self._problems(signs, usable)
        plateau = Plateau.of(target, weights, self._products, self.tolerance)
        for value in map(float, np.unique(C[usable])):
            wanted, on = C[usable] == value, plateau.until >= value
            staying, moving = np.flatnonzero(wanted & on), np.flatnonzero(wanted & ~on)
            _assign(solution, usable[staying], self._on(plateau, staying, value))
            start = plateau.start(moving, target[moving], value, None)
            solved, _ = self._solve(target[moving], weights[moving], value, start)
            _assign(solution, usable[moving], solved)
        return solution

    def _two_classes(self, signs: np.ndarray, solution: Solution) -> np.ndarray:
        """Columns with both classes; the others are given their constant decision value."""
        total = signs.sum(axis=0)
        single = np.abs(total) == len(signs)
        solution.intercept[single] = np.sign(total[single])
        return np.flatnonzero(~single)

    def _problems(self, signs: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Signs and class weights as rows, one per labelling: rows are taken out quickly."""
        own = signs[:, columns]
        weights = upper_bounds(own, self.mean_square_norm, self.balanced)
        return np.ascontiguousarray(own.T), np.ascontiguousarray(weights.T)

    def _on(self, plateau: Plateau, rows: np.ndarray, C: float) -> Solution:
        """Solutions of rows that are on the plateau at this C."""
        self.n_solved += len(rows)
        beta = plateau.full[rows].T * (C / self.mean_square_norm)
        return Solution(beta, C * plateau.middle[rows], np.ones((2, len(rows)), dtype=bool))

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
        solver = PathSolver(self.gram, balanced=self.balanced, tolerance=self.tolerance)
        beta = solver.at(signs.T, np.full(len(signs), C)).beta.T * self.mean_square_norm
        self.n_followed += len(signs)
        self.n_fallback += solver.n_fallback
        return beta

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


def _empty_solution(n: int, m: int) -> Solution:
    return Solution(np.zeros((n, m)), np.zeros(m), np.zeros((2, m), dtype=bool))


def _assign(target: Solution, columns: np.ndarray, source: Solution) -> None:
    target.beta[:, columns] = source.beta
    target.intercept[columns] = source.intercept
    target.at_bound[:, columns] = source.at_bound
