"""Block principal pivoting: it ends problems of which little is left to find.

Dual variables inside their box solve a linear system, and those on the wrong side of their
condition of optimality are exchanged at once until none is left.

References
----------
Júdice and Pires (1994). A block principal pivoting algorithm for large-scale strictly monotone
linear complementarity problems. Computers and Operations Research 21, 587-596.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dposv

from mri_response.learning.learners.svc.solver.svm import ROUNDING

EXACT = 1e-9  # violations of the optimality conditions below this are rounding, not a wrong set
LARGE = 16  # systems of more variables are solved one by one, smaller ones together
SIZES = 8  # smaller systems are filled up to a multiple of this size
MAX_PIVOTS = 15
RIDGE = 1e-13  # keeps systems of duplicated people regular, far below the tolerance of the gap


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
    gram : numpy.ndarray, shape (n, n)
        Gram matrix of the training rows.
    target : numpy.ndarray, shape (m, n)
        Labels +1 and -1 of each problem.
    lower, upper : numpy.ndarray, shape (m, n)
        Ends of the box of each dual variable.
    position : numpy.ndarray of int, shape (m, n)
        Where to start, see `positions`.
    max_pivots : int
        What is not settled by then is given up.

    Returns
    -------
    solution : numpy.ndarray, shape (m, n)
    settled : numpy.ndarray of bool, shape (m,)
    """
    n_problems, n = target.shape
    solution = np.zeros((n_problems, n))
    settled = np.zeros(n_problems, dtype=bool)
    live = np.arange(n_problems)
    for _ in range(max_pivots):
        free = position == 0
        fixed = np.where(position > 0, upper, np.where(position < 0, lower, 0.0))
        rest = target - fixed @ gram
        excess = fixed.sum(axis=1)
        moved, intercept = _free_system(gram, free, rest, -excess, RIDGE)
        beta = fixed + moved
        violation = rest - moved @ gram
        none = ~free.any(axis=1)
        if none.any():
            most = np.where(beta < upper, violation, -np.inf).max(axis=1)
            least = np.where(beta > lower, violation, np.inf).min(axis=1)
            intercept = np.where(none, (most + least) / 2, intercept)
        violation -= intercept[:, None]
        margin = EXACT * (upper - lower)
        exchanged = np.where(free & (beta < lower - margin), -1, position)
        exchanged = np.where(free & (beta > upper + margin), 1, exchanged)
        leaving = np.where(position > 0, violation < -EXACT, (position < 0) & (violation > EXACT))
        exchanged = np.where(leaving, 0, exchanged)
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
            target, lower, upper, position = (
                array[going_on] for array in (target, lower, upper, position)
            )
    return solution, settled


def _free_system(
    gram: np.ndarray,
    free: np.ndarray,
    right: np.ndarray,
    total: np.ndarray,
    ridge: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Free variables and intercept: ``gram_FF beta_F + intercept = right_F``, sum ``total``.

    Returns beta, shape (m, n), zero where not free, and the intercept, shape (m,), 0 without any.
    How a system is solved depends on its own variables alone: so does its solution, to the last
    bit.
    """
    n_problems, n = free.shape
    count = free.sum(axis=1)
    beta, intercept = np.zeros((n_problems, n)), np.zeros(n_problems)
    together = count > 0
    for index in np.flatnonzero(count > LARGE):
        which = free[index].nonzero()[0]
        matrix = gram.take(which, 0).take(which, 1)
        given = matrix, right[index].take(which), total[index], ridge
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
        system = np.zeros((len(alike), size + 1, size + 1))
        system[:, :size, :size] = gram.take(rows + which[:, None, :])
        # The others become 0 by rows of their own.
        system[:, :size][~used] = 0.0
        diagonal = np.arange(size)
        system[:, diagonal, diagonal] += ~used + ridge
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
