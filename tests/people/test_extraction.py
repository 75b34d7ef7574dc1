"""Folders of FreeSurfer, CAT12 and BIDS as sources of a configuration."""

import copy
import os

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from source_study import LABELS, PEOPLE, TIV_MM3, Study, write_report

from mri_response.config.load import load_config
from mri_response.config.queries import quality_predictors, used_baselines
from mri_response.core.tables import read_tsv
from mri_response.inputs.paths import image_paths, map_paths
from mri_response.people.cohorts import build_cohort
from mri_response.people.participants import roi_table_columns


@pytest.fixture
def study(tmp_path):
    return Study(tmp_path)


def test_a_folder_of_freesurfer(study):
    study.set("{tiv: {source: fs}, quality: {source: fs}}")
    config, warnings = study.read()
    people, exclusions, _ = build_cohort(config, "munich")
    assert warnings == []
    assert exclusions.empty
    assert people["tiv"].tolist() == [TIV_MM3[person] / 1000 for person in PEOPLE]
    assert people["surface_holes"].tolist() == [42] * 8
    assert people["euler_number"].tolist() == [4 - 2 * 42] * 8
    assert roi_table_columns(config, "fs") == [
        *("Left-Hippocampus", "Left-Thalamus"),
        *(f"{side}_{label}_thickness" for side in ("lh", "rh") for label in LABELS),
    ]
    record = read_tsv(config["cohorts"]["munich"]["record"])
    assert record[["program", "version", "state"]].drop_duplicates().to_numpy().tolist() == [
        ["FreeSurfer", "7.4.1", "read"]
    ]
    assert record["sha256"].str.fullmatch("[0-9a-f]{64}").all()


def test_old_spellings_name_new_columns(study):
    study.raw["features"]["fs"]["columns"] = ["Left-Thalamus-Proper", "lh_ins*_thickness"]
    study.set("tiv: {source: fs}")
    config, _ = study.read()
    taken = ["Left-Thalamus-Proper", "lh_insula_thickness"]
    assert roi_table_columns(config, "fs") == taken
    assert len(build_cohort(config, "munich")[0]) == 8


def test_who_is_left_out_and_why(study):
    study.set("tiv: {source: fs}")
    fs = study.folder / "fs"
    os.rename(fs / "sub-01", fs / "sub-1")
    (fs / "sub-02" / "stats" / "lh.aparc.stats").unlink()
    path = fs / "sub-03" / "stats" / "aseg.stats"
    path.unlink()
    path.symlink_to("../.git/annex/objects/none")
    for file in (fs / "sub-04" / "stats").iterdir():
        file.unlink()
    (fs / "sub-04" / "scripts" / "recon-all-status.log").write_text(
        "#@# Fix Topology lh Thu Nov 26 20:00:00 UTC 2020\n"
    )
    config, _ = study.read()
    people, exclusions, _ = build_cohort(config, "munich")
    assert people["participant_id"].tolist() == PEOPLE[4:]
    assert exclusions["reason"].tolist() == [
        "no folder (source fs)",
        "a file is missing (source fs)",
        "a file is a link without content (datalad get) (source fs)",
        "the program did not finish (source fs)",
    ]
    told = read_tsv(config["cohorts"]["munich"]["record"])["reason"].dropna().tolist()
    assert "but 'sub-1': they differ by leading zeros" in told[0]
    warned = read_tsv(config["cohorts"]["munich"]["record"].replace("record.tsv", "warnings.tsv"))
    assert "but 'sub-1': they differ by leading zeros; they are left out" in warned["warning"][0]
    assert "lacks stats/lh.aparc.stats" in told[1]
    assert told[2].endswith("fetch it (datalad get)")
    assert told[3].endswith("the last step of its log is 'Fix Topology lh'")


def test_two_versions_are_told(study):
    study.set("tiv: {source: fs}")
    for person in PEOPLE[:3]:
        (study.folder / "fs" / person / "scripts" / "build-stamp.txt").write_text(
            "freesurfer-Linux-centos6_x86_64-stable-pub-v6.0.0-2beb96c\n"
        )
    config, warnings = study.read()
    assert len(warnings) == 1
    assert "people were processed by different versions" in warnings[0]
    path = config["cohorts"]["munich"]["record"].replace("record", "warnings")
    assert read_tsv(path)["warning"].tolist() == warnings


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("sources: {fs: {freesurfer: FOLDER/none}}", "cohort munich, source fs: none: "),
        ("sources: {fs: {freesurfer: FOLDER}}", "cohort munich, source fs: "),
        ("sources: {fs: {freesurfer: FOLDER/fs, stat: [aseg]}}", "found the unknown key 'stat'"),
        (
            "sources: {fs: {bids: FOLDER, suffix: T1w}}",
            "sources.fs: found bids, which gives images",
        ),
        ("sources: {fs: {bids: FOLDER, sufix: T1w}}", "sufix"),
        (
            "sources: {fs: {freesurfer: FOLDER/fs, stats: [aseg, aparc.x]}}",
            "found nobody whose files can be used",
        ),
        ("tiv: {source: x}", "munich.tiv.source: found 'x'"),
        ("quality: {cat12_report: FOLDER/fs}", "cohort munich: fs: found no cat_*.xml"),
        ("{sources: {fs: {freesurfer: FOLDER/fs, stats: [aparc]}}}", ""),
    ],
)
def test_mistakes(study, changed, told):
    study.set("tiv: {source: fs}")
    study.set(changed)
    if told:
        assert told in study.mistake()
    else:
        assert len(study.build()[0]) == 8  # aseg.stats is read for the volume all the same


def test_measures_of_quality_are_confounds_and_rules(study):
    study.set("{tiv: {source: fs}, quality: {source: fs}}")
    study.raw["models"]["svc"]["confounds"] = ["euler_number"]
    study.raw["quality_control"] = {"exclude": [{"measure": "surface_holes", "above": 100}]}
    assert study.build()[0]["euler_number"].notna().all()
    study.raw["models"]["svc"]["confounds"] = ["cat12_iqr"]
    assert "cohorts.munich.quality: found source, expected where cat12_iqr" in study.mistake()
    study.raw["models"]["svc"]["confounds"] = []
    study.raw["cohorts"]["munich"].pop("quality")
    assert "cohorts.munich.quality: found nothing, expected where surface_holes" in study.mistake()


def test_quality_alone_is_a_baseline_where_every_cohort_has_it(study):
    def baselines():
        return used_baselines(load_config(copy.deepcopy(study.raw)))

    study.set("tiv: {source: fs}")
    assert baselines() == ["confounds_only", "majority_class"]
    study.set("quality: {source: fs}")
    config = load_config(copy.deepcopy(study.raw))
    assert baselines() == ["confounds_only", "quality_only", "majority_class"]
    assert quality_predictors(config) == ["euler_number"]
    study.raw["cohorts"]["bonn"] = {**study.raw["cohorts"]["munich"], "role": "external"}
    assert "quality_only" in baselines()
    study.raw["cohorts"]["bonn"]["quality"] = {"cat12_report": "cat12"}
    assert "quality_only" not in baselines()


def test_cat12_regions_and_reports(study):
    for i, person in enumerate(PEOPLE):
        write_report(study.folder / "cat12" / "report", f"{person}_T1w", 1400 + i, 2 + i / 10)
        label = study.folder / "cat12" / "label"
        label.mkdir(exist_ok=True)
        (label / f"catROI_{person}_T1w.xml").write_text(
            "<S><neuromorphometrics><version>1.0</version><names><item>lHip</item><item>rHip</item>"
            f"</names><ids>[47;48]</ids><data><Vgm>[{3 + i / 10};3.5]</Vgm></data>"
            "</neuromorphometrics></S>"
        )
    study.set(
        "{sources: {fs: {cat12_rois: FOLDER/cat12, atlases: [neuromorphometrics]}},"
        " tiv: {cat12_report: FOLDER/cat12}, quality: {cat12_report: FOLDER/cat12}}"
    )
    config, _ = study.read()
    people = build_cohort(config, "munich")[0]
    assert people["tiv"].tolist() == [1400.0 + i for i in range(8)]
    np.testing.assert_allclose(people["cat12_iqr"], [85 - i for i in range(8)], rtol=1e-12)
    assert "cat12_siqr" not in people
    columns = ["neuromorphometrics__lHip", "neuromorphometrics__rHip"]
    assert roi_table_columns(config, "fs") == columns
    # A pattern of reports gives the quality too.
    pattern = "FOLDER/cat12/report/cat_{participant_id}_T1w.xml"
    study.set(f"{{tiv: {{cat12_report: '{pattern}'}}, quality: {{cat12_report: '{pattern}'}}}}")
    again = study.build()[0]
    pd.testing.assert_frame_equal(again, people)


@pytest.fixture
def images(study):
    """The study with grey-matter maps of sMRIPrep."""
    for person in PEOPLE:
        folder = study.folder / "bids" / "derivatives" / "smriprep" / person / "anat"
        folder.mkdir(parents=True)
        for space in ("", "_space-MNI152NLin2009cAsym", "_space-MNI152NLin2009cAsym_res-2"):
            path = folder / f"{person}{space}_label-GM_probseg.nii.gz"
            nib.Nifti1Image(np.ones((2, 2, 2), np.float32), np.eye(4)).to_filename(path)
    study.raw["features"]["fs"] = {"kind": "roi_maps", "source": "fs", "statistic": "mean"}
    study.raw["models"]["svc"]["confounds"] = []
    return study


SMRIPREP = "bids: FOLDER/bids/derivatives/smriprep, suffix: probseg, label: GM"


def test_images_by_entities(images):
    space = "space: MNI152NLin2009cAsym"
    images.set(f"sources: {{fs: {{{SMRIPREP}, {space}, res: 2}}}}")
    config, warnings = images.read()
    people = build_cohort(config, "munich")[0]
    assert len(people) == 8
    assert warnings == []
    table = config["cohorts"]["munich"]["sources"]["fs"]["read_into"]
    assert [path.name for path in map_paths(table, people)] == [
        f"{person}_space-MNI152NLin2009cAsym_res-2_label-GM_probseg.nii.gz" for person in PEOPLE
    ]
    assert image_paths(table, pd.DataFrame({"participant_id": ["sub-99"]})) == [None]
    images.set(f"sources: {{fs: {{{SMRIPREP}, {space}}}}}")
    assert "differ in res (absent, 2), expected one; give these" in images.mistake()
    images.set(f"sources: {{fs: {{{SMRIPREP}, {space}, res: null}}}}")
    assert len(images.build()[0]) == 8


def test_an_average_over_sessions_is_told(images):
    for session in ("ses-before", "ses-after"):
        place = images.folder / "bids" / "sub-01" / session / "anat"
        place.mkdir(parents=True)
        (place / f"sub-01_{session}_T1w.nii.gz").touch()
    images.set(f"sources: {{fs: {{{SMRIPREP}, space: MNI152NLin2009cAsym, res: 2}}}}")
    _, warnings = images.read()
    assert len(warnings) == 1
    assert "cohort munich: source fs: 1 people have one image and scans in several" in warnings[0]
    assert "contains the scan after treatment" in warnings[0]


def test_tables_that_would_not_change_are_left_alone(study):
    study.set("tiv: {source: fs}")
    study.read()
    files = sorted((study.folder / "read").rglob("*.tsv"))
    before = [path.stat().st_mtime_ns for path in files]
    study.read()
    assert [path.stat().st_mtime_ns for path in files] == before
    assert [path.name for path in files] == [
        *("fs.tsv", "measures.tsv", "record.tsv", "warnings.tsv"),
    ]
