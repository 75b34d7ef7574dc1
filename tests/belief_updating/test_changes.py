"""Change of learning rates and of first estimates against t-tests of scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp, ttest_ind

from mri_response.belief_updating.changes import answers_table, change_table, paired
from mri_response.belief_updating.effects import Comparison
from mri_response.belief_updating.rates import estimates
from mri_response.belief_updating.trials import Rules, selected
from mri_response.simulation.belief_study import BeliefStudy, draw_belief_study

COMPARISON = Comparison("ses-before", "ses-4h")


@pytest.fixture(scope="module")
def study():
    """A study with a strong effect in most patients."""
    drawn = draw_belief_study(BeliefStudy(4, 30, 30, 25, planted=0.25))
    return selected(drawn.trials, Rules(min_trials=5))[0], drawn.people


def test_changes_are_tested_by_t_tests(study):
    trials, people = study
    rates = estimates(trials)
    table = change_table(rates, people, COMPARISON).set_index(["parameter", "contrast"])
    wide = rates.pivot_table("A", "participant_id", "session_id")
    change = wide["ses-4h"] - wide["ses-before"]
    group = people.set_index("participant_id")["group"][change.index]
    treated, control = change[group == "patients"], change[group == "controls"]
    row = table.loc[("A", "patients")]
    assert row["estimate"] == pytest.approx(treated.mean())
    assert row["p_value"] == pytest.approx(ttest_1samp(treated, 0).pvalue)
    assert row["d_z"] == pytest.approx(treated.mean() / treated.std())
    assert row["after"] - row["before"] == pytest.approx(row["estimate"])
    welch = ttest_ind(treated, control, equal_var=False)
    row = table.loc[("A", "patients - controls")]
    assert row["statistic"] == pytest.approx(welch.statistic)
    assert row["df"] == pytest.approx(welch.df)
    interval = welch.confidence_interval()
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([interval.low, interval.high])
    assert row["ci_low"] < 0.25 * 25 / 30 < row["ci_high"]


def test_reliability_of_a_change_counts_the_errors_of_both_sessions(study):
    trials, people = study
    rates = estimates(trials)
    both = paired(rates, COMPARISON)
    one = rates.set_index(["participant_id", "session_id"])
    name = both.index[0]
    errors = one.loc[[(name, "ses-before"), (name, "ses-4h")], "A_se"]
    assert both.loc[name, "A_change_se"] == pytest.approx(np.sqrt((errors**2).sum()))
    own = both[people.set_index("participant_id")["group"][both.index] == "controls"]
    expected = 1 - (own["A_change_se"] ** 2).mean() / own["A_change"].var()
    table = change_table(rates, people, COMPARISON).set_index(["parameter", "contrast"])
    assert table.loc[("A", "controls"), "reliability"] == pytest.approx(expected)


def test_first_estimates_that_fall_with_treatment_are_seen(study):
    trials, people = study
    treated = people.loc[people["group"] == "patients", "participant_id"]
    later = trials["participant_id"].isin(treated) & (trials["session_id"] == "ses-4h")
    moved = trials.assign(E1=trials["E1"] - 6.0 * later)
    table = answers_table(moved, people, COMPARISON).set_index(["parameter", "contrast"])
    row = table.loc[("E1", "patients - controls")]
    assert row["ci_low"] < -6 < row["ci_high"]
    assert row["p_value"] < 0.01
    assert table.loc[("eBR", "patients - controls"), "p_value"] > 0.001
    before = moved.query("used and session_id == 'ses-before'").merge(people)
    means = before.groupby(["group", "participant_id"])["v"].agg(lambda v: (v > 0).mean())
    expected = means["patients"].mean()
    assert table.loc[("share_good", "patients"), "before"] == pytest.approx(expected)
    assert "reliability" not in table


def test_a_group_without_both_sessions_has_no_change(study):
    trials, people = study
    gone = (trials["session_id"] == "ses-4h") & trials["participant_id"].str.startswith("sub-con")
    table = change_table(estimates(trials[~gone]), people, COMPARISON)
    own = table.set_index(["parameter", "contrast"])
    assert own.loc[("A", "controls"), "n"] == 0
    assert np.isnan(own.loc[("A", "controls"), "estimate"])
    assert np.isnan(own.loc[("A", "patients - controls"), "p_value"])
    assert own.loc[("A", "patients"), "p_value"] < 0.05
