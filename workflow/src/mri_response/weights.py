"""Weight maps of linear models, from dual variables, in one pass over the features."""

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
    norm = np.sqrt(np.einsum("sn,sn->s", beta, fitted))
    scaled = np.divide(beta, norm[:, None], out=np.zeros_like(beta), where=norm[:, None] > 0)
    p = features.shape[1]
    weight, haufe, mean = np.empty(p), np.empty(p), np.empty(p)
    for chunk in weight_chunks(features, sets, scaled, standardize=standardize):
        weight[chunk.columns] = chunk.per_sd[0]
        mean[chunk.columns] = chunk.per_sd[1:].mean(axis=0)
    for chunk in weight_chunks(
        features, sets.subset(slice(1)), fitted[:1], standardize=standardize
    ):
        haufe[chunk.columns] = chunk.per_sd[0]
    length = np.linalg.norm(haufe)
    return WeightMaps(weight, haufe / length if length > 0 else haufe, mean)
