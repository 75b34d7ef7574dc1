"""Recovery of parameters and models, and the posterior predictive check."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from belief_data import made_trials, used_trials

from mri_response.belief_updating.rates import estimates
from mri_response.belief_updating.recovery import (
    model_recovery,
    parameter_recovery,
    predictive_check,
)
from mri_response.belief_updating.trials import Rules, selected
from mri_response.simulation.belief_study import BeliefStudy, draw_belief_study


@pytest.fixture(scope="module")
def trials():
    drawn = draw_belief_study(BeliefStudy(9, 12, 12, 6))
    return selected(drawn.trials, Rules(min_trials=2))[0]


def test_parameters_are_recovered_as_well_as_their_errors_say(trials):
    table = parameter_recovery(trials, n_draws=30, seed=1).set_index(["answers", "parameter"])
    rates = estimates(trials)
    error = np.sqrt((rates["A_se"] ** 2).mean())
    row = table.loc[("normal", "A")]
    # Errors of 72 sessions and 30 draws, known to a few percent.
    assert row["rmse"] == pytest.approx(error, rel=0.06)
    assert row["bias"] == pytest.approx(0, abs=4 * error / np.sqrt(72 * 30))
    # r^2 is the share of the variance of the found values that is in the true ones.
    assert row["r"] == pytest.approx(np.sqrt(1 / (1 + error**2 / row["spread"] ** 2)), abs=0.05)
    # t of 38 degrees of freedom within 1.96.
    assert row["coverage"] == pytest.approx(0.943, abs=0.02)
    assert row["n_sessions"] == 72


def test_the_ends_of_the_scale_draw_scaling_down(trials):
    table = parameter_recovery(trials, n_draws=10, seed=2).set_index(["answers", "parameter"])
    assert table.loc[("on_scale", "S"), "bias"] < table.loc[("normal", "S"), "bias"] - 0.005


def test_models_are_told_apart_where_they_can_be():
    trials = used_trials(made_trials(15, 0.6, 0.25, noise=1, sessions=["ses-1"]))
    models = ["heuristic", "heuristic_asy0", "heuristic_pr", "bayesian"]
    table = model_recovery(trials, models, n_draws=3)
    wide = table.pivot_table("p_fitted_given_simulated", "simulated", "fitted")
    assert wide.sum(axis=1).to_numpy() == pytest.approx(1)
    for name in ("heuristic", "heuristic_pr", "bayesian"):
        assert wide.loc[name].idxmax() == name
        assert wide.loc[name, name] > 0.5
    backwards = table.pivot_table("p_simulated_given_fitted", "simulated", "fitted", dropna=False)
    assert backwards.sum(axis=0).to_numpy() == pytest.approx(1)
    shares = table.pivot_table("frequency", "simulated", "fitted")
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    assert shares.loc["bayesian"].idxmax() == "bayesian"


def test_models_cannot_be_told_apart_by_noise():
    trials = used_trials(made_trials(30, 0.6, 0.0, noise=200, sessions=["ses-1"]))
    wide = model_recovery(trials, ["heuristic", "heuristic_pr", "bayesian"], n_draws=2).pivot_table(
        "p_fitted_given_simulated", "simulated", "fitted"
    )
    assert wide.to_numpy().max() < 0.9


def test_the_right_model_predicts_what_it_made_and_a_wrong_one_does_not():
    raw = made_trials(30, 0.5, 0.2, noise=6, sessions=["ses-1"])
    raw["E2"] = raw["E2"].round().clip(3, 77)
    right = predictive_check(used_trials(raw), "heuristic", n_draws=200)
    wrong = predictive_check(used_trials(raw), "heuristic_null", n_draws=200)
    update = right.query("statistic == 'update'")
    assert len(update) == 10
    assert (update["n"].sum(), update["bin"].max()) == (600, 5)
    inside = (update["low"] <= update["observed"]) & (update["observed"] <= update["high"])
    assert inside.sum() >= 8
    outside = wrong.query("statistic == 'update' and p_value < 0.05")
    assert len(outside) >= 6
    means = used_trials(raw).query("used").groupby("news")["update"].mean()
    weighted = update.assign(total=update["observed"] * update["n"]).groupby("news")
    totals = weighted["total"].sum() / weighted["n"].sum()
    pd.testing.assert_series_equal(totals, means, check_names=False)


def test_answers_that_stay_are_more_than_normal_noise_predicts():
    raw = made_trials(30, 0.5, 0.0, noise=8, sessions=["ses-1"])
    stay = np.random.default_rng(3).random(len(raw)) < 0.4
    raw.loc[stay, "E2"] = raw.loc[stay, "E1"]
    table = predictive_check(used_trials(raw), n_draws=100).query("statistic == 'unchanged'")
    assert (table["observed"] > table["high"]).all()
