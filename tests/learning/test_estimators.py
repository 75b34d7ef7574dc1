"""Classifiers named in a configuration: what is accepted, what is refused and in which words."""

from __future__ import annotations

import re

import numpy as np
import pytest
import yaml
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import all_estimators

from mri_response.config.learner_kinds import is_linear
from mri_response.config.linear_estimators import KERNEL_ESTIMATORS, LINEAR_ESTIMATORS
from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions, decision_values

LOGISTIC = "sklearn.linear_model.LogisticRegression"
FOREST = "sklearn.ensemble.RandomForestClassifier"
PROCESS = "sklearn.gaussian_process.GaussianProcessClassifier"
RBF = "sklearn.gaussian_process.kernels.RBF"
SVC = "sklearn.svm.SVC"


def configured(root, model):
    raw = yaml.safe_load("""
run: study
cohorts:
  munich: {role: discovery, participants: p.tsv, sources: {fs: f.tsv}}
outcome: {kind: label, column: group, classes: [patient, control], positive_class: patient}
features: {fs: {kind: table, source: fs}}
""")
    raw["models"] = {"m": {"features": "fs", **model}}
    return load_config(raw)


ACCEPTED = [
    {"estimator": FOREST},
    {
        "estimator": LOGISTIC,
        "parameters": {"solver": "saga", "max_iter": 3000, "class_weight": "balanced"},
        "grid": {"C": [0.01, 1], "l1_ratio": [0, 0.5, 1]},
    },
    {"estimator": FOREST, "grid": {"max_depth": [2, None], "max_features": ["sqrt", 0.5]}},
    {"estimator": PROCESS, "parameters": {"kernel": {RBF: {"length_scale": 10}}}},
    {"estimator": PROCESS, "grid": {"kernel": [{RBF: {"length_scale": 5}}, {RBF: {}}]}},
    {
        "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
        "parameters": {"max_iter": 20},
        "grid": {"learning_rate": [0.05, 0.1]},
    },
    {"estimator": SVC, "parameters": {"kernel": "linear"}, "grid": {"C": [0.1, 1]}},
    {
        "estimator": "sklearn.ensemble.AdaBoostClassifier",
        "parameters": {"estimator": {"sklearn.tree.DecisionTreeClassifier": {"max_depth": 1}}},
        "grid": {"estimator__max_depth": [1, 2]},
    },
    {"estimator": "sklearn.neural_network.MLPClassifier", "grid": {"hidden_layer_sizes": [[3]]}},
]


def check(config):
    """What the rules ask of every learner before the first job."""
    for name, model in config["models"].items():
        learner_of(model).check(f"models.{name}")


@pytest.mark.parametrize("model", ACCEPTED, ids=lambda model: model["estimator"].split(".")[-1])
def test_accepted(root, model):
    config = configured(root, model)
    check(config)
    filled = config["models"]["m"]
    assert filled == {
        "features": "fs", "confounds": [], "harmonise": None, "standardize": True, "pca": None,
        "parameters": {}, "grid": {}, **model,
    }  # fmt: skip


MISTAKES = [
    # the class
    (
        {"estimator": "sklearn.linear_model.LogisticRegresion"},
        "config: models.m.estimator: found 'sklearn.linear_model.LogisticRegresion', expected a "
        "classifier of scikit-learn; did you mean 'sklearn.linear_model.LogisticRegression'? corr",
    ),
    ({"estimator": "sklearn.RandomForestClassifier"}, f"did you mean '{FOREST}'? correct it"),
    ({"estimator": "sklearn.linear_model.Ridge"}, "expected a classifier of scikit-learn; did you"),
    ({"estimator": "sklearn.svm"}, "expected a classifier of scikit-learn"),
    ({"estimator": "sklearn.model_selection.GridSearchCV"}, "expected a classifier of scikit-lea"),
    (
        {"estimator": "sklearn.model_selection.TunedThresholdClassifierCV"},
        "expected a classifier of scikit-learn",
    ),
    ({"estimator": "os.system"}, "expected the dotted path of a classifier of scikit-learn"),
    ({"estimator": "sklearn.svm._classes.SVC"}, "expected the dotted path of a classifier"),
    ({"estimator": None}, "found nothing, expected the dotted path of a classifier"),
    (
        {"estimator": "sklearn.neighbors.NearestCentroid"},
        "whose decision value does not tell the class by its sign",
    ),
    # what belongs to the built-in classifier, and the other way round
    (
        {"estimator": SVC, "C": {"log2_min": -3}},
        "config: models.m.C: found a mapping with 'log2_min' beside estimator, expected no C, "
        "which belongs to the built-in support vector classifier; write grid: {C: [0.1, 1, 10]}",
    ),
    (
        {"estimator": SVC, "class_weight": "balanced"},
        "config: models.m.class_weight: found 'balanced' beside estimator, expected no class_weigh",
    ),
    ({"grid": {"C": [1]}}, "config: models.m.grid: found a mapping with 'C' without estimator, ex"),
    ({"parameters": {}}, "config: models.m.parameters: found an empty mapping without estimator"),
    # parameters and grid
    (
        {"estimator": FOREST, "parameters": {"max_dept": 3}},
        "config: models.m.parameters.max_dept: found the unknown parameter 'max_dept', expected "
        f"one of the parameters of {FOREST}: bootstrap, ",
    ),
    ({"estimator": FOREST, "parameters": {"max_dept": 3}}, "; did you mean 'max_depth'? rename"),
    ({"estimator": SVC, "grid": {"gama": [1]}}, "config: models.m.grid.gama: found the unknown p"),
    ({"estimator": SVC, "grid": {"C": 1}}, "config: models.m.grid.C: found 1, expected a list of"),
    ({"estimator": SVC, "grid": {"C": []}}, "models.m.grid.C: found a list of 0, expected a list"),
    ({"estimator": SVC, "grid": {"C": [1, 1]}}, "models.m.grid.C: found a list of 2, expected a"),
    ({"estimator": SVC, "grid": {"C": list(range(1, 202))}}, "found 201 combinations, expected"),
    (
        {"estimator": SVC, "parameters": {"C": 1}, "grid": {"C": [1, 2]}},
        "config: models.m.grid.C: found a parameter that is under parameters too, expected it in",
    ),
    ({"estimator": FOREST, "parameters": {"random_state": 1}}, "random states come from seed"),
    ({"estimator": FOREST, "parameters": {"n_jobs": -1}}, "jobs have one thread"),
    (
        {"estimator": SVC, "grid": {"C": [1, -1]}},
        "config: models.m: found C: -1, expected parameters that scikit-learn takes; it says: The "
        "'C' parameter of SVC must be",
    ),
    (
        {"estimator": LOGISTIC, "grid": {"l1_ratio": [0, 0.5]}},
        "found l1_ratio: 0.5, expected parameters that scikit-learn takes; it says: Solver lbfgs",
    ),
    (
        {"estimator": PROCESS, "parameters": {"kernel": {f"{RBF}F": {}}}},
        "has no attribute 'RBFF'",
    ),
    (
        {"estimator": PROCESS, "parameters": {"kernel": {RBF: {"length": 1}}}},
        "it says: RBF.__init__() got an unexpected keyword argument 'length'",
    ),
    (
        {"estimator": "sklearn.ensemble.VotingClassifier"},
        "found the defaults, expected parameters that scikit-learn takes; it says: Voting",
    ),
]


@pytest.mark.parametrize(("model", "expected"), MISTAKES)
def test_a_mistake_is_one_line(root, model, expected):
    with pytest.raises(InputError) as error:
        check(configured(root, model))
    message = str(error.value)
    assert re.fullmatch(r"config: \S+: found .+, expected .+; .+", message), message
    assert expected in message


def test_the_linear_ones_are_those_with_weights():
    """Of all classifiers of scikit-learn: a coefficient a feature, and a decision value of them."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 5))
    labels = (features[:, 0] > 0).astype(int)
    found = set()
    for name, kind in all_estimators("classifier"):
        path = ".".join([*(p for p in kind.__module__.split(".") if p[0] != "_"), name])
        options = {"kernel": "linear"} if path in KERNEL_ESTIMATORS else {}
        try:
            model = kind(**options).fit(features, labels)
        except (TypeError, ValueError, ConvergenceWarning):
            continue  # needs an argument, or takes counts alone
        if np.size(getattr(model, "coef_", None)) == 5:
            weighted = features @ np.ravel(model.coef_) + model.intercept_
            np.testing.assert_allclose(model.decision_function(features), weighted, atol=1e-9)
            found.add(path)
    known = LINEAR_ESTIMATORS | KERNEL_ESTIMATORS
    assert found == {path for path in known if path not in _regressors()}


def _regressors():
    return {
        ".".join([*(p for p in kind.__module__.split(".") if p[0] != "_"), name]): kind
        for name, kind in all_estimators("regressor")
    }


@pytest.mark.filterwarnings("ignore")
def test_the_linear_regressors_are_those_with_weights():
    """Of all regressors of scikit-learn: a coefficient a feature, and predictions of them."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 5))
    outcome = features[:, 0] + rng.normal(size=60)
    found = set()
    for path, kind in _regressors().items():
        options = {"kernel": "linear"} if path in KERNEL_ESTIMATORS else {}
        try:
            model = kind(**options).fit(features, outcome)
        except (TypeError, ValueError):
            continue  # needs an argument, several outcomes or positive ones
        if np.size(getattr(model, "coef_", None)) == 5:
            weighted = features @ np.ravel(model.coef_) + model.predict(np.zeros((1, 5)))
            np.testing.assert_allclose(model.predict(features), weighted, atol=1e-9)
            found.add(path)
    # Linear with one of its parameters alone.
    found -= {path for path in found if path.endswith("TweedieRegressor")}
    known = LINEAR_ESTIMATORS | KERNEL_ESTIMATORS
    assert found == {path for path in known if path in _regressors()}


@pytest.mark.parametrize(
    ("parameters", "grid", "linear"),
    [
        ({"kernel": "linear"}, {}, True),
        ({}, {"kernel": ["linear"]}, True),
        ({}, {}, False),
        ({}, {"kernel": ["linear", "rbf"]}, False),
        ({"kernel": "poly"}, {"C": [1]}, False),
    ],
)
def test_a_kernel_decides_whether_a_support_vector_classifier_is_linear(parameters, grid, linear):
    assert is_linear({"estimator": SVC, "parameters": parameters, "grid": grid}) == linear


def test_candidates_come_in_the_documented_order():
    options = EstimatorOptions(SVC, {}, {"gamma": [3, 1], "C": [2, 1]})
    assert options.candidates == [
        {"C": 2, "gamma": 3}, {"C": 2, "gamma": 1}, {"C": 1, "gamma": 3}, {"C": 1, "gamma": 1},
    ]  # fmt: skip
    assert EstimatorOptions(SVC, {}, {}).candidates == [{}]


def test_every_part_that_draws_at_random_gets_the_state():
    bagging = EstimatorOptions(
        "sklearn.ensemble.BaggingClassifier",
        {"estimator": {"sklearn.tree.DecisionTreeClassifier": {"max_depth": 1}}},
        {"estimator__max_depth": [2]},
    )
    model = bagging.build(bagging.candidates[0], 17)
    assert model.random_state == model.estimator.random_state == 17
    assert model.estimator.max_depth == 2
    assert bagging.build({}, 1).estimator.max_depth == 1  # nothing is shared between fits


def test_decision_values_of_probabilities_are_finite_logits():
    class Certain:
        def predict_proba(self, features):
            return np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.25, 0.75]])

    expected = [-20, 20, 0, np.log(3)]
    np.testing.assert_allclose(decision_values(Certain(), np.empty((4, 1))), expected)


def test_words_for_the_report():
    model = {
        "estimator": LOGISTIC,
        "parameters": {"solver": "saga"},
        "grid": {"l1_ratio": [0, 0.5], "C": [0.1, 1]},
    }
    assert learner_of(model).words() == (
        "Classifier sklearn.linear_model.LogisticRegression of scikit-learn, solver = saga. Chosen "
        "by the balanced accuracy of the decisions of all inner folds together, out of all "
        "combinations, ties to the first of them: C from 0.1, 1; l1_ratio from 0, 0.5."
    )
    process = {"estimator": PROCESS, "parameters": {"kernel": {RBF: {"length_scale": 5}}}}
    assert learner_of({**process, "grid": {}}).words() == (
        f"Classifier {PROCESS} of scikit-learn, kernel = {{{RBF}: {{length_scale: 5}}}}; nothing "
        "was tuned."
    )
    names = [learner_of({"estimator": f"sklearn.x.{name}"}).name for name in
             ("RandomForestClassifier", "LinearSVC", "SGDClassifier", "GaussianNB")]  # fmt: skip
    assert names == ["random forest classifier", "linear SVC", "SGD classifier", "gaussian NB"]
