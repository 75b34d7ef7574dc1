"""Tests of mri_response.atomic."""

import os

import pytest

from mri_response.atomic import atomic_path


def test_file_appears_whole_under_its_name(tmp_path):
    target = tmp_path / "new" / "map.nii.gz"
    with atomic_path(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.name.endswith("map.nii.gz")
        assert str(os.getpid()) in temporary.name
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert os.listdir(target.parent) == ["map.nii.gz"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_error_leaves_the_old_file_and_no_other(tmp_path, error):
    target = tmp_path / "table.tsv"
    target.write_text("old")

    def fail():
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["table.tsv"]


def test_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "table.tsv"):
        pass
