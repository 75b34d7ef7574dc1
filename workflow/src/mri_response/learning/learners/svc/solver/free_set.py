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
    MOST,
    OLD,
    ORDER,
    PLACES,
    POSITIONS,
    RATES,
    RIGHT,
    SLOPE,
    VIOLATION,
    add_change,
    add_rows,
    attach,
    filled,
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
    out = out[: filled(size)]
    out[:] = 0.0
    add_rows(out, path.inverse, path.whole[ORDER], right, size)


@compiled
def direct(path):
    """Find how free variables, intercept and decision values change while the bounds move.

    Parameters
    ----------
    path : Path
        State of the path.
    """
    find_slope(path)
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
    for i in range(len(change)):
        change[i] = slope[i]
    add_change(path, direction, n_free)
    path.whole[COUNTS, OLD] = 0


@compiled
def enter(path, i):
    """Free a variable that is at an end of its box.

    Parameters
    ----------
    path : Path
        State of the path.
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
        inverse[0, 0] = -product(path, i, i)
        inverse[0, 1] = 1.0
        inverse[1, 0] = 1.0
        inverse[1, 1] = 0.0
        path.whole[COUNTS, OLD] = 1
    else:
        column[0] = 1.0
        for a in range(n_free):
            column[a + 1] = product(path, i, free[a])
        solve(path, column, right)
        distance = product(path, i, i)
        for a in range(n_free + 1):
            distance -= column[a] * right[a]
        if not distance > SINGULAR or n_free == path.whole[COUNTS, MOST]:
            path.real[CHANGE, i] = 0.0
            return False
        _grow(inverse, n_free + 1, right, distance)
        _turn(path, i, distance)
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
    reach = filled(size)
    for c in range(size):
        scaled = solution[c] * factor
        own = inverse[c]
        for a in range(reach):
            own[a] += scaled * solution[a]
        own[size] = -scaled
    own = inverse[size]
    for a in range(size):
        own[a] = -solution[a] * factor
    own[size] = factor


@compiled
def _turn(path, i, distance):
    """Change the direction for one more free variable; row RIGHT says how others answer it."""
    direction = path.real[DIRECTION]
    right = path.real[RIGHT]
    n_free = path.whole[COUNTS, 0]
    factor = path.real[CHANGE, i] / distance
    own = path.real[RATES, i] if path.whole[PLACES, i] == BOUND else 0.0
    for a in range(n_free + 1):
        right[a] *= factor
        direction[a] += right[a]
    direction[n_free + 1] = own - factor
    right[n_free + 1] = -factor
    path.whole[FREES, n_free] = i
    add_change(path, right, n_free + 1)
    path.real[CHANGE, i] = 0.0


@compiled
def leave(path, i, where):
    """Put a free variable at an end of its box.

    Parameters
    ----------
    path : Path
        State of the path.
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
    inverse = path.inverse
    if last == 1:
        path.whole[COUNTS, OLD] = 1
        inverse[:2, :2] = 0.0
        return
    _move_last(path, i, last)
    direction = path.real[DIRECTION]
    column = path.real[COLUMN]
    own = inverse[last]
    factor = 1.0 / own[last]
    rate = path.real[RATES, i] if where == BOUND else 0.0
    turn = (rate - direction[last]) * factor
    for a in range(last + 1):
        column[a] = turn * own[a]
        direction[a] += column[a]
    add_change(path, column, last)
    own[last] = 0.0
    for c in range(last):
        scaled = own[c] * factor
        row = inverse[c]
        for a in range(filled(last)):
            row[a] -= scaled * own[a]
        row[last] = 0.0
    own[: filled(last)] = 0.0


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
