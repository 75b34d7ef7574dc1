"""The order of sessions."""

import copy

import pytest

from mri_response.config.checks.sessions import usable_sessions
from mri_response.config.load import load_config
from mri_response.core.errors import InputError

RAW = {
    "run": "visits",
    "sessions": ["screening", "pre", "week1", "week8", "year1"],
    "cohorts": {
        "a": {
            "role": "discovery",
            "participants": "a.tsv",
            "scores": "scores.tsv",
            "sources": {"gm": "{participant_id}_{session_id}.nii.gz"},
        }
    },
    "outcome": {
        "kind": "response",
        "scale": "HAM-D17",
        "baseline": "pre",
        "endpoint": "week8",
        "positive_class": "responder",
    },
    "features": {"maps": {"kind": "roi_maps", "source": "gm"}},
    "models": {"svc": {"features": "maps"}},
}


def mistake(raw):
    with pytest.raises(InputError) as error:
        load_config(raw)
    return str(error.value)


@pytest.fixture
def raw():
    return copy.deepcopy(RAW)


def test_the_baseline_and_before_are_usable_and_later_ones_if_they_are_named(raw):
    found = ("screening", "pre", "week1", "week8", "year1")
    assert usable_sessions(load_config(raw), found) == {"screening", "pre"}
    raw["features"]["maps"]["sessions"] = ["week1"]
    assert load_config(raw)["features"]["maps"]["sessions"] == ["week1"]


@pytest.mark.parametrize("session", ["week8", "year1"])
def test_the_end_point_and_what_follows_are_never_named(raw, session):
    raw["features"]["maps"]["sessions"] = [session]
    assert mistake(raw) == (
        f"config: features.maps.sessions: found {session!r}, which is not before 'week8' "
        "(outcome.endpoint), expected sessions before the outcome; remove it; scans of the "
        "end-point "
        "say nothing of who will respond"
    )


def test_mistakes_of_the_order(raw):
    raw["sessions"] = ["week8", "pre"]
    assert "found 'week8' (outcome.endpoint) not after 'pre'" in mistake(raw)
    raw["sessions"] = ["pre", "week1", "year1"]
    assert "config: sessions: found no 'week8', which is outcome.endpoint" in mistake(raw)
    raw["sessions"] = None
    assert usable_sessions(load_config(raw), ("pre", "week8", "x")) == {"pre", "x"}
    raw["features"]["maps"]["sessions"] = ["week1"]
    assert "since features.maps.sessions names 'week1'; add the key" in mistake(raw)
    raw["sessions"] = RAW["sessions"]
    raw["features"]["maps"]["sessions"] = ["wek1"]
    assert "did you mean 'week1'?" in mistake(raw)
