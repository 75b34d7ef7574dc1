"""The table of people by visits."""

import numpy as np
import pandas as pd
import pytest

from mri_response.clinical_outcomes.visits import VISIT_COLUMNS, by_visit, visit_table
from mri_response.core.errors import InputError


def scores(*rows):
    return pd.DataFrame(rows, columns=["participant_id", "session_id", "score"])


TRIAL = scores(("a", "pre", 30), ("a", "day1", 12), ("b", "day1", 20), ("b", "day7", 18.5))


def test_a_row_per_person_and_visit_with_missing_scores_as_rows():
    table = visit_table(TRIAL, "pre", ["day1", "day7"])
    assert list(table) == VISIT_COLUMNS
    assert table["participant_id"].tolist() == ["a", "a", "b", "b"]
    assert table["visit"].tolist() == [1, 2, 1, 2]
    np.testing.assert_array_equal(table["baseline"], [30, 30, np.nan, np.nan])
    np.testing.assert_array_equal(table["score"], [12, np.nan, 20, 18.5])
    np.testing.assert_array_equal(table["change"], [-18, np.nan, np.nan, np.nan])
    assert set(table["arm"]) == {"all"}


def test_arms_name_who_is_there_even_without_scores():
    table = visit_table(TRIAL, "pre", ["day7", "day1"], {"c": "drug", "b": "saline"})
    assert table["participant_id"].tolist() == ["c", "c", "b", "b"]
    assert table["arm"].tolist() == ["drug", "drug", "saline", "saline"]
    np.testing.assert_array_equal(table["score"], [np.nan, np.nan, 18.5, 20])
    assert [session for session, _ in by_visit(table)] == ["day7", "day1"]


@pytest.mark.parametrize(
    ("table", "visits", "words"),
    [
        (TRIAL, ["day1", "day9"], ["'day9'", "pre", "day7"]),
        (TRIAL, ["day1", "day1"], ["'day1' twice"]),
        (TRIAL, ["pre"], ["'pre' twice"]),
        (scores(("a", "pre", 3), ("a", "pre", 4)), ["day1"], ["two scores of a at pre"]),
        (scores(("a", "pre", 3), ("a", "day1", np.nan)), ["day1"], ["no score", "'day1'"]),
    ],
)
def test_what_cannot_be_laid_out_is_one_line(table, visits, words):
    with pytest.raises(InputError) as error:
        visit_table(table, "pre", visits)
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words)
