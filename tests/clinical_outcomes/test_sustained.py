"""Sustained response and relapse, by the rules written out for single people."""

import numpy as np
import pandas as pd

from mri_response.clinical_outcomes.rates import Rule
from mri_response.clinical_outcomes.survival import incidence
from mri_response.clinical_outcomes.sustained import (
    Relapse,
    sustained_response,
    times_to_relapse,
)
from mri_response.clinical_outcomes.visits import visit_table

VISITS = ["d1", "d3", "d7", "d14"]
DAYS = {"d1": 1, "d3": 3, "d7": 7, "d14": 14}
PEOPLE = {
    "stays": (40, 10, 12, 14, 20),
    "returns": (40, 10, 12, 30, 12),
    "late": (40, 30, 30, 15, 15),
    "never": (40, 35, 36, 38, 40),
    "unknown": (40, 10, 12, np.nan, 12),
    "unknown_but_no": (40, np.nan, 12, np.nan, 30),
    "no_baseline": (np.nan, 10, 10, 10, 10),
    "once": (40, 10, np.nan, np.nan, np.nan),
}


def trial():
    rows = [
        (who, session, score)
        for who, scores in PEOPLE.items()
        for session, score in zip(["pre", *VISITS], scores, strict=True)
    ]
    scores = pd.DataFrame(rows, columns=["participant_id", "session_id", "score"])
    return visit_table(scores, "pre", VISITS)


def test_sustained_means_all_of_the_last_visits():
    found = sustained_response(trial(), Rule(50), 2).set_index("participant_id")["sustained"]
    expected = {"stays": 1, "returns": 0, "late": 1, "never": 0, "unknown_but_no": 0}
    assert found[list(expected)].to_dict() == expected
    assert found[["unknown", "no_baseline", "once"]].isna().all()
    longer = sustained_response(trial(), Rule(50), 3).set_index("participant_id")
    assert longer.loc["late", "sustained"] == 0
    assert longer.loc["unknown", "n_missing"] == 1
    # The more visits must show it, the fewer people have it.
    counts = [
        np.nansum(sustained_response(trial(), Rule(50), k)["sustained"]) for k in (1, 2, 3, 4)
    ]
    assert counts == sorted(counts, reverse=True)


def test_relapse_counts_from_the_response():
    found = times_to_relapse(trial(), Rule(50), Relapse(percent_of_baseline=75), DAYS)
    rows = found.set_index("participant_id")[["time", "status"]].apply(tuple, axis=1).to_dict()
    assert rows == {
        "stays": (13, "censored"),
        "returns": (6, "event"),  # 30 of 40 is 75 per cent
        "late": (7, "censored"),
        "unknown": (13, "censored"),
        "unknown_but_no": (11, "event"),
        "once": (0, "censored"),
    }
    assert incidence(found)["n"].iloc[0] == 6
    strict = times_to_relapse(trial(), Rule(50), Relapse(above=19), DAYS)
    assert strict.set_index("participant_id").loc["stays", "status"] == "event"
    either = times_to_relapse(trial(), Rule(50), Relapse(75, 19), DAYS)
    assert (either["status"] == "event").sum() == 3
