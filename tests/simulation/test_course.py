"""Sessions of the demo's trial beside those that decide."""

import hashlib
from pathlib import Path

import pandas as pd
import pytest
import yaml

from mri_response.config.load import load_config
from mri_response.simulation.course import ENDPOINT, ITEM, SCALE, SHARES, draw_courses
from mri_response.simulation.people import draw_cohort

# Of the people and the sum of the coefficients of their maps, before there were other sessions.
DRAWN = {
    "discovery": ("859c264b1580", 1350196.6144),
    "external_a": ("e13bd2aa6a72", 374193.2308),
    "external_b": ("e83399213ae3", 325529.4912),
    "saline": ("6726ed4927c2", 616811.4470),
}


@pytest.fixture(scope="module")
def trial() -> dict:
    """The demo's cohorts, each with its courses."""
    root = Path(__file__).resolve().parents[2]
    raw = yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))
    simulation = load_config(raw)["simulation"]
    found = {}
    for name in simulation["cohorts"]:
        cohort = draw_cohort(simulation, name)
        found[name] = (cohort, draw_courses(simulation, name, cohort.people))
    return found


@pytest.mark.parametrize("name", DRAWN)
def test_labels_and_maps_are_what_they_were(trial, name):
    cohort, _ = trial[name]
    text = cohort.people.drop(columns="tiv").to_csv(index=False)
    digest, total = DRAWN[name]
    assert hashlib.sha256(text.encode()).hexdigest().startswith(digest)
    assert cohort.coefficients.sum() == pytest.approx(total, abs=1e-3)


def test_scores_that_decide_are_not_drawn_again(trial):
    for _, courses in trial.values():
        own = courses[courses["scale"] == SCALE]
        assert set(own["session_id"]) == set(SHARES) - {ENDPOINT}


def test_scores_are_whole_and_possible(trial):
    for cohort, courses in trial.values():
        for scale, highest in ((SCALE, 60), (ITEM, 6)):
            scores = courses.loc[courses["scale"] == scale, "score"].dropna()
            assert scores.between(0, highest).all()
            assert (scores == scores.round()).all()
        keys = ["participant_id", "session_id"]
        wide = courses.pivot_table("score", keys, "scale").reset_index()
        end = cohort.people.set_index("participant_id")["endpoint"]
        at_end = wide["session_id"] == ENDPOINT
        wide.loc[at_end, SCALE] = wide.loc[at_end, "participant_id"].map(end)
        both = wide.dropna()
        assert (both[ITEM] <= both[SCALE]).all()
        assert len(both)


def test_the_fall_builds_up_and_fades(trial):
    cohort, courses = trial["discovery"]
    people = cohort.people.set_index("participant_id")
    wide = courses[courses["scale"] == SCALE].pivot_table("score", "participant_id", "session_id")
    fall = (people["baseline"] - wide.T).T
    fall[ENDPOINT] = people["baseline"] - people["endpoint"]
    means = fall[people["responder"]].mean()
    assert means.loc[["ses-40min", "ses-230min", "ses-24h"]].is_monotonic_increasing
    assert means.loc[["ses-24h", "ses-3d", "ses-7d"]].is_monotonic_decreasing


def test_who_leaves_does_so_after_the_end_point_and_stays_away(trial):
    cohort, courses = trial["discovery"]
    wide = courses[courses["scale"] == SCALE].set_index(["participant_id", "session_id"])["score"]
    wide = wide.unstack()  # noqa: PD010
    missing = wide.isna()
    assert not missing[["ses-40min", "ses-230min"]].any().any()
    assert (missing["ses-7d"] | ~missing["ses-3d"]).all()
    assert 0 < missing["ses-7d"].mean() < 0.3
    ended = cohort.people.set_index("participant_id")["status"] == "no_endpoint"
    assert missing.loc[ended[ended].index, ["ses-3d", "ses-7d"]].all().all()


def test_another_size_leaves_the_draws_of_a_person_alone(trial):
    cohort, courses = trial["saline"]
    root = Path(__file__).resolve().parents[2]
    raw = yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))
    simulation = load_config(raw)["simulation"]
    few = draw_courses(simulation, "saline", cohort.people.iloc[:3])
    first = courses[courses["participant_id"].isin(few["participant_id"])]
    pd.testing.assert_frame_equal(few, first.reset_index(drop=True))
