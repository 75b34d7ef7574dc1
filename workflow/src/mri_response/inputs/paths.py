"""Files that a path pattern of the configuration names."""

import glob
import os
import re
import unicodedata
from pathlib import Path

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten


def resolve_pattern(
    pattern: str | os.PathLike[str], participant_id: str, session_id: str | None = None
) -> Path | None:
    """The one file of a participant that a pattern names.

    Parameters
    ----------
    pattern : str
        Path with ``{participant_id}`` and, for participants with sessions, ``{session_id}``;
        ``*``, ``?`` and ``[...]`` match as in a shell, ``**`` any folders.
    participant_id : str
        Identifier as in the participants table, which takes the place in braces.
    session_id : str, optional
        Identifier of the session; None where the table has no sessions.

    Returns
    -------
    pathlib.Path or None
        None if there is no such file: the caller excludes the person.

    Raises
    ------
    InputError
        If the pattern has no or an unknown placeholder, or matches several files.
    """
    pattern = os.fspath(pattern)
    known = {"participant_id": participant_id, "session_id": session_id}
    names = re.findall(r"\{(.*?)\}", pattern)
    for name in names:
        if name not in known:
            raise InputError(
                f"source {pattern}: found the placeholder {{{name}}}, expected {{participant_id}} "
                "or {session_id}; correct the path"
            )
    if "participant_id" not in names:
        raise InputError(
            f"source {pattern}: found no {{participant_id}}, expected it in a pattern of image "
            "files; without it all people would share one image"
        )
    if "session_id" in names and session_id is None:
        raise InputError(
            f"source {pattern}: found {{session_id}}, expected a column session_id in the "
            "participants table; add the column or write the session into the path"
        )
    # Tables are read in the form NFC; file names that macOS wrote may have letters in the form NFD.
    filled = dict.fromkeys(
        re.sub(
            r"\{(.*?)\}",
            lambda match, form=form: glob.escape(unicodedata.normalize(form, known[match[1]])),
            pattern,
        )
        for form in ("NFC", "NFD")
    )
    matches = (path for name in filled for path in glob.glob(name, recursive=True))
    found = sorted(path for path in matches if os.path.isfile(path))
    if len(found) > 1:
        raise InputError(
            f"source {pattern}: found {len(found)} files for {participant_id}"
            f"{f' {session_id}' if session_id else ''} ({shorten(found, 2)}), expected one; make "
            "the pattern narrower"
        )
    return Path(found[0]) if found else None


def image_paths(pattern: str | os.PathLike[str], people: pd.DataFrame) -> list[Path | None]:
    """The file of each row of a table of people, or None where there is none.

    Parameters
    ----------
    pattern : str
        Path with ``{participant_id}`` and perhaps ``{session_id}``, see `resolve_pattern`.
    people : pandas.DataFrame
        ``participant_id`` and, where people have several rows, ``session_id``.

    Returns
    -------
    list of pathlib.Path or None
        In the order of the rows.

    Raises
    ------
    InputError
        If several files match for one row.
    """
    sessions = people["session_id"] if "session_id" in people else [None] * len(people)
    return [
        resolve_pattern(pattern, participant_id, session_id)
        for participant_id, session_id in zip(people["participant_id"], sessions, strict=True)
    ]


def map_paths(pattern: str | os.PathLike[str], people: pd.DataFrame) -> list[Path]:
    """The file of each analysed row, all of which have one.

    Parameters
    ----------
    pattern : str
        Path with ``{participant_id}`` and perhaps ``{session_id}``, see `resolve_pattern`.
    people : pandas.DataFrame
        ``participant_id`` and, where people have several rows, ``session_id``.

    Returns
    -------
    list of pathlib.Path
        In the order of the rows.

    Raises
    ------
    InputError
        If somebody has no file, or several.
    """
    paths = image_paths(pattern, people)
    for participant_id, path in zip(people["participant_id"], paths, strict=True):
        if path is None:
            raise InputError(
                f"source {pattern}: found no image of {participant_id}, expected one; "
                "run the workflow again so that the person is excluded"
            )
    return paths
