"""People to whom a model is applied: scored without labels, with those that are there."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mri_response.config.load import load_config
from mri_response.core.tables import write_tsv
from mri_response.people.cohorts import build_cohort
from mri_response.people.later_labels import later_labels

OUTCOME = {"kind": "change", "scale": "MADRS", "baseline": "ses-1", "endpoint": "ses-2"}


@pytest.fixture
def config(tmp_path) -> dict[str, Any]:
    """Four people: one whose treatment has ended, two whose has not, one without a score."""
    write_tsv(pd.DataFrame({"participant_id": list("abcd")}), tmp_path / "people.tsv")
    columns = ["participant_id", "session_id", "scale", "score"]
    rows = [("a", "ses-1", 30), ("a", "ses-2", 12), ("b", "ses-1", 24), ("c", "ses-1", 28)]
    scores = pd.DataFrame([(p, s, "MADRS", n) for p, s, n in rows], columns=columns)
    write_tsv(scores, tmp_path / "scores.tsv")
    cohort = {"role": "external", "participants": str(tmp_path / "people.tsv")}
    cohort["scores"] = str(tmp_path / "scores.tsv")
    raw = {"run": "away", "cohorts": {"there": cohort}, "apply": {"model": "folder"}}
    found = load_config(raw | {"outcome": OUTCOME})
    asked = found["apply"] | {"outcome": found["outcome"], "baseline_of": found["outcome"]}
    return found | {"outcome": None, "apply": asked}


def test_a_score_before_treatment_is_enough_to_be_scored(config):
    people, exclusions, _ = build_cohort(config, "there")
    assert people["baseline_score"].tolist() == [30, 24, 28]
    assert exclusions[["participant_id", "reason"]].to_numpy().tolist() == [
        ["d", "no MADRS score at ses-1"]
    ]
    assert "label" not in people


def test_labels_are_of_those_whose_treatment_has_ended(config):
    found = later_labels(config, "there")
    assert found.to_numpy().tolist() == [["a", -18]]


def test_where_nobody_has_a_score_at_the_end_there_are_no_labels(config, tmp_path):
    scores = pd.read_csv(tmp_path / "scores.tsv", sep="\t")
    write_tsv(scores[scores["session_id"] == "ses-1"], tmp_path / "scores.tsv")
    assert later_labels(config, "there") is None
    assert len(build_cohort(config, "there")[0]) == 3


def test_a_model_that_knows_no_score_needs_none(config):
    config["apply"]["baseline_of"] = None
    assert len(build_cohort(config, "there")[0]) == 4
