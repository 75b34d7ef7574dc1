"""Which file of whom was read, by which program and version it was made, and who has none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.queries import class_names, has_classes, source_features
from mri_response.config.source_kinds import source_in
from mri_response.core.provenance import file_sha256
from mri_response.core.tables import ID_COLUMNS, read_tsv
from mri_response.inputs.paths import image_paths
from mri_response.inputs.sources.cat12 import read_report_files
from mri_response.inputs.sources.record import RECORD_COLUMNS, Entry, State, record_of
from mri_response.inputs.tables import read_table
from mri_response.people.participants import filtered_rows, read_participants

#: Columns of ``inputs.tsv``.
COLUMNS = ("cohort", *ID_COLUMNS, "source", *RECORD_COLUMNS[len(ID_COLUMNS) :])
#: Columns of ``inputs_summary.tsv``.
SUMMARY_COLUMNS = ("cohort", "source", "program", "version", "site", "class", "n")


def inputs_table(config: Mapping[str, Any]) -> pd.DataFrame:
    """What was read for each row that matches the row filter of its cohort.

    Parameters
    ----------
    config : mapping
        The completed configuration, with the places of what was read before.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: a row per row of a cohort and source of features, and per report that ``tiv`` or
        ``quality`` take. ``sha256`` is that of the file; where a person has several, that of the
        list of their hashes. ``reason`` says why nothing was read.
    """
    parts = []
    for name, cohort in config["cohorts"].items():
        rows = filtered_rows(read_participants(config, name), config, name)
        people = rows[[key for key in ID_COLUMNS if key in rows]].reset_index(drop=True)
        records = []
        if "record" in cohort:
            records.append(_hashed(read_tsv(cohort["record"])))
        for source, has_image in _plain_sources(config, name).items():
            entries = (_images if has_image else _rows)(cohort["sources"][source], people)
            records.append(record_of(people, entries).assign(source=source))
        report = (cohort["tiv"] or {}).get("cat12_report", "")
        if "read_into" not in (cohort["tiv"] or {}) and report:
            read = read_report_files(image_paths(report, people), people)
            records.append(read.record.assign(source="cat12_report"))
        parts += [record.assign(cohort=name) for record in records]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS), dtype=object)
    table = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    return table if table["session_id"].notna().any() else table.drop(columns="session_id")


def inputs_summary(
    config: Mapping[str, Any], table: pd.DataFrame, people: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """How many of the analysed people each program and version served, by site and class.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    table : pandas.DataFrame
        As `inputs_table` returns it.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.

    Returns
    -------
    pandas.DataFrame
        `SUMMARY_COLUMNS`; ``site`` and ``class`` are missing where a run knows none. Sources whose
        files do not tell their program are not among them.
    """
    known = table.dropna(subset="program")
    parts = []
    for name, rows in people.items():
        keys = [key for key in ID_COLUMNS if key in rows and key in known]
        own = known[(known["cohort"] == name) & (known["state"] == State.READ)]
        given = read_participants(config, name)
        if "site" in given:  # models may not know it
            both = [key for key in ID_COLUMNS if key in rows and key in given]
            rows = rows.drop(columns="site", errors="ignore").astype(dict.fromkeys(both, str))
            rows = rows.merge(given[[*both, "site"]], on=both, how="left")
        joined = rows.astype(dict.fromkeys(keys, str)).merge(own, on=keys)
        site = joined.get("site")
        label = joined["outcome"] if has_classes(config) else None
        parts.append(joined.assign(cohort=name, site=site, **{"class": label}))
    if not parts or not sum(map(len, parts)):
        return pd.DataFrame(columns=list(SUMMARY_COLUMNS), dtype=object)
    every = pd.concat(parts, ignore_index=True)
    by = list(SUMMARY_COLUMNS[:-1])
    order = {name: position for position, name in enumerate(people)}
    counts = every.groupby(by, dropna=False, sort=True).size().rename("n").reset_index()
    if has_classes(config):
        classes = {name: position for position, name in enumerate(class_names(config))}
        order |= {key: value for key, value in classes.items() if key not in order}
    return counts.sort_values("cohort", key=lambda c: c.map(order), kind="stable")


def _plain_sources(config: Mapping[str, Any], cohort: str) -> dict[str, bool]:
    """Sources that are a text, and whether they are images."""
    sources = config["cohorts"][cohort]["sources"]
    return {
        source_in(spec, cohort): feature_kind(spec).has_image
        for spec in source_features(config).values()
        if isinstance(sources[source_in(spec, cohort)], str)
    }


def _hashed(record: pd.DataFrame) -> pd.DataFrame:
    """The record with the hashes of images, which were not opened when they were found."""
    missing = record["sha256"].isna() & (record["state"] == State.READ)
    record.loc[missing, "sha256"] = [file_sha256(path) for path in record.loc[missing, "file"]]
    return record


def _images(pattern: str, people: pd.DataFrame) -> list[Entry]:
    return [
        Entry(State.NO_FILE, reason="no image")
        if path is None
        else Entry(State.READ, {str(path): file_sha256(path)})
        for path in image_paths(pattern, people)
    ]


def _rows(path: str, people: pd.DataFrame) -> list[Entry]:
    table = read_table(Path(path))
    keys = [key for key in ID_COLUMNS if key in table and key in people]
    held = set(table[keys].itertuples(index=False, name=None))
    read = Entry(State.READ, {path: file_sha256(path)})
    absent = Entry(State.NO_ROW, reason="no row in the table")
    return [
        read if who in held else absent for who in people[keys].itertuples(index=False, name=None)
    ]
