"""What was read for whom: the result that every reader of a source returns."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS

#: Columns of a record, one row per person (and session).
RECORD_COLUMNS = (
    *ID_COLUMNS,
    *("state", "file", "program", "version", "sha256", "reason"),
)


class State(StrEnum):
    """What became of one person's files."""

    READ = "read"
    NO_FOLDER = "no_folder"
    NO_FILE = "no_file"
    NO_ROW = "no_row"
    CRASHED = "crashed"
    INCOMPLETE = "incomplete"
    DANGLING = "dangling"
    OTHER_LABELS = "other_labels"
    MISSING_VALUE = "missing_value"
    DAMAGED = "damaged"  # where the look at a folder goes on, and a reader of it stops


@dataclass(frozen=True)
class Entry:
    """What was found for one person.

    Attributes
    ----------
    state : State
    files : mapping of str to str
        Path of each file that was read to its SHA-256.
    program, version : str or None
        What wrote the files, as far as they say so.
    reason : str or None
        Why nothing was read, in one line.
    """

    state: State
    files: Mapping[str, str] = field(default_factory=dict)
    program: str | None = None
    version: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Source:
    """What a reader found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per person that was read, in the order asked for: ``participant_id`` and, where
        people have sessions, ``session_id`` as text, then numbers.
    record : pandas.DataFrame
        One row per person that was asked for, with the columns `RECORD_COLUMNS`.
    warnings : tuple of str
        What does not stop the analysis and must be seen, one line each.
    zeros : pandas.DataFrame
        ``participant_id``, ``session_id`` and ``column`` of the values that were 0 where 0 cannot
        be measured; they are missing in ``table``.
    """

    table: pd.DataFrame
    record: pd.DataFrame
    warnings: tuple[str, ...] = ()
    zeros: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=[*ID_COLUMNS, "column"], dtype=object)
    )


def left_out(entry: Entry, reason: str, state: State) -> Entry:
    """An entry whose files were read and are not used.

    Parameters
    ----------
    entry : Entry
        In the state `State.READ`.
    reason : str
        Why not, in one line.
    state : State
        What became of the files instead.
    """
    return Entry(state, entry.files, entry.program, entry.version, reason)


def identities(people: pd.DataFrame) -> list[tuple[str, str | None]]:
    """Participant and session of each row; the session is None where there is none.

    Parameters
    ----------
    people : pandas.DataFrame
        With ``participant_id`` and perhaps ``session_id``, as text.
    """
    if "session_id" not in people:
        return [(person, None) for person in people["participant_id"]]
    sessions = [None if pd.isna(session) else session for session in people["session_id"]]
    return list(zip(people["participant_id"], sessions, strict=True))


def fill(pattern: str, participant_id: str, session_id: str | None, key: str) -> str:
    """A pattern with a person's identifiers in place of the placeholders.

    Parameters
    ----------
    pattern : str
        With ``{participant_id}`` and perhaps ``{session_id}``; other braces stay.
    participant_id : str
        As in the table of people.
    session_id : str or None
        None where the people have no sessions.
    key : str
        Name of the configuration's key, for the message.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the pattern asks for a session that the person has not.
    """
    if "{session_id}" in pattern and session_id is None:
        raise InputError(
            f"{key}: found {{session_id}} in {pattern!r} and no session for {participant_id}, "
            "expected a column session_id; add it or remove the placeholder"
        )
    filled = pattern.replace("{participant_id}", participant_id)
    return filled.replace("{session_id}", session_id or "")


def source_of(
    people: pd.DataFrame,
    entries: Sequence[Entry],
    rows: Sequence[Mapping[str, float]],
    warnings: Iterable[str] = (),
) -> Source:
    """Bring what was found for each person into two tables.

    Parameters
    ----------
    people : pandas.DataFrame
        With ``participant_id`` and perhaps ``session_id``, in the order of the entries.
    entries : sequence of Entry
        One for each person.
    rows : sequence of mapping of str to float
        The values of each person; an entry that is not `State.READ` has none.
    warnings : iterable of str
        Of the result, one line each.

    Returns
    -------
    Source
    """
    keys = [key for key in ID_COLUMNS if key in people]
    read = [entry.state is State.READ for entry in entries]
    values = pd.DataFrame([dict(row) for row, taken in zip(rows, read, strict=True) if taken])
    names = people.loc[read, keys].reset_index(drop=True)
    return Source(
        pd.concat([names, values.astype(float)], axis=1),
        record_of(people, entries),
        tuple(warnings),
    )


def record_of(people: pd.DataFrame, entries: Sequence[Entry]) -> pd.DataFrame:
    """The record of some people, see `source_of` for the parameters.

    Parameters
    ----------
    people : pandas.DataFrame
        With ``participant_id`` and perhaps ``session_id``, in the order of the entries.
    entries : sequence of Entry
        What was found of each row.
    """
    rows = [
        (
            *identity,
            str(entry.state),
            _joined(entry.files),
            entry.program,
            entry.version,
            joint_sha256(entry.files),
            entry.reason,
        )
        for identity, entry in zip(identities(people), entries, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(RECORD_COLUMNS), dtype=object)


def version_warnings(
    source: str, entries: Iterable[Entry], group: Callable[[str], str] = str
) -> list[str]:
    """A warning where people were processed by more than one program or version.

    Parameters
    ----------
    source : str
        What was read, for the message.
    entries : iterable of Entry
        One for each person.
    group : callable
        From a version to what has to be the same; the default is the version itself.

    Returns
    -------
    list of str
        One line, or nothing.
    """
    counts = Counter(
        (entry.program, group(entry.version) if entry.version else "of an unknown version")
        for entry in entries
        if entry.state is State.READ
    )
    if len(counts) < 2:
        return []
    told = ", ".join(f"{n} {program} {version}" for (program, version), n in counts.most_common())
    return [
        f"{source}: people were processed by different versions ({told}); their measures differ by "
        "more than chance: process all again with one of them, or make the version a confound"
    ]


def joint_sha256(files: Mapping[str, str]) -> str | None:
    """One hash for the files of a person.

    Parameters
    ----------
    files : mapping of str to str
        Path of each file to its SHA-256.

    Returns
    -------
    str or None
        The file's own hash where there is one file; for several the hash of the lines that
        ``cd FOLDER; sha256sum NAMES`` writes, in the order of the names; None without files.
    """
    if len(files) < 2:
        return next(iter(files.values()), None)
    lines = sorted((Path(path).name, digest) for path, digest in files.items())
    text = "".join(f"{digest}  {name}\n" for name, digest in lines)
    return hashlib.sha256(text.encode()).hexdigest()


def read_bytes(path: Path) -> bytes:
    """Content of a person's file.

    Parameters
    ----------
    path : Path
        A file that is there.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: could not be read ({(error.strerror or str(error)).lower()}), expected a "
            "file of this person; correct its permissions or copy it again"
        ) from None


def _joined(files: Mapping[str, str]) -> str | None:
    """The files' paths; their folder is written once, as in ``a/{aseg.stats,lh.aparc.stats}``."""
    if len(files) < 2:
        return next(iter(files), None)
    folders = {os.path.dirname(path) for path in files}
    if len(folders) > 1:
        return ", ".join(sorted(files))
    names = ",".join(sorted(os.path.basename(path) for path in files))
    return f"{folders.pop()}/{{{names}}}"
