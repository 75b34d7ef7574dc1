"""Short version of benchmarks/simulation_numbers.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmark_script import load_benchmark
from threadpoolctl import threadpool_limits

from mri_response.core.vocabulary import Role
from mri_response.evaluation.numbers.metrics import GAINS, METRICS


@pytest.fixture(scope="module")
def simulation():
    module = load_benchmark("simulation_numbers")
    module.N_FRESH = 4000
    with threadpool_limits(1):  # matrices are small
        yield module


def test_a_trial_depends_on_its_number_alone(simulation):
    first = simulation.trial(3, "signal", 19)
    table = pd.DataFrame(first)
    pd.testing.assert_frame_equal(table, pd.DataFrame(simulation.trial(3, "signal", 19)))
    assert not table.equals(pd.DataFrame(simulation.trial(4, "signal", 19)))
    assert {(row["cohort"], row["metric"]) for row in first} == {
        (cohort, metric) for cohort in ("discovery", Role.EXTERNAL) for metric in METRICS
    }


def test_the_refitted_model_is_one_penalised_regression(simulation, monkeypatch):
    people = simulation.draw(np.random.default_rng(1), 80, 2.5)
    penalty = 7.0
    # Without penalty on intercept, baseline and age; features in units of their residual SD.
    design = np.column_stack([np.ones(80), people.given])
    sd = (people.features - design @ np.linalg.lstsq(design, people.features)[0]).std(axis=0)
    table = np.hstack([design, people.features / sd])
    ridge = np.diag([0.0] * 3 + [penalty] * simulation.P)
    outcome = people.people["label"].to_numpy()
    slopes = np.linalg.solve(table.T @ table + ridge, table.T @ outcome)
    beta = (outcome - table @ slopes) / penalty
    fresh = simulation.draw(np.random.default_rng(2), 30, 2.5)
    fresh_design = np.column_stack([np.ones(30), fresh.given])
    expected = np.hstack([fresh_design, fresh.features / sd]) @ slopes
    found, _ = simulation.Refitted(people, beta).predict(fresh)
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_a_signal_is_found_and_nothing_where_there_is_none(simulation):
    rejected = {}
    for scenario in simulation.SCENARIOS:
        rows = [row for index in range(25) for row in simulation.trial(index, scenario, 19)]
        table = simulation.summary(scenario, pd.DataFrame(rows)).set_index(["cohort", "metric"])
        rejected[scenario] = table["rejected"].dropna()
        assert set(rejected[scenario].index.get_level_values("metric")) == set(GAINS)
        assert (table["covers"] > 0.7).all()
        truth = table.loc[("discovery", "r2_gain"), "truth"]
        assert truth > 0.05 if scenario == "signal" else truth < 0.01
    assert (rejected["null"] <= 0.25).all()
    assert (rejected["signal"] > rejected["null"]).all()
