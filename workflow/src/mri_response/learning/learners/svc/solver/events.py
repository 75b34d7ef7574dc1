"""The next event of a solution path, and the way there.

An event is a person who meets the margin, or a free variable that meets an end of its box. The
functions are compiled.
"""

from __future__ import annotations

import numpy as np

from mri_response.learning.learners.svc.solver.certified import STILL
from mri_response.learning.learners.svc.solver.machine_code import compiled, smallest
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
    RATES,
    RIGHT,
    SIDE,
    SIGNS,
    VIOLATION,
    ZERO,
)


@compiled
def next_event(path, moving):
    """Find the next event.

    Parameters
    ----------
    path : Path
        State of the path.
    moving : float
        Sum of the absolute rates of all bounds.

    Returns
    -------
    step : float
        How far it is; infinite if there is none.
    who : int
        Whose it is.
    where : int
        Where the variable goes: `FREE` where its person meets the margin, else the end of its box.
    """
    signs = path.real[SIGNS]
    side = path.real[SIDE]
    violation = path.real[VIOLATION]
    change = path.real[CHANGE]
    far = path.real[COLUMN]
    still = STILL * moving
    for i in range(len(far)):
        nearing = change[i] * side[i]
        room = max(violation[i] * side[i], 0.0)
        far[i] = room / nearing if nearing > still else np.inf
    who, step = _first(far)
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
    a, nearer = _first(far[:n_free])
    if nearer < step:
        who = free[a]
        step = nearer
        where = ZERO if nearer == to_zero[a] else BOUND
    return step, who, where


@compiled
def _first(values):
    """Position of the smallest value, and that value."""
    least = smallest(values)
    for a in range(len(values)):
        if values[a] == least:
            return a, least
    return -1, np.inf


@compiled
def move(path, step):
    """Move bounds, dual variables, intercept and decision values.

    Parameters
    ----------
    path : Path
        State of the path.
    step : float
        How far.
    """
    bound = path.real[BOUNDS]
    rate = path.real[RATES]
    violation = path.real[VIOLATION]
    change = path.real[CHANGE]
    beta = path.real[BETA]
    direction = path.real[DIRECTION]
    free = path.whole[FREES]
    for i in range(len(bound)):
        bound[i] += step * rate[i]
        violation[i] -= step * change[i]
    for a in range(path.whole[COUNTS, 0]):
        beta[free[a]] += step * direction[a + 1]
    path.real[LEVEL, 0] += step * direction[0]
