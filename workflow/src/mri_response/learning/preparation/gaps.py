"""Missing features, which become the mean of the training rows."""

from __future__ import annotations

import numpy as np


def filled(features: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Features with what is missing given the mean of the training rows.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Missing values are NaN.
    train : numpy.ndarray of bool, shape (n,)
        Training rows.

    Returns
    -------
    numpy.ndarray, shape (n, p)
        0 where a feature is missing for every training row: it is then constant there.
    """
    missing = np.isnan(features)
    if not missing.any():
        return features
    present = ~missing[train]
    total = np.where(present, features[train], 0.0).sum(axis=0)
    mean = total / np.maximum(present.sum(axis=0), 1)
    # A feature without training values carries no information: it becomes constant.
    return np.where(present.any(axis=0), np.where(missing, mean, features), 0.0)


def incomplete(features: np.ndarray) -> np.ndarray:
    """Which features have missing values, shape (p,). Those of maps (float32) never have.

    Parameters
    ----------
    features : numpy.ndarray or StackedRows, shape (n, p)
        Features of all rows.

    Returns
    -------
    numpy.ndarray of bool, shape (p,)
    """
    if features.dtype == np.float32:
        return np.zeros(features.shape[1], dtype=bool)
    return np.isnan(features[:, :]).any(axis=0)
