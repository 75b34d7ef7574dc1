"""A first configuration for a folder."""

import pandas as pd
import pytest
import yaml
from source_study import PEOPLE, Study, write_report

from mri_response.config.files import read_config
from mri_response.config.load import load_config
from mri_response.config.source_kinds import with_values
from mri_response.people.cohorts import build_cohort
from mri_response.people.extraction import extract
from mri_response.preflight.start import command


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Study(tmp_path)
    people = pd.DataFrame(
        {
            "Code": PEOPLE,
            "Alter": range(30, 38),
            "Gender": [1, 2] * 4,
            "diagnosis": ["patient", "control"] * 4,
        }
    )
    people.to_csv(tmp_path / "people.csv", index=False)
    return made


def people_of(path, folder):
    config = load_config(read_config(path))
    extract(config, folder)
    return build_cohort(with_values(config, str(folder)), "study")[0]


def test_a_folder_of_freesurfer(study, capsys):
    assert command(["configure", "fs", "--scores", "people.csv", "mine.yaml"]) == 0
    out = capsys.readouterr().out
    assert "fs: freesurfer, 8 people" in out
    assert "8 by FreeSurfer 7.4.1" in out
    assert "mine.yaml: written; 2 lines with TODO are to be filled in" in out
    assert len(out.splitlines()) < 25
    text = (study.folder / "mine.yaml").read_text()
    raw = yaml.safe_load(text)
    cohort = raw["cohorts"]["study"]
    assert cohort["columns"] == {"participant_id": "Code", "age": "Alter", "sex": "Gender"}
    assert cohort["codes"] == {"sex": {"1": "TODO", "2": "TODO"}}
    # What has to be filled in is told as a mistake, and the file is complete otherwise.
    assert command(["check", "mine.yaml"]) == 1
    assert "column sex: found 'TODO'" in capsys.readouterr().err
    filled = text.replace("'1': TODO", "'1': M").replace("'2': TODO", "'2': F")
    (study.folder / "mine.yaml").write_text(filled)
    people = people_of("mine.yaml", study.folder / "read")
    assert people["participant_id"].tolist() == PEOPLE
    assert people["sex"].tolist() == ["M", "F"] * 4
    assert people["euler_number"].tolist() == [-80] * 8


def test_a_folder_of_cat12(study, capsys):
    for person in PEOPLE:
        write_report(study.folder / "cat12" / "report", f"{person}_T1w")
        maps = study.folder / "cat12" / "mri"
        maps.mkdir(exist_ok=True)
        (maps / f"mwp1{person}_T1w.nii").write_text("a map")
    assert command(["configure", "cat12", "--scores", "people.csv"]) == 0
    raw = yaml.safe_load((study.folder / "study.yaml").read_text())
    cohort = raw["cohorts"]["study"]
    assert cohort["sources"]["scans"] == "cat12/mri/mwp1{participant_id}_T1w.nii"
    assert cohort["tiv"] == cohort["quality"] == {"cat12_report": "cat12"}
    assert raw["features"]["scans"]["kind"] == "roi_maps"
    text = (study.folder / "study.yaml").read_text()
    text = text.replace("'1': TODO", "'1': M").replace("'2': TODO", "'2': F")
    (study.folder / "study.yaml").write_text(text)
    assert len(people_of("study.yaml", study.folder / "read")) == 8
    capsys.readouterr()
    assert command(["configure", "cat12"]) == 1
    assert "study.yaml: found a file, expected none" in capsys.readouterr().err


def test_a_data_set_with_maps_of_smriprep(study, capsys):
    root = study.folder / "bids"
    for person in PEOPLE:
        for place, name in (
            ("", "T1w"),
            ("derivatives/smriprep", "space-MNI152NLin2009cAsym_res-2_label-GM_probseg"),
            ("derivatives/smriprep", "label-GM_probseg"),
        ):
            folder = root / place / person / "anat"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{person}_{name}.nii.gz").write_text("an image")
    (root / "participants.tsv").write_text(
        "participant_id\tage\tsex\n" + "".join(f"{person}\t40\tF\n" for person in PEOPLE)
    )
    scores = "participant_id,session_id,MADRS\n" + "".join(
        f"{person},ses-1,30\n{person},ses-2,{5 + 15 * (i % 2)}\n" for i, person in enumerate(PEOPLE)
    )
    (study.folder / "scores.csv").write_text(scores)
    assert command(["configure", "bids", "--scores", "scores.csv"]) == 0
    raw = yaml.safe_load((study.folder / "study.yaml").read_text())
    assert raw["cohorts"]["study"]["sources"]["scans"] == {
        "bids": "bids/derivatives/smriprep",
        "suffix": "probseg",
        "space": "MNI152NLin2009cAsym",
        "res": "2",
        "label": "GM",
    }
    assert raw["features"]["scans"]["statistic"] == "mean"
    assert raw["outcome"]["baseline"] == "ses-1"
    people = people_of("study.yaml", study.folder / "read")
    assert people["outcome"].tolist() == ["responder", "nonresponder"] * 4


@pytest.mark.parametrize("arguments", [[], ["a", "b", "c"], ["--scores"], ["a", "--what"]])
def test_other_arguments(arguments, capsys):
    assert command(["configure", *arguments]) == 2
    assert "configure FOLDER [--scores TABLE]" in capsys.readouterr().err


def test_a_folder_without_anything(tmp_path, capsys):
    assert command(["configure", str(tmp_path)]) == 1
    assert "found neither sub-* with scans (BIDS)" in capsys.readouterr().err
