"""Participation ratios without bias, similarity of people, and their tests."""

from itertools import permutations

import numpy as np
import pytest

from mri_response.variability.dimensions import (
    mean_similarity,
    participation_ratio,
    ratio_at_equal_n,
    ratio_difference_p,
    ratio_with_interval,
    shares_of_variance,
    similarity,
    similarity_p,
    similarity_to_others,
    unbiased_ratio,
)
from mri_response.variability.families import orders_within

# Eigenvalues of a population whose ratio is 40.8.
SPECTRUM = np.exp(-np.arange(200) / 20.4)
TRUE = SPECTRUM.sum() ** 2 / (SPECTRUM**2).sum()


def drawn(n, rng):
    return rng.standard_normal((n, len(SPECTRUM))) * np.sqrt(SPECTRUM) + 3


def test_unbiased_ratio_is_that_over_distinct_people():
    maps = np.random.default_rng(1).standard_normal((6, 5)) + 4
    quads = list(permutations(range(6), 4))
    numerator = denominator = 0.0
    for i, j, k, m in quads:
        one, other = maps[i] - maps[j], maps[k] - maps[m]
        numerator += (one @ one) * (other @ other) / 4
        denominator += (one @ other) ** 2 / 4
    assert unbiased_ratio(maps) == pytest.approx(numerator / denominator)


@pytest.mark.parametrize("n", [12, 22, 40])
def test_only_the_unbiased_ratio_does_not_depend_on_n(n):
    assert pytest.approx(40.8, abs=0.1) == TRUE
    rng = np.random.default_rng(2)
    # A ratio of unbiased parts: averaged over samples part by part.
    values = np.array([1 / unbiased_ratio(drawn(n, rng)) for _ in range(150)])
    error = values.std() / np.sqrt(len(values))
    assert values.mean() == pytest.approx(1 / TRUE, abs=3 * error)
    assert participation_ratio(drawn(n, rng)) < 0.7 * TRUE


def test_intervals_cover_the_population():
    rng = np.random.default_rng(3)
    found = [ratio_with_interval(drawn(40, rng)) for _ in range(40)]
    assert sum(own.low < TRUE < own.high for own in found) >= 34


def test_exchange_of_people_tells_groups_apart_and_keeps_equal_ones():
    rng = np.random.default_rng(4)
    few = rng.standard_normal((25, 200)) * np.sqrt(np.exp(-np.arange(200) / 4))
    orders, others = (orders_within(["all"] * n, m, rng) for n, m in ((55, 99), (62, 39)))
    assert ratio_difference_p(few * 7, drawn(30, rng), orders) == 0.01
    p = [ratio_difference_p(drawn(22, rng), drawn(40, rng) * 3, others) for _ in range(20)]
    assert 0.2 < np.mean(p) < 0.8


def test_equal_n_is_a_mean_over_samples():
    rng = np.random.default_rng(5)
    maps = drawn(40, rng)
    assert ratio_at_equal_n(maps, 40, 9, rng) == participation_ratio(maps)
    assert ratio_at_equal_n(maps, 22, 50, rng) < participation_ratio(maps)


def test_mean_similarity_and_its_jackknife():
    rng = np.random.default_rng(6)
    maps = rng.standard_normal((20, 60)) + rng.standard_normal(60)
    table, upper = np.corrcoef(maps), np.triu_indices(20, 1)
    found = mean_similarity(maps)
    assert found.value == pytest.approx(table[upper].mean())
    without = [mean_similarity(np.delete(maps, i, axis=0)).value for i in range(20)]
    error = np.sqrt(19 / 20 * ((without - np.mean(without)) ** 2).sum())
    assert found.high - found.value == pytest.approx(1.959964 * error, rel=1e-6)
    np.testing.assert_allclose(similarity(maps), table)


def test_signs_at_random_test_whether_people_are_alike():
    rng = np.random.default_rng(7)
    noise = rng.standard_normal((20, 60))
    assert similarity_p(noise + 0.5 * rng.standard_normal(60), 199, rng) == 0.005
    p = [similarity_p(rng.standard_normal((15, 30)), 49, rng) for _ in range(30)]
    assert 0.3 < np.mean(p) < 0.7


def test_similarity_to_others_and_shares_are_what_they_say():
    maps = np.random.default_rng(8).standard_normal((9, 30))
    others = np.delete(maps, 2, axis=0).mean(axis=0)
    assert similarity_to_others(maps)[2] == pytest.approx(np.corrcoef(maps[2], others)[0, 1])
    shares = shares_of_variance(maps)
    assert shares.sum() == pytest.approx(1)
    centred = maps - maps.mean(axis=0)
    assert shares[4] == pytest.approx((centred[4] ** 2).sum() / (centred**2).sum())
