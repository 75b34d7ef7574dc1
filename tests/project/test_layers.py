"""The law of the house: one name a stage, and imports that only run up the list of stages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workflow" / "src" / "mri_response"
# A stage imports itself and those before it.
STAGES = (
    *("core", "config", "inputs", "simulation", "people", "clinical_outcomes"),
    *("belief_updating", "features", "variability", "learning", "models", "preflight"),
    *("evaluation", "application", "brain", "report", "record"),
)
# Stages without rules, and files of rules that belong to no stage.
WITHOUT_RULES = {"core", "config", "inputs"}
SHARED_RULES = {"common", "paths", "lists", "user_files", "job_inputs", "job_parameters", "sizes"}


def imported(path: Path) -> Iterator[str]:
    """Names of the package's modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.startswith("mri_response."))


def upward(path: Path, stage: str) -> list[str]:
    """Imports of a file in a stage that belong to a later stage."""
    later = STAGES[STAGES.index(stage) + 1 :]
    return [name for name in imported(path) if name.split(".")[1] in later]


def files_of_stages() -> Iterator[tuple[str, Path]]:
    for folder in (PACKAGE, ROOT / "workflow" / "scripts"):
        for path in sorted(folder.rglob("*.py")):
            stage = path.relative_to(folder).parts[0]
            if stage not in ("__init__.py", "__main__.py"):
                yield stage, path


def test_every_file_belongs_to_a_stage() -> None:
    assert {stage for stage, _ in files_of_stages()} == set(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_only_what_stands_before_it(stage: str) -> None:
    found = {path.name: upward(path, stage) for own, path in files_of_stages() if own == stage}
    assert {name: names for name, names in found.items() if names} == {}


def test_an_import_turned_round_is_found(tmp_path: Path) -> None:
    path = tmp_path / "metrics.py"
    path.write_text("def f():\n    from mri_response.report.numbers import number\n")
    assert upward(path, "evaluation") == ["mri_response.report.numbers.number"]
    assert upward(path, "record") == []


def module_imports(package: Path) -> dict[str, set[str]]:
    """Module to the modules that it imports, by their names inside the package."""
    modules = {
        ".".join(path.relative_to(package).with_suffix("").parts): path
        for path in package.rglob("*.py")
    }
    graph = {}
    for name, path in modules.items():
        inside = [found.split(".", 1)[1] for found in imported(path) if "." in found]
        graph[name] = {
            target
            for found in inside
            for target in (found, found.rpartition(".")[0])
            if target in modules
        }
    return graph


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A circle of imports, empty if there is none."""
    done: set[str] = set()

    def follow(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph[name]):
            if found := follow(target, [*way, name]):
                return found
        done.add(name)
        return []

    return next(filter(None, (follow(name, []) for name in sorted(graph))), [])


def test_the_package_imports_in_no_circle() -> None:
    assert circle(module_imports(PACKAGE)) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_initial_files_hold_a_docstring_only() -> None:
    """What a package's first file imports would be part of every hash of code."""
    for path in PACKAGE.rglob("__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        extra = [] if path.parent == PACKAGE else body[1:]
        assert extra == [], path


def test_a_stage_has_the_same_name_in_four_places() -> None:
    rules = {path.stem for path in (ROOT / "workflow" / "rules").glob("*.smk")}
    assert rules == {*STAGES, *SHARED_RULES} - WITHOUT_RULES
    scripts = {path.name for path in (ROOT / "workflow" / "scripts").iterdir()}
    assert scripts == set(STAGES) - WITHOUT_RULES
    tests = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert set(STAGES) <= tests


def test_rules_use_the_scripts_of_their_stage_and_every_script_is_used() -> None:
    used = set()
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for stage, name in re.findall(r'"\.\./scripts/(\w+)/(\w+)\.py"', path.read_text()):
            assert stage == path.stem, f"{path.name} uses a script of {stage}"
            used.add(f"{stage}/{name}")
    scripts = ROOT / "workflow" / "scripts"
    there = {str(path.relative_to(scripts).with_suffix("")) for path in scripts.rglob("*.py")}
    assert used == there
