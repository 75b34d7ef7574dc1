"""Whole runs, from the tables to the page: wall time and CPU time.

    python benchmarks/runs.py                  # all three, a quarter of an hour on 2 idle cores
    python benchmarks/runs.py demo_prediction

demo
    `config/config.yaml`, its data simulated first.
demo_prediction
    The demo without what was added to it later (`tests/configs/demo_prediction.yaml`). What the
    demo takes beyond it is the price of the analysis of the scores and of further sources.
schizophrenia
    `tests/configs/schizophrenia.yaml`: real regions of 165 people and of 124 elsewhere, 1,000
    permutations; where the tables of ../shared/data are there.

Each run starts from nothing in a folder of its own. CPU time is that of all its processes, the
main one included; wall time means something on an idle machine alone. Writes a table to
results/benchmarks.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
RUNS = {
    "demo": ROOT / "config" / "config.yaml",
    "demo_prediction": ROOT / "tests" / "configs" / "demo_prediction.yaml",
    "schizophrenia": ROOT / "tests" / "configs" / "schizophrenia.yaml",
}


def measured(name: str, cores: int) -> dict:
    """One run from nothing; ends the program where the run fails."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        folder.mkdir()
        if SHARED.is_dir():
            (Path(temporary) / "shared").symlink_to(SHARED)
        command = ("-m", "snakemake", "-s", ROOT / "Snakefile", "--configfile", RUNS[name])
        start = time.perf_counter()
        with open(folder / "screen.txt", "w+", encoding="utf-8") as screen:
            process = subprocess.Popen(
                [sys.executable, *command, "--cores", str(cores)],
                cwd=folder,
                stdout=screen,
                stderr=subprocess.STDOUT,
            )
            # Of the process and of all that it has waited for.
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                screen.seek(0)
                sys.exit(f"{name} failed:\n{screen.read()[-3000:]}")
    return {
        "run": name,
        "cores": cores,
        "wall_s": wall,
        "cpu_s": used.ru_utime + used.ru_stime,
        "cpu_min": (used.ru_utime + used.ru_stime) / 60,
        "largest_process_mb": used.ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", metavar="|".join(RUNS))
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks"))
    given = parser.parse_args()
    if unknown := set(given.runs) - set(RUNS):
        parser.error(f"unknown run {sorted(unknown)[0]}: {', '.join(RUNS)}")
    names = given.runs or [*RUNS][: 3 if (SHARED / "data").is_dir() else 2]
    given.out.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame([measured(name, given.cores) for name in names])
    table.to_csv(given.out / "runs.tsv", sep="\t", index=False)
    print(table.T.to_string(header=False), flush=True)


if __name__ == "__main__":
    main()
