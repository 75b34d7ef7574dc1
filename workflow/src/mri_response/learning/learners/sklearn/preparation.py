"""Features as a classifier of scikit-learn sees them, prepared inside each training set."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mri_response.learning.design import Features
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.preparation.components import principal_components
from mri_response.learning.preparation.gaps import filled
from mri_response.learning.preparation.harmonisation import HarmonisedRows
from mri_response.learning.preparation.residuals import CHUNK
from mri_response.learning.preparation.training_sets import Confounds, fit_confounds


class Prepared(NamedTuple):
    """Features of one training set and of rows to predict, as the classifier sees them.

    Attributes
    ----------
    train, test : numpy.ndarray, shapes (n_train, k) and (n_test, k)
        Prepared features of the training rows and of the rows to predict.
    components : numpy.ndarray, shape (k, p), or None
        Principal axes of the prepared features, in rows; None without them.
    scale : numpy.ndarray, shape (p,)
        Training standard deviation of each residual feature, 1 where constant or not standardised.
    """

    train: np.ndarray
    test: np.ndarray
    components: np.ndarray | None
    scale: np.ndarray

    def weights(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the features per standard deviation and per unit, each of shape (p,).

        Parameters
        ----------
        coefficients : numpy.ndarray, shape (k,)
            Coefficients of the classifier.

        Returns
        -------
        per_sd, per_unit : numpy.ndarray, shape (p,)
        """
        if self.components is not None:
            coefficients = coefficients @ self.components
        return coefficients, coefficients / self.scale


def prepared(
    features: Features,
    confounds: np.ndarray | Confounds,
    train: np.ndarray,
    test: np.ndarray,
    options: EstimatorOptions,
) -> Prepared:
    """Regress out confounds, standardise and reduce features, all learned on the training rows.

    Parameters
    ----------
    features : numpy.ndarray or StackedRows, shape (n, p)
        Features of all rows.
    confounds : numpy.ndarray or Confounds, shape (n, q)
        NaN, here and in the features, is filled with the mean of the training rows. With sites the
        features are harmonised first.
    train, test : numpy.ndarray of bool, shape (n,)
        Training rows, and rows to predict.
    options : EstimatorOptions
        Its `standardize` (division by the training standard deviation, ``ddof=0``) and `pca`.

    Returns
    -------
    Prepared
        What it holds of the training rows is the same to the last bit whatever the other rows are.

    Notes
    -----
    A feature whose residual does not vary over the training rows becomes 0.
    """
    if isinstance(confounds, Confounds) and confounds.sites is not None:
        features = HarmonisedRows(features, train, confounds.sites)
    centred, _, _ = fit_confounds(confounds, train)
    inverse = np.linalg.pinv(centred[train], rcond=1e-8)
    p = features.shape[1]
    ready, unseen = np.empty((train.sum(), p)), np.empty((test.sum(), p))
    scales = np.ones(p)
    for start in range(0, p, CHUNK):
        columns = slice(start, start + CHUNK)
        raw = filled(np.asarray(features[:, columns], dtype=np.float64), train)
        mean = raw[train].mean(axis=0)
        slope = inverse @ (raw[train] - mean)
        residual = raw[train] - mean - centred[train] @ slope
        sd = np.sqrt(np.mean(residual**2, axis=0))
        # What is left of a constant feature is rounding, which no classifier must see.
        varies = sd > 1e-12 * np.sqrt(np.mean(raw[train] ** 2, axis=0))
        scale = np.where(varies & options.standardize, sd, 1.0)
        ready[:, columns] = np.where(varies, residual / scale, 0.0)
        outside = raw[test] - mean - centred[test] @ slope
        unseen[:, columns] = np.where(varies, outside / scale, 0.0)
        scales[columns] = scale
    if options.pca is None:
        return Prepared(ready, unseen, None, scales)
    everyone = np.ones(len(ready), dtype=bool)
    values, vectors = principal_components(ready @ ready.T, everyone, options.pca)
    components = (vectors / np.sqrt(values)).T @ ready
    # The sign of an axis is arbitrary: its largest loading is made positive, as in scikit-learn.
    largest = components[np.arange(len(components)), np.abs(components).argmax(axis=1)]
    components *= np.sign(largest)[:, None]
    return Prepared(ready @ components.T, unseen @ components.T, components, scales)
