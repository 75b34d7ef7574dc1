"""Pages of several runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from made_up_run import MadeUpRun, made_up_run, six_cohorts
from test_page import Page

from mri_response.core.tables import write_tsv
from mri_response.report.findings import SHORT, Finding, answers_table
from mri_response.report.runs_page import Finished, breakable, command, runs_page


def finished(run: MadeUpRun, folder: Path, title: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("a page")
    (folder / "dataset_description.json").write_text(json.dumps({"Name": title}))
    write_tsv(run.tables["verdict"], folder / "verdict.tsv")
    write_tsv(run.performance, folder / "performance.tsv")
    if title == "Second":
        (folder / "simulation").mkdir()
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    finished(made_up_run(), tmp_path / "results" / "first", "A <first> study")
    finished(six_cohorts(), tmp_path / "results" / "second", "Second")
    outcomes = tmp_path / "results" / "outcomes"
    outcomes.mkdir()
    (outcomes / "report.html").write_text("a page")
    words = {name: f"told: {name}" for name in SHORT}
    found = Finding("Does it help?", words, "+0.2 (0.1 to 0.3)", "x", 0.2, 0.1, 0.3, 0.01, n=30)
    write_tsv(answers_table([("outcomes", found)]), outcomes / "answers.tsv")
    (tmp_path / "results" / "people").mkdir()
    (tmp_path / "results" / "people" / "report.html").write_text("a page")
    (tmp_path / "results" / "unfinished").mkdir()
    return tmp_path / "results"


def test_all_runs_of_a_folder(results: Path, capsys) -> None:
    assert command(["list-runs", str(results)]) == 0
    html = (results / "index.html").read_text()
    assert re.findall(r"<h[12][^>]*>([^<]*)<", html)[:2] == ["All runs", "Runs"], "said once"
    page = Page(html)
    links = [link["href"] for link in page.all("a")]
    folders = ("first", "outcomes", "people", "second")
    assert links[1:] == [f"{name}/report.html" for name in folders]
    assert "A <first> study (first)" in page.text
    assert "people (people): no prediction of classes" in page.text
    assert "outcomes (outcomes): no prediction" not in page.text
    assert "Does it help? outcomes Yes. told: found +0.2 (0.1 to 0.3)" in page.text
    assert "outcomes, simulated data" not in page.text
    assert "Tables wider than the screen scroll sideways." in page.text
    assert capsys.readouterr().out.strip().endswith("index.html")


def test_named_runs_beside_each_other(results: Path) -> None:
    page_path = results.parent / "elsewhere" / "both.html"
    page_path.parent.mkdir()
    names = [str(results / name) for name in ("first", "second")]
    assert command(["compare-runs", *names, str(page_path)]) == 0
    page = Page(page_path.read_text())
    assert "../results/first/report.html" in [link["href"] for link in page.all("a")]
    verdict = made_up_run().tables["verdict"].set_index("question")
    row = verdict.loc["predicts"]
    shown = f"Balanced accuracy {100 * row['estimate']:.1f} % ({100 * row['ci_low']:.1f} to"
    assert shown in page.text
    alone = page.text[page.text.index("Numbers of second alone") :]
    assert "saline_b" in alone  # which the first run has not
    assert "saline_b" not in page.text[: -len(alone)]
    assert "external_c" not in page.text, "where there are too few people for a number"
    assert "n/a" not in page.text, "nothing that one of both lacks stands beside nothing"
    assert len(page.all("details")) == 1, "the first has nothing that the second has not"
    assert "(than confounds alone; no clinical measure was compared)" in page.text
    assert "The smallest p value" in page.text
    assert page.text.count("simulated data") == 4, "in the list and at the head of each table"
    assert "nan" not in page.text.split()
    assert not page.all("script")
    assert all(cell.get("scope") for cell in page.all("th"))


def shown(runs: list[Finished]) -> Page:
    return Page(runs_page(runs, "Runs"))


def run_of(made: MadeUpRun, name: str) -> Finished:
    verdict = made.tables["verdict"].copy()
    return Finished(name, name, f"{name}/report.html", False, verdict, made.performance, None)


def test_runs_without_anything_in_common_have_no_table_of_both() -> None:
    first, second = (run_of(made_up_run(), name) for name in ("one", "two"))
    second.performance["model"] = second.performance["model"] + "_other"
    page = shown([first, second])
    assert "No two of these runs have a model and a cohort of the same names." in page.text
    assert len(page.all("details")) == 2
    assert "n/a" not in page.text


def test_a_run_by_itself_is_not_folded() -> None:
    page = shown([run_of(made_up_run(), "one")])
    assert not page.all("details")
    assert "Numbers of each run" in page.text


def test_a_question_that_no_run_asks_is_a_word_and_no_row() -> None:
    runs = [run_of(made_up_run(), name) for name in ("one", "two")]
    for run in runs:
        run.verdict.loc[run.verdict["question"] == "is_it_the_drug", "answer"] = "not_asked"
    page = shown(runs)
    assert "Asked by none of these runs: Is it the drug?" in page.text
    assert page.text.count("Is it the drug?") == 1
    runs[0].verdict["answer"] = "found"
    assert "Asked by none" not in shown(runs).text


def test_what_has_no_interval_and_no_p_shows_none() -> None:
    run = run_of(made_up_run(), "one")
    rows = run.performance["metric"] == "auc"
    run.performance.loc[rows, ["ci_low", "ci_high", "p_value"]] = float("nan")
    text = shown([run]).text
    assert "n/a" not in text
    assert "nan" not in text.split()


def test_long_names_break_after_underscores_and_baselines_have_words() -> None:
    assert str(breakable("a_b<c>")) == "a_<wbr>b&lt;c&gt;"
    made = made_up_run()
    made.performance["model"] = "confounds_only"
    html = runs_page([run_of(made, "long_name")], "Runs")
    assert '<th scope="row">confounds alone<small>' in html
    assert "long_<wbr>name" in html
    assert "confounds_only" not in html


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (["list-runs"], 2, "usage"),
        (["compare-runs", "a", "b.html"], 2, "usage"),
        (["compare-runs", "results/unfinished", "results/first", "x.html"], 1, "no report.html"),
        (["list-runs", "results/unfinished"], 1, "found no run with a report.html"),
    ],
)
def test_mistakes_get_one_line(
    given: list[str], code: int, told: str, results: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(results.parent)
    assert command(given) == code
    error = capsys.readouterr().err
    assert told in error
    assert code == 2 or len(error.strip().splitlines()) == 1
    assert not (results.parent / "x.html").exists()
