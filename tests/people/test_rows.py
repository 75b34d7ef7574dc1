"""Rows of people: weights, positions, and cohorts taken together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.people.rows import person_weights, pooled, rows_of_people, told_apart


def test_a_person_weighs_one() -> None:
    weights, person = person_weights(["b", "a", "b"])
    np.testing.assert_array_equal(weights, [0.5, 1, 0.5])
    np.testing.assert_array_equal(person, [1, 0, 1])


def test_rows_of_each_person() -> None:
    found = rows_of_people(person_weights(["b", "a", "b"])[1])
    assert [rows.tolist() for rows in found] == [[1], [0, 2]]


def test_people_of_two_cohorts_with_one_identifier_stay_two() -> None:
    first = pd.DataFrame({"participant_id": ["1", "2", "2"], "label": [0, 1, 1]}, index=[4, 5, 6])
    second = pd.DataFrame({"participant_id": [2], "label": [0]})
    together = pooled({"x": first, "y": second})
    assert together["participant_id"].tolist() == ["x/1", "x/2", "x/2", "y/2"]
    assert together["label"].tolist() == [0, 1, 1, 0]
    assert together.index.tolist() == [0, 1, 2, 3]
    assert first["participant_id"].tolist() == ["1", "2", "2"]
    assert np.unique(person_weights(together["participant_id"])[1]).size == 3


def test_identifiers_of_rows_with_their_cohorts() -> None:
    cohort, participant = pd.Series(["x", "y"]), pd.Series(["1", "1"])
    assert told_apart(cohort, participant).tolist() == ["x/1", "y/1"]
