"""Scans of the end-point session never predict the end-point."""

import numpy as np
import pandas as pd
import pytest
from test_checks import Study


@pytest.fixture
def study(tmp_path, root):
    """Three visits of everybody, with a table of regions and scores at each."""
    study = Study(tmp_path)
    rng = np.random.default_rng(5)
    for name, people in study.people.items():
        visits = pd.concat(
            [people.assign(session_id=visit) for visit in ("v1", "v2", "v3")], ignore_index=True
        )
        study.people[name] = visits
        study.write(name)
        keys = visits[["participant_id", "session_id"]]
        regions = keys.assign(insula=rng.normal(size=len(keys)), cuneus=rng.normal(size=len(keys)))
        regions.to_csv(tmp_path / f"{name}_fs.tsv", sep="\t", index=False)
        score = np.where(keys["session_id"] == "v1", 20, [4, 19] * (len(keys) // 2))
        keys.assign(scale="PHQ-9", score=score).to_csv(
            tmp_path / f"{name}_scores.tsv", sep="\t", index=False
        )
        study.raw["cohorts"][name]["scores"] = f"{tmp_path}/{name}_scores.tsv"
    study.raw["outcome"] = {
        "kind": "response",
        "scale": "PHQ-9",
        "baseline": "v1",
        "endpoint": "v3",
        "positive_class": "responder",
    }
    return study


def where(study, *sessions):
    for cohort in study.raw["cohorts"].values():
        cohort["where"] = {"session_id": list(sessions)}


def test_scans_of_the_end_point_are_refused(study):
    assert study.mistake() == (
        "munich.tsv: found 24 rows of the sessions 'v3' among those whose scans are features "
        "(fs), of "
        "the end-point v3; expected scans before the outcome; write where: {session_id: [v1, "
        "v2]} at "
        "cohorts.munich"
    )


def test_a_session_in_between_needs_an_order_and_a_name(study):
    where(study, "v1", "v2")
    assert sum("nothing says that they were taken before" in t for t in study.check().warnings) == 2
    study.raw["sessions"] = ["v1", "v2", "v3"]
    assert study.mistake().endswith(
        "after the baseline, which the feature set does not name; expected scans before the "
        "outcome; "
        "write where: {session_id: [v1]} at cohorts.munich, or name the sessions at "
        "features.fs.sessions"
    )
    study.raw["features"]["fs"]["sessions"] = ["v2"]
    assert not [text for text in study.check().warnings if "sessions" in text]
    study.raw["features"]["fs"]["sessions"] = []
    where(study, "v1")
    assert study.check().lines[0].startswith("cohort munich (discovery): 24 people, ")
