"""Regressors and support vector regression agree with scikit-learn, observed and permuted."""

import numpy as np
import pandas as pd
import pytest
from beside_baseline import searched
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import ElasticNet, LinearRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from mri_response.core.errors import InputError
from mri_response.core.seeds import Stream, generator
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.learners.regressor.cross_validation import cross_validate_numbers
from mri_response.learning.learners.svr.fitting import OnGram
from mri_response.learning.learners.svr.options import SvrOptions
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.splits import Scheme, draw_folds

SEED, N = 4, 48
PREPARATION = {"standardize": True, "pca": None, "harmonise": None, "confounds": []}


class Study:
    def __init__(self):
        rng = np.random.default_rng(8)
        self.given = np.column_stack([rng.normal(30, 4, N), rng.normal(size=N)])
        slopes = rng.normal(scale=0.2, size=(2, 20))
        self.features = rng.normal(size=(N, 20)) + self.given @ slopes
        outcome = 0.8 * self.given[:, 0] + self.features[:, :3].sum(axis=1)
        outcome += rng.normal(scale=2, size=N)
        self.people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(N)]})
        self.people["label"] = outcome
        self.folds = draw_folds(self.people["participant_id"], outcome, Scheme(2, 4, 1, 5), SEED)
        self.table = np.hstack([self.features, self.given])

    @property
    def sample(self):
        return Sample(self.features, self.given, np.ones(N))

    @property
    def design(self):
        return Design(ExchangedResiduals(self.people, self.given), SEED)

    def run(self, model, folds, blocks):
        learner = learner_of(PREPARATION | model)
        return learner.run(self.sample, FixedFolds(folds), self.design, blocks)


@pytest.fixture(scope="module")
def study():
    return Study()


def regressor(path, parameters=None, **grid):
    return {"regressor": path, "parameters": parameters or {}, "grid": grid}


def assert_equal(result, study, folds, reference, tolerance=1e-6):
    """Predictions of every fold and outcome are those of scikit-learn on the same splits."""
    for row, outcome in enumerate(result.labels):
        for position, fold in enumerate(folds):
            train, test = fold.sets.train[0], fold.sets.test[0]
            expected = reference(study.table, outcome, fold, row).predict(study.table[test])
            found = result.decision[row, position, test]
            np.testing.assert_allclose(found, expected, atol=tolerance, rtol=0)
            alone = LinearRegression().fit(study.given[train], outcome[train])
            np.testing.assert_allclose(
                result.reduced[row, position, test], alone.predict(study.given[test]), atol=1e-9
            )


def test_an_elastic_net_is_that_of_scikit_learn(study):
    grid = {"alpha": [2.0, 0.5, 0.1], "l1_ratio": [0.5, 0.9]}
    exact = {"tol": 1e-10, "max_iter": 20000}
    folds = study.folds[:3]
    result = study.run(
        regressor("sklearn.linear_model.ElasticNet", exact, **grid), folds, [range(1), range(1, 3)]
    )
    assert len(set(result.candidate.ravel())) > 1
    assert_equal(
        result, study, folds, lambda x, y, fold, _: searched(ElasticNet(**exact), grid, x, y, fold)
    )


def test_random_trees_are_those_of_scikit_learn_with_the_random_state_of_the_fold(study):
    folds = study.folds[:2]
    path = "sklearn.ensemble.ExtraTreesRegressor"
    result = study.run(regressor(path, {"n_estimators": 5}, max_depth=[2, 4]), folds, [range(2)])

    def reference(table, outcome, fold, row):
        key = (row, fold.repeat, fold.outer_fold)
        state = int(generator(SEED, Stream.ESTIMATOR, *key).integers(2**31))
        # Their thresholds are drawn: halfway between two people rounding would decide.
        forest = ExtraTreesRegressor(n_estimators=5, random_state=state)
        return searched(forest, {"max_depth": [2, 4]}, table, outcome, fold)

    assert_equal(result, study, folds, reference)


@pytest.mark.parametrize("relative", [False, True])
def test_support_vector_regression_is_that_of_scikit_learn(study, relative):
    folds, costs, widths = study.folds[:3], (0.002, 0.02, 0.2), (0.3, 0.1)
    scale = 20.0 if relative else 1.0  # 20 standardised features have a mean squared norm of 20
    options = SvrOptions(
        tuple(scale * c for c in costs), widths, C_relative=relative, tolerance=1e-10
    )
    grams = learner_of(PREPARATION | {"epsilon": [0.1], "C": c_of(-3, 0)}).prepare(
        study.sample, folds
    )
    result = cross_validate_numbers(
        study.sample,
        FixedFolds(folds),
        study.design,
        [range(1), range(1, 3)],
        OnGram(grams, options),
    )
    assert len(set(result.candidate.ravel())) > 1
    svr = TransformedTargetRegressor(SVR(kernel="linear", tol=1e-10), transformer=StandardScaler())
    grid = {"regressor__C": costs, "regressor__epsilon": widths}
    assert_equal(result, study, folds, lambda x, y, fold, _: searched(svr, grid, x, y, fold), 1e-6)


def c_of(low, high, scale="absolute"):
    return {"log2_min": low, "log2_max": high, "log2_step": 1, "scale": scale}


@pytest.mark.parametrize(
    "model",
    [
        {"epsilon": [0.1], "C": c_of(-6, -3)},
        regressor("sklearn.linear_model.Ridge", alpha=[10.0, 1.0]),
        regressor("sklearn.svm.SVR", {"kernel": "linear"}),
        regressor("sklearn.cross_decomposition.PLSRegression", n_components=[1, 2]),
    ],
)
def test_weights_of_a_linear_regression_are_those_of_its_predictions(study, model):
    learner = learner_of(PREPARATION | model)
    assert learner.linear
    result = study.run(model, study.folds[-1:], [range(1), range(1, 3)])
    table = np.column_stack([np.ones(N), study.given])
    residual = study.features - table @ np.linalg.lstsq(table, study.features, rcond=None)[0]
    scaled = residual / residual.std(axis=0)
    weights = scaled.T @ result.beta[0] if result.beta is not None else result.per_sd[0]
    np.testing.assert_allclose(scaled @ weights, result.fitted[0], atol=1e-8)
    assert result.null_fitted.shape == (2, N)
    assert not np.allclose(result.null_fitted[0], result.null_fitted[1])


def test_dual_variables_of_permuted_outcomes_are_kept_of_the_first_block(study):
    model = {"epsilon": [0.1], "C": c_of(-6, -5)}
    result = study.run(model, study.folds[:2], [range(1), range(1, 4), range(4, 6)])
    assert result.null_beta.shape == (2, 3, N)
    alone = study.run(model, study.folds[:2], [range(2, 3)])
    assert alone.beta is None
    np.testing.assert_allclose(alone.decision[0], result.decision[2], atol=1e-9)


def test_no_test_row_reaches_its_own_prediction(study):
    model = regressor("sklearn.svm.SVR", {"C": 5.0}, gamma=[0.01, 0.1])
    fold = study.folds[0]
    before = study.run(model, [fold], [range(1)])
    changed = Study()
    changed.people["label"] = changed.people["label"].where(~fold.sets.test[0], 1e3)
    after = changed.run(model, [fold], [range(1)])
    np.testing.assert_array_equal(before.decision, after.decision)


def test_an_outcome_that_baseline_and_confounds_explain_gets_nothing_added(study):
    exact = Study()
    exact.people["label"] = exact.given @ [1.0, 2.0]
    result = exact.run({"epsilon": [0.1], "C": c_of(-6, -5)}, study.folds[:1], [range(1)])
    test = study.folds[0].sets.test[0]
    np.testing.assert_allclose(result.decision[0, 0, test], exact.people["label"][test], atol=1e-8)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            regressor("sklearn.svm.SVC"),
            "config: models.m.regressor: found 'sklearn.svm.SVC', expected a regressor of "
            "scikit-learn; did you mean",
        ),
        (
            regressor("sklearn.linear_model.RANSACRegresor"),
            "did you mean 'sklearn.linear_model.RANSACRegressor'? correct it",
        ),
        (
            regressor("sklearn.linear_model.Ridge", {"C": 1}),
            "models.m.parameters.C: found the unknown parameter 'C', expected one of",
        ),
        (
            regressor("sklearn.linear_model.Ridge", alpha=[-1.0]),
            "expected parameters that scikit-learn takes; it says:",
        ),
    ],
)
def test_a_regressor_that_cannot_be_is_one_line(model, message):
    with pytest.raises(InputError) as error:
        learner_of(PREPARATION | model).check("models.m")
    assert message in str(error.value)
    assert "\n" not in str(error.value)
