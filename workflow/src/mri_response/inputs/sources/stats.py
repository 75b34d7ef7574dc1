"""FreeSurfer's and FastSurfer's ``*.stats`` files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mri_response.core.errors import InputError

#: Versions of FreeSurfer that name their programs by a number of the version control system of
#: their time (up to version 6); seen in files whose release is known.
_CVS_RELEASES = {
    ("mri_segstats.c", "1.75"): "5.1",
    ("mri_segstats.c", "1.121"): "6.0",
    ("mris_anatomical_stats.c", "1.79"): "6.0",
}
_CVS = re.compile(r"\$Id: (?P<name>\S+?),v (?P<number>[0-9.]+)")


@dataclass(frozen=True)
class Stats:
    """Content of a stats file.

    Attributes
    ----------
    path : Path
    columns : tuple of str
        As the line ``ColHeaders`` names them; empty where the file has measures alone.
    rows : mapping of str to tuple of str
        The cells of each structure, by the structure's name, in the file's order.
    measures : mapping of str to float
        Measures of the header, by the second name of the line (``eTIV``).
    version : str or None
        What the header says of the program's version.
    sha256 : str
        SHA-256 of the file.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]
    measures: Mapping[str, float]
    version: str | None
    sha256: str

    def values(self, column: str) -> dict[str, float]:
        """One column as numbers by structure.

        Parameters
        ----------
        column : str
            As in ``Volume_mm3`` or ``ThickAvg``.

        Raises
        ------
        InputError
            If the file has no such column or a cell is not a number.
        """
        if column not in self.columns:
            raise InputError(
                f"{self.path}: found no column {column!r}, expected it among "
                f"{', '.join(self.columns) or 'no columns'}; make the file again with its program"
            )
        place = self.columns.index(column)
        found = {}
        for name, cells in self.rows.items():
            try:
                found[name] = float(cells[place])
            except ValueError:
                raise InputError(
                    f"{self.path}: {name}: column {column}: found {cells[place]!r}, expected a "
                    "number; make the file again with its program"
                ) from None
        return found


def parse_stats(raw: bytes, path: Path) -> Stats:
    """Read a stats file by the names of its columns.

    Parameters
    ----------
    raw : bytes
        The file's content.
    path : Path
        Its path, for messages and the record.

    Returns
    -------
    Stats

    Raises
    ------
    InputError
        If the file is empty, cut or no stats file.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _damaged(path, "bytes that are not text") from None
    columns: tuple[str, ...] = ()
    rows: dict[str, tuple[str, ...]] = {}
    measures: dict[str, float] = {}
    version = n_rows = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            word, _, rest = line[1:].strip().partition(" ")
            if word == "Measure":
                name, value = _measure(rest, path, number)
                measures[name] = value
            elif word == "ColHeaders":
                columns = tuple(rest.split())
            elif word == "cvs_version":
                version = rest.strip()
            elif word == "NRows" and rest.strip().isdigit():
                n_rows = int(rest)
        elif line.strip():
            cells = tuple(line.split())
            if len(cells) != len(columns) or "StructName" not in columns:
                raise _damaged(
                    path, f"{len(cells)} values on line {number} under {len(columns)} columns"
                )
            name = cells[columns.index("StructName")]
            if name in rows:
                raise _damaged(path, f"the structure {name} twice")
            rows[name] = cells
    if not (rows or measures):
        raise _damaged(path, "an empty file" if not text.strip() else "no measure")
    if n_rows is not None and len(rows) != n_rows:
        raise _damaged(path, f"{len(rows)} rows where the header says {n_rows}")
    if columns and not rows:
        raise _damaged(path, "a header without rows")
    if not text.endswith("\n"):
        raise _damaged(path, "no end of the last line")
    return Stats(path, columns, rows, measures, version, hashlib.sha256(raw).hexdigest())


def release(version: str | None) -> str | None:
    """The release of FreeSurfer that a line ``cvs_version`` or a build stamp names.

    Parameters
    ----------
    version : str or None
        As in ``7.4.1``, ``$Id: mri_segstats.c,v 1.121 2016/05/31 ...`` or
        ``freesurfer-Darwin-OSX-stable-pub-v6.0.0-2beb96c``.

    Returns
    -------
    str or None
        ``7.4.1``, ``6.0``, ``6.0.0``; the program and its number where the release is not known.
    """
    if not version:
        return None
    cvs = _CVS.search(version)
    if cvs:
        known = _CVS_RELEASES.get((cvs["name"], cvs["number"]))
        return known or f"{cvs['name']} {cvs['number']}"
    found = re.search(
        r"(?:^|-v?)(?P<release>[0-9]+\.[0-9]+(?:\.[0-9]+)?(?:-beta)?)(?:-|$)", version
    )
    return found["release"] if found else version.strip()


def _measure(text: str, path: Path, number: int) -> tuple[str, float]:
    # Version 6.0 writes one measure without its second comma: names are taken from the left and
    # the value from the right.
    fields = [part.strip() for part in text.split(",")]
    try:
        return fields[1].split()[0], float(fields[-2])
    except (IndexError, ValueError):
        raise _damaged(path, f"a measure that cannot be read on line {number}") from None


def _damaged(path: Path, what: str) -> InputError:
    return InputError(
        f"{path}: found {what}, expected a whole stats file of FreeSurfer or FastSurfer; copy it "
        "again or run the program again for this person"
    )
