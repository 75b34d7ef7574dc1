"""The repository as a whole: what is in it, its style, and the files that tools expect."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import mri_response
from mri_response.config.load import load_config

ROOT = Path(__file__).resolve().parents[2]

# Written with brackets so that this file does not contain what it forbids.
FORBIDDEN = {
    "a machine's path": r"(?<![\w.])[/](root|work|home|Users|mnt|scratch|opt)[/]\w",
    "a package index": r"(?i)pypi[.]org|python[h]osted|conda[.]anaconda|[-]index-url|find[-]links",
}
ROOT_FILES = (
    ".snakemake-workflow-catalog.yml",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "Containerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "Snakefile",
    "config/README.md",
    "config/config.yaml",
    "docs/index.md",
    "envs/mri-response.yaml",
    "envs/requirements-docs.txt",
    "envs/requirements.txt",
    "pyproject.toml",
    "results/.gitkeep",
    "workflow/Snakefile",
    "workflow/src/mri_response/data/config.schema.yaml",
)


def run(*command: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def module(*command: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    return run(sys.executable, "-m", *command, cwd=cwd, **environment)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Files under version control; a user's own beside them may hold any path."""
    found = run("git", "ls-files", "-z")
    if found.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in found.stdout.split("\0") if name]
    return [path for path in files if path.is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(tracked, what):
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in tracked:
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode().splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not found, "\n".join(found)


def test_files_are_small(tracked):
    large = [str(path.relative_to(ROOT)) for path in tracked if path.stat().st_size > 2**20]
    assert not large


@pytest.mark.parametrize("name", ROOT_FILES)
def test_file_exists(name):
    assert (ROOT / name).is_file()


def test_one_version_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert mri_response.__version__ == project["version"] == str(citation["version"])
    assert citation["license"] == project["license"] == "BSD-3-Clause"


def test_catalog_file():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["software-stack-deployment"]["conda"] is True


def commands_of(page: str) -> list[str]:
    """Commands of the first block of a page."""
    block = re.search(r"```\w*\n(.*?)```", (ROOT / page).read_text(), re.S).group(1)
    return [line.split("#")[0].strip() for line in block.splitlines()]


def test_ci_runs_the_first_commands_of_readme_and_first_steps():
    assert commands_of("README.md") == ["make small"]
    assert commands_of("docs/start.md") == ["make small", "make demo", "make test"]
    script = (ROOT / ".ci" / "run").read_text()
    made = re.findall(r"^make (\w+)\b", script, re.M)
    assert made == ["small", "test", "site"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_documented_example_is_a_complete_configuration():
    text = (ROOT / "docs" / "own_data.md").read_text()
    example = re.search(r"```yaml\n(.*?)```", text, re.S).group(1)
    assert load_config(yaml.safe_load(example))["run"] == "my_study"


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "workflow", "tests"),
        ("ruff", "format", "--check", "--no-cache", "workflow", "tests"),
        ("snakefmt", "--check", "Snakefile", "workflow"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_style(command):
    done = module(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_snakemake_lint():
    done = module("snakemake", "--lint")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Congratulations" in done.stdout + done.stderr


# --- profiles ----------------------------------------------------------------------------------

SMALL_WORKFLOW = """
rule one:
    output:
        "one.txt",
    log:
        "one.log",
    params:
        asked=lambda wildcards, resources: f"{resources.get('mem_mb')} {resources.get('runtime')}",
    shell:
        "echo {params.asked} > {output}"
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with a workflow of one job and the project's profiles."""
    (tmp_path / "Snakefile").write_text(SMALL_WORKFLOW)
    (tmp_path / "profiles").symlink_to(ROOT / "profiles")
    return tmp_path


@pytest.mark.parametrize("profile", ["default", "slurm", "cluster-generic"])
def test_snakemake_accepts_the_profile(small, profile):
    done = module("snakemake", "-n", "--workflow-profile", profile, cwd=small)
    assert done.returncode == 0, done.stderr
    assert f"profile profiles/{profile}" in done.stdout + done.stderr


def test_the_default_profile_is_found_and_says_little(small):
    done = module("snakemake", cwd=small)
    assert done.returncode == 0, done.stderr
    seen = done.stdout + done.stderr
    assert "profile profiles/default" in seen
    assert "1 of 1 steps (100%) done" in seen
    assert "Host:" not in seen
    assert "echo" not in seen


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """Stand-ins for the cluster's commands, to be put first on PATH."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    commands = {
        # The first job is killed before it starts, the next one runs.
        "sbatch": 'echo "$*" >> calls; id=$(grep -c . calls); for script; do :; done\n'
        'if [ "$id" = 1 ]; then echo OUT_OF_MEMORY > state.1\n'
        'else if sh "$script" > /dev/null 2>&1; then echo COMPLETED; else echo FAILED; fi '
        '> "state.$id"; fi\n'
        'echo "$id"',
        "scontrol": 'for id; do :; done; echo "JobId=$id JobState=$(cat "state.$id") Reason=None"',
        "scancel": "exit 0",
    }
    for name, body in commands.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    return folder


def test_a_job_killed_by_the_cluster_is_submitted_again_with_more(small, cluster):
    path = f"{cluster}{os.pathsep}{os.environ['PATH']}"
    options = ["--workflow-profile", "cluster-generic", "--seconds-between-status-checks", "1"]
    done = module("snakemake", *options, cwd=small, PATH=path)
    assert done.returncode == 0, done.stdout + done.stderr
    calls = (small / "calls").read_text().splitlines()
    assert ["--mem=1500 --time=30" in calls[0], "--mem=3000 --time=60" in calls[1]] == [True, True]
    assert (small / "one.txt").read_text() == "3000 60\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("echo JobId=7 JobState=PENDING Reason=Priority", "running"),
        ("echo JobId=7 JobState=RUNNING", "running"),
        ("echo JobId=7 JobState=COMPLETING", "running"),
        ("echo JobId=7 JobState=COMPLETED", "success"),
        ("echo JobId=7 JobState=TIMEOUT", "failed"),
        ("echo JobId=7 JobState=NODE_FAIL", "failed"),
        ("echo slurm_load_jobs error: Invalid job id specified >&2; exit 1", "failed"),
        ("echo Unable to contact slurm controller >&2; exit 1", "running"),
    ],
)
def test_the_state_of_a_job(cluster, body, expected):
    (cluster / "scontrol").write_text(f"#!/bin/sh\n{body}\n")
    script = ROOT / "workflow" / "profiles" / "cluster-generic" / "slurm-status.sh"
    done = run("sh", str(script), "7", PATH=f"{cluster}{os.pathsep}{os.environ['PATH']}")
    assert done.stdout == f"{expected}\n"
