"""The items of the checklists, and the authors' answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from mri_response.config.answers import RESOURCES, read_answers, resource, tripod_items
from mri_response.core.errors import InputError
from mri_response.report.facts.gathered import fact_names

ROOT = Path(__file__).resolve().parents[2]
# 27 items, 52 with their parts: Collins et al. 2024, BMJ 385: e078378, table 2.
PARTS = {3: "abc", 5: "ab", 6: "abc", 8: "abc", 9: "abc", 12: "abcdefg", 18: "abcdef"} | {
    20: "abc",
    23: "ab",
    27: "abc",
}
ITEMS = [f"{n}{part}" for n in range(1, 28) for part in PARTS.get(n, [""])]
DEVELOPMENT = {"9a", "12a", "12b", "12c", "15", "22", "27a", "27b"}
EVALUATION = {"12f", "12g", "20c", "24"}


def test_every_item_once_and_in_order():
    assert len(ITEMS) == 52
    assert tripod_items() == ITEMS


def test_items_apply_as_published():
    applies = {entry["item"]: entry["applies"] for entry in resource("tripod")}
    assert {item for item, what in applies.items() if what == "D"} == DEVELOPMENT
    assert {item for item, what in applies.items() if what == "E"} == EVALUATION
    assert set(applies.values()) == {"D", "E", "DE"}


def test_sections_and_words():
    sections = list(dict.fromkeys(entry["section"] for entry in resource("tripod")))
    assert sections == [
        "Title",
        "Abstract",
        "Introduction",
        "Methods",
        "Open science",
        "Patient and public involvement",
        "Results",
        "Discussion",
    ]
    for entry in resource("tripod"):
        assert len(entry["asks"]) < 130, entry["item"]
        assert entry["facts"] or entry["authors"], entry["item"]


def test_questions_of_probast_as_published():
    # Moons et al. 2025, BMJ 388: e082505: five for development, seven for evaluation.
    asked = {(entry["part"], entry["item"]) for entry in resource("probast")}
    assert asked == {
        *(("development", f"4.{i}") for i in range(1, 6)),
        *(("evaluation", f"4.{i}") for i in range(1, 8)),
    }
    assert len(resource("probast")) == 12
    text = (RESOURCES / "probast.yaml").read_text() + (RESOURCES / "probast.md.jinja").read_text()
    assert not re.search(r"\b(low|high) risk\b", text)


def test_facts_that_are_named_exist_and_all_are_used():
    named = {
        fact
        for name in ("tripod", "probast", "cobidas", "model_card")
        for entry in resource(name)
        for fact in entry["facts"]
    }
    assert named == set(fact_names())


def test_the_card_asks_the_authors_for_items_that_exist():
    asked = {item for entry in resource("model_card") for item in entry["authors"]}
    assert asked <= set(ITEMS)


def test_works_have_a_text_and_a_doi():
    # The Journal of Machine Learning Research gives none; that of the other was not found.
    without = {"scikit_learn", "ketamine_subgenual"}
    for key, work in resource("references").items():
        assert re.search(r"\(\d{4}\)\. .+\.$", work["text"]), key
        assert re.fullmatch(r".+ \d{4}", work["short"]), key
        if key in without:
            assert "doi" not in work
        else:
            assert re.fullmatch(r"10\.\d{4,}/\S+", work["doi"]), key
    text = (RESOURCES / "references.yaml").read_text(encoding="utf-8")
    keys = re.findall(r"^(\w+):", text, re.M)
    assert keys == list(resource("references"))  # none stands twice, where YAML takes the last
    dois = [work.get("doi", key) for key, work in resource("references").items()]
    assert len(set(dois)) == len(dois)


def test_the_schema_knows_the_items():
    schema = yaml.safe_load(
        (ROOT / "workflow/src/mri_response/data/config.schema.yaml").read_text()
    )
    node = schema["properties"]["reporting"]["properties"]["tripod"]
    assert node["propertyNames"]["enum"] == ITEMS


# ---------------------------------------------------------------- answers
def test_answers_in_the_configuration_and_in_a_file(tmp_path):
    answers = {"3a": "Depression is\n  common.", "17": "Approved."}
    expected = {"3a": "Depression is common.", "17": "Approved."}
    assert read_answers(answers) == expected
    path = tmp_path / "answers.yaml"
    path.write_text('3a: >-\n  Depression is\n  common.\n17: "Approved."\n')
    assert read_answers(path) == expected
    assert read_answers({}) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3d: x", "3d: found the unknown item '3d', expected one of TRIPOD+AI (1 to 27c)"),
        ("3a:", "3a: found None, expected a text; write the answer"),
        ("3a: 5", "3a: found 5, expected a text"),
        ('3a: " "', "3a: found ' ', expected a text"),
        ("- 3a", "found no mapping, expected lines such as 3a: answer"),
        ("", "found no mapping"),
        ("3a: [", "found no YAML"),
    ],
)
def test_mistakes_in_the_file_are_one_line(tmp_path, content, message):
    path = tmp_path / "answers.yaml"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        read_answers(path)
    assert message in str(error.value)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"found no such file.*reporting\.tripod"):
        read_answers(tmp_path / "nothing.yaml")
