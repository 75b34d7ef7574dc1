"""Where the solution path of a labelling is, and products with the Gram matrix.

What is called matrix here is the Gram matrix of the training rows, or the rows of features whose
products it consists of. The functions are compiled.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mri_response.learning.learners.svc.solver.machine_code import compiled, summed

FILLED = 8  # numbers of a row that are taken together
ZERO, BOUND, FREE = 0, 1, 2  # where a dual variable is

# Rows of `Path.real`, of n people each.
SIGNS = 0  # labels as +1 and -1
BOUNDS = 1  # signed upper bounds of the dual variables
RATES = 2  # how fast they move
BETA = 3  # signed dual variables inside their box
VIOLATION = 4  # labels less decision values
CHANGE = 5  # how fast decision values change
SLOPE = 6  # Gram matrix times the rates of the variables at their bound
SIDE = 7  # the label of those at their bound, its opposite for those at zero, 0 for free ones
# Rows of `Path.real` whose first entry is of the intercept, the others of the free variables.
DIRECTION = 8  # how fast they change
RIGHT, COLUMN = 9, 10  # two vectors to work with
LEVEL = 11  # numbers: the intercept, the sum of the rates of variables at their bound, longest row
WEIGHTS = 12  # of up to n features, to work with
# Rows of `Path.whole`.
PLACES = 0  # ZERO, BOUND or FREE
FREES = 1  # the free variables in the order of `inverse`
POSITIONS = 2  # where each of n people stands there
ORDER = 3  # 0, 1, 2 and so on: the rows of `inverse`
COUNTS = 4  # numbers: free variables, those at their bound, the most that can be free; as 0 or 1:
MOST = 2
OLD = 3  # whether DIRECTION must be found anew
STALE = 4  # whether SLOPE must be
ROWS = 5  # whether the matrix holds rows of features
N_COUNTS = 6


class Path(NamedTuple):
    """Where the path of one labelling is. Few arrays, since each costs time at every call.

    All rows are filled up with zeros to a multiple of `FILLED` numbers, so that loops over them
    need no remainder.

    Attributes
    ----------
    matrix : numpy.ndarray, shape (n, n) or (n, p)
        Gram matrix, or rows of features.
    real : numpy.ndarray, shape (13, n + 1)
        Quantities of each person or of each free variable, one per row, see above.
    whole : numpy.ndarray of int, shape (5, n + 6)
        The same for whole numbers.
    inverse : numpy.ndarray, shape (k + 1, k + 1)
        Inverse of the Gram matrix of the free people, at most k, bordered by ones, in its upper
        left corner; the rest is zero.
    """

    matrix: np.ndarray
    real: np.ndarray
    whole: np.ndarray
    inverse: np.ndarray


@compiled
def filled(count):
    """Round up to a multiple of `FILLED`.

    Parameters
    ----------
    count : int
        Number of entries in use.

    Returns
    -------
    int
    """
    return count + -count % FILLED


@compiled
def add_rows(out, matrix, rows, factors, count):
    """Add rows of a matrix, eight at a time, each times its factor.

    Parameters
    ----------
    out : numpy.ndarray
        Vector that is changed, as far as it and the rows reach.
    matrix : numpy.ndarray, shape (k, n)
        Matrix of which rows are added.
    rows : numpy.ndarray of int
        Which rows.
    factors : numpy.ndarray
        Their factors.
    count : int
        How many rows there are.
    """
    n = min(len(out), matrix.shape[1])
    whole = count - count % 8
    for a in range(0, whole, 8):
        f0 = factors[a]
        f1 = factors[a + 1]
        f2 = factors[a + 2]
        f3 = factors[a + 3]
        f4 = factors[a + 4]
        f5 = factors[a + 5]
        f6 = factors[a + 6]
        f7 = factors[a + 7]
        r0 = matrix[rows[a]]
        r1 = matrix[rows[a + 1]]
        r2 = matrix[rows[a + 2]]
        r3 = matrix[rows[a + 3]]
        r4 = matrix[rows[a + 4]]
        r5 = matrix[rows[a + 5]]
        r6 = matrix[rows[a + 6]]
        r7 = matrix[rows[a + 7]]
        for i in range(n):
            out[i] += (f0 * r0[i] + f1 * r1[i] + f2 * r2[i] + f3 * r3[i]) + (
                f4 * r4[i] + f5 * r5[i] + f6 * r6[i] + f7 * r7[i]
            )
    for a in range(whole, count):
        f0 = factors[a]
        r0 = matrix[rows[a]]
        for i in range(n):
            out[i] += f0 * r0[i]


@compiled
def add_products(path, out, people, factors, count):
    """Add the products of everybody with some people, each times a factor.

    Parameters
    ----------
    path : Path
        State of the path.
    out : numpy.ndarray
        Vector of n numbers that is changed.
    people : numpy.ndarray of int
        Rows of the people with whom products are taken.
    factors : numpy.ndarray
        Their factors.
    count : int
        How many people there are.
    """
    matrix = path.matrix
    if path.whole[COUNTS, ROWS] == 0:
        add_rows(out, matrix, people, factors, count)
        return
    weights = path.real[WEIGHTS, : matrix.shape[1]]
    weights[:] = 0.0
    add_rows(weights, matrix, people, factors, count)
    for i in range(len(matrix)):
        out[i] += _dot(matrix[i], weights)


@compiled
def add_change(path, by, count):
    """Add to the change of the decision values what the intercept and free variables add to it.

    Parameters
    ----------
    path : Path
        State of the path.
    by : numpy.ndarray
        How much faster the intercept changes, and each of the free variables.
    count : int
        How many free variables there are.
    """
    change = path.real[CHANGE]
    for i in range(len(change)):
        change[i] += by[0]
    add_products(path, change, path.whole[FREES], by[1:], count)


@summed
def _dot(one, other):
    """Sum of products."""
    total = 0.0
    for k in range(len(one)):
        total += one[k] * other[k]
    return total


@compiled
def product(path, i, k):
    """Entry of the Gram matrix.

    Parameters
    ----------
    path : Path
        State of the path.
    i, k : int
        Two people.

    Returns
    -------
    float
    """
    matrix = path.matrix
    return matrix[i, k] if path.whole[COUNTS, ROWS] == 0 else _dot(matrix[i], matrix[k])


@compiled
def put(path, i, where):
    """Say where a dual variable is.

    Parameters
    ----------
    path : Path
        State of the path.
    i : int
        The variable.
    where : int
        `ZERO`, `BOUND` or `FREE`.
    """
    path.whole[PLACES, i] = where
    sign = path.real[SIGNS, i]
    path.real[SIDE, i] = sign if where == BOUND else (-sign if where == ZERO else 0.0)


@compiled
def attach(path, i, sign):
    """Count a variable among those at their bound, or no longer.

    Parameters
    ----------
    path : Path
        State of the path.
    i : int
        The variable.
    sign : int
        1 if it comes, -1 if it goes.
    """
    path.whole[COUNTS, 1] += sign
    path.whole[COUNTS, STALE] = 1
    path.real[LEVEL, 1] += sign * path.real[RATES, i]


@compiled
def find_slope(path):
    """Find what the variables at their bound do to the decision values, unless it is known.

    Parameters
    ----------
    path : Path
        State of the path.
    """
    if path.whole[COUNTS, STALE] == 0:
        return
    slope = path.real[SLOPE]
    rate = path.real[RATES]
    factors = path.real[COLUMN]
    # The positions behind the free variables are not in use.
    people = path.whole[POSITIONS]
    free = path.whole[FREES]
    count = 0
    total = 0.0
    for i in range(len(path.matrix)):
        slope[i] = 0.0
        if path.whole[PLACES, i] == BOUND:
            total += rate[i]
            factors[count] = rate[i]
            people[count] = i
            count += 1
    add_products(path, slope, people, factors, count)
    for a in range(path.whole[COUNTS, 0]):
        path.whole[POSITIONS, free[a]] = a
    path.real[LEVEL, 1] = total
    path.whole[COUNTS, STALE] = 0
