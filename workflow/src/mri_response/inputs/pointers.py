"""Files whose content is elsewhere: links and texts that git-annex, DataLad and Git LFS leave."""

from __future__ import annotations

import os
import re

#: No pointer is longer than this, in bytes.
LONGEST_POINTER = 2048

_LFS = re.compile(rb"version https://git-lfs\.github\.com/spec/")
# The second form is a link that Git wrote as a text, as it does where there are no links.
_ANNEX = re.compile(rb"(/annex/objects/|(\.\./)*\.git/annex/objects/)\S+\s*(\n|$)")

_GET = "get the content (datalad get, git annex get)"


def is_broken_link(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a link to a file that is not there.

    Parameters
    ----------
    path : path-like
        The file.
    """
    return os.path.islink(path) and not os.path.exists(path)


def broken_link(path: str | os.PathLike[str], expected: str) -> str | None:
    """What to say of a broken link.

    Parameters
    ----------
    path : path-like
        The file.
    expected : str
        What the file should be, as in ``a table``.

    Returns
    -------
    str or None
        One line without the path; None where the path is no broken link.
    """
    if not is_broken_link(path):
        return None
    return (
        f"found a broken link (to {os.readlink(path)}), expected {expected}; {_GET} or correct the "
        "link"
    )


def pointer(content: bytes, expected: str) -> str | None:
    """What to say of a file that only says where its content is.

    Parameters
    ----------
    content : bytes
        All of the file, or its first `LONGEST_POINTER` bytes.
    expected : str
        What the file should be, as in ``a table``.

    Returns
    -------
    str or None
        One line without the path; None where the content is no pointer.
    """
    if _LFS.match(content):
        return f"found a pointer of Git LFS, expected {expected}; get the content (git lfs pull)"
    if _ANNEX.match(content):
        return f"found a pointer of git-annex, expected {expected}; {_GET}"
    return None


def is_pointer(content: bytes) -> bool:
    """Whether a file only says where its content is, see `pointer`.

    Parameters
    ----------
    content : bytes
        First bytes of the file.
    """
    return pointer(content[:LONGEST_POINTER], "") is not None


def without_content(path: str | os.PathLike[str], expected: str) -> str | None:
    """What to say of a file on disk that is a broken link or a pointer.

    Parameters
    ----------
    path : path-like
        The file.
    expected : str
        What the file should be, as in ``a NIfTI image``.

    Returns
    -------
    str or None
        One line without the path; None where the file is there, or is missing for another reason.
    """
    link = broken_link(path, expected)
    if link is not None:
        return link
    try:
        with open(path, "rb") as stream:
            return pointer(stream.read(LONGEST_POINTER), expected)
    except OSError:
        return None
