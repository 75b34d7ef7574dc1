"""Short version of benchmarks/simulation_slopes.py."""

from __future__ import annotations

import numpy as np
import pytest
from benchmark_script import load_benchmark


@pytest.fixture(scope="module")
def simulation():
    return load_benchmark("simulation_slopes")


def test_a_trial_depends_on_seed_and_index_alone(simulation):
    first = simulation.trial(3, "one cohort each", 199)
    assert first == simulation.trial(3, "one cohort each", 199)
    assert first != simulation.trial(4, "one cohort each", 199)


@pytest.mark.parametrize(
    ("scenario", "least", "most"),
    [
        # The central 99.9 % of the binomial around 5 of 100, and what a shift of sites makes of it.
        ("two external cohorts, shifted", 0, 13),
        ("two external sites, shifted, within sites", 0, 13),
        ("two external sites, shifted", 10, 100),
        ("power", 40, 100),
    ],
)
def test_only_what_features_add_is_found(simulation, scenario, least, most):
    trials = [simulation.trial(index, scenario, 19) for index in range(100)]
    assert least <= np.sum([trial["p_value"] <= 0.05 for trial in trials]) <= most
