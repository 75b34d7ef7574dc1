"""Linear support vector classifiers of many labellings of one training set, solved together.

The Gram matrix is the same for every labelling, only the box differs: the alternating direction
method of multipliers then costs one matrix product per iteration for all labellings. Where it
leaves few dual variables inside their box, pivoting from there ends it. Every solution is certified
by its optimality gap; what fails is solved by pivoting from the start, some labellings at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mri_response.learning.learners.svc.solver.pivoting import PivotingSolver, pivoted
from mri_response.learning.learners.svc.solver.svm import (
    ROUNDING,
    TOLERANCE,
    Solution,
    free_intercept,
    optimality_gap,
    upper_bounds,
)

RELAXATION = 1.7
SINGLE_STEPS = 20  # iterations in float32 before each of the first looks at the gap
SINGLE_LOOKS = 2
STEPS = 10  # float64 iterations between two later looks
MAX_LOOKS = 150
FEW = 12  # dual variables inside their box for which pivoting is quicker than iterating
MAX_PIVOTS = 3
HARD = 16  # labellings that are pivoted together


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
    n_solved, n_pivoted, n_fallback : int
        Problems solved so far, and how many of them by pivoting, and in the end by LIBSVM.

    Notes
    -----
    Where no dual variable is inside its box (at tiny C all are at the upper bound) the intercept is
    not unique; the midpoint of its interval is taken, as LIBSVM does. A labelling with one class
    gets the constant decision value of that class, +1 or -1.

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
        self.n_pivoted = 0
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
        self._step_floor = 0.8 / np.mean(1 / varying) if 2 * len(varying) > len(gram) else 0.0

    def path(self, signs: np.ndarray, C: np.ndarray) -> Iterator[Solution]:
        """Solve all labellings for every value of C, smallest first.

        Once no dual variable of a labelling is at its bound, every larger C has the same
        solution, which is then carried forward.

        Parameters
        ----------
        signs : numpy.ndarray, shape (n_train, m)
            +1 for the positive class, -1 for the other.
        C : numpy.ndarray, shape (n_C,)
            Ascending.

        Yields
        ------
        Solution
            For each value of C. The arrays are overwritten by the next one.
        """
        solution = _empty_solution(*signs.shape)
        start, moving = None, self._two_classes(signs, solution)
        target, weights = self._problems(signs, moving)
        for value in C:
            solved, start = self._solve(target, weights, float(value), start)
            _assign(solution, moving, solved)
            yield solution
            going_on = solved.at_bound[0]
            if not going_on.all():
                moving, target, weights = moving[going_on], target[going_on], weights[going_on]
                start = _Start(*(array[going_on] for array in start))

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
        for value in np.unique(C[usable]):
            columns = usable[C[usable] == value]
            solved, _ = self._solve(*self._problems(signs, columns), float(value), None)
            _assign(solution, columns, solved)
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

    def _solve(
        self, signs: np.ndarray, weights: np.ndarray, C: float, start: _Start | None
    ) -> tuple[Solution, _Start]:
        """Solve rows that share C, in units where the mean squared norm is 1."""
        scale = self.mean_square_norm
        bound = C * weights
        full = signs * bound
        lower, upper = np.minimum(full, 0.0), np.maximum(full, 0.0)
        step = max(1.4 / (C * scale), self._step_floor)
        if start is None:
            # At small C every variable is at its bound; at large C few are, and 1 is their scale.
            primal, residual = np.clip(full, -1.0, 1.0), np.zeros(signs.shape)
            beta, plateau = primal.copy(), np.arange(len(signs))
        else:
            # Variables at their bound move with it, the others stay: the path is continuous.
            primal, residual = start.beta.copy(), start.residual
            np.copyto(primal, full, where=start.at_bound)
            beta, plateau = start.beta, np.flatnonzero(start.at_bound.all(axis=1))
        violation, converged = np.empty(signs.shape), np.zeros(len(signs), dtype=bool)
        # Where all variables are at their bound (the plateau), nothing else is to be done. A
        # labelling that has left the plateau at a smaller C does not return to it.
        beta[plateau] = full[plateau]
        violation[plateau] = signs[plateau] - full[plateau] @ self._scaled
        gap = _gap(full[plateau], violation[plateau], lower[plateau], upper[plateau])
        converged[plateau] = gap <= self.tolerance
        moving = np.flatnonzero(~converged)
        if len(moving):
            given = (array[moving] for array in (signs, lower, upper, primal, residual))
            beta[moving], violation[moving], converged[moving] = self._iterate(step, *given)
        self.n_solved += len(signs)
        hard = np.flatnonzero(~converged)
        for first in range(0, len(hard), HARD):
            rows = hard[first : first + HARD]
            solver = PivotingSolver(
                np.broadcast_to(self.gram, (len(rows), *self.gram.shape)),
                np.ones((len(rows), signs.shape[1]), dtype=bool),
                balanced=self.balanced,
                tolerance=self.tolerance,
            )
            exact = next(solver.path(signs[rows], np.full((1, len(rows)), C)))
            beta[rows] = exact.beta.T * scale
            violation[rows] = signs[rows] - beta[rows] @ self._scaled
            self.n_pivoted += len(rows)
            self.n_fallback += int(solver.n_fallback.sum())
        intercept = free_intercept(beta.T, violation.T, lower.T, upper.T)
        at_bound = np.abs(beta) >= bound * (1 - ROUNDING)
        ends = np.stack([at_bound.any(axis=1), at_bound.all(axis=1)])
        violation -= intercept[:, None]
        return Solution(beta.T / scale, intercept, ends), _Start(beta, violation, at_bound)

    def _iterate(
        self,
        step: float,
        signs: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
        primal: np.ndarray,
        residual: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Alternating direction method of multipliers, converged rows taken out as it goes."""
        beta, violation, dual = np.empty(signs.shape), np.empty(signs.shape), residual / step
        converged = np.zeros(len(signs), dtype=bool)
        propagator = (self._vectors * (RELAXATION * step / (self._values + step))) @ self._vectors.T
        rows = np.arange(len(signs))
        for look in range(MAX_LOOKS):
            single = look < SINGLE_LOOKS
            advance = _advanced_in_single if single else _advanced
            steps = SINGLE_STEPS if single else STEPS
            primal, dual = advance(steps, signs / step, lower, upper, propagator, primal, dual)
            free = (primal > lower) & (primal < upper)
            # The result in float32 is a start for pivoting, but not a solution.
            n_free = np.count_nonzero(free, axis=1)
            looked = np.flatnonzero(n_free <= (FEW if single else len(self.gram)))
            if not len(looked):
                continue
            given = (array[looked] for array in (primal, free, signs, lower, upper))
            feasible, wrong, gap = self._certify(*given)
            done = gap <= self.tolerance
            if done.any():
                ended = rows[looked[done]]
                beta[ended], violation[ended], converged[ended] = feasible[done], wrong[done], True
                keep = np.delete(np.arange(len(rows)), looked[done])
                rows, signs, lower, upper, primal, dual = (
                    array[keep] for array in (rows, signs, lower, upper, primal, dual)
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
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Nearest point that satisfies the constraints, or what pivots lead to; violation, gap."""
        n_free = np.count_nonzero(free, axis=1)
        feasible = primal - free * (primal.sum(axis=1) / np.maximum(n_free, 1))[:, None]
        np.maximum(feasible, lower, out=feasible)
        np.minimum(feasible, upper, out=feasible)
        few = np.flatnonzero(n_free <= FEW)
        if len(few):
            position = np.where(free, 0, np.where(primal <= lower, -1, 1))
            problem = (array[few] for array in (signs, lower, upper, position))
            exact, settled = pivoted(self._scaled, *problem, max_pivots=MAX_PIVOTS)
            feasible[few[settled]] = exact[settled]
        violation = signs - feasible @ self._scaled
        return feasible, violation, _gap(feasible, violation, lower, upper)


class _Start(NamedTuple):
    """Where the next C starts: solutions, violations less intercepts, what is at its bound."""

    beta: np.ndarray
    residual: np.ndarray
    at_bound: np.ndarray


def _gap(beta: np.ndarray, *others: np.ndarray) -> np.ndarray:
    return optimality_gap(beta.T, *(array.T for array in others))


def _advanced(
    n_steps: int,
    linear: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    propagator: np.ndarray,
    primal: np.ndarray,
    dual: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Take some steps, overwriting primal and dual."""
    point = np.empty_like(primal)
    target = np.empty_like(primal)
    for _ in range(n_steps):
        np.subtract(primal, dual, out=target)
        target += linear
        np.matmul(target, propagator, out=point)
        primal *= 1 - RELAXATION
        point += primal
        point += dual
        np.maximum(point, lower, out=primal)
        np.minimum(primal, upper, out=primal)
        np.subtract(point, primal, out=dual)
    return primal, dual


def _advanced_in_single(
    n_steps: int, linear: np.ndarray, lower: np.ndarray, upper: np.ndarray, *others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Take some steps in float32; bounds that are met are met exactly."""
    single = [array.astype(np.float32) for array in (linear, lower, upper, *others)]
    near, dual = _advanced(n_steps, *single)
    primal = near.astype(np.float64)
    np.copyto(primal, lower, where=near <= single[1])
    np.copyto(primal, upper, where=near >= single[2])
    return primal, dual.astype(np.float64)


def _empty_solution(n: int, m: int) -> Solution:
    return Solution(np.zeros((n, m)), np.zeros(m), np.zeros((2, m), dtype=bool))


def _assign(target: Solution, columns: np.ndarray, source: Solution) -> None:
    target.beta[:, columns] = source.beta
    target.intercept[columns] = source.intercept
    target.at_bound[:, columns] = source.at_bound
