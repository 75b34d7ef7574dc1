"""Weight maps of linear models, in one pass over the features."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mri_response.kernels import TrainingSets, weight_chunks


class WeightMaps(NamedTuple):
    """Weights of each feature; all three maps have unit norm or are means of such.

    Attributes
    ----------
    weight : numpy.ndarray, shape (p,)
        Refitted model, per training standard deviation of the residual feature. A filter: a large
        weight may cancel noise as well as carry signal.
    haufe : numpy.ndarray, shape (p,)
        Haufe pattern of the refitted model: covariance of the feature with the decision value.
        This one can be read as where the signal is.
    weight_mean : numpy.ndarray, shape (p,)
        Mean over the outer models, each brought to unit norm.
    """

    weight: np.ndarray
    haufe: np.ndarray
    weight_mean: np.ndarray


def weight_maps(
    features: np.ndarray,
    sets: TrainingSets,
    beta: np.ndarray,
    fitted: np.ndarray,
    *,
    standardize: bool = True,
) -> WeightMaps:
    """Turn the dual variables of the refitted and the outer models into maps.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
    sets : TrainingSets
        Training set of the refitted model, then those of the S outer models.
    beta : numpy.ndarray, shape (1 + S, n)
        Signed dual variables, zero outside the training rows.
    fitted : numpy.ndarray, shape (1 + S, n)
        Decision values of the training rows without intercept, zero elsewhere.
    standardize : bool

    Returns
    -------
    WeightMaps

    References
    ----------
    Haufe et al. (2014). On the interpretation of weight vectors of linear models in multivariate
    neuroimaging. NeuroImage 87, 96-110.
    """
    # The norm of the weights is known before any feature is read: w'w = beta' K beta.
    scaled = _divided(beta, np.sqrt(np.einsum("sn,sn->s", beta, fitted)))
    p = features.shape[1]
    weight, mean = np.empty(p), np.empty(p)
    for chunk in weight_chunks(features, sets, scaled, standardize=standardize):
        weight[chunk.columns] = chunk.per_sd[0]
        mean[chunk.columns] = chunk.per_sd[1:].mean(axis=0)
    haufe = _haufe(features, sets.subset(slice(1)), fitted[:1], standardize)
    return WeightMaps(weight, haufe, mean)


def primal_weight_maps(
    features: np.ndarray,
    sets: TrainingSets,
    per_sd: np.ndarray,
    fitted: np.ndarray,
    *,
    standardize: bool = True,
) -> WeightMaps:
    """The same from the weights of the models themselves.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
    sets : TrainingSets
        Training set of the refitted model.
    per_sd : numpy.ndarray, shape (1 + S, p)
        Weights of the refitted and of the S outer models, per training standard deviation.
    fitted : numpy.ndarray, shape (1, n)
        Decision values of the refitted model's training rows without intercept.
    standardize : bool

    Returns
    -------
    WeightMaps
    """
    scaled = _divided(per_sd, np.linalg.norm(per_sd, axis=1))
    haufe = _haufe(features, sets, fitted, standardize)
    return WeightMaps(scaled[0], haufe, scaled[1:].mean(axis=0))


def _haufe(
    features: np.ndarray, sets: TrainingSets, fitted: np.ndarray, standardize: bool
) -> np.ndarray:
    """Covariance of each feature with the decision values of one model, of unit norm."""
    haufe = np.empty(features.shape[1])
    for chunk in weight_chunks(features, sets, fitted, standardize=standardize):
        haufe[chunk.columns] = chunk.per_sd[0]
    return _divided(haufe[None], np.array([np.linalg.norm(haufe)]))[0]


def _divided(rows: np.ndarray, norm: np.ndarray) -> np.ndarray:
    """Rows over their norms, zero where the norm is."""
    return np.divide(rows, norm[:, None], out=np.zeros_like(rows), where=norm[:, None] > 0)
