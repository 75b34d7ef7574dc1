"""Published answers of R's rbmi by Bayesian multiple imputation, from the package's own means.

Parameters are drawn here by data augmentation, with rbmi's prior of the covariance; what is drawn
goes through the package's conditional means of each assumption, with noise around them, and the
completed scores through an analysis of covariance and Rubin's rules.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from real_trials import antidepressant
from scipy.stats import invwishart

from mri_response.clinical_outcomes.imputation import STRATEGIES, TwoArms, imputed
from mri_response.clinical_outcomes.reml import fit_with_fallback

M, BURN_IN, THIN = 400, 50, 2
# R's rbmi, 5,000 imputations (CAMIS, R/rbmi_continuous_joint): drug minus placebo at visit 7.
PUBLISHED = {
    "missing_at_random": (-2.830, 1.123),
    "copy_reference": (-2.394, 1.112),
    "jump_to_reference": (-2.148, 1.135),
    "copy_increments": (-2.479, 1.112),
}


def noise(rng, sigma, missing):
    """Draws around conditional means, (people, visits); 0 where a score was seen."""
    found = np.zeros(missing.shape)
    for pattern in np.unique(missing, axis=0):
        people, seen = np.flatnonzero((missing == pattern).all(axis=1)), ~pattern
        if pattern.any():
            left = sigma[np.ix_(pattern, pattern)]
            if seen.any():
                slope = np.linalg.solve(sigma[np.ix_(seen, seen)], sigma[np.ix_(seen, pattern)])
                left = left - sigma[np.ix_(pattern, seen)] @ slope
            drawn = rng.multivariate_normal(np.zeros(len(left)), left, len(people))
            found[np.ix_(people, pattern)] = drawn
    return found


class Sampler:
    """Draws of the model change ~ visit + arm x visit + baseline x visit + sex."""

    def __init__(self, trial, sex, rng):
        self.trial, self.sex, self.rng = trial, sex, rng
        self.missing = np.isnan(trial.change)
        self.x = np.column_stack([np.ones(len(sex)), trial.treated, trial.baseline])
        start = fit_with_fallback(trial.scores())
        self.beta, self.sigma, self.prior, self.of_sex = start.beta, start.sigma, start.sigma, 0.0

    def without_sex(self):
        """The trial with the effect of sex taken off, for which the package's means are."""
        change = self.trial.change - self.of_sex * self.sex[:, None]
        return TwoArms(change, self.trial.baseline, self.trial.treated)

    def completed(self, strategy):
        """Changes with everybody's missing scores drawn under an assumption."""
        model = SimpleNamespace(beta=self.beta, sigma=self.sigma)
        values = imputed(self.without_sex(), model, strategy)
        return values + noise(self.rng, self.sigma, self.missing) + self.of_sex * self.sex[:, None]

    def step(self):
        y = self.completed("missing_at_random")
        n, visits = y.shape
        left = y - self.of_sex * self.sex[:, None]
        inverse = np.linalg.inv(self.x.T @ self.x)
        middle = inverse @ self.x.T @ left
        wide = np.linalg.cholesky(inverse) @ self.rng.normal(size=middle.shape)
        effects = middle + wide @ np.linalg.cholesky(self.sigma).T
        self.beta = effects.ravel()
        residual = y - self.x @ effects
        precision = np.linalg.inv(self.sigma)
        about = precision.sum() * (self.sex**2).sum()
        mean = (self.sex @ residual) @ precision.sum(axis=1) / about
        self.of_sex = self.rng.normal(mean, about**-0.5)
        residual -= self.of_sex * self.sex[:, None]
        scale = self.prior + residual.T @ residual
        self.sigma = invwishart.rvs(n + visits + 2, scale, random_state=self.rng)


@pytest.fixture(scope="module")
def pooled(shared_data):
    """Estimate, standard error by Rubin's rules and Monte Carlo error of each assumption."""
    table = antidepressant(shared_data)
    trial = TwoArms.of(table, "DRUG", "PLACEBO")
    people = table[table["baseline"].notna()].drop_duplicates("participant_id")
    sex = (people["sex"] == "M").to_numpy(float)
    sampler = Sampler(trial, sex - sex.mean(), np.random.default_rng(20261127))
    z = np.column_stack([sampler.x, sampler.sex])
    pinv, spread = np.linalg.pinv(z), np.linalg.inv(z.T @ z)[1, 1]
    draws = {name: [] for name in STRATEGIES}
    for step in range(BURN_IN + THIN * M):
        sampler.step()
        if step < BURN_IN or step % THIN:
            continue
        for name, found in draws.items():
            last = sampler.completed(name)[:, -1]
            residual = last - z @ (pinv @ last)
            variance = residual @ residual / (len(last) - z.shape[1]) * spread
            found.append((pinv[1] @ last, variance))
    result = {}
    for name, found in draws.items():
        estimate, within = np.mean(found, axis=0)
        between = np.var([value for value, _ in found], ddof=1)
        result[name] = (estimate, np.sqrt(within + (1 + 1 / M) * between), np.sqrt(between / M))
    return result


@pytest.mark.parametrize("strategy", PUBLISHED)
def test_estimates_and_errors_are_those_of_rbmi(pooled, strategy):
    estimate, se, monte_carlo = pooled[strategy]
    published, published_se = PUBLISHED[strategy]
    assert monte_carlo < 0.04
    assert abs(estimate - published) < 4 * monte_carlo
    assert se == pytest.approx(published_se, rel=0.03)


def test_what_is_borrowed_moves_the_estimate_as_published(pooled):
    """Draws are shared, so that differences between assumptions are more exact than estimates."""
    at_random = pooled["missing_at_random"][0]
    for strategy, (published, _) in PUBLISHED.items():
        found = pooled[strategy][0] - at_random
        assert found == pytest.approx(published - PUBLISHED["missing_at_random"][0], abs=0.08)
