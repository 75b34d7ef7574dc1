"""Confounds that are removed from features with few values can be read off what is left."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from mri_response.core.vocabulary import ConfoundControl
from mri_response.evaluation.confound_controls import confound_controls
from mri_response.learning.confound_controls import run_confound_controls
from mri_response.learning.decisions import Decisions, joined
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.splits import Scheme, draw_folds

N, REPEATS = 100, 2
MODEL = {
    "estimator": "sklearn.ensemble.RandomForestClassifier",
    "parameters": {"n_estimators": 25},
    "grid": {},
    "standardize": True,
    "pca": None,
    "confounds": ["age"],
}
CONFIG = {
    "seed": 5,
    "cross_validation": {"repeats": REPEATS, "outer": "k_fold"},
    "confounds": {"unseen_site": "error"},
    "model": MODEL,
}


@pytest.fixture(scope="module", params=["binary", "normal"])
def study(request):
    """Features that know neither age nor the label, which goes along with age."""
    rng = np.random.default_rng(2)
    age = rng.normal(size=N)
    people = pd.DataFrame({"participant_id": [f"sub-{i:03}" for i in range(N)], "age": age})
    people["label"] = (rng.random(N) < expit(2 * age)).astype(int)
    features = rng.normal(size=(N, 10))
    if request.param == "binary":
        features = (features > 0).astype(float)
    scheme = Scheme(REPEATS, 5, 1, 2)
    folds = draw_folds(people["participant_id"], people["label"], scheme, 5)[:-1]
    return request.param, people, features, folds


def table_of(people, features, folds):
    sample = Sample(features, people[["age"]].to_numpy(), np.ones(N))
    design = Design(Exchangeability(people), CONFIG["seed"])
    job = learner_of(MODEL).run(sample, FixedFolds(folds), design, [range(1)])
    controls = run_confound_controls(people, features, folds, CONFIG)
    assert set(controls) == {str(control) for control in ConfoundControl}
    own = joined([job], REPEATS, 1)
    return confound_controls("forest", "home", people, own, controls)


def test_shuffled_features_show_what_the_removal_puts_in(study):
    kind, people, features, folds = study
    table = table_of(people, features, folds)
    assert list(table["n"]) == [N] * 6
    assert set(table["n_positive"]) == {people["label"].sum()}
    found = table.set_index(["metric", "control"])["estimate"]
    for metric in ("balanced_accuracy", "auc"):
        as_analysed, not_removed, shuffled = (
            found[metric, control]
            for control in ("as_analysed", "not_removed", "shuffled_before_removal")
        )
        assert abs(not_removed - 0.5) < 0.12
        if kind == "binary":  # Hamdan et al. (2023); nothing in the features is of the label
            assert min(as_analysed, shuffled) > 0.62
        else:
            assert max(as_analysed, shuffled) < 0.6


def test_features_that_tell_the_label_tell_nothing_once_they_are_shuffled():
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"participant_id": [f"sub-{i:03}" for i in range(N)]})
    people = people.assign(age=rng.normal(size=N), label=rng.permutation(np.arange(N) % 2))
    features = rng.normal(size=(N, 10)) + 1.5 * people["label"].to_numpy()[:, None]
    folds = draw_folds(people["participant_id"], people["label"], Scheme(REPEATS, 5, 1, 2), 5)[:-1]
    found = table_of(people, features, folds).set_index(["metric", "control"])["estimate"]["auc"]
    assert min(found["as_analysed"], found["not_removed"]) > 0.9, found
    assert abs(found["shuffled_before_removal"] - 0.5) < 0.15, found


def test_people_with_a_positive_row_count_once_where_labels_vary_within_people():
    # Seven people with one row of either class, one with three of which two are positive.
    person = np.r_[np.repeat(np.arange(7), 2), 7, 7, 7]
    label = np.r_[np.tile([0, 1], 7), 1, 1, 0]
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in person], "label": label})
    values = np.random.default_rng(1).normal(size=(1, 1, len(label)))
    fold = np.broadcast_to(1 + person % 2, values.shape)
    own = Decisions(values, fold, np.zeros(values.shape, dtype=int), label[None])
    controls = {str(control): values[0] for control in ConfoundControl}
    table = confound_controls("forest", "home", people, own, controls)
    assert set(table["n"]) == {8}
    assert set(table["n_positive"]) == {8}  # shares of rows add up to 4.2


def test_nothing_of_it_depends_on_what_ran_before(study):
    _, people, features, folds = study
    config = CONFIG | {"model": MODEL | {"parameters": {"n_estimators": 2}}}
    given = features.copy()
    first, again = (run_confound_controls(people, features, folds, config) for _ in range(2))
    np.testing.assert_array_equal(features, given)
    for control, decision in first.items():
        np.testing.assert_array_equal(decision, again[control])
        assert decision.shape == (REPEATS, N)
