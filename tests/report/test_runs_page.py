"""Pages of several runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_up_run import MadeUpRun, made_up_run, six_cohorts
from test_page import Page

from mri_response.core.tables import write_tsv
from mri_response.report.findings import SHORT, Finding, answers_table
from mri_response.report.runs_page import command


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
    page = Page((results / "index.html").read_text())
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
    assert "external_c" in page.text  # which the first run has not
    assert "n/a" in page.text
    assert "(than confounds alone; no clinical measure was compared)" in page.text
    assert "The smallest p value" in page.text
    assert page.text.count("simulated data") == 3, "in the list and at the head of both tables"
    assert "nan" not in page.text.split()
    assert not page.all("script")
    assert all(cell.get("scope") for cell in page.all("th"))


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
