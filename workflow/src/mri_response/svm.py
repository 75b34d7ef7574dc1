"""Linear support vector classifiers of many labellings of one training set, solved together.

With ``beta_i = y_i alpha_i`` the dual problem of the classifier is a quadratic programme whose
matrix, the Gram matrix, is the same for every labelling; only the box differs. The alternating
direction method of multipliers then costs one matrix product an iteration for all labellings.
Every solution is certified by the optimality gap of LIBSVM; what fails goes to LIBSVM itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sklearn.svm import SVC

TOLERANCE = 1e-6  # largest optimality gap of an accepted solution, in units of the decision value
ROUNDING = 1e-9  # a dual variable nearer to an end of its box, as a share of it, is at that end

RELAXATION = 1.7
SINGLE_STEPS = 40  # iterations in float32 that bring a labelling near its solution
STEPS = 10  # float64 iterations between two looks at the gap
MAX_ITERATIONS = 1500


class Solution(NamedTuple):
    """Solutions of m labellings at one value of C.

    Attributes
    ----------
    beta : numpy.ndarray, shape (n_train, m)
        Signed dual variables: ``decision = gram[:, train] @ beta + intercept``.
    intercept : numpy.ndarray, shape (m,)
    at_bound : numpy.ndarray of bool, shape (2, m)
        Whether any, and whether every dual variable is at its upper bound.
    """

    beta: np.ndarray
    intercept: np.ndarray
    at_bound: np.ndarray


class SupportVectorSolver:
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
    n_solved, n_fallback : int
        Labellings solved so far, and how many of them LIBSVM had to solve.

    Notes
    -----
    Where no dual variable is inside its box (at tiny C all are at the upper bound) the intercept is
    not unique; the midpoint of its interval is taken, as LIBSVM does. A labelling with one class
    gets the constant decision value of that class, +1 or -1.

    References
    ----------
    Boyd et al. (2011). Distributed optimization and statistical learning via the alternating
    direction method of multipliers. Foundations and Trends in Machine Learning 3, 1-122.
    Chang and Lin (2011). LIBSVM: a library for support vector machines. ACM TIST 2, 27.
    """

    def __init__(
        self, gram: np.ndarray, *, balanced: bool = True, tolerance: float = TOLERANCE
    ) -> None:
        self.gram = gram
        self.balanced = balanced
        self.tolerance = tolerance
        self.n_solved = 0
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
        for column in np.flatnonzero(~converged):
            exact = self._libsvm(signs[:, column], C)
            at_bound = np.abs(exact) >= bound[:, column] * (1 - ROUNDING)
            beta[:, column] = np.where(at_bound, full[:, column], exact)
            self.n_fallback += 1
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

    def _libsvm(self, signs: np.ndarray, C: float) -> np.ndarray:
        """Signed dual variables in scaled units by LIBSVM, shape (n_train,)."""
        model = SVC(
            kernel="precomputed",
            C=C * self.mean_square_norm,
            class_weight="balanced" if self.balanced else None,
            tol=self.tolerance,
        ).fit(self._scaled, signs)
        beta = np.zeros(len(signs))
        beta[model.support_] = model.dual_coef_[0]
        return beta


def upper_bounds(signs: np.ndarray, C: float | np.ndarray, balanced: bool) -> np.ndarray:
    """Upper bounds of the dual variables, C times the class weights of each column.

    Parameters
    ----------
    signs : numpy.ndarray, shape (n, m)
        +1 and -1; 0 for a row that is not in the training set, whose bound has no meaning.
    C : float or numpy.ndarray, shape (m,)
    balanced : bool
        Weigh classes by the inverse of their frequency.

    Returns
    -------
    numpy.ndarray, shape (n, m)
    """
    if not balanced:
        return np.broadcast_to(C, signs.shape)
    positive, negative = (signs > 0).sum(axis=0), (signs < 0).sum(axis=0)
    n = positive + negative
    return C * np.where(signs > 0, n / (2.0 * positive), n / (2.0 * negative))


def optimality_gap(
    beta: np.ndarray, violation: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """LIBSVM's ``m(alpha) - M(alpha)``, infinite where dual variables do not sum to zero.

    Parameters
    ----------
    beta : numpy.ndarray, shape (n, m)
        Signed dual variables within their box.
    violation : numpy.ndarray, shape (n, m)
        ``signs - gram @ beta``.
    lower, upper : numpy.ndarray, shape (n, m)

    Returns
    -------
    numpy.ndarray, shape (m,)
    """
    gap = np.where(beta < upper, violation, -np.inf).max(axis=0)
    gap -= np.where(beta > lower, violation, np.inf).min(axis=0)
    feasible = np.abs(beta.sum(axis=0)) <= 1e-10 * (upper - lower).sum(axis=0)
    return np.where(feasible, gap, np.inf)


def free_intercept(
    beta: np.ndarray, violation: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """Mean violation of the free variables, or the midpoint of what the bounded ones allow.

    Parameters
    ----------
    beta, lower, upper : numpy.ndarray, shape (n, m)
    violation : numpy.ndarray, shape (n, m)
        NaN for rows that are not in the training set.

    Returns
    -------
    numpy.ndarray, shape (m,)
    """
    # One variable that is off its bound by rounding would otherwise replace the midpoint.
    rounding = ROUNDING * (upper - lower)
    at_lower, at_upper = beta <= lower + rounding, beta >= upper - rounding
    free = ~(at_lower | at_upper)
    n_free = free.sum(axis=0)
    mean = np.where(free, violation, 0.0).sum(axis=0) / np.maximum(n_free, 1)
    # At the lower end of its box a variable bounds the intercept from below, at the upper from
    # above.
    least = np.fmax.reduce(np.where(at_lower, violation, -np.inf), axis=0)
    most = np.fmin.reduce(np.where(at_upper, violation, np.inf), axis=0)
    with np.errstate(invalid="ignore"):
        midpoint = (least + most) / 2
    return np.where(n_free > 0, mean, midpoint)


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
