"""A simulated study from its files to what was planted."""

from __future__ import annotations

import pandas as pd
import pytest

from mri_response.belief_updating.association import association_table
from mri_response.belief_updating.censoring import censored_estimates
from mri_response.belief_updating.changes import change_table, with_mediator, with_scores
from mri_response.belief_updating.effects import Comparison, update_effects
from mri_response.belief_updating.mediation import mediation_table
from mri_response.belief_updating.rates import estimates
from mri_response.belief_updating.trials import Rules, read_trials, selected
from mri_response.core.tables import read_tsv
from mri_response.simulation.belief_study import SESSIONS, BeliefStudy, simulate_belief_study

COMPARISON = Comparison(SESSIONS[0], SESSIONS[2])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("belief") / "study"
    simulate_belief_study(BeliefStudy(11, 40, 30, 30, planted=0.3), folder)
    trials, _ = selected(read_trials(folder / "trials.tsv", SESSIONS), Rules())
    people = read_tsv(folder / "participants.tsv", {"age": float, "education": float})
    scores = read_tsv(folder / "scores.tsv", {"score": float})
    planted = read_tsv(folder / "planted.tsv", {"planted": float})
    return trials, people, scores, planted


def test_what_was_planted_lies_in_the_interval_of_what_is_found(study):
    trials, people, _, planted = study
    # By least squares a change is too small, since answers are cut at the ends of the scale.
    table = change_table(censored_estimates(trials), people, COMPARISON)
    assert table["reliability"].isna().all()
    both = table.merge(planted, on=["session_id", "parameter", "contrast"])
    assert len(both) == 6
    rows = both.set_index(["parameter", "contrast"])
    for key in (("A", "patients"), ("A", "patients - controls")):
        assert rows.loc[key, "ci_low"] < rows.loc[key, "planted"] < rows.loc[key, "ci_high"]
        assert rows.loc[key, "p_value"] < 0.05
    effects, _ = update_effects(trials, people, COMPARISON)
    triple = effects.set_index("term").loc["group x time x valence"]
    assert triple["estimate"] > 0
    assert triple["p_value"] < 0.05


def test_responders_whose_asymmetry_changes_make_an_association_and_a_mediation(study):
    trials, people, scores, _ = study
    rates = estimates(trials)
    treated = with_scores(people, scores, "MADRS", SESSIONS[0], SESSIONS[2])
    assert treated["score_after"].notna().sum() == 40
    table = association_table(rates, treated, [COMPARISON], n_permutations=999)
    rows = table.set_index("parameter")
    assert table["n"].unique().tolist() == [40]
    assert rows.loc["A", "r"] < 0
    assert rows.loc["A", "p_family"] < 0.05
    mediated = with_mediator(treated, rates, COMPARISON)
    paths = mediation_table(mediated, n_bootstrap=500).set_index("path")
    assert paths["n"].unique().tolist() == [40]
    assert paths.loc["a", "estimate"] == pytest.approx(0.225, abs=0.1)
    assert paths.loc["ab", "ci_high"] < 0
    assert paths.loc["c", "estimate"] < paths.loc["ab", "estimate"]


def test_a_score_or_session_that_is_missing_stays_missing(study):
    _, people, scores, _ = study
    table = with_scores(people, scores, "HAMD", SESSIONS[0], SESSIONS[2])
    assert table[["score_before", "score_after"]].isna().all(axis=None)
    rates = pd.DataFrame(columns=["participant_id", "session_id", "A", "A_se"])
    assert with_mediator(people, rates, COMPARISON)["mediator_after"].isna().all()
