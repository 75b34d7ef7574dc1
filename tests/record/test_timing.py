"""Estimates of the plan beside measured times."""

from __future__ import annotations

from pathlib import Path

import pytest

from mri_response.record.timing import PlannedJob, measured, timing_lines

FOLDER = "results/small"


@pytest.fixture
def jobs(tmp_path: Path) -> list[PlannedJob]:
    """Three jobs, of which two were measured, one of them so short that it has no memory."""
    head = "s\th:m:s\tmax_rss\tcpu_time\n"
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.tsv").write_text(f"{head}12.5\t0:00:12\t210.4\t11.0\n")
    (tmp_path / "logs" / "b.tsv").write_text(f"{head}0.5\t0:00:00\t-\t0.4\n")
    return [
        PlannedJob("prepare", "one", f"{FOLDER}/logs/a.tsv", 5.0),
        PlannedJob("prepare", "one", f"{FOLDER}/logs/b.tsv", 0.7),
        PlannedJob("refit", "one", f"{FOLDER}/logs/c.tsv", 100.0),
    ]


def test_sums_are_of_the_jobs_that_were_measured(jobs, tmp_path):
    table = measured(jobs, FOLDER, tmp_path).set_index("kind")
    assert table.loc["prepare", ["jobs", "measured"]].tolist() == [2, 2]
    found = table.loc["prepare", ["estimated", "wall", "cpu", "mb"]].tolist()
    assert found == pytest.approx([5.7, 13.0, 11.4, 210.4])
    assert table.loc["refit", ["jobs", "measured", "estimated"]].tolist() == [1, 0, 0]


def test_the_lines_say_how_far_the_estimate_was_off(jobs, tmp_path):
    head, prepare, refit = timing_lines(measured(jobs, FOLDER, tmp_path))
    assert head.split()[:4] == ["job", "model", "jobs", "measured"]
    assert prepare.split() == ["prepare", "one", "2", "2", "5.7", "13.0", "11.4", "2.00", "210"]
    short = [jobs[0]._replace(seconds=0.1)]
    assert timing_lines(measured(short, FOLDER, tmp_path))[1].split()[-2] == "-"
    assert refit.split() == ["refit", "one", "1", "0", *"-----"]
    assert len(timing_lines(measured([], FOLDER, tmp_path))) == 1
