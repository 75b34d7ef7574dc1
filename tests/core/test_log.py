"""A script's output, errors and threads under `logged`, seen from outside the process."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mri_response.core.log import logged

SOURCE = Path(__file__).resolve().parents[2] / "workflow" / "src"


def run(tmp_path: Path, body: str, arguments: str = "") -> subprocess.CompletedProcess:
    """Run `body` inside `logged` in a Python process of its own."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    script = (
        "import logging, os, subprocess, sys, warnings\n"
        f"sys.path.insert(0, {str(SOURCE)!r})\n"
        "import numpy as np\n"
        "from mri_response.core.errors import InputError\n"
        "from mri_response.core.log import logged\n"
        "print('before')\n"
        f"with logged('logs/new/rule.log', 'rule'{arguments}) as log:\n{lines}\n"
        "print('after')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )


def log_text(tmp_path: Path) -> str:
    return (tmp_path / "logs" / "new" / "rule.log").read_text()


def test_all_output_is_in_the_log(tmp_path):
    done = run(
        tmp_path,
        "print('from print')\n"
        "print('from stderr', file=sys.stderr)\n"
        "os.write(2, b'from a descriptor\\n')\n"
        "subprocess.run(['echo', 'from a child'])\n"
        "warnings.warn('from warnings')\n"
        "logging.getLogger('other').warning('from another logger')\n"
        "log.info('from the logger')",
        ", seed=17",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "before\nafter\n", "")
    text = log_text(tmp_path)
    for part in ("print", "stderr", "a descriptor", "a child", "warnings", "another logger"):
        assert text.count(f"from {part}\n") == 1, part
    assert text.count("INFO from the logger") == 1
    assert f"numpy {np.__version__}" in text
    assert "seed: 17; threads: 1" in text
    assert re.search(r"rule done after \d+\.\d s\n$", text)


def test_input_error_is_one_line_in_both_places(tmp_path):
    done = run(tmp_path, "raise InputError('people.tsv: row 3: age is -1;\\n  expected 0 to 120')")
    line = "people.tsv: row 3: age is -1; expected 0 to 120"
    assert (done.returncode, done.stdout, done.stderr) == (1, "before\n", line + "\n")
    text = log_text(tmp_path)
    assert text.count(line) == 1
    assert "Traceback" not in text
    assert "rule ended with an error after" in text


def test_a_bug_has_its_traceback_in_the_log_alone(tmp_path):
    done = run(tmp_path, "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    {}['x' * 2]")
    assert done.returncode == 1
    assert done.stderr == "rule failed: KeyError: 'xx' (details: logs/new/rule.log)\n"
    text = log_text(tmp_path)
    assert text.count("Traceback (most recent call last):") == 2
    assert "ZeroDivisionError: division by zero" in text
    assert text.count("KeyError: 'xx'\n") == 1


@pytest.mark.parametrize("exception", ["MemoryError", "OSError"])
def test_an_error_without_text(tmp_path, exception):
    done = run(tmp_path, f"raise {exception}")
    assert done.stderr == f"rule failed: {exception} (details: logs/new/rule.log)\n"


def test_what_is_told_is_on_the_screen_once_the_work_has_ended(tmp_path):
    told = "from mri_response.core.log import tell\ntell('two maps are cut')\n"
    done = run(tmp_path, told)
    assert (done.returncode, done.stderr) == (0, "warning: two maps are cut\n")
    assert "WARNING two maps are cut" in log_text(tmp_path)
    done = run(tmp_path, f"{told}1 / 0")
    assert done.stderr.splitlines()[0] == "warning: two maps are cut"
    assert done.stderr.splitlines()[1].startswith("rule failed: ZeroDivisionError")


def test_interrupt(tmp_path):
    done = run(tmp_path, "raise KeyboardInterrupt")
    assert (done.returncode, done.stderr) == (130, "")
    assert "ERROR interrupted" in log_text(tmp_path)


def test_own_exit_status_is_kept(tmp_path):
    done = run(tmp_path, "sys.exit(7)")
    assert (done.returncode, done.stderr) == (7, "")


def test_an_old_log_is_replaced(tmp_path):
    (tmp_path / "logs" / "new").mkdir(parents=True)
    (tmp_path / "logs" / "new" / "rule.log").write_text("old\n")
    run(tmp_path, "pass")
    assert "old" not in log_text(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_full_disk_still_tells_on_the_screen(tmp_path):
    (tmp_path / "logs" / "new").mkdir(parents=True)
    (tmp_path / "logs" / "new" / "rule.log").symlink_to("/dev/full")
    done = run(tmp_path, "print('x' * 100_000)")
    assert done.returncode == 1
    assert done.stderr.startswith("rule failed: OSError: [Errno 28] No space left on device")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_threads(tmp_path, threads):
    # scipy and scikit-learn load libraries of their own after the limit is set.
    done = run(
        tmp_path,
        "import scipy.linalg, sklearn.svm, threadpoolctl\n"
        "pools = threadpoolctl.threadpool_info()\n"
        "print('POOLS', sorted({pool['num_threads'] for pool in pools}), len(pools))",
        f", threads={threads}",
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"POOLS \[(.*)\] (\d+)", log_text(tmp_path))
    # Never more than the limit; a library may use fewer where the machine has fewer cores.
    assert max(int(n) for n in found.group(1).split(",")) == min(threads, os.cpu_count())
    assert int(found.group(2)) >= 2


def test_everything_is_put_back(tmp_path, capfd):
    before = {key: value for key, value in os.environ.items() if "THREADS" in key}
    streams = sys.stdout, sys.stderr
    for _ in range(3):
        with logged(tmp_path / "a.log", "a"):
            print("inside")
        with pytest.raises(SystemExit), logged(tmp_path / "b.log", "b"):
            raise ValueError("bug")
    print("outside")
    os.write(2, b"outside\n")
    assert (sys.stdout, sys.stderr) == streams
    assert {key: value for key, value in os.environ.items() if "THREADS" in key} == before
    seen = capfd.readouterr()
    assert "inside" not in seen.out + seen.err
    assert seen.out == "outside\n"
    assert seen.err.endswith("outside\n")
    assert len(seen.err.splitlines()) == 4
