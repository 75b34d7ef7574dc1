"""Runs on a real SLURM: the tables of a local run, byte for byte, whatever happens on the way."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cluster import Cluster, processes_of_jobs, run, send, succeeds, wait_for
from small_study import ROOT, Study, corrupted, digests, job_counts, snakemake, spoil, truncated

RUN = Path("results", "small")
FOLDS = RUN / "crossval" / "fs_svc" / "folds-0_labels-0.npz"
TABLES = [RUN / f"{name}.tsv" for name in ("splits", "predictions", "performance", "null")]
LOCAL_RULES = {"splits", "tables"}
PROFILE = (
    *("--configfile", "study.yaml", "--workflow-profile", "slurm"),
    # And again 13 s later, when such a small job has ended.
    *("--slurm-init-seconds-before-status-checks", "3"),
)


STARTED: list[subprocess.Popen] = []


@pytest.fixture(autouse=True)
def no_run_is_left(cluster: Cluster) -> Iterator[None]:
    """End runs that a failed test left, before their jobs are cancelled."""
    yield
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.wait()


class Job(NamedTuple):
    """A job as SLURM's accounting has it."""

    id: str
    state: str
    rule: str
    memory: str
    node: str
    folder: str


def jobs_of(study: Study) -> list[Job]:
    """All jobs that were submitted for a study."""
    fields = "JobIDRaw,State,Comment,ReqMem,NodeList,WorkDir"
    lines = run("sacct", "-X", "-n", "-P", "-D", "-S", "now-1days", "-o", fields).splitlines()
    found = [Job(*line.split("|")) for line in lines]
    return [job for job in found if job.folder == str(study.folder)]


def running(rule: str) -> str | None:
    """Id of a running job of a rule."""
    lines = run("squeue", "-h", "-t", "R", "-o", "%A %k").splitlines()
    found = [line.split()[0] for line in lines if f"rule_{rule}_wildcards" in line]
    return found[0] if found else None


def submit(study: Study, *options: str | Path) -> subprocess.Popen:
    """Start the run on the cluster."""
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", *TABLES, *PROFILE]
    with open(study.folder / "screen", "a") as screen:
        process = subprocess.Popen(
            [*command, *options],
            cwd=study.folder,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=screen,
            stderr=screen,
        )
    STARTED.append(process)
    return process


def in_the_middle(study: Study, rule: str = "cross_validate") -> str:
    """Id of a job of a rule as soon as it runs."""
    wait_for(lambda: running(rule), f"a job of {rule}", seconds=180)
    return str(running(rule))


def finish(study: Study, process: subprocess.Popen) -> bool:
    """Wait for a run, and give the documented command again if it failed; whether it failed."""
    if process.wait() == 0:
        return False
    again = submit(study)
    assert again.wait() == 0, (study.folder / "screen").read_text()
    return True


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study up to the scores elsewhere; cross-validation and tables are the cluster's work."""
    study = Study(tmp_path_factory.mktemp("prepared") / "study")
    del study.config["cohorts"]["control"]
    study.save(batch={"outer_folds": 3})
    scores = RUN / "scores" / "fs_svc.tsv"
    snakemake(scores, "--cores", "2", "--configfile", "study.yaml", cwd=study.folder)
    return study


@pytest.fixture(scope="module")
def undisturbed(prepared: Study, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The same study, finished on this machine without SLURM."""
    study = prepared.copied(tmp_path_factory.mktemp("undisturbed") / "study")
    snakemake(*TABLES, "--cores", "2", "--configfile", "study.yaml", cwd=study.folder)
    return study


@pytest.fixture
def study(prepared: Study, tmp_path: Path) -> Study:
    return prepared.copied(tmp_path / "study")


@pytest.fixture
def told(study: Study, prepared: Study, undisturbed: Study, fault_row: Callable) -> Callable:
    """Compare the tables with those of the undisturbed run, and put a row into the table."""

    def tell(fault: str, done: str, jobs_before: int = 0) -> None:
        counts = job_counts(
            snakemake("-n", *TABLES, "--configfile", "study.yaml", cwd=prepared.folder)
        )
        needed = sum(count for rule, count in counts.items() if rule not in LOCAL_RULES)
        extra = jobs_before + len(jobs_of(study)) - needed
        lost = "none" if extra == 0 else f"{extra} of {needed} jobs" if extra > 0 else "?"
        found = {path.name: (study.folder / path).read_bytes() for path in TABLES}
        expected = {path.name: (undisturbed.folder / path).read_bytes() for path in TABLES}
        fault_row(fault, done, lost, found == expected)
        assert found == expected
        assert extra >= 0

    return tell


# ---------------------------------------------------------------- a real analysis
def test_real_people_on_slurm_as_on_one_machine(cluster, schizophrenia, tmp_path):
    shutil.copy(schizophrenia / "study.yaml", tmp_path)
    here, there = (folder / "results" / "schizophrenia" for folder in (tmp_path, schizophrenia))
    names = ("splits", "predictions", "performance", "null", "warnings", "weights/freesurfer_svc")
    tables = [here.relative_to(tmp_path) / f"{name}.tsv" for name in names]
    snakemake(*tables, *PROFILE, cwd=tmp_path)
    found, expected = digests(here, "logs"), digests(there, "logs")
    assert {f"{name}.tsv" for name in names} < set(found)
    assert {path: expected.get(path) for path in found} == found
    reports = list((tmp_path / "logs" / "slurm-efficiency").iterdir())
    assert len(reports) == 1
    lines = reports[0].read_text().splitlines()
    assert len(lines) > 10
    assert "RuleName" in lines[0]


# ---------------------------------------------------------------- jobs
def test_a_job_without_enough_memory_gets_more(cluster, study, told):
    memory = "cross_validate:mem_mb=120 if attempt == 1 else 1500"
    process = submit(study, "--set-resources", memory)
    assert process.wait() == 0, (study.folder / "screen").read_text()
    jobs = [job for job in jobs_of(study) if "cross_validate" in job.rule]
    assert sorted(job.memory for job in jobs) == ["120M", "120M", "1500M", "1500M"]
    assert {job.state for job in jobs if job.memory == "1500M"} == {"COMPLETED"}
    logs = (study.folder / "logs" / "slurm").rglob("*.log")
    said = [log.stem for log in logs if "exceeded memory limit" in log.read_text()]
    assert sorted(said) == sorted(job.id for job in jobs if job.memory == "120M")
    told("out of memory", "two jobs given 120 MB; submitted again by the profile, with 1,500 MB")


@pytest.mark.slow
def test_a_job_past_its_time_gets_more(cluster, study, told):
    process = submit(study, "--set-resources", "cross_validate:runtime=1 if attempt == 1 else 10")
    job = in_the_middle(study)
    send(list(processes_of_jobs([job], daemons=False)), signal.SIGSTOP)
    assert process.wait() == 0, (study.folder / "screen").read_text()
    assert [found.state for found in jobs_of(study) if found.id == job] == ["TIMEOUT"]
    told(
        "time limit",
        "a job stopped (SIGSTOP) until SLURM ended it after 1 minute; submitted again by the "
        "profile, with more time",
    )


# ---------------------------------------------------------------- nodes
@pytest.mark.slow
def test_a_node_is_drained(cluster, study, told):
    process = submit(study)
    job = in_the_middle(study, "prepare")
    node = run("squeue", "-h", "-j", job, "-o", "%N").strip()
    cluster.drain_node(node)
    assert process.wait() == 0, (study.folder / "screen").read_text()
    assert {found.node for found in jobs_of(study) if "cross_validate" in found.rule} == {
        "n1",
        "n2",
    } - {node}
    told("drained node", "the node of a running job drained: it ends there, others go elsewhere")


@pytest.mark.slow
def test_a_node_is_lost(cluster, study, told):
    process = submit(study)
    job = in_the_middle(study)
    node = run("squeue", "-h", "-j", job, "-o", "%N").strip()
    cluster.lose_node(node)
    failed = finish(study, process)
    assert [found.state for found in jobs_of(study) if found.id == job] == ["NODE_FAIL"]
    how = "the same command again finished it" if failed else "submitted again by the profile"
    told("lost node", f"everything on the node of a running job killed (SIGKILL); {how}")


# ---------------------------------------------------------------- Snakemake itself
def test_the_main_process_is_killed(cluster, study, told):
    process = submit(study)
    job = in_the_middle(study)
    process.kill()
    process.wait()
    assert succeeds("scontrol", "show", "job", job)
    # As documented: cancel what it left behind, unlock, give the same command again.
    (name,) = re.findall(r"SLURM run ID: (\S+)", (study.folder / "screen").read_text())
    run("scancel", "--name", name)
    wait_for(lambda: not run("squeue", "-h", "--name", name), "the end of the jobs")
    snakemake("--unlock", "--configfile", "study.yaml", cwd=study.folder)
    assert submit(study).wait() == 0, (study.folder / "screen").read_text()
    told(
        "main process killed",
        "SIGKILL while jobs ran; `scancel`, `--unlock`, the same command again",
    )


# ---------------------------------------------------------------- files
@pytest.mark.parametrize("how", [truncated, pytest.param(corrupted, marks=pytest.mark.slow)])
def test_a_spoilt_intermediate(cluster, study, undisturbed, told, how):
    # Cross-validated on this machine; the tables are to come.
    shutil.rmtree(study.folder)
    undisturbed.copied(study.folder)
    for name in ("decisions", "performance"):
        shutil.rmtree(study.folder / RUN / name)
    for path in TABLES[1:]:
        (study.folder / path).unlink()
    path = study.folder / FOLDS
    spoil(path, how)
    assert submit(study, "--retries", "0").wait() == 1
    assert not path.exists()
    logs = (log.read_text() for log in (study.folder / "logs" / "slurm").rglob("*.log"))
    said = [line for log in logs for line in log.splitlines() if line.startswith(str(FOLDS))]
    assert len(said) == 1
    assert "found another content than was written" in said[0]
    assert submit(study).wait() == 0, (study.folder / "screen").read_text()
    what = "cut in half" if how is truncated else "one bit changed"
    told(
        f"{how.__name__} file",
        f"an intermediate {what}: its reader refuses and deletes it; the same command again",
        jobs_before=4,  # Gram matrices and folds
    )


@pytest.fixture
def small_disk(study: Study) -> Iterator[Callable[[int], None]]:
    """The run's results on a disk of their own; the function makes it larger by some kilobytes."""
    results = study.folder / "results"
    kept = study.folder / "kept"
    results.rename(kept)
    results.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", str(results))
    shutil.copytree(kept, results, dirs_exist_ok=True)

    def resize(free_kb: int) -> None:
        used = int(run("df", "-k", "--output=used", str(results)).split()[1])
        run("mount", "-o", f"remount,size={used + free_kb}k", str(results))

    yield resize
    run("umount", str(results))


@pytest.mark.slow
def test_a_full_disk(cluster, study, small_disk, told):
    small_disk(96)
    assert submit(study).wait() == 1
    assert not [path for path in (study.folder / TABLES[-1],) if path.exists()]
    small_disk(100_000)
    assert submit(study).wait() == 0, (study.folder / "screen").read_text()
    told("full disk", "96 kB left for the results; space made, the same command again")


# ---------------------------------------------------------------- the other profile
@pytest.mark.slow
def test_the_generic_profile(cluster, study, undisturbed):
    snakemake(
        *TABLES, "--configfile", "study.yaml", "--workflow-profile", "cluster-generic",
        "--seconds-between-status-checks", "2", cwd=study.folder,
    )  # fmt: skip
    for path in TABLES:
        assert (study.folder / path).read_bytes() == (undisturbed.folder / path).read_bytes()
    assert {job.state for job in jobs_of(study)} == {"COMPLETED"}
