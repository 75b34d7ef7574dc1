"""What the host of the repository reads: continuous integration, templates, citation, container."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))


def jobs(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_steps_use_known_actions_or_make_targets(path):
    for job in jobs(path).values():
        assert job["runs-on"]
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"])
            else:
                command, *targets = shlex.split(step["run"])
                assert command == "make"
                assert targets
                assert set(targets) <= TARGETS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_may_write_that_need_not(path):
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {"contents": "read"}


def test_the_try_out_runs_on_linux_and_macos_on_the_oldest_and_the_newest_python():
    small = jobs(ROOT / ".github" / "workflows" / "tests.yml")["small"]
    matrix = small["strategy"]["matrix"]
    assert matrix["system"] == ["ubuntu-latest", "macos-latest"]
    bounds = re.search(
        r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text()
    )
    assert matrix["python"] == [f"3.{int(bounds[1])}", f"3.{int(bounds[2]) - 1}"]
    assert "make small" in [step.get("run") for step in small["steps"]]


def test_the_host_runs_lint_tests_and_site():
    run = {
        step.get("run")
        for path in WORKFLOWS
        for job in jobs(path).values()
        for step in job["steps"]
    }
    assert {"make lint", "make test", "make site"} <= run


def test_forms_ask_for_something_and_warn_of_people():
    forms = [yaml.safe_load(path.read_text()) for path in TEMPLATES if path.stem != "config"]
    assert len(forms) == 3
    for form in forms:
        assert form["name"]
        assert form["description"]
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        assert len({field["id"] for field in fields}) == len(fields) > 0
        assert any(field.get("validations", {}).get("required") for field in fields)
        assert all(field["attributes"]["label"] for field in fields)
    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / "something_went_wrong.yml").read_text()
    assert "leave out everything about single people" in text


def test_the_citation_has_what_its_format_and_citing_need():
    """The required keys of Citation File Format 1.2.0, and what a reference is made of."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert all(citation[key] for key in ("message", "title", "authors", "version", "license"))
    assert citation["type"] == "software"
    assert all(set(author) <= {"name", "orcid", "website"} for author in citation["authors"])


def test_the_image_is_made_from_the_lock_with_hashes():
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    joined = text.replace("\\\n", " ")
    assert re.search(r"pip install .*--require-hashes +-r envs/requirements\.txt", joined)
    # The lock alone is there when packages are installed, which are then kept over changes of code.
    assert joined.index("--require-hashes") < joined.index("COPY . .")
    # The solver is compiled from the code, once, and not by every container.
    assert joined.index("COPY . .") < joined.index("-m mri_response.learning.learners.svc.solver")
    documented = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
    assert re.findall(r"^#     (podman .+)$", text, re.M) == re.findall(
        r"^(podman .+)$", documented, re.M
    )
    ignored = (ROOT / ".containerignore").read_text().split()
    assert {".git", ".venv", "results", "resources"} <= set(ignored)
