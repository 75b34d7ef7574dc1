"""Baselines: confounds alone against scikit-learn, what the report is warned of, the majority."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from mri_response.evaluation.baselines import (
    baseline_decisions,
    cross_validate_discriminant,
    discriminant_scores,
    majority,
)
from mri_response.evaluation.predictions import tables_of as tables_of_decisions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import natural_spline
from mri_response.learning.preparation.flexible_confounds import flexible_matrix
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import Scheme, draw_folds

N, SEED = 60, 4
OUTER = {"outer": "k_fold", "outer_column": None, "held_out": None}
SPLINE = {"column": "age", "knots": [30, 45, 60]}


def made_up(bend: float = 0.0) -> pd.DataFrame:
    """People whose label follows age in a U, or nothing."""
    rng = np.random.default_rng(8)
    z = rng.uniform(-1.7, 1.7, N)
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{i}" for i in range(N)],
            "label": (rng.random(N) < expit(bend * (z**2 - 1))).astype(int),
            "age": 45 + 15 * z,
            "sex": rng.choice(["F", "M"], N),
        }
    )


def config(scheme="label_blind", n=99) -> dict:
    return {
        "seed": SEED,
        "cross_validation": {
            "repeats": 2,
            "outer_folds": 5,
            "inner_repeats": 1,
            "inner": "k_fold",
            "inner_column": None,
            "inner_folds": 3,
            "scheme": scheme,
            "group": None,
            **OUTER,
        },
        "permutation": {"n": n, "within": None},
        "confounds": {"unseen_site": "error"},
        "cohorts": {"home": {"role": "discovery"}, "away": {"role": "external"}},
        "min_class_size": 5,
        "operating_points": ["youden"],
    }


def baseline_tables(baseline, config, people, confounds=()) -> dict[str, pd.DataFrame]:
    decisions, scores = baseline_decisions(baseline, config, people, confounds)
    config = {**config, "confound_columns": list(confounds)}
    return tables_of_decisions(baseline, config, people, decisions, scores)


def tables_of(config: dict, people: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return baseline_tables("confounds_only", config, {"home": people}, ["age", "sex"])


@pytest.mark.parametrize("stratified", [False, True])
def test_it_is_the_discriminant_of_scikit_learn_on_the_folds_of_the_models(stratified):
    people = made_up(1.0)
    scheme = Scheme(2, 5, 1, 3, stratified)
    exchangeability = Exchangeability(people)
    X = flexible_matrix(people, ["age", "sex"])
    resampled = cross_validate_discriminant(
        X, people["participant_id"], scheme, exchangeability, 3, SEED
    )
    for index in range(4):
        labels = exchangeability.permuted(SEED, index)
        folds = draw_folds(people["participant_id"], labels, scheme, SEED, permutation=index)
        for fold in folds[:-1]:
            train, test = fold.sets.train[0], fold.sets.test[0]
            model = LinearDiscriminantAnalysis(priors=[0.5, 0.5]).fit(X[train], labels[train])
            ours = resampled.decision[index, fold.repeat - 1, test]
            np.testing.assert_array_equal(ours > 0, model.predict(X[test]) == 1)
            # The same up to a positive factor.
            theirs = model.decision_function(X[test])
            np.testing.assert_allclose(
                ours / np.linalg.norm(ours), theirs / np.linalg.norm(theirs), atol=1e-8
            )
            assert (resampled.fold[index, fold.repeat - 1, test] == fold.outer_fold).all()


def test_numbers_may_bend_and_splines_are_as_given():
    people = made_up()
    sex = (people["sex"] == "M").to_numpy(dtype=float)
    age = people["age"].to_numpy()
    np.testing.assert_array_equal(
        flexible_matrix(people, ["age", "sex", "age"]), np.column_stack([age, sex, age**2])
    )
    # One model takes age as it is, another bends it.
    for order in (["age", SPLINE, "sex"], [SPLINE, "sex", "age"]):
        matrix = flexible_matrix(people, order)
        expected = np.column_stack([natural_spline(age, SPLINE["knots"]), sex])
        np.testing.assert_array_equal(np.sort(matrix, axis=1), np.sort(expected, axis=1))


@pytest.mark.parametrize("scheme", ["label_blind", "stratified"])
def test_the_report_is_warned_of_confounds_that_predict_in_a_u(scheme):
    tables = tables_of(config(scheme), made_up(2.5))
    (warning,) = tables["warnings"]["warning"]
    assert warning.startswith("The confounds alone (age, sex) predict the outcome: cross-validated")
    assert "p = 0.01" in warning
    assert set(tables["performance"]["model"]) == {"confounds_only"}
    assert set(tables["performance"]["cohort"]) == {"home"}
    assert len(tables["null"].query("metric == 'auc' and aggregation == 'mean_over_repeats'")) == 99


def test_the_report_is_warned_of_a_quality_that_predicts():
    people = made_up(0.0)
    holes = np.random.default_rng(3).poisson(20 + 15 * people["label"])
    people["euler_number"] = 4.0 - 2 * holes
    people.loc[0, "euler_number"] = np.nan
    tables = baseline_tables("quality_only", config(), {"home": people}, ["euler_number"])
    (warning,) = tables["warnings"]["warning"]
    assert warning.startswith("The quality of the scans alone (euler_number) predicts the outcome")
    confounds = baseline_tables("confounds_only", config(), {"home": people}, ["euler_number"])
    numbers = ["metric", "aggregation", "estimate", "p_value"]
    pd.testing.assert_frame_equal(
        tables["performance"][numbers], confounds["performance"][numbers], check_exact=True
    )


def test_nobody_is_warned_where_confounds_say_nothing_or_are_not_tested():
    assert tables_of(config(), made_up(0.0))["warnings"].empty
    assert tables_of(config(n=0), made_up(2.5))["warnings"].empty


def test_a_confound_that_is_constant_tells_nobody_apart():
    people = made_up(2.5).assign(age=40.0, sex="F")
    tables = tables_of(config(n=19), people)
    accuracy = tables["performance"].query("metric == 'balanced_accuracy'")["estimate"]
    np.testing.assert_allclose(accuracy, 0.5, atol=1e-12)


def test_the_frozen_baseline_is_the_discriminant_of_all_discovery_people():
    people = {"home": made_up(1.0), "away": made_up(1.0).iloc[::-1].reset_index(drop=True)[:40]}
    people["away"].loc[3, "age"] = np.nan
    tables = baseline_tables("confounds_only", config(n=19), people, ["age", "sex"])
    X = flexible_matrix(people["home"], ["age", "sex"])
    model = LinearDiscriminantAnalysis(priors=[0.5, 0.5]).fit(X, people["home"]["label"])
    away = flexible_matrix(people["away"], ["age", "sex"], people["home"])
    away_with_gap = away.copy()
    # Missing: the mean of the people it was fitted on, of the square as well.
    away[3, np.isnan(away[3])] = X.mean(axis=0)[np.isnan(away[3])]
    own = tables["predictions"].query("cohort == 'away'")
    np.testing.assert_array_equal(own["predicted"], model.predict(away))
    theirs = model.decision_function(away)
    (ours,) = discriminant_scores(X, people["home"]["label"].to_numpy(), [away_with_gap])
    np.testing.assert_array_equal(own["decision"].to_numpy(), rounded(ours))
    np.testing.assert_allclose(
        ours / np.linalg.norm(ours), theirs / np.linalg.norm(theirs), atol=1e-8
    )
    row = tables["performance"].query("cohort == 'away' and metric == 'auc'").iloc[0]
    assert row["estimate"] == pytest.approx(roc_auc_score(people["away"]["label"], theirs))
    assert row["null"] == "own_labels"
    assert row["n_permutations"] == 19


def test_other_cohorts_are_coded_by_the_categories_of_the_discovery_cohort():
    men = made_up().assign(sex="M")
    both = flexible_matrix(men, ["sex"], made_up())
    np.testing.assert_array_equal(both, np.ones((N, 1)))


def test_the_majority_class_is_that_of_the_training_people():
    people = made_up().assign(label=(np.arange(N) < 24).astype(int))
    away = people.iloc[:40].assign(participant_id=[f"sub-a{i}" for i in range(40)])
    tables = baseline_tables("majority_class", config(), {"home": people, "away": away})
    assert (tables["predictions"]["decision"] == -1).all()
    found = tables["performance"].set_index(["cohort", "metric"])["estimate"]
    for cohort in ("home", "away"):
        assert (found.loc[(cohort, "balanced_accuracy")] == 0.5).all()
        assert (found.loc[(cohort, "specificity")] == 1).all()
        assert (found.loc[(cohort, "auc")] == 0.5).all()
    assert tables["performance"]["p_value"].isna().all()
    assert tables["null"].empty


def test_whoever_is_left_out_does_not_count_in_the_majority():
    people = made_up().assign(label=np.arange(N) % 2)
    found = baseline_tables("majority_class", config(), {"home": people})["predictions"]
    for _, fold in found.groupby(["repeat", "outer_fold"]):
        left = people[~people["participant_id"].isin(fold["participant_id"])]
        expected = np.sign(left["label"].mean() - 0.5)
        assert (fold["decision"] == expected).all()
    assert set(found["decision"]) >= {-1, 1}


def test_a_person_counts_once_in_the_majority():
    weights = np.array([1, 1, 1 / 3, 1 / 3, 1 / 3])
    assert majority(np.array([1, 1, 0, 0, 0]), weights) == 1
    assert majority(np.array([1, 0, 0, 0, 1]), np.array([0.5, 0.5, 0.5, 0.5, 1])) == 0
    assert majority(np.array([0, 0, 1]), np.ones(3)) == -1


def test_one_class_in_a_training_set_is_what_everybody_gets():
    people = made_up().assign(label=(np.arange(N) == 0).astype(int))
    resampled = cross_validate_discriminant(
        flexible_matrix(people, ["age"]),
        people["participant_id"],
        Scheme(1, 5, 1, 3),
        Exchangeability(people),
        0,
        SEED,
    )
    own = resampled.fold[0, 0] == resampled.fold[0, 0, 0]
    assert (resampled.decision[0, 0, own] <= 0).all()
    assert np.isfinite(resampled.decision).all()
