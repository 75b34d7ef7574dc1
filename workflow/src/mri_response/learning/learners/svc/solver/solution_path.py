"""Solutions of a support vector classifier for every C, followed from one event to the next.

Between two events the dual variables are linear in C: those at their bound move with it, those
inside their box keep their people on the margin, the others are zero. An event is a variable that
meets an end of its box, or a person who meets the margin. Each costs a few products with rows of
the Gram matrix, so that the path of a labelling through all values of C takes little more than a
single fit. The functions are compiled.

References
----------
Hastie et al. (2004). The entire regularization path for the support vector machine. Journal of
Machine Learning Research 5, 1391-1415.
Karasuyama et al. (2012). Multi-parametric solution-path algorithm for instance-weighted support
vector machines. Machine Learning 88, 297-330.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mri_response.learning.learners.svc.solver import (
    certified,
    events,
    free_set,
    machine_code,
    path_state,
    svm,
)
from mri_response.learning.learners.svc.solver.certified import MEET, STILL, settle, shift
from mri_response.learning.learners.svc.solver.events import move, next_event
from mri_response.learning.learners.svc.solver.free_set import direct, enter, leave
from mri_response.learning.learners.svc.solver.machine_code import (
    cached,
    compiled,
    sources,
    with_memory,
)
from mri_response.learning.learners.svc.solver.path_state import (
    BETA,
    BOUND,
    BOUNDS,
    COUNTS,
    DIRECTION,
    FREE,
    FREES,
    LEVEL,
    MOST,
    N_COUNTS,
    OLD,
    ORDER,
    PLACES,
    RATES,
    ROWS,
    SIGNS,
    SLOPE,
    STALE,
    VIOLATION,
    ZERO,
    Path,
    filled,
    find_slope,
    product,
    put,
)

EVENTS_PER_ROW = 60  # a path of more events between two values of C is given up


@with_memory
def follow_paths(matrix, by_rows, signs, weights, own_weights, C, tolerance):
    """Solve every labelling of a training set at every value of C.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (n, n) or (n, p)
        Gram matrix of the training rows, of mean diagonal 1, or the rows of features whose
        products it consists of, p being at most n; rows filled up as in `Path`.
    by_rows : bool
        Whether it is the rows of features.
    signs : numpy.ndarray, shape (m, n)
        +1 for the positive class, -1 for the other; both in each row.
    weights : numpy.ndarray, shape (m, n)
        Upper bounds of the dual variables at C = 1 that have the same sum in both classes.
    own_weights : numpy.ndarray, shape (m, n)
        Upper bounds that are wanted, to which the path goes at the smallest C if they are others.
    C : numpy.ndarray, shape (m, n_C)
        Ascending values for each labelling.
    tolerance : float
        Largest accepted optimality gap.

    Returns
    -------
    beta : numpy.ndarray, shape (n_C, m, n)
        Signed dual variables.
    intercept : numpy.ndarray, shape (n_C, m)
        Where no dual variable is free, the midpoint of what is optimal.
    at_bound : numpy.ndarray of bool, shape (n_C, 2, m)
        Whether any, and whether every dual variable is at its upper bound.
    solved : numpy.ndarray of int, shape (m,)
        How many values of C have a solution whose gap is at most the tolerance; what follows in
        the other arrays has no meaning.
    """
    m, n = signs.shape
    n_C = C.shape[1]
    beta = np.empty((n_C, m, n))
    intercept = np.zeros((n_C, m))
    at_bound = np.zeros((n_C, 2, m), dtype=np.bool_)
    solved = np.zeros(m, dtype=np.int64)
    # Free people are affinely independent.
    most = min(n, matrix.shape[1] + 1)
    path = Path(
        matrix,
        np.zeros((13, filled(n + 1))),
        np.zeros((5, filled(n + 1) + N_COUNTS), dtype=np.int64),
        np.zeros((filled(most + 1), filled(most + 1))),
    )
    path.whole[COUNTS, ROWS] = int(by_rows)
    path.whole[COUNTS, MOST] = most
    _prepare(path)
    for row in range(m):
        _begin(path, signs[row], weights[row])
        solved[row] = _follow_one(
            path,
            own_weights[row],
            C[row],
            tolerance,
            beta[:, row],
            intercept[:, row],
            at_bound[:, :, row],
        )
    return beta, intercept, at_bound, solved


@compiled
def _prepare(path):
    """Find what is the same for every labelling."""
    for i in range(path.whole.shape[1]):
        path.whole[ORDER, i] = i
    for i in range(len(path.matrix)):
        path.real[LEVEL, 2] = max(path.real[LEVEL, 2], product(path, i, i))


@compiled
def _begin(path, signs, weights):
    """At C = 0 every dual variable is at its bound, which is 0."""
    size = path.whole[COUNTS, 0] + 1
    path.inverse[:size, :size] = 0.0
    path.whole[COUNTS, 0] = 0
    path.whole[COUNTS, 1] = len(signs)
    path.real[LEVEL, 0] = 0.0
    for i in range(len(signs)):
        path.real[SIGNS, i] = signs[i]
        path.real[RATES, i] = signs[i] * weights[i]
        path.real[BOUNDS, i] = 0.0
        path.real[VIOLATION, i] = signs[i]
        put(path, i, BOUND)
    path.whole[COUNTS, STALE] = 1


@compiled
def _follow_one(path, own_weights, C, tolerance, beta, intercept, at_bound):
    """Write the solutions of one labelling; returns how many there are."""
    n = len(own_weights)
    reweighed = True
    for i in range(n):
        if own_weights[i] != abs(path.real[RATES, i]):
            reweighed = False
    reached = 0.0
    middle = 0.0
    n_bound = n
    ended = False
    for index in range(len(C)):
        if ended:
            for i in range(n):
                beta[index, i] = beta[index - 1, i]
            n_bound = 0
        else:
            if not _advance(path, C[index] - reached):
                return index
            reached = C[index]
            if not reweighed and not _reweigh(path, reached, own_weights):
                return index
            reweighed = True
            for i in range(n):
                path.real[BOUNDS, i] = reached * path.real[RATES, i]
            gap, middle, n_bound = settle(path, reached, beta[index])
            if not gap <= tolerance:
                return index
            # With nothing at its bound the solution holds for every larger C.
            ended = path.whole[COUNTS, 1] == 0
        intercept[index] = middle
        at_bound[index, 0] = n_bound > 0
        at_bound[index, 1] = n_bound == n
    return len(C)


@compiled
def _reweigh(path, C, weights):
    """Follow the path on which the bounds move from one weighting of the classes to another."""
    n = len(weights)
    signs = path.real[SIGNS]
    rate = path.real[RATES]
    bound = path.real[BOUNDS]
    for i in range(n):
        rate[i] = C * signs[i] * weights[i] - bound[i]
    path.whole[COUNTS, STALE] = 1
    if not _advance(path, 1.0):
        return False
    for i in range(n):
        rate[i] = signs[i] * weights[i]
    path.whole[COUNTS, STALE] = 1
    return True


@compiled
def _advance(path, length):
    """Follow the path while the bounds move on; false if it is lost."""
    n = len(path.matrix)
    rate = path.real[RATES]
    moving = 0.0
    for i in range(n):
        moving += abs(rate[i])
    still = STILL * moving
    counts = path.whole[COUNTS]
    counts[OLD] = 1
    left = length
    for _ in range(EVENTS_PER_ROW * n):
        if counts[0] == 0:
            left = _without_free(path, left, still)
            if left <= 0.0:
                return left == 0.0
            continue
        if counts[OLD]:
            direct(path)
        where = _pinned(path, still) if counts[0] == 1 else FREE
        if where != FREE:
            leave(path, path.whole[FREES, 0], where)
            continue
        step, who, where = next_event(path, moving)
        if step >= left:
            move(path, left)
            return True
        move(path, step)
        left -= step
        if where == FREE:
            enter(path, who)
        else:
            leave(path, who, where)
    return False


@compiled
def _pinned(path, still):
    """End of the box at which the only free variable is and stays, `FREE` if it does not."""
    i = path.whole[FREES, 0]
    own = path.real[DIRECTION, 1]
    beta = path.real[BETA, i]
    bound = path.real[BOUNDS, i]
    small = STILL * abs(bound)
    if abs(beta) <= small and abs(own) <= still:
        return ZERO
    if abs(beta - bound) <= small and abs(own - path.real[RATES, i]) <= still:
        return BOUND
    return FREE


@compiled
def _without_free(path, left, still):
    """Move on while no variable is free; returns what is left of the way, -1 if it is lost.

    The intercept is then in an interval. Where both its ends meet, two variables become free.
    Where the sum of the dual variables would not stay zero, it goes to an end, and one does.
    """
    find_slope(path)
    violation = path.real[VIOLATION]
    slope = path.real[SLOPE]
    total = path.real[LEVEL, 1]
    if abs(total) > still:
        least, most, below, above = _ends(path, 0.0)
        i = most if total > 0.0 else least
        if i < 0:
            return -1.0
        shift(path, above if total > 0.0 else below)
        return left if enter(path, i) else -1.0
    step = left
    first = -1
    second = -1
    for _ in range(len(path.matrix)):
        least, most, below, above = _ends(path, step)
        if below <= above + MEET:
            break
        # The interval shrinks ever faster, so that from too far the step only gets shorter, and
        # of people who meet at once these two are the fastest.
        first = least
        second = most
        closing = slope[most] - slope[least]
        nearer = (violation[most] - violation[least]) / closing if closing > 0.0 else 0.0
        if not nearer < step:
            break
        step = max(nearer, 0.0)
    for i in range(len(path.matrix)):
        path.real[BOUNDS, i] += step * path.real[RATES, i]
        violation[i] -= step * slope[i]
    if first < 0:
        shift(path, (below + above) / 2)
        return 0.0
    shift(path, violation[first])
    if not enter(path, first) or not enter(path, second):
        return -1.0
    return left - step


@compiled
def _ends(path, step):
    """Who bounds the intercept from below and from above, once the bounds have moved on."""
    violation = path.real[VIOLATION]
    slope = path.real[SLOPE]
    signs = path.real[SIGNS]
    place = path.whole[PLACES]
    least = -1
    most = -1
    below = -np.inf
    above = np.inf
    for i in range(len(path.matrix)):
        value = violation[i] - step * slope[i]
        if (place[i] == BOUND) == (signs[i] > 0):
            if value < above:
                above = value
                most = i
        elif value > below:
            below = value
            least = i
    return least, most, below, above


def _entry(called: str) -> Callable:
    """Make the function that Python calls, which encloses the hash of all that it calls."""

    def follow(matrix, by_rows, signs, weights, own_weights, C, tolerance):
        assert len(called) > 0
        return follow_paths(matrix, by_rows, signs, weights, own_weights, C, tolerance)

    return cached(follow)


follow = _entry(sources(certified, events, free_set, machine_code, path_state, svm))
