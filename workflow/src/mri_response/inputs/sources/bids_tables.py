"""Tables of a BIDS data set: levels of its columns, phenotype, sessions and scans."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion
from mri_response.inputs.sources.bids import parse_name, read_json
from mri_response.inputs.tables import check_ids, read_table

#: Terms of the ontology PATO by which BIDS names the sexes.
_SEXES = {"male": "M", "m": "M", "pato_0000384": "M"} | {
    "female": "F",
    "f": "F",
    "pato_0000383": "F",
}
#: Columns of `read_sessions`.
SESSION_COLUMNS = ("participant_id", "session_id", "n_t1w", "acq_time")


def read_levels(path: str | os.PathLike[str]) -> dict[str, dict[str, str]]:
    """What the codes of a table's columns mean, from the file that describes the table.

    Parameters
    ----------
    path : path-like
        As in ``participants.json``; where it does not exist, nothing is known.

    Returns
    -------
    dict
        Column to code to meaning. ``Levels`` are texts or objects with a ``Description`` and
        perhaps a ``TermURL``, which counts where it names a sex.

    Raises
    ------
    InputError
        If the file is no JSON object.
    """
    levels: dict[str, dict[str, str]] = {}
    for column, description in read_json(Path(path)).items():
        if isinstance(description, dict) and isinstance(description.get("Levels"), dict):
            levels[column] = {
                str(code): _meaning(meaning) for code, meaning in description["Levels"].items()
            }
    return levels


def sex_codes(levels: Mapping[str, str]) -> dict[str, str]:
    """Codes that mean a sex.

    Parameters
    ----------
    levels : mapping of str to str
        Code to meaning, of one column of `read_levels`.

    Returns
    -------
    dict of str to {"F", "M"}
        Other codes are left out.
    """
    return {code: _SEXES[text.lower()] for code, text in levels.items() if text.lower() in _SEXES}


def phenotype_names(root: str | os.PathLike[str]) -> list[str]:
    """Names of the tables in ``phenotype``.

    Parameters
    ----------
    root : path-like
        The data set.
    """
    return sorted(path.stem for path in Path(root, "phenotype").glob("*.tsv"))


def read_phenotype(root: str | os.PathLike[str], name: str) -> pd.DataFrame:
    """A table of ``phenotype``.

    Parameters
    ----------
    root : path-like
        The data set.
    name : str
        As in ``madrs`` for ``phenotype/madrs.tsv``.

    Returns
    -------
    pandas.DataFrame
        As :func:`mri_response.inputs.tables.read_table` returns it: ``participant_id``, where the
        table has it ``session_id``, and its other columns as text.

    Raises
    ------
    InputError
        If there is no such table or a person is in it twice.
    """
    names = phenotype_names(root)
    path = Path(root, "phenotype", f"{name}.tsv")
    if name not in names:
        raise InputError(
            f"{path}: file not found, expected one of {shorten(names) or 'no tables at all'}; "
            f"{suggestion(name, names)}correct the name"
        )
    table = read_table(path)
    check_ids(table, path, [key for key in ("participant_id", "session_id") if key in table])
    return table


def read_sessions(root: str | os.PathLike[str]) -> pd.DataFrame:
    """Sessions of a data set with their T1-weighted scans.

    Parameters
    ----------
    root : path-like
        The data set with the raw scans.

    Returns
    -------
    pandas.DataFrame
        `SESSION_COLUMNS`: one row per person and session (None where the data set has none), the
        number of T1-weighted scans by the files in ``anat`` or else by ``*_scans.tsv``, and the
        earliest time in ``*_scans.tsv``. People in order of their names; a person's sessions in
        order of the times where all have one, since times are shifted by person, and else of their
        names.
    """
    rows = []
    for person in sorted(path for path in Path(root).glob("sub-*") if path.is_dir()):
        folders = sorted(path for path in person.glob("ses-*") if path.is_dir())
        own = [_session(person.name, folder, folder.name) for folder in folders]
        own = own or [_session(person.name, person, None)]
        if all(row[3] is not None for row in own):
            own.sort(key=lambda row: str(row[3]))
        rows += own
    return pd.DataFrame(rows, columns=list(SESSION_COLUMNS)).astype(
        {"session_id": object, "acq_time": object}
    )


def scanned_sessions(sessions: pd.DataFrame) -> dict[str, list[str]]:
    """Sessions in which each person had a T1-weighted scan.

    Parameters
    ----------
    sessions : pandas.DataFrame
        As `read_sessions` returns them.

    Returns
    -------
    dict of str to list of str
        Participant to sessions, for people who have any.
    """
    scanned = sessions[(sessions["n_t1w"] > 0) & sessions["session_id"].notna()]
    return {
        str(person): list(rows["session_id"])
        for person, rows in scanned.groupby("participant_id", sort=False)
    }


def _meaning(level: object) -> str:
    if isinstance(level, dict):
        term = str(level.get("TermURL", "")).rstrip("/").rsplit("/", 1)[-1]
        return term if term.lower() in _SEXES else str(level.get("Description", ""))
    return str(level)


def _session(
    person: str, folder: Path, session: str | None
) -> tuple[str, str | None, int, str | None]:
    n = sum(parse_name(path.name).suffix == "T1w" for path in folder.glob("anat/*_T1w.nii*"))
    time = None
    for path in folder.glob("*_scans.tsv"):
        scans = read_table(path, required=("filename",))
        names = [parse_name(Path(name).name) for name in scans["filename"].dropna()]
        if n == 0:
            n = sum(name.suffix == "T1w" and name.extension != ".json" for name in names)
        if "acq_time" in scans and scans["acq_time"].notna().any():
            time = str(scans["acq_time"].dropna().min())
    return person, session, n, time
