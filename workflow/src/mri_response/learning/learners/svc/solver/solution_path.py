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
    free_set,
    machine_code,
    path_state,
    svm,
)
from mri_response.learning.learners.svc.solver.certified import MEET, STILL, settle, shift
from mri_response.learning.learners.svc.solver.free_set import direct, enter, leave
from mri_response.learning.learners.svc.solver.machine_code import cached, compiled, sources
from mri_response.learning.learners.svc.solver.path_state import (
    BETA,
    BOUND,
    BOUNDS,
    CHANGE,
    COLUMN,
    COUNTS,
    DIRECTION,
    FREE,
    FREES,
    LEVEL,
    OLD,
    ORDER,
    PLACES,
    RATES,
    RIGHT,
    ROWS,
    SIDE,
    SIGNS,
    SLOPE,
    STALE,
    VIOLATION,
    ZERO,
    Path,
    find_slope,
    product,
    put,
)

EVENTS_PER_ROW = 60  # a path of more events between two values of C is given up


@compiled
def follow_paths(matrix, by_rows, signs, weights, own_weights, C, tolerance):
    """Solve every labelling of a training set at every value of C.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (n, n) or (n, p)
        Gram matrix of the training rows, of mean diagonal 1, or the rows of features whose
        products it consists of, p being at most n.
    by_rows : bool
        Whether it is the rows.
    signs : numpy.ndarray, shape (m, n)
        +1 for the positive class, -1 for the other; both in each row.
    weights : numpy.ndarray, shape (m, n)
        Upper bounds of the dual variables at C = 1 that have the same sum in both classes.
    own_weights : numpy.ndarray, shape (m, n), or (0, n)
        Upper bounds that are wanted, to which the path goes at the smallest C; none if they are
        `weights`.
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
    real = np.zeros((13, n + 1))
    whole = np.zeros((5, n + 5), dtype=np.int64)
    # Free people are affinely independent.
    most = min(n, matrix.shape[1] + 1)
    path = Path(real, whole, np.empty((most + 1, most + 1)))
    whole[COUNTS, ROWS] = int(by_rows)
    for i in range(n):
        real[LEVEL, 2] = max(real[LEVEL, 2], product(path, matrix, i, i))
        whole[ORDER, i + 1] = i + 1
    for row in range(m):
        _begin(path, matrix, signs[row], weights[row])
        reached = 0.0
        middle = 0.0
        n_bound = n
        ended = False
        for index in range(n_C):
            value = C[row, index]
            if ended:
                beta[index, row] = beta[index - 1, row]
                n_bound = 0
            else:
                if not _advance(path, matrix, value - reached):
                    break
                reached = value
                reweighed = index > 0 or len(own_weights) == 0
                if not reweighed and not _reweigh(path, matrix, value, own_weights[row]):
                    break
                for i in range(n):
                    real[BOUNDS, i] = value * real[RATES, i]
                gap, middle, n_bound = settle(path, matrix, value, beta[index, row])
                if not gap <= tolerance:
                    break
                # With nothing at its bound the solution holds for every larger C.
                ended = whole[COUNTS, 1] == 0
            intercept[index, row] = middle
            at_bound[index, 0, row] = n_bound > 0
            at_bound[index, 1, row] = n_bound == n
            solved[row] = index + 1
    return beta, intercept, at_bound, solved


@compiled
def _begin(path, matrix, signs, weights):
    """At C = 0 every dual variable is at its bound, which is 0."""
    n = len(matrix)
    path.whole[COUNTS, 0] = 0
    path.whole[COUNTS, 1] = n
    path.real[LEVEL, 0] = 0.0
    for i in range(n):
        path.real[SIGNS, i] = signs[i]
        path.real[RATES, i] = signs[i] * weights[i]
        path.real[BOUNDS, i] = 0.0
        path.real[VIOLATION, i] = signs[i]
        put(path, i, BOUND)
    path.whole[COUNTS, STALE] = 1


@compiled
def _reweigh(path, matrix, C, weights):
    """Follow the path on which the bounds move from one weighting of the classes to another."""
    n = len(matrix)
    signs = path.real[SIGNS]
    rate = path.real[RATES]
    bound = path.real[BOUNDS]
    for i in range(n):
        rate[i] = C * signs[i] * weights[i] - bound[i]
    path.whole[COUNTS, STALE] = 1
    if not _advance(path, matrix, 1.0):
        return False
    for i in range(n):
        rate[i] = signs[i] * weights[i]
    path.whole[COUNTS, STALE] = 1
    return True


@compiled
def _advance(path, matrix, length):
    """Follow the path while the bounds move on; false if it is lost."""
    rate = path.real[RATES]
    still = 0.0
    for i in range(len(matrix)):
        still += abs(rate[i])
    still *= STILL
    counts = path.whole[COUNTS]
    counts[OLD] = 1
    left = length
    for _ in range(EVENTS_PER_ROW * len(matrix)):
        if counts[0] == 0:
            left = _without_free(path, matrix, left, still)
            if left <= 0.0:
                return left == 0.0
            continue
        if counts[OLD]:
            direct(path, matrix)
        where = _pinned(path, still) if counts[0] == 1 else FREE
        if where != FREE:
            leave(path, matrix, path.whole[FREES, 0], where)
            continue
        step, who, where = _next_event(path, still)
        if step >= left:
            _move(path, left)
            return True
        _move(path, step)
        left -= step
        if where == FREE:
            enter(path, matrix, who)
        else:
            leave(path, matrix, who, where)
    return False


@compiled
def _next_event(path, still):
    """How far it is to the next event, whose it is, and where its variable goes."""
    signs = path.real[SIGNS]
    side = path.real[SIDE]
    violation = path.real[VIOLATION]
    change = path.real[CHANGE]
    far = path.real[COLUMN]
    n = len(signs) - 1
    for i in range(n):
        nearing = change[i] * side[i]
        room = max(violation[i] * side[i], 0.0)
        far[i] = room / nearing if nearing > still else np.inf
    who, step = _first(far, n)
    where = FREE
    bound = path.real[BOUNDS]
    rate = path.real[RATES]
    beta = path.real[BETA]
    direction = path.real[DIRECTION]
    to_zero = path.real[RIGHT]
    free = path.whole[FREES]
    n_free = path.whole[COUNTS, 0]
    for a in range(n_free):
        i = free[a]
        inside = max(beta[i] * signs[i], 0.0)
        room = max(bound[i] * signs[i] - inside, 0.0)
        own = direction[a + 1] * signs[i]
        nearing = own - rate[i] * signs[i]
        to_zero[a] = inside / -own if own < -still else np.inf
        to_bound = room / nearing if nearing > still else np.inf
        far[a] = min(to_zero[a], to_bound)
    a, nearer = _first(far, n_free)
    if nearer < step:
        who = free[a]
        step = nearer
        where = ZERO if nearer == to_zero[a] else BOUND
    return step, who, where


@compiled
def _first(values, count):
    """Position of the smallest value, and that value."""
    least = np.inf
    position = -1
    for a in range(count):
        if values[a] < least:
            least = values[a]
            position = a
    return position, least


@compiled
def _move(path, step):
    """Move bounds, dual variables, intercept and decision values."""
    bound = path.real[BOUNDS]
    rate = path.real[RATES]
    violation = path.real[VIOLATION]
    change = path.real[CHANGE]
    beta = path.real[BETA]
    direction = path.real[DIRECTION]
    free = path.whole[FREES]
    for i in range(len(bound) - 1):
        bound[i] += step * rate[i]
        violation[i] -= step * change[i]
    for a in range(path.whole[COUNTS, 0]):
        beta[free[a]] += step * direction[a + 1]
    path.real[LEVEL, 0] += step * direction[0]


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
def _without_free(path, matrix, left, still):
    """Move on while no variable is free; returns what is left of the way, -1 if it is lost.

    The intercept is then in an interval. Where both its ends meet, two variables become free.
    Where the sum of the dual variables would not stay zero, it goes to an end, and one does.
    """
    find_slope(path, matrix)
    violation = path.real[VIOLATION]
    slope = path.real[SLOPE]
    total = path.real[LEVEL, 1]
    if abs(total) > still:
        least, most, below, above = _ends(path, 0.0)
        i = most if total > 0.0 else least
        if i < 0:
            return -1.0
        shift(path, above if total > 0.0 else below)
        return left if enter(path, matrix, i) else -1.0
    step = left
    first = -1
    second = -1
    for _ in range(len(matrix)):
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
    for i in range(len(matrix)):
        path.real[BOUNDS, i] += step * path.real[RATES, i]
        violation[i] -= step * slope[i]
    if first < 0:
        shift(path, (below + above) / 2)
        return 0.0
    shift(path, violation[first])
    if not enter(path, matrix, first) or not enter(path, matrix, second):
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
    for i in range(len(signs) - 1):
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


follow = _entry(sources(certified, free_set, machine_code, path_state, svm))
