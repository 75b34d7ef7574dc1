"""Files that a program wrote beside each scan, found in every layout and read person by person.

CAT12, SPM and deepmriprep name a file after its scan, with a few letters before or behind
(``cat_sub-01_T1w.xml``). They put it into one folder for everyone, beside the scan, or into folders
of people (``sub-*/[ses-*/]anat``), with a subfolder for the kind of file or without.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten
from mri_response.inputs.pointers import is_broken_link, is_pointer
from mri_response.inputs.sources.ids import NEAR, Spellings
from mri_response.inputs.sources.record import (
    Entry,
    State,
    fill,
    identities,
    read_bytes,
)


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes
    ----------
    before, behind : str
        What stands before and behind the scan's name, as in ``cat_`` and ``.xml``.
    subfolder : str
        The folder in which the program puts files of this kind, where it uses subfolders.
    what : str
        For messages, as in ``a CAT12 report``.
    """

    before: str
    behind: str
    subfolder: str
    what: str

    @property
    def pattern(self) -> str:
        """Glob pattern of the files' names."""
        return f"{self.before}*{self.behind}"


@dataclass(frozen=True)
class Content:
    """What was read in one file.

    Attributes
    ----------
    row : dict of str to float
        The values; none where the file lacks them.
    program, version : str or None
        What wrote the file, as far as it says so.
    reason : str or None
        Why there are no values.
    """

    row: dict[str, float] = field(default_factory=dict)
    program: str | None = None
    version: str | None = None
    reason: str | None = None


def find_files(folder: Path, kind: Kind) -> dict[str, list[Path]]:
    """Files of a kind below a folder, by the names of their scans.

    Parameters
    ----------
    folder : Path
        In any layout: files at most three folders deep.
    kind : Kind
        What to look for.

    Returns
    -------
    dict of str to list of Path
        A scan has several files where the folder holds several layouts or people's folders.
    """
    places = ("", kind.subfolder, "anat", f"anat/{kind.subfolder}")
    patterns = [
        *places[:2],
        *(f"*/{place}".rstrip("/") for place in places),
        *(f"sub-*/ses-*/{place}".rstrip("/") for place in places),
    ]
    found: dict[str, list[Path]] = {}
    seen: set[Path] = set()
    for place in patterns:
        for path in sorted(folder.glob("/".join(filter(None, (place, kind.pattern))))):
            if path not in seen:
                seen.add(path)
                name = path.name.removeprefix(kind.before).removesuffix(kind.behind)
                found.setdefault(name, []).append(path)
    return found


def read_scans(
    folder: Path,
    people: pd.DataFrame,
    kind: Kind,
    pattern: str | None,
    read: Callable[[bytes, Path], Content],
) -> tuple[list[Entry], list[dict[str, float]]]:
    """Read the file of each person.

    Parameters
    ----------
    folder : Path
        In any layout, see `find_files`.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.
    kind : Kind
        What to read.
    pattern : str or None
        The scan's name with ``{participant_id}`` and ``{session_id}``. Without it, any name that is
        a person's identifier or begins with it and ``_``, and has the session where people have
        sessions; an ``r`` before the name (longitudinal processing) is passed over.
    read : callable
        From the bytes of a file and its path to its content.

    Returns
    -------
    entries : list of Entry
        One for each person.
    rows : list of dict of str to float
        The values of each person.

    Raises
    ------
    InputError
        If the folder holds no such file, two files fit one person, or nobody has one.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: folder not found, expected {kind.what}; correct the path")
    files = find_files(folder, kind)
    if not files:
        raise InputError(
            f"{folder}: found no {kind.pattern}, expected {kind.what} there, in the folder "
            f"{kind.subfolder} or in folders of people; give the folder that the program wrote"
        )
    names = sorted(files)
    spellings = Spellings(name.split("_")[0] for name in names)
    entries, rows = [], []
    for participant_id, session_id in identities(people):
        fitting = fitting_scans(names, participant_id, session_id, pattern)
        there = [path for name in fitting for path in files[name]]
        if len(there) > 1:
            raise InputError(
                f"{folder}: found {shorten([path.relative_to(folder) for path in there], 3)} for "
                f"{participant_id}, expected one file per person and session; give the scan's name "
                "with the key name"
            )
        if there:
            entry, row = read_file(there[0], read)
        else:
            near = spellings.near(participant_id)
            but = f", but of {near[0]!r}: {NEAR} {near[1]}" if near else ""
            of = " ".join(filter(None, (participant_id, session_id)))
            entry = Entry(State.NO_FILE, reason=f"{folder}: found no {kind.pattern} of {of}{but}")
            row = {}
        entries.append(entry)
        rows.append(row)
    if entries and all(entry.state is State.NO_FILE for entry in entries):
        raise InputError(f"{entries[0].reason}, and none of anyone else; correct the key name")
    return entries, rows


def fitting_scans(
    names: Sequence[str], participant_id: str, session_id: str | None, pattern: str | None
) -> list[str]:
    """The scans that can be of a person.

    Parameters
    ----------
    names : sequence of str
        Names of scans, sorted.
    participant_id : str
        As in the table of people.
    session_id : str or None
        None where the people have no sessions.
    pattern : str or None
        As in `read_scans`.

    Returns
    -------
    list of str
    """
    if pattern is not None:
        name = fill(pattern, participant_id, session_id, "name")
        place = bisect_left(names, name)
        return [name] if names[place : place + 1] == [name] else []
    found = []
    for begin in (participant_id, f"r{participant_id}"):
        place = bisect_left(names, begin)
        while place < len(names) and names[place].startswith(begin):
            rest = names[place].removeprefix(begin)
            mine = not rest or rest[0] in "_."
            if mine and (session_id is None or session_id in rest.split("_")):
                found.append(names[place])
            place += 1
    return found


def read_file(path: Path, read: Callable[[bytes, Path], Content]) -> tuple[Entry, dict[str, float]]:
    """Read the file of one person.

    Parameters
    ----------
    path : Path
        The file, or a link to it.
    read : callable
        From the bytes of a file and its path to its content.

    Returns
    -------
    entry : Entry
        What was found; a link without content is told as such.
    row : dict of str to float
        The values; none where there are none.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    raw = b"" if is_broken_link(path) else read_bytes(path)
    if is_broken_link(path) or is_pointer(raw):
        reason = f"{path}: the link's content is not here; fetch it (datalad get)"
        return Entry(State.DANGLING, reason=reason), {}
    content = read(raw, path)
    files = {str(path): hashlib.sha256(raw).hexdigest()}
    state = State.READ if content.reason is None else State.MISSING_VALUE
    return Entry(state, files, content.program, content.version, content.reason), content.row
