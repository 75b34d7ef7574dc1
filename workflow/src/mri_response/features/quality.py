"""Quality of the scans: measures that let a person find a bad one, and exclusion by rule.

Every candidate (who passes all other criteria of the cohort) is measured and compared with the
other people of the same cohort. No label is read, and nothing that is measured here goes on to the
models: a measure can only leave a scan out, by a rule with a fixed limit in the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mri_response.config.queries import IMAGE_KINDS, discovery_name, source_features
from mri_response.core.tables import ID_COLUMNS
from mri_response.features.extract import (
    PathLike,
    identified,
    map_paths,
    region_values,
    table_features,
    voxel_mask,
)
from mri_response.inputs.atlases import Atlas, load_atlas
from mri_response.inputs.images import Grid, load_map, reference_grid
from mri_response.people.cohorts import build_cohort, roi_table_columns

#: What a rule of exclusion may name, in words.
MEASURES = {
    "tiv": "total intracranial volume (ml)",
    "map_mean": "mean of the map",
    "mean_correlation": "correlation with the mean map",
    "mahalanobis": "Mahalanobis distance of the regions",
}
COLUMNS = [
    "cohort",
    *ID_COLUMNS,
    "source",
    *(column for measure in MEASURES for column in (measure, f"{measure}_z")),
    "region_z",
    "region",
    "regions_outlying",
    "flag",
    "excluded",
]
#: Rows below which a median and a MAD say little, so that nobody is compared with the others.
FEWEST = 10
#: Distance between the voxels of which maps are correlated, in mm.
SPACING_MM = 3.0
#: The built-in atlas keeps all its regions up to this voxel size.
_COARSEST_MM3 = 5.0**3
#: Side on which a measure is suspicious: below the others, above them, or both.
_SIDES = {"tiv": 0, "map_mean": 0, "mean_correlation": -1, "mahalanobis": 1}


# ---------------------------------------------------------------- statistics
def robust_z(values: ArrayLike) -> NDArray[np.float64]:
    """Distance from the median in robust standard deviations (1.4826 MAD).

    Parameters
    ----------
    values : array_like, shape (n,) or (n, p)
        NaN where missing.

    Returns
    -------
    ndarray, shape of the values
        NaN where the value is missing, where fewer than `FEWEST` are there, and where more than
        half of them are equal.

    References
    ----------
    Iglewicz B, Hoaglin DC (1993). How to Detect and Handle Outliers. ASQC Quality Press (they call
    |z| above 3.5 an outlier).
    """
    from scipy.stats import median_abs_deviation  # takes time to import; only needed here

    values = np.asarray(values, dtype=float)
    result = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    if (known.sum(axis=0) < FEWEST).all():
        return result
    scale = np.asarray(median_abs_deviation(values, axis=0, scale="normal", nan_policy="omit"))
    usable = (known.sum(axis=0) >= FEWEST) & (scale > 0)
    difference = values - np.nanmedian(values, axis=0)
    np.divide(difference, scale, out=result, where=known & usable)
    return result


def correlation_with_others(values: NDArray, person: NDArray[np.intp]) -> NDArray[np.float64]:
    """Correlation of each map with the mean map of the other people.

    The sample-homogeneity check of CAT12, with the person left out of the mean: a bad scan in a
    small cohort would otherwise be compared with itself. Every person weighs the same in the mean.

    Parameters
    ----------
    values : ndarray, shape (n, q)
        Voxels of each row.
    person : ndarray of int, shape (n,)
        Number of each row's person.

    Returns
    -------
    ndarray, shape (n,)
        NaN where there is nobody else, or a map is the same everywhere.

    References
    ----------
    Gaser C, Dahnke R, Thompson PM, Kurth F, Luders E, The Alzheimer's Disease Neuroimaging
    Initiative (2024). CAT: a computational anatomy toolbox for the analysis of structural MRI
    data. GigaScience 13, giae049.
    """
    numbers, rows = np.unique(person, return_counts=True)
    weight = 1.0 / rows[np.searchsorted(numbers, person)]
    result = np.full(len(values), np.nan)
    if len(numbers) < 2:
        return result
    total = np.zeros(values.shape[1])
    for row, w in zip(values, weight, strict=True):
        total += w * row
    for number in numbers:
        own = np.flatnonzero(person == number)
        mean = total - sum(weight[i] * values[i].astype(float) for i in own)
        mean -= mean.mean()
        for i in own:
            row = values[i] - values[i].mean(dtype=float)
            spread = np.sqrt((row**2).sum() * (mean**2).sum())
            if spread > 0:
                result[i] = (row * mean).sum() / spread
    return result


def mahalanobis_from_others(
    z: NDArray, person: NDArray[np.intp], clip: float = 3.5
) -> NDArray[np.float64]:
    """Mahalanobis distance of each row from the median, by the covariance of the other people.

    There are often more regions than people, so that the sample covariance has no inverse: it is
    shrunk towards a multiple of the identity by as much as Ledoit and Wolf estimate. Two further
    things keep a bad scan from hiding itself: its own rows are left out of the covariance, and in
    that of the others no value counts for more than `clip`.

    Parameters
    ----------
    z : ndarray, shape (n, p)
        Regions as `robust_z`, without missing values.
    person : ndarray of int, shape (n,)
        Number of each row's person.
    clip : float

    Returns
    -------
    ndarray, shape (n,)
        About the root of p for an inconspicuous row; NaN with fewer than `FEWEST` rows.

    Notes
    -----
    With the shrinkage of the whole cohort, the covariance without a person is that of all rows
    less a matrix of low rank, so that one inverse serves everybody (Sherman, Morrison and
    Woodbury).

    References
    ----------
    Ledoit O, Wolf M (2004). A well-conditioned estimator for large-dimensional covariance
    matrices. Journal of Multivariate Analysis 88, 365-411.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage  # takes a second to import

    n, p = z.shape
    if n < FEWEST or p == 0:
        return np.full(n, np.nan)
    inner = np.clip(z, -clip, clip)
    shrinkage = ledoit_wolf_shrinkage(inner, assume_centered=True)
    product = inner.T @ inner
    target = shrinkage * np.trace(product) / n / p * np.eye(p)
    numbers, rows = np.unique(person, return_counts=True)
    squared = np.full(n, np.nan)
    for k in np.unique(rows):
        if k == n:
            continue
        share = (1 - shrinkage) / (n - k)
        covariance = share * product + target
        solved_z, solved_inner = (np.linalg.solve(covariance, x.T).T for x in (z, inner))
        for number in numbers[rows == k]:
            own = np.flatnonzero(person == number)
            cross = z[own] @ solved_inner[own].T
            left = np.linalg.solve(np.eye(k) - share * inner[own] @ solved_inner[own].T, cross.T)
            squared[own] = (z[own] * solved_z[own]).sum(axis=1)
            squared[own] += share * (cross * left.T).sum(axis=1)
    return np.sqrt(squared)


# ---------------------------------------------------------------- measuring
class MapMeasures(NamedTuple):
    """What one pass over the maps of a cohort leaves.

    Attributes
    ----------
    mean : ndarray, shape (n,)
        Mean of each map inside the mask.
    voxels : ndarray of float32, shape (n, q)
        Voxels of the mask some mm apart.
    regions : DataFrame, shape (n, p)
        Sums of the regions in ml; no column without an atlas.
    """

    mean: NDArray[np.float64]
    voxels: NDArray[np.float32]
    regions: pd.DataFrame


def read_maps(
    paths: Sequence[PathLike],
    mask: NDArray[np.bool_],
    grid: Grid,
    atlas: Atlas | None = None,
    resample: bool = False,
) -> MapMeasures:
    """Read every map of a cohort once, one at a time.

    Parameters
    ----------
    paths : sequence of path-like
    mask : ndarray of bool, shape of the grid
    grid : Grid
    atlas : Atlas, optional
        On the same grid.
    resample : bool
        Whether maps may be on another grid.

    Returns
    -------
    MapMeasures
        Of a map only every second, third ... voxel along each axis is kept, about `SPACING_MM`
        apart, as in CAT12: 0.2 MB a map, which says as much of its likeness to others as all.
    """
    steps = np.maximum(1, np.rint(SPACING_MM / np.linalg.norm(grid.affine[:3, :3], axis=0)))
    thinned = np.zeros_like(mask)
    thinned[tuple(slice(None, None, int(step)) for step in steps)] = True
    where, kept = np.flatnonzero(mask), np.flatnonzero(mask & thinned)
    regions_of = region_values(atlas, "sum") if atlas else None
    names = list(atlas.regions["region"]) if atlas else []
    mean, voxels, regions = np.empty(len(paths)), np.empty((len(paths), len(kept)), np.float32), []
    for row, path in enumerate(paths):
        values = load_map(path, grid, resample)
        mean[row] = values.ravel()[where].mean(dtype=float)
        voxels[row] = values.ravel()[kept]
        regions.append(regions_of(values) if regions_of else [])
    return MapMeasures(mean, voxels, pd.DataFrame(regions, columns=names, index=range(len(paths))))


def measured(
    people: pd.DataFrame,
    regions: pd.DataFrame,
    maps: MapMeasures | None,
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
    table = pd.DataFrame(index=range(len(people)))
    for name, values in measures.items():
        # Distances are skewed to the right, their logarithms much less.
        scale = np.log(values) if name == "mahalanobis" else values
        table[name], table[f"{name}_z"] = values, robust_z(scale)
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
            value, limit = table[rule["measure"]], rule[side]
            broken = value < limit if side == "below" else value > limit
            text = f"quality control: {MEASURES[rule['measure']]} {side} {limit:g}"
            reason[broken & reason.isna()] = text
    return reason


# ---------------------------------------------------------------- a run
def quality_table(config: Mapping[str, Any]) -> pd.DataFrame:
    """Measure every candidate of every cohort.

    Parameters
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it.

    Returns
    -------
    DataFrame
        `COLUMNS` (``session_id`` where a cohort has it), one row a row of a cohort and source of
        features: ``tiv`` in ml, ``map_mean`` inside the grey-matter template, ``mean_correlation``
        (see `correlation_with_others`) and ``mahalanobis`` (see `mahalanobis_from_others`), each
        with its `robust_z` within the cohort (of the logarithm for ``mahalanobis``);
        ``region_z`` and ``region``: the region farthest from the cohort's median;
        ``regions_outlying``: how many are beyond the limit; ``flag``: what is conspicuous, in
        words; ``excluded``: the rule of the configuration that leaves the row out.

    Raises
    ------
    InputError
        If a table or map cannot be read.
    """
    sources: dict[str, dict[str, Mapping[str, Any]]] = {}
    for features, spec in source_features(config).items():
        sources.setdefault(spec["source"], {})[features] = spec
    people = {name: build_cohort(config, name)[0] for name in config["cohorts"]}
    tables = []
    for source, sets in sources.items():
        for name, regions, maps in _read(config, source, sets, people):
            table = measured(people[name], regions, maps, config["quality_control"])
            tables.append(table.assign(cohort=name, source=source))
    order = {name: position for position, name in enumerate(people)}
    table = pd.concat(tables, ignore_index=True)
    table = table.sort_values("cohort", key=lambda c: c.map(order), kind="stable")
    return table[[c for c in COLUMNS if c in table]].reset_index(drop=True)


def _read(
    config: Mapping[str, Any],
    source: str,
    sets: Mapping[str, Mapping[str, Any]],
    people: Mapping[str, pd.DataFrame],
) -> Iterator[tuple[str, pd.DataFrame, MapMeasures | None]]:
    """Name, regions and maps of each cohort, for one source."""
    paths = {name: config["cohorts"][name]["sources"][source] for name in people}
    images = [spec for spec in sets.values() if spec["kind"] in IMAGE_KINDS]
    if not images:
        columns = [c for features in sets for c in roi_table_columns(config, features)]
        columns = list(dict.fromkeys(columns))
        for name, rows in people.items():
            yield name, table_features(paths[name], columns, rows), None
        return
    discovery = discovery_name(config)
    with_atlas = [spec for spec in images if spec["kind"] == "roi_maps"]
    spec = (with_atlas or images)[0]
    first = map_paths(paths[discovery], people[discovery].head(1))[0]
    grid = reference_grid(spec["grid"], first)
    atlas = None
    if with_atlas or grid.voxel_volume_mm3 <= _COARSEST_MM3:
        atlas = load_atlas(spec.get("atlas", "neuromorphometrics"), grid)
    mask = voxel_mask("template", grid)
    for name, rows in people.items():
        maps = read_maps(
            map_paths(paths[name], rows), mask, grid, atlas, resample=spec["grid"] != "native"
        )
        yield name, maps.regions, maps
