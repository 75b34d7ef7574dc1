"""Roughly how large a study is, before anything is computed."""

from collections.abc import Mapping
from typing import Any

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.queries import discovery_name, used_features
from mri_response.inputs.images import first_voxel_ml
from mri_response.people.participants import filtered_rows, read_participants, roi_table_columns


def discovery_size(config: Mapping[str, Any]) -> tuple[int, dict[str, int], int]:
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
    """
    discovery = discovery_name(config)
    simulation, cv = config.get("simulation"), config["cross_validation"]
    column = cv["outer_column"]
    if simulation:
        sizes = simulation["cohorts"][discovery]
        n = sizes["n"]
        n_left_out = sizes["scanners"] if column == "site" else n
    else:
        rows = filtered_rows(read_participants(config, discovery), config, discovery)
        n = len(rows)
        n_left_out = rows[column].nunique() if column else 0
    outer_folds = {"leave_one_site_out": n_left_out, "leave_one_out": n, "held_out": 1}.get(
        cv["outer"], cv["outer_folds"]
    )
    p = {}
    used = used_features(config).items()
    # A concatenated set after those that it consists of.
    for features, spec in sorted(used, key=lambda item: feature_kind(item[1]).has_parts):
        kind = feature_kind(spec)
        if kind.is_clinical:
            p[features] = len(spec["columns"])
        elif kind.has_parts:
            p[features] = sum(p[part] for part in spec["sets"])
        elif kind.has_table:
            p[features] = len(roi_table_columns(config, features))
        elif kind.has_atlas:
            p[features] = 140
        else:
            pattern = config["cohorts"][discovery]["sources"][spec["source"]]
            cube = simulation["voxel_size_mm"] ** 3 / 1000 if simulation else None
            voxel = cube or first_voxel_ml(pattern) or 1.5**3 / 1000
            p[features] = round(1450 / voxel)
    return n, p, outer_folds
