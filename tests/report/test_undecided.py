"""Why an interval clear of chance does not answer a question yet."""

import numpy as np
import pandas as pd
import pytest
from made_up_run import made_up_run

from mri_response.evaluation.verdict import Answer, Figure, answer_of
from mri_response.report.sections import verdict
from mri_response.report.undecided import not_enough, why_undecided

BY_HOLM = (
    " The interval lies above 0, but of 4 tests one may by chance: Holm p = 0.107 is above 0.05."
)


@pytest.mark.parametrize(
    ("limits", "null_value", "p_values", "said"),
    [
        ((0.03, 0.45), 0.0, (0.027, 0.107), BY_HOLM),
        ((0.51, 0.7), 0.5, (0.027, 0.107), BY_HOLM.replace("lies above 0", "lies above chance")),
        ((-0.45, -0.03), 0.0, (0.027, 0.107), BY_HOLM.replace("lies above 0", "lies below 0")),
        (
            (0.03, 0.45),
            0.0,
            (0.06, 0.24),
            " The interval lies above 0, which is not enough: the test beside it, p = 0.060, "
            "is not at most 0.05.",
        ),
        (
            (-0.03, 0.45),
            0.0,
            (0.005, 0.02),
            " The test alone, p = 0.020, is not enough: the interval includes 0.",
        ),
        ((0.0, 0.45), 0.0, (0.027, 0.0501), ""),  # both say the same
        ((-0.03, 0.45), 0.0, (0.2, 0.8), ""),
        ((0.03, 0.45), 0.0, (0.0125, 0.05), ""),  # the edge of the level: both speak for it
        ((np.nan, np.nan), 0.0, (0.001, 0.004), ""),
        ((0.03, 0.45), 0.0, (np.nan, np.nan), ""),
    ],
)
def test_what_is_said_at_the_edges(limits, null_value, p_values, said) -> None:
    assert not_enough(limits, null_value, p_values, 0.05, 4, "Holm") == said


def test_it_is_said_where_the_rule_of_the_verdict_leaves_a_question_open_for_it() -> None:
    """Over a grid: the interval is told to be too little if and only if p alone was in the way."""
    for low in (-0.1, 0.0, 0.01, 0.2):
        for counted in (0.001, 0.05, 0.0501, 0.9):
            figure = Figure("", "", "auc", 0.3, low, 0.5, "x", 0.01, "", np.nan, 9, 4, 0.0, "")
            open_ = answer_of(figure, counted, 0.05, 0.05) == Answer.CANNOT_TELL
            said = not_enough((low, 0.5), 0.0, (0.01, counted), 0.05, 4, "Holm")
            alone = answer_of(figure, 0.0, 0.05, 0.05) == Answer.FOUND
            assert ("The interval lies" in said) == (open_ and alone), (low, counted)


def test_a_naive_interval_answers_nothing() -> None:
    row = pd.Series({"ci_method": "naive_bootstrap"})
    assert "too narrow" in why_undecided(row, 4)


def test_the_page_says_it_beside_the_answer() -> None:
    made = made_up_run()
    table = made.tables["verdict"]
    row = table["question"] == "better_than_the_clinic"
    given = {"answer": "cannot_tell", "ci_low": 0.03, "ci_high": 0.45}
    given |= {"p_value": 0.027, "p_holm": 0.107, "ci_method": "corrected_resampled_t"}
    table.loc[row, list(given)] = list(given.values())
    items = verdict.SECTION.blocks(made.read())[0].left[0].items
    assert BY_HOLM.replace("4 tests", f"{table['p_value'].notna().sum()} tests") in items[3].text
    (answers,) = verdict.answer_of(made.read(), "better_than_the_clinic")
    assert answers.items[0].text == items[3].text


def test_the_groups_that_may_differ_most_are_named_with_how_much() -> None:
    made = made_up_run()
    table = made.tables["verdict"]
    row = table["question"] == "differs_between_groups"
    for limits, reach in (((-0.131, 0.252), "25.2"), ((-0.3, 0.2), "30.0")):
        given = {"answer": "cannot_tell", "against": "sex: F - M"}
        given |= dict(zip(("ci_low", "ci_high"), limits, strict=True))
        table.loc[row, list(given)] = list(given.values())
        text = verdict.SECTION.blocks(made.read())[0].left[0].items[4].text
        assert f"may differ most between women and men: by up to {reach} points." in text
        assert "certain" not in text
