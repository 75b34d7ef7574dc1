"""A look at a folder: what it is, who is in it, what can be read and what is missing.

What is found is a start for a configuration; it decides nothing.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.inputs.pointers import is_broken_link
from mri_response.inputs.sources import cat12
from mri_response.inputs.sources.bids import generated_by, parse_name
from mri_response.inputs.sources.bids_tables import (
    phenotype_names,
    read_sessions,
    scanned_sessions,
)
from mri_response.inputs.sources.freesurfer import HEMISPHERES, is_person, read_subject
from mri_response.inputs.sources.record import Entry, State
from mri_response.inputs.sources.safe_xml import parse_xml
from mri_response.inputs.sources.scans import find_files
from mri_response.inputs.sources.table_survey import TableSurvey, look_at_table

#: Columns of `FolderSurvey.people`.
PEOPLE_COLUMNS = ("participant_id", "session_id", "name", "state", "program", "version", "reason")
# Where maps are that CAT12 or deepmriprep wrote.
_MAPS = tuple(
    f"{people}{place}mwp[12]*.nii*"
    for people in ("", "*/", "sub-*/ses-*/")
    for place in ("", "mri/", "anat/", "anat/mri/")
)


class FolderKind(StrEnum):
    """What a folder holds."""

    BIDS = "bids"
    FREESURFER = "freesurfer"
    CAT12 = "cat12"


@dataclass(frozen=True)
class FolderSurvey:
    """What one folder holds.

    Attributes
    ----------
    folder : Path
    kind : FolderKind
    people : pandas.DataFrame
        `PEOPLE_COLUMNS`, one row per person and session; ``name`` is that of the folder or scan.
    offers : dict of str to int
        What can be asked for, and how many of the rows have it: stats files by their names without
        hemisphere (FreeSurfer), images by their names without person, session and run (BIDS),
        values by region as ``<atlas> <value>`` and maps as ``mwp1`` (CAT12).
    versions : dict of (str, str) to int
        Program and version to the number of rows.
    """

    folder: Path
    kind: FolderKind
    people: pd.DataFrame
    offers: dict[str, int]
    versions: dict[tuple[str, str], int]


@dataclass(frozen=True)
class Survey:
    """What was found.

    Attributes
    ----------
    folders : tuple of FolderSurvey
        The folder itself, and derivatives inside of it.
    participants, scores : TableSurvey or None
        The table of people of a BIDS data set, and the table of scores that was given.
    phenotype : tuple of str
        Tables in ``phenotype``.
    several_sessions : tuple of str
        People with T1-weighted scans in more than one session.
    unknown : tuple of str
        What a configuration needs and no file tells, one line each.
    """

    folders: tuple[FolderSurvey, ...]
    participants: TableSurvey | None = None
    scores: TableSurvey | None = None
    phenotype: tuple[str, ...] = ()
    several_sessions: tuple[str, ...] = ()
    unknown: tuple[str, ...] = field(default=())


def look(folder: str | os.PathLike[str], scores: str | os.PathLike[str] | None = None) -> Survey:
    """Look at a folder of BIDS, FreeSurfer or CAT12, and at a table of scores.

    Parameters
    ----------
    folder : path-like
        Any of them. In a BIDS data set its ``derivatives`` and ``sourcedata/freesurfer`` are looked
        at too.
    scores : path-like, optional
        A table of scores or outcomes.

    Returns
    -------
    Survey

    Raises
    ------
    InputError
        If the folder is none of these, or a table cannot be read.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(
            f"{root}: folder not found, expected one of BIDS, FreeSurfer or CAT12; correct the path"
        )
    inside = [root, *_derivatives(root)]
    folders = [found for place in inside if (found := _look_at_folder(place)) is not None]
    if not folders:
        raise InputError(
            f"{root}: found neither sub-* with scans (BIDS), nor folders with stats (FreeSurfer), "
            "nor cat_*.xml or mwp1* (CAT12), expected one of them; give the folder that holds the "
            "people's folders or CAT12's folder"
        )
    names = set().union(*(found.people["participant_id"] for found in folders))
    participants = root / "participants.tsv"
    people = look_at_table(participants, names) if participants.is_file() else None
    table = None if scores is None else look_at_table(Path(scores), names)
    scanned = scanned_sessions(read_sessions(root)) if folders[0].kind is FolderKind.BIDS else {}
    several = tuple(person for person, sessions in scanned.items() if len(sessions) > 1)
    return Survey(
        tuple(folders),
        people,
        table,
        tuple(phenotype_names(root)),
        several,
        tuple(_unknown(folders, people, table, bool(several))),
    )


def summary(survey: Survey) -> list[str]:
    """What was found, for one screen.

    Parameters
    ----------
    survey : Survey
        As `look` returns it.

    Returns
    -------
    list of str
        Lines of text without names of people.
    """
    lines = []
    for found in survey.folders:
        people = found.people
        n, sessions = people["participant_id"].nunique(), people["session_id"].nunique()
        in_sessions = f" in {sessions} sessions" if sessions else ""
        lines.append(f"{found.folder}: {found.kind}, {n} people{in_sessions}")
        for (program, version), number in found.versions.items():
            lines.append(f"  {number} by {program} {version}")
        lines += _versions_by_site(found, survey)
        for state, number in people["state"].value_counts().items():
            if state != State.READ:
                lines.append(f"  {number} {str(state).replace('_', ' ')}")
        best = sorted(found.offers.items(), key=lambda item: -item[1])[:8]
        lines += [f"  {number} of {len(people)} have {offer}" for offer, number in best]
    for table in filter(None, (survey.participants, survey.scores)):
        lines.append(
            f"{table.path}: {table.n_rows} rows, {table.n_matched} people of the folder in column "
            f"{table.id_column}"
        )
        lines += [f"  {warning}" for warning in table.warnings]
    if survey.several_sessions:
        lines.append(f"{len(survey.several_sessions)} people were scanned in more than one session")
    return [*lines, *(f"not known: {line}" for line in survey.unknown)]


def _versions_by_site(found: FolderSurvey, survey: Survey) -> list[str]:
    """Where people were processed by several versions: how many of each site by which."""
    tables = [table for table in (survey.participants, survey.scores) if table and table.sites]
    if len(found.versions) < 2 or not tables:
        return []
    made = found.people.dropna(subset="program")
    version = made["program"] + " " + made["version"].fillna("of unknown version")
    site = made["participant_id"].map(tables[0].sites).fillna("not known")
    return [
        f"  site {name}: " + ", ".join(f"{n} {what}" for what, n in own.value_counts().items())
        for name, own in version.groupby(site)
    ]


def identify(name: str) -> tuple[str, str | None]:
    """Person and session that a folder's or scan's name tells.

    Parameters
    ----------
    name : str
        As in ``sub-01_ses-a_T1w``, ``sub-01_ses-a.long.sub-01`` or ``IXI017``.

    Returns
    -------
    participant_id : str
        ``sub-...`` where the name begins so, else the whole name.
    session_id : str or None
        ``ses-...`` where the name has it.
    """
    name = re.sub(r"\.long\..*$", "", name)
    own = name[1:] if name.startswith("rsub-") else name
    person = re.match(r"sub-[^_.]+", own)
    if person is None:
        return name, None
    session = re.search(r"_(ses-[^_.]+)", own)
    return person[0], session[1] if session else None


def _derivatives(root: Path) -> list[Path]:
    places = [root / "sourcedata" / "freesurfer", *sorted(root.glob("derivatives/*"))]
    nested = [place / "sourcedata" / "freesurfer" for place in places[1:]]
    return [place for place in (*places, *nested) if place.is_dir()]


def _look_at_folder(folder: Path) -> FolderSurvey | None:
    """The first kind that fits; FreeSurfer's folders of people may be named like those of BIDS."""
    for look_at in (_look_at_freesurfer, _look_at_cat12, _look_at_bids):
        found = look_at(folder)
        if found is not None:
            return found
    return None


def _look_at_freesurfer(folder: Path) -> FolderSurvey | None:
    children = [path for path in sorted(folder.iterdir()) if is_person(path.name)]
    subjects = [
        path
        for path in children
        if is_broken_link(path)
        or any(os.path.lexists(path / name) for name in ("stats", "scripts"))
    ]
    if not any((path / "stats").is_dir() for path in subjects):
        return None
    # The base of longitudinal processing is no scan of its own.
    bases = {path.name.partition(".long.")[2] for path in subjects}
    offers: Counter[str] = Counter()
    rows = []
    for path in subjects:
        if path.name in bases:
            continue
        try:
            entry, _ = read_subject(path, ("aseg",))
        except InputError as error:
            entry = Entry(State.DAMAGED, reason=str(error))
        rows.append((path.name, entry))
        stems = {file.name.removesuffix(".stats") for file in path.glob("stats/*.stats")}
        offers.update(stem for stem in stems if stem.split(".")[0] not in HEMISPHERES)
        left, right = ({s[3:] for s in stems if s.startswith(f"{side}.")} for side in HEMISPHERES)
        offers.update(left & right)
    return _folder_survey(folder, FolderKind.FREESURFER, rows, offers)


def _look_at_cat12(folder: Path) -> FolderSurvey | None:
    reports = find_files(folder, cat12.REPORT)
    regions = find_files(folder, cat12.ROI)
    images = [path.name for path in {path for place in _MAPS for path in folder.glob(place)}]
    maps = Counter(name[:4] for name in images)
    if not (reports or regions or maps):
        return None
    rows = [
        (name, _cat12_entry(path)) for name, paths in (reports or regions).items() for path in paths
    ]
    offers: Counter[str] = Counter(maps)
    for paths in regions.values():
        for path in paths:
            offers.update(_atlases(path))
    if not rows:
        # deepmriprep writes maps of the same names, and no reports.
        scans = {re.sub(r"^mwp[12]|\.nii(\.gz)?$", "", name) for name in images}
        rows = [(name, Entry(State.READ)) for name in sorted(scans)]
    return _folder_survey(folder, FolderKind.CAT12, rows, offers)


def _cat12_entry(path: Path) -> Entry:
    if is_broken_link(path):
        return Entry(State.DANGLING, reason=f"{path}: fetch it (datalad get)")
    try:
        root = parse_xml(path.read_bytes(), path, cat12.REPORT.what)
    except InputError as error:
        return Entry(State.DAMAGED, reason=str(error))
    return Entry(State.READ, program=cat12.PROGRAM, version=cat12.version_of(root))


def _atlases(path: Path) -> list[str]:
    """Atlases and values of a file of regions; none where it cannot be read."""
    try:
        root = parse_xml(path.read_bytes(), path, cat12.ROI.what)
    except (InputError, OSError):
        return []
    return [f"{atlas.tag} {value.tag}" for atlas in root for value in atlas.findall("./data/*")]


def _look_at_bids(folder: Path) -> FolderSurvey | None:
    program, version = generated_by(folder)
    offers: Counter[str] = Counter()
    rows = []
    for person in sorted(path for path in folder.glob("sub-*") if path.is_dir()):
        for place in sorted(path for path in person.glob("ses-*")) or [person]:
            names = [path.name for path in place.glob("anat/*.nii*")]
            if place == person or names:
                session = None if place == person else f"_{place.name}"
                state = State.READ if names else State.NO_FILE
                reason = None if names else f"{place}/anat: no image"
                entry = Entry(state, program=program, version=version, reason=reason)
                rows.append((f"{person.name}{session or ''}", entry))
            offers.update({_without_person(name) for name in names})
    if not offers:
        return None
    return _folder_survey(folder, FolderKind.BIDS, rows, offers)


def _without_person(name: str) -> str:
    parts = parse_name(name)
    pairs = [f"{k}-{v}" for k, v in parts.entities.items() if k not in ("sub", "ses", "run")]
    return "_".join([*pairs, parts.suffix]) + parts.extension


def _folder_survey(
    folder: Path, kind: FolderKind, rows: Iterable[tuple[str, Entry]], offers: Counter[str]
) -> FolderSurvey:
    people = pd.DataFrame(
        [
            (*identify(name), name, str(entry.state), entry.program, entry.version, entry.reason)
            for name, entry in rows
        ],
        columns=list(PEOPLE_COLUMNS),
        dtype=object,
    )
    made = people.dropna(subset="program")
    versions = Counter(
        zip(made["program"], made["version"].fillna("of unknown version"), strict=True)
    )
    return FolderSurvey(folder, kind, people, dict(offers), dict(versions))


def _unknown(
    folders: Iterable[FolderSurvey],
    participants: TableSurvey | None,
    scores: TableSurvey | None,
    several_sessions: bool,
) -> list[str]:
    lines = []
    tables = [table for table in (participants, scores) if table is not None]
    for what in ("age", "sex"):
        if not any(what in table.candidates for table in tables):
            lines.append(f"which column is {what}")
    if scores is None:
        lines.append("the outcome: no table of scores was given")
    else:
        lines.append("which column of the scores is the outcome, and what counts as response")
    sessions = pd.concat([found.people["session_id"] for found in folders]).dropna()
    if several_sessions or len(set(sessions)) > 1:
        lines.append("which session is before treatment")
    if any(len({program for program, _ in found.versions}) == 0 for found in folders):
        lines.append("by which program and version some of the images were made")
    return lines
