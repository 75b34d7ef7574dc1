"""Files of people that a path pattern names."""

import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.paths import (
    broken_links,
    files_of_anyone,
    image_paths,
    near_images,
    resolve_pattern,
)


def test_pattern_finds_one_file_whatever_characters_the_folder_has(tmp_path):
    folder = tmp_path / "a[b] c" / "sub-01" / "ses-1"
    folder.mkdir(parents=True)
    (folder / "mwp1sub-01_T1w.nii").touch()
    (folder / "mwp1sub-011_T1w.nii").touch()
    root = str(tmp_path).replace("[", "[[]")
    pattern = root + "/a*/{participant_id}/{session_id}/mwp1{participant_id}_*.nii*"
    found = resolve_pattern(pattern, "sub-01", "ses-1")
    assert found == folder / "mwp1sub-01_T1w.nii"
    assert resolve_pattern(pattern, "sub-02", "ses-1") is None


def test_characters_of_an_identifier_are_not_patterns(tmp_path):
    (tmp_path / "mwp1ab.nii").touch()
    assert resolve_pattern(f"{tmp_path}/mwp1{{participant_id}}.nii", "a*") is None


def test_folders_do_not_count_as_files(tmp_path):
    (tmp_path / "sub-01").mkdir()
    assert resolve_pattern(f"{tmp_path}/{{participant_id}}", "sub-01") is None


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("mwp1{subject}.nii", "placeholder {subject}"),
        ("mwp1.nii", "no {participant_id}"),
        ("{participant_id}_{session_id}.nii", "column session_id"),
    ],
)
def test_faulty_patterns_are_told(pattern, message):
    with pytest.raises(InputError, match=message):
        resolve_pattern(pattern, "sub-01")


def test_several_files_for_one_person_are_told(tmp_path):
    for name in ("a_sub-01.nii", "b_sub-01.nii"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"found 2 files for sub-01 .*a_sub-01.nii"):
        resolve_pattern(f"{tmp_path}/*_{{participant_id}}.nii", "sub-01")


def test_letters_with_accents_in_either_unicode_form(tmp_path):
    (tmp_path / "Jo\u0308rg_T1w.nii").touch()
    pattern = f"{tmp_path}/{{participant_id}}_T1w.nii"
    assert resolve_pattern(pattern, "J\u00f6rg") == tmp_path / "Jo\u0308rg_T1w.nii"


@pytest.mark.parametrize(
    ("pattern", "person", "others"),
    [
        ("wc1{participant_id}*.nii", "P7", ["wc1P71.nii", "wc1P7b_T1w.nii", "wc1P7é.nii"]),
        ("{participant_id}?T1w.nii", "sub-03", ["sub-031T1w.nii"]),
        ("*{participant_id}.nii", "17", ["wc1117.nii", "217.nii"]),
        ("*{participant_id}*.nii", "anna", ["joanna.nii", "annabel.nii"]),
        ("**/*{participant_id}*", "4", ["a/b/14.nii", "40.nii"]),
        ("*/[a-c]*{participant_id}*", "x_9", ["d/cfx_9_T1.nii", "d/bx_99.nii"]),
    ],
)
def test_an_identifier_is_never_part_of_a_longer_one(tmp_path, pattern, person, others):
    for name in others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert resolve_pattern(f"{tmp_path}/{pattern}", person) is None


@pytest.mark.parametrize(
    ("pattern", "person", "name"),
    [
        ("wc1{participant_id}*.nii", "P7", "wc1P7.nii"),
        ("wc1{participant_id}*.nii", "P7", "wc1P7_71.nii"),
        ("*{participant_id}*.nii", "sub-03", "mwp1sub-03_T1w.nii"),
        ("*{participant_id}*.nii", "sub-03", "wmsub-03-T1w.nii"),
        ("*{participant_id}.nii", "P17", "wc1P17.nii"),
        ("**/{participant_id}/*{participant_id}*", "4", "a/b/4/T1w_4.nii"),
        ("*//{participant_id}*[!0-8].nii", "a.b", "x/a.b (9.nii"),
        ("{participant_id}T1w*", "sub-1", "sub-1T1w.nii"),
    ],
)
def test_an_identifier_may_stand_beside_other_characters(tmp_path, pattern, person, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    found = resolve_pattern(f"{tmp_path}/{pattern}", person)
    assert found is not None
    assert found.samefile(tmp_path / name)


def test_a_session_is_never_part_of_a_longer_one(tmp_path):
    (tmp_path / "sub-1_ses-12_T1w.nii").touch()
    pattern = f"{tmp_path}/{{participant_id}}_{{session_id}}*"
    assert resolve_pattern(pattern, "sub-1", "ses-1") is None
    assert resolve_pattern(pattern, "sub-1", "ses-12") is not None


def test_rules_depend_on_what_the_check_finds_and_nothing_else(tmp_path):
    (tmp_path / "sub-1.nii").touch()
    (tmp_path / "sub-2.nii").symlink_to("nowhere/sub-2.nii")
    (tmp_path / "sub-3.nii").mkdir()
    (tmp_path / "sub-4.nii").symlink_to("sub-1.nii")
    pattern = f"{tmp_path}/{{participant_id}}.nii"
    people = pd.DataFrame({"participant_id": [f"sub-{n}" for n in range(1, 6)]})
    found = image_paths(pattern, people)
    assert [path and path.name for path in found] == ["sub-1.nii", None, None, "sub-4.nii", None]
    assert files_of_anyone(pattern) == [str(path) for path in found if path]
    assert broken_links(pattern, people) == [None, tmp_path / "sub-2.nii", None, None, None]
    assert files_of_anyone(f"{tmp_path}/regions[1].tsv") == [f"{tmp_path}/regions[1].tsv"]


# ---------------------------------------------------------------- ids in two spellings
@pytest.mark.parametrize(
    ("pattern", "name", "who", "how"),
    [
        ("m/mwp1{participant_id}.nii", "m/mwp1sub-01.nii", "sub-1", "leading zeros"),
        ("m/{participant_id}/gm.nii", "m/P07/gm.nii", "p07", "upper and lower case"),
        (
            "m/{participant_id}_*.nii",
            "m/sub-012_T1w.nii",
            "12",
            "the prefix sub- and leading zeros",
        ),
        ("m/*{participant_id}*.nii", "m/mwp1sub-A3_T1w.nii", "sub-a3", "upper and lower case"),
        (
            "m/{participant_id}/{participant_id}_gm.nii",
            "m/sub-004/sub-004_gm.nii",
            "sub-04",
            "leading zeros",
        ),
    ],
)
def test_images_of_the_same_person_in_another_spelling(
    tmp_path, monkeypatch, pattern, name, who, how
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.touch()
    people = pd.DataFrame({"participant_id": ["sub-X9", who]})
    assert near_images(pattern, people) == [(who, name, how)]


def test_images_of_others_are_no_near_matches(tmp_path):
    for name in ("sub-12", "sub-2", "x-1"):
        (tmp_path / f"{name}_T1w.nii").touch()
    people = pd.DataFrame({"participant_id": ["sub-1", "sub-21"]})
    pattern = f"{tmp_path}/{{participant_id}}_*.nii"
    assert near_images(pattern, people) == []
    people = pd.DataFrame({"participant_id": ["sub-02"]})
    assert [who for who, *_ in near_images(pattern, people)] == ["sub-02"]
    assert near_images(pattern, people, ["sub-02", "sub-2"]) == []
