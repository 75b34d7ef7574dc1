"""Regression of confounds inside each training set, as linear maps on the rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mri_response.learning.preparation.harmonisation import Sites


class TrainingSets(NamedTuple):
    """Confound regression of S training sets as linear maps on the rows.

    Attributes
    ----------
    train : numpy.ndarray of bool, shape (S, n)
        Rows of each training set.
    design : numpy.ndarray, shape (S, n, q + 1)
        Intercept and confounds of every row, scaled by the training rows.
    coefficients : numpy.ndarray, shape (S, q + 1, n)
        Of the regression that is fitted on the training rows. ``A = I - design @ coefficients``
        turns a column of a feature into its residual, for every row.
    basis : numpy.ndarray, shape (S, q + 1, n)
        Orthonormal basis of intercept and confounds on the training rows, zero elsewhere.
    common : numpy.ndarray, shape (n, k)
        Orthonormal basis of intercept and confounds on all rows, the constant first. Regressing
        out of all rows what ``A`` maps to zero anyway cancels exactly inside each fold: it leaks
        nothing and makes float32 safe.
    spanned : numpy.ndarray of bool, shape (S,)
        Whether ``A`` maps all of `common` to zero, and not only the constant.
    sites : Sites or None
        Where features are harmonised before the confounds are regressed out: each training set then
        has features of its own.
    """

    train: np.ndarray
    design: np.ndarray
    coefficients: np.ndarray
    basis: np.ndarray
    common: np.ndarray
    spanned: np.ndarray
    sites: Sites | None = None

    def subset(self, index: np.ndarray | slice) -> TrainingSets:
        """Some of the sets.

        Parameters
        ----------
        index : numpy.ndarray or slice
            Which of the S sets.

        Returns
        -------
        TrainingSets
        """
        return TrainingSets(
            self.train[index],
            self.design[index],
            self.coefficients[index],
            self.basis[index],
            self.common,
            self.spanned[index],
            self.sites,
        )


class Confounds(NamedTuple):
    """Confounds some of which are categories that a training set may not have, and sites.

    Attributes
    ----------
    matrix : numpy.ndarray, shape (n, q)
        Coded confounds, one column each, without intercept.
    factors : tuple of slice
        Columns of each category's indicators, those of the first level left out.
    sites : Sites or None
        Where features are harmonised before the confounds are regressed out.
    """

    matrix: np.ndarray
    factors: tuple[slice, ...]
    sites: Sites | None = None

    def levels(self) -> list[np.ndarray]:
        """Number of the category of every row, (n,) for each factor."""
        unique = [
            np.unique(self.matrix[:, columns], axis=0, return_inverse=True)
            for columns in self.factors
        ]
        return [level.ravel() for _, level in unique]

    def seen_from(self, train: np.ndarray, levels: list[np.ndarray] | None = None) -> np.ndarray:
        """The matrix with NaN where the training rows have nobody of the category; shape (n, q).

        Parameters
        ----------
        train : numpy.ndarray of bool, shape (n,)
            Training rows.
        levels : list of numpy.ndarray, optional
            What `levels` gives, to be found once for many training sets.

        Returns
        -------
        numpy.ndarray, shape (n, q)
        """
        matrix = self.matrix.copy()
        levels = self.levels() if levels is None else levels
        for columns, level in zip(self.factors, levels, strict=True):
            seen = np.zeros(level.max(initial=0) + 1, dtype=bool)
            seen[level[train]] = True
            matrix[~seen[level], columns] = np.nan
        return matrix


def fit_confounds(confounds: np.ndarray | Confounds, train: np.ndarray) -> tuple[np.ndarray, ...]:
    """Centre, fill and scale confounds by the training rows.

    Parameters
    ----------
    confounds : numpy.ndarray, shape (n, q), or Confounds
        Missing values are NaN and become the mean of the training rows, as do categories that
        these do not have where the confounds say which columns are categories.
    train : numpy.ndarray of bool, shape (n,)
        Training rows.

    Returns
    -------
    centred : numpy.ndarray, shape (n, q)
        Confounds in units of their training standard deviation, zero where constant.
    mean, scale : numpy.ndarray, shape (q,)
    """
    if isinstance(confounds, Confounds):
        confounds = confounds.seen_from(train)
    missing = np.isnan(confounds)
    if missing.any():
        if missing[train].all(axis=0).any():
            raise ValueError("a confound is missing for every person of a training set")
        mean = np.nanmean(confounds[train], axis=0)
        centred = np.where(missing, 0.0, confounds - mean)
    else:
        mean = np.mean(confounds[train], axis=0)
        centred = confounds - mean
    scale = np.sqrt(np.mean(centred[train] ** 2, axis=0))
    constant = scale <= 1e-10 * (np.abs(mean) + scale)
    scale = np.where(constant, 1.0, scale)
    return np.where(constant, 0.0, centred / scale), mean, scale


def training_sets(confounds: np.ndarray | Confounds, train: np.ndarray) -> TrainingSets:
    """Build the confound regression of every training set.

    Parameters
    ----------
    confounds : numpy.ndarray, shape (n, q), or Confounds
        One column per confound, without intercept; ``q`` may be 0. See `fit_confounds` for what is
        missing.
    train : numpy.ndarray of bool, shape (S, n)
        Rows of each training set.

    Returns
    -------
    TrainingSets

    References
    ----------
    Hastie, Tibshirani and Friedman (2009). The Elements of Statistical Learning, 2nd ed., ch. 3.
    """
    n_sets, n = train.shape
    matrix, sites = confounds, None
    if isinstance(confounds, Confounds):
        matrix, sites = confounds.matrix, confounds.sites
    q = matrix.shape[1]
    design = np.ones((n_sets, n, q + 1))
    coefficients, basis = np.zeros((2, n_sets, q + 1, n))
    levels = confounds.levels() if isinstance(confounds, Confounds) else []
    for index, rows in enumerate(train):
        seen = confounds.seen_from(rows, levels) if levels else matrix
        design[index, :, 1:], _, _ = fit_confounds(seen, rows)
    left, inverse, right = _decomposed(design[:, :, 1:] * train[:, :, None])
    rank = (inverse > 0).sum(axis=1)
    coefficients[:, 0] = train / train.sum(axis=1, keepdims=True)
    basis[:, 0] = np.sqrt(coefficients[:, 0])
    basis[:, 1:] = left.transpose(0, 2, 1) * train[:, None, :]
    coefficients[:, 1:] = right.transpose(0, 2, 1) @ (inverse[:, :, None] * basis[:, 1:])
    constant = np.full((n, 1), 1 / np.sqrt(n))
    if np.isnan(matrix).any():
        # Imputed values differ between sets, so that only the mean may be removed beforehand.
        spanned = np.zeros(n_sets, dtype=bool)
        return TrainingSets(train, design, coefficients, basis, constant, spanned, sites)
    everyone, _, _ = fit_confounds(confounds, np.ones(n, dtype=bool))
    left, inverse, _ = _decomposed(everyone)
    # A confound that a training set does not span (a scanner absent from it) is not mapped to
    # zero there, whatever is done with the people of that scanner.
    spanned = rank == (inverse > 0).sum()
    common = np.hstack([constant, left[:, inverse > 0]])
    return TrainingSets(train, design, coefficients, basis, common, spanned, sites)


def _decomposed(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Singular value decomposition of scaled confounds, shape (..., n, q), and what is collinear.

    Returns left vectors, inverse singular values and right vectors, as rows. Where confounds are
    collinear both the inverse and the left vector are zero.
    """
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    largest = singular.max(axis=-1, keepdims=True, initial=0.0)
    keep = singular > 1e-8 * np.maximum(1.0, largest)
    inverse = np.divide(1.0, singular, out=np.zeros_like(singular), where=keep)
    return left * keep[..., None, :], inverse, right
