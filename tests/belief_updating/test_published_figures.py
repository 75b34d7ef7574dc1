"""The arithmetic of docs/belief_updating.md on the figures of the published study."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t


def test_the_triple_interaction_has_the_freedom_of_people():
    estimate, low, high, statistic = -0.91, -1.58, -0.24, -2.67
    cells, people = 56 * 2 * 2, 56
    se = (high - low) / 2 / t.ppf(0.975, cells - 8)
    assert se == pytest.approx(0.340, abs=5e-4)
    assert estimate / se == pytest.approx(statistic, abs=0.02)
    assert 2 * t.sf(-statistic, cells - 8) == pytest.approx(0.008, abs=5e-4)
    assert 2 * t.sf(-statistic, people - 2) == pytest.approx(0.010, abs=5e-4)
    half = t.ppf(0.975, people - 2) * estimate / statistic
    assert [estimate - half, estimate + half] == pytest.approx([-1.59, -0.23], abs=5e-3)


def test_the_learning_rates_fit_their_t():
    good, bad, se_good, se_bad, statistic, people = 0.51, 0.36, 0.04, 0.03, 3.8, 26
    se = (good - bad) / statistic
    assert se == pytest.approx(0.039, abs=5e-4)
    correlation = (se_good**2 + se_bad**2 - se**2) / (2 * se_good * se_bad)
    assert correlation == pytest.approx(0.39, abs=5e-3)
    assert [(good + bad) / 2, (good - bad) / 2] == pytest.approx([0.435, 0.075])
    half = t.ppf(0.975, people - 1) * se
    assert [good - bad - half, good - bad + half] == pytest.approx([0.07, 0.23], abs=5e-3)
    assert statistic / np.sqrt(people) == pytest.approx(0.75, abs=5e-3)


def test_the_mediation_has_two_tests_that_disagree():
    estimate, se = -1.00, 0.66
    assert estimate / se == pytest.approx(-1.53, abs=0.02)
    assert 2 * t.sf(1.53, 25) == pytest.approx(0.14, abs=5e-3)
    assert 2 * norm.sf(1.98) == pytest.approx(0.048, abs=5e-4)
    half = norm.ppf(0.975) * se
    assert [estimate - half, estimate + half] == pytest.approx([-2.29, 0.29], abs=5e-3)
