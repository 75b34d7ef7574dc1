"""Folders and tables of programs, read once before the first job into tables of the run.

A folder of a thousand people is thousands of files. They are opened once, in the main process,
where a mistake ends the run before its first job; jobs read the tables that are written here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.source_kinds import (
    QUALITY,
    files_of_cohort,
    is_read_before,
    kind_of_source,
    read_before,
    table_of_source,
)
from mri_response.core.atomic import atomic_path
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, and_more, read_tsv, write_tsv
from mri_response.inputs.paths import image_paths
from mri_response.inputs.sources.bids import averaged_over_sessions
from mri_response.inputs.sources.bids_tables import read_sessions, scanned_sessions
from mri_response.inputs.sources.cat12 import read_report_files
from mri_response.inputs.sources.freesurfer import quality as surfaces
from mri_response.inputs.sources.ids import NEAR
from mri_response.inputs.sources.names import TIV
from mri_response.inputs.sources.record import RECORD_COLUMNS, Source, State
from mri_response.inputs.sources.registry import MEASURES, read_source
from mri_response.inputs.tables import check_ids
from mri_response.inputs.volumes import UNITS, check_tiv
from mri_response.people.participants import filtered_rows, read_participants

#: Folder of the tables that the main process writes, one folder per run.
CACHE = ".snakemake/mri_response_inputs"


def extracted_folder(config: Mapping[str, Any]) -> str:
    """Folder of the tables that the main process writes for a run.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    """
    return f"{CACHE}/{config['run']}"


def inputs_of_run(config: Mapping[str, Any]) -> str:
    """Folder of the tables of a run that hold what was read.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    """
    return f"results/{config['run']}/inputs"


def extract(config: Mapping[str, Any], folder: str | os.PathLike[str]) -> list[str]:
    """Read every source that is a folder or a table of a program, and write tables of the run.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    folder : path-like
        Each cohort has a folder there, with one table per source, ``measures.tsv`` (intracranial
        volume in ml and measures of quality), ``record.tsv`` (who was read from which file) and
        ``warnings.tsv``. A table that would not change is left as it is.

    Returns
    -------
    list of str
        Warnings, one line each.

    Raises
    ------
    InputError
        One line per source that cannot be read.
    """
    tables: dict[str, pd.DataFrame] = {}
    mistakes: dict[str, None] = {}
    told: list[str] = []
    for name in config["cohorts"]:
        if not files_of_cohort(config, name, str(folder)):
            continue
        try:
            found, warnings = read_cohort(config, name)
        except InputError as error:
            mistakes.update(dict.fromkeys(str(error).splitlines()))
            continue
        told += warnings
        tables |= {f"{folder}/{name}/{file}": table for file, table in found.items()}
    if mistakes:
        raise InputError("\n".join(mistakes))
    for path, table in tables.items():
        _write(table, Path(path))
    return told


def read_cohort(config: Mapping[str, Any], name: str) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Read the sources of one cohort.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    name : str
        Name of the cohort.

    Returns
    -------
    tables : dict of str to pandas.DataFrame
        By the names of files in the cohort's folder.
    warnings : list of str
        One line each.

    Raises
    ------
    InputError
        One line per source that cannot be read.
    """
    cohort = config["cohorts"][name]
    rows = filtered_rows(read_participants(config, name), config, name)
    keys = [key for key in ID_COLUMNS if key in rows]
    check_ids(rows, cohort["participants"], keys)
    people = rows[keys].reset_index(drop=True)
    sources: dict[str, Source] = {}
    mistakes = []
    for source in read_before(config, name):
        try:
            sources[source] = read_source(cohort["sources"][source], people)
            _require_someone(sources[source])
        except InputError as error:
            mistakes.append(f"cohort {name}, source {source}: {error}")
    measured: dict[str, Source] = {}
    try:
        if not mistakes:
            measured = _measured(config, name, people)
    except InputError as error:
        mistakes.append(f"cohort {name}: {error}")
    if mistakes:
        raise InputError("\n".join(mistakes))
    found = {**sources, **measured}
    tables = {
        table_of_source(source, cohort["sources"][source]): read.table
        for source, read in sources.items()
    }
    if measured or is_read_before(cohort["tiv"]) or cohort["quality"]:
        tables["measures.tsv"] = _measures(config, name, people, sources, measured)
    records = [read.record.assign(source=source.split(" ")[0]) for source, read in found.items()]
    record = pd.concat(records, ignore_index=True)
    record.insert(0, "cohort", name)
    tables["record.tsv"] = record[["cohort", "source", *RECORD_COLUMNS]]
    warnings = [text for read in found.values() for text in read.warnings]
    warnings += _averages(cohort, sources) + _near_matches(record)
    warnings = [f"cohort {name}: {text}" for text in dict.fromkeys(warnings)]
    tables["warnings.tsv"] = pd.DataFrame({"warning": pd.Series(warnings, dtype=object)})
    return tables, warnings


def _near_matches(record: pd.DataFrame) -> list[str]:
    """Tell people whose files are there under a name that is written in another way."""
    warnings = []
    for source, rows in record.groupby("source", sort=False):
        reasons = rows["reason"].dropna()
        near = reasons[reasons.str.contains(NEAR)]
        if len(near):
            warnings.append(
                f"source {source}: {near.iloc[0]}{and_more(len(near), 'people')}; they are left "
                "out unless the ids are written alike"
            )
    return warnings


def _require_someone(read: Source) -> None:
    record = read.record
    if len(record) and not record["state"].eq(State.READ).any():
        reasons = record["state"].value_counts()
        told = ", ".join(f"{state.replace('_', ' ')} ({n})" for state, n in reasons.items())
        raise InputError(
            f"found nobody whose files can be used among {len(record)} people ({told}), expected "
            f"some; {record['reason'].iloc[0]}"
        )


def _measured(config: Mapping[str, Any], name: str, people: pd.DataFrame) -> dict[str, Source]:
    """What ``tiv`` and ``quality`` name beside the sources, by kind and place, each read once."""
    cohort = config["cohorts"][name]
    found: dict[str, Source] = {}
    for section in (cohort["tiv"] if is_read_before(cohort["tiv"]) else None, cohort["quality"]):
        kind = next((kind for kind in MEASURES if kind in (section or {})), None)
        if kind is None or _place(section) in found:
            continue
        if "{" in section[kind]:
            found[_place(section)] = read_report_files(image_paths(section[kind], people), people)
        else:
            found[_place(section)] = MEASURES[kind](section, people)
    return found


def _place(section: Mapping[str, Any]) -> str:
    """Kind and path of what a section ``tiv`` or ``quality`` names."""
    kind = next(kind for kind in MEASURES if kind in section)
    return f"{kind} {section[kind]}"


def _measures(
    config: Mapping[str, Any],
    name: str,
    people: pd.DataFrame,
    sources: Mapping[str, Source],
    measured: Mapping[str, Source],
) -> pd.DataFrame:
    """Intracranial volume and quality, one row per person."""
    cohort = config["cohorts"][name]
    keys = list(people)
    table = people.copy()
    if is_read_before(cohort["tiv"]):
        of_source = "source" in cohort["tiv"]
        source = sources[cohort["tiv"]["source"]] if of_source else measured[_place(cohort["tiv"])]
        column, unit = (TIV, "mm3") if of_source else ("tiv_ml", "ml")
        if column not in source.table:
            raise InputError(
                f"config: cohorts.{name}.tiv.source: found no intracranial volume in the source "
                f"{cohort['tiv']['source']!r}, expected {TIV} there; read aseg.stats too (stats), "
                "or give tiv in another way"
            )
        table["tiv"] = _aligned(source.table, people, column) * UNITS[unit]
        files = _aligned(source.record, people, "file").fillna("no file")
        rules = config["quality_control"]["exclude"]
        lenient = any(rule["measure"] == "tiv" for rule in rules)
        check_tiv(table["tiv"], files, unit, lenient)
    quality = cohort["quality"] or {}
    for kind, columns in QUALITY.items():
        if kind not in quality:
            continue
        if kind == "source":
            own = sources[quality["source"]].table
            values = pd.concat([own[keys], surfaces(own)], axis=1)
        else:
            values = measured[_place(quality)].table.rename(
                columns={"iqr_percent": "cat12_iqr", "siqr_percent": "cat12_siqr"}
            )
        for column in columns:
            table[column] = _aligned(values, people, column) if column in values else np.nan
        if table[list(columns)].isna().all(axis=None):
            where = quality.get("source") or quality[kind]
            raise InputError(
                f"config: cohorts.{name}.quality.{kind}: found no measure of quality in {where!r}, "
                f"expected {' or '.join(columns)}; name what has it or remove the key"
            )
    return table.dropna(axis="columns", how="all")


def _aligned(table: pd.DataFrame, people: pd.DataFrame, column: str) -> pd.Series:
    """A column in the order of the people, missing where they are not in the table."""
    keys = list(people)
    if table.empty:
        return pd.Series(np.nan, people.index)
    return people.merge(table[[*keys, column]], on=keys, how="left")[column]


def _averages(cohort: Mapping[str, Any], sources: Mapping[str, Source]) -> list[str]:
    """Images and folders that may be the mean of several sessions of a person."""
    warnings = []
    for name, read in sources.items():
        spec = cohort["sources"][name]
        kind = kind_of_source(spec)
        if kind not in ("bids", "freesurfer"):
            continue
        root = _data_set(Path(spec[kind]))
        if root is None:
            continue
        table = read.table
        if kind == "freesurfer":
            folders = read.record["file"].dropna().map(lambda path: Path(path).parent.parent.name)
            table = read.record.loc[folders.index].assign(path=folders + "_stats")
        sessions = scanned_sessions(read_sessions(root))
        warnings += averaged_over_sessions(table, sessions, f"source {name}")
    return warnings


def _data_set(folder: Path) -> Path | None:
    """The BIDS data set that a derivative lies in, the folder itself where it is one."""
    for place in (folder, *folder.absolute().parents[:4]):
        if (place / "participants.tsv").is_file() or any(place.glob("sub-*/ses-*/anat/*_T1w.nii*")):
            return place
    return None


def _write(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    write_tsv(table, fresh)
    # Rules run again where a file is newer.
    if path.is_file() and path.read_bytes() == fresh.read_bytes():
        fresh.unlink()
    else:
        os.replace(fresh, path)


def copy_tables(sources: Sequence[str], targets: Sequence[str]) -> None:
    """Copy tables that the main process wrote to their places in the run.

    Parameters
    ----------
    sources, targets : sequence of str
        Paths, in one order.
    """
    for source, target in zip(sources, targets, strict=True):
        with atomic_path(target) as temporary:
            temporary.write_bytes(Path(source).read_bytes())


def read_warnings(paths: list[str]) -> list[str]:
    """Warnings that were written when sources were read.

    Parameters
    ----------
    paths : list of str
        Tables ``warnings.tsv``.

    Returns
    -------
    list of str
    """
    return [text for path in paths for text in read_tsv(path)["warning"]]
