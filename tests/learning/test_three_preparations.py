"""Rows, rows for scikit-learn and Gram matrices are three ways to prepare the same features."""

import numpy as np
import pytest
from made_up_people import made_up

from mri_response.learning.gram import gram_matrices
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.sklearn.preparation import prepared
from mri_response.learning.learners.svc.fold_rows import prepared_rows
from mri_response.learning.preparation.components import (
    principal_component_grams,
    principal_component_rows,
)
from mri_response.learning.preparation.harmonisation import Sites
from mri_response.learning.preparation.training_sets import Confounds, training_sets


@pytest.fixture(params=["plain", "gaps", "harmonised"])
def given(request):
    """Features and confounds of sixty people; the last category is in no training set."""
    _, features, confounds = made_up(n=60, p=9)
    features = features.copy()
    features[:, 4] = 2.0
    if request.param == "gaps":
        features[[3, 30], [1, 7]] = np.nan
        confounds = confounds.copy()
        confounds[5, 0] = np.nan
    level = np.arange(60) % 2
    level[50:] = 2
    coded = np.hstack([confounds, (level == 1)[:, None], (level == 2)[:, None]]).astype(float)
    sites = None
    if request.param == "harmonised":
        covariates = np.linspace(20, 60, 60)[:, None]
        sites = Sites(np.arange(60) % 2, covariates, np.ones(60, dtype=bool))
    q = confounds.shape[1]
    train = np.array([(np.arange(60) % 5 != k) & (level < 2) for k in range(3)])
    return features, Confounds(coded, (slice(q, q + 2),), sites), train


def alike(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("standardize", [True, False])
def test_the_three_agree(given, standardize):
    features, confounds, train = given
    grams = gram_matrices(features, training_sets(confounds, train), standardize=standardize)
    options = EstimatorOptions("sklearn.svm.SVC", {}, {}, standardize)
    for own, gram in zip(train, grams, strict=True):
        rows = prepared_rows(features, confounds, own, standardize)
        ready = prepared(features, confounds, own, ~own, options)
        assert np.abs(rows).max() > 1
        assert not rows[:, 4].any()
        alike(ready.train, rows[own])
        alike(ready.test, rows[~own])
        # Columns of other rows than those of training have no meaning in a Gram matrix.
        alike(gram[:, own], rows @ rows[own].T)


def test_their_principal_components_agree_but_for_the_signs(given):
    features, confounds, train = given
    grams = gram_matrices(features, training_sets(confounds, train))
    reduced = principal_component_grams(grams, train, 3)
    options = EstimatorOptions("sklearn.svm.SVC", {}, {}, pca=3)
    for own, gram in zip(train, reduced, strict=True):
        rows = principal_component_rows(prepared_rows(features, confounds, own, True), own, 3)
        ready = prepared(features, confounds, own, ~own, options)
        alike(ready.train @ ready.train.T, rows[own] @ rows[own].T)
        alike(ready.test @ ready.train.T, rows[~own] @ rows[own].T)
        alike(gram[:, own], rows @ rows[own].T)
