"""Compiled functions are kept, and made anew when what they call has changed."""

import os
import re
import subprocess
import sys
from pathlib import Path

from mri_response.learning.learners.svc.solver import machine_code

CALLED = """
from mri_response.learning.learners.svc.solver.machine_code import compiled

@compiled
def more(x):
    return x + {step}
"""
ENTRY = """
import called
from mri_response.learning.learners.svc.solver.machine_code import cached, sources

more = called.more

def make(of):
    def run(x):
        assert len(of) > 0
        return more(x)
    return cached(run)

run = make(sources(called))
print(run(1.0), sum(run.stats.cache_hits.values()))
"""


def run(folder: Path) -> list[str]:
    path = os.pathsep.join([str(folder), *sys.path])
    code = [sys.executable, "entry.py"]
    ended = subprocess.run(
        code, cwd=folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_a_change_in_another_file_is_noticed_and_nothing_else_compiles_again(tmp_path):
    (tmp_path / "entry.py").write_text(ENTRY)
    called = tmp_path / "called.py"
    called.write_text(CALLED.format(step="1.0"))
    assert run(tmp_path) == ["2.0", "0"]
    assert run(tmp_path) == ["2.0", "1"]
    called.write_text(CALLED.format(step="5.0"))
    assert run(tmp_path) == ["6.0", "0"]


def test_without_a_folder_for_it_nothing_is_kept(monkeypatch):
    def no_folder(**how):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(machine_code, "njit", no_folder)
    assert machine_code.cached(lambda x: x + 1)(2) == 3


def test_the_key_of_the_solver_names_every_module_that_it_calls():
    """Compiled functions and constants of modules that change must not be kept."""
    folder = Path(machine_code.__file__).parent
    found, waiting = set(), ["solution_path"]
    while waiting:
        text = (folder / f"{waiting.pop()}.py").read_text(encoding="utf-8")
        new = set(re.findall(r"svc\.solver\.(\w+) import", text)) - found
        found |= new
        waiting += new
    last = (folder / "solution_path.py").read_text(encoding="utf-8").rstrip().splitlines()[-1]
    assert (
        found
        == set(re.search(r"sources\((.*)\)\)", last)[1].split(", "))
        == {*("certified", "events", "free_set", "machine_code", "path_state", "svm")}
    )
