"""The tutorial, done as it is written, with tables in the form of the public files it names."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from small_study import ROOT, snakemake

from mri_response.preflight.start import command

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
# Columns of the public files that the tables beside the project do not have.
FURTHER = ["Left-vessel", "Right-vessel", "Left-choroid-plexus", "Right-choroid-plexus"]
FURTHER += ["SupraTentorialVol", "SupraTentorialVolNotVent"]


def block(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.S)
    return text


@pytest.fixture
def folder(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the two files, made from the real tables."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "open").mkdir()
    source = shared_data / "schizophrenia" / "nimh"
    people = pd.read_csv(source / "participants.tsv", sep="\t")
    regions = pd.read_csv(source / "freesurfer.tsv", sep="\t").drop(columns="participant_id")
    people["sex"] = people["sex"].map({"F": 0, "M": 1})
    table = pd.concat(
        [
            people[["age", "sex"]].assign(site="NIMH_CR", sitenum=1001),
            regions,
            pd.DataFrame(1.0, index=regions.index, columns=FURTHER),
        ],
        axis=1,
    )
    table.index = people["participant_id"].str.removeprefix("sub-NIMH").rename(None)
    for group in ("patient", "control"):
        rows = (people["group"] == group).to_numpy()
        table[rows].to_csv(tmp_path / "open" / f"NIMH_{group}s_v1.csv")
    return tmp_path


def test_the_tutorial_works_as_written(folder, shared_data, capsys):
    exec(compile(block("python"), "prepare.py", "exec"), {})
    source = shared_data / "schizophrenia" / "nimh"
    made = pd.read_csv("open/participants.tsv", sep="\t").replace({"sex": {0: "F", 1: "M"}})
    real = pd.read_csv(source / "participants.tsv", sep="\t")
    assert_frame_equal(made, real[made.columns], check_dtype=False)

    Path("open/study.yaml").write_text(block("yaml"))
    lines = block("sh").splitlines()
    check, dry_run, run = lines[1:]
    assert check.startswith("PYTHONPATH=workflow/src python -m mri_response check ")
    assert command(check.split()[4:]) == 0, capsys.readouterr().err
    assert "165 people, 98 patient, 67 control" in capsys.readouterr().out
    assert run == f"{dry_run.removesuffix(' -n')} --cores all"
    done = snakemake(*dry_run.split()[1:], cwd=folder)
    assert "results/open/report.html" in done.stdout + done.stderr

    # The features are those of the analysis of the same people in tests/configs.
    target = "results/open/features/freesurfer/nimh.tsv"
    snakemake(target, "--cores", "1", "--configfile", "open/study.yaml", cwd=folder)
    features = pd.read_csv(target, sep="\t")
    columns = pd.read_csv(source / "freesurfer.tsv", sep="\t").columns
    assert set(features.columns) == set(columns) - {"EstimatedTotalIntraCranialVol"}
