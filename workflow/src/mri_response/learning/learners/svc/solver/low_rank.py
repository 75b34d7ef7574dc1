"""Linear support vector classifiers where people outnumber features.

With n people and p < n features the Gram matrix has rank p, and most of the time of a solver of
n variables is spent on zeros. A primal-dual interior point method takes some 10 to 20 steps at any
C and labelling, each of which solves a system of p unknowns; it stops beside the solution. From
there semismooth Newton steps, whose systems have the size of the set of free variables, reach it.
Every solution is certified by its optimality gap. No n x n matrix is needed.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.linalg.blas import dsyrk, ssyrk
from scipy.linalg.lapack import dposv, dpotrf, dpotrs, spotrf, spotrs

from mri_response.learning.learners.svc.solver.admm import (
    RELAXATION,
    STEPS,
    AdmmSolver,
    Start,
)
from mri_response.learning.learners.svc.solver.pivoting import definite_system
from mri_response.learning.learners.svc.solver.svm import (
    TOLERANCE,
    libsvm,
    optimality_gap,
)

INTERIOR_COST = 3.0  # iterations per feature that take the time of an interior point
FEW_LABELLINGS = 4  # below, iterations are products with single vectors, and an interior point wins
MOST_FOR_GRAM = 2000  # rows of which the Gram matrix is formed at all
TOGETHER = 26  # problems whose products with the rows are one matrix product
MAX_INTERIOR_STEPS = 60
COMPLEMENTARITY = 1e-7  # at which the interior point ends, as a share of the width of the box
SINGLE = 1e-3  # complementarity above which factors in single precision are good enough
CENTRED = 0.995  # share of the way to the border of the box that a step takes
STIFFNESS = (
    1e3,
    1e3,
    1e4,
    1e4,
    1e4,
)  # of the proximal term, per width of the box, one after another
MAX_NEWTON_STEPS = 60
STATIONARY = 1e-10
RIDGE = 1e-13  # keeps systems of duplicated people regular, far below the tolerance of the gap
NEARER = 1e-2  # share of the accepted gap that is aimed at: decision values move with its root


class LowRankSolver(AdmmSolver):
    """Solver for one training set and any number of labellings, from its rows of features.

    Small values of C are left to the alternating direction method of multipliers, whose products
    are taken in the span of the features. A labelling that needs too many of its iterations goes to
    the interior point method, there and at all larger values of C.

    Parameters
    ----------
    rows : numpy.ndarray, shape (n_train, p)
        Prepared features of the training rows; their products are the Gram matrix.
    balanced : bool
        Weigh classes by the inverse of their frequency in the labelling.
    tolerance : float
        Largest accepted optimality gap ``m(alpha) - M(alpha)``.

    Attributes
    ----------
    mean_square_norm : float
        Of the rows; 1 where all of them are zero.
    n_solved, n_fallback : int
        Problems solved so far, and how many of them by LIBSVM.

    References
    ----------
    Ferris and Munson (2002). Interior-point methods for massive support vector machines. SIAM
    Journal on Optimization 13, 783-804.
    Mehrotra (1992). On the implementation of a primal-dual interior point method. SIAM Journal on
    Optimization 2, 575-601.
    Niu et al. (2022). Sparse semismooth Newton methods for support vector machines; arXiv
    1910.01312.
    """

    def __init__(
        self, rows: np.ndarray, *, balanced: bool = True, tolerance: float = TOLERANCE
    ) -> None:
        self.balanced = balanced
        self.tolerance = tolerance
        self.n_solved = self.n_pivoted = self.n_fallback = 0
        mean_square = float(np.einsum("ij,ij->", rows, rows)) / len(rows)
        self.mean_square_norm = mean_square if mean_square > 0 else 1.0
        self._rows = np.ascontiguousarray(rows) / np.sqrt(self.mean_square_norm)
        self._single = self._rows.astype(np.float32)
        self._step_floor = 0.0
        n, p = rows.shape
        self._max_looks = 2 + int(INTERIOR_COST * (p + p * p / (3 * n) + 20)) // STEPS

    # What only the iterations need, which a single labelling never reaches.
    @cached_property
    def _scaled(self) -> np.ndarray | None:
        """Gram matrix, which ends problems with few free variables; None where it is too large."""
        return self._rows @ self._rows.T if len(self._rows) <= MOST_FOR_GRAM else None

    @cached_property
    def _spectrum(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues of the centred Gram matrix above zero, and their vectors."""
        centred = self._rows - self._rows.mean(axis=0)
        values, vectors = np.linalg.eigh(centred.T @ centred)
        varying = values > 1e-9 * values.max(initial=0.0)
        return values[varying], centred @ (vectors[:, varying] / np.sqrt(values[varying]))

    def _products(self, beta: np.ndarray) -> np.ndarray:
        return (beta @ self._rows) @ self._rows.T

    def _propagator(self, step: float) -> _LowRankPropagator:
        values, vectors = self._spectrum
        factor = RELAXATION * step / (values + step) - RELAXATION
        return _LowRankPropagator(vectors, vectors.T.copy(), factor)

    def _worth_iterating(self, start: Start) -> np.ndarray:
        """Whether the iterations of the last C, grown by half, cost less than an interior point."""
        if len(start.looks) < FEW_LABELLINGS:
            return np.zeros(len(start.looks), dtype=bool)
        return 1.5 * start.looks < self._max_looks

    def _pivoted(self, *problem: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._scaled is None:
            return problem[0], np.zeros(len(problem[0]), dtype=bool)
        return super()._pivoted(*problem)

    def _solve_hard(
        self, signs: np.ndarray, lower: np.ndarray, upper: np.ndarray, C: float
    ) -> np.ndarray:
        """Signed dual variables from interior points, shape (m, n)."""
        rows, beta = self._rows, np.empty(signs.shape)
        for first in range(0, len(signs), TOGETHER):
            some = slice(first, first + TOGETHER)
            box = _Box(signs[some].T, lower[some].T, upper[some].T)
            inside, intercept = _interior_points(rows, self._single, box)
            for index in range(len(intercept)):
                one = box.columns(index)
                found = _newton(rows, one, inside[:, index], intercept[index], self.tolerance)
                if found is None:
                    scaled = C * self.mean_square_norm
                    how = {"balanced": self.balanced, "tolerance": self.tolerance}
                    found = libsvm(rows, one.target, scaled, kernel="linear", **how)
                    self.n_fallback += 1
                beta[first + index] = found
        return beta


class _LowRankPropagator(NamedTuple):
    """Linear step of the method of multipliers where most directions have no variance."""

    vectors: np.ndarray
    transposed: np.ndarray
    factor: np.ndarray

    def apply(self, target: np.ndarray, out: np.ndarray) -> None:
        inner = target @ self.vectors
        inner *= self.factor
        np.matmul(inner, self.transposed, out=out)
        out += target.dtype.type(RELAXATION) * (target - target.mean(axis=1, keepdims=True))

    def in_single(self) -> _LowRankPropagator:
        return _LowRankPropagator(*(array.astype(np.float32) for array in self))


class _Box(NamedTuple):
    """Problems as columns: labels as +1 and -1, and the box of the signed dual variables."""

    target: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def columns(self, which: np.ndarray | int) -> _Box:
        return _Box(*(array[:, which] for array in self))


# ---------------------------------------------------------------- interior point
def _interior_points(
    rows: np.ndarray, single: np.ndarray, box: _Box
) -> tuple[np.ndarray, np.ndarray]:
    """Points beside the solutions, shape (n, m), and their intercepts, shape (m,)."""
    n, m = box.target.shape
    width = (box.upper - box.lower).max(axis=0)
    beta = (box.lower + box.upper) / 2
    fitted = rows @ (rows.T @ beta)
    intercept = np.median(box.target - fitted, axis=0)
    violation = box.target - fitted - intercept
    away = np.maximum(np.abs(violation).mean(axis=0), 1e-3)
    # Multipliers of the lower and the upper end of the box.
    low, high = np.maximum(-violation, 0.0) + away, np.maximum(violation, 0.0) + away
    found, ends = np.empty((n, m)), np.empty(m)
    live = np.arange(m)
    for step in range(MAX_INTERIOR_STEPS + 1):
        room_below, room_above = beta - box.lower, box.upper - beta
        product = (low * room_below).sum(axis=0) + (high * room_above).sum(axis=0)
        residual = box.target - fitted - intercept + low - high
        centre = product / (2 * n)
        done = (centre <= COMPLEMENTARITY * width) & (np.abs(residual).max(axis=0) <= 1e-6)
        if step == MAX_INTERIOR_STEPS:
            done[:] = True
        if done.any():
            found[:, live[done]], ends[live[done]] = beta[:, done], intercept[done]
            going_on = ~done
            live = live[going_on]
            if not len(live):
                break
            box = box.columns(going_on)
            beta, fitted, low, high, room_below, room_above, residual = (
                array[:, going_on]
                for array in (beta, fitted, low, high, room_below, room_above, residual)
            )
            intercept, centre, width = intercept[going_on], centre[going_on], width[going_on]
        system = _System(
            rows, single, low / room_below + high / room_above, centre > SINGLE * width
        )
        total = beta.sum(axis=0)
        # Predictor: straight at the solution, which tells how far the corrector may go.
        move, shift, _ = system.step(residual - low + high, total)
        low_move = -low - low / room_below * move
        high_move = -high + high / room_above * move
        share = _share(move, low_move, high_move, room_below, room_above, low, high)
        ahead = ((low + share * low_move) * (room_below + share * move)).sum(axis=0)
        ahead += ((high + share * high_move) * (room_above - share * move)).sum(axis=0)
        goal = (ahead / (2 * n) / centre) ** 3 * centre
        # Corrector: towards the central path, with the second-order term of the predictor.
        below = (goal - low_move * move) / room_below
        above = (goal + high_move * move) / room_above
        move, shift, change = system.step(residual - low + high + below - above, total)
        low_move = below - low - low / room_below * move
        high_move = above - high + high / room_above * move
        share = _share(move, low_move, high_move, room_below, room_above, low, high)
        share = np.minimum(CENTRED * share, 1.0)
        beta, fitted = beta + share * move, fitted + share * change
        low, high = low + share * low_move, high + share * high_move
        intercept = intercept + share * shift
    return found, ends


def _share(move, low_move, high_move, room_below, room_above, low, high) -> np.ndarray:
    """Largest share of a step, at most 1 / `CENTRED`, that stays inside, for each column."""
    least = np.minimum(
        np.minimum((move / room_below).min(axis=0), (-move / room_above).min(axis=0)),
        np.minimum((low_move / low).min(axis=0), (high_move / high).min(axis=0)),
    )
    return 1 / np.maximum(-least, CENTRED)


class _System:
    """Newton systems ``(rows rows' + diag) move + shift = right`` of all columns, factored.

    Parameters
    ----------
    rows, single : numpy.ndarray, shape (n, p)
        In float64 and in float32.
    diagonal : numpy.ndarray, shape (n, m)
        Positive.
    rough : numpy.ndarray of bool, shape (m,)
        Columns whose factors are computed in float32.
    """

    def __init__(
        self, rows: np.ndarray, single: np.ndarray, diagonal: np.ndarray, rough: np.ndarray
    ) -> None:
        self._rows = rows
        self._inverse = 1 / diagonal
        self._rough = rough
        self._factors = []
        root = np.sqrt(self._inverse)
        for column, in_single in enumerate(rough):
            if in_single:
                weighted = single * root[:, column, None].astype(np.float32)
                matrix, factor = ssyrk(1.0, weighted.T, lower=1), spotrf
            else:
                matrix, factor = dsyrk(1.0, (rows * root[:, column, None]).T, lower=1), dpotrf
            matrix.ravel(order="K")[:: len(matrix) + 1] += 1.0
            self._factors.append(factor(matrix, lower=1, overwrite_a=1, clean=0)[0])
        ones, self._of_ones = self._solved(self._inverse)
        self._ones = self._inverse - self._inverse * ones
        self._sum = self._ones.sum(axis=0)

    def step(
        self, right: np.ndarray, total: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Move of the variables, shift of the intercept, change of the fitted values.

        The move takes the sum of the variables, ``total``, to zero.
        """
        weighted = self._inverse * right
        fitted, _ = self._solved(weighted)
        move = weighted - self._inverse * fitted
        shift = (move.sum(axis=0) + total) / self._sum
        move -= shift * self._ones
        return move, shift, self._rows @ (self._rows.T @ move)

    def _solved(self, weighted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows times ``(1 + rows' D rows)^-1 rows' weighted``, and that without the rows."""
        inner = self._rows.T @ weighted
        for column, factor in enumerate(self._factors):
            solve = spotrs if self._rough[column] else dpotrs
            inner[:, column] = solve(factor, inner[:, column], lower=1)[0]
        return self._rows @ inner, inner


# ---------------------------------------------------------------- semismooth Newton
def _newton(
    rows: np.ndarray, box: _Box, beta: np.ndarray, intercept: float, tolerance: float
) -> np.ndarray | None:
    """Solution of one problem from a point beside it; None where its gap is not reached.

    Proximal steps on the dual problem, each of them by semismooth Newton on the weights and the
    intercept: a variable ``clip(anchor + stiffness * violation)`` that is inside its box has a
    violation of ``(beta - anchor) / stiffness``, which stiffer terms make vanish.
    """
    width = float((box.upper - box.lower).max())
    best, least = None, tolerance
    for stiffness in STIFFNESS:
        beta, intercept = _proximal(rows, box, beta, intercept, stiffness * width)
        beta = _refined(rows, box, beta)
        violation = box.target - rows @ (rows.T @ beta)
        columns = (array[:, None] for array in (beta, violation, box.lower, box.upper))
        gap = float(optimality_gap(*columns)[0])
        if gap <= least:
            best, least = beta, gap
        if gap <= NEARER * tolerance:
            break
    return best


def _proximal(
    rows: np.ndarray,
    box: _Box,
    anchor: np.ndarray,
    intercept: float,
    rho: float,
) -> tuple[np.ndarray, float]:
    """Minimise the dual objective plus the squared distance from ``anchor`` over ``2 rho``."""
    weights = rows.T @ anchor
    fitted = rows @ weights + intercept
    size = float((box.upper - box.lower).sum())
    before, share = np.empty(0, dtype=int), 0.0
    for _ in range(MAX_NEWTON_STEPS):
        proposal = anchor + rho * (box.target - fitted)
        beta = np.clip(proposal, box.lower, box.upper)
        gradient, total = weights - rows.T @ beta, beta.sum()
        if np.abs(gradient).max() <= STATIONARY and abs(total) <= 1e-12 * size:
            break
        free = np.flatnonzero((proposal > box.lower) & (proposal < box.upper))
        # A full step to the minimum over the same free variables: what is left is rounding.
        if abs(share - 1) < 1e-3 and np.array_equal(free, before):
            break
        before = free
        direction, shift = _newton_direction(rows[free], gradient, total, rho)
        change = rows @ direction + shift
        share = _minimum_along(
            proposal, rho * change, box, change, weights @ direction, direction @ direction
        )
        weights, intercept = weights + share * direction, intercept + share * shift
        fitted = fitted + share * change
    # The sum is zero to rounding only; the largest free variable takes the rest.
    free = np.flatnonzero((beta > box.lower) & (beta < box.upper))
    if len(free):
        inside = np.minimum(beta - box.lower, box.upper - beta)[free]
        beta[free[inside.argmax()]] -= beta.sum()
        beta = np.clip(beta, box.lower, box.upper)
    return beta, intercept


def _refined(rows: np.ndarray, box: _Box, beta: np.ndarray) -> np.ndarray:
    """Solve for the free variables alone, which takes away what a soft proximal term left."""
    free = np.flatnonzero((beta > box.lower) & (beta < box.upper))
    if not len(free):
        return beta
    violation = (box.target - rows @ (rows.T @ beta))[free]
    solved = definite_system(rows[free] @ rows[free].T, violation, -beta.sum(), RIDGE)
    if solved is None:
        return beta
    moved = beta.copy()
    moved[free] += solved[0]
    return moved if ((moved >= box.lower) & (moved <= box.upper)).all() else beta


def _newton_direction(
    rows: np.ndarray, gradient: np.ndarray, total: float, rho: float
) -> tuple[np.ndarray, float]:
    """Newton direction of the weights and of the intercept, from the rows of free variables."""
    k, p = rows.shape
    if k == 0:
        return -gradient, float(np.sign(total))
    if k > p:
        sums = rows.sum(axis=0)
        matrix = dsyrk(rho, rows.T, lower=1)
        matrix -= rho / k * np.outer(sums, sums)
        matrix.ravel(order="K")[:: p + 1] += 1.0
        right = -gradient - total * sums / k
        direction = dposv(matrix, right, lower=1)[1]
        return direction, (total / rho - sums @ direction) / k
    # By the free variables, which are fewer than the features.
    solved = definite_system(rows @ rows.T, -(rows @ gradient), total, 1 / rho)
    if solved is None:
        return -gradient, 0.0
    step, intercept = solved
    return -gradient - rows.T @ step, -intercept


def _minimum_along(
    proposal: np.ndarray,
    fall: np.ndarray,
    box: _Box,
    change: np.ndarray,
    slope: float,
    curvature: float,
) -> float:
    """Step to the minimum of the objective along a direction, where its slope is piecewise linear.

    The slope after a step t is ``slope + t curvature - clip(proposal - t fall) @ change``.
    """

    def slope_at(step: float) -> float:
        beta = np.clip(proposal - step * fall, box.lower, box.upper)
        return slope + step * curvature - beta @ change

    at_one = slope_at(1.0)
    if abs(at_one) <= 1e-10 * abs(slope_at(0.0)):
        return 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        bends = np.concatenate([proposal - box.lower, proposal - box.upper]) / np.tile(fall, 2)
    bends = np.sort(bends[np.isfinite(bends) & (bends > 0)])
    before, after = 0, len(bends)
    while before < after:
        middle = (before + after) // 2
        if slope_at(bends[middle]) < 0:
            before = middle + 1
        else:
            after = middle
    start = bends[before - 1] if before else 0.0
    end = bends[before] if before < len(bends) else start + 1.0
    left, right = slope_at(start), slope_at(end)
    return start - left * (end - start) / (right - left) if right > left else max(start, 1.0)
