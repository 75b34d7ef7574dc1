"""Linear support vector classifiers of many labellings of one training set, by their paths."""

from __future__ import annotations

import numpy as np

from mri_response.learning.learners.svc.solver.path_state import FILLED
from mri_response.learning.learners.svc.solver.pivoting import pivoted, positions
from mri_response.learning.learners.svc.solver.solution_path import follow
from mri_response.learning.learners.svc.solver.svm import (
    ROUNDING,
    TOLERANCE,
    Solution,
    free_intercept,
    libsvm,
    optimality_gap,
    upper_bounds,
)

MOST_FOR_GRAM = 2000  # rows of which the Gram matrix is formed to close a solution of LIBSVM


class PathSolver:
    """Solver for one training set and any number of labellings.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (n_train, n_train) or (n_train, p)
        Gram matrix of the training rows, or their prepared features.
    rows : bool
        Whether it is the features; no Gram matrix is then made if there are fewer of them than
        rows.
    balanced : bool
        Weigh classes by the inverse of their frequency in the labelling.
    tolerance : float
        Largest accepted optimality gap ``m(alpha) - M(alpha)``.

    Attributes
    ----------
    mean_square_norm : float
        Of the features of the training rows; 1 where all of them are zero.
    n_solved, n_fallback : int
        Problems solved so far, and how many of them by LIBSVM.

    Notes
    -----
    Where no dual variable is inside its box (at tiny C all are at the upper bound) the intercept is
    not unique; the midpoint of its interval is taken. LIBSVM means to do so too, but by rounding it
    often has a variable that is not at its bound, whose gradient it takes. A labelling with one
    class gets the constant decision value of that class, +1 or -1.
    """

    def __init__(
        self,
        matrix: np.ndarray,
        *,
        rows: bool = False,
        balanced: bool = True,
        tolerance: float = TOLERANCE,
    ) -> None:
        self.balanced = balanced
        self.tolerance = tolerance
        self.n_solved = self.n_fallback = 0
        self._by_rows = rows and matrix.shape[1] < len(matrix)
        if rows and not self._by_rows:
            matrix = matrix @ matrix.T
        square = np.einsum("ij,ij->i", matrix, matrix) if self._by_rows else np.diag(matrix)
        mean_square = float(np.mean(square))
        self.mean_square_norm = mean_square if mean_square > 0 else 1.0
        unit = np.sqrt(self.mean_square_norm) if self._by_rows else self.mean_square_norm
        self._wide = _filled_up(matrix / unit)
        self._scaled = self._wide[:, : matrix.shape[1]]

    def path(self, signs: np.ndarray, C: np.ndarray) -> Solution:
        """Solve all labellings for every value of C.

        Parameters
        ----------
        signs : numpy.ndarray, shape (n_train, m)
            +1 for the positive class, -1 for the other.
        C : numpy.ndarray, shape (n_C,)
            Values of C, smallest first.

        Returns
        -------
        Solution
            Arrays whose first axis is that of C.
        """
        return self._solved(signs, np.tile(C.astype(float), (signs.shape[1], 1)))

    def at(self, signs: np.ndarray, C: np.ndarray) -> Solution:
        """Solve every labelling at a C of its own.

        Parameters
        ----------
        signs : numpy.ndarray, shape (n_train, m)
            Labels as +1 and -1, one labelling per column.
        C : numpy.ndarray, shape (m,)
            Value of C of each labelling.

        Returns
        -------
        Solution
        """
        return Solution(*(array[0] for array in self._solved(signs, C.astype(float)[:, None])))

    def _solved(self, signs: np.ndarray, C: np.ndarray) -> Solution:
        """Solutions for each column of C, shape (m, n_C)."""
        total = signs.sum(axis=0)
        both = np.abs(total) < len(signs)
        if both.all():
            beta, intercept, at_bound = self._followed(np.ascontiguousarray(signs.T), C)
        else:
            beta = np.zeros((C.shape[1], *signs.T.shape))
            intercept = np.tile(np.where(both, 0.0, np.sign(total)), (C.shape[1], 1))
            at_bound = np.zeros((C.shape[1], 2, len(both)), dtype=bool)
            beta[:, both], intercept[:, both], at_bound[..., both] = self._followed(
                np.ascontiguousarray(signs.T[both]), C[both]
            )
        return Solution(beta.transpose(0, 2, 1), intercept, at_bound)

    def _followed(
        self, signs: np.ndarray, C: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Dual variables, intercepts and ends of labellings as rows, for each column of C."""
        weights = np.ascontiguousarray(upper_bounds(signs.T, self.mean_square_norm, True).T)
        own = weights
        if not self.balanced:
            own = np.full(signs.shape, self.mean_square_norm)
        beta, intercept, at_bound, solved = follow(
            self._wide, self._by_rows, signs, weights, own, C, self.tolerance
        )
        self.n_solved += C.size
        for row in np.flatnonzero(solved < C.shape[1]):
            for index in range(solved[row], C.shape[1]):
                found = self._fallback(signs[row], own[row], C[row, index])
                beta[index, row], intercept[index, row], at_bound[index, :, row] = found
        beta /= self.mean_square_norm
        return beta, intercept, at_bound

    def _fallback(
        self, signs: np.ndarray, weights: np.ndarray, C: float
    ) -> tuple[np.ndarray, float, np.ndarray]:
        """One problem by LIBSVM, closed by pivoting from there if that leads to a solution."""
        self.n_fallback += 1
        beta = libsvm(
            self._scaled,
            signs,
            C * self.mean_square_norm,
            balanced=self.balanced,
            tolerance=self.tolerance,
            kernel="linear" if self._by_rows else "precomputed",
        )
        full = signs * C * weights
        lower, upper = np.minimum(full, 0.0)[None], np.maximum(full, 0.0)[None]
        if not self._by_rows or len(signs) <= MOST_FOR_GRAM:
            gram = self._scaled @ self._scaled.T if self._by_rows else self._scaled
            exact, settled = pivoted(gram, signs[None], lower, upper, positions(beta, full)[None])
            gap = optimality_gap(exact.T, (signs - exact @ gram).T, lower.T, upper.T)
            if settled[0] and gap[0] <= self.tolerance:
                beta = exact[0]
        violation = signs - self._products(beta)
        intercept = free_intercept(beta[:, None], violation[:, None], lower.T, upper.T)[0]
        bound = np.abs(beta) >= C * weights * (1 - ROUNDING)
        return beta, intercept, np.array([bound.any(), bound.all()])

    def _products(self, beta: np.ndarray) -> np.ndarray:
        """Scaled Gram matrix times signed dual variables, shape (n,)."""
        return self._scaled @ (self._scaled.T @ beta if self._by_rows else beta)


def _filled_up(matrix: np.ndarray) -> np.ndarray:
    """Copy whose rows begin with a line of the cache, and end with zeros."""
    n, p = matrix.shape
    width = p + -p % FILLED
    memory = np.zeros(n * width + FILLED)
    first = -memory.ctypes.data // memory.itemsize % FILLED
    wide = memory[first : first + n * width].reshape(n, width)
    wide[:, :p] = matrix
    return wide
