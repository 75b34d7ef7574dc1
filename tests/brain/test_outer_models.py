"""Models without weights, and one model alone; test_weights.py has whole runs."""

import numpy as np

from mri_response.brain.outer_models import outer_models
from mri_response.brain.weights import pattern_test
from mri_response.learning.preparation.training_sets import training_sets


def test_models_without_weights_give_zero():
    features = np.random.default_rng(0).normal(size=(10, 4))
    sets = training_sets(np.empty((10, 0)), np.ones((2, 10), dtype=bool))
    members = np.ones((4, 1), dtype=bool)
    pattern = pattern_test(features, sets.subset(slice(1)), np.zeros((3, 10)), members)
    assert not pattern.haufe.any()
    assert (pattern.p_value == 1).all()
    assert (pattern.p_max == 1).all()
    outer = outer_models(features, sets, np.zeros((2, 10)), members)
    assert not any(values.any() for values in (outer.mean, outer.cvr, outer.sign, outer.set_sign))


def test_one_outer_model_has_no_ratio():
    features = np.random.default_rng(0).normal(size=(10, 4))
    sets = training_sets(np.empty((10, 0)), np.ones((1, 10), dtype=bool))
    members = np.zeros((4, 0), dtype=bool)
    assert np.isnan(outer_models(features, sets, np.ones((1, 10)), members).cvr).all()
