"""Sites by which features are harmonised: enough people of each, everywhere."""

import numpy as np
import pytest
from test_checks import Study

from mri_response.core.errors import InputError


@pytest.fixture
def study(tmp_path, root):
    study = Study(tmp_path)
    study.raw["models"]["svc"]["harmonise"] = {"min_people": 3, "keep": ["age"]}
    study.raw["confounds"] = {"unseen_site": "mean"}
    for cohort, people in study.people.items():
        people["site"] = np.where(np.arange(len(people)) // 2 % 2, "A", "B")
        study.write(cohort)
    return study


def put(study, column, values, cohort="munich"):
    study.people[cohort][column] = values
    study.write(cohort)


def test_sites_with_enough_people_pass(study):
    study.check()


def test_a_small_site_is_told_with_its_number(study):
    put(study, "site", ["C", "C", "C", *["A", "B"] * 10, "A"])
    assert "rows of the site 'C' in a training set, expected at least 3" in study.mistake()


def test_one_site_is_none(study):
    put(study, "site", "A")
    assert study.mistake().startswith("munich.tsv: column site: found 'A', expected two sites")


def test_other_cohorts_may_have_sites_of_their_own_if_that_is_said(study):
    put(study, "site", "Bonn", "bonn")
    study.check()


def test_a_reference_that_is_no_site(study):
    study.raw["models"]["svc"]["harmonise"] |= {"reference": "a"}
    assert "harmonise.reference: found 'a', expected a site of" in study.mistake()


def test_a_reference_that_is_left_out_in_its_turn(study):
    people = study.people["munich"]
    put(study, "site", np.where(np.arange(len(people)) // 2 % 3, "A", "B"))
    study.raw["cross_validation"] = {"outer": "leave_one_site_out", "inner_folds": 2}
    study.raw["models"]["svc"]["harmonise"] |= {"reference": "B", "min_people": 2}
    assert "harmonise.reference: found 'B', which some training sets have not" in study.mistake()


def test_a_subgroup_that_nobody_belongs_to(study):
    put(study, "healthy", "no")
    study.raw["models"]["svc"]["harmonise"] |= {"learn_from": {"healthy": ["yes"]}}
    assert "learn_from.healthy: found 'yes', expected values of munich.tsv" in study.mistake()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"column": "group"}, "which is the label"),
        ({"keep": ["group"]}, "which is the label"),
        ({"learn_from": {"group": ["control"]}}, "which is the label"),
        ({"keep": ["site"]}, "expected covariates"),
        ({"column": "age", "min_people": 3}, "by which the features are harmonised"),
    ],
)
def test_what_cannot_be_harmonised_by(study, section, message):
    study.raw["models"]["svc"]["harmonise"] = section
    assert message in study.mistake()


def test_columns_of_the_clinic_are_not_harmonised(study):
    study.raw["features"]["clinic"] = {"kind": "clinical", "columns": ["age"]}
    study.raw["models"]["clinic"] = {"features": "clinic", "harmonise": {"min_people": 3}}
    assert "the feature set 'clinic', which is not made from scans" in study.mistake()


def test_covariates_are_columns_of_the_table(study):
    study.raw["models"]["svc"]["harmonise"] |= {"keep": ["height"]}
    with pytest.raises(InputError, match="found no column 'height', expected it among"):
        study.check()


def test_covariates_that_are_kept_differ_between_people_of_a_site(study):
    put(study, "field", 3)
    put(study, "field", 3, "bonn")
    study.raw["models"]["svc"]["harmonise"]["keep"] = ["age", "field"]
    assert study.mistake() == (
        "munich.tsv: column field: found 3 for everybody, expected values that differ between "
        "people and say something more; leave it out (config: models.svc.harmonise.keep)"
    )
    put(study, "field", np.where(study.people["munich"]["site"] == "A", 1.5, 3))
    assert "column field: found values that follow from age and site, expected" in study.mistake()
    study.raw["models"]["svc"]["harmonise"]["keep"] = ["field"]
    assert "column field: found values that follow from site, expected" in study.mistake()


def test_new_sites_of_other_cohorts_must_be_allowed(study):
    del study.raw["confounds"]
    assert "confounds.unseen_site: found error, expected mean" in study.mistake()


def test_an_ensemble_has_no_single_harmonisation(study):
    study.raw["external"] = {"model": "ensemble"}
    assert "external.model: found ensemble, expected refit" in study.mistake()


def test_a_new_site_may_show_its_own_effects_where_its_people_are_enough(study):
    study.raw["confounds"] = {"unseen_site": "own"}
    put(study, "site", "Bonn", "bonn")
    study.check()
    people = len(study.people["bonn"])
    put(study, "site", ["Bonn", "Bonn", *["A"] * (people - 2)], "bonn")
    assert "bonn.tsv: column site: found 2 rows of the new site 'Bonn', expected" in study.mistake()


def test_a_site_shows_nothing_where_nothing_is_harmonised(study):
    del study.raw["models"]["svc"]["harmonise"]
    study.raw["confounds"] = {"unseen_site": "own"}
    assert "confounds.unseen_site: found own, and no model harmonises" in study.mistake()
