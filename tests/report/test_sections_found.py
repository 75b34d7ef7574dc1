"""What the page says first of modules without a verdict of their own."""

from __future__ import annotations

import pandas as pd
import pytest
from test_facts_of_numbers import made_up

from mri_response.report.sections import (
    found,
    outcomes,
    plain,
    predicted_numbers,
    variability,
    verdict,
)
from mri_response.report.sections.blocks import Answers, Details, Figures, Lead, Table

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
        ("0.001", "0.4", "0.05", "The features tell more than "),
        ("0", "0.4", "0.05", "Whether the features tell more than "),
        ("0.001", "0.4", "0.051", "Whether the features tell more than "),
        ("-0.4", "-0.001", "0.9", "The features tell less than "),
        ("-0.4", "0", "0.9", "Whether the features tell more than "),
        ("n/a", "n/a", "n/a", "Whether the features tell more than "),
    ],
)
def test_the_answer_of_numbers_at_its_edges(low, high, p, answer) -> None:
    said = predicted_numbers.headline(run_of(low, high, p))
    assert said.startswith(answer)
    assert "Drug, discovery 0.200 (" in said
    assert "External cohorts together 0.100 (" in said
    assert "Saline" not in said, "controls are no evidence for a gain"


def test_without_numbers_it_says_so() -> None:
    said = predicted_numbers.headline(run_of("n/a", "n/a", "n/a", discovery="n/a"))
    assert "Drug, discovery" not in said


def test_the_page_begins_with_it_and_links_to_the_evidence() -> None:
    run = run_of("0.001", "0.4", "0.01")
    (answers,) = found.SECTION.blocks(run)
    assert isinstance(answers, Answers)
    (item,) = answers.items
    assert item.text == predicted_numbers.headline(run)
    assert item.target == predicted_numbers.SECTION.id


def test_a_run_without_such_a_module_has_no_such_section() -> None:
    from made_up_run import made_up_run

    assert found.SECTION.blocks(made_up_run().read()) == []


def test_the_section_is_a_sentence_a_figure_and_a_table_and_the_rest_is_folded() -> None:
    blocks = predicted_numbers.SECTION.blocks(run_of("0.001", "0.4", "0.01"))
    kinds = [type(block) for block in blocks]
    assert kinds[0] is Lead
    assert kinds.count(Figures) == kinds.count(Table) == 1
    assert Details in kinds


def test_every_module_has_a_headline() -> None:
    assert outcomes.SECTION.findings
    assert variability.SECTION.headline


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
