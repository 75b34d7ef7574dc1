"""Performance of an applied model, of classes and of numbers, in those who have a label."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, roc_auc_score

from mri_response.application.performance import applied_performance
from mri_response.config.load import load_config
from mri_response.core.tables import write_tsv

N = 24


@pytest.fixture
def study(tmp_path) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """A cohort whose last three people have no label, and one without the column."""
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"participant_id": [f"sub-{i:02}" for i in range(N)]})
    people["group"] = ["1", "0"] * (N // 2)
    people["score"] = rng.normal(10, 3, N).round(2)
    people.loc[N - 3 :, ["group", "score"]] = None
    scores = people[["participant_id"]].assign(decision=rng.normal(0.5, 3, N).astype(str))
    cohorts = {}
    for name, own in (("here", people), ("there", people[["participant_id"]])):
        write_tsv(own, tmp_path / f"{name}.tsv")
        cohorts[name] = {"role": "external", "participants": str(tmp_path / f"{name}.tsv")}
    both = [scores.assign(cohort=name) for name in cohorts]
    raw = {"run": "away", "seed": 1, "cohorts": cohorts, "apply": {"model": "m"}}
    config = load_config(raw | {"permutation": {"n": 20}})
    return config, people[: N - 3], pd.concat(both)


def text(*, numbers: bool) -> dict[str, Any]:
    return {"name": "m", "predicts_number": numbers, "training": {"mean_label": 9.0}}


def test_classes_of_those_who_have_a_label(study):
    config, people, scores = study
    classes = {"yes": ["1"], "no": ["0"]}
    config["apply"] = {
        "outcome": {"kind": "label", "column": "group", "classes": classes, "positive_class": "yes"}
    }
    found = applied_performance(config, text(numbers=False), scores).set_index("metric")
    assert set(found["cohort"]) == {"here"}
    assert set(found["n"]) == {N - 3}
    decision = scores["decision"].iloc[: N - 3].astype(float)
    area = roc_auc_score(people["group"] == "1", decision)
    assert found.loc["auc", "estimate"] == pytest.approx(area)
    assert found.loc["auc", "ci_low"] < area < found.loc["auc", "ci_high"]


def test_numbers_of_those_who_have_one(study):
    config, people, scores = study
    config["apply"] = {"outcome": {"kind": "score", "column": "score"}}
    found = applied_performance(config, text(numbers=True), scores).set_index("metric")
    assert set(found.index) == {"r2", "r", "mae", "rmse", "calibration_slope"}
    decision = scores["decision"].iloc[: N - 3].astype(float)
    observed = people["score"].astype(float)
    error = mean_absolute_error(observed, decision)
    assert found.loc["mae", "estimate"] == pytest.approx(error)
    r2 = 1 - ((observed - decision) ** 2).sum() / ((observed - 9.0) ** 2).sum()
    assert found.loc["r2", "estimate"] == pytest.approx(r2)


def test_without_labels_there_is_no_row(study):
    config, _, scores = study
    config["apply"] = {"outcome": None}
    assert applied_performance(config, text(numbers=False), scores).empty
