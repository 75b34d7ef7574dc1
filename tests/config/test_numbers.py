"""What a configuration may ask where the outcome is a number."""

import pytest

from mri_response.config.load import load_config
from mri_response.config.queries import learner_name
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
            "config: models.m.estimator: found 'sklearn.svm.SVC', expected no estimator",
        ),
        ({"harmonise": "site"}, "config: models.m.harmonise: found the harmonisation of sites"),
    ],
)
def test_a_model_that_numbers_cannot_have_is_one_line(model, message):
    with pytest.raises(InputError) as error:
        load_config(raw(model))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"external": {"model": "ensemble"}}, "external.model: found what is for classes"),
        ({"permutation": {"method": "conditional"}}, "permutation.method: found what is for"),
        ({"cross_validation": {"scheme": "stratified"}}, "scheme: found what is for classes"),
        ({"comparisons": [["m", "majority_class"]]}, "comparisons: found what is for classes"),
    ],
)
def test_what_is_for_classes_is_refused(sections, message):
    with pytest.raises(InputError) as error:
        load_config(raw(**sections))
    assert message in str(error.value)
