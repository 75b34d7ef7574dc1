"""What a user's table says, whatever blank lines and line ends it has."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from pathlib import Path

_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"


def table_digest(path: str | os.PathLike[str]) -> str | None:
    """Digest of a table that changes where a cell may have changed.

    Parameters
    ----------
    path : path-like
        Text, compressed by gzip or not, or a workbook.

    Returns
    -------
    str or None
        SHA-256 without the byte order mark, blank lines, lines of empty cells, spaces at the ends
        of lines and the difference between the line ends of Windows and Unix; of a workbook all of
        it. None where the file cannot be read.
    """
    try:
        raw = Path(path).read_bytes()
        if raw.startswith(_GZIP):
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        return None
    digest = hashlib.sha256()
    if b"\0" in raw:  # UTF-16 or a workbook, in which a byte that looks like a line end may be none
        digest.update(raw)
        return digest.hexdigest()
    for line in raw.removeprefix(_MARK).splitlines():
        line = line.rstrip(b" ")
        if line.strip(b" \t,;"):
            digest.update(line + b"\n")
    return digest.hexdigest()
