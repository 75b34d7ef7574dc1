"""The rules behind the answers of the first screen, at their edges."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from made_up_run import made_up_run

from mri_response.core.vocabulary import Interval
from mri_response.evaluation.paired import holm
from mri_response.evaluation.verdict import (
    NUMBERS,
    Answer,
    Figure,
    Question,
    answer_of,
    answer_of_groups,
    group_figures,
    verdict_table,
)

USEFUL, LEVEL = 0.65, 0.05
ROLES = {
    "discovery": "discovery",
    "external_a": "external",
    "external_b": "external",
    "saline": "control",
}
SETTINGS = {"level": LEVEL, "useful_performance": USEFUL, "useful_difference": 0.05}


def figure(low: float, high: float, **changes) -> Figure:
    known = Figure(
        *("discovery", "", "balanced_accuracy", (low + high) / 2, low, high),
        *(Interval.NULL_INFLATED, 0.01, "whole_procedure", 1000.0, 99.0, 52.0, 0.5),
        "performance",
    )
    return dataclasses.replace(known, **changes)


@pytest.mark.parametrize(
    ("low", "high", "p_holm", "expected"),
    [
        (0.55, 0.80, 0.01, Answer.FOUND),
        (0.55, 0.80, 0.05, Answer.FOUND),  # at the level
        (0.55, 0.80, 0.051, Answer.CANNOT_TELL),  # the interval alone is not enough
        (0.50, 0.80, 0.01, Answer.CANNOT_TELL),  # nor is the p-value
        (0.51, 0.60, 0.001, Answer.SMALL),  # significant and of no use
        (0.51, 0.65, 0.001, Answer.FOUND),  # useful is not excluded
        (0.40, 0.64, 0.40, Answer.NOT_FOUND),  # a null result of a large study
        (0.40, 0.66, 0.40, Answer.CANNOT_TELL),  # and of a small one
        (0.51, 0.60, 0.20, Answer.NOT_FOUND),
        (0.20, 0.45, 1.00, Answer.NOT_FOUND),  # worse than chance
        (0.55, 0.80, np.nan, Answer.CANNOT_TELL),  # without a test
        (np.nan, np.nan, 0.01, Answer.CANNOT_TELL),  # without an interval
    ],
)
def test_p_value_and_interval_answer_together(low, high, p_holm, expected) -> None:
    known = figure(low, high, estimate=0.6)
    assert answer_of(known, p_holm, USEFUL, LEVEL) == expected


def test_what_is_not_there_is_not_asked() -> None:
    assert answer_of(None, np.nan, USEFUL, LEVEL) == Answer.NOT_ASKED
    empty = figure(np.nan, np.nan)  # a class too small for numbers
    assert answer_of(empty, np.nan, USEFUL, LEVEL) == Answer.NOT_ASKED


def test_a_naive_interval_answers_nothing() -> None:
    for low, high in ((0.55, 0.80), (0.40, 0.60)):
        naive = figure(low, high, ci_method=Interval.NAIVE_BOOTSTRAP)
        assert answer_of(naive, 0.001, USEFUL, LEVEL) == Answer.CANNOT_TELL


@pytest.mark.parametrize(
    ("limits", "expected", "shown"),
    [
        ([(-0.20, 0.30), (0.01, 0.40)], Answer.FOUND, 1),
        ([(-0.20, 0.30), (-0.40, -0.01)], Answer.FOUND, 1),
        ([(-0.04, 0.04), (-0.03, 0.049)], Answer.NOT_FOUND, 1),
        ([(-0.04, 0.04), (-0.03, 0.05)], Answer.CANNOT_TELL, 1),
        ([(-0.20, 0.30), (np.nan, np.nan)], Answer.CANNOT_TELL, 0),
        ([(np.nan, np.nan)], Answer.NOT_ASKED, None),
        ([], Answer.NOT_ASKED, None),
    ],
)
def test_groups_differ_are_alike_or_nobody_knows(limits, expected, shown) -> None:
    given = [figure(low, high, null_value=0.0) for low, high in limits]
    found, answer = answer_of_groups(given, 0.05)
    assert answer == expected
    assert found is (None if shown is None else given[shown])


def test_limits_of_groups_hold_together() -> None:
    """Bonferroni for two differences: the normal quantile of 0.9875 in place of that of 0.975."""
    row = {"model": "m", "cohort": "d", "metric": "balanced_accuracy", "ci_method": "x"}
    row |= {"estimate": 0.10, "ci_low": 0.004, "ci_high": 0.196, "n": 99.0, "n_positive": 50.0}
    rows = [
        row | {"variable": "sex", "group": "F", "reference": "M"},
        row | {"variable": "site", "group": "A", "reference": "B"},
        row | {"variable": "age", "group": "30 to 44", "reference": np.nan},
    ]
    together = group_figures(pd.DataFrame(rows), "m", "d", LEVEL)
    assert [f.against for f in together] == ["sex: F - M", "site: A - B"]
    for found in together:
        assert found.ci_low == pytest.approx(0.10 - 0.096 * 2.2414 / 1.96, abs=1e-4)
        assert found.ci_high == pytest.approx(0.10 + 0.096 * 2.2414 / 1.96, abs=1e-4)
    assert answer_of_groups(together, 0.05)[1] == Answer.CANNOT_TELL
    assert group_figures(pd.DataFrame(rows[:1]), "m", "d", LEVEL)[0].ci_low > 0


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    run = made_up_run()
    tables = {"performance": run.performance, **run.tables}
    for name, table in tables.items():
        table = table.replace("n/a", np.nan)
        there = [column for column in NUMBERS if column in table]
        tables[name] = table.astype(dict.fromkeys(there, float))
    return tables


def answers(tables: dict[str, pd.DataFrame], **changes: pd.DataFrame) -> pd.DataFrame:
    made = verdict_table({**tables, **changes}, ROLES, "roi_svc", ["confounds_only"], SETTINGS)
    return made.set_index("question")


def set_drug(tables, estimate: float, low: float, high: float, p: float) -> pd.DataFrame:
    table = tables["specificity"].copy()
    main = (table["analysis"] == "difference") & (table["metric"] == "auc_within_cohorts")
    table.loc[main, ["estimate", "ci_low", "ci_high", "p_value"]] = [estimate, low, high, p]
    return table


def test_every_question_has_a_row_with_its_number_and_source(tables) -> None:
    made = answers(tables)
    assert list(made.index) == [str(question) for question in Question]
    assert list(made["cohort"].iloc[:4]) == [
        *("discovery", "external_pooled", "external_pooled", "discovery"),
    ]
    assert list(made["evidence"].iloc[:4]) == [
        *("performance", "performance", "specificity", "comparisons"),
    ]
    row = tables["performance"].query(
        "cohort == 'discovery' and metric == 'balanced_accuracy' and "
        "aggregation == 'mean_over_repeats' and ci_method == 'null_inflated'"
    )
    for column in ("estimate", "ci_low", "ci_high", "p_value", "n", "n_positive"):
        assert made.loc["predicts", column] == row[column].iloc[0]
    assert made.loc["is_it_the_drug", "n"] == 26 + 25 + 49
    assert made.loc["better_than_the_clinic", "against"] == "confounds_only"


def test_p_values_are_adjusted_over_the_questions(tables) -> None:
    made = answers(tables).iloc[:4]
    np.testing.assert_array_equal(made["p_holm"], holm(made["p_value"].to_numpy(float)))
    assert (made["p_holm"] > made["p_value"]).any()


def test_a_control_group_as_good_as_the_treated(tables) -> None:
    for limits, p, expected in (
        ((-0.20, 0.20), 0.5, Answer.CANNOT_TELL),
        ((-0.30, 0.049), 0.9, Answer.NOT_FOUND),
        ((0.02, 0.40), 0.001, Answer.FOUND),
        ((-0.01, 0.40), 0.001, Answer.CANNOT_TELL),
    ):
        specificity = set_drug(tables, sum(limits) / 2, *limits, p)
        made = answers(tables, specificity=specificity)
        assert made.loc["is_it_the_drug", "answer"] == expected


def test_of_several_cohorts_the_difference_within_them_answers(tables) -> None:
    """A shift between pooled cohorts moves the pooled difference alone."""
    specificity = set_drug(tables, 0.0, -0.2, 0.2, 0.5)
    pooled = (specificity["analysis"] == "difference") & (specificity["metric"] == "auc")
    names = ["estimate", "ci_low", "ci_high", "p_value"]
    specificity.loc[pooled, names] = [0.3, 0.1, 0.5, 0.001]
    made = answers(tables, specificity=specificity).loc["is_it_the_drug"]
    assert made["answer"] == Answer.CANNOT_TELL
    assert (made["estimate"], made["ci_method"]) == (0.0, "delong_within_cohorts")
    alone = specificity[specificity["metric"] != "auc_within_cohorts"]  # one cohort each
    made = answers(tables, specificity=alone).loc["is_it_the_drug"]
    assert made["answer"] == Answer.FOUND
    assert (made["estimate"], made["ci_method"]) == (0.3, "mover_difference")


@pytest.mark.parametrize(
    ("question", "cohort"),
    [("is_it_the_drug", "external_pooled"), ("better_than_the_clinic", "discovery")],
)
def test_better_than_what_lies_below_chance_is_no_answer(tables, question, cohort) -> None:
    """Controls at .30 and treated people at .52 differ, and nothing is predicted in either."""
    assert answers(tables).loc[question, "answer"] == Answer.FOUND
    performance = tables["performance"].copy()
    own = (performance["cohort"] == cohort) & (performance["metric"] == "auc")
    own &= performance["model"] == "roi_svc"
    performance.loc[own, ["estimate", "ci_low", "ci_high"]] = [0.52, 0.39, 0.65]
    made = answers(tables, performance=performance)
    assert made.loc[question, "answer"] == Answer.NOT_ABOVE_CHANCE
    others = made.drop(index=question)["answer"]
    assert list(others) == list(answers(tables).drop(index=question)["answer"])


def test_without_other_cohorts_only_the_first_question_is_asked(tables) -> None:
    empty = {name: tables[name].iloc[:0] for name in ("comparisons", "specificity", "subgroups")}
    made = verdict_table({**tables, **empty}, {"discovery": "discovery"}, "roi_svc", [], SETTINGS)
    assert list(made["answer"].iloc[1:]) == [Answer.NOT_ASKED] * 4
    assert made["p_holm"].iloc[0] == made["p_value"].iloc[0]
    assert made["n"].iloc[1:].isna().all()
