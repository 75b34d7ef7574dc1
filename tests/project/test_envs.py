"""The lock, the conda environment and pyproject.toml agree; the set-up says what is missing."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "envs" / "requirements.txt").read_text()
DOCS_LOCK = (ROOT / "envs" / "requirements-docs.txt").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "envs" / "mri-response.yaml").read_text())

RUN = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = {
    name: [Requirement(text) for text in texts]
    for name, texts in PROJECT["optional-dependencies"].items()
}
DIRECT = RUN + [requirement for texts in EXTRAS.values() for requirement in texts]

# What conda calls a package where it is another name than pip's.
CONDA_NAMES = {"snakemake": "snakemake-minimal", "matplotlib": "matplotlib-base"}


def locked(lock: str = LOCK) -> list[Requirement]:
    """The lock's entries without their hashes."""
    joined = lock.replace("\\\n", " ")
    lines = [line.split("--hash")[0] for line in joined.splitlines()]
    return [Requirement(line) for line in lines if line and not line.lstrip().startswith("#")]


def version_of(name: str) -> Version:
    found = [r for r in locked() if canonicalize_name(r.name) == canonicalize_name(name)]
    assert len(found) == 1, f"{name}: {len(found)} entries in the lock"
    (pin,) = found[0].specifier
    assert pin.operator == "=="
    return Version(pin.version)


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda r: r.name)
def test_the_lock_satisfies_every_dependency(requirement):
    assert requirement.specifier.contains(version_of(requirement.name))


@pytest.mark.parametrize(("lock", "fewest"), [(LOCK, 50), (DOCS_LOCK, 20)], ids=["run", "docs"])
def test_every_entry_is_pinned_once_and_hashed(lock, fewest):
    names = [canonicalize_name(r.name) for r in locked(lock)]
    # One version for all Python versions: numbers do not depend on Python's version.
    assert len(names) == len(set(names)) > fewest
    for entry in re.split(r"\n(?=\S)", lock):
        if not entry.startswith("#"):
            assert re.match(r"[\w.-]+==[\w.]+( ; .+)? \\\n    --hash=sha256:[0-9a-f]{64}", entry), (
                entry
            )
    hashes = re.findall(r"--hash=(\S+)", lock)
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes)


@pytest.mark.parametrize("lock", [LOCK, DOCS_LOCK], ids=["run", "docs"])
def test_the_lock_names_no_host_and_no_path(lock):
    assert "://" not in lock
    assert not re.search(r"^\s*-", re.sub(r"^    --hash=\S+", "", lock, flags=re.M), re.M)
    assert not re.search(r"(^|\s)(/|~|[A-Za-z]:\\)", lock, re.M)
    assert not re.search(r"index|simple|pypi|\.(org|com|net|io)\b", lock.replace("pure-index", ""))


def test_the_websites_lock_has_what_builds_it_and_nothing_of_it_is_in_the_users():
    wanted = (ROOT / "envs" / "requirements-docs.in").read_text().splitlines()
    wanted = {line for line in wanted if line and not line.startswith("#")}
    assert wanted <= {entry.name for entry in locked(DOCS_LOCK)}
    assert not wanted & {entry.name for entry in locked()}


def test_conda_has_every_package_at_the_locked_version():
    plain = [entry for entry in CONDA["dependencies"] if isinstance(entry, str)]
    (pip_part,) = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    found = {}
    for entry in plain + pip_part:
        name, _, pin = entry.partition(" ")
        found[name] = pin
    assert found.pop("pip") == ""
    assert SpecifierSet(found.pop("python")) == SpecifierSet(PROJECT["requires-python"])
    wanted = {
        CONDA_NAMES.get(requirement.name, requirement.name): version_of(requirement.name)
        for requirement in RUN + EXTRAS["cluster"]
    }
    assert found.keys() == wanted.keys()
    assert {name: Version(pin.lstrip("=")) for name, pin in found.items()} == wanted
    assert CONDA["channels"] == ["conda-forge", "bioconda", "nodefaults"]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_markers_leave_out_no_direct_dependency(python):
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    names = {canonicalize_name(requirement.name) for requirement in DIRECT}
    for entry in locked():
        if canonicalize_name(entry.name) in names and entry.marker:
            assert Marker(str(entry.marker)).evaluate(environment), entry


# --- envs/setup.sh, run beside stand-ins for the interpreters ----------------------------------


def stand_in(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def python_stand_in(version: str, venv: bool = True, pip: str = "exit 0") -> str:
    """Shell code that behaves as a Python of that version towards the set-up."""
    major, minor = version.split(".")
    suitable = major == "3" and 11 <= int(minor) <= 13
    return (
        'case "$*" in\n'
        f"*version_info*) exit {0 if suitable else 1} ;;\n"
        f"*ensurepip*) exit {0 if venv else 1} ;;\n"
        f'-V) echo "Python {version}" ;;\n'
        '"-m venv"*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; '
        'echo "$(pwd -P)/$3" > "$3/bin/activate"; '
        f'echo "{version}" > "$3/version" ;;\n'
        f'"-m pip"*) {pip} ;;\n'
        "*) exit 0 ;;\n"
        "esac"
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with the set-up and a lock, and a bin folder for stand-ins."""
    (tmp_path / "project" / "envs").mkdir(parents=True)
    shutil.copy(ROOT / "envs" / "setup.sh", tmp_path / "project" / "envs")
    (tmp_path / "project" / "envs" / "requirements.txt").write_text("a==1\n")
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "rm", "cp", "cmp", "mkdir", "dirname", "grep", "uname"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    stand_in(tmp_path / "bin", "git", "exit 0")
    return tmp_path / "project"


def set_up(project: Path, **environment: str) -> subprocess.CompletedProcess:
    found = project.parent / "bin"
    return subprocess.run(
        [found / "sh", "envs/setup.sh"],
        cwd=project,
        env={"PATH": str(found), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def made_with(project: Path) -> str:
    return (project / ".venv" / "version").read_text().strip()


@pytest.mark.parametrize(
    ("pythons", "expected"),
    [
        ({"python3": "3.12"}, "3.12"),
        ({"python3": "3.9", "python3.11": "3.11"}, "3.11"),
        ({"python3": "3.14", "python3.13": "3.13", "python3.12": "3.12"}, "3.13"),
        ({"python3.12": "3.12"}, "3.12"),
    ],
)
def test_a_suitable_python_is_found(project, pythons, expected):
    for name, version in pythons.items():
        stand_in(project.parent / "bin", name, python_stand_in(version))
    done = set_up(project)
    assert (done.returncode, done.stderr) == (0, "")
    assert made_with(project) == expected


def test_a_python_without_venv_is_passed_over(project):
    stand_in(project.parent / "bin", "python3", python_stand_in("3.13", venv=False))
    stand_in(project.parent / "bin", "python3.11", python_stand_in("3.11"))
    assert set_up(project).returncode == 0
    assert made_with(project) == "3.11"


def test_a_named_python_is_the_only_one_tried(project):
    stand_in(project.parent / "bin", "python3", python_stand_in("3.13"))
    stand_in(project.parent, "my python", python_stand_in("3.11"))
    named = str(project.parent / "my python")
    assert set_up(project, PYTHON=named).returncode == 0
    assert made_with(project) == "3.11"
    shutil.rmtree(project / ".venv")
    stand_in(project.parent, "my python", python_stand_in("3.10"))
    done = set_up(project, PYTHON=named)
    assert done.returncode == 1
    assert f"found as {named};" in done.stderr


@pytest.mark.parametrize(
    ("pythons", "expected"),
    [
        ({}, "no Python 3.11, 3.12 or 3.13 found as python3, python3.13, python3.12 or python3.11"),
        ({"python3": ("3.9", True)}, "no Python 3.11, 3.12 or 3.13 found"),
        ({"python3": ("3.11", False)}, "python3 is without its venv module"),
    ],
)
def test_a_missing_python_is_one_line(project, pythons, expected):
    for name, (version, venv) in pythons.items():
        stand_in(project.parent / "bin", name, python_stand_in(version, venv))
    done = set_up(project)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"mri-response: {expected}")
    assert not (project / ".venv").exists()


def test_missing_git_is_one_line(project):
    stand_in(project.parent / "bin", "python3", python_stand_in("3.12"))
    (project.parent / "bin" / "git").unlink()
    done = set_up(project)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "mri-response: git is missing; install it and try again\n"


def test_a_mac_with_an_intel_processor_is_one_line(project):
    stand_in(project.parent / "bin", "python3", python_stand_in("3.12"))
    (project.parent / "bin" / "uname").unlink()
    stand_in(project.parent / "bin", "uname", 'echo "Darwin x86_64"')
    done = set_up(project)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "use the container" in done.stderr


@pytest.mark.parametrize("name", ["my project", "a&b", "it's", "a$b", "a[1]", "a(1)", "a\\b"])
def test_a_folder_that_snakemake_cannot_run_in_is_one_line(project, name):
    stand_in(project.parent / "bin", "python3", python_stand_in("3.12"))
    odd = project.rename(project.with_name(name))
    done = subprocess.run(
        ["sh", "envs/setup.sh"], cwd=odd, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"mri-response: the folder {odd} has a space or another special character in its path; "
        "move the project to one without\n"
    )


def test_a_folder_with_letters_of_any_language_will_do(project):
    stand_in(project.parent / "bin", "python3", python_stand_in("3.12"))
    assert set_up(project.rename(project.with_name("müller-2.0_é+,@~"))).returncode == 0


def test_an_unchanged_lock_is_not_installed_again(project):
    stand_in(project.parent / "bin", "python3", python_stand_in("3.12"))
    assert "Setting up" in set_up(project).stdout
    marker = project / ".venv" / "marker"
    marker.touch()
    again = set_up(project)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert marker.exists()
    (project / "envs" / "requirements.txt").write_text("a==2\n")
    assert "Setting up" in set_up(project).stdout
    assert not marker.exists()


def test_a_moved_folder_is_set_up_again(project):
    stand_in(project.parent / "bin", "python3", python_stand_in("3.12"))
    set_up(project)
    moved = project.rename(project.with_name("moved"))
    assert "Setting up" in set_up(moved).stdout
    assert set_up(moved).stdout == ""


def test_a_set_up_cut_short_starts_anew(project):
    body = python_stand_in("3.12", pip='echo "no such package" >&2; exit 1')
    stand_in(project.parent / "bin", "python3", body)
    done = set_up(project)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "no such package",
        "mri-response: the packages could not be installed; the lines above say why",
    ]
    stand_in(project.parent / "bin", "python3", python_stand_in("3.11"))
    assert set_up(project).returncode == 0
    assert made_with(project) == "3.11"


def test_make_hides_the_users_python_settings(tmp_path):
    for name in ("Makefile", "envs/setup.sh", "envs/requirements.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    stand_in(tmp_path / ".venv" / "bin", "python", 'echo "$*:${PYTHONPATH-}:$PYTHONNOUSERSITE"')
    (tmp_path / ".venv" / "bin" / "activate").write_text(f"{tmp_path}/.venv\n")
    shutil.copy(ROOT / "envs" / "requirements.txt", tmp_path / ".venv/installed-requirements.txt")
    environment = {key: value for key, value in os.environ.items() if "MAKE" not in key}
    environment["PYTHONPATH"] = "/elsewhere"

    def make(*arguments: str) -> str:
        command = ["make", "--no-print-directory", *arguments]
        return subprocess.check_output(command, cwd=tmp_path, env=environment, text=True)

    assert "-m snakemake --cores 3 --dry-run::1\n" in make("demo", "CORES=3", "ARGS=--dry-run")
    tests = make("test", "CORES=3", "ARGS=-k log")
    assert "-m pytest -n 3 --dist loadfile --no-loadscope-reorder -k log::1\n" in tests
