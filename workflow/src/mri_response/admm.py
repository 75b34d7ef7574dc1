"""Linear support vector classifiers of many labellings of one training set, solved together.

The Gram matrix is the same for every labelling, only the box differs: the alternating direction
method of multipliers then costs one matrix product an iteration for all labellings. Every solution
is certified by its optimality gap; what fails is solved by pivoting, one labelling at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mri_response.pivoting import PivotingSolver
from mri_response.svm import (
    ROUNDING,
    TOLERANCE,
    Solution,
    free_intercept,
    optimality_gap,
    upper_bounds,
)

RELAXATION = 1.7
SINGLE_STEPS = 40  # iterations in float32 that bring a labelling near its solution
STEPS = 10  # float64 iterations between two looks at the gap
MAX_ITERATIONS = 1500
HARD = 16  # labellings that are pivoted together


class AdmmSolver:
    """Solver for one training set and any number of labellings.

    Parameters
    ----------
    gram : numpy.ndarray, shape (n_train, n_train)
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
        n, m = signs.shape
        solution = _empty_solution(n, m)
        start = None
        moving = self._two_classes(signs, solution)
        for value in C:
            solved, start = self._solve(signs[:, moving], float(value), start)
            _assign(solution, moving, solved)
            yield solution
            going_on = solved.at_bound[0]
            moving = moving[going_on]
            start = (*(array[:, going_on] for array in start[:3]), start[3])

    def at(self, signs: np.ndarray, C: np.ndarray) -> Solution:
        """Solve every labelling at a C of its own.

        Parameters
        ----------
        signs : numpy.ndarray, shape (n_train, m)
        C : numpy.ndarray, shape (m,)

        Returns
        -------
        Solution
        """
        n, m = signs.shape
        solution = _empty_solution(n, m)
        usable = self._two_classes(signs, solution)
        for value in np.unique(C[usable]):
            columns = usable[C[usable] == value]
            solved, _ = self._solve(signs[:, columns], float(value), None)
            _assign(solution, columns, solved)
        return solution

    def _two_classes(self, signs: np.ndarray, solution: Solution) -> np.ndarray:
        """Columns with both classes; the others are given their constant decision value."""
        total = signs.sum(axis=0)
        single = np.abs(total) == len(signs)
        solution.intercept[single] = np.sign(total[single])
        return np.flatnonzero(~single)

    def _solve(self, signs: np.ndarray, C: float, start: tuple | None) -> tuple[Solution, tuple]:
        """Solve columns that share C, in units where the mean squared norm is 1."""
        scale = self.mean_square_norm
        bound = upper_bounds(signs, C * scale, self.balanced)
        full = signs * bound
        lower, upper = np.minimum(full, 0.0), np.maximum(full, 0.0)
        step = max(1.4 / (C * scale), self._step_floor)
        if start is None:
            # At small C every variable is at its bound; at large C few are, and 1 is their scale.
            primal, dual, plateau = np.clip(full, -1.0, 1.0), np.zeros(signs.shape), True
        else:
            primal, dual, previous_bound, previous_step = start
            # Variables at their bound move with it, the others stay: the path is continuous.
            at_bound = np.abs(primal) >= previous_bound * (1 - ROUNDING)
            plateau = bool(at_bound.all(axis=0).any())
            primal = np.where(at_bound, full, primal)
            dual = dual * (previous_step / step)
        beta, dual, converged = self._iterate(signs, lower, upper, step, primal, dual, plateau)
        self.n_solved += signs.shape[1]
        hard = np.flatnonzero(~converged)
        for first in range(0, len(hard), HARD):
            columns = hard[first : first + HARD]
            solver = PivotingSolver(
                np.broadcast_to(self.gram, (len(columns), *self.gram.shape)),
                np.ones((len(columns), len(signs)), dtype=bool),
                balanced=self.balanced,
                tolerance=self.tolerance,
            )
            exact = next(solver.path(signs[:, columns].T, np.full((1, len(columns)), C)))
            beta[:, columns] = exact.beta * scale
            self.n_pivoted += len(columns)
            self.n_fallback += int(solver.n_fallback.sum())
        intercept = free_intercept(beta, signs - self._scaled @ beta, lower, upper)
        at_bound = np.abs(beta) >= bound * (1 - ROUNDING)
        solved = Solution(beta / scale, intercept, np.stack([at_bound.any(0), at_bound.all(0)]))
        return solved, (beta, dual, bound, step)

    def _iterate(
        self,
        signs: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
        step: float,
        primal: np.ndarray,
        dual: np.ndarray,
        plateau: bool,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Alternating direction method of multipliers, converged columns taken out as it goes."""
        beta, final_dual = primal.copy(), dual.copy()
        converged = np.zeros(signs.shape[1], dtype=bool)
        propagator = (self._vectors * (RELAXATION * step / (self._values + step))) @ self._vectors.T
        columns = np.arange(signs.shape[1])
        iterations = 0
        while len(columns):
            # Of the starting points only a plateau can be a solution already.
            feasible, gap = primal, np.full(len(columns), np.inf)
            if iterations or plateau:
                feasible, gap = self._certify(primal, signs, lower, upper)
            done = gap <= self.tolerance
            out_of_time = iterations >= MAX_ITERATIONS
            leaving = columns if out_of_time else columns[done]
            where = slice(None) if out_of_time else done
            beta[:, leaving], final_dual[:, leaving] = feasible[:, where], dual[:, where]
            converged[columns[done]] = True
            if out_of_time:
                break
            if done.any():
                keep = ~done
                columns = columns[keep]
                signs, lower, upper, primal, dual = (
                    np.ascontiguousarray(array[:, keep])
                    for array in (signs, lower, upper, primal, dual)
                )
            if len(columns):
                if iterations == 0:
                    single = [
                        array.astype(np.float32)
                        for array in (signs / step, lower, upper, propagator, primal, dual)
                    ]
                    _advance(SINGLE_STEPS, *single)
                    low, high, near = single[1], single[2], single[4]
                    # float32 bounds are rounded: restore those that are met.
                    primal = np.where(near <= low, lower, np.where(near >= high, upper, near))
                    dual = single[5].astype(np.float64)
                    iterations = SINGLE_STEPS
                _advance(STEPS, signs / step, lower, upper, propagator, primal, dual)
                iterations += STEPS
        return beta, final_dual, converged

    def _certify(
        self, primal: np.ndarray, signs: np.ndarray, lower: np.ndarray, upper: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Nearest point that satisfies the constraints, and its optimality gap."""
        free = (primal > lower) & (primal < upper)
        excess = primal.sum(axis=0) / np.maximum(free.sum(axis=0), 1)
        feasible = primal - free * excess
        np.maximum(feasible, lower, out=feasible)
        np.minimum(feasible, upper, out=feasible)
        violation = signs - self._scaled @ feasible
        return feasible, optimality_gap(feasible, violation, lower, upper)


def _advance(
    n_steps: int,
    linear: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    propagator: np.ndarray,
    primal: np.ndarray,
    dual: np.ndarray,
) -> None:
    """Take some steps, overwriting primal and dual."""
    point = np.empty_like(primal)
    target = np.empty_like(primal)
    for _ in range(n_steps):
        np.subtract(primal, dual, out=target)
        target += linear
        np.matmul(propagator, target, out=point)
        primal *= 1 - RELAXATION
        point += primal
        point += dual
        np.maximum(point, lower, out=primal)
        np.minimum(primal, upper, out=primal)
        np.subtract(point, primal, out=dual)


def _empty_solution(n: int, m: int) -> Solution:
    return Solution(np.zeros((n, m)), np.zeros(m), np.zeros((2, m), dtype=bool))


def _assign(target: Solution, columns: np.ndarray, source: Solution) -> None:
    target.beta[:, columns] = source.beta
    target.intercept[columns] = source.intercept
    target.at_bound[:, columns] = source.at_bound
