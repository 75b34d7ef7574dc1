"""The command that checks a configuration without Snakemake."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import yaml
from source_study import Study as FolderStudy
from test_checks import Study

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.preflight import start


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = Study(tmp_path)
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study.raw, sort_keys=False))
    return study


def test_a_sound_study_as_a_module(study, root):
    done = subprocess.run(
        [sys.executable, "-m", "mri_response", "check", "study.yaml"],
        env={**os.environ, "PYTHONPATH": str(root / "workflow" / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("cohort munich (discovery): 24 people, 12 patient, 12 control\n")
    assert done.stdout.endswith("no mistake found; snakemake --configfile study.yaml --cores all\n")


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        (
            "study.yaml",
            "title: \u00e4".encode("latin-1"),
            "yaml: line 1: found a byte that is",
        ),
        ("study.yaml", b"run: a\nrun: b\n", "study.yaml: line 2: found the key 'run' again"),
        ("study.yaml", b"run: 2024_05\n", "config: run: found 202405, expected a name of letters"),
        ("munich.tsv", b"id\n1\n", "munich.tsv: found no column 'participant_id'"),
    ],
)
def test_mistakes_are_one_line(study, capsys, file, content, expected):
    Path(file).write_bytes(content)
    assert start.command(["check", "study.yaml"]) == 1
    said = capsys.readouterr().err
    assert expected in said
    assert said.count("\n") == 1


def test_a_missing_configuration(study, capsys):
    assert start.command(["check", "other.yaml"]) == 1
    assert capsys.readouterr().err.startswith(
        "other.yaml: file not found, expected a configuration"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], f"{start.USAGE}\n"),
        (["check"], "python -m mri_response check: found no file, expected the configuration"),
        (
            ["check", "a.yaml", "results/a/qc.tsv"],
            "python -m mri_response check: found 2 arguments ('a.yaml', 'results/a/qc.tsv'), "
            "expected one file with the whole configuration; options and targets stand behind ",
        ),
        (["run", "a.yaml"], "python -m mri_response found 'run', expected check, configure, list-"),
        (["configure"], "python -m mri_response configure: found no argument, expected a folder"),
        (
            ["configure", "a", "--what"],
            "python -m mri_response configure: found 'a', '--what', exp",
        ),
    ],
)
def test_other_arguments_are_told_in_one_line(arguments, told, capsys):
    assert start.command(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(told)
    assert not arguments or said.count("\n") == 1


def test_folders_that_cannot_be_written(study, monkeypatch, tmp_path):
    check_folders = partial(start.check_folders, {"run": "mine"})
    check_folders()
    cache = tmp_path / "caches" / "mine"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    check_folders()
    refused = tmp_path
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != refused)
    with pytest.raises(InputError, match="expected the folder in which the run is started to be"):
        check_folders()
    (tmp_path / "caches").mkdir()
    refused = tmp_path / "caches"
    text = f"{cache}/snakemake: found no permission to write.*XDG_CACHE_HOME"
    with pytest.raises(InputError, match=text):
        check_folders()


@pytest.mark.parametrize("folder", [".snakemake/log", "results/mine", "results/mine/figures"])
def test_folders_that_an_earlier_start_left_to_somebody_else(monkeypatch, tmp_path, folder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / folder).mkdir(parents=True)
    start.check_folders({"run": "mine"})
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path / folder)
    with pytest.raises(InputError, match=f"{folder}: found no permission.*an earlier start was"):
        start.check_folders({"run": "mine"})


def test_sets_of_regions_of_a_programs_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raw = FolderStudy(tmp_path).raw
    raw["cohorts"]["munich"]["tiv"] = {"source": "fs"}
    raw["min_class_size"] = 4
    raw["cross_validation"] = {"outer_folds": 2, "inner_folds": 2}
    raw["region_sets"] = {"fs": {"own": {"mine": ["lh_insula_thickness"]}}}
    said = list(start.checks_of_run(load_config(raw), "cache.json"))
    assert said[0] == "cohort munich (discovery): 8 people, 4 patient, 4 control"
    raw["region_sets"]["fs"]["own"]["mine"] = ["lh_insola_thickness"]
    with pytest.raises(InputError, match="did you mean 'lh_insula_thickness'"):
        start.checks_of_run(load_config(raw), "cache.json")
