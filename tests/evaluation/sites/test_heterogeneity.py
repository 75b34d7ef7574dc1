"""Random effects against published numbers, statsmodels and a search of the likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import t
from statsmodels.stats.meta_analysis import combine_effects

from mri_response.evaluation.sites.heterogeneity import random_effects

# Trials of the BCG vaccine, as in metafor's dat.bcg: cases and others with and without vaccine.
BCG = np.array(
    [
        *([4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619]),
        *([33, 5036, 47, 5761], [180, 1361, 372, 1079], [8, 2537, 10, 619]),
        *([505, 87886, 499, 87892], [29, 7470, 45, 7232], [17, 1699, 65, 1600]),
        *([186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825]),
    ]
)


def test_published_numbers_of_the_bcg_trials():
    cases, others, cases_without, others_without = BCG.T
    n, n_without = cases + others, cases_without + others_without
    ratio = np.log(cases / n) - np.log(cases_without / n_without)
    variance = 1 / cases - 1 / n + 1 / cases_without - 1 / n_without
    found = random_effects(ratio, np.sqrt(variance))
    # Viechtbauer (2010), J Stat Softw 36(3), section 3.2, restricted maximum likelihood.
    assert found.tau_squared == pytest.approx(0.3132, abs=1e-4)
    assert found.estimate == pytest.approx(-0.7145, abs=2e-4)
    assert 100 * found.i_squared == pytest.approx(92.22, abs=0.02)
    assert 100 * found.i_squared_low == pytest.approx(81.92, abs=0.02)
    assert 100 * found.i_squared_high == pytest.approx(97.68, abs=0.02)
    assert found.q == pytest.approx(152.2330, abs=2e-4)
    assert found.p_value < 1e-4


@pytest.mark.parametrize("seed", range(5))
def test_the_variance_is_where_the_restricted_likelihood_is_highest(seed):
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.1, 0.5, 8)
    values = rng.normal(0.4, np.sqrt(errors**2 + 0.1 * (seed > 0)))

    def unlikely(tau_squared: float) -> float:
        weights = 1 / (errors**2 + tau_squared)
        mean = weights @ values / weights.sum()
        return (-np.log(weights).sum() + np.log(weights.sum()) + weights @ (values - mean) ** 2) / 2

    best = minimize_scalar(unlikely, bounds=(0, 5), method="bounded", options={"xatol": 1e-9})
    found = random_effects(values, errors)
    assert found.tau_squared == pytest.approx(best.x, abs=1e-5)
    assert unlikely(found.tau_squared) <= best.fun + 1e-10


def test_mean_and_interval_are_those_of_statsmodels_at_its_variance(monkeypatch):
    values, errors = np.array([0.1, 0.9, 1.6, -0.5, 0.4]), np.array([0.2, 0.3, 0.25, 0.2, 0.4])
    other = combine_effects(values, errors**2, method_re="iterated", use_t=True)
    monkeypatch.setattr(
        "mri_response.evaluation.sites.heterogeneity._restricted_likelihood",
        lambda *_: other.tau2,
    )
    found = random_effects(values, errors)
    assert found.estimate == pytest.approx(other.mean_effect_re)
    half = t.ppf(0.975, 4) * other.sd_eff_w_re_hksj
    assert other.scale_hksj_re >= 1 - 1e-6
    assert found.high - found.estimate == pytest.approx(half, rel=1e-6)
    assert found.q == pytest.approx(other.q)


def test_alike_sites_have_no_narrower_interval_than_their_own_variances():
    found = random_effects([0.5, 0.5, 0.5, 0.5], [0.2] * 4)
    assert found.tau_squared == found.i_squared == 0
    assert (found.i_squared_low, found.i_squared_high) == (0, 0), "nothing differs by less"
    assert found.high - 0.5 == pytest.approx(t.ppf(0.975, 3) * 0.1)


def test_few_sites_say_nothing():
    assert random_effects([0.1, 0.9], [0.1, 0.1]) is None
    four, five = (random_effects([0.1, 0.9, 0.4, 0.6, 0.2][:k], [0.1] * k) for k in (4, 5))
    assert np.isnan(four.prediction_low)
    assert five.prediction_low < five.low < five.high < five.prediction_high


def test_intervals_cover():
    rng = np.random.default_rng(1)
    hits = np.zeros(2)
    for _ in range(400):
        errors = rng.uniform(0.15, 0.4, 6)
        truth = rng.normal(0.3, 0.3, 7)
        found = random_effects(rng.normal(truth[:6], errors), errors)
        hits += [
            found.low <= 0.3 <= found.high,
            found.prediction_low <= truth[6] <= found.prediction_high,
        ]
    # Nominal 95 %; four standard errors are 4.4 points.
    assert np.all(np.abs(hits / 400 - 0.95) < 0.044)
