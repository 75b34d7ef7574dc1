"""Levels of columns that are written in two ways, and codes for missing values in other columns."""

import numpy as np
import pytest
from test_checks import Study


@pytest.fixture
def study(tmp_path, root):
    return Study(tmp_path)


def test_a_site_of_another_cohort_in_another_spelling(study):
    study.raw["models"]["svc"]["confounds"] = ["site"]
    study.raw["confounds"] = {"unseen_site": "mean"}
    study.people["bonn"]["site"] = study.people["bonn"]["site"].str.lower()
    study.write("bonn")
    found = study.mistake()
    assert found.startswith("bonn.tsv: found site 'a', expected 'A' as in")
    assert found.endswith(
        "munich.tsv: the two differ only by upper and lower case, as do 1 more; write them alike "
        "in both"
    )


def test_sites_that_are_compared_in_another_spelling(study):
    study.raw["sites"] = {"column": "site"}
    study.people["bonn"]["site"] = study.people["bonn"]["site"].str.lower()
    study.write("bonn")
    assert study.mistake().startswith("bonn.tsv: found site 'a', expected 'A' as in")


def test_sites_that_cannot_be_compared_are_told(study):
    study.raw["sites"] = {"column": "site"}
    munich, bonn = (study.people[name] for name in ("munich", "bonn"))
    munich["site"] = [f"s{i}" for i in range(len(munich))]
    bonn["site"] = "s0"
    bonn.loc[:1, "site"] = "n/a"
    for name in ("munich", "bonn"):
        study.write(name)
    n, key = len(munich), "(sites.column: site)"

    def told() -> list[str]:
        return [line.removeprefix("warning: ") for line in study.check() if key in line]

    one = "people of one site (sites.column: site), so that no sites can be compared there"
    assert told() == [
        f"cohort munich: {n} of {n} sites {key} have one person, who says nothing about the site",
        f"cohort bonn: of 2 people the site {key} is not known",
        f"cohort bonn: has {one}",
    ]
    munich["site"] = "s0"
    study.write("munich")
    assert told()[-1] == f"cohorts munich, bonn: each has {one}"
    assert not [line for line in study.check() if "(as site)" in line]


def test_a_scanner_of_another_cohort_in_another_spelling(study):
    for name, levels in (("munich", ["1", "2"]), ("bonn", ["01", "02"])):
        people = study.people[name]
        people["coil"] = levels * (len(people) // 2)
        study.write(name)
    study.raw["models"]["svc"]["harmonise"] = {"column": "coil", "min_people": 2}
    study.raw["confounds"] = {"unseen_site": "mean"}
    assert study.mistake().startswith("bonn.tsv: found coil '01', expected '1' as in")


@pytest.mark.parametrize("key", ["group", "within"])
def test_a_family_or_block_in_two_spellings(study, key):
    people = study.people["munich"]
    people["ward"] = np.repeat([f"w{i}" for i in range(6)], 4)
    people.loc[3, "ward"] = "W0"
    study.write("munich")
    section = "cross_validation" if key == "group" else "permutation"
    study.raw.setdefault(section, {})[key] = "ward"
    assert study.mistake().startswith(
        "munich.tsv: line 5: column ward: found 'W0', expected 'w0' as in other rows"
    )


def test_codes_for_missing_values_in_an_outcome(study):
    for name, people in study.people.items():
        people["volume"] = np.linspace(40.5, 60.5, len(people))
        people.loc[2, "volume"] = 888 if name == "munich" else 50.5
        study.write(name)
    study.raw["outcome"] = {"kind": "score", "column": "volume"}
    assert study.mistake().startswith(
        "munich.tsv: line 4: column volume: found 888, which looks like a code for a missing value"
    )
