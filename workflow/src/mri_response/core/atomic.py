"""Files that are either whole or absent."""

import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".tmp-"


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file under a temporary name and rename it once it is complete.

    Parameters
    ----------
    path : path-like
        The file to make. Its folder is created where it is missing.

    Yields
    ------
    pathlib.Path
        A temporary name in the same folder (a rename within one file system is atomic), with the
        same suffixes (writers such as nibabel choose the format by them).

    Notes
    -----
    A job may survive the death of the main process and meet its own successor, here or on another
    machine, so the temporary name holds the names of both. On any error the temporary
    file is removed and ``path`` stays as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = platform.node().replace("-", "_")
    temporary = path.with_name(f"{PREFIX}{machine}-{os.getpid()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove the temporary files of writers that were killed, or that nobody waits for any more.

    Parameters
    ----------
    path : path-like
        The file that they were to become. A writer that still lives ends with an error.
    """
    path = Path(path)
    name = re.compile(rf"{re.escape(PREFIX)}[^-]*-\d+-{re.escape(path.name)}")
    for leftover in path.parent.glob(f"{PREFIX}*"):
        if name.fullmatch(leftover.name):
            leftover.unlink(missing_ok=True)
