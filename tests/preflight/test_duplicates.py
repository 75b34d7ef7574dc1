"""Copies of people under other ids are told before anything is fitted."""

import numpy as np
import pandas as pd
import pytest
from test_checks import Study

from mri_response.preflight.duplicates import family_warnings, same_rows


@pytest.fixture
def study(tmp_path, root):
    return Study(tmp_path)


def told(study):
    return [text for text in study.check().warnings if "very values of another" in text]


def test_copies_within_and_across_cohorts_are_told(study):
    assert told(study) == []
    tables = {
        name: pd.read_csv(study.folder / f"{name}_fs.tsv", sep="\t") for name in ("munich", "bonn")
    }
    regions = [f"region_{i}" for i in range(4)]
    tables["munich"].loc[5, regions] = tables["munich"].loc[4, regions]
    tables["bonn"].loc[0, regions] = tables["munich"].loc[9, regions]
    for name, table in tables.items():
        table.to_csv(study.folder / f"{name}_fs.tsv", sep="\t", index=False)
    (text,) = told(study)
    assert "features.fs: 4 people have the very values of another" in text
    assert "munich/sub-m04 = munich/sub-m05" in text
    assert "munich/sub-m09 = bonn/sub-b00" in text


@pytest.mark.parametrize("name", ["family", "Family_ID", "twin pair"])
def test_a_column_of_families_is_told_where_no_key_names_it(study, name):
    path = study.folder / "munich.tsv"
    people = pd.read_csv(path, sep="\t").drop(columns="family")

    def told_of(values):
        people.assign(**{name: values}).to_csv(path, sep="\t", index=False)
        return [text for text in study.check().warnings if "folds may separate them" in text]

    half = len(people) // 2
    pairs = [f"f{max(i, half)}" for i in range(len(people))]
    (text,) = told_of(pairs)
    assert f"cohort munich: {half + 1} people share one of 1 values of {name}, and" in text
    assert text.endswith(f"write cross_validation: {{group: {name}}}")
    assert told_of(range(len(people))) == told_of(["all"] * len(people)) == []
    grouped = {**study.config, "cross_validation": {"group": name}}
    assert family_warnings(grouped, people) == []


def test_ids_that_two_cohorts_write_differently_are_told(study):
    def spelt(old, new):
        for path in ("bonn.tsv", "bonn_fs.tsv"):
            text = (study.folder / path).read_text().replace(old, new)
            (study.folder / path).write_text(text)
        return [text for text in study.check().warnings if "differ only by" in text]

    assert spelt("sub-b00", "sub-M00") == [
        "cohort bonn: participant_id 'sub-M00' and 'sub-m00' of cohort munich differ only by upper "
        "and lower case; if they are one person, the person is on both sides of a split: keep one; "
        "if not, write own_ids: true at cohorts.bonn"
    ]
    (text,) = spelt("sub-b01", "sub_m1")
    assert "and so do 1 more; if they are one person" in text
    study.raw["cohorts"]["bonn"]["own_ids"] = True
    assert spelt("sub-b02", "sub-M02") == []


def test_equal_rows_of_few_values_and_of_one_person_are_nothing_to_tell():
    rng = np.random.default_rng(4)
    few = pd.DataFrame(rng.integers(0, 2, (40, 5)), columns=list("abcde"))
    few = few.assign(participant_id=[f"sub-{i}" for i in range(40)], cohort_="home")
    assert few.duplicated(list("abcde")).any()
    assert same_rows(few, list("abcde")) == []
    many = pd.DataFrame(rng.normal(size=(40, 5)), columns=list("abcde"))
    many.loc[1] = many.loc[0]
    one = many.assign(participant_id=["sub-0", "sub-0", *map(str, range(38))], cohort_="home")
    assert same_rows(one, list("abcde")) == []
    two = one.assign(participant_id=["sub-0", "sub-1", *map(str, range(38))])
    assert same_rows(two, list("abcde")) == [["home/sub-0", "home/sub-1"]]
