"""Short version of benchmarks/calibration.py: the test holds its level, leaks are told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmark_script import load_benchmark
from threadpoolctl import threadpool_limits

from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.splits import Scheme

M = 19


@pytest.fixture(scope="module")
def calibration():
    module = load_benchmark("calibration")
    module.SCHEMES = {
        "label_blind": Scheme(1, 4, 1, 2),
        "stratified": Scheme(1, 4, 1, 2, stratified=True),
    }
    module.OPTIONS = SvcOptions((2.0**-8, 2.0**-4))
    module.N_FRESH = 60
    with threadpool_limits(1):  # matrices are small
        yield module


def summary(calibration, name, scheme, n_sets) -> pd.DataFrame:
    rows = [calibration.analysed(name, scheme, index, M) for index in range(n_sets)]
    return pd.DataFrame(calibration.summary(name, scheme, pd.DataFrame(rows), M))


@pytest.mark.parametrize(
    ("name", "scheme", "n_sets"),
    [
        ("no_signal", "label_blind", 100),
        ("no_signal", "stratified", 20),
        ("visits_constant", "label_blind", 30),
        ("sites", "label_blind", 80),
        ("harmonised", "label_blind", 40),
        ("harmonised_with_class", "label_blind", 40),
        ("inner_sites", "label_blind", 40),
        ("transport", "label_blind", 100),
        ("confound_linear", "label_blind", 50),
        ("confound_u_spline", "label_blind", 50),
        ("confound_u_conditional", "label_blind", 50),
    ],
)
def test_p_is_at_most_005_in_5_percent_of_null_data_sets(calibration, name, scheme, n_sets):
    table = summary(calibration, name, scheme, n_sets)
    assert list(table["metric"]) == ["balanced_accuracy", "auc"]
    assert (table["rejected"] <= table["band_high"]).all(), table.to_string()
    if not name.startswith("confound"):  # there the test is conservative
        # Ties lower the share itself.
        assert (table["ties_split"] >= table["band_low"]).all(), table.to_string()


def test_a_tree_reads_the_confound_off_what_its_removal_leaves_of_two_values(calibration):
    table = summary(calibration, "confound_discrete_tree", "label_blind", 20)
    assert (table["verdict"] == "above").all(), table.to_string()
    assert (table["cross_validated"] > 0.58).all(), table.to_string()
    kept = summary(calibration, "confound_discrete_tree_not_removed", "label_blind", 20)
    assert (kept["verdict"] != "above").all(), kept.to_string()
    assert (kept["cross_validated"] < 0.56).all(), kept.to_string()


def test_sites_that_differ_are_found_where_labels_are_permuted_over_all_of_them(calibration):
    table = summary(calibration, "sites_permuted_over_all", "label_blind", 40)
    assert (table["verdict"] == "above").all(), table.to_string()


def test_the_gain_over_the_baseline_is_found_as_often_as_the_level_says_and_more_with_a_signal(
    calibration,
):
    table = summary(calibration, "number_given_baseline", "label_blind", 100)
    assert list(table["metric"]) == ["r2_gain", "mae_gain"]
    assert (table["verdict"] == "inside").all(), table.to_string()
    power = summary(calibration, "number_signal", "label_blind", 40)
    assert (power["rejected"] > 0.3).all(), power.to_string()


def test_what_bends_with_a_confound_is_not_removed_by_a_straight_line(calibration):
    table = summary(calibration, "confound_u", "label_blind", 25)
    assert (table["verdict"] == "above").all(), table.to_string()
    # Nothing leaks: fresh people are confounded too. It is told by what the confounds say alone.
    assert (table["fresh_people"] > 0.6).all(), table.to_string()
    assert (table["warned"] > 0.5).all(), table.to_string()


def test_labels_drawn_given_the_confounds_do_not_know_how_these_act_together(calibration):
    table = summary(calibration, "confound_interaction_conditional", "label_blind", 20)
    assert (table["verdict"] == "above").all(), table.to_string()


@pytest.mark.parametrize("name", ["leak_selection", "leak_person"])
def test_a_leak_outside_the_permutations_is_told_by_p(calibration, name):
    table = summary(calibration, name, "label_blind", 25)
    assert (table["verdict"] == "above").all(), table.to_string()
    assert (table["cross_validated"] > table["fresh_people"] + 0.08).all(), table.to_string()


def test_harmonising_all_rows_with_their_labels_is_told_by_fresh_people(calibration):
    table = summary(calibration, "leak_harmonised", "label_blind", 10)
    assert (table["verdict"] == "above").all(), table.to_string()
    assert (table["cross_validated"] > table["fresh_people"] + 0.15).all(), table.to_string()
    sound = summary(calibration, "harmonised_with_class", "label_blind", 10)
    assert (sound["cross_validated"] < sound["fresh_people"] + 0.1).all(), sound.to_string()


def test_a_leak_inside_every_permutation_is_told_by_fresh_people_alone(calibration):
    table = summary(calibration, "leak_selection_each", "label_blind", 12)
    assert (table["verdict"] == "inside").all(), table.to_string()
    assert (table["cross_validated"] > table["fresh_people"] + 0.2).all(), table.to_string()


def test_a_sound_procedure_is_as_good_on_fresh_people(calibration):
    table = summary(calibration, "signal", "label_blind", 30)
    assert (table["rejected"] > 0.2).all(), table.to_string()
    difference = table["cross_validated"] - table["fresh_people"]
    assert (np.abs(difference) < 0.06).all(), table.to_string()


def test_ties_are_split_as_if_broken_at_random(calibration):
    null = np.arange(19.0)
    rejection = calibration._rejection_ties_split
    assert rejection(19.0, null) == 1.0  # above all of them
    assert rejection(18.0, null) == 0.5  # tied with the largest
    assert rejection(17.0, null) == 0.0
    assert rejection(1.0, np.ones(19)) == pytest.approx(0.05)


def test_the_table_in_markdown(calibration):
    rows = pd.DataFrame([calibration.analysed("no_signal", "label_blind", i, M) for i in range(2)])
    text = calibration.markdown(
        pd.DataFrame(calibration.summary("no_signal", "label_blind", rows, M))
    )
    header, rule, *lines = text.splitlines()
    assert {line.count("|") for line in (header, rule, *lines)} == {12}
    assert len(lines) == 2
