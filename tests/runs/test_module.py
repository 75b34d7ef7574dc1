"""The package as it is installed, and the workflow as a module fetched from a git repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_study import ENVIRONMENT, ROOT, Study, digests

MODULE = """
module response:
    snakefile: "git+file://{repository}/workflow/Snakefile@{commit}"
    config: config
    prefix: "trial"

configfile: "study.yaml"

use rule * from response as response_*

rule everything:
    default_target: True
    input: rules.response_all.input
"""


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **ENVIRONMENT, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A git repository with the project's files as they are now, and its commit."""
    folder = tmp_path_factory.mktemp("hosted") / "repository"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "the project")):
        assert run("git", *command, cwd=folder).returncode == 0
    return folder, run("git", "rev-parse", "HEAD", cwd=folder).stdout.strip()


@pytest.fixture(scope="module")
def installed(repository: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the repository's package is installed, without what it needs."""
    target = tmp_path_factory.mktemp("installed")
    options = ("--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check")
    done = run(
        *(sys.executable, "-m", "pip", "install", *options, "--target", target, repository[0]),
        cwd=target,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_an_installed_package_has_its_data_files(installed: Path) -> None:
    source = ROOT / "workflow" / "src" / "mri_response" / "data"
    assert digests(installed / "mri_response" / "data") == digests(source)
    found = run(
        *(sys.executable, "-c", "from mri_response.core.data import DATA; print(DATA)"),
        cwd=installed,
        PYTHONPATH=str(installed),
    )
    assert Path(found.stdout.strip()) == installed / "mri_response" / "data"


@pytest.fixture
def study(repository: tuple[Path, str], tmp_path: Path) -> Path:
    """A small study whose own workflow fetches this one."""
    mine = Study(tmp_path / "study")
    mine.config["permutation"]["n"] = 19
    mine.config["cross_validation"]["repeats"] = 1
    mine.save()
    folder, commit = repository
    text = MODULE.format(repository=folder, commit=commit)
    (mine.folder / "Snakefile").write_text(text)
    return mine.folder


def snakemake(study: Path, *arguments: str, package: Path | None) -> subprocess.CompletedProcess:
    path = "" if package is None else str(package)
    options = ("--cores", "2", *arguments)
    return run(sys.executable, "-m", "snakemake", *options, cwd=study, PYTHONPATH=path)


def test_the_workflow_runs_as_a_module_from_a_git_repository(study: Path, installed: Path) -> None:
    done = snakemake(study, package=installed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (study / "trial" / "results" / "small" / "report.html").is_file()
    assert not (study / "results").exists()
    again = snakemake(study, "--dry-run", package=installed)
    assert "Nothing to be done" in again.stdout + again.stderr


@pytest.mark.parametrize("found", ["no installed package", "version 0.0.1"])
def test_a_package_that_is_missing_or_another_is_told_in_one_line(
    study: Path, tmp_path: Path, found: str
) -> None:
    package = None
    if found != "no installed package":
        package = tmp_path / "other"
        (package / "mri_response").mkdir(parents=True)
        (package / "mri_response" / "__init__.py").write_text('__version__ = "0.0.1"\n')
    done = snakemake(study, "--dry-run", package=package)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if "mri-response: found" in line]
    assert len(lines) == 1, done.stderr
    assert found in lines[0]
    assert "pip install" in lines[0]
    assert "Traceback" not in done.stderr
