"""Roughly how large a study is, before anything is computed."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.queries import discovery_name, used_features
from mri_response.config.source_kinds import source_path
from mri_response.core.atomic import atomic_path
from mri_response.people.participants import filtered_rows, read_participants, roi_table_columns

Size = tuple[int, dict[str, int], int, int]
#: Below this many discovery people the error bars of cross-validation are about +-10 points
#: (Varoquaux 2018, NeuroImage 180: 68-77).
FEW_PEOPLE = 200


def size_for_jobs(
    config: Mapping[str, Any], path: str | os.PathLike[str], *, is_main: bool
) -> Size:
    """Size of the discovery cohort; jobs take it from the main process and open no table.

    Every job parses the rules, and cuts the work as the main process did. A table that the user
    edits during the run therefore changes nothing for jobs that start later.

    Parameters
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it.
    path : path-like
        JSON file of the run in which the main process keeps the size.
    is_main : bool
        Whether this is the main process: it reads the tables and writes the file. A job reads the
        file. Where that is missing, cannot be read or is of another configuration, the job reads
        the tables.

    Returns
    -------
    n, p, outer_folds, inner_folds
        As :func:`discovery_size` returns them.

    Raises
    ------
    InputError
        If a table that has to be read cannot be.
    """
    text = json.dumps(config, sort_keys=True, default=str)
    key = hashlib.sha256(text.encode()).hexdigest()
    kept = None if is_main else _kept_size(path, key)
    size = kept or discovery_size(config)
    if is_main:
        with atomic_path(path) as temporary:
            text = json.dumps({"configuration": key, "size": size})
            temporary.write_text(text, encoding="utf-8")
    return size


def _kept_size(path: str | os.PathLike[str], key: str) -> Size | None:
    """The size that the main process kept; None unless it is of the configuration of this key."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content["configuration"] != key:
            return None
        n, p, outer_folds, inner_folds = content["size"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return n, p, outer_folds, inner_folds


def discovery_size(config: Mapping[str, Any]) -> Size:
    """Roughly how large the discovery cohort is, read from its tables within milliseconds.

    Parameters
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it.

    Returns
    -------
    n : int
        Rows that match the filter; some of them may yet be left out.
    p : dict of str to int
        Features of each feature set that is used. For images it is an estimate: 140 regions, or
        1,450 ml of voxels of the size of the first map (of 1.5 mm if there is none).
    outer_folds : int
        Outer folds of a repeat. Where people of a table are left out, no fewer than there will be.
    inner_folds : int
        Inner folds of an inner repeat, likewise.
    """
    discovery = discovery_name(config)
    simulation, cv = config.get("simulation"), config["cross_validation"]
    if simulation:
        sizes = simulation["cohorts"][discovery]
        n, n_sites = sizes["n"], sizes["scanners"]
    else:
        rows = filtered_rows(read_participants(config, discovery), config, discovery)
        n, n_sites = len(rows), None
    n_values = {
        column: (n_sites if column == "site" else n) if n_sites else rows[column].nunique()
        for column in (cv["outer_column"], cv["inner_column"])
        if column
    }
    outer_folds = {
        "leave_one_site_out": n_values.get(cv["outer_column"]),
        "leave_one_out": n,
        "held_out": 1,
    }.get(cv["outer"], cv["outer_folds"])
    inner_folds = cv["inner_folds"] or n_values[cv["inner_column"]]
    p = {}
    used = used_features(config).items()
    # A concatenated set after those that it consists of.
    for features, spec in sorted(used, key=lambda item: feature_kind(item[1]).has_parts):
        kind = feature_kind(spec)
        if kind.is_clinical:
            p[features] = len(spec["columns"])
        elif kind.has_trials:
            p[features] = len(spec["parameters"])
        elif kind.has_effect:
            p[features] = 140  # roughly, as for images: a later stage reads the table
        elif kind.has_parts:
            p[features] = sum(p[part] for part in spec["sets"])
        elif kind.has_table:
            p[features] = len(roi_table_columns(config, features))
        elif kind.has_atlas:
            p[features] = 140
        else:
            pattern = source_path(config["cohorts"][discovery]["sources"][spec["source"]])
            cube = simulation["voxel_size_mm"] ** 3 / 1000 if simulation else None
            voxel = cube or _first_voxel_ml(pattern) or 1.5**3 / 1000
            p[features] = round(1450 / voxel)
    return n, p, outer_folds, inner_folds


def _first_voxel_ml(pattern: str) -> float | None:
    # Imported here: nibabel takes time to load.
    from mri_response.inputs.images import first_voxel_ml

    return first_voxel_ml(pattern)
