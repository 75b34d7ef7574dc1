"""Every cohort as the training set: against a pipeline of scikit-learn, and without leaks."""

from __future__ import annotations

import numpy as np
import oracle
import pandas as pd
import pytest

from mri_response.learning.splits import REFIT, Scheme, draw_folds
from mri_response.learning.transport import can_be_learned_from, transported

MODEL = {
    "features": "made up",
    "confounds": ["age"],
    "C": {"log2_min": -6, "log2_max": 0, "log2_step": 2, "scale": "absolute"},
    "class_weight": "balanced",
    "standardize": True,
    "pca": None,
    "harmonise": None,
}
CONFIG = {
    "seed": 7,
    "cross_validation": {"inner_folds": 3, "inner_repeats": 1, "group": None, "outer": "k_fold"},
    "confounds": {"unseen_site": "error"},
    "model": MODEL,
}
SIZES = {"home": 40, "away": 30, "other": 20}


@pytest.fixture
def study():
    rng = np.random.default_rng(3)
    people, features = {}, {}
    for name, n in SIZES.items():
        label = rng.permutation(np.arange(n) % 2)
        people[name] = pd.DataFrame({
            "participant_id": [f"{name}-{i}" for i in range(n)],
            "label": label,
            "age": rng.normal(40, 8, n),
        })  # fmt: skip
        features[name] = rng.normal(size=(n, 25)) + 0.5 * label[:, None] * (np.arange(25) < 4)
    return people, features


def test_it_is_a_search_and_a_fit_in_the_cohort(study):
    people, features = study
    scores = transported("away", people, features, CONFIG)
    assert set(scores["trained_on"]) == {"away"}
    assert list(scores["cohort"].unique()) == ["home", "other"]
    home, labels = people["away"], people["away"]["label"].to_numpy()
    (refit,) = draw_folds(
        home["participant_id"], labels, Scheme(1, 2, 1, 3), CONFIG["seed"], repeats=[REFIT]
    )
    data = {n: np.hstack([people[n][["age"]].to_numpy(), features[n]]) for n in people}
    inner = [
        (np.flatnonzero(train), np.flatnonzero(test))
        for train, test in zip(refit.sets.train[1:], refit.sets.test[1:], strict=True)
    ]
    grid = [2.0**power for power in (-6, -4, -2, 0)]
    everybody = np.arange(len(home))
    found = oracle.nested(oracle.pipeline(1), data["away"], labels, everybody, inner, grid)
    for name in ("home", "other"):
        own = scores.loc[scores["cohort"] == name]
        assert list(own["participant_id"]) == list(people[name]["participant_id"])
        expected = found.model.decision_function(data[name])
        np.testing.assert_allclose(own["decision"].astype(float), expected, atol=1e-5)


def test_nothing_of_a_scored_cohort_is_learned(study):
    people, features = study
    one = transported("away", people, features, CONFIG)
    changed = dict(people), dict(features)
    changed[0]["home"] = people["home"].assign(label=1 - people["home"]["label"])
    changed[1]["other"] = features["other"] + 5
    two = transported("away", *changed, CONFIG)
    of_home = one["cohort"] == "home"
    pd.testing.assert_frame_equal(one[of_home], two[of_home])
    assert (one.loc[~of_home, "decision"] != two.loc[~of_home, "decision"]).all()


def test_a_class_of_few_people_is_not_learned_from(study):
    people, _ = study
    few = people["other"].assign(label=(np.arange(20) < 4).astype(int))
    assert can_be_learned_from(people["other"], 5)
    assert not can_be_learned_from(few, 5)
