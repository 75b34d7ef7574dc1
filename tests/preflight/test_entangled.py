"""Site and label that go together are told before anything is fitted."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact
from test_checks import Study

from mri_response.core.errors import InputError
from mri_response.preflight.entangled import association


@pytest.fixture
def study(tmp_path, root):
    return Study(tmp_path)


def told(study, word):
    return [text for text in study.check().warnings if word in text]


def put(study, column, values):
    study.people["munich"][column] = values
    study.write("munich")


def test_a_site_for_each_class_is_an_error(study):
    assert told(study, "goes along with the outcome") == []
    patient = study.people["munich"]["group"] == "patient"
    put(study, "scanner", np.where(patient, "Prisma", "Trio"))
    assert study.mistake().startswith(
        "munich.tsv: found people of one class only for every value of scanner ('Prisma', 'Trio')"
    )


def test_some_sites_with_one_class_are_counted(study):
    patient = (study.people["munich"]["group"] == "patient").to_numpy()
    site = np.where(np.arange(24) < 12, "A", "B").astype(object)
    site[np.flatnonzero(patient)[:3]] = "C"
    put(study, "site", site)
    (text,) = told(study, "have one outcome only")
    assert (
        "1 of 3 values of site with two people or more have one outcome only ('C'; 3 people)"
        in text
    )


def test_a_site_that_predicts_the_label_is_told_unless_labels_stay_within_it(study):
    patient = (study.people["munich"]["group"] == "patient").to_numpy()
    scanner = np.where(patient, 1, 2)
    scanner[[0, 1, 2, 3]] = [2, 1, 2, 1]
    put(study, "scanner", scanner)
    (text,) = told(study, "goes along with the outcome")
    assert "scanner goes along with the outcome" in text
    assert "set permutation.within: scanner, or name it among the confounds" in text
    study.raw["permutation"] = {"within": "scanner"}
    (text,) = told(study, "goes along with the outcome")
    assert "makes p right" in text
    study.raw["permutation"] = {}
    study.raw["models"]["svc"]["confounds"] = ["age", "sex", "scanner"]
    study.people["bonn"]["scanner"] = 1
    study.write("bonn")
    (text,) = told(study, "goes along with the outcome")
    assert "remove its straight-line effect" in text


def test_leaving_sites_out_always_asks_for_labels_within_sites(study):
    study.raw["cross_validation"] = {"outer": "leave_one_site_out", "inner_folds": 3}
    assert len(told(study, "set permutation.within: site")) == 1
    study.raw["permutation"] = {"within": "site"}
    assert told(study, "set permutation.within: site") == []


def test_age_that_predicts_the_label_is_told_listed_or_not(study):
    patient = (study.people["munich"]["group"] == "patient").to_numpy()
    put(study, "age", np.where(patient, 50, 25) + np.arange(24) % 5)
    assert "remove its straight-line effect" in told(study, "age goes along with the outcome")[0]
    study.raw["models"]["svc"]["confounds"] = ["sex"]
    assert "is no confound of any model" in told(study, "age goes along with the outcome")[0]


def test_codes_that_are_taken_as_numbers_are_told(study):
    put(study, "centre_code", np.arange(24) // 2 % 4)
    study.people["bonn"]["centre_code"] = 1
    study.write("bonn")
    study.raw["models"]["svc"]["confounds"] = ["age", "centre_code"]
    (text,) = told(study, "confound centre_code")
    assert "(0, 1, 2, 3) are taken as a number" in text
    assert "confounds: {categorical: [centre_code]}" in text
    study.raw["confounds"] = {"categorical": ["centre_code"]}
    assert told(study, "confound centre_code") == []


@pytest.mark.parametrize(("codes", "said"), [((1, 3), True), ((1, 2), False), ((0, 1), False)])
def test_two_codes_are_told_where_one_may_lie_between_them(study, codes, said):
    put(study, "scanner_code", np.array(codes)[np.arange(24) // 2 % 2])
    study.people["bonn"]["scanner_code"] = codes[0]
    study.write("bonn")
    study.raw["models"]["svc"]["confounds"] = ["scanner_code"]
    assert bool(told(study, "confound scanner_code: its values (1, 3) are taken")) == said


def test_confounds_that_remove_nothing_are_told(study):
    study.raw["models"]["svc"]["confounds"] = ["age", "sex"]
    assert told(study, "removes nothing") == []
    for cohort, people in study.people.items():
        people["field"], people["months"] = 3, 12 * people["age"]
        study.write(cohort)
    study.raw["models"]["svc"]["confounds"] = ["field", "age", "months"]
    study.raw["models"]["other"] = {"features": "fs", "confounds": ["field"]}
    study.raw["primary_model"] = "svc"
    assert told(study, "removes nothing") == [
        "confound field (models.svc, models.other): found 3 for everybody in cohort munich, so "
        "that it removes nothing; leave it out",
        "confound months (models.svc): found values that follow from age in cohort munich, so "
        "that it removes nothing; leave it out",
    ]


def test_a_confound_with_knots_is_a_number(study):
    put(study, "schooling", np.arange(24) // 2 % 6 + 8)
    study.people["bonn"]["schooling"] = 9
    study.write("bonn")
    study.raw["models"]["svc"]["confounds"] = [{"column": "schooling", "knots": [9, 10, 12]}]
    assert told(study, "confound schooling") == []


def test_a_declared_category_is_tried_as_a_place(study):
    patient = (study.people["munich"]["group"] == "patient").to_numpy()
    put(study, "vendor", np.where(patient, 1, 2))
    study.people["bonn"]["vendor"] = 1
    study.write("bonn")
    study.raw["models"]["svc"]["confounds"] = ["age", "vendor"]
    assert told(study, "vendor predicts") == []  # a number that is no site, sex, age or volume
    study.raw["confounds"] = {"categorical": ["vendor"]}
    with pytest.raises(InputError, match="one class only for every value of vendor"):
        told(study, "vendor")


def test_p_is_that_of_chi_squared_by_hand_and_of_all_orders():
    labels = np.repeat([1, 0], 30)
    values = pd.Series(["a"] * 20 + ["b"] * 10 + ["a"] * 10 + ["b"] * 20)
    # Four cells with 15 expected: 4 x 25 / 15, one degree of freedom.
    assert association(values, labels) == pytest.approx(0.009823, abs=1e-6)
    assert fisher_exact([[20, 10], [10, 20]]).pvalue == pytest.approx(0.0194, abs=1e-3)
    # Three against three, wholly apart: 2 of 20 orders are as extreme.
    numbers = pd.Series([4.0, 5.0, 6.0, 1.0, 2.0, 3.0])
    assert association(numbers, np.array([1, 1, 1, 0, 0, 0])) == pytest.approx(0.1)
    assert np.isnan(association(pd.Series(["a"] * 4), np.array([0, 1, 0, 1])))


def test_the_column_that_volumes_are_read_from_is_told_once_under_the_name_of_the_confound(study):
    patient = (study.people["munich"]["group"] == "patient").to_numpy()
    for name, people in study.people.items():
        volumes = 1400 + 10.0 * np.arange(len(people))
        people["eTIV"] = volumes + 300 * patient if name == "munich" else volumes
        study.write(name)
        study.raw["cohorts"][name]["tiv"] = {"column": "eTIV"}
    (text,) = told(study, "IV goes along") + told(study, "tiv goes along")
    assert "is no confound of any model" in text
    study.raw["models"]["svc"]["confounds"] = ["age", "sex", "tiv"]
    assert told(study, "eTIV goes along") == []
    (text,) = told(study, "tiv goes along")
    assert "remove its straight-line effect" in text
