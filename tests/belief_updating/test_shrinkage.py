"""Empirical Bayes: the likelihood is highest there, and errors get smaller."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from mri_response.belief_updating.shrinkage import fit_population, shrunk
from mri_response.core.errors import InputError


def drawn(people: int, seed: int, error: float = 0.07) -> tuple[pd.DataFrame, np.ndarray]:
    """Estimates of people and their true S and A."""
    rng = np.random.default_rng(seed)
    true = rng.multivariate_normal([0.45, 0.05], [[0.0225, 0.003], [0.003, 0.0064]], people)
    se = error * rng.uniform(0.7, 1.4, people)
    covariance = 0.2 * se**2
    noise = [
        rng.multivariate_normal([0, 0], [[s**2, c], [c, s**2]])
        for s, c in zip(se, covariance, strict=True)
    ]
    value = true + np.array(noise)
    table = pd.DataFrame({"S": value[:, 0], "A": value[:, 1], "S_se": se, "A_se": se})
    table["SA_cov"] = covariance
    table.insert(0, "session_id", "ses-1")
    table.insert(0, "participant_id", [f"sub-{i}" for i in range(people)])
    return table, true


def restricted(rates: pd.DataFrame, covariance: np.ndarray) -> float:
    """Restricted log likelihood, written out."""
    value = rates[["S", "A"]].to_numpy()
    totals = [
        covariance + np.array([[row.S_se**2, row.SA_cov], [row.SA_cov, row.A_se**2]])
        for row in rates.itertuples()
    ]
    weights = [np.linalg.inv(total) for total in totals]
    information = sum(weights)
    mean = np.linalg.solve(information, sum(w @ v for w, v in zip(weights, value, strict=True)))
    density = [
        multivariate_normal.logpdf(v, mean, total) for v, total in zip(value, totals, strict=True)
    ]
    return sum(density) - np.linalg.slogdet(information)[1] / 2


def test_the_restricted_likelihood_is_highest_there():
    rates, _ = drawn(40, 1)
    found = fit_population(rates)
    best = restricted(rates, found.covariance)
    rng = np.random.default_rng(2)
    for _ in range(40):
        step = 0.0005 * rng.standard_normal((2, 2))
        assert restricted(rates, found.covariance + step + step.T) < best + 1e-7


def test_a_large_population_is_recovered():
    rates, _ = drawn(5000, 3)
    found = fit_population(rates)
    assert found.mean == pytest.approx([0.45, 0.05], abs=0.01)
    assert found.covariance.ravel() == pytest.approx([0.0225, 0.003, 0.003, 0.0064], abs=1e-3)
    error = np.sqrt((0.0225 + 0.07**2 * 1.14) / 5000)
    assert np.sqrt(found.mean_covariance[0, 0]) == pytest.approx(error, rel=0.1)


def test_shrunk_values_are_nearer_to_the_truth():
    rates, true = drawn(300, 4, error=0.12)
    found = shrunk(rates, fit_population(rates))
    for at, name in enumerate(["S", "A"]):
        plain = ((rates[name] - true[:, at]) ** 2).mean()
        better = ((found[name] - true[:, at]) ** 2).mean()
        assert better < 0.8 * plain
        assert better == pytest.approx((found[f"{name}_sd"] ** 2).mean(), rel=0.2)
    assert found["weight_A"].between(0, 1).all()
    assert found["weight_A"].mean() < found["weight_S"].mean()


def test_without_errors_nothing_is_shrunk_and_without_data_everything():
    rates, _ = drawn(30, 5)
    population = fit_population(rates)
    sure = rates.assign(S_se=1e-9, A_se=1e-9, SA_cov=0.0)
    assert shrunk(sure, population)["A"].to_numpy() == pytest.approx(rates["A"].to_numpy())
    unknown = rates.assign(S=np.nan, A=np.nan, S_se=np.nan, A_se=np.nan, SA_cov=np.nan)
    assert shrunk(unknown, population)["A"].to_numpy() == pytest.approx(population.mean[1])


def test_people_who_stand_there_twice_or_are_too_few_are_an_error():
    rates, _ = drawn(5, 6)
    with pytest.raises(InputError, match="found a person in several rows"):
        fit_population(pd.concat([rates, rates]))
    with pytest.raises(InputError, match="found 2 people with estimates"):
        fit_population(rates.head(2))
