"""Tests of mri_response.core.atomic."""

import os

import pytest

from mri_response.core.atomic import atomic_path, remove_leftovers


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


def test_leftovers_of_a_killed_writer_are_removed_and_no_other(tmp_path):
    with atomic_path(tmp_path / "0.npz") as temporary:
        temporary.write_text("as if killed here")
        leftover = tmp_path / temporary.name.replace(f"-{os.getpid()}-", "-17-")
        leftover.write_text("half")
        others = [leftover.with_name(leftover.name.replace("-0.npz", end)) for end in
                  ("-folds-0.npz", "-1-0.npz", "-0.npz.tsv", "-00npz")]  # fmt: skip
        for other in [*others, tmp_path / "0.npz"]:
            other.write_text("kept")
        remove_leftovers(tmp_path / "0.npz")
        assert not leftover.exists()
        assert all(other.exists() for other in [*others, tmp_path / "0.npz"])
        # A writer that lives is outdated: it ends with an error.
        assert not temporary.exists()
        temporary.write_text("again")
    assert (tmp_path / "0.npz").read_text() == "again"
    remove_leftovers(tmp_path / "no folder" / "0.npz")
