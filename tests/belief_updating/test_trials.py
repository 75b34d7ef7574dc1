"""Trials in: every one kept, with news, error, update and why it is not used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from belief_data import SESSIONS, made_trials

from mri_response.belief_updating.trials import Rules, classified, read_trials, selected
from mri_response.core.errors import InputError
from mri_response.core.tables import write_tsv

COLUMNS = "participant_id session_id event event_valence E1 eBR BR E2"


def table(*rows: str) -> pd.DataFrame:
    """Trials of ``sub-1`` from rows such as "a adverse 40 35 20 30"."""
    frame = pd.DataFrame([row.split() for row in rows], columns=COLUMNS.split()[2:])
    frame.insert(0, "participant_id", "sub-1")
    frame.insert(1, "session_id", SESSIONS[0])
    for name in ("E1", "eBR", "BR", "E2"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    return frame.assign(trial=range(1, len(frame) + 1))


# ---------------------------------------------------------------- reading
def test_a_table_is_read_as_it_was_written(tmp_path):
    made = made_trials(2, 0.5, 0.1).assign(E2=lambda t: t["E2"].clip(3, 77))
    write_tsv(made, tmp_path / "trials.tsv")
    read = read_trials(tmp_path / "trials.tsv", SESSIONS)
    pd.testing.assert_frame_equal(read, made, check_dtype=False)


def test_trials_are_counted_where_the_table_does_not_number_them(tmp_path):
    made = made_trials(2, 0.5, 0.0).assign(E2=lambda t: t["E2"].clip(3, 77))
    write_tsv(made.drop(columns=["trial", "eBR"]), tmp_path / "trials.tsv")
    read = read_trials(tmp_path / "trials.tsv", SESSIONS)
    assert read["trial"].tolist() == made["trial"].tolist()
    assert read["eBR"].isna().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.loc.__setitem__((3, "E2"), 80), "line 5: column E2: found 80, expected 3 to"),
        (lambda t: t.loc.__setitem__((3, "eBR"), 1), "line 5: column eBR: found 1, expected 3 to"),
        (lambda t: t.loc.__setitem__((3, "BR"), 120), "line 5: column BR: found 120, expected 0"),
        (lambda t: t.loc.__setitem__((3, "BR"), np.nan), "event 'ses-before-event-3': found no b"),
        (lambda t: t.loc.__setitem__((3, "event_valence"), "bad"), "expected 'adverse' or 'desi"),
        (lambda t: t.loc.__setitem__((3, "session_id"), "ses-x"), "found session_id 'ses-x', exp"),
        (lambda t: t.loc.__setitem__((3, "event"), "ses-before-event-2"), "again (first on line 4"),
    ],
)
def test_a_mistake_in_the_table_is_one_line(tmp_path, change, message):
    made = made_trials(1, 0.0, 0.0)
    made = made.astype({"BR": float, "E1": float, "E2": float, "eBR": float})
    change(made)
    write_tsv(made, tmp_path / "trials.tsv")
    with pytest.raises(InputError) as raised:
        read_trials(tmp_path / "trials.tsv", SESSIONS)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_sessions_out_of_order_are_an_error(tmp_path):
    made = made_trials(1, 0.0, 0.0)
    write_tsv(made.iloc[::-1], tmp_path / "trials.tsv")
    with pytest.raises(InputError, match="found session 'ses-before' of 'sub-00' after a later"):
        read_trials(tmp_path / "trials.tsv", SESSIONS)


def test_a_base_rate_missing_on_one_trial_is_a_reason_and_no_error(tmp_path):
    made = made_trials(2, 0.0, 0.0).astype({"BR": float})
    made.loc[3, "BR"] = np.nan
    write_tsv(made, tmp_path / "trials.tsv")
    trials, _ = selected(read_trials(tmp_path / "trials.tsv", SESSIONS), Rules(min_trials=2))
    assert trials.loc[3, "reason"] == "BR is missing"
    assert trials["reason"].notna().sum() == 1


# ---------------------------------------------------------------- news
def test_news_and_update_of_adverse_and_desirable_events():
    trials = classified(
        table(
            "a adverse 40 40 20 30",  # lower risk than thought: good, moved down by 10
            "b adverse 40 40 60 50",  # bad, moved up by 10
            "c desirable 40 40 60 50",  # good, moved up by 10
            "d desirable 40 40 20 45",  # bad, moved away by 5
            "e adverse 40 40 40 45",  # no news
        )
    )
    assert trials["news"].tolist() == ["good", "bad", "good", "bad", "none"]
    assert trials["v"].tolist() == [1, -1, 1, -1, 0]
    assert trials["update"].tolist()[:4] == [10, 10, 10, -5]
    assert np.isnan(trials["update"].iloc[4])
    assert trials["error"].tolist() == [-20, 20, 20, -20, 0]


def test_the_two_definitions_of_news_stand_side_by_side():
    trials = classified(table("a adverse 40 20 30 35", "b adverse 40 n/a 30 35"), "E1")
    assert trials["news_E1"].tolist() == ["good", "good"]
    assert trials["news_eBR"].tolist()[0] == "bad"
    assert pd.isna(trials["news_eBR"].iloc[1])
    assert trials["update_E1"].tolist()[0] == 5
    assert trials["update_eBR"].tolist()[0] == -5
    assert trials["update"].tolist() == [5, 5]


# ---------------------------------------------------------------- what is not used
def test_every_trial_is_kept_with_the_reason():
    rows = ["a adverse 40 40 20 30", "b adverse 40 40 60 50", "c adverse 40 40 20 40"]
    rows += ["d adverse 40 40 60 35", "e adverse 40 40 40 45", "f adverse n/a 40 40 45"]
    rows += ["g adverse 41 40 60 77", "h adverse 40 n/a 60 50"]
    raw = table(*rows)
    trials, sessions = selected(raw, Rules(min_trials=2))
    assert len(trials) == len(raw)
    assert trials["used"].tolist() == [True] * 4 + [False] * 2 + [True, False]
    assert trials["reason"].tolist()[4:6] == [
        "no news: the base rate equals the estimate",
        "E1 is missing",
    ]
    assert trials["reason"].iloc[7] == "eBR is missing"
    counts = sessions.iloc[0]
    assert counts[["n_trials", "n_good", "n_bad"]].tolist() == [8, 2, 3]
    assert counts[["n_unchanged", "n_away", "n_lowest", "n_highest"]].tolist() == [1, 1, 0, 1]
    assert trials["at_limit"].sum() == 1


def test_limits_of_columns_and_names_of_people():
    raw = made_trials(2, 0.5, 0.0).assign(rt_E1=1.0)
    raw.loc[0, "rt_E1"], raw.loc[1, "rt_E1"] = 0.1, 30.0
    rules = Rules(limits={"rt_E1": (0.3, 20.0)}, people=["sub-01"], min_trials=1)
    trials, sessions = selected(raw, rules)
    assert trials["reason"].tolist()[:2] == ["rt_E1 below 0.3", "rt_E1 above 20"]
    assert trials.loc[trials["participant_id"] == "sub-01", "reason"].unique() == [
        "left out by name"
    ]
    assert sessions["used"].tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (Rules(limits={"rt": (0, 1)}), "found no column 'rt'"),
        (Rules(recall=True), "found no column 'BR_recall'"),
        (Rules(people=["sub-9"]), "found 'sub-9', expected participants"),
    ],
)
def test_a_rule_about_what_is_not_there_is_an_error(rules, message):
    with pytest.raises(InputError, match=message):
        selected(made_trials(1, 0.5, 0.0), rules)


def test_sessions_are_left_out_by_rule():
    raw = made_trials(4, 0.5, 0.0)
    flat = raw["participant_id"] == "sub-00"
    raw.loc[flat, "E1"] = 40.0
    recalled = raw["BR"].to_numpy().copy()
    bad = (raw["participant_id"] == "sub-01").to_numpy()
    recalled[bad] = recalled[bad][::-1]
    _, sessions = selected(raw.assign(BR_recall=recalled), Rules(min_trials=1, recall=True))
    assert sessions["reason"].tolist()[:4] == [
        *["every E1 is the same"] * 2,
        *["base rates recalled no better than by chance"] * 2,
    ]
    _, sessions = selected(raw, Rules(min_trials=12, one_answer=False))
    kinds = sessions["reason"].unique().tolist()
    assert set(kinds) <= {f"fewer than 12 trials with {kind} news" for kind in ("good", "bad")}


def test_a_person_with_one_valence_alone_is_an_error_unless_left_out():
    raw = made_trials(2, 0.5, 0.0)
    own = raw["participant_id"] == "sub-01"
    raw.loc[own, "eBR"] = 77.0
    with pytest.raises(
        InputError, match=r"participant 'sub-01': found good news alone \(40 trials"
    ):
        selected(raw, Rules())
    _, sessions = selected(raw, Rules(people=["sub-01"], min_trials=1))
    assert sessions["used"].tolist() == [True, True, False, False]
    _, sessions = selected(raw, Rules(min_trials=1, one_valence=True))
    assert sessions["reason"].tolist()[2:] == ["fewer than 1 trials with bad news"] * 2


def test_a_session_with_one_valence_alone_is_left_out():
    raw = made_trials(2, 0.5, 0.0)
    own = (raw["participant_id"] == "sub-01") & (raw["session_id"] == "ses-after")
    raw.loc[own, "eBR"] = 77.0
    _, sessions = selected(raw, Rules(min_trials=1))
    assert sessions["used"].tolist() == [True, True, True, False]


def test_news_by_an_estimate_that_nobody_gave_is_an_error():
    with pytest.raises(InputError, match="news measured against eBR: found no value"):
        selected(made_trials(1, 0.5, 0.0).assign(eBR=np.nan), Rules())
