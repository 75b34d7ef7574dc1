"""Trials, groups, covariates and scores of a run, joined; mistakes are one line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from belief_files import edited, write_study

from mri_response.belief_updating.study import prior_of, read_study
from mri_response.config.belief import group_names
from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.core.tables import read_tsv


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "study"


def mistake(raw):
    with pytest.raises(InputError) as error:
        read_study(load_config(raw))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_people_have_group_covariates_and_scores(folder):
    raw = write_study(folder, covariates=["age"])
    study = read_study(load_config(raw))
    people = study.people.set_index("participant_id")
    assert people["group"].value_counts().to_dict() == {"patients": 12, "controls": 12}
    assert people["age"].dtype == float
    assert people.loc[people["group"] == "controls", "score_before"].isna().all()
    assert people.loc[people["group"] == "patients", "score_after"].notna().all()
    assert len(study.trials) == 24 * 3 * 30


def test_people_of_neither_group_are_not_analysed_and_filters_of_cohorts_do_not_matter(folder):
    raw = write_study(folder)
    raw["cohorts"]["here"]["where"] = {"group": "patients"}
    edited(folder, "participants", lambda t: t.assign(group=t["group"].where(t.index != 3, "else")))
    study = read_study(load_config(raw))
    assert len(study.people) == 23
    assert study.trials["participant_id"].nunique() == 23
    assert set(study.people["group"]) == {"patients", "controls"}


def test_without_groups_everybody_is_one(folder):
    raw = write_study(folder, group=None)
    config = load_config(raw)
    assert group_names(config["belief"]) == ("everybody",)
    assert set(read_study(config).people["group"]) == {"everybody"}
    assert prior_of(config["belief"]).noise_sd == 10


def test_two_cohorts_are_put_together(folder):
    raw = write_study(folder)
    other = folder.with_name("other")
    write_study(other)
    for name in ("participants", "trials", "scores"):
        edited(
            other,
            name,
            lambda t: t.assign(participant_id=t["participant_id"].str.replace("sub-", "sub-x")),
        )
    paths = {name: str(other / f"{name}.tsv") for name in ("participants", "scores", "trials")}
    raw["cohorts"]["there"] = {"role": "external", **paths}
    study = read_study(load_config(raw))
    assert study.people["cohort"].value_counts().to_dict() == {"here": 24, "there": 24}
    raw["cohorts"]["there"] |= {"trials": str(folder / "trials.tsv")}
    raw["cohorts"]["there"] |= {"participants": str(folder / "participants.tsv")}
    assert "in cohorts here and there, expected each person in one" in mistake(raw)


@pytest.mark.parametrize(
    ("name", "edit", "expected"),
    [
        (
            "participants",
            lambda t: t[t["participant_id"] != "sub-con003"],
            "trials.tsv: found participant_id 'sub-con003', expected people of",
        ),
        (
            "participants",
            lambda t: t.assign(participant_id=t["participant_id"].str.removeprefix("sub-")),
            "the ids differ only by the prefix sub-",
        ),
        (
            "participants",
            lambda t: t.assign(group=t["group"].str.capitalize()),
            "found 'Patients', expected 'patients' as in belief.group",
        ),
        (
            "participants",
            lambda t: t.assign(group=t["group"].replace("controls", "sober")),
            "found 'patients', 'sober' among people with trials, expected 'controls'",
        ),
        (
            "participants",
            lambda t: t.assign(age=t["age"].where(t.index != 2, "old")),
            "line 4: column age: found 'old', expected a number",
        ),
        (
            "scores",
            lambda t: t[t["session_id"] != "ses-1w"],
            "found no MADRS score at session_id 'ses-1w' among 'ses-4h', 'ses-before'",
        ),
        (
            "trials",
            lambda t: t.assign(E2=t["E2"].where(t.index != 5, "78")),
            "trials.tsv: line 7: column E2: found 78, expected 3 to 77",
        ),
        (
            "trials",
            lambda t: t.iloc[::-1],
            "after a later one, expected the order 'ses-before', 'ses-4h', 'ses-1w'",
        ),
    ],
)
def test_mistakes_are_one_line(folder, name, edit, expected):
    raw = write_study(folder, covariates=["age"])
    edited(folder, name, edit)
    assert expected in mistake(raw)


def test_a_person_with_several_rows_of_the_participants_table_is_one(folder):
    raw = write_study(folder)
    edited(
        folder,
        "participants",
        lambda t: pd.concat(
            [t.assign(session_id="ses-before"), t.assign(session_id="ses-4h")], ignore_index=True
        ),
    )
    people = read_study(load_config(raw)).people
    assert np.array_equal(people["participant_id"].value_counts(), np.ones(24))


def test_trials_are_read_in_the_format_of_the_cohort(folder):
    raw = write_study(folder)
    before = read_study(load_config(raw)).trials
    trials = read_tsv(folder / "trials.tsv")
    trials["E2"] = (trials["E2"] + ",0").where(trials.index != 4, "-9")
    trials.to_csv(folder / "trials.tsv", sep=";", index=False)
    raw["cohorts"]["here"]["format"] = {"missing": [-9]}
    found = read_study(load_config(raw)).trials
    assert np.isnan(found.loc[4, "E2"])
    pd.testing.assert_series_equal(found["E2"].drop(4), before["E2"].drop(4))
