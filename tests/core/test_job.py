"""What a rule's script works in."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from mri_response.core.integrity import verify
from mri_response.core.job import job, run_folder


@pytest.fixture
def snakemake(tmp_path: Path) -> SimpleNamespace:
    """As Snakemake gives it to a script that reads the user's table and a file of the run."""
    run = tmp_path / "results" / "small"
    (run / "features").mkdir(parents=True)
    (tmp_path / "participants.tsv").write_text("sub-01\n")
    (run / "features" / "a.tsv").write_text("a\n")
    return SimpleNamespace(
        input=[str(tmp_path / "participants.tsv"), str(run / "features" / "a.tsv")],
        output=[str(run / "b.tsv")],
        log=[str(run / "logs" / "rule.log")],
        rule="rule",
        threads=1,
    )


def work(snakemake: SimpleNamespace) -> None:
    with job(snakemake) as log:
        log.info("at work")
        Path(snakemake.output[0]).write_text("b\n")


def test_outputs_are_recorded(snakemake):
    work(snakemake)
    run = run_folder(snakemake)
    assert "at work" in (run / "logs" / "rule.log").read_text()
    assert verify(run) == (1, {})
    assert [path.name for path in (run / ".sha256").iterdir()] == ["b.tsv"]


def test_a_changed_input_ends_the_script_with_one_line(snakemake, capfd):
    work(snakemake)
    after = SimpleNamespace(**vars(snakemake) | {"input": snakemake.output, "output": []})
    Path(snakemake.output[0]).write_text("c\n")
    with pytest.raises(SystemExit) as error:
        work(after)
    assert error.value.code == 1
    line = capfd.readouterr().err
    assert line.startswith(f"{snakemake.output[0]}: found another content than was written")
    assert line.count("\n") == 1
    assert line in (run_folder(snakemake) / "logs" / "rule.log").read_text().replace("ERROR ", "\n")
    assert not Path(snakemake.output[0]).exists()


def test_the_run_is_the_folder_above_that_of_logs_and_no_other(snakemake, tmp_path):
    assert run_folder(snakemake) == tmp_path / "results" / "small"
    snakemake.log = [str(tmp_path / "results" / "small" / "rule.log")]
    with pytest.raises(ValueError, match="found a log outside the folder logs of a run"):
        run_folder(snakemake)


def test_a_script_that_fails_records_nothing(snakemake):
    def fail():
        with job(snakemake):
            Path(snakemake.output[0]).write_text("b\n")
            raise RuntimeError

    with pytest.raises(SystemExit):
        fail()
    assert not (run_folder(snakemake) / ".sha256").exists()
