"""The twelve models against VBA's numbers, statsmodels, and integration on a grid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from belief_data import made_trials, used_trials, vba_trials
from scipy.special import gammaln, logsumexp
from scipy.stats import norm

from mri_response.belief_updating.models import (
    MODELS,
    Prior,
    evidence_table,
    moves,
    posterior,
    rational,
    sums,
)
from mri_response.belief_updating.trials import KEYS
from mri_response.core.errors import InputError


@pytest.fixture
def trials():
    return used_trials(made_trials(3, 0.8, 0.2, noise=5, seed=3))


def one(table: pd.DataFrame, model: str) -> pd.Series:
    return table.set_index("model").loc[model]


def test_the_trials_of_vba(shared_data):
    """VBA found .80628 and .20627, drawn to a prior of its own; the evidence is that of a grid.

    Its 50 trials include one whose base rate equals the estimate.
    """
    table = evidence_table(used_trials(vba_trials(shared_data)).assign(used=True))
    both, scaling = one(table, "heuristic"), one(table, "heuristic_asy0")
    assert both[["S", "A"]].tolist() == pytest.approx([0.80628, 0.20627], abs=2e-3)
    assert scaling["log_evidence"] == pytest.approx(-185.367054, abs=1e-6)
    assert table.sort_values("log_evidence")["model"].iloc[-1] == "heuristic"


def grid_evidence(y: np.ndarray, columns: np.ndarray, mean: np.ndarray) -> float:
    """Evidence by integration over a grid of S (and A) and of the noise variance."""
    variance = np.exp(np.linspace(np.log(0.5), np.log(2000), 150))
    log_prior = 2 * np.log(10.0) - gammaln(1) - 2 * np.log(variance) - 100 / variance
    log_prior += np.log(variance)  # the grid is one of log variances
    steps = [np.log(variance[1] / variance[0])]
    axes = [np.linspace(m - 0.8, m + 0.8, 121) for m in mean]
    steps += [axis[1] - axis[0] for axis in axes]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(mean))
    rss = ((y - points @ columns.T) ** 2).sum(axis=1)
    distance = ((points - mean) ** 2).sum(axis=1)
    terms = [
        -len(y) / 2 * np.log(2 * np.pi * s2)
        - rss / (2 * s2)
        + norm.logpdf(0, scale=np.sqrt(s2) / 10) * len(mean)
        - 50 * distance / s2
        + prior
        for s2, prior in zip(variance, log_prior, strict=True)
    ]
    return logsumexp(np.array(terms)) + np.log(steps).sum()


@pytest.mark.parametrize("model", ["heuristic", "heuristic_pr_asy0", "bayesian_sca1"])
def test_evidence_is_that_of_a_grid(trials, model):
    own = trials[(trials["participant_id"] == "sub-01") & (trials["session_id"] == "ses-before")]
    family, free = MODELS[model]
    y, v, m = (own["E2"] - own["E1"]).to_numpy(), own["v"].to_numpy(), moves(own, family)
    columns = np.stack([m, v * m], axis=1)
    fixed = columns[:, 0] * (not free[0])
    expected = grid_evidence(y - fixed, columns[:, list(free)], np.array([1.0, 0.0])[list(free)])
    found = evidence_table(own, [model])["log_evidence"].item()
    assert found == pytest.approx(expected, abs=1e-4)


def test_evidence_of_nested_models_by_savage_and_dickey(trials):
    """Bayes factor of A = 0: density of A there after, over before; both are t distributions.

    The prior of A depends on the noise, so that knowing A = 0 says something about the noise; the
    last term corrects for it (Verdinelli and Wasserman 1995).
    """
    family, _ = MODELS["heuristic"]
    own = trials[(trials["participant_id"] == "sub-00") & (trials["session_id"] == "ses-before")]
    y, v, m = (own["E2"] - own["E1"]).to_numpy(), own["v"].to_numpy(), moves(own, family)
    of = sums(np.zeros(len(own), dtype=int), y, v, m)
    full, asymmetry_0 = (posterior(of, free, Prior()) for free in ((True, True), (True, False)))

    def log_t(x: float, mean: float, scale: float, shape: float, rate: float) -> float:
        spread, df = scale * rate / shape, 2 * shape
        z = (x - mean) ** 2 / spread / df
        constant = gammaln((df + 1) / 2) - gammaln(df / 2) - np.log(df * np.pi * spread) / 2
        return constant - (df + 1) / 2 * np.log1p(z)

    after = log_t(0, full.mean[0, 1], full.scale[0, 1, 1], full.shape[0], full.rate[0])
    before = log_t(0, 0, 1 / 100, 1.0, 100.0)
    shape = full.shape[0] + 0.5
    rate = full.rate[0] + full.mean[0, 1] ** 2 / full.scale[0, 1, 1] / 2
    noise = np.log(rate) / 2 + gammaln(shape - 0.5) - gammaln(shape)
    after += gammaln(1.5) - np.log(10) + noise
    difference = asymmetry_0.log_evidence[0] - full.log_evidence[0]
    assert difference == pytest.approx(after - before, abs=1e-9)


def test_a_flat_prior_gives_least_squares(trials):
    wide = evidence_table(trials, ["bayesian"], Prior(sd=1e4))
    for at, ((_, _), own) in enumerate(trials.groupby(KEYS, sort=False)):
        own = own[own["used"]]
        m = moves(own, "bayesian")
        fit = sm.OLS(own["E2"] - own["E1"], np.stack([m, own["v"] * m], axis=1)).fit()
        assert wide.loc[at, ["S", "A"]].tolist() == pytest.approx(fit.params.tolist(), abs=1e-6)


def test_fixed_parameters_have_their_values_and_no_spread(trials):
    table = evidence_table(trials)
    assert set(table["model"]) == set(MODELS)
    null = table[table["model"].str.endswith("_null")]
    assert (null[["S", "A", "S_sd", "A_sd"]] == [1, 0, 0, 0]).all(axis=None)
    assert (table.loc[table["model"].str.endswith("_asy0"), "A"] == 0).all()
    assert (table.loc[table["model"].str.endswith("_sca1"), "S"] == 1).all()
    assert (table.loc[table["model"] == "heuristic", ["S_sd", "A_sd"]] > 0).all(axis=None)


def test_moves_by_hand():
    row = {"participant_id": "a", "session_id": "ses-before", "event_valence": "adverse"}
    rows = pd.DataFrame(
        [
            {**row, "E1": 20.0, "eBR": 40.0, "BR": 60.0, "E2": 30.0},
            {**row, "E1": 58.5, "eBR": 40.0, "BR": 20.0, "E2": 30.0},
            {**row, "E1": 40.0, "eBR": 40.0, "BR": 20.0, "E2": 30.0},
        ]
    )
    trials = used_trials(rows)
    assert moves(trials, "heuristic").tolist() == [20, -20, -20]
    # 20 of 37 points of room below the average person, 18.5 of 37 above.
    expected = [20 * (1 - 20 / 37), -20 * (1 - 18.5 / 37), -20]
    assert moves(trials, "heuristic_pr") == pytest.approx(expected)
    # Odds 1.5 of the base rate, own odds .25 against .667: 0.5625 to 1, so 36 %.
    assert moves(trials, "bayesian")[0] == pytest.approx(100 * 0.5625 / 1.5625 - 20)
    assert moves(trials, "bayesian")[2] == pytest.approx(-20)


def test_odds_are_brought_inside_their_limits_and_counted():
    assert rational(np.array([0.0]), np.array([1.0]), np.array([30.0])) == pytest.approx(30.0)
    raw = made_trials(1, 0.5, 0.0)
    raw.loc[raw.index[:3], "BR"] = 0.0
    table = evidence_table(used_trials(raw), ["bayesian"])
    assert table["n_clipped"].tolist() == [3, 0]


def test_inputs_in_the_wrong_order_are_noticed():
    """E1 and base rate exchanged fit 1 - S: seen only where S is far from one half."""
    trials = used_trials(made_trials(2, 0.85, 0.1, noise=1))
    found = evidence_table(trials, ["heuristic"])
    assert found["S"].to_numpy() == pytest.approx(0.85, abs=0.03)
    assert found["A"].to_numpy() == pytest.approx(0.10, abs=0.03)


def test_without_estimates_for_the_average_person_four_models_are_left():
    raw = made_trials(2, 0.5, 0.0).assign(eBR=np.nan)
    trials = used_trials(raw, "E1")
    assert evidence_table(trials)["model"].unique().tolist() == [
        *("heuristic", "heuristic_asy0", "heuristic_sca1", "heuristic_null")
    ]
    with pytest.raises(InputError, match="found 'bayesian', a model that needs eBR"):
        evidence_table(trials, ["bayesian"])
    with pytest.raises(InputError, match="found 'rescorla', no model"):
        evidence_table(trials, ["rescorla"])


def test_no_used_trial_is_an_error(trials):
    with pytest.raises(InputError, match="found none that the rules leave"):
        evidence_table(trials.assign(used=False))
