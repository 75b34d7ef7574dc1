"""One small run of every module that needs no model, on a real SLURM."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cluster import Cluster
from small_study import ROOT

PROFILE = ("--workflow-profile", "slurm", "--slurm-init-seconds-before-status-checks", "3")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["belief", "ketamine"])
def test_a_module_runs_on_the_cluster(cluster: Cluster, tmp_path: Path, name: str) -> None:
    source = ROOT / "tests" / "configs" / f"{name}.yaml"
    shared = ROOT.parent / "shared" / "data"
    if "../shared/data" in source.read_text() and not shared.is_dir():
        pytest.skip("real data absent: ../shared/data is not beside the project")
    (tmp_path / "study.yaml").write_text(
        source.read_text().replace("../shared/data", str(shared.resolve()))
    )
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "--jobs", "4"]
    done = subprocess.run(
        [*command, "--configfile", "study.yaml", *PROFILE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    run = yaml.safe_load(source.read_text())["run"]
    assert (tmp_path / "results" / run / "report.html").stat().st_size > 100_000
    assert "SLURM jobid" in done.stdout + done.stderr
