"""The text file of volumes that CAT12's *Estimate TIV* writes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.provenance import file_sha256
from mri_response.core.tables import shorten
from mri_response.inputs.sources.cat12 import PROGRAM
from mri_response.inputs.sources.record import Entry, Source, State, identities, source_of
from mri_response.inputs.sources.scans import fitting_scans
from mri_response.inputs.text import read_text


def read_tiv_text(
    path: str | os.PathLike[str], people: pd.DataFrame, name: str | None = None
) -> Source:
    """Volumes from the text file that CAT12's *Estimate TIV* writes with names.

    Parameters
    ----------
    path : path-like
        Without header: scan, then total, GM, WM, CSF and white matter hyperintensities in ml. A
        file without names is refused, since it says nothing of who is who.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.
    name : str, optional
        The scan's name with ``{participant_id}`` and ``{session_id}``, as in
        ``{participant_id}_T1w``.

    Returns
    -------
    Source
        Columns ``tiv_ml``, ``gm_ml``, ``wm_ml`` and ``csf_ml``.

    Raises
    ------
    InputError
        If the file has no names or no volumes, or nobody is in it.
    """
    path = Path(path)
    rows: dict[str, dict[str, float]] = {}
    for line, text in enumerate(read_text(path).splitlines(), start=1):
        if not text.strip():
            continue
        scan, *cells = re.split(r"[\t,;]", text) if re.search(r"[\t,;]", text) else text.split()
        if not cells or re.fullmatch(r"[0-9.eE+-]+", scan.strip()):
            raise InputError(
                f"{path}: line {line}: found numbers without the name of a scan, expected a name "
                "first; run Estimate TIV again with names, or give the folder of the reports"
            )
        volumes = [_number(cell, path, line) for cell in cells if cell.strip()]
        if len(volumes) not in (1, 4, 5):
            raise InputError(
                f"{path}: line {line}: found {len(volumes)} volumes, expected the total alone or "
                "with GM, WM, CSF and WMH; run Estimate TIV again"
            )
        scan = re.sub(r"\.(xml|mat|nii|gz)", "", re.split(r"[\\/]", scan.strip())[-1])
        row = dict(zip(("tiv_ml", "gm_ml", "wm_ml", "csf_ml"), volumes, strict=False))
        if scan.removeprefix("cat_") in rows:
            raise InputError(f"{path}: line {line}: found {scan!r} again, expected each scan once")
        rows[scan.removeprefix("cat_")] = row
    return _choose(path, rows, people, name)


def _choose(
    path: Path, rows: Mapping[str, dict[str, float]], people: pd.DataFrame, name: str | None
) -> Source:
    names = sorted(rows)
    entries, found = [], []
    files = {str(path): file_sha256(path)}
    for participant_id, session_id in identities(people):
        fitting = fitting_scans(names, participant_id, session_id, name)
        if len(fitting) > 1:
            raise InputError(
                f"{path}: found {shorten(fitting, 3)} for {participant_id}, expected one row per "
                "person and session; give the scan's name with the key name"
            )
        reason = f"{path}: found no row of {participant_id}"
        entries.append(
            Entry(State.READ, files, PROGRAM) if fitting else Entry(State.NO_ROW, reason=reason)
        )
        found.append(rows[fitting[0]] if fitting else {})
    if entries and all(entry.state is State.NO_ROW for entry in entries):
        raise InputError(f"{entries[0].reason}, and none of anyone else; correct the key name")
    return source_of(people, entries, found)


def _number(cell: str, path: Path, line: int) -> float:
    try:
        return float(cell)
    except ValueError:
        raise InputError(
            f"{path}: line {line}: found {cell.strip()!r}, expected a volume in ml with a decimal "
            "point; correct it"
        ) from None
