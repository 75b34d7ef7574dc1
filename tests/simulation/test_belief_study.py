"""The simulated study has the answers of real people, and in it what was planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.core.tables import read_tsv
from mri_response.simulation.belief_study import (
    SESSIONS,
    BeliefStudy,
    base_rates,
    draw_belief_study,
    planted_changes,
    simulate_belief_study,
)


@pytest.fixture(scope="module")
def large():
    return draw_belief_study(BeliefStudy(3, patients=150, controls=150, responders=75))


def test_base_rates_are_those_of_the_published_lists():
    """40 events with mean and median of 40, an SD of 13.2, from 10 to 70."""
    rates = base_rates(40)
    assert (rates.mean(), np.median(rates)) == (40, 40)
    assert rates.std(ddof=1) == pytest.approx(13.2, abs=0.3)
    assert (rates.min(), rates.max()) == (10, 70)
    assert base_rates(21).mean() == pytest.approx(40, abs=0.5)


def test_answers_are_as_lumpy_as_real_ones(large):
    """Of 21,120 real first estimates the mean is 33.1, 8.6 % are 3, 3.2 % are 77, 68 % fives."""
    own = large.trials["E1"]
    assert own.mean() == pytest.approx(33.1, abs=1.0)
    assert own.groupby(large.trials["participant_id"]).std().mean() == pytest.approx(20.4, abs=1.0)
    assert (own == 3).mean() == pytest.approx(0.086, abs=0.02)
    assert (own == 77).mean() == pytest.approx(0.032, abs=0.01)
    assert (own % 5 == 0).mean() == pytest.approx(0.68, abs=0.02)
    for name in ("E1", "eBR", "E2"):
        assert large.trials[name].between(3, 77).all()
        assert (large.trials[name] % 1 == 0).all()


def test_asymmetry_changes_in_responders_alone(large):
    truth = large.truth.pivot_table(["A", "S"], "participant_id", "session_id")
    responder = large.truth.groupby("participant_id")["responder"].first()
    assert responder.sum() == 75
    for session in SESSIONS[1:]:
        change = truth["A"][session] - truth["A"][SESSIONS[0]]
        error = change.std() / np.sqrt(75)
        assert change[responder].mean() == pytest.approx(0.12, abs=4 * error)
        assert change[~responder].mean() == pytest.approx(0, abs=4 * error)
        scaling = truth["S"][session] - truth["S"][SESSIONS[0]]
        assert scaling.mean() == pytest.approx(0, abs=4 * scaling.std() / np.sqrt(300))
    planted = planted_changes(BeliefStudy(3, patients=150, responders=75))
    own = planted.query("parameter == 'A' and contrast == 'patients - controls'")
    assert own["planted"].tolist() == pytest.approx([0.06, 0.06])
    assert planted.query("parameter == 'S' or contrast == 'controls'")["planted"].eq(0).all()


def test_responders_are_those_whose_score_halves(large):
    scores = large.scores.pivot_table("score", "participant_id", "session_id")
    responder = large.truth.groupby("participant_id")["responder"].first()[scores.index]
    halved = scores[SESSIONS[2]] <= scores[SESSIONS[0]] / 2
    assert (halved == responder).all()
    assert scores.to_numpy().min() >= 0
    assert scores.to_numpy().max() <= 60


def test_every_session_has_its_own_events_and_lists_rotate_over_people(large):
    lists = large.trials["event"].str.slice(0, 7)
    seen = lists.groupby([large.trials["participant_id"], large.trials["session_id"]]).unique()
    assert (seen.str.len() == 1).all()
    shares = pd.crosstab(large.trials["session_id"], lists, normalize="index")
    assert shares.to_numpy() == pytest.approx(1 / 3)


def test_nobodys_numbers_depend_on_how_many_there_are():
    few = draw_belief_study(BeliefStudy(5, patients=4, controls=2, responders=2))
    many = draw_belief_study(BeliefStudy(5, patients=6, controls=3, responders=2))
    same = many.trials["participant_id"].isin(few.people["participant_id"])
    pd.testing.assert_frame_equal(many.trials[same].reset_index(drop=True), few.trials)
    other = draw_belief_study(BeliefStudy(6, patients=4, controls=2, responders=2))
    assert not other.trials.equals(few.trials)


def test_base_rates_may_be_given():
    drawn = draw_belief_study(BeliefStudy(1, 1, 1, 0, base_rates=(20.0, 30.0, 55.0)))
    assert sorted(drawn.trials["BR"].unique()) == [20, 30, 55]


def test_files_are_those_of_a_study_and_foreign_folders_stay(tmp_path):
    study = BeliefStudy(1, patients=3, controls=2, responders=1)
    simulate_belief_study(study, tmp_path / "study")
    first = read_tsv(tmp_path / "study" / "trials.tsv")
    assert len(first) == 5 * 3 * 40
    assert set(first["E2"].str.len()) <= {1, 2}
    simulate_belief_study(study, tmp_path / "study")
    pd.testing.assert_frame_equal(read_tsv(tmp_path / "study" / "trials.tsv"), first)
    assert sorted(path.name for path in (tmp_path / "study").iterdir()) == [
        *("dataset_description.json", "participants.tsv", "planted.tsv"),
        *("scores.tsv", "trials.tsv"),
    ]
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="found files that the simulation did not make"):
        simulate_belief_study(study, tmp_path / "own")
    assert (tmp_path / "own" / "thesis.txt").exists()
