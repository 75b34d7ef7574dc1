"""A look at a folder and at a table of scores."""

from pathlib import Path

import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.sources.survey import FolderKind, identify, look, summary
from mri_response.inputs.sources.table_survey import look_at_table


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_aseg(folder: Path, version: str = "7.4.1") -> None:
    write(
        folder / "stats" / "aseg.stats",
        f"# cvs_version {version}\n# ColHeaders Volume_mm3 StructName\n4000 Left-Hippocampus\n",
    )


def write_report(path: Path, version: str) -> None:
    write(path, f"<S><software><version_cat>{version}</version_cat></software></S>")


@pytest.mark.parametrize(
    ("name", "person", "session"),
    [
        ("sub-01_ses-a_acq-x_T1w", "sub-01", "ses-a"),
        ("sub-01_ses-a.long.sub-01", "sub-01", "ses-a"),
        ("rsub-01_T1w", "sub-01", None),
        ("sub-01", "sub-01", None),
        ("IXI017-Guys-0698-T1", "IXI017-Guys-0698-T1", None),
    ],
)
def test_who_a_name_means(name, person, session):
    assert identify(name) == (person, session)


# ---------------------------------------------------------------- folders


def test_a_folder_of_freesurfer(tmp_path):
    for name in ("sub-01_ses-a.long.sub-01", "sub-01_ses-b.long.sub-01", "sub-01", "sub-02_ses-a"):
        write_aseg(tmp_path / name)
    for side in ("lh", "rh"):
        write(tmp_path / "sub-02_ses-a" / "stats" / f"{side}.aparc.stats")
    write(tmp_path / "sub-02_ses-a" / "stats" / "lh.aparc.a2009s.stats")
    write(
        tmp_path / "sub-03" / "scripts" / "recon-all-status.log", "#@# Fix Topology lh Mon Jul 10\n"
    )
    write(tmp_path / "sub-04" / "stats" / "aseg.stats", "cut")
    write_aseg(tmp_path / "fsaverage")
    survey = look(tmp_path)
    (found,) = survey.folders
    assert found.kind is FolderKind.FREESURFER
    # The base of the longitudinal stream (sub-01) and the template are no scans of people.
    assert found.people[["participant_id", "session_id", "state"]].to_numpy().tolist() == [
        ["sub-01", "ses-a", "read"],
        ["sub-01", "ses-b", "read"],
        ["sub-02", "ses-a", "read"],
        ["sub-03", None, "crashed"],
        ["sub-04", None, "damaged"],
    ]
    assert found.offers == {"aseg": 4, "aparc": 1}
    assert found.versions == {("FreeSurfer", "7.4.1"): 3}
    assert "which session is before treatment" in survey.unknown
    lines = summary(survey)
    assert lines[0] == f"{tmp_path}: freesurfer, 4 people in 2 sessions"
    assert "  1 crashed" in lines
    assert not any("sub-0" in line for line in lines)


def test_versions_by_site(tmp_path):
    rows = ["id,centre,age"]
    for number, site in enumerate("AABBB"):
        write_aseg(tmp_path / "fs" / f"sub-{number}", "7.4.1" if number < 3 else "6.0.0")
        rows.append(f"sub-{number},{site},{30 + number}")
    write(tmp_path / "people.csv", "\n".join(rows) + "\n")
    lines = summary(look(tmp_path / "fs", tmp_path / "people.csv"))
    assert "  site A: 2 FreeSurfer 7.4.1" in lines
    assert "  site B: 2 FreeSurfer 6.0.0, 1 FreeSurfer 7.4.1" in lines
    # With one version there is nothing to tell apart.
    for number in (3, 4):
        write_aseg(tmp_path / "fs" / f"sub-{number}")
    assert not any(
        line.startswith("  site")
        for line in summary(look(tmp_path / "fs", tmp_path / "people.csv"))
    )


@pytest.mark.parametrize("layout", ["{}", "mri/{}", "sub-01/anat/{}", "sub-01_T1w/mri/{}"])
def test_maps_without_reports(tmp_path, layout):
    write(tmp_path / layout.format("mwp1sub-01_T1w.nii"))
    survey = look(tmp_path)
    (found,) = survey.folders
    assert found.kind is FolderKind.CAT12
    assert found.people["participant_id"].tolist() == ["sub-01"]
    assert found.offers == {"mwp1": 1}
    assert found.versions == {}
    assert "by which program and version some of the images were made" in survey.unknown


def test_a_folder_of_cat12(tmp_path):
    write_report(tmp_path / "report" / "cat_sub-01_T1w.xml", "12.8")
    write_report(tmp_path / "report" / "cat_sub-02_T1w.xml", "12.9")
    write(tmp_path / "report" / "cat_sub-03_T1w.xml", "<S>")
    write(
        tmp_path / "label" / "catROI_sub-01_T1w.xml",
        "<S><aal3><data><Vgm>[1]</Vgm><Vwm>[1]</Vwm></data></aal3></S>",
    )
    for name in ("mwp1sub-01_T1w.nii", "mwp1sub-02_T1w.nii", "mwp2sub-01_T1w.nii"):
        write(tmp_path / "mri" / name)
    (found,) = look(tmp_path).folders
    assert found.people["state"].tolist() == ["read", "read", "damaged"]
    assert found.offers == {"mwp1": 2, "mwp2": 1, "aal3 Vgm": 1, "aal3 Vwm": 1}
    assert found.versions == {("CAT12", "12.8"): 1, ("CAT12", "12.9"): 1}


def test_a_bids_data_set_with_derivatives(tmp_path):
    for person, sessions in (("01", "ab"), ("02", "a")):
        for session in sessions:
            name = f"sub-{person}_ses-{session}_run-1_T1w.nii.gz"
            write(tmp_path / f"sub-{person}" / f"ses-{session}" / "anat" / name)
    write(
        tmp_path / "participants.tsv", "participant_id\tAge\tGender\nsub-01\t30\t1\nsub-2\t40\t2\n"
    )
    write(tmp_path / "participants.json", '{"Gender": {"Levels": {"1": "Male", "2": "Female"}}}')
    write(tmp_path / "phenotype" / "madrs.tsv", "participant_id\tmadrs\nsub-01\t30\n")
    smriprep = tmp_path / "derivatives" / "smriprep"
    write(
        smriprep / "dataset_description.json",
        '{"GeneratedBy": [{"Name": "sMRIPrep", "Version": "0.19"}]}',
    )
    write(smriprep / "sub-01" / "anat" / "sub-01_space-MNI_res-2_label-GM_probseg.nii.gz")
    (smriprep / "sub-02" / "anat").mkdir(parents=True)
    write_aseg(smriprep / "sourcedata" / "freesurfer" / "sub-01")
    survey = look(tmp_path)
    raw, derivative, freesurfer = survey.folders
    assert (raw.kind, raw.offers) == ("bids", {"T1w.nii.gz": 3})
    assert derivative.offers == {"space-MNI_res-2_label-GM_probseg.nii.gz": 1}
    assert derivative.people["state"].tolist() == ["read", "no_file"]
    assert derivative.versions == {("sMRIPrep", "0.19"): 2}
    assert (freesurfer.kind, freesurfer.offers) == ("freesurfer", {"aseg": 1})
    assert survey.several_sessions == ("sub-01",)
    assert survey.phenotype == ("madrs",)
    assert survey.participants.sex_codes == {"1": "M", "2": "F"}
    assert survey.participants.n_matched == 1
    assert survey.unknown == (
        "the outcome: no table of scores was given",
        "which session is before treatment",
        "by which program and version some of the images were made",
    )


def test_folders_that_are_none_of_these(tmp_path):
    with pytest.raises(InputError, match="found neither sub-"):
        look(tmp_path)
    with pytest.raises(InputError, match="folder not found"):
        look(tmp_path / "none")


# ---------------------------------------------------------------- tables


def test_a_table_of_scores(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(
        "Code;Alter;Age;MADRS_0;responder;note;empty\n"
        "1;30,5;30;35;yes;a;\n2;40;40;24;no;b;\n3;50;50;;yes;c;\n9;60;60;20;no;d;\n"
    )
    table = look_at_table(path, ["1", "2", "03", "004"])
    assert (table.id_column, table.n_rows, table.n_matched) == ("Code", 4, 2)
    assert table.candidates == {"participant_id": ("Code",), "age": ("Alter", "Age")}
    assert table.columns.set_index("column")["kind"].to_dict() == {
        "Code": "number",
        "Alter": "number",
        "Age": "number",
        "MADRS_0": "number",
        "responder": "text",
        "note": "text",
        "empty": "empty",
    }
    assert table.columns.set_index("column")["levels"]["responder"] == ("no", "yes")
    assert table.columns.set_index("column")["n_missing"]["MADRS_0"] == 1
    assert table.warnings == (
        "1 people are written otherwise than in the folder ('3', '03'): they differ by leading "
        "zeros",
        "1 people of the folder are not in the table: '004'",
        "age may be 'Alter', 'Age'",
    )


# ---------------------------------------------------------------- real folders


def test_real_folders(shared_data):
    inputs = shared_data / "inputs"
    (training,) = look(inputs / "freesurfer" / "fs6.0_training").folders
    assert training.people["state"].value_counts().to_dict() == {"read": 9, "crashed": 1}
    assert training.versions == {("FreeSurfer", "6.0"): 9}
    (cat12,) = look(inputs / "cat12").folders
    assert cat12.offers == {"hammers Vgm": 1, "hammers Twm": 1, "lpba40 Vgm": 1}
    assert cat12.versions == {("CAT12", "1126"): 2}
    table = look_at_table(
        inputs / "bids" / "bids-examples" / "7t_trt" / "participants.tsv", ["sub-01"]
    )
    assert table.candidates["age"] == ("age_at_first_scan_years",)
    assert table.sex_codes == {"F": "F", "M": "M"}
