"""Where a batched solver starts: up to some C every dual variable is at its bound, the solution.

On this plateau dual variables and intercept are proportional to C, so that one product with the
Gram matrix tells all of it, and how far up it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Start(NamedTuple):
    """Where the iterations for a C start, one labelling per row.

    Attributes
    ----------
    beta : numpy.ndarray, shape (m, n_train)
        Signed dual variables, as a rule of the C before.
    residual : numpy.ndarray, shape (m, n_train)
        Labels as +1 and -1 less their decision values.
    at_bound : numpy.ndarray of bool, shape (m, n_train)
        Dual variables at their upper bound, which move with it.
    """

    beta: np.ndarray
    residual: np.ndarray
    at_bound: np.ndarray


def cold_start(full: np.ndarray) -> Start:
    """Start without a solution: at small C all variables are at their bound, at large C few are.

    Parameters
    ----------
    full : numpy.ndarray, shape (m, n_train)
        Signed dual variables at their bound. At large C 1 is their scale, in units where the mean
        squared norm of the features is 1.

    Returns
    -------
    Start
    """
    nowhere = np.zeros(full.shape, dtype=bool)
    return Start(np.clip(full, -1.0, 1.0), np.zeros(full.shape), nowhere)


class Plateau(NamedTuple):
    """Solutions of m labellings for as long as all of their dual variables are at their bound.

    Attributes
    ----------
    full : numpy.ndarray, shape (m, n_train)
        Signed dual variables, all at their bound, at C = 1.
    slope : numpy.ndarray, shape (m, n_train)
        Their products with the Gram matrix.
    middle : numpy.ndarray, shape (m,)
        The intercept at C = 1: the midpoint of its interval.
    until : numpy.ndarray, shape (m,)
        Largest C at which this is the solution; -inf where the bounds of the classes differ in
        sum, so that it never is.
    """

    full: np.ndarray
    slope: np.ndarray
    middle: np.ndarray
    until: np.ndarray

    @classmethod
    def of(
        cls,
        signs: np.ndarray,
        weights: np.ndarray,
        products: Callable[[np.ndarray], np.ndarray],
        tolerance: float,
    ) -> Plateau:
        """Find the plateau of each labelling.

        Parameters
        ----------
        signs : numpy.ndarray, shape (m, n_train)
            +1 for the positive class, -1 for the other; both in each row.
        weights : numpy.ndarray, shape (m, n_train)
            Upper bounds of the dual variables at C = 1.
        products : callable
            Gram matrix times dual variables, one labelling per row.
        tolerance : float
            Largest accepted optimality gap.

        Returns
        -------
        Plateau
        """
        full = signs * weights
        slope = products(full)
        largest = np.where(signs > 0, slope, -np.inf).max(axis=1)
        smallest = np.where(signs < 0, slope, np.inf).min(axis=1)
        # Beyond, no intercept leaves both of these two people within their margin.
        spread = largest - smallest
        until = np.full(len(signs), np.inf)
        np.divide(2.0 + tolerance, spread, out=until, where=spread > 0)
        until[np.abs(full.sum(axis=1)) > 1e-10 * weights.sum(axis=1)] = -np.inf
        return cls(full, slope, -(largest + smallest) / 2, until)

    def start(self, rows: np.ndarray, signs: np.ndarray, C: float, before: float | None) -> Start:
        """Where labellings start that have left the plateau.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (k,)
            Which labellings.
        signs : numpy.ndarray, shape (k, n_train)
            Their labels as +1 and -1.
        C : float
            Value of C that is to be solved.
        before : float or None
            Value of C at which they were still on the plateau, None for the first of a path.

        Returns
        -------
        Start
        """
        full = self.full[rows]
        if before is None:
            return cold_start(C * full)
        residual = signs - before * (self.slope[rows] + self.middle[rows, None])
        return Start(before * full, residual, np.ones(full.shape, dtype=bool))
