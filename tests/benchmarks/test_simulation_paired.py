"""Short version of benchmarks/simulation_paired.py."""

from __future__ import annotations

import pandas as pd
import pytest
from benchmark_script import load_benchmark


@pytest.fixture(scope="module")
def simulation():
    return load_benchmark("simulation_paired")


def test_a_trial_depends_on_seed_and_index_alone(simulation):
    first = simulation.comparison_trial(3, "no_signal", 1)
    assert first == simulation.comparison_trial(3, "no_signal", 1)
    assert set(first) == {"bac", "auc", "independent_bac", "independent_auc"}


def test_the_bound_by_permutation_only_takes_rejections_away(simulation):
    for index in range(6):
        found = simulation.comparison_trial(index, "confounds_no_signal", 1)
        assert found["bac"] <= found["plain_bac"]
        assert found["auc"] <= found["plain_auc"]


def test_of_single_people_left_out_there_is_no_p(simulation):
    found = simulation.comparison_trial(0, "leave_one_out", 1)
    assert not found["bac"]
    assert not found["auc"]


def test_the_band_passes_no_more_often_than_single_limits(simulation):
    trials = pd.DataFrame([simulation.curve_trial(index, 1) for index in range(30)])
    row = simulation.summary("no_signal", trials)
    assert row["trials"] == 30
    assert row["band"] <= min(row["pointwise"], 0.1)
