"""What a configuration may ask where the outcome is a number."""

import pytest

from mri_response.config.learner_kinds import learner_name
from mri_response.config.load import load_config
from mri_response.core.errors import InputError


def raw(model=None, **sections):
    cohort = {"role": "discovery", "participants": "people.tsv", "sources": {"fs": "regions.tsv"}}
    return {
        "run": "r",
        "cohorts": {"home": cohort},
        "outcome": {"kind": "score", "column": "HAMD"},
        "features": {"regions": {"kind": "table", "source": "fs"}},
        "models": {"m": {"features": "regions"} | (model or {})},
    } | sections


def test_a_model_of_numbers_is_a_ridge_regression():
    assert learner_name(load_config(raw())["models"]["m"]) == "ridge"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            {"alpha": {"log2_min": 3, "log2_max": 1}},
            "config: models.m.alpha.log2_min: found 3, expected at most log2_max, which is 1; "
            "correct one of them",
        ),
        (
            {"alpha": {"log2_min": 0, "log2_max": 3, "log2_step": 0.01}},
            "config: models.m.alpha.log2_step: found 0.01, which makes 301 values of alpha, "
            "expected at most 200 values; use a larger step",
        ),
        (
            {"C": {"log2_max": 2}},
            "config: models.m.C: found a key of the support vector classifier",
        ),
        ({"class_weight": None}, "config: models.m.class_weight: found a key of the support"),
        (
            {"estimator": "sklearn.svm.SVC"},
            "config: models.m.estimator: found 'sklearn.svm.SVC', a key of classifiers, expected "
            "regressor, since the outcome is a number; name a regressor of scikit-learn there",
        ),
        (
            {"regressor": "sklearn.svm.SVR", "alpha": {}},
            "config: models.m.alpha: found alpha beside regressor, each of which asks for a "
            "learner of its own, expected one of them; remove the other",
        ),
        ({"epsilon": [0.1], "class_weight": None}, "config: models.m.class_weight: found a key"),
        ({"epsilon": [-0.1]}, "config: models.m.epsilon[0]: found -0.1, expected"),
        (
            {"epsilon": [0.1], "C": {"log2_min": 3, "log2_max": 1}},
            "config: models.m.C.log2_min: found 3, expected at most log2_max, which is 1",
        ),
        ({"regressor": "sklearn.svm.SVR", "C": {}}, "config: models.m.C: found"),
        ({"harmonise": "site"}, "config: models.m.harmonise: found the harmonisation of sites"),
    ],
)
def test_a_model_that_numbers_cannot_have_is_one_line(model, message):
    with pytest.raises(InputError) as error:
        load_config(raw(model))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("model", "learner"),
    [
        ({"alpha": {}}, "ridge"),
        ({"epsilon": [0.1, 0.5]}, "svr"),
        ({"regressor": "sklearn.ensemble.RandomForestRegressor"}, "regressor"),
    ],
)
def test_a_key_says_which_learner_predicts_the_number(model, learner):
    assert learner_name(load_config(raw(model))["models"]["m"]) == learner


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ({"regressor": "sklearn.svm.SVR"}, "found a regressor, which predicts numbers"),
        ({"epsilon": [0.1]}, "found a key of the support vector regression"),
        ({"alpha": {}}, "found a penalty of the ridge regression"),
    ],
)
def test_what_predicts_numbers_is_refused_for_classes(model, found):
    outcome = {"kind": "label", "column": "group", "classes": ["a", "b"]}
    with pytest.raises(InputError) as error:
        load_config(raw(model, outcome=outcome | {"positive_class": "a"}))
    assert found in str(error.value)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"external": {"model": "ensemble"}}, "external.model: found what is for classes"),
        ({"permutation": {"method": "conditional"}}, "permutation.method: found what is for"),
        ({"cross_validation": {"scheme": "stratified"}}, "scheme: found what is for classes"),
        ({"comparisons": [["m", "majority_class"]]}, "comparisons[0]: found 'majority_class'"),
        (
            {
                "stacks": {"s": ["m", "k"]},
                "models": {
                    "m": {"features": "regions"},
                    "k": {"features": "regions", "confounds": ["age"]},
                },
            },
            "stacks.s: found 'm' and 'k', which have different confounds, expected models with the "
            "same confounds",
        ),
        ({"operating_points": ["youden"]}, "operating_points: found what is for classes"),
        ({"prevalence": 0.3}, "prevalence: found what is for classes"),
        ({"subgroups": {"columns": ["sex"]}}, "subgroups: found what is for classes"),
        ({"specificity": {"within": "site"}}, "specificity: found what is for classes"),
        ({"sites": {"column": "site"}}, "sites: found what is for classes"),
        ({"min_class_size": 5}, "min_class_size: found what is for classes"),
        ({"permutation": {"scans": 100}}, "permutation.scans: found what is for classes"),
    ],
)
def test_what_is_for_classes_is_refused(sections, message):
    with pytest.raises(InputError) as error:
        load_config(raw(**sections))
    assert message in str(error.value)
