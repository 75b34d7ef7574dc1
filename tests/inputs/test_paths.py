"""Files of people that a path pattern names."""

import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.paths import resolve_pattern


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
