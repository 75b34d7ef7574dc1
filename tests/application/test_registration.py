"""What is registered before labels are there, and what a comparison notices."""

from __future__ import annotations

import copy
import json
from typing import Any

import pandas as pd
import pytest

from mri_response.application.registration import (
    DATE,
    compared,
    dated,
    planned,
    planned_test,
    read_registration,
    register,
    scores_sha256,
)
from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.core.tables import write_tsv

SCORES = pd.DataFrame({
    "participant_id": ["sub-a", "sub-b", "sub-c"],
    "decision": ["0.5", "-1.25", "2.0"],
    "cohort": ["one", "one", "two"],
})  # fmt: skip


@pytest.fixture
def config(tmp_path) -> dict[str, Any]:
    cohorts = {}
    for name, ids in SCORES.groupby("cohort")["participant_id"]:
        write_tsv(pd.DataFrame({"participant_id": ids}), tmp_path / f"{name}.tsv")
        cohorts[name] = {"role": "external", "participants": str(tmp_path / f"{name}.tsv")}
    outcome = {"kind": "label", "column": "group", "classes": {"yes": "1", "no": "0"}}
    raw = {"run": "away", "seed": 3, "cohorts": cohorts, "apply": {"model": "m"}}
    raw |= {"outcome": outcome | {"positive_class": "yes"}, "permutation": {"n": 99}}
    found = load_config(raw)
    applied = found["apply"] | {"outcome": found["outcome"], "folder_sha256": "f" * 64}
    return found | {"outcome": None, "apply": applied}


@pytest.fixture
def path(config, tmp_path):
    register(config, SCORES, tmp_path / "registration.json")
    return tmp_path / "registration.json"


def test_a_run_matches_its_registration_wherever_its_files_are(config, path):
    config["cohorts"]["one"] |= {"participants": "elsewhere.tsv", "title": "Elsewhere"}
    found = compared(path, config, SCORES.iloc[::-1])
    assert list(found["what"]) == ["model", "plan", "scores of one", "scores of two"]
    assert found["matches"].all()


@pytest.mark.parametrize(
    ("where", "key", "value", "differs"),
    [
        ("apply", "folder_sha256", "0" * 64, "model"),
        ("permutation", "n", 1000, "plan"),
        ("confounds", "unseen_site", "mean", "plan"),
        ("apply", "outcome", {"kind": "label", "positive_class": "no"}, "plan"),
    ],
)
def test_another_model_or_plan_is_noticed(config, path, where, key, value, differs):
    config[where][key] = value
    found = compared(path, config, SCORES)
    assert list(found.loc[~found["matches"], "what"]) == [differs]


def test_another_score_and_another_cohort_are_noticed(config, path):
    scores = SCORES.assign(decision=["0.5", "-1.25", "2.1"])
    found = compared(path, config, scores)
    assert list(found.loc[~found["matches"], "what"]) == ["scores of two"]
    found = compared(path, config, SCORES[SCORES["cohort"] == "one"])
    assert list(found.loc[~found["matches"], "what"]) == ["scores of two"]
    assert scores_sha256(SCORES[:2]) == scores_sha256(SCORES[:2].iloc[::-1])


def test_nobody_is_named_and_the_date_is_apart(config, path):
    text = path.read_text()
    assert "sub-" not in text
    assert "-1.25" not in text
    assert "date" not in json.loads(text)
    assert dated(path).endswith("UTC")
    again = path.with_name("again") / path.name
    again.parent.mkdir()
    register(config, SCORES, again)
    assert again.read_text() == text
    content = json.loads(text) | {"study": "Another"}
    path.write_text(json.dumps(content))
    assert dated(path) is None
    path.with_name(DATE).unlink()
    assert dated(path) is None


def test_a_plan_that_is_not_that_of_its_hash_is_refused(path):
    content = json.loads(path.read_text())
    content["plan"]["seed"] = 4
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="found no registration that was left as it was written"):
        read_registration(path)


def test_labels_and_no_outcome_are_refused(config, tmp_path):
    table = pd.DataFrame({"participant_id": ["sub-c"], "group": ["1"]})
    write_tsv(table, tmp_path / "two.tsv")
    with pytest.raises(InputError, match=r"cohorts\.two: found labels of 1 people, expected none"):
        register(config, SCORES, tmp_path / "late.json")
    config["apply"]["outcome"] = None
    with pytest.raises(InputError, match="outcome: found nothing"):
        register(config, SCORES, tmp_path / "late.json")
    assert not (tmp_path / "late.json").exists()


def test_the_planned_test_is_in_words(config):
    assert "99 permutations of the cohort's own labels" in planned_test(config)
    numbers = copy.deepcopy(config)
    numbers["apply"]["outcome"] = {"kind": "score", "column": "x"}
    assert planned_test(numbers).startswith("R2")
    assert "participants" not in json.dumps(planned(config))
