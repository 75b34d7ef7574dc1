"""Outcomes that are numbers, from scores and from a column."""

import numpy as np
import pandas as pd
import pytest

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.core.tables import read_people, write_tsv
from mri_response.people.cohorts import build_cohort
from mri_response.people.outcomes.change import changed
from mri_response.people.outcomes.endpoint import ended
from mri_response.people.outcomes.percent_change import changed_in_percent

BASELINE, ENDPOINT = np.array([30.0, 20.0, 0.0, np.nan]), np.array([15.0, 25.0, 4.0, 7.0])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (changed, [-15, 5, 4, np.nan]),
        (changed_in_percent, [-50, 25, np.nan, np.nan]),
        (ended, [15, 25, 4, 7]),
    ],
)
def test_numbers_of_scores(function, expected):
    np.testing.assert_allclose(function(BASELINE, ENDPOINT, {}), expected)


def configuration(folder, outcome, **sections):
    people = pd.DataFrame(
        {"participant_id": [f"sub-{i}" for i in range(5)], "age": ["31", "40", "52", "n/a", "47"]}
    )
    people.to_csv(folder / "people.tsv", sep="\t", index=False)
    rows = [
        (f"sub-{person}", session, score)
        for person, scores in enumerate([(30, 15), (20, 25), (0, 4), (28, "n/a")])
        for session, score in zip(("pre", "post"), scores, strict=True)
    ]
    scores = pd.DataFrame(rows, columns=["participant_id", "session_id", "MADRS"])
    scores.to_csv(folder / "scores.tsv", sep="\t", index=False)
    cohort = {
        "role": "discovery",
        "participants": str(folder / "people.tsv"),
        "scores": str(folder / "scores.tsv"),
        "sources": {"fs": "regions.tsv"},
    }
    return load_config({"run": "r", "cohorts": {"home": cohort}, "outcome": outcome} | sections)


SCORES = {"scale": "MADRS", "baseline": "pre", "endpoint": "post"}


@pytest.mark.parametrize(
    ("kind", "numbers", "reason_of_zero"),
    [
        ("change", [-15, 5, 4], None),
        ("percent_change", [-50, 25], "MADRS score at pre is 0"),
        ("endpoint", [15, 25, 4], None),
    ],
)
def test_people_have_their_number_and_no_class(tmp_path, kind, numbers, reason_of_zero):
    people, excluded, flow = build_cohort(configuration(tmp_path, {"kind": kind} | SCORES), "home")
    np.testing.assert_allclose(people["label"], numbers)
    assert "outcome" not in people
    assert people["baseline_score"].tolist() == [30, 20, 0][: len(numbers)]
    reasons = dict(zip(excluded["participant_id"], excluded["reason"], strict=True))
    assert reasons.get("sub-2") == reason_of_zero
    assert reasons["sub-3"] == "no MADRS score at post"
    assert reasons["sub-4"] == "no MADRS score at pre"
    assert flow["step"].iloc[-1] == "analysed"
    write_tsv(people, tmp_path / "home.tsv")
    pd.testing.assert_series_equal(read_people(tmp_path / "home.tsv")["label"], people["label"])


@pytest.mark.parametrize("kind", ["change", "percent_change", "endpoint"])
def test_an_end_point_that_is_the_baseline_again_is_one_line(tmp_path, kind):
    config = configuration(tmp_path, {"kind": kind} | SCORES)
    rows = [(f"sub-{i}", session, 20 + i) for i in range(5) for session in ("pre", "post")]
    scores = pd.DataFrame(rows, columns=["participant_id", "session_id", "MADRS"])
    scores.to_csv(tmp_path / "scores.tsv", sep="\t", index=False)
    with pytest.raises(InputError) as error:
        build_cohort(config, "home")
    assert str(error.value) == (
        f"{tmp_path}/scores.tsv: found the MADRS score at pre again at post, in all people with "
        "both, expected scores of that session; correct the table or the columns that the scores "
        "are read from"
    )


def test_a_column_of_numbers(tmp_path):
    people, excluded, _ = build_cohort(
        configuration(tmp_path, {"kind": "score", "column": "age"}), "home"
    )
    assert people["label"].tolist() == [31, 40, 52, 47]
    assert excluded["reason"].tolist() == ["age is missing"]


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"cross_validation": {"scheme": "stratified"}}, "cross_validation.scheme: found"),
        ({"permutation": {"method": "conditional"}}, "permutation.method: found"),
        ({"external": {"model": "ensemble"}}, "external.model: found"),
        ({"models": {"m": {"features": "f", "C": {}}}}, "models.m.C: found"),
        (
            {"models": {"m": {"features": "f", "estimator": "sklearn.svm.SVR"}}},
            "models.m.estimator: found",
        ),
        ({"models": {"m": {"features": "f", "confounds": ["age"]}}}, "models.m.confounds"),
    ],
)
def test_what_numbers_cannot_have_is_one_line(tmp_path, sections, message):
    given = {
        "features": {"f": {"kind": "table", "source": "fs"}},
        "models": {"m": {"features": "f"}},
    }
    with pytest.raises(InputError, match=message) as error:
        configuration(tmp_path, {"kind": "score", "column": "age"}, **(given | sections))
    assert "\n" not in str(error.value)


def test_a_penalty_of_the_ridge_regression_is_not_for_classes(tmp_path):
    sections = {
        "features": {"f": {"kind": "table", "source": "fs"}},
        "models": {"m": {"features": "f", "alpha": {}}},
    }
    outcome = {"kind": "remission", "threshold": 10, "positive_class": "remitter"} | SCORES
    with pytest.raises(InputError, match=r"models\.m\.alpha: found"):
        configuration(tmp_path, outcome, **sections)
