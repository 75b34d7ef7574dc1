"""Files whose content was not fetched are told as such, wherever a file is read."""

import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.images import open_image
from mri_response.inputs.pointers import is_broken_link, is_pointer
from mri_response.inputs.tables import read_table
from mri_response.inputs.tiv import read_cat12_report

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
ANNEX = "/annex/objects/SHA256E-s4096--0f3a\n"
LINK = "../../.git/annex/objects/F2/9k/MD5E-s20--00/MD5E-s20--00"
READERS = [
    *((name, read_table) for name in ("people.csv", "scores.tsv")),
    *((name, open_image) for name in ("map.nii", "map.nii.gz", "map.img", "map")),
    ("cat_sub-1.xml", read_cat12_report),
]


@pytest.mark.parametrize(("name", "read"), READERS)
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LFS, "found a pointer of Git LFS, expected a"),
        (ANNEX, "found a pointer of git-annex, expected a"),
        (LINK, "found a pointer of git-annex, expected a"),
    ],
)
def test_pointers_are_told_by_name(tmp_path, name, read, text, told):
    path = tmp_path / name
    path.write_text(text)
    assert is_pointer(path.read_bytes())
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: {told}")
    assert "get the content (" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("name", "read"), READERS)
def test_broken_links_are_told_with_their_aim(tmp_path, name, read):
    path = tmp_path / name
    path.symlink_to(LINK)
    assert is_broken_link(path)
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: found a broken link (to {LINK}), expected a")


@pytest.mark.parametrize("text", ["", "participant_id\tage\n", "version 2\n", "annex/objects\n"])
def test_other_texts_are_no_pointers(text):
    assert not is_pointer(text.encode())
