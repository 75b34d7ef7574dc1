"""Files that are either whole or absent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
    A job may survive the death of the main process and meet its own successor, so the temporary
    name holds the process id. On any error the temporary file is removed and ``path`` stays as it
    was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
