"""The description of the analysed people, against pandas on a table of one row per person."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from made_up_run import CONFIG

from mri_response.people.characteristics import COLUMNS, characteristics

CONFOUNDS = ["age", "sex", "site", "tiv"]


@pytest.fixture
def config() -> dict:
    config = copy.deepcopy(CONFIG)
    config["cohorts"] = {"discovery": {"role": "discovery"}, "saline": {"role": "control"}}
    config["models"]["roi_svc"]["confounds"] = CONFOUNDS
    return config


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{i:03d}" for i in range(n)],
            "label": rng.permutation(np.arange(n) % 2),
            "baseline_score": rng.integers(20, 45, n).astype(float),
            "age": rng.normal(40, 12, n),
            "sex": rng.choice(["F", "M"], n),
            "site": rng.choice(["a", "b", "c"], n),
            "tiv": rng.normal(1500, 100, n),
        }
    )


def test_means_and_shares_are_those_of_pandas(config):
    tables = {"discovery": people(90, 1), "saline": people(60, 2)}
    table = characteristics(config, tables)
    assert list(table.columns) == COLUMNS
    names = {"all": [0, 1], "responder": [1], "nonresponder": [0]}
    for (cohort, group), rows in table.groupby(["cohort", "group"]):
        chosen = tables[cohort][tables[cohort]["label"].isin(names[group])]
        for variable in ("baseline_score", "age", "tiv"):
            row = rows[rows["variable"] == variable].iloc[0]
            assert row["mean"] == pytest.approx(chosen[variable].mean())
            assert row["sd"] == pytest.approx(chosen[variable].std(ddof=1))
            assert row["n"] == len(chosen)
        for variable in ("sex", "site"):
            found = rows[rows["variable"] == variable].set_index("level")["share"]
            expected = chosen[variable].value_counts(normalize=True).sort_index()
            pd.testing.assert_series_equal(found, expected, check_names=False)


def test_people_count_once_whatever_their_visits(config):
    once = people(40, 3)
    visits = pd.concat([once, once.iloc[:20], once.iloc[:7]], ignore_index=True)
    expected = characteristics(config, {"discovery": once})
    pd.testing.assert_frame_equal(characteristics(config, {"discovery": visits}), expected)
    visits.loc[40:59, "age"] += 10  # at a second visit; those of the third are as before
    moved = characteristics(config, {"discovery": visits})
    age = moved[(moved["variable"] == "age") & (moved["group"] == "all")].iloc[0]
    assert age["mean"] == pytest.approx(visits.groupby("participant_id")["age"].mean().mean())


def test_missing_values_are_counted_and_left_out(config):
    table = people(50, 4)
    table.loc[[0, 5, 9], "age"] = np.nan
    table.loc[[1, 2], "sex"] = None
    found = characteristics(config, {"discovery": table}).query("group == 'all'")
    age = found[found["variable"] == "age"].iloc[0]
    assert (age["n"], age["n_missing"]) == (50, 3)
    assert age["mean"] == pytest.approx(table["age"].mean())
    sex = found[found["variable"] == "sex"]
    assert set(sex["n_missing"]) == {2}
    assert sex["share"].sum() == pytest.approx(1)


def test_few_people_are_not_told_of(config):
    table = people(40, 5)
    table["site"] = ["x"] * 37 + ["y"] * 3
    table.loc[table.index[8:], "label"] = 0
    table["label"] = [1] * 4 + [0] * 36
    found = characteristics(config, {"discovery": table})
    few = found[found["group"] == "responder"]
    assert few[["mean", "sd", "share"]].isna().all(axis=None)
    site = found[(found["variable"] == "site") & (found["group"] == "all")]
    assert site["share"].isna().all(), "37 of 40 tells of the 3"
    assert found[(found["variable"] == "age") & (found["group"] == "all")]["mean"].notna().all()


def test_no_participant_is_in_it(config):
    table = people(30, 6)
    text = characteristics(config, {"discovery": table}).to_csv()
    assert not [who for who in table["participant_id"] if who in text]


def test_labels_of_classes_are_named(config):
    config["outcome"] = {
        "kind": "label",
        "column": "group",
        "classes": {"patient": ["MDD"], "control": ["HC"]},
        "positive_class": "patient",
    }
    found = characteristics(config, {"discovery": people(30, 7)})
    assert list(dict.fromkeys(found["group"])) == ["all", "patient", "control"]


def test_an_outcome_that_is_a_number_is_described_first(config):
    config["outcome"] = {"kind": "score", "column": "change"}
    table = people(30, 8)
    table["label"] = np.random.default_rng(1).normal(-20, 9, 30)
    found = characteristics(config, {"discovery": table})
    assert set(found["group"]) == {"all"}
    assert found["variable"].iloc[0] == "outcome"
    row = found.iloc[0]
    assert (row["mean"], row["sd"]) == pytest.approx((table["label"].mean(), table["label"].std()))


def test_clinical_features_are_described(config):
    config["models"]["clinic"] = {"features": "clinic", "confounds": []}
    spec = {"kind": "clinical", "columns": ["age", "dose", "arm"], "categorical": ["arm"]}
    config["features"]["clinic"] = spec
    table = people(40, 8).assign(dose=np.arange(40.0), arm=[0, 1] * 20)
    found = characteristics(config, {"discovery": table}).query("group == 'all'")
    assert found.set_index("variable").loc["dose", "mean"] == pytest.approx(19.5)
    arm = found[found["variable"] == "arm"].set_index("level")["share"]
    assert arm.to_dict() == {"0": 0.5, "1": 0.5}
    assert list(found["variable"]).count("age") == 1


def test_without_anything_to_describe_the_table_is_empty(config):
    config["models"]["roi_svc"]["confounds"] = []
    table = people(30, 9).drop(columns="baseline_score")
    assert characteristics(config, {"discovery": table}).empty


def test_without_models_every_column_is_described(config):
    table = people(30, 5).drop(columns=["label", "baseline_score"])
    table["stage"] = np.arange(30) % 3
    config |= {"models": {}, "features": {}, "outcome": None}
    config["subgroups"] = {"columns": ["stage", "age"]}
    found = characteristics(config, {"discovery": table})
    assert set(found["group"]) == {"all"}
    assert set(found["variable"]) == {"age", "sex", "site", "tiv", "stage"}
    assert found.loc[found["variable"] == "stage", "share"].tolist() == pytest.approx([1 / 3] * 3)
    age = found[found["variable"] == "age"].iloc[0]
    assert (age["mean"], age["sd"]) == pytest.approx((table["age"].mean(), table["age"].std()))
