"""Covariance of a person's scores over the visits: structures and their derivatives.

The parameters are those of SAS: variances and covariances where the matrix is linear in them,
variances and correlations elsewhere. The correction of Kenward and Roger depends on this choice.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LARGEST = 0.95  # of a starting correlation


class Structure(ABC):
    """A covariance matrix as a function of few parameters.

    Attributes
    ----------
    name : str
        As tables and the configuration have it.
    n_visits : int
    """

    name: str

    def __init__(self, n_visits: int) -> None:
        self.n_visits = n_visits

    @abstractmethod
    def start(self, covariance: Array) -> Array:
        """Parameters near a covariance matrix.

        Parameters
        ----------
        covariance : ndarray, shape (visits, visits)
            Positive definite.

        Returns
        -------
        ndarray, shape (parameters,)
        """

    @abstractmethod
    def matrix(self, theta: Array) -> Array:
        """The covariance matrix.

        Parameters
        ----------
        theta : ndarray, shape (parameters,)
            Covariance parameters.

        Returns
        -------
        ndarray, shape (visits, visits)
            Not positive definite for parameters outside their range.
        """

    @abstractmethod
    def first(self, theta: Array) -> Array:
        """Derivatives of the matrix.

        Parameters
        ----------
        theta : ndarray, shape (parameters,)
            Covariance parameters.

        Returns
        -------
        ndarray, shape (parameters, visits, visits)
        """

    def second(self, theta: Array) -> Array | None:
        """Second derivatives of the matrix.

        Parameters
        ----------
        theta : ndarray, shape (parameters,)
            Covariance parameters.

        Returns
        -------
        ndarray, shape (parameters, parameters, visits, visits), or None
            None where the matrix is linear in the parameters.
        """
        return None


class Unstructured(Structure):
    """Every variance and covariance free, in the order of the lower triangle by rows."""

    name = "unstructured"

    def __init__(self, n_visits: int) -> None:
        super().__init__(n_visits)
        rows, columns = np.tril_indices(n_visits)
        self._basis = np.zeros((len(rows), n_visits, n_visits))
        self._basis[np.arange(len(rows)), rows, columns] = 1
        self._basis[np.arange(len(rows)), columns, rows] = 1

    def start(self, covariance: Array) -> Array:
        return covariance[np.tril_indices(self.n_visits)]

    def matrix(self, theta: Array) -> Array:
        return np.tensordot(theta, self._basis, 1)

    def first(self, theta: Array) -> Array:
        return self._basis


class CompoundSymmetry(Structure):
    """One covariance between all visits and one variance beyond it.

    It is the covariance of a random intercept, except that the covariance may be negative: cut off
    at 0, tests of what varies within people would not hold their level.
    """

    name = "compound_symmetry"

    def start(self, covariance: Array) -> Array:
        n = self.n_visits
        shared = (covariance.sum() - np.trace(covariance)) / (n * (n - 1))
        return np.array([shared, np.trace(covariance) / n - shared])

    def matrix(self, theta: Array) -> Array:
        return np.tensordot(theta, self.first(theta), 1)

    def first(self, theta: Array) -> Array:
        n = self.n_visits
        return np.stack([np.ones((n, n)), np.eye(n)])


class _Heterogeneous(Structure):
    """A variance per visit, and correlations that depend on the distance of two visits."""

    def __init__(self, n_visits: int) -> None:
        super().__init__(n_visits)
        visits = np.arange(n_visits)
        self._distance = np.abs(visits[:, None] - visits)
        #: How often a visit is the row or column of a cell, shape (visits, visits, visits).
        self._share = (visits[:, None, None] == visits[:, None]).astype(float) + (
            visits[:, None, None] == visits
        )

    @abstractmethod
    def _correlation(self, rho: Array) -> tuple[Array, Array, Array]:
        """Correlations with their first and second derivatives by `rho`."""

    def matrix(self, theta: Array) -> Array:
        variances, rho = np.split(theta, [self.n_visits])
        return self._scale(variances) * self._correlation(rho)[0]

    def _scale(self, variances: Array) -> Array:
        with np.errstate(invalid="ignore"):  # a negative variance gives NaN: not positive definite
            root = np.sqrt(variances)
        return np.outer(root, root)

    def first(self, theta: Array) -> Array:
        variances, rho = np.split(theta, [self.n_visits])
        relative = self._share / (2 * variances[:, None, None])
        by_rho = self._scale(variances) * self._correlation(rho)[1]
        return np.concatenate([self.matrix(theta) * relative, by_rho])

    def second(self, theta: Array) -> Array:
        variances, rho = np.split(theta, [self.n_visits])
        n, scale = self.n_visits, self._scale(variances)
        _, slope, bend = self._correlation(rho)
        relative = self._share / (2 * variances[:, None, None])
        found = np.empty((len(theta), len(theta), n, n))
        found[:n, :n] = self.matrix(theta) * relative[:, None] * relative
        own = np.arange(n)
        found[own, own] -= self.matrix(theta) * self._share / (2 * variances**2)[:, None, None]
        found[:n, n:] = scale * relative[:, None] * slope
        found[n:, :n] = found[:n, n:].swapaxes(0, 1)
        found[n:, n:] = scale * bend
        return found


class HeterogeneousToeplitz(_Heterogeneous):
    """A variance per visit and a correlation per distance of two visits."""

    name = "heterogeneous_toeplitz"

    def start(self, covariance: Array) -> Array:
        root = np.sqrt(np.diag(covariance))
        correlation = covariance / np.outer(root, root)
        rho = [np.diag(correlation, lag).mean() for lag in range(1, self.n_visits)]
        for shrinkage in (1.0, 0.8, 0.5, 0.2, 0.0):  # 0 is always positive definite
            theta = np.concatenate([root**2, shrinkage * np.array(rho)])
            if np.linalg.eigvalsh(self.matrix(theta))[0] > 1e-3 * root.min() ** 2:
                break
        return theta

    def _correlation(self, rho: Array) -> tuple[Array, Array, Array]:
        n = self.n_visits
        slope = (self._distance == np.arange(1, n)[:, None, None]).astype(float)
        return np.eye(n) + np.tensordot(rho, slope, 1), slope, np.zeros((n - 1, n - 1, n, n))


class HeterogeneousAutoregressive(_Heterogeneous):
    """A variance per visit and correlations that fall as a power of the distance of two visits."""

    name = "heterogeneous_autoregressive"

    def start(self, covariance: Array) -> Array:
        root = np.sqrt(np.diag(covariance))
        neighbours = np.diag(covariance / np.outer(root, root), 1).mean()
        return np.append(root**2, np.clip(neighbours, -LARGEST, LARGEST))

    def _correlation(self, rho: Array) -> tuple[Array, Array, Array]:
        d, r = self._distance, float(rho[0])
        slope = d * np.where(d > 0, r ** np.maximum(d - 1, 0), 0)
        bend = d * (d - 1) * np.where(d > 1, r ** np.maximum(d - 2, 0), 0)
        return np.where(d > 0, r**d, 1.0), slope[None], bend[None, None]


#: Structures by name, in the order in which a model that cannot be fitted falls back.
STRUCTURES: dict[str, type[Structure]] = {
    kind.name: kind
    for kind in (
        Unstructured,
        HeterogeneousToeplitz,
        HeterogeneousAutoregressive,
        CompoundSymmetry,
    )
}
