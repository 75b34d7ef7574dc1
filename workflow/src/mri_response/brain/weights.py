"""Weight maps of linear models, how stable they are, and which patterns are more than chance.

A linear model has two maps. Its weights are a filter: a region may be given a large weight because
it cancels noise of another one. Its Haufe pattern, the covariance of each feature with the decision
value, says where the signal is. The permutation test is of the pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from mri_response.brain.arrays import averaging, divided
from mri_response.brain.outer_models import outer_models, outer_models_of_weights
from mri_response.core.permutation import TOLERANCE, permutation_p_value
from mri_response.learning.feature_weights import weight_chunks
from mri_response.learning.gram import gram_matrices
from mri_response.learning.jobs import JobResult
from mri_response.learning.preparation.residuals import (
    residual_chunks,
    residual_rows,
)
from mri_response.learning.preparation.training_sets import (
    Confounds,
    TrainingSets,
    training_sets,
)
from mri_response.models.fitted import fitted_models


class WeightEvidence(NamedTuple):
    """What is known of the weights of one model, feature by feature and set by set.

    Attributes
    ----------
    features : pandas.DataFrame, p rows
        ``weight`` and ``haufe``: weights (change of the decision value per training standard
        deviation of the residual feature) and Haufe pattern of the refitted model, both of unit
        norm. ``weight_mean``, ``cvr``, ``sign_consistency``, ``sign_consistency_null``,
        ``sign_consistency_p``: see
        `mri_response.brain.outer_models.OuterModels`. ``p_value``, ``p_fdr``, ``p_max``,
        ``null_low``, ``null_high``: of the pattern, see `PatternTest`.
    sets : pandas.DataFrame, k rows
        Columns of `set_evidence`, and ``weight``, ``weight_mean``: means over the features of the
        set. ``sign_consistency``, ``sign_consistency_null``, ``sign_consistency_p``: of the set's
        mean weight.
    """

    features: pd.DataFrame
    sets: pd.DataFrame


class PatternTest(NamedTuple):
    """Permutation test of the refitted model's Haufe pattern, two-sided.

    Attributes
    ----------
    haufe : numpy.ndarray, shape (p,)
        Pattern under the observed labels, of unit norm.
    p_value : numpy.ndarray, shape (p,)
        ``(1 + #{|null| >= |observed|}) / (1 + M)`` of each feature; NaN without permutations.
    p_fdr : numpy.ndarray, shape (p,)
        Adjusted by Benjamini and Hochberg over all features.
    p_max : numpy.ndarray, shape (p,)
        Against the largest of all features, each over its standard deviation over labellings: it
        controls the chance of any false positive.
    null_low, null_high : numpy.ndarray, shape (p,)
        2.5 and 97.5 % of each feature's pattern under permuted labels; NaN without permutations.
    sets : numpy.ndarray, shape (1 + M, k)
        Mean pattern of each set of features; row 0 is observed.
    """

    haufe: np.ndarray
    p_value: np.ndarray
    p_fdr: np.ndarray
    p_max: np.ndarray
    null_low: np.ndarray
    null_high: np.ndarray
    sets: np.ndarray


def weight_evidence(
    features: np.ndarray,
    confounds: np.ndarray | Confounds,
    refits: Sequence[JobResult],
    folds: Sequence[JobResult],
    members: np.ndarray,
    *,
    standardize: bool = True,
) -> WeightEvidence:
    """Compute the maps of the refitted and the outer models, and test them.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Of the discovery people, NaN where missing.
    confounds : numpy.ndarray or Confounds, shape (n, q)
        Coded confounds of the discovery people, NaN where missing, and their sites where features
        are harmonised.
    refits : sequence of JobResult
        Results of the jobs that fit on all discovery people, the observed labels in the first.
    folds : sequence of JobResult
        Results of the cross-validation jobs that hold the outer models of the observed labels. The
        first block of permutations (256) is the null of the agreement of signs. Where the jobs do
        not keep it (classifiers of scikit-learn, folds redrawn for every permutation) that
        agreement has no null and is not to be read.
    members : numpy.ndarray of bool, shape (p, k)
        Which features belong to each set; every set has one at least.
    standardize : bool
        Whether the models were fitted to features of unit variance.

    Returns
    -------
    WeightEvidence

    References
    ----------
    Haufe et al. (2014). On the interpretation of weight vectors of linear models in multivariate
    neuroimaging. NeuroImage 87, 96-110.

    Gómez-Verdejo, Parrado-Hernández and Tohka (2019). Sign-consistency based variable importance
    for machine learning in brain imaging. Neuroinformatics 17, 593-609 (the agreement of signs;
    there over bagged models and with a parametric test, here over outer models and with a
    permutation null).
    """
    n = len(features)
    models = fitted_models([refits[0], *folds], n)
    sets = training_sets(confounds, models.train)
    refit, scaled = sets.subset(slice(1)), {"standardize": standardize}
    fitted = np.vstack([models.fitted[:1], *(job.null_fitted[:, :n] for job in refits)])
    pattern = pattern_test(features, refit, fitted, members, **scaled)
    if models.beta is not None:
        # The norm of the weights is known before any feature is read: w'w = beta' K beta.
        norm = np.sqrt(np.einsum("sn,sn->s", models.beta, models.fitted))
        beta = divided(models.beta, norm)
        kept = [job.null_beta for job in folds if job.null_beta is not None]
        null = np.concatenate(kept) if kept else None
        outer_sets = sets.subset(slice(1, None))
        outer = outer_models(features, outer_sets, beta[1:], members, null_beta=null, **scaled)
        chunks = weight_chunks(features, refit, beta[:1], **scaled)
        weight = np.concatenate([chunk.per_sd[0] for chunk in chunks])
    else:
        per_sd = divided(models.per_sd, np.linalg.norm(models.per_sd, axis=1))
        weight, outer = per_sd[0], outer_models_of_weights(per_sd[1:], members)
    table = pd.DataFrame(
        {
            "weight": weight,
            "haufe": pattern.haufe,
            "weight_mean": outer.mean,
            "cvr": outer.cvr,
            "sign_consistency": outer.sign,
            "sign_consistency_null": outer.null,
            "sign_consistency_p": outer.p_value,
            "p_value": pattern.p_value,
            "p_fdr": pattern.p_fdr,
            "p_max": pattern.p_max,
            "null_low": pattern.null_low,
            "null_high": pattern.null_high,
        }
    )
    means = averaging(members)
    sets = set_evidence(pattern).assign(
        weight=weight @ means,
        weight_mean=outer.mean @ means,
        sign_consistency=outer.set_sign,
        sign_consistency_null=outer.set_null,
        sign_consistency_p=outer.set_p_value,
    )
    return WeightEvidence(table, sets)


def pattern_test(
    features: np.ndarray,
    refit: TrainingSets,
    fitted: np.ndarray,
    members: np.ndarray,
    *,
    standardize: bool = True,
) -> PatternTest:
    """Test the Haufe pattern of each feature against the patterns of permuted labels.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Read once, in chunks: memory grows with the number of labellings and not of features.
    refit : TrainingSets
        Of the one training set.
    fitted : numpy.ndarray, shape (1 + M, n)
        Decision values of the training rows without intercept, zero elsewhere; the observed labels
        first. The hyperparameters must have been chosen anew for every labelling.
    members : numpy.ndarray of bool, shape (p, k)
        Which features belong to each set.
    standardize : bool
        Whether the models were fitted to features of unit variance.

    Returns
    -------
    PatternTest

    Notes
    -----
    The standard deviation that puts features on one scale is that over all labellings, the observed
    one among them, so that the test of the maximum is exact.

    References
    ----------
    Westfall and Young (1993). Resampling-based multiple testing. Wiley (the maximum).

    Benjamini and Hochberg (1995). Controlling the false discovery rate. J. R. Stat. Soc. B 57,
    289-300.
    """
    p = features.shape[1]
    # The norm of a pattern X'f is known before any feature is read: f' K f.
    gram = gram_matrices(features, refit, standardize=standardize)[0]
    squared = np.einsum("mn,nk,mk->m", fitted, gram, fitted, optimize=True)
    rows = residual_rows(divided(fitted, np.sqrt(np.maximum(squared, 0.0)))[None], refit)[0]
    haufe, p_value, scaled, low, high = np.empty((5, p))
    highest = np.zeros(len(fitted))
    of_sets = np.zeros((len(fitted), members.shape[1]))
    means = averaging(members)
    for columns, chunk, inverse_sd, _ in residual_chunks(features, refit, standardize=standardize):
        pattern = rows @ chunk * inverse_sd
        haufe[columns] = pattern[0]
        of_sets += pattern @ means[columns]
        low[columns], high[columns] = null_range(pattern[1:])
        size = np.abs(pattern)
        p_value[columns] = permutation_p_value(size[0], size[1:])
        size = divided(size.T, pattern.std(axis=0)).T
        scaled[columns] = size[0]
        np.maximum(highest, size.max(axis=1), out=highest)
    if len(fitted) == 1:
        nothing = np.full(p, np.nan)
        return PatternTest(haufe, nothing, nothing, nothing, low, high, of_sets)
    ordered = np.sort(highest[1:] + TOLERANCE)
    p_max = (1 + len(ordered) - np.searchsorted(ordered, scaled)) / len(fitted)
    p_fdr = false_discovery_control(p_value)
    return PatternTest(haufe, p_value, p_fdr, p_max, low, high, of_sets)


def null_range(null: np.ndarray) -> np.ndarray:
    """Find between which values 95 % of the permuted patterns lie.

    Parameters
    ----------
    null : numpy.ndarray, shape (M, k)
        Patterns of features, or mean patterns of sets, under permuted labels.

    Returns
    -------
    numpy.ndarray, shape (2, k)
        Quantiles of 2.5 and 97.5 %; NaN without permutations.
    """
    if not len(null):
        return np.full((2, null.shape[1]), np.nan)
    return np.quantile(null, [0.025, 0.975], axis=0)


def map_values(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Turn columns of the features' table into values of maps.

    Parameters
    ----------
    table : pandas.DataFrame, p rows
        ``features`` of a `WeightEvidence`.

    Returns
    -------
    dict of str to numpy.ndarray, shape (p,)
        Name of the map to its values; p values are mapped as -log10(p), under
        ``neglog10_<name>``.
    """
    values = {name: column.to_numpy(dtype=float) for name, column in table.items()}
    for name in ("sign_consistency_p", "p_value", "p_fdr", "p_max"):
        values[f"neglog10_{name}"] = -np.log10(values.pop(name))
    return values


def set_evidence(pattern: PatternTest) -> pd.DataFrame:
    """Test each set of features by its mean pattern.

    Parameters
    ----------
    pattern : PatternTest
        Test of the features, with the mean pattern of each set under every labelling.

    Returns
    -------
    pandas.DataFrame, k rows
        ``haufe``, ``p_value`` (two-sided), ``p_fdr`` (over the sets), ``null_low``, ``null_high``
        (2.5 and 97.5 % of the permutations), ``null_sd`` and ``n_permutations``.
    """
    observed, null = pattern.sets[0], pattern.sets[1:]
    p_value = p_fdr = sd = np.full(len(observed), np.nan)
    low, high = null_range(null)
    if len(null) and len(observed):
        p_value = permutation_p_value(np.abs(observed), np.abs(null))
        p_fdr = false_discovery_control(p_value)
        sd = null.std(axis=0)
    return pd.DataFrame(
        {
            "haufe": observed,
            "p_value": p_value,
            "p_fdr": p_fdr,
            "null_low": low,
            "null_high": high,
            "null_sd": sd,
            "n_permutations": len(null),
        }
    )
