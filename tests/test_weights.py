"""Weight maps against coefficients of scikit-learn and the definition of Haufe et al. (2014)."""

import numpy as np
import oracle
import pytest
from test_resampling import made_up

from mri_response.kernels import training_sets
from mri_response.permutation import Exchangeability
from mri_response.resampling import ModelOptions, cross_validate, fold_grams
from mri_response.splits import Scheme, draw_folds
from mri_response.weights import weight_maps


class Run:
    """The refit and three outer models, by the engine and by scikit-learn."""

    def __init__(self, options: ModelOptions, p: int = 40) -> None:
        people, self.features, self.confounds = made_up(p=p)
        self.features[:, 3] = 7.0
        self.features[:, 5] *= 100
        labels = people["label"].to_numpy()
        folds = draw_folds(people["participant_id"], labels, Scheme(1, 3, 1, 2), 4)
        folds = [folds[-1], *folds[:-1]]
        self.job = cross_validate(
            fold_grams(self.features, self.confounds, folds, options),
            folds,
            Exchangeability(people),
            [range(1)],
            np.ones(len(people)),
            options,
            4,
        )
        self.maps = weight_maps(
            self.features,
            training_sets(self.confounds, self.job["train"]),
            self.job["beta"],
            self.job["fitted"],
            standardize=options.standardize,
        )
        data = np.hstack([self.confounds, self.features])
        self.weights, self.ready, self.decision = [], [], []
        for position, train in enumerate(self.job["train"]):
            model = oracle.pipeline(2, standardize=options.standardize, pca=options.pca)
            C = options.C[self.job["candidate"][0, position]]
            model.set_params(svm__C=C).fit(data[train], labels[train])
            weight = model[-1].coef_
            if options.pca is not None:
                weight = weight @ model["pca"].components_
            self.weights.append(weight / np.linalg.norm(weight))
            self.ready.append(model[: 1 + options.standardize].transform(data[train]))
            self.decision.append(model.decision_function(data[train]))


OPTIONS = [
    ModelOptions((2.0**-6, 2.0**-4)),
    ModelOptions((2.0**-12, 2.0**-10), standardize=False),
    ModelOptions((2.0**-6, 2.0**-4), pca=4),
]


@pytest.mark.parametrize("options", OPTIONS, ids=["standardised", "as it is", "components"])
def test_maps_are_those_of_scikit_learn(options):
    run = Run(options)
    np.testing.assert_allclose(run.maps.weight, run.weights[0], atol=1e-6)
    np.testing.assert_allclose(run.maps.weight_mean, np.mean(run.weights[1:], axis=0), atol=1e-6)
    # Covariance of each feature with the decision value over the training rows, unit norm.
    centred = run.decision[0] - run.decision[0].mean()
    haufe = run.ready[0].T @ centred
    np.testing.assert_allclose(run.maps.haufe, haufe / np.linalg.norm(haufe), atol=1e-6)


def test_the_pattern_is_the_covariance_matrix_times_the_weights():
    run = Run(OPTIONS[0])
    haufe = np.cov(run.ready[0].T) @ run.weights[0]
    np.testing.assert_allclose(run.maps.haufe, haufe / np.linalg.norm(haufe), atol=1e-6)
    assert np.linalg.norm(run.maps.weight) == pytest.approx(1, abs=1e-9)
    assert np.linalg.norm(run.maps.haufe) == pytest.approx(1, abs=1e-9)
    assert np.linalg.norm(run.maps.weight_mean) <= 1


def test_a_constant_feature_has_no_weight():
    maps = Run(OPTIONS[0]).maps
    for values in maps:
        assert values[3] == 0
        assert np.isfinite(values).all()


def test_more_features_than_a_chunk():
    run = Run(OPTIONS[0], p=2100)
    np.testing.assert_allclose(run.maps.weight, run.weights[0], atol=1e-6)
    np.testing.assert_allclose(run.maps.weight_mean, np.mean(run.weights[1:], axis=0), atol=1e-6)


def test_positive_weights_mean_the_positive_class():
    """Every feature of the made-up data is larger in the positive class."""
    maps = Run(OPTIONS[0]).maps
    for values in (maps.weight, maps.haufe, maps.weight_mean):
        assert values.sum() > 0


def test_models_without_weights_give_zero():
    features = np.random.default_rng(0).normal(size=(10, 4))
    sets = training_sets(np.empty((10, 0)), np.ones((2, 10), dtype=bool))
    maps = weight_maps(features, sets, np.zeros((2, 10)), np.zeros((2, 10)))
    assert not any(values.any() for values in maps)
