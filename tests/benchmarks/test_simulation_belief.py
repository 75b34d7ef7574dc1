"""Short version of benchmarks/simulation_belief.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from benchmark_script import load_benchmark
from threadpoolctl import threadpool_limits

from mri_response.belief_updating.effects import Comparison
from mri_response.belief_updating.trials import Rules, selected
from mri_response.simulation.belief_study import BeliefStudy, draw_belief_study


@pytest.fixture(scope="module")
def simulation():
    with threadpool_limits(1):  # matrices are small
        yield load_benchmark("simulation_belief")


def test_a_trial_depends_on_seed_and_index_alone(simulation):
    first = simulation.study_trial(3, "nothing_small", 1)
    assert first == simulation.study_trial(3, "nothing_small", 1)
    assert set(first) >= {"interaction", "change", "association", "interaction_cells", "change_e1"}
    one = simulation.mediation_trial(3, "strong", 1, n_bootstrap=100)
    assert one == simulation.mediation_trial(3, "strong", 1, n_bootstrap=100)


def test_private_knowledge_that_changes_is_taken_for_a_bias_by_e1(simulation):
    found = pd.DataFrame(
        [simulation.study_trial(i, "private_knowledge_changes", 2) for i in range(4)]
    ).astype(float)
    assert found["change_e1"].mean() > 0.6
    assert found["change"].mean() < 0.4


def test_published_degrees_of_freedom_are_those_of_cell_means(simulation):
    drawn = draw_belief_study(BeliefStudy(1, 12, 12, 12, planted=0.2))
    trials, _ = selected(drawn.trials, Rules(min_trials=2))
    found = simulation.cells_p_value(trials, drawn.people, Comparison("ses-before", "ses-4h"))
    rows = trials[trials["session_id"] != "ses-1w"].query("used").merge(drawn.people)
    cells = rows.groupby(["participant_id", "group", "session_id", "news"])["update"].mean()
    fit = smf.ols(
        "update ~ C(group, Sum) * C(session_id, Sum) * C(news, Sum)", cells.reset_index()
    ).fit()
    assert fit.df_resid == 24 * 4 - 8
    assert found == pytest.approx(fit.pvalues.iloc[-1])


def test_mediation_of_a_strong_effect_is_found_and_of_none_is_not(simulation):
    strong, nothing = (
        pd.DataFrame([simulation.mediation_trial(i, name, 3, n_bootstrap=200) for i in range(40)])
        for name in ("strong", "a_0_b_0")
    )
    assert strong["percentile"].mean() > 0.6
    assert nothing["percentile"].mean() < 0.1
    # 99.9 % of binomial (40, .95) draws are 31 or more.
    assert strong["percentile_covers"].sum() >= 31
    assert (nothing["percentile"] == ~nothing["percentile_covers"].astype(bool)).all()


def test_summary_counts(simulation):
    trials = pd.DataFrame(
        [{"interaction": True}, {"interaction": False}, {"interaction": np.True_}]
    )
    row = simulation.summary("nothing", simulation.STUDIES["nothing"], trials)
    assert (row["scenario"], row["trials"], row["patients"]) == ("nothing", 3, 26)
    assert row["interaction"] == pytest.approx(2 / 3, abs=1e-4)
