"""Folders of FreeSurfer and FastSurfer: ``SUBJECTS_DIR/<subject>/stats``.

A folder of fMRIPrep (``sourcedata/freesurfer``) is the same. Whether a person is complete is
decided by the stats files that are asked for and not by ``scripts/recon-all.done``, which edited
and repeated runs lack.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten
from mri_response.inputs.pointers import is_broken_link, is_pointer
from mri_response.inputs.sources.ids import NEAR, Spellings
from mri_response.inputs.sources.labels import check_labels, fill_empty, is_volume
from mri_response.inputs.sources.names import canonical
from mri_response.inputs.sources.record import (
    Entry,
    Source,
    State,
    fill,
    identities,
    left_out,
    read_bytes,
    source_of,
    version_warnings,
)
from mri_response.inputs.sources.stats import Stats, parse_stats, release

#: Measures of a cortical parcellation, by the names of aparcstats2table, and their columns.
MEASURES = {
    "area": "SurfArea",
    "volume": "GrayVol",
    "thickness": "ThickAvg",
    "thicknessstd": "ThickStd",
    "meancurv": "MeanCurv",
    "gauscurv": "GausCurv",
    "foldind": "FoldInd",
    "curvind": "CurvInd",
}
HEMISPHERES = ("lh", "rh")
# FastSurfer renamed this file in 2025 and left a link under the old name.
_OTHER_NAMES = {"aseg+DKT": ("aseg+DKT", "aseg+DKT.VINN")}
_HEADER_OF_SURFACES = {"WhiteSurfArea": "area", "MeanThickness": "thickness"}
_DATE = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s+[A-Z][a-z]{2}\s")


@dataclass(frozen=True)
class StatsRequest:
    """What is wanted of each person's folder.

    Attributes
    ----------
    stats : tuple of str
        Names of stats files without hemisphere and ending: ``aseg``, ``aparc``, ``aparc.a2009s``,
        ``aparc.DKTatlas``, ``wmparc``; of FastSurfer ``aseg+DKT``, ``aparc.DKTatlas.mapped``.
    measures : tuple of str
        Of parcellations, keys of `MEASURES`; those of volumes are always their volumes.
    subject : str, optional
        Name of a person's folder with ``{participant_id}`` and ``{session_id}``. Without it the
        folder is ``<participant>`` and, where people have sessions, ``<participant>_<session>`` or
        ``<participant>_<session>.long.<participant>``.
    """

    stats: tuple[str, ...] = ("aseg",)
    measures: tuple[str, ...] = ("thickness",)
    subject: str | None = None


def read_freesurfer(
    folder: str | os.PathLike[str], people: pd.DataFrame, request: StatsRequest
) -> Source:
    """Values of some people from a folder of FreeSurfer or FastSurfer.

    Parameters
    ----------
    folder : path-like
        ``SUBJECTS_DIR``, or fMRIPrep's ``sourcedata/freesurfer``.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.
    request : StatsRequest
        Which files and measures, and how the people's folders are named.

    Returns
    -------
    Source
        Columns have canonical names (`mri_response.inputs.sources.names`): volumes in mm3 by
        structure, ``lh_<label>_<measure>``, and measures of the header of ``aseg.stats`` such as
        ``EstimatedTotalIntraCranialVol`` and ``SurfaceHoles`` wherever that file is.

    Raises
    ------
    InputError
        If the folder is none, two of the files have the same structures, a file is damaged, two
        folders fit one person, or nobody has a folder.
    """
    folder = Path(folder)
    _check_request(request)
    names = _subjects(folder)
    spellings = Spellings(names)
    entries: list[Entry] = []
    found: list[dict[str, Stats]] = []
    for participant_id, session_id in identities(people):
        wanted = _folder_names(participant_id, session_id, request.subject)
        there = [name for name in wanted if name in names]
        if len(there) > 1:
            raise InputError(
                f"{folder}: found {shorten(there)} for {participant_id}, expected one folder per "
                "person and session; name it with the key subject"
            )
        if there:
            entry, stats = read_subject(folder / there[0], request.stats)
        else:
            reason = _no_folder(wanted, participant_id, names, spellings)
            entry, stats = Entry(State.NO_FOLDER, reason=reason), {}
        entries.append(entry)
        found.append(stats)
    if entries and all(entry.state is State.NO_FOLDER for entry in entries):
        raise InputError(f"{folder}: {entries[0].reason}, and none of anyone else; correct subject")
    entries = check_labels(entries, found)
    rows = [_values(stats, request) for stats in found]
    rows = fill_empty(rows, entries)
    entries = [_check_numbers(entry, row) for entry, row in zip(entries, rows, strict=True)]
    return source_of(people, entries, rows, version_warnings(str(folder), entries, _major))


def quality(values: pd.DataFrame) -> pd.DataFrame:
    """Quality of the surfaces as far as a source has it.

    Parameters
    ----------
    values : pandas.DataFrame
        Of a `Source`, with ``lhSurfaceHoles`` and ``rhSurfaceHoles``; FreeSurfer has them from
        version 6 on.

    Returns
    -------
    pandas.DataFrame
        ``surface_holes``, the defects of both hemispheres before they were repaired, and
        ``euler_number``, the sum of 2 - 2 holes over the hemispheres (Dale, Fischl and Sereno
        1999); missing where the source has no holes. Indexed as ``values``.
    """
    missing = pd.Series(math.nan, index=values.index)
    holes = values.get("lhSurfaceHoles", missing) + values.get("rhSurfaceHoles", missing)
    return pd.DataFrame({"surface_holes": holes, "euler_number": 4 - 2 * holes})


def is_person(name: str) -> bool:
    """Whether a folder in ``SUBJECTS_DIR`` can be of a person and not a template.

    Parameters
    ----------
    name : str
        Name of the folder.
    """
    return not name.startswith((".", "fsaverage")) and name not in {
        "lh.EC_average",
        "rh.EC_average",
    }


def version_of(folder: Path, stats: Mapping[str, Stats]) -> tuple[str, str | None]:
    """Program and version that made a person's folder.

    Parameters
    ----------
    folder : Path
        The person's folder.
    stats : mapping of str to Stats
        Files that were read there, by name.

    Returns
    -------
    program : str
        ``FreeSurfer`` or ``FastSurfer``.
    version : str or None
        Of FreeSurfer, from ``scripts/build-stamp.txt`` or a file's header. FastSurfer's files tell
        only the version of the FreeSurfer whose programs it used.
    """
    stamp = folder / "scripts" / "build-stamp.txt"
    text = stamp.read_text(encoding="utf-8", errors="replace").strip() if stamp.is_file() else None
    headers = (item.version for item in stats.values() if item.version)
    version = release(text or next(headers, None))
    marks = ("aseg+DKT.stats", "aseg+DKT.VINN.stats", "lh.aparc.DKTatlas.mapped.stats")
    if any(os.path.lexists(folder / "stats" / mark) for mark in marks):
        return "FastSurfer", version and f"with FreeSurfer {version}"
    return "FreeSurfer", version


def _check_request(request: StatsRequest) -> None:
    for measure in request.measures:
        if measure not in MEASURES:
            raise InputError(
                f"measures: found {measure!r}, expected some of {', '.join(MEASURES)}; correct it"
            )
    if not request.stats:
        raise InputError("stats: found none, expected names such as aseg or aparc; add one")


def _subjects(folder: Path) -> set[str]:
    if (folder / "stats").is_dir():
        raise InputError(
            f"{folder}: found the folder of one person (it has stats), expected the folder that "
            "holds the people's folders; give the folder above"
        )
    try:
        names = [entry.name for entry in os.scandir(folder)]
        if not names:
            raise InputError(
                f"{folder}: found an empty folder, expected folders of people; if it is part of a "
                "DataLad data set, fetch it (datalad get)"
            )
        return set(filter(is_person, names))
    except OSError as error:
        raise InputError(
            f"{folder}: could not be read ({(error.strerror or str(error)).lower()}), expected the "
            "folder of FreeSurfer's people; correct the path in the config"
        ) from None


def _folder_names(participant_id: str, session_id: str | None, subject: str | None) -> list[str]:
    if subject is not None:
        return [fill(subject, participant_id, session_id, "subject")]
    if session_id is None:
        return [participant_id]
    name = f"{participant_id}_{session_id}"
    return [name, f"{name}.long.{participant_id}"]


def _no_folder(
    wanted: Sequence[str], participant_id: str, names: set[str], spellings: Spellings
) -> str:
    reason = f"found no folder {wanted[0]!r}"
    near = spellings.near(wanted[0])
    if near:
        return f"{reason}, but {near[0]!r}: {NEAR} {near[1]}"
    beside = sorted(name for name in names if name.split("_")[0].split(".")[0] == participant_id)
    return f"{reason}, but {shorten(beside, 3)}" if beside else reason


def read_subject(folder: Path, wanted: Iterable[str]) -> tuple[Entry, dict[str, Stats]]:
    """Read the stats files of one person's folder.

    Parameters
    ----------
    folder : Path
        The person's folder, which exists or is a link.
    wanted : iterable of str
        Names as in `StatsRequest.stats`.

    Returns
    -------
    entry : Entry
        Whether all of them are there, and why not.
    stats : dict of str to Stats
        By name, as in ``lh.aparc``; empty unless all are there.

    Raises
    ------
    InputError
        If a file is damaged.
    """
    if is_broken_link(folder) or is_broken_link(folder / "stats"):
        return _dangling(folder), {}
    stats: dict[str, Stats] = {}
    files: dict[str, str] = {}
    missing = []
    required = [name for stem in wanted for name in _files(stem, folder)]
    optional = [] if "aseg" in required else ["aseg"]
    for name in (*required, *optional):
        path = folder / "stats" / f"{name}.stats"
        if is_broken_link(path):
            if name in required:
                return _dangling(path), {}
        elif path.is_file():
            raw = read_bytes(path)
            if is_pointer(raw):
                return _dangling(path), {}
            stats[name] = parse_stats(raw, path)
            files[str(path)] = stats[name].sha256
        elif name in required:
            missing.append(path.name)
    if missing:
        return _incomplete(folder, missing, len(missing) < len(required)), {}
    program, version = version_of(folder, stats)
    return Entry(State.READ, files, program, version), stats


def _files(stem: str, folder: Path) -> list[str]:
    if not is_volume(stem):
        return [f"{side}.{stem}" for side in HEMISPHERES]
    names = _OTHER_NAMES.get(stem, (stem,))
    there = [name for name in names if os.path.lexists(folder / "stats" / f"{name}.stats")]
    return [next(iter(there), stem)]


def _dangling(path: Path) -> Entry:
    reason = f"{path}: the link's content is not here; fetch it (datalad get)"
    return Entry(State.DANGLING, reason=reason)


def _incomplete(folder: Path, missing: Sequence[str], some: bool) -> Entry:
    """Tell a run that crashed from one that lacks files, by the log that FreeSurfer keeps."""
    present = sorted(path.name for path in (folder / "stats").glob("*.stats"))
    reason = f"{folder}: lacks stats/{', stats/'.join(missing)}"
    mapped = [name for name in present if name.endswith(".mapped.stats")]
    if any("aparc" in name for name in missing) and mapped:
        reason += f"; FastSurfer wrote {shorten(mapped, 2)}: name these in stats"
    if some or present:
        return Entry(State.INCOMPLETE, reason=reason)
    log = folder / "scripts" / "recon-all-status.log"
    if folder.is_dir() and not any(folder.iterdir()):
        reason = (
            f"{folder}: the folder is empty; if it is a DataLad data set, fetch it (datalad get)"
        )
        return Entry(State.DANGLING, reason=reason)
    if not log.is_file():
        return Entry(State.INCOMPLETE, reason=f"{reason}; there is no log of a run either")
    text = log.read_text(encoding="utf-8", errors="replace")
    # Each line is a step and the date of its start, which nobody else has to know.
    steps = [_DATE.split(line[3:])[0].strip() for line in text.splitlines() if line[:3] == "#@#"]
    last = f"; the last step of its log is {steps[-1]!r}" if steps else ""
    return Entry(State.CRASHED, reason=f"{reason}; FreeSurfer did not finish{last}")


def _values(stats: Mapping[str, Stats], request: StatsRequest) -> dict[str, float]:
    """One person's values by canonical name."""
    row: dict[str, float] = {}
    header: dict[str, float] = {}
    wanted = {name for stem in request.stats for name in (stem, *_OTHER_NAMES.get(stem, ()))}
    for name, item in stats.items():
        if not is_volume(name):
            side = name.split(".", 1)[0]
            for measure in request.measures:
                values = item.values(MEASURES[measure])
                own = {f"{side}_{label}_{measure}": value for label, value in values.items()}
                _add(row, own, item.path)
            for measure, kind in _HEADER_OF_SURFACES.items():
                if kind in request.measures and measure in item.measures:
                    header[f"{side}_{measure}_{kind}"] = item.measures[measure]
            continue
        if name in wanted and item.columns:
            _add(row, item.values("Volume_mm3"), item.path)
        for measure, value in item.measures.items():
            header.setdefault(canonical(measure), value)
    return {**row, **header}


def _add(row: dict[str, float], values: Mapping[str, float], path: Path) -> None:
    for name, value in values.items():
        name = canonical(name)
        if name in row:
            raise InputError(
                f"{path}: found {name} a second time for this person, expected stats files without "
                "regions of the same names; ask for one of them in stats"
            )
        row[name] = value


def _check_numbers(entry: Entry, row: Mapping[str, float]) -> Entry:
    missing = [name for name, value in row.items() if math.isnan(value)]
    if entry.state is not State.READ or not missing:
        return entry
    reason = f"{shorten(missing, 3)}: found no number in the stats files"
    return left_out(entry, reason, State.MISSING_VALUE)


def _major(version: str) -> str:
    """Versions with one number before the first point measure alike."""
    return version.removeprefix("with FreeSurfer ").split(".")[0]
