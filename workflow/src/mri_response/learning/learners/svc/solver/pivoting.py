"""Linear support vector classifiers of one labelling on many training sets, solved together.

Where folds are redrawn for every permutation no two labellings share a training set, and the solver
of module `admm` has nothing to share. Here each problem is solved by itself, exactly: the
dual variables inside their box solve a linear system, and block principal pivoting finds which
they are. The systems of all training sets of an outer fold are solved in one call.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.linalg.lapack import dposv

from mri_response.learning.learners.svc.solver.svm import (
    ROUNDING,
    TOLERANCE,
    Solution,
    free_intercept,
    libsvm,
    optimality_gap,
    upper_bounds,
)

EXACT = 1e-9  # violations of the optimality conditions below this are rounding, not a wrong set
PLATEAU = 0.3  # C times mean squared norm below which all variables at their bound is a good start
LARGE = 16  # systems of more variables are solved one by one, smaller ones together
SIZES = 8  # smaller systems are filled up to a multiple of this size
MAX_PIVOTS = 15
MAX_STEPS_PER_ROW = 10
DAMPING = 1e-8  # damping of a step in directions that the features do not span
RIDGE = 1e-13  # keeps systems of duplicated people regular, far below the tolerance of the gap


class PivotingSolver:
    """Solver for the training sets of an outer fold and one labelling.

    Parameters
    ----------
    gram : numpy.ndarray, shape (S, n, n)
        One matrix per training set, over all rows.
    train : numpy.ndarray of bool, shape (S, n)
        Rows of each training set.
    balanced : bool
        Weigh classes by the inverse of their frequency in the training set.
    tolerance : float
        Largest accepted optimality gap.

    Attributes
    ----------
    mean_square_norm : numpy.ndarray, shape (S,)
        Mean squared norm of the features of the training rows.
    n_solved, n_fallback : numpy.ndarray of int, shape (S,)
        Problems solved so far, and how many of them LIBSVM had to solve.

    Notes
    -----
    Where no dual variable is inside its box (at tiny C all are at the upper bound) the intercept is
    not unique; the midpoint of its interval is taken. LIBSVM means to do so too, but by rounding it
    often has a variable that is not at its bound, whose gradient it takes. A training set with one
    class gets the constant decision value of that class, +1 or -1. What fails its certificate goes
    to LIBSVM.

    References
    ----------
    Júdice and Pires (1994). A block principal pivoting algorithm for large-scale strictly monotone
    linear complementarity problems. Computers and Operations Research 21, 587-596.
    """

    def __init__(
        self,
        gram: np.ndarray,
        train: np.ndarray,
        *,
        balanced: bool = True,
        tolerance: float = TOLERANCE,
    ) -> None:
        self.gram = gram
        self.train = train
        self.balanced = balanced
        self.tolerance = tolerance
        self.n_solved, self.n_fallback = np.zeros((2, len(train)), dtype=int)
        squared = np.einsum("sii->si", gram)
        mean_square = (squared * train).sum(axis=1) / train.sum(axis=1)
        self.mean_square_norm = np.where(mean_square > 0, mean_square, 1.0)
        self._scaled = gram / self.mean_square_norm[:, None, None]

    def grid(self, C: np.ndarray, relative: bool) -> np.ndarray:
        """Values of C for each training set.

        Parameters
        ----------
        C : numpy.ndarray, shape (n_C,) or (n_C, S)
            Values of the grid.
        relative : bool
            Whether they are divided by the mean squared norm of the training features.

        Returns
        -------
        numpy.ndarray, shape (n_C, S)
        """
        C = C if C.ndim == 2 else C[:, None]
        return C / (self.mean_square_norm if relative else np.ones(len(self.train)))

    def path(self, signs: np.ndarray, C: np.ndarray) -> Iterator[Solution]:
        """Solve all training sets for every value of C, smallest first.

        Parameters
        ----------
        signs : numpy.ndarray, shape (n,) or (S, n)
            +1 for the positive class, -1 for the other.
        C : numpy.ndarray, shape (n_C, S)
            Ascending, for each training set.

        Yields
        ------
        Solution
            For each value of C; one column per training set, ``beta`` of shape (n, S) and zero
            outside the training rows. The arrays are overwritten by the next one.
        """
        n_sets, n = self.train.shape
        target = np.where(self.train, signs, 0.0)
        total = target.sum(axis=1)
        single = np.abs(total) == self.train.sum(axis=1)
        intercept = np.where(single, np.sign(total), 0.0)
        beta, at_bound = np.zeros((n_sets, n)), np.zeros((2, n_sets), dtype=bool)
        moving = np.flatnonzero(~single)
        position = previous = None
        for value in C:
            if len(moving):
                scale = self.mean_square_norm[moving]
                bound = upper_bounds(target[moving].T, value[moving] * scale, self.balanced).T
                gram = self._scaled[moving]
                if position is None:
                    position = _start(gram, target[moving], bound)
                    start = _feasible(target[moving] * bound)
                else:
                    # Feasible for the larger C as well.
                    start = beta[moving] * (scale * value[moving] / previous[moving])[:, None]
                previous = value
                solved = self._solve(
                    moving, gram, target[moving], bound, position, start, value[moving]
                )
                beta[moving] = solved.beta.T / scale[:, None]
                intercept[moving], at_bound[:, moving] = solved.intercept, solved.at_bound
                position = positions(solved.beta.T, target[moving] * bound)
                # Without a variable at its upper bound every larger C has the same solution.
                going_on = solved.at_bound[0]
                moving, position = moving[going_on], position[going_on]
            yield Solution(beta.T, intercept, at_bound)

    def _solve(
        self,
        sets: np.ndarray,
        gram: np.ndarray,
        target: np.ndarray,
        bound: np.ndarray,
        position: np.ndarray,
        start: np.ndarray,
        C: np.ndarray,
    ) -> Solution:
        """Solve some training sets in units where the mean squared norm is 1."""
        full = target * bound
        lower, upper = np.minimum(full, 0.0), np.maximum(full, 0.0)
        beta = _solved(gram, target, lower, upper, position, start)
        violation = target - times(gram, beta)
        gap = optimality_gap(beta.T, violation.T, lower.T, upper.T)
        self.n_solved[sets] += 1
        for index in np.flatnonzero(~(gap <= self.tolerance)):
            rows = target[index] != 0
            own = libsvm(
                gram[index][np.ix_(rows, rows)],
                target[index, rows],
                C[index] * self.mean_square_norm[sets[index]],
                balanced=self.balanced,
                tolerance=self.tolerance,
            )
            at_bound = np.abs(own) >= bound[index, rows] * (1 - ROUNDING)
            beta[index, rows] = np.where(at_bound, full[index, rows], own)
            violation[index] = target[index] - times(gram[[index]], beta[[index]])[0]
            self.n_fallback[sets[index]] += 1
        # Rows outside have an empty box, at both ends of which they lie.
        violation[target == 0] = np.nan
        intercept = free_intercept(beta.T, violation.T, lower.T, upper.T)
        at_bound = (np.abs(beta) >= bound * (1 - ROUNDING)) | (target == 0)
        some = (at_bound & (target != 0)).any(axis=1)
        return Solution(beta.T, intercept, np.stack([some, at_bound.all(axis=1)]))


def _start(gram: np.ndarray, target: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """Guess which variables are at which end of their box, shape (S, n).

    All at their upper bound where that is small; else as in the least-squares machine, which lacks
    the box.
    """
    position = np.sign(target).astype(np.int8)
    inside = target != 0
    strength = (bound * inside).sum(axis=1) / inside.sum(axis=1)
    large = strength >= PLATEAU
    if large.any():
        beta = np.zeros(target.shape)
        beta[large], _ = _free_system(
            gram[large], inside[large], target[large], np.zeros(large.sum()), 1 / strength[large]
        )
        full = target * bound
        unlike = positions(np.where(beta * target > 0, beta, 0.0), full)
        position[large] = unlike[large]
    return position


def _feasible(full: np.ndarray) -> np.ndarray:
    """All variables at their upper bound, those of one class reduced so that the sum is zero."""
    positive, negative = np.maximum(full, 0.0), np.maximum(-full, 0.0)
    total = positive.sum(axis=1, keepdims=True), negative.sum(axis=1, keepdims=True)
    least = np.minimum(*total)
    return positive * (least / total[0]) - negative * (least / total[1])


def positions(beta: np.ndarray, full: np.ndarray) -> np.ndarray:
    """-1 at the lower, 1 at the upper end of the box, 0 inside.

    Parameters
    ----------
    beta, full : numpy.ndarray
        Of one shape; ``full`` is the end of the box that is not zero.
    """
    at_full = np.abs(beta) >= np.abs(full) * (1 - ROUNDING)
    at_zero = np.abs(beta) <= np.abs(full) * ROUNDING
    sign = np.where(full > 0, 1, -1)
    return np.where(at_zero, -sign, np.where(at_full, sign, 0)).astype(np.int8)


def _solved(
    gram: np.ndarray,
    target: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    position: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:
    """Solutions by whole blocks where that settles, else step by step, shape (S, n)."""
    beta, settled = pivoted(gram, target, lower, upper, position)
    if not settled.all():
        hard = np.flatnonzero(~settled)
        gram, target, lower, upper = (array[hard] for array in (gram, target, lower, upper))
        beta[hard] = _active_set(gram, target, lower, upper, start[hard])
        position = positions(beta[hard], lower + upper)
        exact, settled = pivoted(gram, target, lower, upper, position)
        beta[hard[settled]] = exact[settled]
    return beta


def pivoted(
    gram: np.ndarray,
    target: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    position: np.ndarray,
    max_pivots: int = MAX_PIVOTS,
) -> tuple[np.ndarray, np.ndarray]:
    """Solutions by block principal pivoting, and which are settled.

    Every variable on the wrong side of its optimality condition is exchanged at once.

    Parameters
    ----------
    gram : numpy.ndarray, shape (S, n, n) or (n, n)
        Of each problem, or of all of them.
    target : numpy.ndarray, shape (S, n)
        Labels +1 and -1; 0 for a row that is not in the training set.
    lower, upper : numpy.ndarray, shape (S, n)
        Ends of the box of each dual variable.
    position : numpy.ndarray of int, shape (S, n)
        Where to start, see `positions`.
    max_pivots : int
        What is not settled by then is given up.

    Returns
    -------
    solution : numpy.ndarray, shape (S, n)
    settled : numpy.ndarray of bool, shape (S,)
    """
    n_sets, n = target.shape
    solution = np.zeros((n_sets, n))
    settled = np.zeros(n_sets, dtype=bool)
    live = np.arange(n_sets)
    for _ in range(max_pivots):
        inside = target != 0
        free = (position == 0) & inside
        fixed = np.where(position > 0, upper, np.where(position < 0, lower, 0.0))
        rest = target - times(gram, fixed)
        excess = fixed.sum(axis=1)
        moved, intercept = _free_system(gram, free, rest, -excess, RIDGE)
        beta = fixed + moved
        violation = rest - times(gram, moved)
        none = ~free.any(axis=1)
        if none.any():
            most = np.where(inside & (beta < upper), violation, -np.inf).max(axis=1)
            least = np.where(inside & (beta > lower), violation, np.inf).min(axis=1)
            intercept = np.where(none, (most + least) / 2, intercept)
        violation -= intercept[:, None]
        margin = EXACT * (upper - lower)
        exchanged = np.where(free & (beta < lower - margin), -1, position)
        exchanged = np.where(free & (beta > upper + margin), 1, exchanged)
        leaving = np.where(position > 0, violation < -EXACT, (position < 0) & (violation > EXACT))
        exchanged = np.where(leaving & inside, 0, exchanged)
        going_on = (exchanged != position).any(axis=1)
        position = exchanged
        if not going_on.all():
            done = ~going_on
            solution[live[done]] = np.clip(beta, lower, upper)[done]
            # Without a free variable nothing else makes the sum zero.
            sums_to_zero = np.abs(excess) <= EXACT * (upper - lower).sum(axis=1)
            settled[live[done]] = (~none | sums_to_zero)[done]
            live = live[going_on]
            if not len(live):
                break
            gram = gram if gram.ndim == 2 else gram[going_on]
            target, lower, upper, position = (
                array[going_on] for array in (target, lower, upper, position)
            )
    return solution, settled


def _active_set(
    gram: np.ndarray,
    target: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    beta: np.ndarray,
) -> np.ndarray:
    """Solutions by the primal active-set method from feasible points, shape (S, n).

    One variable enters or leaves at a time: slower than whole blocks, but the objective never
    falls, however many variables there are for the dimensions of the features.
    """
    n_sets, n = target.shape
    solution = beta.copy()
    live = np.arange(n_sets)
    free = (beta > lower) & (beta < upper)
    for _ in range(MAX_STEPS_PER_ROW * n):
        violation = target - times(gram, beta)
        step, _ = _free_system(gram, free, violation, np.zeros(len(live)), DAMPING)
        room = np.full(step.shape, np.inf)
        end = np.where(step > 0, upper, lower)
        np.divide(end - beta, step, out=room, where=free & (step != 0))
        first = room.argmin(axis=1)
        share = np.minimum(room[np.arange(len(live)), first], 1.0)[:, None]
        beta = np.clip(beta + share * step, lower, upper)
        violation -= share * times(gram, step)
        blocked = np.flatnonzero(share < 1.0)
        beta[blocked, first[blocked]] = end[blocked, first[blocked]]
        free[blocked, first[blocked]] = False
        # If no variable has reached a bound, LIBSVM's most violating pair becomes free.
        up = np.where(beta < upper, violation, -np.inf)
        down = np.where(beta > lower, violation, np.inf)
        going_on = (share[:, 0] < 1.0) | (up.max(axis=1) - down.min(axis=1) > EXACT)
        whole = np.flatnonzero(share == 1.0)
        free[whole, up.argmax(axis=1)[whole]] = True
        free[whole, down.argmin(axis=1)[whole]] = True
        solution[live] = beta
        if not going_on.all():
            live = live[going_on]
            if not len(live):
                break
            gram, target, lower, upper, beta, free = (
                array[going_on] for array in (gram, target, lower, upper, beta, free)
            )
    return solution


def _free_system(
    gram: np.ndarray,
    free: np.ndarray,
    right: np.ndarray,
    total: np.ndarray,
    ridge: float | np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Free variables and intercept: ``gram_FF beta_F + intercept = right_F``, sum ``total``.

    Returns beta, shape (S, n), zero where not free, and the intercept, shape (S,), 0 without any.
    How a system is solved depends on its own variables alone: so does its solution, to the last
    bit.
    """
    n_sets, n = free.shape
    count = free.sum(axis=1)
    beta, intercept = np.zeros((n_sets, n)), np.zeros(n_sets)
    ridge = np.broadcast_to(ridge, n_sets)
    together = count > 0
    for index in np.flatnonzero(count > LARGE):
        which = free[index].nonzero()[0]
        matrix = (gram if gram.ndim == 2 else gram[index]).take(which, 0).take(which, 1)
        given = matrix, right[index].take(which), total[index], ridge[index]
        solved = definite_system(*given)
        if solved is not None:
            beta[index, which], intercept[index] = solved
            together[index] = False
    sizes = np.minimum(-(-count // SIZES) * SIZES, n)
    for size in np.unique(sizes[together]):
        alike = np.flatnonzero(together & (sizes == size))
        used = np.arange(size) < count[alike, None]
        problem, variable = np.nonzero(free[alike])
        which = np.zeros((len(alike), size), dtype=int)
        which[used] = variable
        rows = which[:, :, None] * n
        if gram.ndim == 3:
            rows = rows + alike[:, None, None] * n * n
        system = np.zeros((len(alike), size + 1, size + 1))
        system[:, :size, :size] = gram.take(rows + which[:, None, :])
        # The others become 0 by rows of their own.
        system[:, :size][~used] = 0.0
        diagonal = np.arange(size)
        system[:, diagonal, diagonal] += ~used + ridge[alike, None]
        system[:, size, :size] = system[:, :size, size] = used
        vector = np.zeros((len(alike), size + 1, 1))
        vector[:, :size, 0][used] = right[alike[problem], variable]
        vector[:, size, 0] = total[alike]
        solved = np.linalg.solve(system, vector)[:, :, 0]
        beta[alike[problem], variable] = solved[:, :size][used]
        intercept[alike] = solved[:, size]
    return beta, intercept


def definite_system(
    gram: np.ndarray, right: np.ndarray, total: float, ridge: float
) -> tuple[np.ndarray, float] | None:
    """Free variables and intercept of one problem by Cholesky's decomposition.

    Parameters
    ----------
    gram : numpy.ndarray, shape (k, k)
        Gram matrix of the free variables, which is overwritten.
    right : numpy.ndarray, shape (k,)
        Right side of ``(gram + ridge) beta + intercept = right``.
    total : float
        What the variables sum to.
    ridge : float
        Added to the diagonal.

    Returns
    -------
    tuple of numpy.ndarray, shape (k,), and float, or None
        Variables and intercept; None if the system is not definite.
    """
    n = len(gram)
    # Given the sum, this changes the intercept alone, and leaves no zero in centred matrices.
    gram += 1.0
    gram.ravel()[:: n + 1] += ridge
    both = np.empty((2, n))
    both[0], both[1] = right, 1.0
    _, solved, failure = dposv(gram.T, both.T, lower=True, overwrite_a=True, overwrite_b=True)
    if failure:
        return None
    sums = solved.sum(axis=0)
    shift = (sums[0] - total) / sums[1]
    return solved[:, 0] - shift * solved[:, 1], shift + total


def times(gram: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """Each Gram matrix times its own vector.

    Parameters
    ----------
    gram : numpy.ndarray, shape (S, n, n) or (n, n)
        A single matrix serves all vectors.
    beta : numpy.ndarray, shape (S, n)
        Vectors, one per Gram matrix.

    Returns
    -------
    numpy.ndarray, shape (S, n)
    """
    if gram.ndim == 2:
        return beta @ gram
    return np.matmul(gram, beta[:, :, None])[:, :, 0]
