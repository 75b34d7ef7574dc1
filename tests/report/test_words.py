"""Words for readers who are no researchers, and works for their reference managers."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_run import MadeUpRun, made_up_run, one_cohort, six_cohorts

from mri_response.config.answers import resource
from mri_response.evaluation.verdict import Answer
from mri_response.report.bibtex import bibtex
from mri_response.report.glossary import Marker, glossary
from mri_response.report.naming import NULL_NAMES
from mri_response.report.sections import comparisons, plain, verdict


def words_of(run: MadeUpRun) -> str:
    return " ".join(block.text for block in plain.SECTION.blocks(run.read()))


@pytest.mark.parametrize("make", [made_up_run, six_cohorts, one_cohort])
def test_a_summary_of_about_150_words_without_jargon(make) -> None:
    text = words_of(make())
    assert 90 <= len(text.split()) <= 190
    jargon = r"\b(AUC|accuracy|p =|permut|interval|null|sensitiv|specific|cross-valid|%)"
    assert not re.search(jargon, text, re.IGNORECASE)
    assert ("made up by a computer" in text) == bool(make().config.get("simulation"))


def answered(**answers: str) -> MadeUpRun:
    run = made_up_run()
    verdict = run.tables["verdict"]
    for question, answer in answers.items():
        verdict.loc[verdict["question"] == question, "answer"] = answer
    return run


@pytest.mark.parametrize(
    ("answers", "said", "unsaid"),
    [
        ({"predicts": "found"}, "better than guessing.", "could not"),
        ({"predicts": "found_but_small"}, "too little to be of use", "could do so"),
        ({"predicts": "not_found"}, "could not do so", "better than guessing."),
        ({"predicts": "cannot_tell"}, "could not be shown either way", "could do so"),
        ({"is_it_the_drug": "not_found"}, "did not work better in people who had", "speaks for"),
        (
            {"is_it_the_drug": "found_but_small"},
            "but by too little to matter",
            "could not be shown.",
        ),
        ({"better_than_the_clinic": "not_found"}, "did not tell more than", "It told more"),
    ],
)
def test_the_summary_follows_the_verdict(answers: dict[str, Any], said: str, unsaid: str) -> None:
    text = words_of(answered(**answers))
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize(
    ("low", "short", "said"),
    [
        (0.649, "Yes, better than chance.", "That it is of use (65.0 % or more"),
        (0.65, "Yes.", "This is of use (65.0 % or more"),
    ],
)
def test_yes_alone_is_said_of_what_is_of_use(low: float, short: str, said: str) -> None:
    run = answered(predicts="found")
    rows = run.tables["verdict"]["question"] == "predicts"
    run.tables["verdict"].loc[rows, ["ci_low", "useful"]] = [low, 0.65]
    item = verdict.SECTION.blocks(run.read())[0].left[0].items[0]
    assert item.short == short
    assert said in item.text.replace("\u00a0", " ")


def test_the_hundred_people_are_those_of_the_table() -> None:
    run = made_up_run()
    table = run.tables["natural_frequencies"]
    row = table[
        (table["cohort"] == "external_pooled") & (table["operating_point"] == "decision_zero")
    ].iloc[0]
    text = words_of(run)
    assert f"rightly find {row['true_positive']} of them and miss {row['false_negative']}" in text
    others = row["false_positive"] + row["true_negative"]
    assert f"wrongly call {row['false_positive']} of the {others} others responders" in text
    assert f"{row['true_positive'] + row['true_negative']} of 100 are told rightly" in text


def test_the_picture_of_hundred_people_has_the_limits_of_the_table() -> None:
    run = made_up_run()
    table = run.tables["natural_frequencies"]
    names = ("true_positive_low", "true_positive_high", "true_negative_low", "true_negative_high")
    here = table["cohort"].eq("external_pooled") & table["operating_point"].eq("decision_zero")
    limits = table.loc[here, list(names)].iloc[0].astype(int)
    assert limits["true_positive_low"] < limits["true_positive_high"]

    def caption(values: pd.DataFrame) -> str:
        read = run.read(tables=run.tables | {"natural_frequencies": values})
        columns = verdict.SECTION.blocks(read)[0]
        return next(block.caption for block in columns.right if block.name == "hundred")

    for part in (
        "called so (95 % interval {} to {}), ".format(*limits[:2]),
        "called so ({} to {}), ".format(*limits[2:]),
    ):
        assert part in caption(table)
    assert "95 %" not in caption(table.assign(true_positive_low=np.nan))


def test_every_answer_has_words() -> None:
    questions = ("predicts", "holds_elsewhere", "is_it_the_drug", "better_than_the_clinic")
    answers = [str(answer) for answer in Answer]
    for question, answer in product(questions, answers):
        if answer == Answer.NOT_ABOVE_CHANCE and question in questions[:2]:
            continue  # of differences alone
        text = words_of(answered(**{question: answer}))
        assert "  " not in text, (question, answer)


def test_terms_are_explained_once_a_section_and_escaped() -> None:
    marker = Marker()
    html = str(marker.mark("AUC & <b>auc</b>, balanced accuracy"))
    assert html.count("<abbr") == 2
    assert "&amp; &lt;b&gt;auc" in html
    assert glossary()["AUC"] in html
    assert "<abbr" not in str(marker.mark("AUC again"))
    marker.begin()
    assert "<abbr" in str(marker.mark("AUC again"))
    assert "<abbr" not in str(Marker().mark("nullify, intervals"))


def test_the_list_has_the_words_that_the_page_had_and_those_of_their_meanings() -> None:
    marker = Marker()
    assert marker.words() == []
    marker.mark("Balanced accuracy beside Holm's p")
    marker.begin()
    terms = [term for term, _ in marker.words()]
    assert terms == ["Balanced accuracy", "Holm", "Sensitivity", "Specificity"]


def test_words_of_pages_without_models_need_no_model_to_be_told() -> None:
    marker = Marker()
    marker.mark("p by permutation")
    assert [term for term, _ in marker.words()] == ["Permutation"]


def test_the_words_behind_every_answer_are_in_the_glossary() -> None:
    """Nulls and tests as `answer_number` writes them, and what its intervals say of themselves."""
    known = {term.lower() for term in glossary()}
    tests = {"corrected resampled t", "studentised permutation"}
    own = {"holm", "tiv", "widened for all groups compared"}
    nulls = {name for name in NULL_NAMES.values() if "," not in name}
    assert nulls | tests | own <= known


def test_every_test_of_the_table_of_differences_is_explained_or_in_plain_words() -> None:
    plain_words = {
        "models exchanged within people",
        "residuals of the scans permuted between people",
    }
    for name in comparisons.METHODS.values():
        assert ("<abbr" in str(Marker().mark(name))) != (name in plain_words), name


def test_works_become_entries() -> None:
    text = bibtex(["tripod_ai", "libsvm", "tripod_ai"])
    assert text.count("@article{") == 2
    entry = text[text.index("@article{tripod_ai") :]
    for line in (
        "author = {Collins, GS and Moons, KGM and Dhiman, P and others}",
        "year = {2024}",
        "journal = {BMJ}",
        "volume = {385}",
        "pages = {e078378}",
        "doi = {10.1136/bmj-2023-078378}",
    ):
        assert line in entry


def test_every_work_is_understood() -> None:
    known = resource("references")
    for key in known:
        entry = bibtex([key])
        assert entry.startswith("@article{"), key
        for name in ("author", "year", "title", "journal", "pages"):
            assert f"  {name} = {{" in entry, (key, name)
