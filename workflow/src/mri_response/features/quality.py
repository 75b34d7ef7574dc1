"""Quality of the scans: measures that let a person find a bad one, and exclusion by rule.

Every candidate (who passes all other criteria of the cohort) is measured and compared with the
other people of the same cohort. No label is read, and nothing that is measured here goes on to the
models: a measure can only leave a scan out, by a rule with a fixed limit in the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.queries import (
    atlas_of_measures,
    discovery_name,
    measured_set,
    sets_by_source,
)
from mri_response.config.source_kinds import QUALITY_WORDS, gives_regions, source_in, source_path
from mri_response.core.tables import ID_COLUMNS
from mri_response.features.comparable import (
    OUTSIDE_FLAGGED,
    likeness,
    refuse_cropped,
    scale_notes,
    space_note,
    view_note,
)
from mri_response.features.matrices import identified
from mri_response.features.quality_measures import (
    _SIDES,
    MEASURES,
    RULES,
    MapMeasures,
    correlation_with_others,
    mahalanobis_from_others,
    read_maps,
    robust_z,
)
from mri_response.features.resemblance import ALIKE, resemblance_note, resemblances
from mri_response.features.roi_maps import cat12_regions
from mri_response.features.table import table_features
from mri_response.features.voxels import voxel_mask
from mri_response.inputs.atlases import load_atlas
from mri_response.inputs.images import reference_grid
from mri_response.inputs.paths import map_paths
from mri_response.people.cohorts import build_cohort
from mri_response.people.participants import roi_table_columns

COLUMNS = [
    "cohort",
    *ID_COLUMNS,
    "source",
    *(column for measure in MEASURES for column in (measure, f"{measure}_z")),
    "map_outside",
    "resemblance",
    "resembles",
    "region_z",
    "region",
    "regions_outlying",
    "flag",
    "excluded",
]
SUMMARY_COLUMNS = [
    *("cohort", "source", "n", "n_flagged", "n_excluded"),
    *(f"{measure}_{what}" for measure in MEASURES for what in ("median", "lowest", "highest")),
]
#: The built-in atlas keeps all its regions up to this voxel size.
_COARSEST_MM3 = 5.0**3


def measured(
    people: pd.DataFrame,
    regions: pd.DataFrame,
    maps: MapMeasures | None,
    alike: pd.DataFrame,
    settings: Mapping[str, Any],
) -> pd.DataFrame:
    """Measures of the rows of one cohort and source, with what is conspicuous about them.

    Parameters
    ----------
    people : DataFrame
        ``participant_id``, ``session_id`` if any, ``tiv`` (ml) if known.
    regions : DataFrame, shape (n, p)
        May have no column.
    maps : MapMeasures, optional
        None for a table of regions.
    alike : DataFrame
        As from `mri_response.features.resemblance.resemblances`.
    settings : mapping
        Section ``quality_control`` of the configuration.

    Returns
    -------
    DataFrame
        `COLUMNS` but ``cohort`` and ``source``.
    """
    person = np.unique(people["participant_id"], return_inverse=True)[1]
    z = robust_z(regions.to_numpy(dtype=float))
    usable = ~np.isnan(z).any(axis=0)
    z, names = z[:, usable], regions.columns[usable]
    measures = {
        "tiv": people["tiv"].to_numpy(float) if "tiv" in people else np.full(len(people), np.nan),
        "map_mean": np.full(len(people), np.nan) if maps is None else maps.mean,
        "mean_correlation": np.full(len(people), np.nan)
        if maps is None
        else correlation_with_others(maps.voxels, person),
        "mahalanobis": mahalanobis_from_others(z, person, settings["outlier_z"]),
    }
    measures |= {name: people[name].to_numpy(float) for name in QUALITY_WORDS if name in people}
    table = pd.DataFrame(index=range(len(people)))
    for name, values in measures.items():
        # Distances are skewed to the right, their logarithms much less.
        scale = np.log(values) if name == "mahalanobis" else values
        table[name], table[f"{name}_z"] = values, robust_z(scale)
    table["map_outside"] = np.nan if maps is None else maps.outside
    table[["resemblance", "resembles"]] = alike[["resemblance", "resembles"]]
    table["region_z"], table["region"], table["regions_outlying"] = np.nan, None, None
    if len(names):
        farthest = np.abs(z).argmax(axis=1)
        table["region_z"] = z[np.arange(len(z)), farthest]
        table["region"] = names[farthest]
        table["regions_outlying"] = (np.abs(z) > settings["outlier_z"]).sum(axis=1)
    table["flag"] = _flag_texts(table, settings)
    table["excluded"] = _excluded(table, settings["exclude"])
    table = table.astype({"regions_outlying": "Int64"})
    return identified(people, table)


def _flag_texts(table: pd.DataFrame, settings: Mapping[str, Any]) -> list[str | None]:
    """What is conspicuous about each row, in words."""
    limit = settings["outlier_z"]
    texts = []
    for row in table.itertuples():
        found = []
        if row.tiv < settings["tiv_min_ml"]:
            found.append(f"implausible TIV ({row.tiv:.0f} ml, below {settings['tiv_min_ml']:g})")
        if row.tiv > settings["tiv_max_ml"]:
            found.append(f"implausible TIV ({row.tiv:.0f} ml, above {settings['tiv_max_ml']:g})")
        for measure, side in _SIDES.items():
            z = getattr(row, f"{measure}_z")
            if abs(z) > limit and z * side >= 0:
                text = "above" if z > 0 else "below"
                found.append(f"{MEASURES[measure]} {text} the others (z = {z:.1f})")
        if row.map_outside > OUTSIDE_FLAGGED:
            part = 100 * row.map_outside
            found.append(f"{part:.0f} % of the grey-matter template outside the field of view")
        if row.resemblance > ALIKE:
            found.append(
                f"almost the scan of another person (correlation {row.resemblance:.3f}; see "
                "resembles)"
            )
        # Somebody is beyond the limit in one of a hundred regions; ventricles are skewed besides.
        if abs(row.region_z) > 2 * limit:
            found.append(f"region {row.region} (z = {row.region_z:.1f})")
        texts.append("; ".join(found) or None)
    return texts


def _excluded(table: pd.DataFrame, rules: Sequence[Mapping[str, Any]]) -> pd.Series:
    """The first rule that leaves each row out, in words."""
    reason = pd.Series(None, table.index, dtype=object)
    for rule in rules:
        for side in ("below", "above"):
            if side not in rule:
                continue
            if rule["measure"] not in table:
                continue  # this cohort does not have the measure
            value, limit = table[rule["measure"]], rule[side]
            broken = value < limit if side == "below" else value > limit
            what = RULES[rule["measure"]]
            text = f"quality control: {what} {side} {limit:g}"
            reason[broken & reason.isna()] = text
    return reason


def quality_table(config: Mapping[str, Any]) -> pd.DataFrame:
    """Measure every candidate of every cohort.

    Parameters
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it.

    Returns
    -------
    DataFrame
        `COLUMNS` (``session_id`` where a cohort has it), one row per row of a cohort and source of
        features: ``tiv`` in ml, ``map_mean`` inside the grey-matter template, ``mean_correlation``
        (see `correlation_with_others`) and ``mahalanobis`` (see `mahalanobis_from_others`), each
        with its `robust_z` within the cohort (of the logarithm for ``mahalanobis``);
        ``region_z`` and ``region``: the region farthest from the cohort's median;
        ``regions_outlying``: how many are beyond the limit; ``flag``: what is conspicuous, in
        words; ``map_outside``: the part of the grey-matter template that the map does not show;
        ``resemblance`` and ``resembles``: see `mri_response.features.resemblance.resemblances`;
        ``excluded``: the rule of the configuration that leaves the row out. Where cohorts have
        measures of quality by their programs (key ``quality``), these follow, each with its z.

    Notes
    -----
    The attribute ``told`` of the table holds one line per finding about a whole cohort.

    Raises
    ------
    InputError
        If a table or map cannot be read, or a cohort cannot be analysed with the others, see
        :mod:`mri_response.features.comparable`.
    """
    people = {name: build_cohort(config, name)[0] for name in config["cohorts"]}
    tables, told = [], []
    for source, sets in sets_by_source(config).items():
        levels: dict[str, dict[str, float]] = {}
        notes: dict[str, list[str]] = {}
        found = {}
        scans = {name: scan for name, *scan in _read(config, source, sets, people)}
        # What every cohort has: one of them may have regions by CAT12 and no maps.
        mapped = all(maps is not None for _, maps in scans.values())
        values = {name: maps.voxels if mapped else own for name, (own, maps) in scans.items()}
        alike = resemblances(values, people)
        for name, (regions, maps) in scans.items():
            settings = config["quality_control"]
            table = measured(people[name], regions, maps, alike[name], settings)
            kept = table["excluded"].isna().to_numpy()
            levels[name] = _levels(regions, maps, kept)
            notes[name] = _space(maps, kept, people[name], f"cohort {name}, source {source}")
            found[name] = table.assign(cohort=name, source=source)
        discovery = discovery_name(config)
        for name, table in found.items():
            where = f"cohort {name}, source {source}"
            notes[name] += scale_notes(levels[name], levels[discovery], where, discovery)
            for note in notes[name]:
                text = f"all scans of the cohort: {note}"
                table["flag"] = [f"{flag}; {text}" if flag else text for flag in table["flag"]]
            kept = table[table["excluded"].isna()]
            of_some = (view_note(kept["map_outside"]), resemblance_note(kept))
            told += [f"{where}: {note}" for note in (*notes[name], *of_some) if note]
            tables.append(table)
    order = {name: position for position, name in enumerate(people)}
    table = pd.concat(tables, ignore_index=True)
    table = table.sort_values("cohort", key=lambda c: c.map(order), kind="stable")
    rated = [c for name in QUALITY_WORDS for c in (name, f"{name}_z") if c in table]
    table = table[[c for c in (*COLUMNS, *rated) if c in table]].reset_index(drop=True)
    table.attrs["told"] = told
    return table


def _levels(
    regions: pd.DataFrame, maps: MapMeasures | None, kept: NDArray[np.bool_]
) -> dict[str, float]:
    """Median of each measure that is above 0 for everybody who is kept."""
    known = regions[kept]
    if maps is not None:
        known = known.assign(map_mean=maps.mean[kept])
    positive = known.loc[:, (known > 0).all(axis=0)] if len(known) else known.iloc[:, :0]
    return positive.median().to_dict()


def _space(
    maps: MapMeasures | None, kept: NDArray[np.bool_], people: pd.DataFrame, where: str
) -> list[str]:
    """Refuse maps that do not show the brain or are in another space; notes on the others."""
    if maps is None or not kept.any():
        return []
    refuse_cropped(maps.outside[kept], people[kept], where)
    note = space_note(likeness(maps.voxels[kept], maps.template), where)
    return [] if note is None else [note]


def _read(
    config: Mapping[str, Any],
    source: str,
    sets: Mapping[str, Mapping[str, Any]],
    people: Mapping[str, pd.DataFrame],
) -> Iterator[tuple[str, pd.DataFrame, MapMeasures | None]]:
    """Name, regions and maps of each cohort, for one source."""
    sources = {name: config["cohorts"][name]["sources"] for name in people}
    paths = {name: source_path(own[source]) for name, own in sources.items() if source in own}
    spec = measured_set(sets)
    if spec is None:
        columns = [c for features in sets for c in roi_table_columns(config, features)]
        columns = list(dict.fromkeys(columns))
        for name, rows in people.items():
            yield name, table_features(paths[name], columns, rows), None
        return
    discovery = discovery_name(config)
    first = map_paths(paths[discovery], people[discovery].head(1))[0]
    grid = reference_grid(spec["grid"], first)
    atlas = None
    if feature_kind(spec).has_atlas or grid.voxel_volume_mm3 <= _COARSEST_MM3:
        atlas = load_atlas(atlas_of_measures(spec), grid)
    mask = voxel_mask("template", grid)
    for name, rows in people.items():
        regions = None
        if gives_regions(spec, name):
            regions = cat12_regions(source_path(sources[name][source_in(spec, name)]), rows)
            regions = regions[list(atlas.regions["region"])]
        if name not in paths:
            yield name, regions, None
            continue
        maps = read_maps(
            map_paths(paths[name], rows), mask, grid, atlas, resample=spec["grid"] != "native"
        )
        yield name, maps.regions if regions is None else regions, maps


def quality_summary(qc: pd.DataFrame) -> pd.DataFrame:
    """Sum up the measures of the scans.

    Parameters
    ----------
    qc : DataFrame
        As from `quality_table`.

    Returns
    -------
    DataFrame
        `SUMMARY_COLUMNS`, a row per cohort and source: scans, how many of them are flagged and
        excluded by a rule, and median, lowest and highest value of each measure, NaN where the
        measure is not known.
    """
    rows = []
    for (cohort, source), own in qc.groupby(["cohort", "source"], sort=False):
        row = {"cohort": cohort, "source": source, "n": len(own)}
        row |= {f"n_{what}": int(own[column].notna().sum()) for what, column in _MARKS.items()}
        for measure in MEASURES:
            values = own[measure].dropna().to_numpy(float)
            if len(values):
                found = np.median(values), values.min(), values.max()
                whats = ("median", "lowest", "highest")
                row |= {f"{measure}_{w}": v for w, v in zip(whats, found, strict=True)}
        rows.append(row)
    return pd.DataFrame(rows, columns=SUMMARY_COLUMNS)


_MARKS = {"flagged": "flag", "excluded": "excluded"}
