"""The problem of a linear support vector classifier: its bounds, its optimality, its intercept.

With ``beta_i = y_i alpha_i`` the dual problem is a quadratic programme whose matrix is the Gram
matrix whatever the labels; only the box differs. Module `path_solver` solves it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

TOLERANCE = 1e-6  # largest optimality gap of an accepted solution, in units of the decision value
ROUNDING = 1e-9  # a dual variable nearer to an end of its box, as a share of it, is at that end


class Solution(NamedTuple):
    """Solutions of m labellings, at one value of C or with a first axis for several.

    Attributes
    ----------
    beta : numpy.ndarray, shape (..., n_train, m)
        Signed dual variables: ``decision = gram[:, train] @ beta + intercept``.
    intercept : numpy.ndarray, shape (..., m)
        Intercept of each labelling.
    at_bound : numpy.ndarray of bool, shape (..., 2, m)
        Whether any, and whether every dual variable is at its upper bound.
    """

    beta: np.ndarray
    intercept: np.ndarray
    at_bound: np.ndarray


def upper_bounds(signs: np.ndarray, C: float | np.ndarray, balanced: bool) -> np.ndarray:
    """Upper bounds of the dual variables, C times the class weights of each column.

    Parameters
    ----------
    signs : numpy.ndarray, shape (n, m)
        +1 and -1; 0 for a row that is not in the training set, whose bound has no meaning.
    C : float or numpy.ndarray, shape (m,)
        Cost of each labelling, or one for all.
    balanced : bool
        Weigh classes by the inverse of their frequency.

    Returns
    -------
    numpy.ndarray, shape (n, m)
    """
    if not balanced:
        return np.broadcast_to(C, signs.shape)
    positive, negative = (signs > 0).sum(axis=0), (signs < 0).sum(axis=0)
    n = positive + negative
    return C * np.where(signs > 0, n / (2.0 * positive), n / (2.0 * negative))


def optimality_gap(
    beta: np.ndarray, violation: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """LIBSVM's ``m(alpha) - M(alpha)``, infinite where dual variables do not sum to zero.

    Parameters
    ----------
    beta : numpy.ndarray, shape (n, m)
        Signed dual variables within their box.
    violation : numpy.ndarray, shape (n, m)
        ``signs - gram @ beta``.
    lower, upper : numpy.ndarray, shape (n, m)
        Bounds of the signed dual variables.

    Returns
    -------
    numpy.ndarray, shape (m,)
    """
    gap = np.where(beta < upper, violation, -np.inf).max(axis=0)
    gap -= np.where(beta > lower, violation, np.inf).min(axis=0)
    feasible = np.abs(beta.sum(axis=0)) <= 1e-10 * (upper - lower).sum(axis=0)
    return np.where(feasible, gap, np.inf)


def free_intercept(
    beta: np.ndarray, violation: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """Mean violation of the free variables, or the midpoint of what the bounded ones allow.

    Parameters
    ----------
    beta, lower, upper : numpy.ndarray, shape (n, m)
        Signed dual variables and their bounds.
    violation : numpy.ndarray, shape (n, m)
        NaN for rows that are not in the training set.

    Returns
    -------
    numpy.ndarray, shape (m,)
    """
    # One variable that is off its bound by rounding would otherwise replace the midpoint.
    rounding = ROUNDING * (upper - lower)
    at_lower, at_upper = beta <= lower + rounding, beta >= upper - rounding
    free = ~(at_lower | at_upper)
    n_free = free.sum(axis=0)
    mean = np.where(free, violation, 0.0).sum(axis=0) / np.maximum(n_free, 1)
    # At the lower end of its box a variable bounds the intercept from below, at the upper from
    # above.
    least = np.fmax.reduce(np.where(at_lower, violation, -np.inf), axis=0)
    most = np.fmin.reduce(np.where(at_upper, violation, np.inf), axis=0)
    with np.errstate(invalid="ignore"):
        midpoint = (least + most) / 2
    return np.where(n_free > 0, mean, midpoint)


def libsvm(
    matrix: np.ndarray,
    signs: np.ndarray,
    C: float,
    *,
    balanced: bool,
    tolerance: float,
    kernel: str = "precomputed",
) -> np.ndarray:
    """Signed dual variables by LIBSVM, through scikit-learn.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (n, n), or (n, p) for the linear kernel
        Gram matrix of the training rows, or the prepared rows.
    signs : numpy.ndarray, shape (n,)
        +1 and -1, both present.
    C : float
        Cost before the weighting of classes.
    balanced : bool
        Weigh classes by the inverse of their frequency.
    tolerance : float
        LIBSVM's own, which does not guarantee the optimality gap: its kernel is in float32.
    kernel : {"precomputed", "linear"}
        What `matrix` is.

    Returns
    -------
    numpy.ndarray, shape (n,)

    References
    ----------
    Chang and Lin (2011). LIBSVM: a library for support vector machines. ACM TIST 2, 27.
    """
    from sklearn.svm import SVC  # takes a second to import; seldom needed

    weight = "balanced" if balanced else None
    model = SVC(kernel=kernel, C=C, class_weight=weight, tol=tolerance).fit(matrix, signs)
    beta = np.zeros(len(signs))
    beta[model.support_] = model.dual_coef_[0]
    return beta
