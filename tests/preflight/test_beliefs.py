"""Trials of belief updating are checked before the first job."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from belief_files import edited, write_study

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.core.tables import read_tsv, write_tsv
from mri_response.preflight.checks import check_inputs


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "study"


def mistake(raw):
    with pytest.raises(InputError) as error:
        check_inputs(load_config(raw))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_is_used_is_said(folder):
    raw = write_study(folder, min_trials=12, score=None, mediation=None)
    lines = list(check_inputs(load_config(raw)))
    assert lines[0] == "cohort here (discovery): 24 people"
    assert lines[1].startswith("belief updating: 24 people (12 patients, 12 controls), 72 sessions")
    assert any("session not used: fewer than 12 trials with bad news" in line for line in lines)
    assert not [line for line in lines if line.startswith("warning")]


def test_news_by_e1_warns(folder):
    raw = write_study(folder, news="E1", min_trials=3, score=None, mediation=None)
    (line,) = [line for line in check_inputs(load_config(raw)) if line.startswith("warning")]
    assert line.startswith("warning: belief.news: news is measured against E1")


def one_valence(trials):
    """Base rates below every estimate of the first person: good news alone."""
    first = trials["participant_id"] == trials.loc[0, "participant_id"]
    return trials.assign(BR=trials["BR"].where(~first, "1"), event=trials["event"] + first.map(str))


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            lambda t: t.assign(E1=t["E1"].where(t.index != 0, "2")),
            "trials.tsv: line 2: column E1: found 2, expected 3 to 77 (the scale of answers)",
        ),
        (
            lambda t: t.assign(BR=t["BR"].where(t["event"] != "event-1-04", "n/a")),
            "event 'event-1-04': found no base rate in any row, expected the BR that was shown",
        ),
        (
            lambda t: t.assign(E2=t["E1"]),
            "config: belief: found the same E1 and E2 in every trial, expected second estimates",
        ),
        (one_valence, "participant 'sub-pat001': found good news alone"),
        (lambda t: t.iloc[::-1], "after a later one, expected the order"),
        (
            lambda t: t.assign(session_id=t["session_id"].replace("ses-4h", "ses-4 h")),
            "found session_id 'ses-4 h', expected one of 'ses-before', 'ses-4h', 'ses-1w'",
        ),
        (
            lambda t: t.assign(participant_id=t["participant_id"].replace("sub-pat002", "sub-xy")),
            "trials.tsv: found participant_id 'sub-xy', expected people of",
        ),
        (
            lambda t: t[(t["session_id"] != "ses-1w") | t["participant_id"].str.contains("pat")],
            "found nobody of group 'controls' with used trials in session 'ses-1w'",
        ),
        (lambda t: t.drop(columns="eBR"), "found no value in the column eBR of the trials"),
    ],
)
def test_mistakes_are_one_line_before_the_first_job(folder, edit, expected):
    raw = write_study(folder)
    edited(folder, "trials", edit)
    assert expected in mistake(raw)


def test_too_few_people_with_a_score_are_told(folder):
    raw = write_study(folder)
    edited(folder, "scores", lambda t: t[t["participant_id"].isin(["sub-pat001", "sub-pat002"])])
    assert "association with the score: found 2 people with both scores" in mistake(raw)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (lambda t: "3", "column dose: found 3 for everybody, expected values that differ"),
        (lambda t: "n/a", "column dose: found no value, expected values that differ"),
        (
            lambda t: t["group"].map({"patients": "20", "controls": "0"}),
            "column dose: found values that follow from the group, expected",
        ),
        (
            lambda t: (2 * t["age"].astype(float)).astype(str),
            "follow from age and the group, expected",
        ),
        (
            lambda t: t["age"].where(t["group"] == "patients", "n/a"),
            "found 0 people of group 'controls' with all covariates (dose), expected two or more",
        ),
        (
            lambda t: t["age"].where(t.index > 2, "-99"),
            "column dose: found -99 (and 2 more such cells), which looks like a code for a missing",
        ),
    ],
)
def test_covariates_say_something(folder, values, expected):
    named = ["age", "dose"] if "from age" in expected else ["dose"]
    raw = write_study(folder, covariates=named, score=None, mediation=None)
    edited(folder, "participants", lambda t: t.assign(dose=values(t)))
    assert expected in mistake(raw)


def test_people_without_a_covariate_are_counted(folder):
    raw = write_study(folder, covariates=["age"], score=None, mediation=None)
    edited(folder, "participants", lambda t: t.assign(age=t["age"].where(t.index > 2, "n/a")))
    lines = list(check_inputs(load_config(raw)))
    assert "  left out of models with covariates: one of age is missing (3)" in lines


def test_models_that_need_ebr_are_told(folder):
    raw = write_study(folder, news="E1", models=["heuristic", "bayesian"], min_trials=3)
    edited(folder, "trials", lambda t: t.drop(columns="eBR"))
    assert "belief.models: found 'bayesian', a model that needs eBR, which is missing" in mistake(
        raw
    )


def test_features_of_a_session_that_nobody_has_are_told(folder):
    raw = write_study(folder, sessions=["ses-1w"])
    raw["outcome"] = {
        "kind": "label",
        "column": "group",
        "classes": ["patients", "controls"],
        "positive_class": "patients",
    }
    raw["features"] = {
        "own": {"kind": "belief", "session": "ses-4h"},
        "fs": {"kind": "table", "source": "fs"},
    }
    raw["models"] = {"svc": {"features": "own"}, "regions": {"features": "fs"}}
    people = read_tsv(folder / "participants.tsv")["participant_id"]
    regions = pd.DataFrame({"participant_id": people, "volume": np.linspace(1, 2, len(people))})
    write_tsv(regions, folder / "regions.tsv")
    raw["cohorts"]["here"]["sources"] = {"fs": str(folder / "regions.tsv")}
    edited(folder, "trials", lambda t: t[t["session_id"] != "ses-4h"])
    del raw["belief"]["mediation"]
    assert "found no used trials of session 'ses-4h' for any of 24 analysed people" in mistake(raw)
