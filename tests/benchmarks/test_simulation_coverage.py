"""Short version of benchmarks/simulation_coverage.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmark_script import load_benchmark
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="module")
def simulation():
    module = load_benchmark("simulation_coverage")
    module.N_FRESH = 4000
    with threadpool_limits(1):  # matrices are small
        yield module


def rows(simulation, scenario: str, n_trials: int) -> pd.DataFrame:
    trials = [simulation.trial(index, scenario, 9) for index in range(n_trials)]
    return pd.DataFrame([row for trial in trials for row in trial])


def test_a_trial_is_the_same_when_drawn_again(simulation):
    pd.testing.assert_frame_equal(rows(simulation, "planted", 1), rows(simulation, "planted", 1))


def test_truth_is_chance_without_signal_and_in_controls(simulation):
    null, planted = rows(simulation, "null", 4), rows(simulation, "planted", 4)
    for frame, cohorts in ((null, ["discovery", "external", "control"]), (planted, ["control"])):
        of = frame[frame["cohort"].isin(cohorts) & frame["metric"].isin(["balanced_accuracy"])]
        assert np.abs(of["truth"] - 0.5).max() < 0.04
    external = planted[(planted["cohort"] == "external") & (planted["metric"] == "auc")]
    assert external["truth"].min() > 0.6


def test_coverage_is_counted_against_the_mean_in_discovery_and_the_own_truth_elsewhere(simulation):
    frame = pd.DataFrame(
        {
            "cohort": ["discovery"] * 2 + ["external"] * 2,
            "metric": "auc",
            "aggregation": "person",
            "ci_method": "made_up",
            "estimate": 0.6,
            "ci_low": [0.55, 0.65, 0.55, 0.65],
            "ci_high": [0.70, 0.80, 0.70, 0.80],
            "truth": [0.50, 0.70, 0.50, 0.70],
        }
    )
    table = simulation.coverage("made_up", frame).set_index("cohort")
    assert table.loc["discovery", "truth"] == pytest.approx(0.6)
    assert table.loc["discovery", "coverage"] == 0.5  # 0.6 lies in the first alone
    assert table.loc["external", "coverage"] == 0.5  # each against its own: the second alone
    assert not table["within_93_97"].any()
    assert "50.0 (" in simulation.markdown(table.reset_index())
