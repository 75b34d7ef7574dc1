"""Scores of another version of the scale or of the other session are told before the first job."""

import numpy as np
import pandas as pd
import pytest

from mri_response.inputs.text import PLAIN
from mri_response.preflight.scores import date_warnings, score_warnings

RESPONSE = {"scale": "HAMD17", "baseline": "before", "endpoint": "week6", "fall_percent": 50}


def people(before, after, letter="a"):
    ids = [f"{letter}{i}" for i in range(len(before))]
    return pd.DataFrame(
        {"participant_id": ids, "baseline_score": before, "endpoint_score": after}, dtype=object
    ).astype({"baseline_score": float, "endpoint_score": float})


def told(outcome, **cohorts):
    roles = dict(zip(cohorts, ("discovery", "external", "control"), strict=False))
    config = {"outcome": outcome, "cohorts": {name: {"role": roles[name]} for name in cohorts}}
    return score_warnings(config, cohorts)


@pytest.fixture
def sound():
    rng = np.random.default_rng(2)
    before = rng.integers(18, 30, 20)
    return people(before, (before * rng.uniform(0.2, 0.9, 20)).round())


def test_sound_scores_and_outcomes_without_scores_are_nothing_to_tell(sound):
    assert told(RESPONSE, home=sound, away=sound) == []
    assert told({"kind": "label"}, home=sound[["participant_id"]]) == []


def test_means_of_items(sound):
    means = people(sound["baseline_score"] / 17, sound["endpoint_score"] / 17)
    (line,) = told(RESPONSE, home=means)
    assert line.startswith("cohort home: half of the people have a HAMD17 score of at most 1.")
    assert line.endswith(
        "at before, where the scale goes to 52: are these means of items, or sums of another "
        "version?"
    )


def test_another_version_in_another_cohort(sound):
    own = {**RESPONSE, "scale": "WARD"}  # a scale without known limits
    long = people(4 * sound["baseline_score"], 4 * sound["endpoint_score"])
    (line,) = told(own, home=sound, away=long)
    assert "cohort away: half of the people have a WARD score of at most " in line
    assert "in the discovery cohort home of at most " in line
    healthy = people(np.zeros(20), np.zeros(20))
    assert told(own, home=sound, away=sound, healthy=healthy) == []


def test_swapped_sessions(sound):
    swapped = people(sound["endpoint_score"], sound["baseline_score"])
    (line,) = told(RESPONSE, home=swapped)
    assert line == (
        "cohort home: the HAMD17 scores of 20 of 20 people are higher at week6 than at before, "
        "where a response is a fall: are the two sessions swapped, or does a high score mean "
        "health?"
    )
    change = {key: RESPONSE[key] for key in ("scale", "baseline", "endpoint")}
    assert told(change, home=swapped) == []


def test_few_people_say_nothing(sound):
    assert told(RESPONSE, home=sound.assign(baseline_score=1.0).head(7)) == []


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S"])
def test_dates_of_sessions(tmp_path, form, sound):
    days = {"before": pd.Timestamp("2024-09-30"), "week6": pd.Timestamp("2024-11-11")}
    table = pd.DataFrame(
        [(who, visit, 20, day) for who in sound["participant_id"] for visit, day in days.items()],
        columns=["participant_id", "session_id", "HAMD17", "visit_date"],
    )
    scores = {"table": str(tmp_path / "s.tsv"), "columns": {}, "format": None, "wide": {}}
    written = {key: getattr(PLAIN, key) for key in ("encoding", "decimal", "missing", "sheet")}
    config = {"outcome": RESPONSE, "cohorts": {"home": {"scores": scores, "format": written}}}

    def lines():
        dated = table.assign(visit_date=table["visit_date"].dt.strftime(form))
        dated.to_csv(tmp_path / "s.tsv", sep="\t", index=False)
        return date_warnings(config, {"home": sound})

    assert lines() == []
    table.loc[[1, 5], "visit_date"] -= pd.Timedelta(days=60)
    (line,) = lines()
    assert line.replace(f"{tmp_path}/", "") == (
        "s.tsv: by 'visit_date' 'week6' was before 'before' in 2 of 20 people ('a0', 'a2'): are "
        "dates and sessions right?"
    )
    assert date_warnings({**config, "outcome": {"kind": "label"}}, {"home": sound}) == []
