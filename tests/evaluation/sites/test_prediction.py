"""Sites predicted from features, before and after harmonisation; against scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from mri_response.evaluation.sites.prediction import (
    COLUMNS,
    permuted_sites,
    predicted_sites,
    site_predictability,
)
from mri_response.learning.decisions import Decisions
from mri_response.learning.splits import Scheme, draw_folds

HARMONISE = {"column": "site", "keep": [], "method": "combat", "reference": None}
HARMONISE |= {"learn_from": None, "min_people": 3}


def config(**changes):
    cv = {"outer": "k_fold", "group": None, "repeats": 2}
    model = {"confounds": [], "harmonise": None, "standardize": True}
    return {
        "seed": 3,
        "cohort": "home",
        "sites": {"column": "site"},
        "cross_validation": cv,
        "permutation": {"n": 99, "within": None},
        "confounds": {"unseen_site": "error"},
        "model": model,
    } | changes


@pytest.fixture
def study():
    rng = np.random.default_rng(4)
    site = rng.permutation(np.repeat(["a", "b", "c"], [40, 25, 25]))
    people = pd.DataFrame({
        "participant_id": [f"sub-{i}" for i in range(90)],
        "label": rng.integers(0, 2, 90),
        "site": site,
    })  # fmt: skip
    features = rng.normal(size=(90, 30))
    folds = draw_folds(people["participant_id"], people["label"], Scheme(2, 5, 1, 2), 1)
    fold = np.ones((1, 2, 90), dtype=np.int16)
    decisions = Decisions(
        decision=rng.normal(size=(1, 2, 90)),
        fold=fold,
        candidate=fold,
        labels=people["label"].to_numpy()[None],
    )
    return people, features, folds, decisions


def found(table, source):
    return table.set_index("predicted_from").loc[source]


def test_it_is_ridge_regression_of_indicators_and_the_nearest_mean(study):
    people, features, *_ = study
    codes = pd.factorize(people["site"], sort=True)[0]
    train = np.arange(90) % 3 > 0
    centred = features - features[train].mean(axis=0)
    gram = centred @ centred.T
    penalty = np.trace(gram[np.ix_(train, train)]) / train.sum()
    model = Ridge(alpha=penalty).fit(centred[train], np.eye(3)[codes][train])
    values = model.predict(centred)
    means = np.array([values[train & (codes == site)].mean(axis=0) for site in range(3)])
    expected = ((values[~train][:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    both = np.stack([codes, np.roll(codes, 1)])
    predicted = predicted_sites(gram, train, ~train, both)
    np.testing.assert_array_equal(predicted[0], expected)
    assert (predicted[1] != expected).any()


def test_a_site_between_others_is_found_on_a_line():
    codes = np.repeat([0, 1, 2], 20)
    value = codes + np.random.default_rng(1).normal(0, 0.1, 60)
    value -= value.mean()
    everybody = np.ones(60, dtype=bool)
    gram = np.outer(value, value) / value.var()
    predicted = predicted_sites(gram, everybody, everybody, codes[None])
    np.testing.assert_array_equal(predicted[0], codes)


def test_scanners_are_told_until_they_are_harmonised(study):
    people, features, folds, decisions = study
    features = features + 0.8 * (people["site"] == "b").to_numpy()[:, None]
    given = config(model={"confounds": [], "harmonise": HARMONISE, "standardize": True})
    table = site_predictability("m", given, people, features, folds, decisions)
    assert list(table.columns) == COLUMNS
    assert (table["n"] == 90).all()
    assert (table["chance"] == 1 / 3).all()
    before, after = (found(table, name) for name in ("features", "prepared_features"))
    assert before["estimate"] > 0.6
    assert before["p_value"] == 0.01
    assert (table["ci_low"] < table["estimate"]).all()
    assert (table["estimate"] < table["ci_high"]).all()
    assert before["ci_low"] > 1 / 3
    assert after["ci_low"] < 1 / 3 < after["ci_high"]
    assert after["p_value"] > 0.05
    assert set(table["predicted_from"]) >= {"decision_values", "outcome"}
    assert "prepared_features" not in set(
        site_predictability("m", config(), people, features, folds, decisions)["predicted_from"]
    )


@pytest.mark.parametrize("mark", [1.0, 0.0])
def test_what_hides_a_site_is_removed_and_shows_it_where_there_is_one(study, mark):
    """Sites may be told better after preparation than before; without a mark they are not told."""
    people, features, folds, decisions = study
    people["tiv"] = np.random.default_rng(6).normal(size=90)
    features = 0.3 * features[:, :5] + 2 * people[["tiv"]].to_numpy()
    features = features + mark * (people["site"] == "b").to_numpy()[:, None]
    given = config(model={"confounds": ["tiv"], "harmonise": None, "standardize": True})
    table = site_predictability("m", given, people, features, folds, decisions)
    before, after = (found(table, name) for name in ("features", "prepared_features"))
    if mark:
        assert after["estimate"] > before["estimate"] + 0.1
        assert after["p_value"] == 0.01
    else:
        assert before["ci_low"] < 1 / 3 < after["ci_high"]
        assert after["p_value"] > 0.05


def test_a_site_that_goes_with_the_outcome_is_told_by_it_alone(study):
    people, features, folds, decisions = study
    people["label"] = (people["site"] == "a").astype(int)
    people.loc[:8, "label"] = 1 - people.loc[:8, "label"]
    features = features + people["label"].to_numpy()[:, None]
    table = site_predictability("m", config(), people, features, folds, decisions)
    assert found(table, "outcome")["p_value"] == 0.01
    told = found(table, "features")
    # Beyond the outcome the features say nothing of the site.
    assert told["estimate"] > 0.5
    assert told["null_mean"] > 0.45
    assert told["p_value"] > 0.05


def test_where_sites_are_left_out_the_folds_are_its_own(study):
    people, features, _, decisions = study
    cv = {"outer": "leave_one_site_out", "group": None, "repeats": 1}
    table = site_predictability("m", config(cross_validation=cv), people, features, [], decisions)
    assert (table["folds"] == "own").all()
    assert table["estimate"].between(0, 1).all()


def test_one_site_cannot_be_told(study):
    people, features, folds, decisions = study
    people["site"] = "a"
    table = site_predictability("m", config(), people, features, folds, decisions)
    assert table["note"].tolist() == ["not_estimable"]


def test_families_keep_their_site_and_classes_theirs():
    people = pd.DataFrame({
        "participant_id": [f"sub-{i}" for i in range(12)],
        "family": np.repeat(list("abcdef"), 2),
        "label": np.repeat([0, 1], 6),
        "site": np.repeat(["x", "y", "x", "x", "y", "y"], 2),
    })  # fmt: skip
    cv = {"outer": "k_fold", "group": "family", "repeats": 1}
    sites = permuted_sites(people, "site", config(cross_validation=cv), within_classes=True)
    assert (sites.codes[:, ::2] == sites.codes[:, 1::2]).all()
    assert (sites.codes[:, :6].sum(axis=1) == 2).all()
    assert len(np.unique(sites.codes, axis=0)) == 9
    people["label"] = np.arange(12) % 2
    mixed = permuted_sites(people, "site", config(cross_validation=cv), within_classes=True)
    assert (mixed.codes[:, ::2] == mixed.codes[:, 1::2]).all()


def test_its_level_is_right():
    rng = np.random.default_rng(9)
    folds = draw_folds(range(30), np.zeros(30), Scheme(1, 3, 1, 2), 1)
    ps = []
    for seed in range(200):
        people = pd.DataFrame({
            "participant_id": range(30), "label": np.arange(30) % 2,
            "site": rng.permutation(["a", "b", "c"] * 10),
        })  # fmt: skip
        fold = np.ones((1, 1, 30), dtype=np.int16)
        decisions = Decisions(rng.normal(size=(1, 1, 30)), fold, fold, people[["label"]].T.values)
        given = config(seed=seed, permutation={"n": 19, "within": None})
        table = site_predictability("m", given, people, rng.normal(size=(30, 8)), folds, decisions)
        ps.append(table["p_value"].to_numpy())
    # Exact or conservative: 5 % of 200, plus four standard errors.
    assert (np.mean(np.array(ps) <= 0.05, axis=0) <= 0.05 + 4 * 0.0154).all()
