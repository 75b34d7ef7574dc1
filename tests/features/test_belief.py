"""Features of how people update beliefs: each from the own trials of one session."""

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.features.belief import belief_features

RATES = pd.DataFrame(
    {
        "participant_id": ["a", "a", "b", "c"],
        "session_id": ["before", "after", "before", "after"],
        "S": [0.5, 0.9, 0.4, 0.8],
        "A": [0.1, 0.2, 0.0, 0.3],
        "LR_good": [0.6, 1.1, 0.4, 1.1],
    }
)
PEOPLE = pd.DataFrame({"participant_id": ["b", "c", "a"]})


def spec(session="before", *parameters):
    return {"session": session, "parameters": list(parameters or ["S", "A"])}


def test_values_are_those_of_the_session_in_the_order_of_people():
    found = belief_features(PEOPLE, RATES, spec())
    assert list(found) == ["S", "A"]
    assert found["S"].tolist()[::2] == [0.4, 0.5]
    assert np.isnan(found.loc[1]).all()  # to be filled inside the folds
    assert belief_features(PEOPLE, RATES, spec("after", "LR_good"))["LR_good"][2] == 1.1


def test_other_sessions_and_other_people_change_nothing():
    changed = RATES.assign(S=RATES["S"].where(RATES["session_id"] == "before", 9.0))
    pd.testing.assert_frame_equal(
        belief_features(PEOPLE, changed, spec()), belief_features(PEOPLE, RATES, spec())
    )
    alone = belief_features(PEOPLE.iloc[2:], RATES.iloc[:1], spec())
    assert alone["A"].tolist() == [0.1]


def test_several_scans_of_a_person_have_the_same_values():
    visits = pd.DataFrame({"participant_id": ["a", "a"], "session_id": ["x", "y"]})
    assert belief_features(visits, RATES, spec())["S"].tolist() == [0.5, 0.5]


def test_a_cohort_without_the_session_is_told():
    with pytest.raises(InputError, match=r"no used trials of session 'later' for any of 3"):
        belief_features(PEOPLE, RATES, spec("later"))
