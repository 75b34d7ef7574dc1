"""Means, spreads and associations of whole families, against other computations."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from mri_response.core.permutation import permutation_p_value
from mri_response.variability.families import (
    error_of_log_sd,
    family_p,
    log_variance_ratio,
    means_under_signs,
    orders_within,
    ratios_under_exchange,
    sd_of_response,
    t_of_correlation,
    t_of_means,
)


def test_p_is_never_0_and_the_family_has_the_larger_one():
    rng = np.random.default_rng(1)
    null, observed = np.abs(rng.standard_normal((99, 5))), np.array([0.1, 1, 2, 3, 9.0])
    single, family = permutation_p_value(observed, null), family_p(observed, null)
    assert single[-1] == family[-1] == 0.01
    assert (family >= single).all()
    assert family[1] == (1 + (null.max(axis=1) >= 1).sum()) / 100


def test_t_and_signs_at_random():
    rng = np.random.default_rng(2)
    values = rng.standard_normal((14, 4))
    values[:, 2] += 1
    np.testing.assert_allclose(t_of_means(values), ttest_1samp(values, 0).statistic)
    signs = np.random.default_rng(3).choice([-1.0, 1.0], size=(6, 14))
    expected = [ttest_1samp(own[:, None] * values, 0).statistic for own in signs]
    np.testing.assert_allclose(means_under_signs(values, 6, np.random.default_rng(3)), expected)


def test_variance_under_treatment():
    rng = np.random.default_rng(4)
    control = rng.standard_normal((40, 30))
    treated = rng.standard_normal((60, 30)) * np.where(np.arange(30) < 3, 3.0, 1.0) + 5
    ratio = log_variance_ratio(treated, control)
    plain = np.log(treated.std(axis=0, ddof=1) / control.std(axis=0, ddof=1))
    np.testing.assert_allclose(ratio, plain + 1 / 118 - 1 / 78)
    null = np.abs(ratios_under_exchange(treated, control, orders_within(["all"] * 100, 199, rng)))
    p = family_p(np.abs(ratio), null)
    assert (p[:3] < 0.05).all()
    assert (p[3:] < 0.05).sum() <= 1
    response = sd_of_response(treated, control)
    assert response[:3] == pytest.approx(np.sqrt(8), abs=0.9)
    assert (response[3:] < 0).any()  # where the control arm varies more it is negative


def test_exchange_of_people_is_that_of_their_rows():
    rng = np.random.default_rng(9)
    treated, control = rng.standard_normal((9, 4)) * 3 + 20, rng.standard_normal((7, 4))
    blocks = np.array(["a"] * 5 + ["b"] * 4 + ["a"] * 3 + ["b"] * 4)
    orders = orders_within(blocks, 30, rng)
    both = np.concatenate(
        [arm - arm.mean(axis=0) for arm in (treated * (9 / 8) ** 0.5, control * (7 / 6) ** 0.5)]
    )
    expected = [log_variance_ratio(both[order[:9]], both[order[9:]]) for order in orders]
    np.testing.assert_allclose(ratios_under_exchange(treated, control, orders), expected)
    # Nobody comes into the other block, so that as many of each block are in an arm as before.
    assert (np.sort(blocks[orders[:, :9]], axis=1) == np.sort(blocks[:9])).all()


def test_error_of_a_log_sd_is_its_spread_over_samples():
    rng = np.random.default_rng(8)
    for draw in (rng.standard_normal, lambda size: rng.standard_t(9, size)):
        values = draw((100, 2000))
        spread = np.log(values.std(axis=0, ddof=1)).std()
        assert np.sqrt((error_of_log_sd(values) ** 2).mean()) == pytest.approx(spread, rel=0.08)


def test_people_are_permuted_within_their_block():
    blocks = np.array(["a", "b", "a", "b", "b", "a"])
    orders = orders_within(blocks, 50, np.random.default_rng(5))
    assert (blocks[orders] == blocks).all()
    assert (np.sort(orders, axis=1) == np.arange(6)).all()
    assert len(np.unique(orders, axis=0)) > 10


def test_t_of_a_correlation_by_hand():
    np.testing.assert_allclose(t_of_correlation(np.array([0.5, -0.5]), 12), [2, 2])
