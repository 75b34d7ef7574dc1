"""Agents without bias: what the classification of news does by itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from belief_data import made_trials, used_trials

from mri_response.belief_updating.agents import (
    QUANTITIES,
    agent_answers,
    agent_trials,
    agents_effects,
    agents_table,
    news_table,
    session_quantities,
)
from mri_response.belief_updating.changes import change_table
from mri_response.belief_updating.effects import Comparison
from mri_response.belief_updating.models import used_sessions
from mri_response.belief_updating.rates import estimates
from mri_response.belief_updating.trials import Rules, classified, selected
from mri_response.simulation.belief_study import BeliefStudy, base_rates, draw_belief_study


def rational_people(people: int, private: float, shown: np.ndarray, seed: int) -> pd.DataFrame:
    """People who follow Bayes' rule, with private log likelihood ratios of SD .7 and this mean.

    Estimates for the average person have mean 40 and SD 14; answers are whole, from 3 to 77.
    """
    rng = np.random.default_rng(seed)
    size = (people, len(shown))
    average = np.clip(np.round(rng.normal(40, 14, size)), 3, 77)
    ratio = np.exp(private + 0.7 * rng.standard_normal(size))

    def follow(percent):
        odds = percent / (100 - percent) * ratio
        return np.clip(np.round(100 * odds / (1 + odds)), 3, 77)

    own, second = follow(average), follow(np.broadcast_to(shown, size))
    names = np.repeat([f"sub-{i:04d}" for i in range(people)], len(shown))
    frame = pd.DataFrame({"participant_id": names, "session_id": "ses-1"})
    frame["event"] = np.tile([f"event-{i}" for i in range(len(shown))], people)
    frame["event_valence"] = "adverse"
    columns = {"E1": own, "eBR": average, "BR": np.broadcast_to(shown, size), "E2": second}
    return frame.assign(**{name: value.ravel() for name, value in columns.items()})


def summary(raw: pd.DataFrame, news: str) -> pd.DataFrame:
    """Means over people and their standard errors."""
    trials = classified(raw.dropna(), news)
    number = trials.groupby("participant_id", sort=False).ngroup().to_numpy()
    values = session_quantities(trials, trials["E2"].to_numpy(), number, news)
    frame = pd.DataFrame(values, columns=QUANTITIES).dropna()
    return pd.DataFrame({"mean": frame.mean(), "se": frame.sem()})


# An independent simulation of 4,000 people: private knowledge, news, and what was found.
ASYMMETRIES = [
    *((-0.7, "E1", 0.298), (-0.7, "eBR", 0.004), (-0.3, "E1", 0.120)),
    *((-0.3, "eBR", 0.001), (0.0, "E1", -0.015), (0.0, "eBR", -0.003)),
]


@pytest.mark.parametrize(("private", "news", "expected"), ASYMMETRIES)
def test_rational_people_have_the_asymmetry_of_an_independent_simulation(
    shared_data, private, news, expected
):
    table = pd.read_csv(shared_data / "belief" / "base_rates.tsv", sep="\t")
    shown = table.loc[table["list"] == "A", "base_rate"].to_numpy(float)
    found = summary(rational_people(4000, private, shown, 1), news).loc["A"]
    # Both are Monte Carlo means of 4,000 people.
    assert found["se"] <= 0.0025
    assert found["mean"] == pytest.approx(expected, abs=4 * np.sqrt(2) * found["se"])


def test_updates_of_rational_people_by_either_definition(shared_data):
    table = pd.read_csv(shared_data / "belief" / "base_rates.tsv", sep="\t")
    shown = table.loc[table["list"] == "A", "base_rate"].to_numpy(float)
    raw = rational_people(4000, -0.7, shown, 2)
    for news, expected in (("E1", (16.08, 5.62)), ("eBR", (12.0, 11.9))):
        found = summary(raw, news)
        for name, value in zip(("update_good", "update_bad"), expected, strict=True):
            error = 4 * np.sqrt(2) * found.loc[name, "se"]
            assert found.loc[name, "mean"] == pytest.approx(value, abs=error)


def test_private_knowledge_looks_like_optimism_by_e1_alone():
    raw = rational_people(500, -0.7, base_rates(40), 3)
    by_e1, by_ebr = (summary(raw, news).loc["A"] for news in ("E1", "eBR"))
    assert by_e1["mean"] > 0.25
    assert abs(by_ebr["mean"]) < 0.03


def test_a_linear_agent_has_no_asymmetry():
    """Scale wide enough that nothing is cut, first estimates given: A is 0 within its error."""
    trials = used_trials(made_trials(150, 0.5, 0.3, noise=6, sessions=["ses-1"]))
    own = classified(trials, "eBR").assign(used=True)
    rng = np.random.default_rng(4)
    answers = agent_answers(own, "linear", rng, (-500.0, 500.0))
    rates = estimates(own.assign(E2=answers))
    assert rates["A"].mean() == pytest.approx(0, abs=4 * rates["A"].sem())
    assert rates["S"].mean() == pytest.approx(estimates(trials)["S"].mean(), abs=0.02)


def test_quantities_are_means_of_signed_updates_and_least_squares():
    trials = used_trials(made_trials(4, 0.5, 0.1, noise=6))
    used, _, number = used_sessions(trials)
    values = session_quantities(used, used["E2"].to_numpy(), number, "eBR")
    keys = ["participant_id", "session_id"]
    means = used.groupby([*keys, "news"], sort=False)["update"].mean()
    rates = estimates(trials).set_index(keys)
    for row, key in zip(values, rates.index, strict=True):
        expected = [means[(*key, "good")], means[(*key, "bad")], *rates.loc[key, ["S", "A"]]]
        assert row == pytest.approx(expected)


def test_the_table_has_people_and_agents_by_both_definitions():
    raw = rational_people(60, -0.7, base_rates(40), 5)
    groups = {
        name: ("patients", "controls")[at % 2]
        for at, name in enumerate(raw["participant_id"].unique())
    }
    trials = used_trials(raw)
    table = agents_table(trials, groups, n_draws=20, seed=1)
    assert len(table) == 2 * 1 * 2 * len(QUANTITIES)
    cells = table.set_index(["news", "group", "quantity"])
    asymmetry = cells.loc[("E1", "patients", "A")]
    # These people are Bayesian agents themselves, up to the rounding of E1 and eBR.
    assert asymmetry["people"] == pytest.approx(asymmetry["bayesian"], abs=0.02)
    assert asymmetry["people"] > asymmetry["linear_high"]
    assert asymmetry["linear_low"] <= asymmetry["linear"] <= asymmetry["linear_high"]
    again = agents_table(trials, groups, n_draws=20, seed=1)
    pd.testing.assert_frame_equal(table, again)


def test_without_estimates_for_the_average_person_there_is_one_definition_and_one_agent():
    raw = made_trials(6, 0.5, 0.0, noise=5).assign(eBR=np.nan)
    groups = dict.fromkeys(raw["participant_id"], "patients")
    table = agents_table(used_trials(raw, "E1"), groups, n_draws=3)
    assert table["news"].unique().tolist() == ["E1"]
    assert table["bayesian"].isna().all()
    assert table["linear"].notna().all()
    assert news_table(raw, Rules(min_trials=1), groups).empty


def test_a_warning_where_the_definitions_disagree_and_none_where_they_agree():
    rational = rational_people(80, -0.7, base_rates(40), 6)
    groups = dict.fromkeys(rational["participant_id"], "patients")
    row = news_table(rational, Rules(min_trials=2), groups).iloc[0]
    assert row["disagree"]
    assert "against E1 and" in row["warning"]
    assert row["A_E1"] - row["A_eBR"] > 0.2
    assert 0.1 < row["share_differing"] < 0.5
    alike = made_trials(10, 0.5, 0.1, noise=3)
    alike["E2"] += alike["eBR"] - alike["E1"]
    alike["E1"] = alike["eBR"]
    groups = dict.fromkeys(alike["participant_id"], "patients")
    table = news_table(alike, Rules(min_trials=2), groups)
    assert not table["disagree"].any()
    assert (table["warning"] == "").all()
    assert (table["share_differing"] == 0).all()


@pytest.mark.parametrize("kind", ["linear", "bayesian"])
def test_trials_of_agents_go_where_those_of_people_go(kind):
    drawn = draw_belief_study(BeliefStudy(9, 12, 12, 12, planted=0.4))
    trials = selected(drawn.trials, Rules(min_trials=2))[0]
    agents = agent_trials(trials, kind, seed=1)
    assert len(agents) == trials["used"].sum()
    assert agents[["E1", "eBR", "BR", "news"]].equals(
        trials.loc[trials["used"], ["E1", "eBR", "BR", "news"]]
    )
    # What follows from E2 is what the agents' own table would give.
    again = classified(agents[drawn.trials.columns], "eBR")
    for name in ("update", "update_E1", "update_eBR"):
        assert agents[name].equals(again[name])
    assert (agents["away"] == (again["update"] < 0)).all()
    table = change_table(estimates(agents), drawn.people, Comparison("ses-before", "ses-4h"))
    people = change_table(estimates(trials), drawn.people, Comparison("ses-before", "ses-4h"))
    own, theirs = (
        x.set_index(["parameter", "contrast"]).loc[("A", "patients")] for x in (people, table)
    )
    assert own["estimate"] > 0.2
    assert abs(theirs["estimate"]) < 0.1


def test_agents_show_no_effect_of_a_treatment_that_changes_people():
    """Their first estimates are those of the people, but nothing changes how they update."""
    drawn = draw_belief_study(BeliefStudy(8, 20, 20, 20, planted=0.4))
    trials = selected(drawn.trials, Rules(min_trials=2))[0]
    comparison = Comparison("ses-before", "ses-4h")
    table = agents_effects(trials, drawn.people, comparison, n_draws=4)
    row = table.set_index("term").loc["group x time x valence"]
    assert row["people"] > 5
    assert row["linear_low"] < 3
    assert abs(row["bayesian"]) < 3
    assert row["linear_low"] <= row["linear"] <= row["linear_high"]
