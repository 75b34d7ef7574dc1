"""The try-out of README: `tests/configs/small.yaml`, run whole, and the page that it ends with."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
import yaml
from small_study import ENVIRONMENT, ROOT

CONFIG = ROOT / "tests" / "configs" / "small.yaml"
OPTIONS = ["--cores", "2", "--configfile", CONFIG]
# In a minute two cores give 120 seconds of processor time.
SECONDS = 120


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the run: what `make small` has just made, where CI names it, or one of ours."""
    made = os.environ.get("MRI_RESPONSE_SMALL_RUN")
    if made:
        return Path(made)
    folder = tmp_path_factory.mktemp("small")
    before = seconds_of_children()
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", *OPTIONS, "--verbose"],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert seconds_of_children() - before < SECONDS
    # The scheduler looks for jobs when one has ended, and not many times a second.
    written = done.stdout + done.stderr
    jobs = int(re.search(r"(\d+) of \1 steps", written)[1])
    assert written.count("Ready jobs: ") <= 2 * jobs
    return folder / "results" / "small"


@pytest.fixture(scope="module")
def page(run: Path) -> str:
    return (run / "report.html").read_text(encoding="utf-8")


def words(page: str) -> str:
    """Text of the page without its tags, styles and scripts."""
    bare = re.sub(r"(?s)<(style|script)\b.*?</\1>", " ", page)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def test_the_page_says_that_it_is_a_try_out_of_simulated_people(page):
    title = yaml.safe_load(CONFIG.read_text())["title"]
    assert "Try-out" in title
    assert "simulated" in title
    assert title in unescape(re.search(r"<title>(.*?)</title>", page, re.S)[1])
    assert "simulated" in words(page).replace(title, "").lower()


def test_the_page_answers_the_questions_with_the_numbers_of_the_tables(run, page):
    verdict = pd.read_csv(run / "verdict.tsv", sep="\t", na_values=["n/a"])
    asked = ["predicts", "holds_elsewhere", "is_it_the_drug", "better_than_the_clinic"]
    assert list(verdict["question"][:4]) == asked
    answered = verdict.set_index("question")
    text = words(page)
    for question in asked[:2]:
        assert f"{100 * answered.loc[question, 'estimate']:.1f}" in text
    assert dict(answered["n"].loc[asked[:2]]) == {"predicts": 60, "holds_elsewhere": 30}


def test_every_figure_is_on_the_page_and_nothing_is_fetched(run, page):
    figures = {path.stem for path in (run / "figures").glob("*.png")}
    assert {"flow", "roc_roi_svc", "calibration_roi_svc", "specificity_roi_svc"} <= figures
    assert len(re.findall(r'<img[^>]+src="data:image/|<svg\b', page)) >= len(figures)
    fetched = r"""<(?:img|script|link|iframe)\b[^>]*(?:src|href)=["'](?!data:|#)"""
    assert not re.findall(fetched, page)


def test_the_try_out_is_small_by_its_configuration():
    config = yaml.safe_load(CONFIG.read_text())
    assert sum(cohort["n"] for cohort in config["simulation"]["cohorts"].values()) <= 120
    assert config["permutation"]["n"] < 100
    assert CONFIG.read_text().startswith("# A try-out")
