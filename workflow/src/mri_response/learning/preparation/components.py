"""Principal components that are fitted on training rows, from Gram matrices or from rows."""

from __future__ import annotations

import numpy as np


def principal_components(
    gram: np.ndarray, train: np.ndarray, n_components: int | float
) -> tuple[np.ndarray, np.ndarray]:
    """Leading eigenvalues and eigenvectors of the training part of a Gram matrix.

    Parameters
    ----------
    gram : numpy.ndarray, shape (n, n)
        Gram matrix of features centred on the training rows.
    train : numpy.ndarray of bool, shape (n,)
        Training rows.
    n_components : int or float
        A number of components, or the share of the training variance they must exceed.

    Returns
    -------
    values : numpy.ndarray, shape (k,)
        Descending, the sums of squares of the scores over the training rows.
    vectors : numpy.ndarray, shape (n_train, k)
    """
    values, vectors = np.linalg.eigh(gram[np.ix_(train, train)])
    values, vectors = values[::-1], vectors[:, ::-1]
    k = _number_of_components(values, n_components)
    return values[:k], vectors[:, :k]


def principal_component_rows(
    rows: np.ndarray, train: np.ndarray, n_components: int | float
) -> np.ndarray:
    """Scores of principal components that are fitted on the training rows.

    Parameters
    ----------
    rows : numpy.ndarray, shape (n, p)
        Features centred on the training rows.
    train : numpy.ndarray of bool, shape (n,)
        Training rows.
    n_components : int or float
        A number of components, or the share of the training variance they must exceed.

    Returns
    -------
    numpy.ndarray, shape (n, k)
        Orthogonal over the training rows.
    """
    values, vectors = np.linalg.eigh(rows[train].T @ rows[train])
    values, vectors = values[::-1], vectors[:, ::-1]
    return rows @ vectors[:, : _number_of_components(values, n_components)]


def _number_of_components(values: np.ndarray, n_components: int | float) -> int:
    """Components to keep, from descending eigenvalues."""
    rank = int((values > 1e-10 * values[0]).sum())
    if isinstance(n_components, float):
        explained = np.cumsum(values[:rank]) / values[:rank].sum()
        return min(int(np.searchsorted(explained, n_components, side="right")) + 1, rank)
    return min(n_components, rank)


def principal_component_gram(
    gram: np.ndarray, train: np.ndarray, n_components: int | float
) -> np.ndarray:
    """Gram matrix of the principal component scores, components fitted on the training rows.

    Parameters
    ----------
    gram : numpy.ndarray, shape (n, n)
        Gram matrix of features centred on the training rows.
    train : numpy.ndarray of bool, shape (n,)
        Training rows.
    n_components : int or float
        A number of components, or the share of the training variance they must exceed.

    Returns
    -------
    numpy.ndarray, shape (n, n)

    References
    ----------
    Schölkopf, Smola and Müller (1998). Nonlinear component analysis as a kernel eigenvalue
    problem. Neural Computation 10, 1299-1319 (with a linear kernel).
    """
    values, vectors = principal_components(gram, train, n_components)
    scores = gram[:, train] @ (vectors / np.sqrt(values))
    return scores @ scores.T


def principal_component_grams(
    gram: np.ndarray, train: np.ndarray, n_components: int | float
) -> np.ndarray:
    """Gram matrices of the principal component scores of several training sets.

    Parameters
    ----------
    gram : numpy.ndarray, shape (S, n, n)
        Gram matrix of each training set.
    train : numpy.ndarray of bool, shape (S, n)
        Rows of each training set.
    n_components : int or float
        A number of components, or the share of the training variance they must exceed.

    Returns
    -------
    numpy.ndarray, shape (S, n, n)
        See `principal_component_gram`.
    """
    sets = zip(gram, train, strict=True)
    return np.stack([principal_component_gram(one, rows, n_components) for one, rows in sets])
