"""The dual variables inside their box: their linear system, and how one enters or leaves it.

Free people lie on the margin. Their dual variables and the intercept solve a system whose matrix is
their part of the Gram matrix, bordered by ones. Its inverse is kept and changed as they come and
go. The functions are compiled.
"""

from __future__ import annotations

from mri_response.learning.learners.svc.solver.machine_code import compiled
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
    POSITIONS,
    RATES,
    RIGHT,
    SLOPE,
    VIOLATION,
    add_products,
    add_rows,
    attach,
    find_slope,
    product,
    put,
)

SINGULAR = 1e-10  # squared distance from the span of the free people that is none, mean norm 1


@compiled
def solve(path, right, out):
    """Solve the bordered system of the free variables.

    Parameters
    ----------
    path : Path
        State of the path.
    right, out : numpy.ndarray, shape (n + 1,)
        Right side, and where the solution goes.
    """
    size = path.whole[COUNTS, 0] + 1
    out = out[:size]
    out[:] = 0.0
    add_rows(out, path.inverse, path.whole[ORDER], right, 0, size)


@compiled
def direct(path, matrix):
    """Find how free variables, intercept and decision values change while the bounds move.

    Parameters
    ----------
    path : Path
        State of the path.
    matrix : numpy.ndarray, shape (n, n) or (n, p)
        Gram matrix, or rows of features.
    """
    find_slope(path, matrix)
    slope = path.real[SLOPE]
    change = path.real[CHANGE]
    direction = path.real[DIRECTION]
    right = path.real[RIGHT]
    free = path.whole[FREES]
    n_free = path.whole[COUNTS, 0]
    right[0] = -path.real[LEVEL, 1]
    for a in range(n_free):
        right[a + 1] = -slope[free[a]]
    solve(path, right, direction)
    for i in range(len(matrix)):
        change[i] = slope[i] + direction[0]
    add_products(path, matrix, change, free, direction, 1, n_free)
    path.whole[COUNTS, OLD] = 0


@compiled
def enter(path, matrix, i):
    """Free a variable that is at an end of its box.

    Parameters
    ----------
    path : Path
        State of the path.
    matrix : numpy.ndarray, shape (n, n) or (n, p)
        Gram matrix, or rows of features.
    i : int
        The variable.

    Returns
    -------
    bool
        False if it stays: the decision value of a person in the span of the free people, for
        example of a duplicate, does not change, and what seemed a change was rounding.
    """
    column = path.real[COLUMN]
    right = path.real[RIGHT]
    free = path.whole[FREES]
    inverse = path.inverse
    was = path.whole[PLACES, i]
    n_free = path.whole[COUNTS, 0]
    if n_free == 0:
        inverse[0, 0] = -product(path, matrix, i, i)
        inverse[0, 1] = 1.0
        inverse[1, 0] = 1.0
        inverse[1, 1] = 0.0
        path.whole[COUNTS, OLD] = 1
    else:
        column[0] = 1.0
        for a in range(n_free):
            column[a + 1] = product(path, matrix, i, free[a])
        solve(path, column, right)
        distance = product(path, matrix, i, i)
        for a in range(n_free + 1):
            distance -= column[a] * right[a]
        if not distance > SINGULAR or n_free + 1 == len(inverse):
            path.real[CHANGE, i] = 0.0
            return False
        _grow(inverse, n_free + 1, right, distance)
        _turn(path, matrix, i, distance)
    path.real[BETA, i] = 0.0
    path.real[VIOLATION, i] = 0.0
    if was == BOUND:
        path.real[BETA, i] = path.real[BOUNDS, i]
        attach(path, i, -1)
    put(path, i, FREE)
    path.whole[POSITIONS, i] = n_free
    free[n_free] = i
    path.whole[COUNTS, 0] += 1
    return True


@compiled
def _grow(inverse, size, solution, distance):
    """Border the inverse by a column, of which the solution is known."""
    factor = 1.0 / distance
    solution = solution[:size]
    for c in range(size):
        scaled = solution[c] * factor
        own = inverse[c]
        for a in range(size):
            own[a] += scaled * solution[a]
        own[size] = -scaled
    own = inverse[size]
    for a in range(size):
        own[a] = -solution[a] * factor
    own[size] = factor


@compiled
def _turn(path, matrix, i, distance):
    """Change the direction for one more free variable; row RIGHT says how others answer it."""
    change = path.real[CHANGE]
    direction = path.real[DIRECTION]
    right = path.real[RIGHT]
    free = path.whole[FREES]
    n_free = path.whole[COUNTS, 0]
    factor = change[i] / distance
    own = path.real[RATES, i] if path.whole[PLACES, i] == BOUND else 0.0
    for a in range(n_free + 1):
        right[a] *= factor
        direction[a] += right[a]
    direction[n_free + 1] = own - factor
    right[n_free + 1] = -factor
    free[n_free] = i
    for k in range(len(matrix)):
        change[k] += right[0]
    add_products(path, matrix, change, free, right, 1, n_free + 1)
    change[i] = 0.0


@compiled
def leave(path, matrix, i, where):
    """Put a free variable at an end of its box.

    Parameters
    ----------
    path : Path
        State of the path.
    matrix : numpy.ndarray, shape (n, n) or (n, p)
        Gram matrix, or rows of features.
    i : int
        The variable.
    where : int
        `ZERO` or `BOUND`.
    """
    last = path.whole[COUNTS, 0]  # its place in the bordered matrix, once it is moved there
    path.real[VIOLATION, i] = 0.0
    put(path, i, where)
    if where == BOUND:
        attach(path, i, 1)
    path.whole[COUNTS, 0] -= 1
    if last == 1:
        path.whole[COUNTS, OLD] = 1
        return
    _move_last(path, i, last)
    change = path.real[CHANGE]
    direction = path.real[DIRECTION]
    column = path.real[COLUMN]
    own = path.inverse[last]
    factor = 1.0 / own[last]
    rate = path.real[RATES, i] if where == BOUND else 0.0
    turn = (rate - direction[last]) * factor
    for a in range(last + 1):
        column[a] = turn * own[a]
        direction[a] += column[a]
    for k in range(len(matrix)):
        change[k] += column[0]
    add_products(path, matrix, change, path.whole[FREES], column, 1, last)
    for c in range(last):
        scaled = own[c] * factor
        row = path.inverse[c]
        for a in range(last):
            row[a] -= scaled * own[a]


@compiled
def _move_last(path, i, last):
    """Exchange a free variable with the last one."""
    free = path.whole[FREES]
    position = path.whole[POSITIONS]
    direction = path.real[DIRECTION]
    place = position[i] + 1
    if place == last:
        return
    own = path.inverse[place]
    other = path.inverse[last]
    for a in range(last + 1):
        own[a], other[a] = other[a], own[a]
    for a in range(last + 1):
        row = path.inverse[a]
        row[place], row[last] = row[last], row[place]
    free[last - 1], free[place - 1] = free[place - 1], free[last - 1]
    position[free[place - 1]] = place - 1
    position[i] = last - 1
    direction[place], direction[last] = direction[last], direction[place]
