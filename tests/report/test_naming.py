"""Names of cohorts and classes as a reader sees them."""

from __future__ import annotations

import pytest
from made_up_run import CONFIG, one_cohort

from mri_response.report.naming import counted, naming, plural


def test_naming_of_response_and_of_labels() -> None:
    names = naming(CONFIG)
    assert (names.positive, names.negative, names.simulated) == ("responder", "non-responder", True)
    assert names.titles["saline"] == "Saline"
    assert names.title("ROC") == "ROC (simulated data)"
    names = naming(one_cohort().config)
    assert names.positive == "patient with major depression"
    assert names.negative == "healthy control"
    assert names.titles["clinic"] == "clinic"
    assert names.title("ROC") == "ROC"


def test_cohorts_are_ordered_by_role() -> None:
    names = naming(CONFIG)
    assert names.ordered(["saline", "external_pooled", "external_b", "discovery"]) == [
        "discovery",
        "external_b",
        "external_pooled",
        "saline",
    ]


@pytest.mark.parametrize(
    ("name", "several"),
    [
        ("responder", "responders"),
        ("non-responder", "non-responders"),
        ("healthy control", "healthy controls"),
        ("patient with major depression", "patients with major depression"),
        ("MDD", "MDD"),
        ("remitted", "remitted"),
        ("better", "better"),
        ("1", "1"),
    ],
)
def test_classes_are_written_for_several_people(name: str, several: str) -> None:
    assert plural(name) == several


@pytest.mark.parametrize(
    ("n", "name", "expected"),
    [
        (1, "responder", "1 responder"),
        (0, "non-responder", "0 non-responders"),
        ("52", "patient with depression", "52 patients with depression"),
        (3, "remitted", "3 remitted"),
    ],
)
def test_people_of_a_class_are_counted_in_plain_english(n, name: str, expected: str) -> None:
    assert counted(n, name) == expected
