"""Images of BIDS data sets by their entities, and the tables beside them."""

import time
from pathlib import Path

import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.sources.bids import (
    BidsName,
    BidsRequest,
    averaged_over_sessions,
    find_images,
    generated_by,
    is_probability,
    parse_name,
)
from mri_response.inputs.sources.bids_tables import (
    phenotype_names,
    read_levels,
    read_phenotype,
    read_sessions,
    scanned_sessions,
    sex_codes,
)

GM = BidsRequest("probseg", {"label": "GM", "space": "MNI", "res": "2"})


def people(*ids, sessions=None):
    frame = pd.DataFrame({"participant_id": list(ids)})
    return frame if sessions is None else frame.assign(session_id=sessions)


def touch(root: Path, *names: str) -> None:
    """Make files; the folder follows from the entities."""
    for name in names:
        entities = parse_name(name).entities
        session = [f"ses-{entities['ses']}"] if "ses" in entities else []
        path = Path(root, f"sub-{entities['sub']}", *session, "anat", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(source) -> list[str]:
    return [Path(path).name for path in source.table["path"]]


# ---------------------------------------------------------------- names and images


def test_names_have_parts():
    assert parse_name("sub-01_ses-a_space-MNI_res-2_label-GM_probseg.nii.gz") == BidsName(
        {"sub": "01", "ses": "a", "space": "MNI", "res": "2", "label": "GM"}, "probseg", ".nii.gz"
    )
    assert is_probability("x/sub-01_label-GM_probseg.nii.gz")
    assert not is_probability("x/mwp1sub-01_T1w.nii")


def test_one_image_of_several(tmp_path):
    touch(
        tmp_path,
        "sub-01_label-GM_probseg.nii.gz",
        "sub-01_space-MNI_label-GM_probseg.nii.gz",
        "sub-01_space-MNI_res-2_label-GM_probseg.nii.gz",
        "sub-01_space-MNI_res-2_label-GM_probseg.json",
        "sub-01_space-MNI_res-2_label-WM_probseg.nii.gz",
        "sub-01_space-MNI_res-2_label-GM_desc-x_mask.nii.gz",
    )
    source = find_images(tmp_path, people("sub-01"), GM)
    assert names(source) == ["sub-01_space-MNI_res-2_label-GM_probseg.nii.gz"]
    assert source.record["state"].tolist() == ["read"]
    absent = BidsRequest("probseg", {"label": "GM", "space": "MNI", "res": None})
    assert names(find_images(tmp_path, people("sub-01"), absent)) == [
        "sub-01_space-MNI_label-GM_probseg.nii.gz"
    ]


def test_images_of_a_thousand_people_are_found_in_seconds(tmp_path):
    ids = [f"sub-{i:04d}" for i in range(1000)]
    for person in ids:
        folder = tmp_path / person / "anat"
        folder.mkdir(parents=True)
        for entities in ("", "_space-MNI", "_space-MNI_res-2"):
            for end in ("label-GM_probseg", "label-WM_probseg", "desc-brain_mask", "dseg"):
                (folder / f"{person}{entities}_{end}.nii.gz").touch()
    start = time.process_time()
    source = find_images(tmp_path, people(*ids), GM)
    assert time.process_time() - start < 20
    assert len(source.table) == 1000


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, r"3 images of sub-01 that differ in space \(absent, MNI\) and res \(absent, 2\)"),
        ({"space": "MNI"}, r"2 images of sub-01 that differ in res \(absent, 2\), expected one"),
    ],
)
def test_two_images_stop_with_the_entity_that_differs(tmp_path, given, told):
    touch(
        tmp_path,
        "sub-01_label-GM_probseg.nii.gz",
        "sub-01_space-MNI_label-GM_probseg.nii.gz",
        "sub-01_space-MNI_res-2_label-GM_probseg.nii.gz",
    )
    request = BidsRequest("probseg", {"label": "GM", **given})
    with pytest.raises(InputError, match=told):
        find_images(tmp_path, people("sub-01"), request)


def test_two_endings_of_one_name(tmp_path):
    touch(tmp_path, "sub-01_space-MNI_T1w.nii", "sub-01_space-MNI_T1w.nii.gz")
    with pytest.raises(InputError, match=r"that differ in the ending \(\.nii, \.nii\.gz\)"):
        find_images(tmp_path, people("sub-01"), BidsRequest("T1w"))


def test_numbers_may_be_padded(tmp_path):
    touch(tmp_path, "sub-01_run-01_space-MNI_T1w.nii", "sub-01_run-02_space-MNI_T1w.nii")
    source = find_images(tmp_path, people("sub-01"), BidsRequest("T1w", {"run": "2"}))
    assert names(source) == ["sub-01_run-02_space-MNI_T1w.nii"]


def test_an_image_in_native_space_alone_is_not_taken(tmp_path):
    touch(tmp_path, "sub-01_label-GM_probseg.nii.gz")
    for entities in ({"label": "GM"}, {"label": "GM", "space": "MNI"}):
        with pytest.raises(InputError, match=r"no image .*, but 'sub-01_label-GM_.*', and none"):
            find_images(tmp_path, people("sub-01"), BidsRequest("probseg", entities))
    native = BidsRequest("probseg", {"label": "GM", "space": None})
    assert len(find_images(tmp_path, people("sub-01"), native).table) == 1


def test_sessions(tmp_path):
    touch(tmp_path, *(f"sub-01_ses-{s}_space-MNI_res-2_label-GM_probseg.nii.gz" for s in "ab"))
    touch(tmp_path, "sub-02_space-MNI_res-2_label-GM_probseg.nii.gz")
    asked = people("sub-01", "sub-01", "sub-02", sessions=["ses-b", "ses-c", "ses-a"])
    source = find_images(tmp_path, asked, GM)
    assert names(source) == ["sub-01_ses-b_space-MNI_res-2_label-GM_probseg.nii.gz"]
    assert source.table["session_id"].tolist() == ["ses-b"]
    assert source.record["state"].tolist() == ["read", "no_file", "no_file"]
    assert source.record["reason"][2].endswith("there is sub-02/anat without a session")
    with pytest.raises(InputError, match=r"differ in ses \(a, b\)"):
        find_images(tmp_path, people("sub-01"), GM)


def test_who_is_not_there(tmp_path):
    touch(tmp_path, "sub-01_space-MNI_res-2_label-GM_probseg.nii.gz", "sub-02_T1w.nii")
    link = tmp_path / "sub-03" / "anat" / "sub-03_space-MNI_res-2_label-GM_probseg.nii.gz"
    link.parent.mkdir(parents=True)
    link.symlink_to("nowhere")
    asked = people("sub-01", "02", "sub-02", "sub-03", "sub-9")
    source = find_images(tmp_path, asked, GM)
    assert source.record["state"].tolist() == [
        *("read", "no_folder", "no_file", "dangling", "no_folder")
    ]
    assert source.record["reason"][1].endswith("but 'sub-02': they differ by the prefix sub-")
    assert "datalad get" in source.record["reason"][3]
    with pytest.raises(InputError, match="found no folder 'sub-9', and none of anyone else"):
        find_images(tmp_path, people("sub-9"), GM)
    with pytest.raises(InputError, match=r"found no folder sub-\*"):
        find_images(tmp_path / "sub-01", people("sub-01"), GM)
    with pytest.raises(InputError, match="could not be read"):
        find_images(tmp_path / "none", people("sub-01"), GM)


def test_the_description_tells_the_program(tmp_path):
    path = tmp_path / "dataset_description.json"
    assert generated_by(tmp_path) == (None, None)
    path.write_text('{"GeneratedBy": [{"Name": "sMRIPrep", "Version": "0.19.0"}]}')
    touch(tmp_path, "sub-01_space-MNI_res-2_label-GM_probseg.nii.gz")
    record = find_images(tmp_path, people("sub-01"), GM).record
    assert record[["program", "version"]].iloc[0].tolist() == ["sMRIPrep", "0.19.0"]
    path.write_text('{"PipelineDescription": {"Name": "fmriprep", "Version": "1.0"}}')
    assert generated_by(tmp_path) == ("fmriprep", "1.0")
    for text, what in (("{", "could not be read as JSON"), ("[]", "found no object")):
        path.write_text(text)
        with pytest.raises(InputError, match=what):
            generated_by(tmp_path)


def test_a_mean_over_sessions_is_warned_of(tmp_path):
    raw, derivative = tmp_path / "raw", tmp_path / "derivative"
    touch(raw, *(f"sub-{p}_ses-{s}_T1w.nii.gz" for p in ("01", "02") for s in ("pre", "post")))
    touch(raw, "sub-03_ses-pre_T1w.nii.gz")
    touch(derivative, *(f"sub-{p}_space-MNI_T1w.nii" for p in ("01", "03")))
    touch(derivative, "sub-02_ses-pre_space-MNI_T1w.nii")
    found = find_images(derivative, people("sub-01", "sub-02", "sub-03"), BidsRequest("T1w"))
    sessions = scanned_sessions(read_sessions(raw))
    (warning,) = averaged_over_sessions(found.table, sessions, "smriprep")
    assert warning.startswith(
        "smriprep: 1 people have one image and scans in several sessions, as sub-01 (ses-post, "
    )
    assert "--subject-anatomical-reference sessionwise" in warning
    assert averaged_over_sessions(found.table[1:], sessions, "smriprep") == []


# ---------------------------------------------------------------- tables


def test_levels_and_sexes(tmp_path):
    path = tmp_path / "participants.json"
    assert read_levels(path) == {}
    path.write_text(
        '{"sex": {"Levels": {"1": "Male", "2": {"Description": "Frau", "TermURL": '
        '"http://purl.obolibrary.org/obo/PATO_0000383"}, "3": "other"}}, "age": {"Units": "year"}}'
    )
    levels = read_levels(path)
    assert levels == {"sex": {"1": "Male", "2": "PATO_0000383", "3": "other"}}
    assert sex_codes(levels["sex"]) == {"1": "M", "2": "F"}


def test_phenotype(tmp_path):
    (tmp_path / "phenotype").mkdir()
    (tmp_path / "phenotype" / "madrs.tsv").write_text(
        "participant_id\tsession_id\tmadrs_total\nsub-01\tses-a\t30\nsub-01\tses-b\tn/a\n"
    )
    table = read_phenotype(tmp_path, "madrs")
    assert table["madrs_total"].tolist()[:1] == ["30"]
    assert table["madrs_total"].isna().tolist() == [False, True]
    with pytest.raises(InputError, match="expected one of 'madrs'; did you mean 'madrs'"):
        read_phenotype(tmp_path, "mdrs")


def test_sessions_in_the_order_of_their_times(tmp_path):
    touch(tmp_path, *(f"sub-{p}_ses-{s}_T1w.nii.gz" for p in ("01", "02") for s in "ab"))
    for person, session, taken in (("01", "a", "1900-02-01T00:00:00"), ("01", "b", "1900-01-01")):
        folder = tmp_path / f"sub-{person}" / f"ses-{session}"
        (folder / f"sub-{person}_ses-{session}_scans.tsv").write_text(
            f"filename\tacq_time\nanat/x_T1w.nii.gz\t{taken}\nfunc/x_bold.nii.gz\tn/a\n"
        )
    sessions = read_sessions(tmp_path)
    assert sessions[["participant_id", "session_id"]].to_numpy().tolist() == [
        ["sub-01", "ses-b"],
        ["sub-01", "ses-a"],
        ["sub-02", "ses-a"],
        ["sub-02", "ses-b"],
    ]
    touch(tmp_path, "sub-03_T1w.nii")
    assert scanned_sessions(read_sessions(tmp_path)) == {
        "sub-01": ["ses-b", "ses-a"],
        "sub-02": ["ses-a", "ses-b"],
    }


# ---------------------------------------------------------------- real data sets


@pytest.fixture
def real(shared_data: Path) -> Path:
    return shared_data / "inputs" / "bids"


def made_from_list(path: Path, root: Path) -> Path:
    """Empty files by a list of real ones."""
    lines = [line for line in path.read_text().splitlines() if "." in line.rpartition("/")[2]]
    for line in lines:
        file = root / line
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}" if line.endswith(".json") else "")
    return root / lines[0].partition("/")[0]


def everyone(root: Path) -> pd.DataFrame:
    return people(*sorted(path.name for path in root.glob("sub-*") if path.is_dir()))


def test_maps_of_fmriprep(real, tmp_path):
    listed = real / "bids-examples" / "ds000001-fmriprep" / "anat_file_list.txt"
    root = made_from_list(listed, tmp_path)
    assert len(list(root.rglob("*label-GM_probseg.nii.gz"))) == 8
    source = find_images(root, everyone(root), BidsRequest("probseg", {"label": "GM", "res": "2"}))
    assert source.table["participant_id"].tolist() == ["sub-10", "sub-11", "sub-13", "sub-16"]
    assert all("space-MNI152NLin2009cAsym_res-2_" in name for name in names(source))


def test_maps_of_smriprep(real, tmp_path):
    root = made_from_list(real / "smriprep_ds054_outputs.txt", tmp_path)
    spaces = r"space \(absent, MNI152Lin, MNI152NLin2009cAsym\) and res \(absent, 2\)"
    with pytest.raises(InputError, match=rf"found 4 images of sub-100185 that differ in {spaces}"):
        find_images(root, everyone(root), BidsRequest("probseg", {"label": "GM"}))
    entities = {"label": "GM", "space": "MNI152NLin2009cAsym"}
    with pytest.raises(InputError, match=r"found 2 images .* differ in res \(absent, 2\)"):
        find_images(root, everyone(root), BidsRequest("probseg", entities))
    source = find_images(root, everyone(root), BidsRequest("probseg", {**entities, "res": "2"}))
    assert len(source.table) == 1


def test_maps_in_native_space_alone(real, tmp_path):
    root = made_from_list(real / "smriprep_ds005_outputs.txt", tmp_path)
    with pytest.raises(
        InputError, match="no image label-GM space-MNI152NLin2009cAsym probseg of sub"
    ):
        find_images(
            root,
            everyone(root),
            BidsRequest("probseg", {"label": "GM", "space": "MNI152NLin2009cAsym"}),
        )


def test_maps_of_petprep_have_one_more_entity(real, tmp_path):
    root = made_from_list(real / "petprep_file_list.txt", tmp_path)
    entities = {"label": "GM", "space": "MNI152NLin2009cAsym"}
    source = find_images(root, people("sub-01"), BidsRequest("probseg", entities))
    assert names(source) == [
        "sub-01_space-MNI152NLin2009cAsym_label-GM_desc-preproc_probseg.nii.gz"
    ]


def test_tables_of_real_data_sets(real):
    examples = real / "bids-examples"
    assert generated_by(examples / "ds000001-fmriprep") == ("fMRIPrep", "20.2.0rc0")
    assert phenotype_names(examples / "pheno004") == ["ace", "demographics"]
    assert read_phenotype(examples / "pheno004", "ace").shape == (2, 11)
    levels = read_levels(examples / "pheno004" / "participants.json")
    assert sex_codes(levels["sex"]) == {"m": "M", "f": "F"}
    # The times of this data set, shifted before 1925, turn the order of the sessions round.
    sessions = scanned_sessions(read_sessions(examples / "synthetic"))
    assert sessions == {"sub-01": ["ses-02", "ses-01"]}
    odd = real / "participants_odd"
    assert sex_codes(read_levels(odd / "ds102_participants.json")["sex"]) == {"F": "F", "M": "M"}
