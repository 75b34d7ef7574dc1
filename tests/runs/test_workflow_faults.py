"""Whole runs through faults: whatever happens, the documented re-run ends with the same files."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from small_study import ENVIRONMENT, ROOT, Study, corrupted, digests, snakemake, spoil, truncated

from mri_response.core.integrity import write_record

RUN = Path("results", "small")
TABLES = [
    RUN / f"{name}.tsv"
    for name in ("splits", "predictions", "performance", "null", "exclusions", "flow")
]
FEATURES = RUN / "features" / "fs" / "discovery.tsv"
KERNELS = RUN / "kernels" / "fs_svc" / "folds-0.npz"
DECISIONS = RUN / "decisions" / "fs_svc.npz"
FOLDS = RUN / "crossval" / "fs_svc" / "folds-0_labels-0.npz"
MODEL_NULL = RUN / "performance" / "fs_svc_null.tsv"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study whose run nothing disturbed, as far as its tables."""
    study = Study(tmp_path_factory.mktemp("finished") / "study")
    study.save()
    run(study)
    return study


def run(study: Study, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess:
    """Run the workflow as far as the tables, or what the arguments ask for."""
    options = ("--cores", "2", "--configfile", "study.yaml")
    return snakemake(*(arguments or TABLES), *options, cwd=study.folder, check=check)


def contents(study: Study) -> dict[str, str]:
    """Every file of the run, also hidden ones; logs tell the time."""
    return digests(study.folder / RUN, "logs")


# ---------------------------------------------------------------- files of another content
# The file, its fault, and what is removed so that a job reads it.
SPOILT = {
    "features": (FEATURES, corrupted, [FOLDS, DECISIONS, MODEL_NULL, RUN / "null.tsv"]),
    "kernels": (KERNELS, truncated, [FOLDS, DECISIONS, MODEL_NULL, RUN / "null.tsv"]),
    "table": (MODEL_NULL, corrupted, [RUN / "null.tsv"]),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_spoilt_file_is_refused_and_the_next_run_makes_it_anew(finished, tmp_path, what):
    path, how, removed = SPOILT[what]
    study = finished.copied(tmp_path / "study")
    if not (study.folder / path).exists():
        run(study, path)
    spoil(study.folder / path, how)
    for other in removed:
        (study.folder / other).unlink()
    failed = run(study, check=False)
    assert failed.returncode == 1
    lines = [line for line in failed.stderr.splitlines() if line.startswith(str(path))]
    assert lines == [
        f"{path}: found another content than was written (SHA-256), so it was deleted; "
        "run snakemake again, which makes it anew"
    ]
    assert not (study.folder / path).exists()
    assert all(contents(finished)[name] == value for name, value in contents(study).items())
    run(study)
    assert contents(study) == contents(finished)


# ---------------------------------------------------------------- snakemake verify
def test_verify_says_when_all_is_well_and_makes_nothing(finished, tmp_path):
    done = run(finished, "verify")
    n = len([name for name in contents(finished) if not name.startswith(".sha256")])
    assert f"{RUN}: {n} files verified, 0 missing or not as written" in done.stderr.splitlines()
    assert "1 of 1 steps (100%) done" in done.stdout + done.stderr
    new = Study(tmp_path / "study")
    new.save()
    assert f"{RUN}: 0 files verified, 0 missing or not as written" in run(new, "verify").stderr
    assert {path.name for path in (new.folder / RUN).iterdir()} == {"logs"}


def test_estimates_stand_beside_what_was_measured_and_nothing_is_made(finished):
    before = contents(finished)
    done = run(finished, "estimates")
    table = [line.split() for line in done.stderr.splitlines() if "fs_svc" in line]
    counts = {kind: (int(jobs), int(measured)) for kind, _, jobs, measured, *_ in table}
    assert counts == dict.fromkeys(("prepare", "cross_validate", "refit"), (1, 1)) | {
        "learning_curve": (1, 0)  # none of the tables asks for it
    }
    assert all(float(line[6]) > 0 for line in table if line[3] == "1"), "no CPU seconds"
    assert contents(finished) == before


def test_verify_names_what_the_workflow_did_not_write(finished, tmp_path):
    study = finished.copied(tmp_path / "study")
    notes = study.folder / RUN / "notes.txt"
    notes.write_text("of mine")
    assert f"not compared: '{RUN}/notes.txt'" in run(study, "verify").stderr
    (study.folder / RUN / ".sha256" / "performance.tsv").unlink()
    # A model that was removed from the configuration leaves its files.
    former = RUN / "models" / "old.json"
    (study.folder / former).parent.mkdir(exist_ok=True)
    (study.folder / former).write_text("of a former model")
    write_record(study.folder / former, study.folder / RUN)
    failed = run(study, "verify", check=False)
    assert failed.returncode == 1
    found = [line for line in failed.stderr.splitlines() if line.startswith(f"{RUN}/")]
    assert found == [
        f"{RUN}/performance.tsv: without a record of its content (SHA-256)",
        f"{former}: made by no rule of this configuration, remove it",
    ]
    assert "1 missing or not as written, 1 of another configuration" in failed.stderr


def test_verify_names_what_is_spoilt_or_missing_and_how_to_make_it_anew(finished, tmp_path):
    study = finished.copied(tmp_path / "study")
    spoil(study.folder / FEATURES, corrupted)
    spoil(study.folder / RUN / "performance.tsv", truncated)
    (study.folder / FOLDS).unlink()
    names = sorted(map(str, (FEATURES, RUN / "performance.tsv", FOLDS)))
    failed = run(study, "verify", check=False)
    assert failed.returncode == 1
    found = [line for line in failed.stderr.splitlines() if line.startswith(f"{RUN}/")]
    words = {str(FOLDS): "missing"}
    changed = "another content than was written (SHA-256)"
    assert found == [f"{name}: {words.get(name, changed)}" for name in names]
    advice = [line for line in failed.stderr.splitlines() if line.startswith("make them anew: ")]
    assert len(advice) == 1
    command = advice[0].removeprefix("make them anew: snakemake ").split()
    assert command == ["--force", *names]
    run(study, *command)
    run(study)
    run(study, "verify")
    assert contents(study) == contents(finished)


# ---------------------------------------------------------------- kills
linux = pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs Linux's /proc")


def start(study: Study) -> subprocess.Popen:
    """Start the run, in a process group of its own."""
    command = ["-m", "snakemake", "-s", ROOT / "Snakefile", *TABLES]
    with open(study.folder / "screen", "a") as screen:
        return subprocess.Popen(
            [sys.executable, *command, "--cores", "2", "--configfile", "study.yaml"],
            cwd=study.folder,
            env={**os.environ, **ENVIRONMENT},
            stdout=screen,
            stderr=screen,
            start_new_session=True,
        )


def processes_in(folder: Path) -> list[int]:
    """Processes that work in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(entry / "cwd")) == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def killed_often(finished: Study, folder: Path, kills: int, seed: int, longest: float) -> dict:
    """Kill runs at random moments, go on, and compare what ends with the undisturbed run.

    Kills strike after up to `longest` seconds, either all processes or the main one alone, whose
    jobs then live on beside those of the next start.
    """
    rng = np.random.default_rng(seed)
    counts = {"all killed": 0, "main process killed": 0, "jobs lived on": 0, "runs compared": 0}
    while kills:
        study = Study(folder / f"before_{kills}")
        study.save()
        while (process := start(study)) and kills:
            try:
                process.wait(timeout=rng.uniform(0, longest))
                assert process.returncode == 0, (study.folder / "screen").read_text()
                break
            except subprocess.TimeoutExpired:
                kills -= 1
            if rng.random() < 0.5:
                os.killpg(process.pid, signal.SIGKILL)
                counts["all killed"] += 1
            else:
                process.kill()
                counts["main process killed"] += 1
            process.wait()
            counts["jobs lived on"] += bool(processes_in(study.folder))
            run(study, "--unlock")
        assert process.wait() == 0, (study.folder / "screen").read_text()
        while processes_in(study.folder):
            time.sleep(0.1)
        run(study, "verify")
        # A job that lived on may leave its temporary output; nobody reads it.
        found = digests(study.folder / RUN, "logs", "kernels")
        assert found == digests(finished.folder / RUN, "logs", "kernels")
        counts["runs compared"] += 1
    return counts


@linux
def test_killed_three_times(finished, tmp_path):
    counts = killed_often(finished, tmp_path, 3, seed=7, longest=12)
    assert counts["all killed"] > 0
    assert counts["main process killed"] > 0


@linux
@pytest.mark.slow
def test_killed_thirty_times(finished, tmp_path):
    counts = killed_often(finished, tmp_path, 30, seed=20260118, longest=20)
    print(counts)
    assert counts["all killed"] + counts["main process killed"] == 30
    assert counts["jobs lived on"] > 0


# ---------------------------------------------------------------- full disks
@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Function that gives a folder on a disk of its own so many kB; again, it sets the size."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def sized(kilobytes: int) -> Path:
        again = ["remount"] if os.path.ismount(folder) else []
        options = ",".join([*again, f"size={kilobytes}k"])
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting a small disk needs root on Linux")
        return folder

    yield sized
    if os.path.ismount(folder):
        subprocess.run(["umount", folder], check=True)


@linux
@pytest.mark.slow
def test_full_disk(tmp_path, small_disk):
    """The run fails with one line until the disk is large enough, and then ends as it should."""
    study = Study(tmp_path / "study", maps=True)
    study.model("voxel_svc", "voxels", C={"scale": "relative"})
    study.save()
    targets = [*TABLES, RUN / "weights" / "voxel_svc_haufe.nii.gz"]
    run(study, *targets)
    (study.folder / "results").rename(study.folder / "undisturbed")
    shutil.rmtree(study.folder / ".snakemake")
    (study.folder / "results").symlink_to(small_disk(64))
    expected = digests(study.folder / "undisturbed" / "small", "logs", "kernels")

    for size, failed in {64: "mask", 160: "voxels_features", 400: "voxels_features"}.items():
        small_disk(size)
        done = run(study, *targets, check=False)
        assert done.returncode == 1
        lines = [line for line in done.stderr.splitlines() if "No space left on device" in line]
        start = f"{failed} failed: OSError: [Errno 28] No space left on device (details: "
        assert lines
        assert all(line.startswith(start) for line in lines)
        assert "Traceback" not in done.stderr
        # What is there is whole.
        found = digests(study.folder / RUN, "logs", "kernels")
        assert found.items() <= expected.items()
    small_disk(4000)
    run(study, *targets)
    assert digests(study.folder / RUN, "logs", "kernels") == expected
