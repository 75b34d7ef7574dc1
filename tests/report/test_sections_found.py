"""What the page says first of modules without a verdict of their own."""

from __future__ import annotations

import pandas as pd
import pytest
from test_facts_of_numbers import made_up

from mri_response.report.sections import found, plain, predicted_numbers, verdict
from mri_response.report.sections.blocks import Answers, Details, Figures, Table

METRICS = ("r2_gain", "mae_gain", "r2", "r2_reduced", "r", "mae", "rmse", "calibration_slope")


def run_of(low: str, high: str, p: str, discovery: str = "0.2"):
    made = made_up()
    rows = []
    for cohort, estimate in (("discovery", discovery), ("external_pooled", "0.1"), ("saline", "0")):
        for metric in METRICS:
            rows.append(
                {
                    "model": "ridge",
                    "cohort": cohort,
                    "metric": metric,
                    "n": "99",
                    "estimate": estimate,
                    "ci_low": low,
                    "ci_high": high,
                    "p_value": p,
                    "n_permutations": "1000",
                    "null": "residuals",
                }
            )
    tables = {"numbers_performance": pd.DataFrame(rows)}
    return made.read(config=made.config, tables=tables, performance=None)


@pytest.mark.parametrize(
    ("low", "high", "p", "answer"),
    [
        ("0.001", "0.4", "0.025", "found"),
        ("0", "0.4", "0.025", "cannot_tell"),
        ("0.001", "0.4", "0.0251", "cannot_tell"),
        ("-0.4", "-0.001", "0.9", "cannot_tell"),
        ("-0.4", "-0.001", "0.01", "reverse"),
        ("0.001", "0.4", "n/a", "cannot_tell"),
    ],
)
def test_the_answers_of_numbers_at_their_edges(low, high, p, answer) -> None:
    here, elsewhere = predicted_numbers.findings(run_of(low, high, p))
    assert here.answer == elsewhere.answer == answer
    assert "Drug, discovery: 0.200 (" in here.number
    assert "External cohorts together: 0.100 (" in elsewhere.number
    assert "in people of this cohort" in here.words["found"]


def test_a_small_p_beside_an_interval_that_holds_0_is_explained() -> None:
    for one in predicted_numbers.findings(run_of("-0.1", "0.4", "0.01")):
        assert "p = 0.020, is not enough: the interval includes 0." in one.text
    for one in predicted_numbers.findings(run_of("-0.1", "0.4", "0.4")):
        assert "not enough" not in one.text


def test_without_numbers_it_says_so() -> None:
    here, _ = predicted_numbers.findings(run_of("n/a", "n/a", "n/a", discovery="n/a"))
    assert here.text == "No gain could be computed."


def test_the_page_begins_with_it_and_links_to_the_evidence() -> None:
    run = run_of("0.001", "0.4", "0.01")
    (answers,) = found.SECTION.blocks(run)
    assert isinstance(answers, Answers)
    made = predicted_numbers.findings(run)
    assert [item.text for item in answers.items] == [one.text for one in made]
    assert {item.target for item in answers.items} == {predicted_numbers.SECTION.id}
    assert list(found.run_answers(run)["answer"]) == ["found", "found"]


def test_a_run_without_such_a_module_has_no_such_section() -> None:
    from made_up_run import made_up_run

    assert found.SECTION.blocks(made_up_run().read()) == []


def test_the_section_is_a_sentence_a_figure_and_a_table_and_the_rest_is_folded() -> None:
    blocks = predicted_numbers.SECTION.blocks(run_of("0.001", "0.4", "0.01"))
    kinds = [type(block) for block in blocks]
    assert Answers not in kinds, "they stand at the beginning of the page"
    assert kinds.count(Figures) == kinds.count(Table) == 1
    assert Details in kinds


def test_every_module_has_an_answer() -> None:
    assert all(section.findings for section in found._SECTIONS)


def test_without_a_control_nothing_is_said_of_a_drug() -> None:
    """Patients against healthy people: no treatment is in question."""
    from made_up_run import made_up_run, one_cohort

    run = one_cohort().read()
    texts = [item.text for item in verdict.SECTION.blocks(run)[0].left[0].items]
    assert verdict.NO_CONTROL in texts
    assert verdict.NO_CONTROL in plain.SECTION.blocks(run)[0].text
    trial = made_up_run().read()
    assert verdict.NO_CONTROL not in [
        item.text for item in verdict.SECTION.blocks(trial)[0].left[0].items
    ]
    assert verdict.NO_CONTROL not in plain.SECTION.blocks(trial)[0].text
