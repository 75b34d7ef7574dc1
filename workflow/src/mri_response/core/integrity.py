"""A run's files are read as they were written: the SHA-256 of each is kept and compared.

The hash of ``results/<run>/a/b.tsv`` is in ``results/<run>/.sha256/a/b.tsv``, one line as the
command `sha256sum` writes and reads it. Names are relative to the run's folder, so that it can be
moved. Files outside that folder are the user's: they are neither recorded nor ever deleted.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mri_response.core.atomic import atomic_path, remove_leftovers
from mri_response.core.errors import InputError
from mri_response.core.provenance import file_sha256

RECORDS = ".sha256"
PathLike = str | os.PathLike[str]


@contextmanager
def intact(
    inputs: Iterable[PathLike], outputs: Iterable[PathLike], run: PathLike
) -> Iterator[None]:
    """Check what a job reads before its work, and record what it wrote after it.

    Parameters
    ----------
    inputs, outputs : iterable of path-like
        Files of the job; those outside the run's folder and folders are left alone.
    run : path-like
        The run's folder.

    Raises
    ------
    InputError
        If an input is gone or has another content than was recorded.

    Notes
    -----
    The records of the outputs are removed first. A job that is killed anywhere thus leaves an
    output without a record, which passes, and never one with the record of another content.
    """
    outputs = list(outputs)
    for path in inputs:
        check(path, run)
    for path in outputs:
        record = _record(path, run)
        if record is not None and record.is_file():
            record.unlink()
        remove_leftovers(path)
    yield
    for path in outputs:
        write_record(path, run)


def write_record(path: PathLike, run: PathLike) -> None:
    """Record the hash of a file; folders, and files outside the run's, have no record.

    Parameters
    ----------
    path : path-like
        File that a job has just written.
    run : path-like
        The run's folder.
    """
    record = _record(path, run)
    if record is not None and os.path.isfile(path):
        with atomic_path(record) as temporary:
            temporary.write_text(_line(path, run), encoding="utf-8")


def check(path: PathLike, run: PathLike) -> None:
    """Compare a file of the run with its record; one of another content is deleted.

    A file without a record passes: it was written by a job that was killed before it could record
    it, or by an earlier version.

    Parameters
    ----------
    path : path-like
        File that a job is about to read.
    run : path-like
        The run's folder.

    Raises
    ------
    InputError
        If the file is gone, or was deleted since its content is not the recorded one.
    """
    record = _record(path, run)
    if record is None or os.path.isdir(path):
        return
    again = "run snakemake again, which makes it anew"
    try:
        # The record before the file: a writer replaces them in the other order.
        expected = record.read_text(encoding="utf-8", errors="replace") if record.exists() else None
        changed = expected is not None and _line(path, run) != expected
    except FileNotFoundError:
        raise InputError(f"{path}: file of this run not found; {again}") from None
    if changed:
        Path(path).unlink(missing_ok=True)
        record.unlink(missing_ok=True)
        raise InputError(
            f"{path}: found another content than was written (SHA-256), so it was deleted; {again}"
        )


def verify(run: PathLike, temporary: Iterable[str] = ()) -> tuple[int, dict[str, str]]:
    """Compare every recorded file of a run with its record, and delete nothing.

    Parameters
    ----------
    run : path-like
        The run's folder.
    temporary : iterable of str
        Folders of the run whose files are deleted once they are used: they may be missing.

    Returns
    -------
    n : int
        Files compared.
    problems : dict of str to str
        Path of each file that is missing or changed, and which of the two.
    """
    run, temporary = Path(run), set(temporary)
    n, problems = 0, {}
    for record in filter(_is_record, sorted((run / RECORDS).rglob("*"))):
        name = record.relative_to(run / RECORDS)
        path = run / name
        n += path.exists()
        if not path.exists():
            if name.parts[0] not in temporary:
                problems[str(path)] = "missing"
        elif record.read_text(encoding="utf-8", errors="replace") != _line(path, run):
            problems[str(path)] = "another content than was written (SHA-256)"
    return n, problems


def left_over(run: PathLike, patterns: Iterable[str]) -> list[str]:
    """Recorded files of a run that its present configuration does not make.

    Parameters
    ----------
    run : path-like
        The run's folder.
    patterns : iterable of str
        Regular expressions of the paths of all files that rules make.

    Returns
    -------
    list of str
        Paths of files that are there, such as those of a model that was removed from the
        configuration.
    """
    run, made = Path(run), [re.compile(pattern) for pattern in patterns]
    paths = (
        str(run / record.relative_to(run / RECORDS))
        for record in filter(_is_record, sorted((run / RECORDS).rglob("*")))
    )
    return [
        path
        for path in paths
        if os.path.exists(path) and not any(pattern.fullmatch(path) for pattern in made)
    ]


def without_record(
    run: PathLike, patterns: Iterable[str], passed: Iterable[str]
) -> tuple[list[str], list[str]]:
    """Files in the folder of a run whose content was never recorded.

    Parameters
    ----------
    run : path-like
        The run's folder.
    patterns : iterable of str
        As in `left_over`.
    passed : iterable of str
        Folders of the run that are not looked at: logs, and files that are deleted once used.

    Returns
    -------
    named : list of str
        Paths of files that have the name of a rule's output.
    foreign : list of str
        Paths of all others, such as notes of the user's.
    """
    run, made = Path(run), [re.compile(pattern) for pattern in patterns]
    passed = {RECORDS, *passed}
    found: dict[bool, list[str]] = {True: [], False: []}
    for path in sorted(run.rglob("*")):
        name = path.relative_to(run)
        if name.parts[0] in passed or not path.is_file() or not _is_record(path):
            continue
        if not (run / RECORDS / name).exists():
            found[any(pattern.fullmatch(str(path)) for pattern in made)].append(str(path))
    return found[True], found[False]


def _is_record(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".tmp-")


def _record(path: PathLike, run: PathLike) -> Path | None:
    """Where the hash of a file is kept; None for a file outside the run's folder."""
    name = os.path.relpath(path, run)
    return None if name.split(os.sep)[0] == os.pardir else Path(run, RECORDS, name)


def _line(path: PathLike, run: PathLike) -> str:
    return f"{file_sha256(path)}  {Path(os.path.relpath(path, run)).as_posix()}\n"
