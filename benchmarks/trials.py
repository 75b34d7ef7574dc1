"""What the simulation studies share: a command line, and trials that run beside each other."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any


def command_line(doc: str, scenarios: Iterable[str], **numbers: int) -> argparse.Namespace:
    """What was asked for on the command line; the folder for the tables is made.

    Parameters
    ----------
    doc : str
        The script's docstring, whose first line is its description.
    scenarios : iterable of str
        Names of the scenarios; all of them by default.
    **numbers : int
        Further options that are whole numbers, such as ``trials``, with their defaults.

    Returns
    -------
    argparse.Namespace
        With `scenarios`, `jobs` (processes), `out` (the folder) and the whole numbers.
    """
    names = list(scenarios)
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--scenarios", nargs="+", choices=names, default=names)
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=Path("results/simulation_study"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    return given


def done_trials(one: Callable[[int], Any], name: str, given: argparse.Namespace) -> list:
    """What every trial of a scenario gives, in the order of their numbers.

    Parameters
    ----------
    one : callable
        Makes the trial of a number.
    name : str
        Scenario, for the line that says how long it took.
    given : argparse.Namespace
        As from `command_line`, with `trials` and `jobs`.

    Returns
    -------
    list
    """
    start = time.monotonic()
    with ProcessPoolExecutor(given.jobs) as pool:
        found = list(pool.map(one, range(given.trials), chunksize=5))
    print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return found
