"""Where files of a run are is said in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"
RULES = sorted((WORKFLOW / "rules").glob("*.smk"))
SCRIPTS = sorted((WORKFLOW / "scripts").rglob("*.py"))


@pytest.mark.parametrize("path", [*RULES, *SCRIPTS, WORKFLOW / "Snakefile"], ids=lambda p: p.stem)
def test_the_runs_folder_is_written_in_the_paths_alone(path):
    found = re.findall(r".*(?:\{RUN\}|\bRUN\b|results/).*", path.read_text(encoding="utf-8"))
    assert (path.name == "paths.smk") == bool(found), found


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_log_and_benchmark_has_its_place_by_the_functions(path):
    text = path.read_text(encoding="utf-8")
    for what in ("log", "benchmark"):
        places = re.findall(rf"^ *{what}:\n *(\w+)", text, re.M)
        assert set(places) <= {f"{what}_of"}
    rules = re.findall(r"^ *rule(?: \w+)?:", text, re.M)
    again = re.findall(r"^ *use rule \w+ as \w+ with:(?:\n    .*|\n)*?^ +log:$", text, re.M)
    assert len(re.findall(r"^ *log:$", text, re.M)) == len(rules) + len(again)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_no_script_takes_a_name_out_of_a_path(path):
    text = path.read_text(encoding="utf-8")
    taken = re.findall(r".*(?:\.stem\b|\.split\(|removesuffix|parents?\[| in path\b).*", text)
    assert not taken
