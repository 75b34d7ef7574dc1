"""Who was read from which file, by which program and version."""

import hashlib

import pandas as pd
import pytest
from source_study import PEOPLE, Study

from mri_response.people.cohorts import build_cohort
from mri_response.people.inputs_record import COLUMNS, inputs_summary, inputs_table
from mri_response.preflight.programs import probability_warnings, version_warnings


@pytest.fixture
def study(tmp_path):
    """A folder of FreeSurfer in which the patients were processed by an older version."""
    made = Study(tmp_path)
    for person in PEOPLE[::2]:
        (tmp_path / "fs" / person / "scripts" / "build-stamp.txt").write_text(
            "freesurfer-Linux-centos6_x86_64-stable-pub-v6.0.0-2beb96c\n"
        )
    (tmp_path / "fs" / "sub-08" / "stats" / "aseg.stats").unlink()
    made.raw["models"]["svc"]["confounds"] = []
    return made


def test_a_row_per_person_and_source(study):
    config, _ = study.read()
    table = inputs_table(config)
    assert list(table) == [name for name in COLUMNS if name != "session_id"]
    assert table["participant_id"].tolist() == PEOPLE
    assert table["version"].tolist()[:7] == ["6.0.0", "7.4.1"] * 3 + ["6.0.0"]
    assert table["reason"].notna().tolist() == [False] * 7 + [True]
    people = {"munich": build_cohort(config, "munich")[0]}
    summary = inputs_summary(config, table, people)
    assert summary[["version", "class", "n"]].to_numpy().tolist() == [
        ["6.0.0", "patient", 4],
        ["7.4.1", "control", 3],
    ]
    assert summary["site"].isna().all()
    # The site counts where no model takes it too.
    given = pd.read_csv(study.folder / "munich.tsv", sep="\t").assign(site=list("AAAABBBB"))
    given.to_csv(study.folder / "munich.tsv", sep="\t", index=False)
    assert inputs_summary(config, table, people)[["version", "site", "n"]].to_numpy().tolist() == [
        *(["6.0.0", "A", 2], ["6.0.0", "B", 2], ["7.4.1", "A", 2], ["7.4.1", "B", 1])
    ]


def test_a_version_that_goes_with_the_class_is_told(study):
    config, _ = study.read()
    told = version_warnings(config, build_cohort(config, "munich")[0])
    assert len(told) == 1
    assert "goes with the class (p = 0.0082)" in told[0]
    for person in PEOPLE[2:6]:
        (study.folder / "fs" / person / "scripts" / "build-stamp.txt").unlink()
    config, _ = study.read()
    assert version_warnings(config, build_cohort(config, "munich")[0]) == []


def test_plain_tables_and_patterns(study):
    people = pd.DataFrame({"participant_id": PEOPLE[:6], "lh_a": range(6)})
    table = study.folder / "regions.tsv"
    people.to_csv(table, sep="\t", index=False)
    study.set("sources: {fs: FOLDER/regions.tsv}")
    config, _ = study.read()
    found = inputs_table(config)
    sha256 = hashlib.sha256(table.read_bytes()).hexdigest()
    assert found["sha256"].fillna("").tolist() == [sha256] * 6 + [""] * 2
    assert found["reason"].tolist()[6:] == ["no row in the table"] * 2
    study.raw["features"]["fs"] = {"kind": "roi_maps", "source": "fs"}
    study.set("sources: {fs: 'FOLDER/{participant_id}_label-GM_probseg.nii'}")
    (study.folder / "sub-01_label-GM_probseg.nii").write_text("a map")
    config, _ = study.read()
    found = inputs_table(config)
    assert found["file"].dropna().tolist() == [f"{study.folder}/sub-01_label-GM_probseg.nii"]
    assert found["sha256"][0] == hashlib.sha256(b"a map").hexdigest()
    assert "write statistic: mean" in probability_warnings(config)[0]
    study.raw["features"]["fs"]["statistic"] = "mean"
    assert probability_warnings(study.read()[0]) == []
