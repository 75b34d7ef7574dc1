"""Tests of mri_response.people.outcomes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mri_response.core.errors import InputError
from mri_response.inputs.tables import read_table
from mri_response.people.outcomes.remission import has_remitted, remitted
from mri_response.people.outcomes.response import has_responded, responded
from mri_response.people.outcomes.scores import clinical_outcome, highest_score, read_scores

RESPONSE = {
    "kind": "response",
    "scale": "MADRS",
    "baseline": "ses-b",
    "endpoint": "ses-e",
    "fall_percent": 50,
}
REMISSION = {
    "kind": "remission",
    "scale": "MADRS",
    "baseline": None,
    "endpoint": "ses-e",
    "threshold": 10,
}


def message(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_response_counts_the_fall_of_exactly_half():
    baseline = np.array([30, 30, 30, 31, 0, np.nan, 30])
    endpoint = np.array([15, 16, 40, 15, 0, 5, np.nan])
    expected = [1, 0, 0, 1, np.nan, np.nan, np.nan]
    np.testing.assert_array_equal(has_responded(baseline, endpoint, 50), expected)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 100))
def test_response_is_exact_in_whole_numbers(baseline, endpoint, percent):
    expected = 100 * (baseline - endpoint) >= percent * baseline
    assert has_responded(np.array([baseline]), np.array([endpoint]), percent)[0] == expected


def test_remission_includes_the_threshold():
    np.testing.assert_array_equal(
        has_remitted(np.array([9, 10, 10.5, np.nan]), 10), [1, 1, 0, np.nan]
    )


def test_both_forms_of_the_table_agree(tmp_path):
    wide = tmp_path / "wide.tsv"
    wide.write_text(
        "participant_id\tsession_id\tMADRS\tBDI\ns1\tses-b\t30\t5\ns1\tses-e\t15\tn/a\n"
        "s2\tses-b\t0\t1\ns2\tses-e\t0\t1\ns3\tses-b\tn/a\t7\ns4\tses-b\t40\t7\ns5\tn/a\tn/a\tn/a\n"
    )
    long = tmp_path / "long.tsv"
    long.write_text(
        "participant_id\tsession_id\tscale\tscore\ns1\tses-b\tBDI\t5\ns1\tses-b\tMADRS\t30\n"
        "s1\tses-e\tMADRS\t15\ns2\tses-b\tMADRS\t0\ns2\tses-e\tMADRS\t0\n"
        "s3\tses-b\tMADRS\tn/a\ns4\tses-b\tMADRS\t40\n"
    )
    results = [
        clinical_outcome(read_scores(path, "MADRS"), RESPONSE, path, responded)
        for path in (wide, long)
    ]
    pd.testing.assert_frame_equal(*results)
    outcome = results[0]
    assert outcome.loc["s1", "outcome"] == "responder"
    assert outcome.loc["s1", ["baseline_score", "endpoint_score"]].tolist() == [30, 15]
    assert outcome["reason"].dropna().to_dict() == {
        "s2": "MADRS score at ses-b is 0",
        "s3": "no MADRS score at ses-b",
        "s4": "no MADRS score at ses-e",
    }
    assert outcome["outcome"].isna().tolist() == [False, True, True, True]


def test_remission_needs_no_baseline(tmp_path):
    path = tmp_path / "s.tsv"
    path.write_text("participant_id\tsession_id\tMADRS\ns1\tses-e\t10\ns2\tses-e\t11\n")
    outcome = clinical_outcome(read_scores(path, "MADRS"), REMISSION, path, remitted)
    assert outcome["outcome"].tolist() == ["remitter", "nonremitter"]
    assert outcome["baseline_score"].isna().all()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("s1\tses-b\t61", "line 2: column MADRS: found 61 for s1 at ses-b, expected a MADRS score"),
        ("s1\tses-b\t-1", "found -1 for s1 at ses-b, expected a MADRS score of 0 to 60; correct"),
        ("s1\tses-b\t3o", "line 2: column MADRS: found '3o', expected a number"),
        (
            "s1\tses-b\t3\ns1\tses-b\t3",
            "line 3: found participant_id 's1', session_id 'ses-b' again",
        ),
        ("s1\tn/a\t30", "line 2: column session_id: found no value, expected one in every row"),
    ],
)
def test_impossible_rows_are_named(tmp_path, rows, expected):
    path = tmp_path / "s.tsv"
    path.write_text(f"participant_id\tsession_id\tMADRS\n{rows}\n")
    with pytest.raises(InputError) as error:
        read_scores(path, "MADRS")
    assert message(error).startswith(f"{path}: ")
    assert expected in message(error)


def test_unknown_scale_and_session(tmp_path):
    path = tmp_path / "s.tsv"
    path.write_text("participant_id\tsession_id\tMADRS_Total\ns1\tses-b0\t30\n")
    with pytest.raises(InputError) as error:
        read_scores(path, "MADRSTotal")
    assert "did you mean 'MADRS_Total'? correct the config or the table" in message(error)
    scores = read_scores(path, "MADRS_Total")
    with pytest.raises(InputError) as error:
        clinical_outcome(scores, RESPONSE | {"scale": "MADRS_Total"}, path, responded)
    assert "found no MADRS_Total score at session_id 'ses-b' among 'ses-b0'" in message(error)
    assert "did you mean 'ses-b0'?" in message(error)
    path.write_text("participant_id\tsession_id\tscale\tscore\ns1\tses-b0\tMADRS\t30\n")
    with pytest.raises(InputError) as error:
        read_scores(path, "madrs")
    assert "column scale: found 'MADRS', expected 'madrs' (outcome.scale); did you" in message(
        error
    )


def test_highest_scores():
    assert highest_score("MADRS_Total") == 60
    assert highest_score("HAM-D17") == highest_score("HAMD_17") == 52
    assert highest_score("QIDS-SR") == 27
    assert highest_score("HAMD_Bech") == np.inf


def test_known_answers_of_a_real_trial(shared_data):
    """Counts worked out by hand for the MDD and BP groups of OpenNeuro ds005917."""
    folder = shared_data / "ketamine_ds005917"
    people = read_table(folder / "participants.tsv")
    patients = people.loc[people["group"].isin(["MDD", "BP"]), "participant_id"]
    path = folder / "phenotype.tsv"
    scores = read_scores(path, "MADRS_Total")

    found = {}
    for endpoint in ("d2", "d10", "p2", "p10"):
        spec = RESPONSE | {
            "scale": "MADRS_Total",
            "baseline": "ses-b0",
            "endpoint": f"ses-{endpoint}",
        }
        outcome = clinical_outcome(scores, spec, path, responded)["outcome"]
        outcome = outcome.reindex(patients).dropna()
        found[endpoint] = (int((outcome == "responder").sum()), len(outcome))
    assert found == {"d2": (6, 29), "d10": (3, 26), "p2": (1, 28), "p10": (0, 28)}
    spec = REMISSION | {"scale": "MADRS_Total", "endpoint": "ses-d2"}
    outcome = clinical_outcome(scores, spec, path, remitted)["outcome"].reindex(patients)
    assert int((outcome == "remitter").sum()) == 4
