"""Short version of benchmarks/simulation_paired.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmark_script import load_benchmark
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis


@pytest.fixture(scope="module")
def simulation():
    return load_benchmark("simulation_paired")


def test_a_trial_depends_on_seed_and_index_alone(simulation):
    first = simulation.comparison_trial(3, "no_signal", 1)
    assert first == simulation.comparison_trial(3, "no_signal", 1)
    assert set(first) == {"bac", "auc", "independent_bac", "independent_auc"}


def test_the_correction_by_permutation_only_takes_rejections_away(simulation):
    for index in range(6):
        found = simulation.beside_confounds_trial(index, "confounds_no_signal", 1)
        assert found["bac"] <= found["plain_bac"]
        assert found["auc"] <= found["plain_auc"]


def test_all_labellings_at_once_are_each_by_itself(simulation):
    rng = np.random.default_rng(3)
    rows, labels = rng.normal(size=(40, 3)), rng.permuted(np.tile([0, 1], (6, 20)), axis=1).T
    train = np.arange(40) % 4 > 0
    for fit, by_itself in (
        (simulation.classified, simulation.classifier()),
        (simulation.discriminated, LinearDiscriminantAnalysis(priors=[0.5, 0.5])),
    ):
        found = fit(rows, labels, train)
        for column, own in zip(found.T, labels.T, strict=True):
            expected = by_itself.fit(rows[train], own[train]).decision_function(rows[~train])
            # Where all dual variables are at their bound LIBSVM's intercept is not unique.
            free = 0.0 if fit is simulation.discriminated else (expected - column).mean()
            np.testing.assert_allclose(column + free, expected, atol=1e-6)


def test_of_single_people_left_out_there_is_no_p(simulation):
    found = simulation.comparison_trial(0, "leave_one_out", 1)
    assert not found["bac"]
    assert not found["auc"]


def test_the_band_passes_no_more_often_than_single_limits(simulation):
    trials = pd.DataFrame([simulation.curve_trial(index, 1) for index in range(30)])
    row = simulation.summary("no_signal", trials)
    assert row["trials"] == 30
    assert row["band"] <= min(row["pointwise"], 0.1)


def test_models_of_numbers_are_only_shown_to_differ_less_often(simulation):
    for index in range(4):
        found = simulation.numbers_trial(index, "numbers_no_signal", 1)
        assert found["r2"] <= found["plain_r2"]
        assert found["mae"] <= found["plain_mae"]
