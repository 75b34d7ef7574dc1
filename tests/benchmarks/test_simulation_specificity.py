"""Short version of benchmarks/simulation_specificity.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmark_script import load_benchmark
from sklearn.metrics import roc_auc_score

SHIFTED = "two_active_cohorts_shifted"


@pytest.fixture(scope="module")
def simulation():
    return load_benchmark("simulation_specificity")


@pytest.mark.parametrize("name", ["stretched_scores", SHIFTED, "power_strong"])
def test_scores_have_the_auc_of_the_scenario(simulation, name):
    rng = np.random.default_rng(1)
    scenario = simulation.SCENARIOS[name]
    groups = {f"active_{i}": group for i, group in enumerate(scenario.active)}
    groups["control"] = scenario.control
    drawn = pd.concat([simulation.study(rng, scenario)[1] for _ in range(100)])
    for cohort, group in groups.items():
        own = drawn[drawn["cohort"] == cohort]
        assert len(own) == 100 * (group.n_positive + group.n_negative)
        assert roc_auc_score(own["label"], own["decision"]) == pytest.approx(group.area, abs=0.03)


def test_a_trial_depends_on_seed_and_index_alone(simulation):
    first = simulation.trial(3, "power", 1)
    assert first == simulation.trial(3, "power", 1)
    statistics = {simulation.trial(index, "power", 1)["auc"] for index in range(12)}
    assert statistics == {True, False}


def test_summary_counts(simulation):
    trials = pd.DataFrame([simulation.trial(index, SHIFTED, 1) for index in range(3)])
    row = simulation.summary(SHIFTED, trials)
    assert (row["n_active"], row["n_positive_active"], row["trials"]) == (51, 26, 3)
    assert row["auc"] == pytest.approx(trials["auc"].mean(), abs=1e-4)
    assert row["auc_within_cohorts"] == pytest.approx(trials["auc_within_cohorts"].mean(), abs=1e-4)
    alone = pd.DataFrame([simulation.trial(0, "power", 1)])
    assert np.isnan(simulation.summary("power", alone)["auc_within_cohorts"])
