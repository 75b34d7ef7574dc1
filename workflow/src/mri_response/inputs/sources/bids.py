"""Images of a BIDS data set or derivative, found by their entities with listings of folders."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, shorten
from mri_response.inputs.pointers import is_broken_link
from mri_response.inputs.sources.ids import NEAR, Spellings
from mri_response.inputs.sources.record import (
    Entry,
    Source,
    State,
    identities,
    record_of,
)

ABSENT = "absent"


@dataclass(frozen=True)
class BidsRequest:
    """Which image is wanted of each person.

    Attributes
    ----------
    suffix : str
        The last part of the name, as in ``probseg`` or ``T1w``.
    entities : mapping of str to str or None
        As in ``{"label": "GM", "space": "MNI152NLin2009cAsym", "res": "2"}``. An entity with None
        must be absent; one that is not given may be anything, as long as one image fits.
    datatype : str
        Folder of the images.
    extensions : tuple of str
        Endings of the files.
    """

    suffix: str
    entities: Mapping[str, str | None] = field(default_factory=dict)
    datatype: str = "anat"
    extensions: tuple[str, ...] = (".nii.gz", ".nii")


@dataclass(frozen=True)
class BidsName:
    """Parts of a file's name.

    Attributes
    ----------
    entities : dict of str to str
        In the name's order, ``sub`` first.
    suffix, extension : str
        What stands behind the last ``_``, and from the first point on.
    """

    entities: dict[str, str]
    suffix: str
    extension: str


def parse_name(name: str) -> BidsName:
    """Parts of a file's name.

    Parameters
    ----------
    name : str
        As in ``sub-01_space-MNI152NLin2009cAsym_res-2_label-GM_probseg.nii.gz``.
    """
    stem, point, extension = name.partition(".")
    *pairs, suffix = stem.split("_")
    entities = {}
    for pair in pairs:
        key, dash, value = pair.partition("-")
        if dash:
            entities[key] = value
    return BidsName(entities, suffix, point + extension)


def find_images(root: str | os.PathLike[str], people: pd.DataFrame, request: BidsRequest) -> Source:
    """The image of each person.

    Parameters
    ----------
    root : path-like
        The data set or derivative, which holds ``sub-*``.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.
    request : BidsRequest
        What the image's name must say.

    Returns
    -------
    Source
        Its table has the column ``path`` in place of numbers. The record has no hash: images are
        hashed when they are read.

    Raises
    ------
    InputError
        If the folder holds nobody, two images fit one person (naming the entities that differ), or
        nobody has an image.

    Notes
    -----
    Where ``space`` is not asked for, an image in native space is not taken: it has no ``space`` in
    its name and its voxels are those of one person.
    """
    root = Path(root)
    names = _subjects(root)
    spellings = Spellings(names)
    program, version = generated_by(root)
    entries: list[Entry] = []
    paths: list[str] = []
    for participant_id, session_id in identities(people):
        if participant_id in names:
            entry = _find_one(root, participant_id, session_id, request, (program, version))
        else:
            near = spellings.near(participant_id)
            but = f", but {near[0]!r}: {NEAR} {near[1]}" if near else ""
            reason = f"{root}: found no folder {participant_id!r}{but}"
            entry = Entry(State.NO_FOLDER, reason=reason)
        entries.append(entry)
        paths += [path for path in entry.files if entry.state is State.READ]
    if entries and all(entry.state in (State.NO_FOLDER, State.NO_FILE) for entry in entries):
        raise InputError(f"{entries[0].reason}, and none of anyone else; correct the entities")
    read = [entry.state is State.READ for entry in entries]
    keys = [key for key in ID_COLUMNS if key in people]
    table = people.loc[read, keys].reset_index(drop=True).assign(path=paths)
    record = record_of(people, entries).assign(sha256=None)
    return Source(table, record)


def generated_by(root: Path) -> tuple[str | None, str | None]:
    """Program and version that made a derivative, as its description tells.

    Parameters
    ----------
    root : Path
        Folder with ``dataset_description.json``.

    Returns
    -------
    tuple of str or None
        None where there is no such file or it tells nothing.

    Raises
    ------
    InputError
        If the file is no JSON.
    """
    description = read_json(root / "dataset_description.json")
    made = description.get("GeneratedBy") or description.get("PipelineDescription") or {}
    first = made[0] if isinstance(made, list) and made else made
    if not isinstance(first, dict):
        return None, None
    return first.get("Name"), first.get("Version")


def read_json(path: Path) -> dict[str, Any]:
    """An object of a JSON file of BIDS; empty where the file does not exist.

    Parameters
    ----------
    path : Path
        As in ``participants.json``.

    Raises
    ------
    InputError
        If the file is no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(
            f"{path}: could not be read as JSON ({error}), expected a file of BIDS; correct it"
        ) from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: found no object, expected names and values in braces")
    return content


def averaged_over_sessions(
    table: pd.DataFrame, sessions: Mapping[str, Sequence[str]], source: str
) -> list[str]:
    """A warning where an image may be the mean of scans before and after treatment.

    fMRIPrep and sMRIPrep average all T1-weighted scans of a person unless told otherwise, and their
    outputs then have no session in their names.

    Parameters
    ----------
    table : pandas.DataFrame
        ``participant_id`` and ``path``, as `find_images` returns them.
    sessions : mapping of str to sequence of str
        Sessions with a T1-weighted scan of each person, as
        `mri_response.inputs.sources.bids_tables.scanned_sessions` returns them.
    source : str
        What was read, for the message.

    Returns
    -------
    list of str
        One line, or nothing.
    """
    people = [
        person
        for person, path in zip(table["participant_id"], table["path"], strict=True)
        if "ses" not in parse_name(Path(path).name).entities and len(sessions.get(person, ())) > 1
    ]
    if not people:
        return []
    first = people[0]
    return [
        f"{source}: {len(people)} people have one image and scans in several sessions, as {first} "
        f"({', '.join(sessions[first])}): if it is their mean, it contains the scan after "
        "treatment and with it the outcome; process the sessions one by one (sMRIPrep, fMRIPrep: "
        "--subject-anatomical-reference sessionwise)"
    ]


def is_probability(path: str | os.PathLike[str]) -> bool:
    """Whether an image holds probabilities, whose sum is no volume of the person.

    Parameters
    ----------
    path : path-like
        Its file; sMRIPrep's ``probseg`` is not modulated. A name with ``desc-modulated`` says that
        its image is.
    """
    name = parse_name(Path(path).name)
    return name.suffix == "probseg" and name.entities.get("desc") != "modulated"


def _subjects(root: Path) -> set[str]:
    try:
        names = {entry.name for entry in os.scandir(root) if entry.name.startswith("sub-")}
    except OSError as error:
        raise InputError(
            f"{root}: could not be read ({(error.strerror or str(error)).lower()}), expected a "
            "folder of BIDS; correct the path in the config"
        ) from None
    if not names:
        raise InputError(
            f"{root}: found no folder sub-*, expected a BIDS data set or one of its derivatives; "
            "give the folder that holds the people's folders"
        )
    return names


def _find_one(
    root: Path,
    participant_id: str,
    session_id: str | None,
    request: BidsRequest,
    made: tuple[str | None, str | None],
) -> Entry:
    person = root / participant_id
    if session_id is not None:
        folders = [person / session_id]
    else:
        folders = [person, *sorted(path for path in person.glob("ses-*"))]
    every = [path for folder in folders for path in _images(folder / request.datatype, request)]
    fitting = [path for path in every if _fits(parse_name(path.name), request)]
    if "space" not in request.entities and len(fitting) == 1:
        fitting = [path for path in fitting if "space" in parse_name(path.name).entities]
    if len(fitting) > 1:
        raise InputError(_ambiguous(root, participant_id, fitting))
    if fitting:
        if is_broken_link(fitting[0]):
            reason = f"{fitting[0]}: the link's content is not here; fetch it (datalad get)"
            return Entry(State.DANGLING, reason=reason)
        return Entry(State.READ, {str(fitting[0]): ""}, *made)
    wanted = " ".join(
        [*(f"{k}-{v or ABSENT}" for k, v in request.entities.items()), request.suffix]
    )
    of = " ".join(filter(None, (participant_id, session_id)))
    reason = f"{root}: found no image {wanted} of {of}"
    if session_id is not None and (person / request.datatype).is_dir():
        reason += f"; there is {participant_id}/{request.datatype} without a session"
    elif every:
        reason += f", but {shorten([path.name for path in every], 2)}"
    return Entry(State.NO_FILE, reason=reason)


def _images(folder: Path, request: BidsRequest) -> list[Path]:
    """Images of the suffix in a folder; of the label alone, where one is asked for."""
    ends = tuple(f"_{request.suffix}{extension}" for extension in request.extensions)
    label = request.entities.get("label")
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(ends))
    except OSError:
        return []
    return [
        folder / name
        for name in names
        if label is None or parse_name(name).entities.get("label") == label
    ]


def _fits(name: BidsName, request: BidsRequest) -> bool:
    return all(_same(name.entities.get(key), value) for key, value in request.entities.items())


def _same(found: str | None, wanted: str | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    # Numbers may be padded: run-1 and run-01 are one.
    return found == wanted or (found.isdigit() and wanted.isdigit() and int(found) == int(wanted))


def _ambiguous(root: Path, participant_id: str, paths: Sequence[Path]) -> str:
    names = [parse_name(path.name) for path in paths]
    keys = dict.fromkeys(key for name in names for key in name.entities)
    differing = []
    for key in keys:
        values = dict.fromkeys(name.entities.get(key, ABSENT) for name in names)
        if len(values) > 1:
            differing.append(f"{key} ({', '.join(values)})")
    if not differing:
        differing = [f"the ending ({', '.join(dict.fromkeys(n.extension for n in names))})"]
    return (
        f"{root}: found {len(paths)} images of {participant_id} that differ in "
        f"{' and '.join(differing)}, expected one; give these entities (null for {ABSENT})"
    )
