"""Performance by site and its spread, from tables whose answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from mri_response.evaluation.sites.heterogeneity import random_effects
from mri_response.evaluation.sites.performance import COLUMNS, site_performance, site_spread
from mri_response.evaluation.subgroups import subgroup_table
from mri_response.learning.decisions import Decisions

COHORTS = {
    "home": {"role": "discovery"},
    "away": {"role": "external"},
    "saline": {"role": "control"},
}


@pytest.fixture
def study():
    rng = np.random.default_rng(2)
    n = 150
    people = {
        "home": pd.DataFrame({
            "participant_id": [f"h{i}" for i in range(n)],
            "label": np.arange(n) % 2,
            "site": np.repeat(list("abcdef"), n // 6),
        }),
        "away": pd.DataFrame({
            "participant_id": [f"a{i}" for i in range(30)], "label": np.arange(30) % 2, "site": "z"
        }),
        "saline": pd.DataFrame({
            "participant_id": [f"s{i}" for i in range(20)], "label": np.arange(20) % 2
        }),
    }  # fmt: skip
    label = people["home"]["label"].to_numpy()
    labels = np.stack([label, *(rng.permutation(label) for _ in range(19))])
    decision = rng.normal(size=(20, 1, n)) + 1.2 * (labels[:, None] - 0.5)
    fold = np.ones((1, 1, n), dtype=np.int16)
    decisions = Decisions(decision, fold, fold, labels)
    scores = pd.concat([
        people[name].assign(cohort=name, decision=rng.normal(size=len(people[name])))
        for name in ("away", "saline")
    ])  # fmt: skip
    config = {
        "cohorts": COHORTS,
        "sites": {"column": "site"},
        "min_class_size": 5,
        "cross_validation": {"outer": "k_fold"},
    }
    return config, people, decisions, scores


def test_sites_are_subgroups_and_other_cohorts_are_sites(study):
    config, people, decisions, scores = study
    table = site_performance("m", config, people, decisions, scores)
    assert list(table.columns) == COLUMNS
    asked = {"columns": ["site"], "age_bands": []}
    groups = subgroup_table("m", config | {"subgroups": asked}, people, decisions, scores)
    own = table[(table["cohort"] == "home") & (table["metric"] == "auc")]
    expected = groups[(groups["cohort"] == "home") & (groups["metric"] == "auc")]
    np.testing.assert_array_equal(own["estimate"], expected["estimate"])
    assert list(own["site"]) == list("abcdef")
    others = table[(table["cohort"] != "home") & (table["metric"] == "auc")]
    assert list(zip(others["cohort"], others["site"], strict=True)) == [
        ("away", "z"),
        ("saline", "saline"),
    ]


def test_small_sites_have_no_number(study):
    config, people, decisions, scores = study
    table = site_performance("m", config | {"min_class_size": 11}, people, decisions, scores)
    small = table[table["cohort"] == "saline"]
    assert small["estimate"].isna().all()
    assert small["n_positive"].isna().all()
    assert (small["ci_method"] == "not_computed_small_class").all()


def test_the_spread_is_that_of_logits(study):
    config, people, decisions, scores = study
    table = site_performance("m", config, people, decisions, scores)
    spread = site_spread(table).set_index(["role", "metric"])
    own = table[(table["cohort"] == "home") & (table["metric"] == "auc")]
    value = logit(own["estimate"])
    error = (logit(own["ci_high"]) - logit(own["ci_low"])) / (2 * 1.959963984540054)
    effects = random_effects(value, error)
    row = spread.loc["discovery", "auc"]
    assert row["n_sites"] == 6
    for name, expected in {
        **{"estimate": effects.estimate, "ci_low": effects.low, "ci_high": effects.high},
        **{"prediction_low": effects.prediction_low, "prediction_high": effects.prediction_high},
    }.items():
        assert row[name] == pytest.approx(expit(expected))
    assert spread.loc["external", "auc"]["note"] == "not_estimable"
    assert "control" not in spread.index.get_level_values("role")


def test_a_site_where_everybody_is_right_has_a_logit():
    rows = pd.DataFrame({
        "model": "m", "role": "discovery", "metric": "auc", "n": 20,
        "estimate": [1.0, 0.8, 0.7], "ci_low": [0.8, 0.6, 0.5], "ci_high": [1.0, 0.9, 0.9],
    })  # fmt: skip
    (row,) = site_spread(rows).to_dict("records")
    assert 0.5 < row["estimate"] < 1
    assert np.isnan(row["prediction_low"])
