"""Answers of modules that predict no classes, at the edges of their rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mri_response.report.findings import ANSWER_COLUMNS, SHORT, Finding, answers_table
from mri_response.report.run import Run
from mri_response.report.sections.clinical_answers import applied_findings, outcome_findings
from mri_response.report.sections.module_answers import (
    answer_items,
    belief_findings,
    variability_findings,
)

VERDICT = {"level": 0.05, "useful_performance": 0.65, "useful_difference": 0.05}
COHORTS = {"here": {"role": "discovery", "title": "Here"}, "there": {"role": "external"}}
BASE = {"verdict": VERDICT, "cohorts": COHORTS, "outcome": None, "run": "made", "title": "Made up"}


def finding(low: float, high: float, p: float, **given: Any) -> Finding:
    words = {name: name for name in SHORT}
    estimate = given.pop("estimate", 0.1)
    return Finding("?", words, "n", "m", estimate, low, high, p, n=9, **given)


@pytest.mark.parametrize(
    ("low", "high", "p", "answer"),
    [
        (0.001, 0.3, 0.05, "found"),
        (0.0, 0.3, 0.05, "cannot_tell"),
        (0.001, 0.3, 0.0501, "cannot_tell"),
        (0.001, 0.0499, 0.001, "found_but_small"),
        (0.001, 0.05, 0.001, "found"),
        (-0.1, 0.0499, 0.9, "not_found"),
        (-0.1, 0.05, 0.9, "cannot_tell"),
        (-0.3, -0.001, 0.05, "reverse"),
        (-0.3, -0.001, 0.0501, "not_found"),
        (np.nan, np.nan, 0.001, "cannot_tell"),
        (0.001, 0.3, np.nan, "found"),
    ],
)
def test_p_value_interval_and_use_answer_together(low, high, p, answer) -> None:
    one = finding(low, high, p, useful=0.05)
    assert one.answer == answer
    assert one.text.startswith(answer)


def test_without_a_number_nothing_is_answered() -> None:
    assert finding(np.nan, np.nan, np.nan, estimate=np.nan).answer == "not_asked"


def test_without_a_useful_size_the_answer_is_never_no() -> None:
    assert finding(-0.1, 0.001, 0.9).answer == "cannot_tell"


def test_a_p_counts_as_often_as_there_are_tests() -> None:
    assert finding(0.01, 0.3, 0.03, n_tested=1).answer == "found"
    assert finding(0.01, 0.3, 0.03, n_tested=2).answer == "cannot_tell"


def test_either_direction_answers_a_question_of_change() -> None:
    assert finding(-0.3, -0.01, 0.01, either=True).answer == "found"


@pytest.mark.parametrize(
    ("low", "high", "p", "answer"),
    [
        (-0.3, -0.01, 0.05, "found"),
        (-0.3, 0.0, 0.05, "cannot_tell"),
        (-0.3, -0.01, 0.0501, "cannot_tell"),
        (0.01, 0.3, 0.05, "reverse"),
        (0.01, 0.3, 0.0501, "cannot_tell"),
    ],
)
def test_a_lower_number_can_be_what_is_asked_for(low, high, p, answer) -> None:
    assert finding(low, high, p, lower=True).answer == answer


def run_with(config: dict[str, Any], **tables: list[dict[str, Any]]) -> Run:
    frames = {
        name: pd.DataFrame(rows).astype(str).astype(object).replace({"n/a": np.nan, "nan": np.nan})
        for name, rows in tables.items()
    }
    return Run(config=BASE | config, tables=frames)


ARMS = {"clinical_outcomes": {"scales": {"MADRS": {}}, "crossover": None, "arm": None,
        "cohorts": {"here": "ketamine", "there": "saline"}, "reference": "saline"}}  # fmt: skip
RATES = {
    **{"scale": "MADRS", "outcome": "response", "counted": "observed", "arm": "ketamine"},
    **{"reference": "saline", "measure": "risk_difference", "k": 52, "n": 100},
    **{"k_reference": 15, "n_reference": 49, "p_method": "fisher_exact"},
    **{"estimate": 0.214, "ci_low": 0.044, "ci_high": 0.36, "p_value": 0.015},
}


SCORES = {
    **{"model": "mmrm", "quantity": "difference", "arm": "ketamine", "reference": "saline"},
    **{"session_id": "ses-24h", "n": 100, "n_reference": 49},
    **{"estimate": -3.1, "ci_low": -6.0, "ci_high": -0.2, "p_value": 0.02},
}
UNKNOWN = {"estimate": "n/a", "ci_low": "n/a", "ci_high": "n/a", "p_value": "n/a"}


def outcomes_with(rate: dict[str, Any], score: dict[str, Any]) -> list[Finding]:
    rows = [RATES | {"session_id": "ses-1h", "p_value": 1}]
    rows.append(RATES | {"session_id": "ses-24h"} | rate)
    scores = [SCORES | {"session_id": "ses-1h", "estimate": 9}, SCORES | score]
    means = [SCORES | {"quantity": "mean"}]
    run = run_with(ARMS, outcome_rate_differences=rows, outcome_model=means + scores)
    return outcome_findings(run)


@pytest.mark.parametrize(
    ("changes", "short"),
    [
        ({}, "Yes."),
        ({"p_value": 0.026}, "Can’t tell."),
        ({"ci_low": "-0.01", "p_value": "0.06"}, "Can’t tell."),
        ({"estimate": 0.02, "ci_low": 0.001, "ci_high": 0.04, "p_value": 0.02}, "Yes, but too"),
        ({"estimate": 0.0, "ci_low": -0.04, "ci_high": 0.04, "p_value": 1}, "No."),
        ({"estimate": -0.2, "ci_low": -0.3, "ci_high": -0.1, "p_value": 0.001}, "No, the reverse."),
        (UNKNOWN, "Not asked."),
    ],
)
def test_clinical_outcomes(changes, short) -> None:
    item, _ = answer_items(outcomes_with(changes, {}), "outcomes", "outcomes")
    assert item.question == "Does ketamine help: do more people respond than with saline?"
    assert item.short.startswith(short)
    assert "at ses-24h, 52 of 100 against 15 of 49" in item.figure, "the last visit"
    assert "n = 149." in item.figure
    if not changes:
        counted = "p = 0.030 counted for 2 tests"
        number = f"+21.4 percentage points (95 % interval +4.4 to +36.0), p = 0.015, {counted} ("
        assert number in item.figure


@pytest.mark.parametrize(
    ("changes", "short"),
    [
        ({}, "Yes."),
        ({"p_value": 0.026}, "Can’t tell."),
        ({"estimate": 3, "ci_low": 1, "ci_high": 5}, "No, the reverse."),
        (UNKNOWN, "Not asked."),
    ],
)
def test_scores_have_an_answer_of_their_own(changes, short) -> None:
    _, item = answer_items(outcomes_with({}, changes), "outcomes", "outcomes")
    assert item.question == "Does ketamine help: are scores lower than with saline?"
    assert item.short == short
    if not changes:
        assert "−3.1 points (95 % interval −6.0 to −0.2; below 0 scores are lower)" in item.figure
        assert "(mixed model of all visits); n = 149." in item.figure


PERIODS = {"periods": ["one", "two"], "values": {"d": "ketamine", "p": "placebo"},
           "sessions": {"day 2": {"ketamine": "d2", "placebo": "p2"}}}  # fmt: skip
CROSSED = {"clinical_outcomes": {"scales": {"MADRS": {}}, "crossover": PERIODS, "arm": None,
           "cohorts": None, "reference": "placebo"}}  # fmt: skip


def test_of_a_crossover_the_mixed_model_answers_if_it_could_be_fitted() -> None:
    both = {"both": 1, "only_first": 4, "only_reference": 0, "n": 24, "time_point": "day 2"}
    numbers = {"estimate": 0.17, "ci_low": -0.02, "ci_high": 0.36, "p_value": 0.125}
    pair = {"scale": "MADRS", "outcome": "response", "measure": "risk_difference"}
    pair |= {"p_method": "mcnemar_exact", **both, **numbers}
    score = {"time_point": "day 2", "effect": "treatment", "treatment": "ketamine"}
    score |= {"reference": "placebo", "p_value": 0.001}
    first = score | {"method": "hills_armitage", "n_people": 24, "estimate": -6.7}
    mixed = score | {"method": "mixed_model", "n_people": 29, "estimate": -7.3}
    limits = {"ci_low": -11.4, "ci_high": -3.2}
    scores = [first | limits, mixed | limits, mixed | limits | {"time_point": "day 10"}]
    run = run_with(CROSSED, outcome_rate_pairs=[pair], outcome_crossover=scores)
    respond, lower = outcome_findings(run)
    assert (respond.answer, lower.answer) == ("cannot_tell", "found")
    assert "MADRS at day 2, ketamine minus placebo: −7.3 points" in lower.number
    assert lower.number.endswith("(one period or both, mixed model); n = 29.")
    run = run_with(CROSSED, outcome_rate_pairs=[pair], outcome_crossover=scores[:1])
    assert "−6.7 points" in outcome_findings(run)[1].number


def test_one_group_says_nothing_of_a_treatment() -> None:
    single = {"clinical_outcomes": ARMS["clinical_outcomes"] | {"cohorts": None, "reference": None}}
    (one,) = outcome_findings(run_with(single))
    assert one.answer == "not_asked"
    assert "without a comparison" in one.text


BELIEF = {"belief": {"baseline": "before", "sessions": ["4h", "1w"],
          "group": {"column": "g", "treated": "patients", "others": "controls"}}}  # fmt: skip


def changes(session: str, estimate: float, low: float, high: float, p: float) -> dict[str, Any]:
    numbers = {"estimate": estimate, "ci_low": low, "ci_high": high, "p_value": p}
    row = {"session_id": session, "parameter": "A", "contrast": "patients - controls", "n": 56}
    return row | numbers


def test_belief_updating() -> None:
    rows = [changes("4h", -0.2, -0.3, -0.1, 0.02), changes("1w", 0.2, 0.01, 0.4, 0.03)]
    first, second = belief_findings(run_with(BELIEF, belief_changes=rows))
    assert (first.answer, second.answer) == ("found", "cannot_tell"), "two tests"
    # The difference of changes is negative; neither change by itself is known from it.
    assert "moved towards learning from bad news in patients when compared with" in first.text
    assert "p = 0.020, p = 0.040 counted for 2 tests (Welch’s t-test); n = 56." in first.number


COMPONENT = {
    **{"effect": "change", "component": 1, "n": 40, "explained": 0.41, "null_95": 0.22},
    **{"p_value": 0.025, "retained": True, "returns": True, "null_maps": "smooth"},
}
PAIR = {
    **{"effect": "change", "component": 1, "column": "score_change", "n": 40, "r": 0.42},
    **{"ci_low": 0.12, "ci_high": 0.65, "p_max": 0.04, "family_size": 4, "n_permutations": 99},
}


@pytest.mark.parametrize(
    ("component", "pair", "answers"),
    [
        ({}, {}, ["found", "found"]),
        ({"returns": False}, {"p_max": 0.06}, ["cannot_tell", "cannot_tell"]),
        ({"retained": False, "p_value": 0.4}, {"r": "nan"}, ["cannot_tell", "not_asked"]),
    ],
)
def test_variability(component, pair, answers) -> None:
    run = run_with(
        {"variability": {"effects": ["change"]}},
        variability_components=[COMPONENT | component],
        variability_associations=[PAIR | pair],
    )
    found = variability_findings(run)
    assert [one.answer for one in found] == answers
    assert "95 % of maps stay below 22.0 %" in found[0].number.replace("\xa0", " ")
    assert "n = 40." in found[0].number
    if answers[1] == "found":
        assert (
            "r = 0.42 (95 % interval 0.12 to 0.65), p = 0.040 for all 4 together (largest t of"
            in found[1].number
        )


APPLIED = {
    **{"cohort": "there", "role": "external", "metric": "balanced_accuracy", "n": 30},
    **{"estimate": 0.7, "ci_low": 0.56, "ci_high": 0.8, "p_value": 0.01, "null": "own_labels"},
    **{"n_permutations": 999},
}


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "found"),
        ({"ci_high": 0.64}, "found_but_small"),
        ({"ci_low": 0.4, "ci_high": 0.6, "p_value": 0.5}, "not_found"),
        ({"ci_low": 0.4, "p_value": 0.5}, "cannot_tell"),
        ({"estimate": "n/a", "ci_low": "n/a", "ci_high": "n/a", "p_value": "n/a"}, "not_asked"),
    ],
)
def test_an_applied_model(changes, answer) -> None:
    control = APPLIED | {"cohort": "here", "role": "control"}
    cohorts = {"here": {"role": "control"}, "there": {"role": "external"}}
    run = run_with({"cohorts": cohorts}, applied_performance=[APPLIED | changes, control])
    (one,) = applied_findings(run)
    assert one.answer == answer
    assert one.number.endswith("n = 30.")


def test_the_file_has_what_the_page_says() -> None:
    rows = [changes("4h", -0.2, -0.3, -0.1, 0.02), changes("1w", 0.2, 0.01, 0.4, 0.03)]
    found = belief_findings(run_with(BELIEF, belief_changes=rows))
    table = answers_table([("belief", one) for one in found])
    assert list(table.columns) == ANSWER_COLUMNS
    assert list(table["answer"]) == ["found", "cannot_tell"]
    assert list(table["estimate"]) == [-0.2, 0.2]
    assert list(table["n"]) == [56, 56]
    assert list(table["number"]) == [one.number for one in found]
    assert answers_table([]).empty
