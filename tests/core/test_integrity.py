"""Records of what was written, and what happens to a file with another content."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mri_response.core.errors import InputError
from mri_response.core.integrity import (
    check,
    intact,
    left_over,
    verify,
    without_record,
    write_record,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder with two recorded files, and a user's table beside it."""
    folder = tmp_path / "results" / "small"
    (folder / "features").mkdir(parents=True)
    (folder / "features" / "a.tsv").write_text("a\n")
    (folder / "b.npy").write_bytes(bytes(range(256)) * 5000)
    for name in ("features/a.tsv", "b.npy"):
        write_record(folder / name, folder)
    (tmp_path / "participants.tsv").write_text("sub-01\n")
    return folder


def spoil(path: Path, how: str) -> None:
    """Another content of the same age, as a fault of the disk leaves it."""
    status, content = path.stat(), path.read_bytes()
    half = len(content) // 2
    flipped = content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
    contents = {"bit": flipped, "truncated": content[:half], "empty": b"", "longer": content + b"x"}
    path.write_bytes(contents[how])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_record_is_what_sha256sum_reads(run):
    record = run / ".sha256" / "features" / "a.tsv"
    assert (
        record.read_text() == f"{hashlib.sha256(b'a' + bytes([10])).hexdigest()}  features/a.tsv\n"
    )
    if shutil.which("sha256sum"):
        command = ["sha256sum", "-c", ".sha256/features/a.tsv", ".sha256/b.npy"]
        done = subprocess.run(command, cwd=run, capture_output=True, text=True, check=True)
        assert done.stdout == "features/a.tsv: OK\nb.npy: OK\n"


def test_whole_files_pass_also_in_another_folder(run, tmp_path):
    check(run / "b.npy", run)
    moved = tmp_path / "moved"
    run.rename(moved)
    check(moved / "b.npy", moved)
    assert verify(moved) == (2, {})


@pytest.mark.parametrize("name", ["features/a.tsv", "b.npy"])
@pytest.mark.parametrize("how", ["bit", "truncated", "empty", "longer"])
def test_another_content_is_deleted_and_told_in_one_line(run, name, how):
    spoil(run / name, how)
    with pytest.raises(InputError, match="another content than was written") as error:
        check(run / name, run)
    assert str(error.value).startswith(str(run / name))
    assert "run snakemake again" in str(error.value)
    assert "\n" not in str(error.value)
    assert not (run / name).exists()
    assert verify(run) == (1, {})


def test_a_spoilt_record_is_a_fault_that_the_next_run_heals(run):
    (run / ".sha256" / "b.npy").write_bytes(b"\xff")
    with pytest.raises(InputError):
        check(run / "b.npy", run)
    assert not (run / "b.npy").exists()
    (run / "b.npy").write_text("made anew")
    check(run / "b.npy", run)


def test_a_file_without_record_passes(run):
    (run / ".sha256" / "b.npy").unlink()
    spoil(run / "b.npy", "bit")
    check(run / "b.npy", run)
    assert (run / "b.npy").exists()


def test_a_file_that_another_reader_has_deleted(run):
    (run / "b.npy").unlink()
    with pytest.raises(
        InputError, match=r"b\.npy: file of this run not found; run snakemake again"
    ):
        check(run / "b.npy", run)


@pytest.mark.parametrize("relative", [True, False])
def test_the_users_files_are_neither_recorded_nor_deleted(run, relative, monkeypatch):
    monkeypatch.chdir(run.parents[1])
    table = Path("participants.tsv") if relative else run.parents[1] / "participants.tsv"
    folder = Path("results/small") if relative else run
    other = Path("results/other/table.tsv")
    other.parent.mkdir()
    other.write_text("1\n")
    write_record(other, "results/other")
    for path in (table, other):
        before = {*Path().rglob("*")}
        with intact([path], [], folder):
            write_record(path, folder)
        assert {*Path().rglob("*")} == before
        # A record somewhere else says nothing about what this run reads.
        path.write_text("edited by hand\n")
        check(path, folder)
        assert path.exists()


def test_a_job_checks_then_records(run):
    output, leftover = run / "c.tsv", run / ".tmp-node_1-17-c.tsv"
    others = run / ".tmp-node_1-17-x-2-c.tsv"
    write_record(run / "b.npy", run)
    for path in (output, leftover, others):
        path.write_text("of a job that was killed")
    write_record(output, run)
    with intact([run / "b.npy"], [output, run / "features"], run):
        assert not (run / ".sha256" / "c.tsv").exists()
        assert not leftover.exists()
        output.write_text("new")
    assert others.exists()
    check(output, run)
    assert verify(run) == (3, {})


def test_a_job_that_fails_leaves_no_record(run):
    def fail():
        with intact([], [run / "b.npy"], run):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not (run / ".sha256" / "b.npy").exists()


def test_a_job_does_not_start_on_a_changed_input(run):
    spoil(run / "b.npy", "bit")
    with pytest.raises(InputError), intact([run / "b.npy"], [run / "features" / "a.tsv"], run):
        pytest.fail("the work began")
    # The output of an earlier run stays as it was.
    assert (run / ".sha256" / "features" / "a.tsv").exists()


def test_verify_finds_all_and_deletes_nothing(run):
    (run / "kernels").mkdir()
    for name in ("kernels/used.npz", "kernels/there.npz", "gone.tsv"):
        (run / name).write_text(name)
        write_record(run / name, run)
    (run / "kernels" / "used.npz").unlink()
    (run / "gone.tsv").unlink()
    spoil(run / "kernels" / "there.npz", "truncated")
    spoil(run / "features" / "a.tsv", "bit")
    (run / ".sha256" / ".tmp-node-1-x").write_text("half a record")
    changed = "another content than was written (SHA-256)"
    found = {
        str(run / "features" / "a.tsv"): changed,
        str(run / "gone.tsv"): "missing",
        str(run / "kernels" / "there.npz"): changed,
    }
    assert verify(run, ["kernels"]) == (3, found)
    assert verify(run, ["kernels"]) == (3, found)
    assert verify(run)[1] == found | {str(run / "kernels" / "used.npz"): "missing"}


def test_verify_without_records(tmp_path):
    assert verify(tmp_path) == (0, {})


def test_files_that_no_rule_makes_any_more_are_found(tmp_path):
    run = tmp_path / "run"
    names = ["models/old.json", "models/new.json", "figures/roc_old.png", "splits.tsv", "gone.tsv"]
    for name in names:
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(name)
        write_record(run / name, run)
    (run / "gone.tsv").unlink()
    (run / "by_hand.txt").write_text("no record")
    patterns = [rf"{run}/(models|figures)/(roc_)?(?P<model>new)\.(json|png)", rf"{run}/splits\.tsv"]
    assert left_over(run, patterns) == [f"{run}/figures/roc_old.png", f"{run}/models/old.json"]
    assert left_over(tmp_path, patterns) == []
    (run / "logs").mkdir()
    (run / "logs" / "a.log").write_text("a line")
    (run / "figures" / "roc_new.png").write_text("drawn by hand")
    assert without_record(run, patterns, ["logs"]) == (
        [f"{run}/figures/roc_new.png"],
        [f"{run}/by_hand.txt"],
    )
