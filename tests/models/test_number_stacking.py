"""Stacks of predicted numbers: the second level against scikit-learn and SciPy, and tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from beside_baseline import searched
from scipy.optimize import minimize
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression

from mri_response.evaluation.numbers.table import number_tables
from mri_response.learning.decisions import joined
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.ridge.cross_validation import cross_validate
from mri_response.learning.learners.ridge.options import RidgeOptions
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.models.scores import score_table
from mri_response.models.stacking import SecondLevel, refitted_stack, stacked_folds
from mri_response.people.rows import person_weights

N, SEED = 60, 3
SCHEME = Scheme(2, 4, 1, 3)
GRID = tuple(4.0**power for power in range(5, -3, -1))


def made_up(seed=0, effect=1.0):
    """People with a baseline, whose outcome two sets of features tell apart from it."""
    rng = np.random.default_rng(seed)
    baseline = rng.normal(30, 4, N)
    sets = rng.normal(size=(N, 8)), rng.normal(size=(N, 3))
    outcome = 0.5 * baseline + effect * (sets[0][:, 0] + sets[1][:, 0]) + rng.normal(size=N)
    people = pd.DataFrame({"participant_id": [f"sub-{seed}{i:02}" for i in range(N)]})
    return people.assign(label=outcome, baseline_score=baseline), sets


def jobs_of(people, sets, which=slice(0, -1)):
    """One job of the ridge regression for each set of features, and the folds."""
    outcome, given = people["label"].to_numpy(), people[["baseline_score"]].to_numpy()
    folds = draw_folds(people["participant_id"], outcome, SCHEME, SEED)[which]
    design, options = Design(ExchangedResiduals(people, given), SEED), RidgeOptions(GRID)
    jobs = [
        cross_validate(
            Sample(features, given, np.ones(N)), FixedFolds(folds), design, [range(1)], options
        )
        for features in sets
    ]
    return jobs, folds


def stacked(people, sets):
    stations = [joined([job], SCHEME.repeats, 1) for job in jobs_of(people, sets)[0]]
    return stacked_folds(stations, people["label"].to_numpy(), np.ones(N)), stations


def smallest_on_simplex(values, outcome, weights):
    """Weights of the mean with the smallest squared error, by a general optimiser."""
    k = values.shape[1]
    return minimize(
        lambda w: weights @ (outcome - values @ w) ** 2,
        np.full(k, 1 / k),
        method="SLSQP",
        bounds=[(0, 1)] * k,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    ).x


@pytest.mark.parametrize("seed", range(6))
def test_the_second_level_is_the_best_mean(seed):
    rng = np.random.default_rng(seed)
    outcome, weights = rng.normal(20, 5, 40), rng.choice([0.5, 1.0], 40)
    values = outcome[:, None] + rng.normal(size=(40, 3)) * [2, 3, 9] + [0, 1, -2]
    found = SecondLevel.of_numbers(values, outcome, weights)
    expected = smallest_on_simplex(values, outcome, weights)
    np.testing.assert_allclose(found.weights, expected, atol=2e-5)
    assert sum(found.weights) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(found.decision(values), values @ expected, atol=1e-3)
    # Of two models it is a regression of one error on their difference, cut at 0 and 1.
    two = SecondLevel.of_numbers(values[:, :2], outcome, weights).weights
    slope = LinearRegression(fit_intercept=False)
    slope.fit(values[:, [0]] - values[:, [1]], outcome - values[:, 1], weights)
    assert two[0] == pytest.approx(float(np.clip(slope.coef_[0], 0, 1)), abs=1e-8)


def test_models_that_predict_the_same_or_all_are_a_mean_too():
    outcome, ones = np.arange(5.0), np.ones(5)
    same = np.column_stack([outcome + 1, outcome + 1])
    np.testing.assert_allclose(
        SecondLevel.of_numbers(same, outcome, ones).decision(same), same[:, 0]
    )
    right = np.column_stack([outcome, outcome + 1])
    assert SecondLevel.of_numbers(right, outcome, ones).weights == pytest.approx((1, 0))
    both = np.column_stack([outcome, outcome])
    np.testing.assert_allclose(SecondLevel.of_numbers(both, outcome, ones).decision(both), outcome)


def test_the_whole_stack_is_that_of_scikit_learn_on_the_same_splits():
    people, sets = made_up()
    found, _ = stacked(people, sets)
    folds = jobs_of(people, sets)[1]
    outcome, given = people["label"].to_numpy(), people[["baseline_score"]].to_numpy()
    mixed = 0
    for fold in folds:
        train, test = fold.sets.train[0], fold.sets.test[0]
        inner, outer = [], []
        for features in sets:
            table = np.hstack([features, given])
            grid = {"alpha": [features.shape[1] * penalty for penalty in GRID]}
            search = searched(KernelRidge(), grid, table, outcome, fold, n_given=1)
            rows = np.full(N, np.nan)
            for own, left in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True):
                rows[left] = search.best_estimator_.fit(table[own], outcome[own]).predict(
                    table[left]
                )
            inner.append(rows[train])
            outer.append(
                search.best_estimator_.fit(table[train], outcome[train]).predict(table[test])
            )
        first, second = inner
        slope = LinearRegression(fit_intercept=False)
        slope.fit((first - second)[:, None], outcome[train] - second)
        weight = float(np.clip(slope.coef_[0], 0, 1))
        mixed += 0 < weight < 1
        expected = weight * outer[0] + (1 - weight) * outer[1]
        np.testing.assert_allclose(found.decision[0, fold.repeat - 1, test], expected, atol=1e-6)
    # Otherwise the weights would not have been compared, but which model is the better one.
    assert mixed > len(folds) / 2


def test_outcomes_of_the_test_people_do_not_reach_their_predictions():
    people, sets = made_up()
    first, _ = stacked(people, sets)
    test = first.fold[0, 0] == 2
    swapped = people.copy()
    swapped.loc[test, "label"] = people.loc[test, "label"].to_numpy()[::-1]
    again, _ = stacked(swapped, sets)
    np.testing.assert_allclose(first.decision[0, 0, test], again.decision[0, 0, test], atol=1e-9)
    assert not np.allclose(first.decision[0, 0, ~test], again.decision[0, 0, ~test])


def test_models_that_take_off_other_things_are_refused():
    people, sets = made_up()
    _, (first, second) = stacked(people, sets)
    other = replace(second, reduced=second.reduced + 1)
    with pytest.raises(ValueError, match="different predictors without penalty"):
        stacked_folds([first, other], people["label"].to_numpy(), np.ones(N))


def test_the_tables_of_a_stack_have_gain_and_interval_and_no_p_in_discovery():
    home, sets = made_up()
    away, _ = made_up(4)
    found, stations = stacked(home, sets)
    np.testing.assert_array_equal(found.reduced, stations[0].reduced[:1])
    refits = [[job] for job in jobs_of(home, sets, slice(-1, None))[0]]
    weights = person_weights(home["participant_id"])[0]
    second = refitted_stack(refits, home["label"].to_numpy(), weights)
    inner = np.column_stack([jobs[0].inner_decision[0] for jobs in refits])
    expected = smallest_on_simplex(inner, home["label"].to_numpy(), weights)
    np.testing.assert_allclose(second.weights, expected, atol=2e-5)

    config = {
        "seed": SEED,
        "cohorts": {"home": {"role": "discovery"}, "away": {"role": "external"}},
        "outcome": {"kind": "endpoint"},
        "models": {name: {"confounds": []} for name in "ab"},
        "stacks": {"both": ["a", "b"]},
        "confounds": {"unseen_site": "error"},
        "cross_validation": {"group": None},
        "permutation": {"n": 19, "within": None},
    }
    others = score_table([("away", away, away["label"].to_numpy() + 1)])
    tables = number_tables("both", config, {"home": home, "away": away}, found, others)
    rows = tables["performance"].set_index(["cohort", "metric"])
    gain = rows.loc[("home", "r2_gain")]
    assert gain["ci_low"] < gain["estimate"] < gain["ci_high"]
    assert gain["estimate"] > 0.1
    assert pd.isna(gain["p_value"])
    assert gain["null"] == "not_computed_stack"
    assert rows.loc[("away", "r2_gain"), "p_value"] == 0.05
    assert set(tables["null"]["cohort"]) == {"away"}


def test_without_a_signal_a_stack_gains_nothing():
    """A regression on the predictions would also gain by shrinking the baseline; a mean cannot."""
    gains = []
    for seed in range(12):
        people, sets = made_up(seed, effect=0.0)
        found, _ = stacked(people, sets)
        outcome = people["label"].to_numpy()
        errors = [((outcome - x[0]) ** 2).mean() for x in (found.reduced, found.decision)]
        gains.append((errors[0] - errors[1]) / outcome.var())
    assert np.mean(gains) < 2 * np.std(gains) / np.sqrt(len(gains))
