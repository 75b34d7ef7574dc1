"""Answers cut off at the ends of the scale."""

from __future__ import annotations

import numpy as np
import pytest
from belief_data import made_trials, used_trials
from scipy.optimize import minimize
from scipy.stats import norm

from mri_response.belief_updating.censoring import censored_estimates
from mri_response.belief_updating.rates import estimates
from mri_response.belief_updating.trials import Rules, selected


def test_without_cut_answers_it_is_least_squares():
    trials = used_trials(made_trials(2, 0.5, 0.1, noise=4))
    wide = censored_estimates(trials, scale=(-500.0, 500.0))
    plain = estimates(trials)
    assert wide["S"].to_numpy() == pytest.approx(plain["S"].to_numpy(), abs=1e-5)
    ratio = np.sqrt((plain["n"] - 2) / plain["n"])
    assert wide["sigma"].to_numpy() == pytest.approx((plain["sigma"] * ratio).to_numpy(), abs=1e-4)


def test_the_likelihood_is_that_of_a_search_without_gradients():
    raw = made_trials(1, 0.9, 0.1, noise=8, sessions=["ses-1"])
    trials = selected(raw.assign(E2=raw["E2"].clip(18, 50)), Rules(min_trials=1), scale=(18, 50))[0]
    found = censored_estimates(trials, scale=(18, 50)).iloc[0]
    assert found["many_at_limit"]
    m, v, first, second = (trials[n].to_numpy() for n in ("error", "v", "E1", "E2"))

    def negative(parameters):
        centre = first + (parameters[0] + parameters[1] * v) * m
        sigma = np.exp(parameters[2])
        density = norm.logpdf(second, centre, sigma)
        density = np.where(second <= 18, norm.logcdf(18, centre, sigma), density)
        return -np.where(second >= 50, norm.logsf(50, centre, sigma), density).sum()

    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000}
    search = minimize(negative, [0.5, 0.0, 2.0], method="Nelder-Mead", options=options)
    assert found[["S", "A"]].tolist() == pytest.approx(search.x[:2].tolist(), abs=1e-4)
    assert found["sigma"] == pytest.approx(np.exp(search.x[2]), rel=1e-4)


def test_it_undoes_what_the_ends_of_the_scale_do():
    raw = made_trials(60, 0.8, 0.0, noise=8)
    trials = selected(raw.assign(E2=raw["E2"].clip(15, 55)), Rules(min_trials=1), scale=(15, 55))[0]
    found = censored_estimates(trials, scale=(15, 55))
    cut = estimates(trials)["S"].mean()
    assert cut < 0.77
    error = found["S"].std() / np.sqrt(len(found))
    assert found["S"].mean() == pytest.approx(0.8, abs=4 * error)
    assert found["S_shift"].mean() == pytest.approx(found["S"].mean() - cut)


def test_a_session_with_all_answers_on_the_ends_has_no_estimate():
    raw = made_trials(1, 0.5, 0.0, sessions=["ses-1"])
    raw["E2"] = np.where(raw["BR"] > 40, 77.0, 3.0)
    found = censored_estimates(selected(raw, Rules(one_answer=False, min_trials=1))[0])
    assert found[["S", "A", "sigma"]].isna().all(axis=None)
    assert found["n_at_limit"].item() == len(raw)
