"""Short version of benchmarks/simulation_brain.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmark_script import load_benchmark
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="module")
def simulation():
    module = load_benchmark("simulation_brain")
    with threadpool_limits(1):  # matrices are small
        yield module


def test_a_trial_is_the_same_when_drawn_again(simulation):
    assert simulation.trial(3, "planted", 19) == simulation.trial(3, "planted", 19)
    assert simulation.trial(3, "planted", 19) != simulation.trial(4, "planted", 19)


def test_planted_signs_are_found_where_the_effect_is_strong(simulation):
    rows = pd.DataFrame([simulation.trial(i, "planted, strong", 19) for i in range(4)])
    signs = rows.filter(regex="^sign_")
    assert signs.shape[1] == 12
    assert signs.to_numpy().mean() > 0.9


def test_without_signal_every_call_is_false(simulation):
    rows = pd.DataFrame([simulation.trial(i, "null", 19) for i in range(2)])
    assert (rows.filter(regex="_true$") == 0).all(axis=None)
    assert rows.filter(regex="^sign_").empty


def test_shares_are_counted_over_trials(simulation):
    rows = pd.DataFrame({"trial": [0, 1], "sign_0": [1, 0], "sign_1": [1, 1]})
    for name in simulation.TESTS:
        rows[f"{name}_true"], rows[f"{name}_false"] = [6, 0], [2, 0]
    for name in simulation.SETS:
        rows[f"set_{name}"] = [0.05, 0.06]
    table = simulation.summary("planted", rows).set_index("quantity")["share"]
    assert table["planted sign, mean over regions"] == 0.75
    assert table["planted sign, worst region"] == 0.5
    assert table["planted sign, all regions at once"] == 0.5
    assert table["p_max: any false call"] == 0.5
    assert table["p_fdr: false discovery rate"] == 0.125  # 2 of 8, and none of none
    assert table["p_value: power, mean over regions"] == 0.25
    assert table["set up: p <= 0.05"] == 0.5
    text = simulation.markdown(simulation.summary("planted", rows))
    assert "| p_max: any false call | 50.0 |" in text
    assert not np.isnan(table).any()
