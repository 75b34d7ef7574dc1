"""Mean recall of sites and its interval: against the balanced accuracy's, and by bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import recall_score
from statsmodels.stats.proportion import proportion_confint

from mri_response.evaluation.bootstrap import (
    MIN_PERMUTATIONS,
    naive_standard_error,
    null_inflated_intervals,
    null_inflation,
    squared_over_people,
)
from mri_response.evaluation.metrics import cross_validated
from mri_response.evaluation.sites.recalls import (
    Recalls,
    SitesOfRows,
    over_repeats,
    recall_interval,
    recalls,
)

M = 60
METRICS = ("balanced_accuracy", "sensitivity", "specificity", "auc")


def labellings(site, rng):
    return np.stack([site, *(rng.permutation(site) for _ in range(M))])


def told(codes, share, rng):
    """Predictions that are right for a share of rows, and drawn for the others."""
    drawn = rng.integers(0, codes.max() + 1, codes.shape)
    return np.where(rng.random(codes.shape) < share, codes[0], drawn)


def one_row_each(codes):
    n = codes.shape[1]
    return SitesOfRows(codes, np.ones(n), np.arange(n))


def test_sites_and_people_weigh_alike():
    codes = np.array([[0, 0, 0, 0, 1, 1]])
    weights = np.array([0.25, 0.25, 0.25, 0.25, 1, 1])
    sites = SitesOfRows(codes, weights, np.array([0, 0, 0, 0, 1, 2]))
    found = recalls(np.array([[0, 0, 0, 1, 1, 0]]), sites, np.ones(6, dtype=bool))
    assert found.mean[0] == pytest.approx(0.625)
    assert found.of_sites[0] == pytest.approx([0.75, 0.5])


def test_of_two_sites_it_is_the_interval_of_the_balanced_accuracy():
    rng = np.random.default_rng(2)
    codes = labellings(rng.permutation(np.repeat([0, 1], [24, 16])), rng)
    predicted = [told(codes, 0.4, rng) for _ in range(3)]
    everybody = np.ones(40, dtype=bool)
    sites = one_row_each(codes)
    found = over_repeats([recalls(one, sites, everybody) for one in predicted])
    decision = np.stack(predicted, axis=1) - 0.5
    fold = np.zeros((3, 40), dtype=int)
    arguments = "balanced_accuracy", "mean_over_repeats", decision, fold, codes, np.ones(40)
    value, error = cross_validated(*arguments), naive_standard_error(*arguments, np.arange(40))
    np.testing.assert_allclose(found.mean, value)
    factor = null_inflation(value[1:], error[1:])
    limits = null_inflated_intervals(
        dict.fromkeys(METRICS, value[0]),
        dict.fromkeys(METRICS, error[0]),
        dict.fromkeys(METRICS, factor),
        16,
        24,
    )
    assert recall_interval(found, sites) == pytest.approx(limits["balanced_accuracy"])


def test_of_three_sites_the_error_is_that_of_a_bootstrap_over_people():
    """Independent of the influence: people drawn within sites, recalls by scikit-learn."""
    rng = np.random.default_rng(5)
    site = np.repeat([0, 1, 2], [40, 30, 20])
    person = np.arange(90) // 2  # two rows each
    predicted = told(site[None], 0.4, rng)
    sites = SitesOfRows(site[None], np.full(90, 0.5), person)
    found = recalls(predicted, sites, np.ones(90, dtype=bool))
    assert found.mean[0] == pytest.approx(recall_score(site, predicted[0], average="macro"))
    draws = []
    for _ in range(3000):
        people = [
            rng.choice(np.unique(person[site == s]), (site == s).sum() // 2) for s in range(3)
        ]
        rows = np.concatenate([2 * np.concatenate(people), 2 * np.concatenate(people) + 1])
        draws.append(recall_score(site[rows], predicted[0, rows], average="macro"))
    error = np.sqrt(squared_over_people(found.influence, person))[0]
    # The error of a standard deviation of 3,000 draws is 1.3 %.
    assert error == pytest.approx(np.std(draws), rel=0.05)


def test_the_spread_under_exchange_widens_it():
    rng = np.random.default_rng(8)
    codes = labellings(np.repeat([0, 1, 2], 20), rng)
    sites = one_row_each(codes)
    found = recalls(told(codes, 0.3, rng), sites, np.ones(60, dtype=bool))
    value, error = found.mean[0], np.sqrt((found.influence**2).sum(axis=1))
    null = value + np.linspace(-0.5, 0.5, M)
    wide = found._replace(of_sites=np.vstack([found.of_sites[:1], np.tile(null, (3, 1)).T]))
    factor = null.std(ddof=1) / np.sqrt((error[1:] ** 2).mean())
    half = norm.ppf(0.975) * factor * error[0] / (value * (1 - value))
    logit = np.log(value / (1 - value))
    expected = 1 / (1 + np.exp(-(logit + np.array([-half, half]))))
    assert factor > 2
    assert recall_interval(wide, sites) == pytest.approx(expected)


def test_where_everybody_is_told_the_limits_are_combined_wilson_limits():
    rng = np.random.default_rng(1)
    codes = labellings(np.repeat([0, 1, 2], [30, 12, 8]), rng)
    sites = one_row_each(codes)
    found = recalls(np.tile(codes[0], (M + 1, 1)), sites, np.ones(50, dtype=bool))
    error = np.sqrt((found.influence**2).sum(axis=1))
    factor = null_inflation(found.mean[1:], error[1:])
    low, high = recall_interval(found, sites)
    below = [
        1 - proportion_confint(n / factor**2, n / factor**2, method="wilson")[0]
        for n in (30, 12, 8)
    ]
    assert (low, high) == (pytest.approx(1 - np.linalg.norm(below) / 3), 1)


def test_few_permutations_or_such_as_change_nothing_give_no_interval():
    rng = np.random.default_rng(3)
    codes = labellings(np.repeat([0, 1], 20), rng)
    predicted, everybody = told(codes, 0.3, rng), np.ones(40, dtype=bool)
    few = one_row_each(codes[:MIN_PERMUTATIONS])
    assert np.isnan(
        recall_interval(recalls(predicted[: len(few.codes)], few, everybody), few)
    ).all()
    enough = one_row_each(codes[: MIN_PERMUTATIONS + 1])
    found = recalls(predicted[: len(enough.codes)], enough, everybody)
    assert np.isfinite(recall_interval(found, enough)).all()
    same = Recalls(*(np.tile(values[:1], (M + 1, 1)) for values in found))
    assert np.isnan(recall_interval(same, one_row_each(codes))).all()


def test_a_site_without_a_prediction_is_left_out():
    codes = np.array([[0, 0, 1, 1, 2, 2]])
    tested = np.array([True, True, True, True, False, False])
    found = recalls(np.array([[0, 1, 1, 1, 0, 0]]), one_row_each(codes), tested)
    assert found.mean[0] == pytest.approx(0.75)
    np.testing.assert_allclose(found.influence[0], [0.125, -0.125, 0, 0, 0, 0])
