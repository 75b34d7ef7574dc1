"""What the methods of a run whose outcome is a number say, against what is computed."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from made_up_run import CONFIG, MadeUpRun, made_up_run

from mri_response.report.facts.of_numbers import MAKERS
from mri_response.report.facts.predicted_numbers import number_methods
from mri_response.report.run import Run

RIDGE = {
    "features": "roi",
    "confounds": ["age"],
    "standardize": True,
    "pca": None,
    "alpha": {"log2_min": -2, "log2_max": 6, "log2_step": 4, "scale": "absolute"},
}


def made_up(**sections: dict[str, Any]) -> MadeUpRun:
    """A run whose configuration predicts the change of a score."""
    run = made_up_run()
    outcome = {key: CONFIG["outcome"][key] for key in ("scale", "baseline", "endpoint")}
    config = copy.deepcopy(run.config) | {"outcome": outcome | {"kind": "change"}}
    config |= {"models": {"ridge": RIDGE}, "primary_model": "ridge"}
    for section, values in sections.items():
        config[section] = config[section] | values
    run.config = config
    return run


def words(run: MadeUpRun) -> str:
    return " ".join(fact.text for fact in number_methods(_read(run)))


def _read(run: MadeUpRun) -> Run:
    return run.read(config=run.config)


def test_the_baseline_is_regressed_out_with_the_confounds():
    assert "linear regression on baseline_score, age; standardisation" in words(made_up())
    assert (
        "linear regression on baseline_score, age"
        in MAKERS["transformations"](_read(made_up())).text
    )


@pytest.mark.parametrize(
    ("outer", "said", "widened"),
    [
        ({"outer": "leave_one_out"}, "Nested cross-validation: one outer fold for each", True),
        ({"outer": "held_out", "held_out": 0.3}, "Validation: one split: 30", False),
        ({"outer": "k_fold", "outer_folds": 3}, "1 repeat of 3 outer folds", True),
    ],
)
def test_the_validation_is_that_of_the_configuration(outer, said, widened):
    text = words(made_up(cross_validation={"repeats": 1, **outer}))
    assert said in text
    assert ("are multiplied by" in text) is widened
    assert "means over repeats" not in text


def test_who_exchanges_residuals_and_what_has_an_intercept_follow_the_blocks():
    text = words(made_up())
    assert "an intercept for every cohort;" in text
    assert "were exchanged between people and added" in text
    text = words(made_up(permutation={"within": "site"}, cross_validation={"group": "family"}))
    assert "an intercept for every cohort and value of site in it;" in text
    assert "between people (families of equal size as a whole) within the values of site" in text


def test_without_baseline_and_confounds_the_gain_is_over_the_mean():
    run = made_up()
    run.config["outcome"] = {"kind": "score", "column": "severity"}
    run.config["models"]["ridge"] = RIDGE | {"confounds": []}
    text = words(run)
    assert "Permutation test of the gain over the mean: " in text
    assert "times the differences of the outcome from its mean were exchanged" in text
    assert "linear regression" not in text
    assert "baseline and confounds" not in text.replace("baseline and confounds where there", "")
    assert "over the mean alone" in MAKERS["measures"](_read(run)).text
    run.config["models"]["ridge"] = RIDGE
    assert "the gain over confounds: " in words(run)


def test_the_formula_names_the_baseline_and_harmonised_features():
    run = made_up()
    frozen = {"ridge": {"sha256": "ab", "coding": {}}}
    text = MAKERS["prediction"](run.read(config=run.config, frozen=frozen)).text
    assert "= features × weights + baseline and confounds × their weights + intercept" in text
