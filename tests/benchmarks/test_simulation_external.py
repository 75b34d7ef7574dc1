"""Short version of benchmarks/simulation_external.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmark_script import load_benchmark

SHIFTED = "shifted_by_1.5"


@pytest.fixture(scope="module")
def simulation():
    return load_benchmark("simulation_external")


def test_expected_values_are_those_of_large_cohorts(simulation):
    small = simulation.SCENARIOS["signal_shifted"]
    large = small._replace(
        positive=tuple(500 * n for n in small.positive),
        negative=tuple(500 * n for n in small.negative),
    )
    cohort, scores = simulation.draw(np.random.default_rng(1), large)
    found = simulation.within_estimates(scores[0], cohort)
    for metric, expected in simulation.truth(small).items():
        assert found[metric][0] == pytest.approx(expected, abs=0.01)


def test_a_trial_depends_on_seed_and_index_alone(simulation):
    first = simulation.trial(3, SHIFTED, 1)
    assert first == simulation.trial(3, SHIFTED, 1)
    assert first != simulation.trial(4, SHIFTED, 1)


def test_within_cohorts_a_shift_makes_no_model(simulation):
    trials = pd.DataFrame([simulation.trial(index, SHIFTED, 1) for index in range(60)])
    row = simulation.summary(SHIFTED, trials)
    assert row["trials"] == 60
    assert row["within_auc"] == pytest.approx(0.5, abs=0.04)
    assert row["within_auc_above"] < 0.12
    assert row["across_auc"] > 0.6
    assert row["across_auc_above"] > 0.4
