"""Cohorts in which nobody may exchange labels or residuals are told before the first job."""

import numpy as np
import pytest
from test_checks import Study


@pytest.fixture
def study(tmp_path, root):
    return Study(tmp_path)


def alone(study, name):
    """Everybody of a cohort in a site of their own, and residuals or labels stay in the site."""
    people = study.people[name]
    people["clinic"] = [f"c{i}" for i in range(len(people))]
    study.write(name)
    study.raw["permutation"] = {"within": "clinic"}


def of_numbers(study):
    for name, people in study.people.items():
        people["score"] = np.arange(len(people)) ** 1.5
        people["clinic"] = ["A", "B"] * (len(people) // 2)
        study.write(name)
    study.raw["outcome"] = {"kind": "score", "column": "score"}


def told(study):
    return [text for text in study.check().warnings if "change places" in text]


def test_residuals_of_another_cohort_that_cannot_move_are_warned_of(study):
    of_numbers(study)
    study.raw["permutation"] = {"within": "clinic"}
    assert told(study) == []
    alone(study, "bonn")
    assert told(study) == [
        "cohort bonn: its gain gets no p, since nobody may change places with anybody "
        "(cross_validation.group: None, permutation.within: clinic); use larger blocks"
    ]


def test_residuals_of_the_discovery_cohort_that_cannot_move_are_a_mistake(study):
    of_numbers(study)
    alone(study, "munich")
    assert study.mistake() == (
        "munich.tsv: permutation: found nobody who may exchange residuals with anybody, expected "
        "people alike (cross_validation.group: None, permutation.within: clinic); use larger blocks"
    )


def test_labels_of_another_cohort_that_cannot_move_are_a_mistake_before_the_first_job(study):
    study.people["munich"]["clinic"] = "A"
    study.write("munich")
    alone(study, "bonn")
    assert study.mistake().startswith("bonn.tsv: permutation: found one labelling alone where")


def test_a_family_in_two_blocks_of_another_cohort_is_a_mistake(study):
    of_numbers(study)
    study.raw["permutation"] = {"within": "clinic"}
    study.raw["cross_validation"]["group"] = "family"
    study.people["munich"]["clinic"] = "A"
    study.write("munich")
    assert study.mistake() == (
        "bonn.tsv: permutation.within: found family f0 (cross_validation.group) in the blocks 'A', "
        "'B', expected each family in one; correct the table, or name a column of larger blocks"
    )
