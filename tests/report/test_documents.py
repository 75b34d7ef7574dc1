"""The documents for the reviewer: complete, honest about what is missing, and valid Markdown."""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise

import pytest
from made_up_run import made_up_run, one_cohort
from test_facts import SHA256, evidence_of, further_tables

from mri_response.config.answers import tripod_items
from mri_response.core.tables import read_tsv, write_tsv
from mri_response.report.documents import (
    CARD_COLUMNS,
    PROBAST_COLUMNS,
    STATUSES,
    TRIPOD_COLUMNS,
    cited,
    evidence_table,
    model_card,
    references,
    reviewer_files,
    tripod_table,
)
from mri_response.report.facts.fact import Fact
from mri_response.report.facts.gathered import gather

NAMES = ("tripod", "probast", "model_card", "methods")


@pytest.fixture(scope="module")
def files():
    evidence = evidence_of(made_up_run())
    evidence = dataclasses.replace(evidence, tables={**evidence.tables, **further_tables()})
    return reviewer_files(evidence, {"17": "Approved | by *nobody*.", "18a": "No funds."})


def markdown_tables(text: str) -> list[list[list[str]]]:
    """Pipe tables as rows of cells; raises where one is not well formed."""
    tables = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in block.splitlines()]
        assert all(len(row) == len(rows[0]) for row in rows), block[:200]
        assert all(re.fullmatch(r"-+", cell) for cell in rows[1])
        tables.append([[cell.strip() for cell in row] for row in (rows[0], *rows[2:])])
    return tables


# ---------------------------------------------------------------- tables
def test_every_item_stands_there_once(files):
    table = files[0]["tripod"]
    assert list(table.columns) == TRIPOD_COLUMNS
    assert list(table["item"]) == tripod_items()
    assert (table["answer"].str.len() > 0).all()
    assert set(table["status"]) <= set(STATUSES)


def test_no_answer_says_a_sentence_twice(files):
    for table in (files[0]["tripod"], files[0]["probast"], files[0]["cobidas"]):
        for answer in table["answer" if "answer" in table else "evidence"]:
            said = [part for part in re.split(r"(?<=\.) ", answer) if len(part) > 60]
            assert len(set(said)) == len(said), answer


def test_what_the_run_cannot_know_is_not_provided():
    facts = gather(evidence_of(made_up_run()))
    table = tripod_table(facts, {}).set_index("item")
    for item in ("2", "3a", "5b", "17", "18a", "18d", "19", "25", "27c"):
        assert table.loc[item, "status"] == "not provided"
        assert table.loc[item, "answer"].startswith("Not provided: ")
        assert table.loc[item, "source"] == "n/a"
    for item in ("4", "11", "12b", "13", "15", "20a", "21", "23a"):
        assert table.loc[item, "status"] == "filled"
        assert "Not provided" not in table.loc[item, "answer"]
    assert table.loc["10", "status"] == "in part"
    assert "136 features" in table.loc["10", "answer"]
    assert table.loc["10", "answer"].endswith("Not provided: how many people were planned and why.")


def test_a_run_that_tells_nothing_provides_nothing():
    table = tripod_table({}, {})
    assert set(table["status"]) == {"not provided"}
    assert table["answer"].str.startswith("Not provided: ").all()
    evidence = evidence_table({}, "probast")["evidence"]
    assert evidence.str.startswith("Not provided: ").all()
    assert model_card({}, {})["statement"].str.startswith("Not provided: ").all()


def test_answers_of_the_authors_fill_their_items():
    facts = gather(evidence_of(made_up_run()))
    table = tripod_table(facts, {"17": "Approved.", "10": "100 people."}).set_index("item")
    assert table.loc["17", "answer"] == "Approved."
    assert table.loc["17", "source"] == "config: reporting.tripod.17"
    assert table.loc["10", "answer"].endswith("100 people.")
    assert table.loc["10", "source"].endswith("config: reporting.tripod.10")
    assert list(table.loc[["10", "17"], "status"]) == ["filled", "filled"]


def test_items_of_evaluation_do_not_apply_without_other_cohorts():
    table = tripod_table(gather(evidence_of(one_cohort())), {}).set_index("item")
    for item in ("12f", "16", "20c", "24"):
        assert table.loc[item, "status"] == "not applicable"
        assert table.loc[item, "answer"].startswith("Not applicable")


def test_probast_gives_evidence_and_no_verdict(files):
    table = files[0]["probast"]
    assert list(table.columns) == PROBAST_COLUMNS
    assert len(table) == 12
    text = " ".join(table["evidence"]).lower()
    assert not re.search(r"\b(low|high|unclear) (risk|concern)|\bverdict\b", text)
    leakage = table[(table["part"] == "evaluation") & (table["item"] == "4.5")].iloc[0]
    assert SHA256 in leakage["evidence"]
    assert "one side of every split" in leakage["evidence"]
    assert "null.tsv: model=roi_svc" in leakage["source"]


def test_the_card_has_its_sections_counts_performance_and_hash(files):
    table = files[0]["model_card"]
    assert list(table.columns) == CARD_COLUMNS
    sections = table.groupby("section", sort=False)["statement"].agg(" ".join)
    assert list(sections.index) == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Training data",
        "Evaluation data",
        "Performance",
        "Performance in groups of people",
        "Ethical considerations",
        "Limitations",
        "How to apply the model",
    ]
    assert f"SHA-256 {SHA256}" in sections["Model details"]
    assert "Not for decisions about single patients" in sections["Intended use"]
    assert "n = 99, 52 responders" in sections["Training data"]
    assert "Saline (control, n = 49, 15 responders)" in sections["Evaluation data"]
    assert "p = 0.024, own labels permuted" in sections["Performance"]
    assert "sex F 65.2 %" in sections["Performance in groups of people"]
    assert "Approved | by *nobody*." in sections["Ethical considerations"]
    assert "Not provided: any further steps" in sections["Ethical considerations"]


def test_tables_are_written_and_read(files, tmp_path):
    for name, table in files[0].items():
        write_tsv(table, tmp_path / f"{name}.tsv")
        again = read_tsv(tmp_path / f"{name}.tsv")
        assert again.fillna("n/a").equals(table.astype(str)), name


# ---------------------------------------------------------------- Markdown
@pytest.mark.parametrize("name", NAMES)
def test_headings_and_tables_parse(files, name):
    text = files[1][name]
    levels = [len(found) for found in re.findall(r"^(#+) \S", text, re.M)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))
    assert "## References" in text
    assert "**Simulated data.**" in text
    assert not re.search(r"\{\{|\{%|\bnan\b|None\b(?!:)", text.replace("None: the", ""))
    for line in text.splitlines():
        assert not line.startswith(" ")
    markdown_tables(text)


def test_markdown_holds_the_tables(files):
    tables, texts = files
    shown = markdown_tables(texts["tripod"])
    assert len(shown) == 1
    assert [row[0] for row in shown[0][1:]] == tripod_items()
    row = next(row for row in shown[0] if row[0] == "17")
    assert row[4] == r"Approved \| by \*nobody\*."
    questions = markdown_tables(texts["probast"])
    assert [len(table) - 1 for table in questions] == [5, 7]
    assert all(row[-1] == "" for table in questions for row in table[1:])
    card = texts["model_card"].replace("\\", "")
    for _, row in tables["model_card"].iterrows():
        assert f"- {row['statement']} *Source: {row['source']}*" in card


def test_methods_have_numbers_citations_and_places(files):
    text = files[1]["methods"]
    for part in (
        "99 people, 52 responders",
        "10 repeats of 10 outer folds",
        "(Varma and Simon 2006; Brodersen et al. 2010).",
        "doi:10.1186/1471-2105-7-91",
        "doi:10.1136/bmj-2023-078378",
        "1,000 permutations",
        "python 3.11.9",
        "Methods, paragraph 1: config: outcome, cohorts; performance.tsv",
        "Results, paragraph 1: flow.tsv: step",
    ):
        assert part in text.replace("\\", ""), part
    listed = re.findall(r"^- (\S+) .*?\((\d{4})\)", text, re.M)
    for _, year in listed:
        assert re.search(rf"[( ]{year}[;)]", text), f"{year} is listed and nowhere cited"


def test_no_participant_in_any_document():
    run = made_up_run()
    tables, texts = reviewer_files(evidence_of(run), {})
    everything = " ".join([*texts.values(), *(table.to_csv() for table in tables.values())])
    assert len(run.ids) > 80
    assert not [who for who in run.ids if who in everything]


def test_same_bytes_again_and_no_path():
    first = reviewer_files(evidence_of(made_up_run()), {})
    again = reviewer_files(evidence_of(made_up_run()), {})
    assert first[1] == again[1]
    assert not re.search(r"(?<![\w.])/(root|tmp|home|work)/", " ".join(first[1].values()))


def test_real_data_are_not_called_simulated():
    tables, texts = reviewer_files(evidence_of(one_cohort()), {})
    assert "imulated" not in " ".join(texts.values())
    answers = " ".join(tables["tripod"]["answer"])
    assert "treatment" not in re.sub(r"Not provided: [^.]*\.", "", answers)


def test_citations():
    fact = Fact("It was so.", "x.tsv", ("svm", "delong"))
    assert cited(fact) == "It was so (Cortes and Vapnik 1995; DeLong et al. 1988)."
    assert cited(Fact("It was so.", "x.tsv")) == "It was so."
    assert [text[:6] for text in references(["svm", "delong", "svm"])] == ["Cortes", "DeLong"]
