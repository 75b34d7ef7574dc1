"""What the plan estimated for jobs beside what Snakemake's benchmarks measured."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

PathLike = str | os.PathLike[str]
HEAD = (
    "job",
    "model",
    "jobs",
    "measured",
    "estimated s",
    "wall s",
    "CPU s",
    "CPU / estimate",
    "MB",
)


SHORTEST_S = 5.0  # of less work, most time is that of Python's start


class PlannedJob(NamedTuple):
    """A job whose work was estimated before the run.

    Attributes
    ----------
    kind : str
        What it does: ``prepare``, ``cross_validate``, ``refit``, ``learning_curve``,
        ``confound_control_fits``, ``transport_fits``, ``stability_fits`` or
        ``site_predictability``.
    model : str
        Name of its model.
    benchmark : str
        Path of the file in which Snakemake writes its time and memory.
    seconds : float
        Estimated work on one core.
    """

    kind: str
    model: str
    benchmark: str
    seconds: float


def measured(jobs: Iterable[PlannedJob], folder: PathLike, run: PathLike) -> pd.DataFrame:
    """Add up estimates and measurements by kind of job and model.

    Parameters
    ----------
    jobs : iterable of PlannedJob
        Every job of the plan.
    folder : path-like
        The run's folder as the benchmarks' paths have it.
    run : path-like
        The run's folder as it is on the disk: another one where a module has a prefix.

    Returns
    -------
    pandas.DataFrame
        Per kind and model: ``jobs`` of the plan, how many were ``measured``, and of the latter
        ``estimated`` seconds, ``wall`` seconds, ``cpu`` seconds, and the largest memory ``mb``.
        A job that was restored from another machine, or ran before there were benchmarks, has no
        measurement.
    """
    rows = []
    for job in jobs:
        path = Path(run, os.path.relpath(job.benchmark, folder))
        found = dict.fromkeys(("estimated", "wall", "cpu", "mb"))
        if path.is_file():
            last = pd.read_csv(path, sep="\t", na_values=["-"]).iloc[-1]
            found |= {"estimated": job.seconds, "wall": last["s"], "cpu": last["cpu_time"]}
            found["mb"] = last["max_rss"]
        rows.append({"kind": job.kind, "model": job.model, **found})
    columns = ["kind", "model", "estimated", "wall", "cpu", "mb"]
    table = pd.DataFrame(rows, columns=columns)
    table[columns[2:]] = table[columns[2:]].astype(float)
    grouped = table.groupby(["kind", "model"], sort=False)
    return grouped.agg(
        jobs=("model", "size"),
        measured=("wall", "count"),
        estimated=("estimated", "sum"),
        wall=("wall", "sum"),
        cpu=("cpu", "sum"),
        mb=("mb", "max"),
    ).reset_index()


def timing_lines(table: pd.DataFrame) -> list[str]:
    """Lay the table out for a screen.

    Parameters
    ----------
    table : pandas.DataFrame
        As `measured` returns it.

    Returns
    -------
    list of str
        A head and one line per kind of job and model. There is no ratio where less than
        `SHORTEST_S` was estimated.
    """
    rows = [HEAD]
    for row in table.itertuples(index=False):
        numbers = ["-"] * 5
        if row.measured:
            long = row.estimated >= SHORTEST_S
            ratio = f"{row.cpu / row.estimated:,.2f}" if long else "-"
            seconds = (f"{value:,.1f}" for value in (row.estimated, row.wall, row.cpu))
            numbers = [*seconds, ratio, f"{row.mb:,.0f}" if row.mb == row.mb else "-"]
        rows.append((row.kind, row.model, str(row.jobs), str(row.measured), *numbers))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if position < 2 else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
