"""Dual variables at a value of C, free of the rounding of the path, and their optimality gap."""

from __future__ import annotations

import numpy as np

from mri_response.learning.learners.svc.solver.free_set import solve
from mri_response.learning.learners.svc.solver.machine_code import compiled
from mri_response.learning.learners.svc.solver.path_state import (
    BETA,
    BOUND,
    BOUNDS,
    COLUMN,
    COUNTS,
    FREE,
    FREES,
    LEVEL,
    PLACES,
    POSITIONS,
    RIGHT,
    SIGNS,
    SLOPE,
    VIOLATION,
    add_products,
    find_slope,
)
from mri_response.learning.learners.svc.solver.svm import ROUNDING

STILL = 1e-12  # share of what adds up to a number below which that number is rounding
MEET = 1e-11  # difference of two decision values that is rounding
CORRECTIONS = 4  # of the free variables, until they solve their system


@compiled
def shift(path, by):
    """Add to the intercept.

    Parameters
    ----------
    path : Path
        State of the path.
    by : float
        What is added.
    """
    violation = path.real[VIOLATION]
    path.real[LEVEL, 0] += by
    for i in range(len(violation)):
        violation[i] -= by


@compiled
def settle(path, C, beta):
    """Write the dual variables of all people, and how far from optimal they are.

    Decision values are computed anew from the dual variables, and the free ones corrected until
    they solve their system.

    Parameters
    ----------
    path : Path
        State of the path, whose free variables, violations and intercept are corrected.
    C : float
        Where the path is.
    beta : numpy.ndarray, shape (n,)
        Where the signed dual variables go.

    Returns
    -------
    gap : float
        LIBSVM's largest violation of optimality, infinite if their sum is not zero.
    intercept : float
        Where no variable is inside its box, the midpoint of what is optimal.
    at_bound : int
        Variables at their upper bound.
    """
    n = len(path.matrix)
    bound = path.real[BOUNDS]
    violation = path.real[VIOLATION]
    factors = path.real[COLUMN]
    people = path.whole[POSITIONS]
    free = path.whole[FREES]
    count = 0
    for i in range(n):
        beta[i] = 0.0
        if path.whole[PLACES, i] == BOUND:
            beta[i] = bound[i]
        elif path.whole[PLACES, i] == FREE:
            beta[i] = path.real[BETA, i]
        violation[i] = path.real[SIGNS, i] - path.real[LEVEL, 0]
        if beta[i] != 0.0:
            factors[count] = -beta[i]
            people[count] = i
            count += 1
    if path.whole[COUNTS, 1] == n:  # all at their bound: the slope is their product
        find_slope(path)
        for i in range(n):
            violation[i] -= C * path.real[SLOPE, i]
    else:
        add_products(path, violation, people, factors, count)
    n_free = path.whole[COUNTS, 0]
    for a in range(n_free):
        path.whole[POSITIONS, free[a]] = a
    for _ in range(CORRECTIONS):
        if n_free == 0 or _corrected(path, beta):
            break
    clipped = 0.0
    for a in range(n_free):
        i = free[a]
        inside = min(max(beta[i], min(bound[i], 0.0)), max(bound[i], 0.0))
        clipped += abs(inside - beta[i])
        beta[i] = inside
        path.real[BETA, i] = inside
    gap, intercept, at_bound = _optimality(path, beta)
    # What was clipped moves no decision value by more than its product with the longest row.
    return gap + 2.0 * clipped * path.real[LEVEL, 2], intercept, at_bound


@compiled
def _corrected(path, beta):
    """Correct free variables and intercept once; whether they now solve their system."""
    violation = path.real[VIOLATION]
    right = path.real[COLUMN]
    by = path.real[RIGHT]
    free = path.whole[FREES]
    n_free = path.whole[COUNTS, 0]
    total = 0.0
    size = 0.0
    for i in range(len(beta)):
        total += beta[i]
        size += abs(beta[i])
    right[0] = -total
    for a in range(n_free):
        right[a + 1] = violation[free[a]]
    solve(path, right, by)
    shift(path, by[0])
    for a in range(n_free):
        beta[free[a]] += by[a + 1]
        total += by[a + 1]
        by[a + 1] = -by[a + 1]
    add_products(path, violation, free, by[1:], n_free)
    wrong = 0.0
    for a in range(n_free):
        wrong = max(wrong, abs(violation[free[a]]))
    return wrong <= MEET and abs(total) <= STILL * size


@compiled
def _optimality(path, beta):
    """Largest violation of optimality, intercept, and how many variables are at their bound.

    Without a variable inside its box the intercept is in the middle of what is optimal.
    """
    bound = path.real[BOUNDS]
    violation = path.real[VIOLATION]
    largest = -np.inf
    smallest = np.inf
    below = -np.inf
    above = np.inf
    total = 0.0
    width = 0.0
    inside = 0
    at_bound = 0
    for i in range(len(beta)):
        low = min(bound[i], 0.0)
        high = max(bound[i], 0.0)
        rounding = ROUNDING * (high - low)
        total += beta[i]
        width += high - low
        if beta[i] < high:
            largest = max(largest, violation[i])
        if beta[i] > low:
            smallest = min(smallest, violation[i])
        if beta[i] <= low + rounding:
            below = max(below, violation[i])
        elif beta[i] >= high - rounding:
            above = min(above, violation[i])
        else:
            inside += 1
        if abs(beta[i]) >= (high - low) - rounding:
            at_bound += 1
    intercept = path.real[LEVEL, 0]
    if inside == 0:
        intercept += (below + above) / 2
    gap = largest - smallest if abs(total) <= 1e-10 * width else np.inf
    return gap, intercept, at_bound
