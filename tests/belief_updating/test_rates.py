"""Learning rates against least squares of statsmodels, and their reliability."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import statsmodels.api as sm
from belief_data import made_trials, used_trials, vba_trials
from scipy.stats import ttest_1samp

from mri_response.belief_updating.models import moves
from mri_response.belief_updating.rates import estimates, reliability, reliable_share


@pytest.mark.parametrize("family", ["heuristic", "heuristic_pr", "bayesian"])
def test_learning_rates_are_those_of_statsmodels(family):
    trials = used_trials(made_trials(3, 0.6, 0.1, noise=8, seed=1))
    rates = estimates(trials, family).set_index(["participant_id", "session_id"])
    for key, own in trials.groupby(["participant_id", "session_id"]):
        m, v = moves(own, family), own["v"].to_numpy()
        y = own["E2"] - own["E1"]
        found = rates.loc[key]
        fit = sm.OLS(y, np.stack([m, v * m], axis=1)).fit()
        assert found[["S", "A"]].tolist() == pytest.approx(fit.params.tolist(), abs=1e-10)
        assert found[["S_se", "A_se"]].tolist() == pytest.approx(fit.bse.tolist(), abs=1e-10)
        assert found["SA_cov"] == pytest.approx(fit.cov_params().iloc[0, 1], abs=1e-12)
        assert found["sigma"] == pytest.approx(np.sqrt(fit.scale), abs=1e-10)
        apart = sm.OLS(y, np.stack([m * (v > 0), m * (v < 0)], axis=1)).fit()
        assert found[["LR_good", "LR_bad"]].tolist() == pytest.approx(apart.params.tolist())
        assert found[["LR_good_se", "LR_bad_se"]].tolist() == pytest.approx(apart.bse.tolist())


def test_the_trials_of_vba_by_least_squares(shared_data):
    """The made values are S .808878 and A .211736, with a noise SD of the root of 10."""
    found = estimates(used_trials(vba_trials(shared_data)).assign(used=True)).iloc[0]
    assert found["S"] == pytest.approx(0.80671, abs=1e-5)
    assert found["A"] == pytest.approx(0.20661, abs=1e-5)
    assert found["S_se"] == pytest.approx(0.01040, abs=1e-5)
    assert found["sigma"] == pytest.approx(2.99062, abs=1e-5)


def test_people_without_noise_are_recovered_exactly():
    found = estimates(used_trials(made_trials(2, 0.85, 0.15)))
    assert found["S"].to_numpy() == pytest.approx(0.85)
    assert found["LR_bad"].to_numpy() == pytest.approx(0.70)
    assert found["sigma"].to_numpy() == pytest.approx(0.0, abs=1e-6)


def test_reliability_is_the_share_of_the_spread_that_is_no_error():
    """With people who are all alike there is none; with errors of 0 it is 1."""
    alike = reliability(estimates(used_trials(made_trials(200, 0.5, 0.0, noise=10))))
    assert len(alike) == 8
    assert alike["reliability"].abs().max() < 0.35
    noise_free = estimates(used_trials(made_trials(3, 0.5, 0.0)))
    noise_free["A"] = np.linspace(-0.1, 0.1, len(noise_free))
    own = reliability(noise_free).query("parameter == 'A'")
    assert own["reliability"].to_numpy() == pytest.approx(1.0)


def test_reliability_by_hand():
    rates = estimates(used_trials(made_trials(3, 0.5, 0.0, sessions=["ses-1"])))
    rates["A"], rates["A_se"] = [0.0, 0.1, 0.2], [0.05, 0.05, 0.05]
    row = reliability(rates).query("parameter == 'A'").iloc[0]
    assert row["reliability"] == pytest.approx(1 - 0.05**2 / 0.1**2)
    # t of 2 degrees of freedom at 97.5 % is 4.302653.
    assert row["ci_high"] - row["mean"] == pytest.approx(4.302653 * 0.1 / np.sqrt(3), abs=1e-6)


def test_limits_of_reliability_are_those_of_the_jackknife_by_hand():
    """Four people, all of it written out."""
    values, errors = np.array([0.1, 0.3, 0.2, 0.6]), np.array([0.1, 0.1, 0.12, 0.08])
    found = reliable_share(values, errors)
    whole = np.log(np.mean(errors**2) / np.var(values, ddof=1))
    pseudo = []
    for left_out in range(4):
        own = [i for i in range(4) if i != left_out]
        part = np.log(np.mean(errors[own] ** 2) / np.var(values[own], ddof=1))
        pseudo.append(4 * whole - 3 * part)
    limits = ttest_1samp(pseudo, 0).confidence_interval(0.95)
    assert found["reliability"] == pytest.approx(1 - np.exp(whole))
    assert found["reliability_low"] == pytest.approx(1 - np.exp(limits.high))
    assert found["reliability_high"] == pytest.approx(1 - np.exp(limits.low))


def test_limits_of_reliability_hold_the_true_one_where_values_are_not_normal():
    rng = np.random.default_rng(9)
    trials, n, error = 600, 26, 0.1
    for draw, spread in ((rng.standard_normal, 1.0), (partial(rng.standard_t, 6), 1.5)):
        held = 0
        for _ in range(trials):
            own = 0.1 * draw(size=n) + error * rng.standard_normal(n)
            squared = error**2 * rng.chisquare(76, n) / 76
            found = reliable_share(own, np.sqrt(squared))
            true = spread / (spread + 1)
            held += found["reliability_low"] <= true <= found["reliability_high"]
        assert 0.9 <= held / trials <= 0.975


def test_few_or_equal_people_have_no_limits_of_reliability():
    assert np.isnan(reliable_share([0.1, 0.2, 0.4], [0.1] * 3)["reliability_low"])
    assert np.isnan(list(reliable_share([0.1] * 5, [0.1] * 5).values())).all()
    exact = reliable_share([0.1, 0.2, 0.4, 0.5], [0.0] * 4)
    assert exact["reliability"] == 1
    assert np.isnan(exact["reliability_high"])
    missing = reliable_share([0.1, 0.2, 0.4, 0.6, 0.7, np.nan], [0.1] * 6)
    assert missing == reliable_share([0.1, 0.2, 0.4, 0.6, 0.7], [0.1] * 5)
