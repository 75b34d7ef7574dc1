"""deepmriprep: volumes in the small tables that it writes beside maps with CAT12's names.

A file is ``tiv<scan>.csv`` or ``<atlas>_volumes<scan>.csv``, in ``label`` below the folder of a
person or scan, or in one folder for all (its option ``dir_format``). Its maps ``mwp1<scan>.nii.gz``
are found as CAT12's are.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten
from mri_response.inputs.sources.record import Source, source_of
from mri_response.inputs.sources.scans import Content, Kind, read_scans

PROGRAM = "deepmriprep"
#: Columns of a table of regions by the names of CAT12's values, in mm3.
VALUES = {"Vgm": "gmv_mm3", "Vwm": "wmv_mm3", "Vcsf": "csfv_mm3"}


def read_tiv_files(
    folder: str | os.PathLike[str], people: pd.DataFrame, name: str | None = None
) -> Source:
    """Intracranial volume of each person.

    Parameters
    ----------
    folder : path-like
        A folder of deepmriprep in any layout.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.
    name : str, optional
        The scan's name with ``{participant_id}`` and ``{session_id}``, as in
        ``{participant_id}_T1w``.

    Returns
    -------
    Source
        Column ``tiv_ml``.

    Raises
    ------
    InputError
        If the folder holds no such file, two fit one person, or a file is damaged.
    """

    def _read(raw: bytes, path: Path) -> Content:
        rows = _rows(raw, path, ("tiv_cm3",))
        if len(rows) != 1:
            raise _damaged(path, f"{len(rows)} rows")
        return Content({"tiv_ml": _number(rows[0], "tiv_cm3", path)}, PROGRAM)

    kind = Kind("tiv", ".csv", "label", "deepmriprep's volumes (tiv*.csv)")
    entries, rows = read_scans(Path(folder), people, kind, name, _read)
    return source_of(people, entries, rows)


def read_region_files(
    folder: str | os.PathLike[str],
    people: pd.DataFrame,
    atlas: str,
    values: Sequence[str] = ("Vgm",),
    name: str | None = None,
) -> Source:
    """Volumes by region of an atlas.

    Parameters
    ----------
    folder : path-like
        A folder of deepmriprep in any layout.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.
    atlas : str
        As in ``neuromorphometrics``.
    values : sequence of str
        Kinds of values, keys of `VALUES`.
    name : str, optional
        The scan's name, as in `read_tiv_files`.

    Returns
    -------
    Source
        Columns ``<atlas>__<region>``, with ``__<value>`` behind where several values are asked for;
        in ml, as CAT12's.

    Raises
    ------
    InputError
        If the folder holds no such file, two fit one person, or a file is damaged.
    """
    for value in values:
        if value not in VALUES:
            raise InputError(
                f"values: found {value!r}, expected some of {', '.join(VALUES)}; correct it"
            )

    def _read(raw: bytes, path: Path) -> Content:
        row: dict[str, float] = {}
        for cells in _rows(raw, path, ("ROIname", *(VALUES[value] for value in values))):
            for value in values:
                end = f"__{value}" if len(values) > 1 else ""
                column = f"{atlas}__{cells['ROIname']}{end}"
                if column in row:
                    raise _damaged(path, f"the region {cells['ROIname']!r} twice")
                row[column] = _number(cells, VALUES[value], path) / 1000
        missing = [column for column, value in row.items() if math.isnan(value)]
        reason = f"{path}: found no number for {shorten(missing, 3)}" if missing else None
        return Content(row, PROGRAM, reason=reason)

    what = f"deepmriprep's volumes by region ({atlas}_volumes*.csv)"
    kind = Kind(f"{atlas}_volumes", ".csv", "label", what)
    entries, rows = read_scans(Path(folder), people, kind, name, _read)
    return source_of(people, entries, rows)


def _rows(raw: bytes, path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8")), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error):
        raise _damaged(path, "no table") from None
    for column in columns:
        if column not in (reader.fieldnames or ()):
            raise _damaged(path, f"no column {column!r}")
    if not rows:
        raise _damaged(path, "no row")
    return rows


def _number(cells: Mapping[str, str | None], column: str, path: Path) -> float:
    try:
        return float(cells[column] or "nan")
    except ValueError:
        raise _damaged(path, f"{cells[column]!r} under {column}") from None


def _damaged(path: Path, what: str) -> InputError:
    return InputError(
        f"{path}: found {what}, expected a whole table of deepmriprep; copy it again or run the "
        "program again for this person"
    )
