"""CAT12: reports (``cat_*.xml``) and values by region (``catROI_*.xml``).

Both lie in the subfolders ``report`` and ``label``, or beside the scans where subfolders are
switched off, and with the same names in folders of people.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion
from mri_response.inputs.sources.record import (
    Entry,
    Source,
    State,
    left_out,
    source_of,
    version_warnings,
)
from mri_response.inputs.sources.safe_xml import number_of, parse_xml, text_of
from mri_response.inputs.sources.scans import Content, Kind, read_file, read_scans

PROGRAM = "CAT12"
REPORT = Kind("cat_", ".xml", "report", "CAT12 reports (cat_*.xml)")
ROI = Kind("catROI_", ".xml", "label", "CAT12's values by region (catROI_*.xml)")
#: Columns of `read_reports`, beside the identifiers.
REPORT_COLUMNS = ("tiv_ml", "csf_ml", "gm_ml", "wm_ml", "iqr_percent", "siqr_percent")


@dataclass(frozen=True)
class RoiRequest:
    """Which regional values are wanted.

    Attributes
    ----------
    atlases : tuple of str
        As in ``neuromorphometrics``, ``hammers``.
    measures : tuple of str
        ``Vgm``, ``Vwm``, ``Vcsf`` (volumes in ml), ``Tgm`` and others that the files have.
    name : str, optional
        The scan's name with ``{participant_id}`` and ``{session_id}``, as in
        ``{participant_id}_T1w``. Without it, any name that is a person's identifier or begins with
        it and ``_``, and has the session where people have sessions.
    """

    atlases: tuple[str, ...]
    measures: tuple[str, ...] = ("Vgm",)
    name: str | None = None


def read_rois(folder: str | os.PathLike[str], people: pd.DataFrame, request: RoiRequest) -> Source:
    """Values by region from CAT12's ``catROI_*.xml``.

    Parameters
    ----------
    folder : path-like
        A folder of CAT12 in any layout.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.
    request : RoiRequest
        Which values of which atlases, and how scans are named.

    Returns
    -------
    Source
        Columns ``<atlas>__<region>``, with ``__<value>`` behind where several values are asked for;
        volumes in ml.

    Raises
    ------
    InputError
        If the folder holds no such file, two files fit one person, a file is damaged, or nobody's
        file has the atlas or value.
    """
    several = len(request.measures) > 1

    def _read(raw: bytes, path: Path) -> Content:
        root = parse_xml(raw, path, ROI.what)
        row: dict[str, float] = {}
        for atlas in request.atlases:
            for value in request.measures:
                end = f"__{value}" if several else ""
                found = roi_values(root, path, atlas, value)
                row.update({f"{atlas}__{name}{end}": number for name, number in found.items()})
        return Content(row, PROGRAM, version_of(root))

    entries, rows = read_scans(Path(folder), people, ROI, request.name, _read)
    entries, rows, warnings = _same_regions(entries, rows, str(folder))
    mixed = version_warnings(str(folder), entries)
    return source_of(people, entries, rows, (*warnings, *mixed))


def read_reports(
    folder: str | os.PathLike[str], people: pd.DataFrame, name: str | None = None
) -> Source:
    """Intracranial volume, tissue volumes and image quality from CAT12's reports.

    Parameters
    ----------
    folder : path-like
        A folder of CAT12 in any layout.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.
    name : str, optional
        The scan's name, as in `RoiRequest`.

    Returns
    -------
    Source
        Columns `REPORT_COLUMNS`: volumes in ml; image quality (IQR) and structural image quality
        (SIQR) in percent, NaN where a version does not rate it.

    Raises
    ------
    InputError
        If the folder holds no report, two fit one person, or a report is damaged.
    """
    entries, rows = read_scans(Path(folder), people, REPORT, name, _report)
    return source_of(people, entries, rows, version_warnings(str(folder), entries))


def read_report_files(paths: Sequence[Path | None], people: pd.DataFrame) -> Source:
    """What `read_reports` reads, from reports whose paths are known.

    Parameters
    ----------
    paths : sequence of Path or None
        The report of each person; None where there is none.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.

    Returns
    -------
    Source
        Columns `REPORT_COLUMNS`.

    Raises
    ------
    InputError
        If a report is damaged.
    """
    entries, rows = [], []
    for path in paths:
        if path is None:
            entry, row = Entry(State.NO_FILE, reason="no report (cat_*.xml)"), {}
        else:
            entry, row = read_file(path, _report)
        entries.append(entry)
        rows.append(row)
    return source_of(people, entries, rows, version_warnings(REPORT.what, entries))


def _report(raw: bytes, path: Path) -> Content:
    root = parse_xml(raw, path, REPORT.what)
    return Content(report_values(root, path), PROGRAM, version_of(root))


def report_values(root: Element, path: Path) -> dict[str, float]:
    """Volumes and quality in one report.

    Parameters
    ----------
    root : xml.etree.ElementTree.Element
        Root element of the report.
    path : Path
        Its path, for messages.

    Returns
    -------
    dict of str to float
        By `REPORT_COLUMNS`. The volume is ``subjectmeasures/vol_TIV``; the element of the same name
        below ``subjectratings`` is a mark. Quality in percent is 105 - 10 times the mark.

    Raises
    ------
    InputError
        If the report has no volume or a value is no number.
    """
    tissues = _numbers(text_of(root, "./subjectmeasures/vol_abs_CGW") or "", path)
    csf, gm, wm = (*tissues, math.nan, math.nan, math.nan)[:3]
    values = {"tiv_ml": tiv_of(root, path), "csf_ml": csf, "gm_ml": gm, "wm_ml": wm}
    for column, element in (("iqr_percent", "IQR"), ("siqr_percent", "SIQR")):
        mark = number_of(root, f"./qualityratings/{element}", path, REPORT.what)
        values[column] = math.nan if mark is None else percent(mark)
    return values


def tiv_of(root: Element, path: Path) -> float:
    """Intracranial volume in one report, in ml.

    Parameters
    ----------
    root : xml.etree.ElementTree.Element
        Root element of the report.
    path : Path
        Its path, for messages.

    Raises
    ------
    InputError
        If the report has none, or no number.
    """
    text = text_of(root, "./subjectmeasures/vol_TIV") or ""
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"{path}: found {text!r} as subjectmeasures/vol_TIV, expected a number in ml; run the "
            "TIV estimation of CAT12 again or give tiv in another way"
        ) from None


def percent(mark: float) -> float:
    """CAT12's quality in percent from its mark.

    Parameters
    ----------
    mark : float
        0.5 (best) to 10.5.
    """
    return 105 - 10 * mark


def grade(value: float) -> str:
    """CAT12's grade of a quality in percent: A to F by tens from 100 down.

    A boundary belongs to the lower grade: A is above 90, F is 50 and less.

    Parameters
    ----------
    value : float
        Quality in percent.
    """
    return "ABCDEF"[min(5, max(0, int((100 - value) // 10)))]


def roi_values(root: Element, path: Path, atlas: str, value: str) -> dict[str, float]:
    """One value of all regions of an atlas in one file.

    Parameters
    ----------
    root : xml.etree.ElementTree.Element
        Root element of the file.
    path : Path
        Its path, for messages.
    atlas, value : str
        As in `RoiRequest`.

    Returns
    -------
    dict of str to float
        By region; a region without a name is called ``region<its number in the atlas>``.

    Raises
    ------
    InputError
        If the file lacks the atlas or value, or names and numbers do not fit.
    """
    element = root.find(f"./{atlas}") if atlas.isidentifier() else None
    if element is None:
        known = [child.tag for child in root]
        raise InputError(
            f"{path}: found no atlas {atlas!r}, expected it among {shorten(known) or 'none'}; "
            f"{suggestion(atlas, known)}correct the key atlas or run CAT12 with this atlas"
        )
    text = text_of(element, f"./data/{value}")
    if text is None:
        known = [child.tag for child in element.findall("./data/*")]
        raise InputError(
            f"{path}: atlas {atlas}: found no {value!r}, expected it among {shorten(known)}; "
            f"{suggestion(value, known)}correct the value's name"
        )
    numbers = _numbers(text, path)
    items = [(item.text or "").strip() for item in element.findall("./names/item")]
    labels = (text_of(element, "./ids") or "").replace(";", " ").split()
    if not any(items) and len(labels) == len(numbers):
        items = [f"region{label}" for label in labels]
    names = [name or f"region{number}" for name, number in zip(items, labels, strict=False)]
    if len(names) != len(numbers) or len(set(names)) != len(names):
        raise InputError(
            f"{path}: atlas {atlas}: found {len(set(names))} names for {len(numbers)} values, "
            "expected a name for each; run CAT12 again for this person"
        )
    return dict(zip(names, numbers, strict=True))


def version_of(root: Element) -> str | None:
    """Version of CAT12 that a report or a file of regions names.

    Parameters
    ----------
    root : xml.etree.ElementTree.Element
        Of ``cat_*.xml`` or ``catROI_*.xml``, where the version stands in each atlas.

    Returns
    -------
    str or None
        As in ``1126`` or ``12.9 r2577``.
    """
    version = text_of(root, "./software/version_cat") or text_of(root, "./*/version")
    revision = text_of(root, "./software/revision_cat")
    return f"{version} r{revision}" if version and revision and revision != version else version


def _numbers(text: str, path: Path) -> list[float]:
    try:
        return [
            float(part) for part in text.strip("[]").replace(";", " ").replace(",", " ").split()
        ]
    except ValueError:
        raise InputError(
            f"{path}: found {shorten([text[:40]])}, expected numbers as MATLAB writes them; run "
            "CAT12 again for this person"
        ) from None


def _same_regions(
    entries: Sequence[Entry], rows: Sequence[Mapping[str, float]], folder: str
) -> tuple[list[Entry], list[dict[str, float]], list[str]]:
    """Leave out regions without a number in anyone, and people without one that others have."""
    everything: dict[str, None] = {}
    columns: dict[str, None] = {}
    for row in rows:
        everything.update(dict.fromkeys(row))
        columns.update(dict.fromkeys(name for name, value in row.items() if not math.isnan(value)))
    empty = [name for name in everything if name not in columns]
    warnings = [f"{folder}: {shorten(empty, 3)}: no number in anyone: left out"] if empty else []
    checked = []
    for entry, row in zip(entries, rows, strict=True):
        missing = [name for name in columns if math.isnan(row.get(name, math.nan))]
        if entry.state is State.READ and missing:
            reason = f"{next(iter(entry.files))}: found no number for {shorten(missing, 3)}"
            entry = left_out(entry, reason, State.MISSING_VALUE)
        checked.append(entry)
    kept = [{name: row[name] for name in columns if name in row} for row in rows]
    return checked, kept, warnings
