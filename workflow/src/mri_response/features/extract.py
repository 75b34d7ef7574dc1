"""Feature matrices: regional grey matter, voxels, and tables of regions.

Every function takes one cohort; what cohorts share (grid, atlas, mask, columns) is an argument, so
that no cohort shapes another's features.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd

from mri_response.config.queries import CATEGORIES
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, read_tsv, shorten
from mri_response.inputs.atlases import Atlas
from mri_response.inputs.images import (
    Grid,
    in_threads,
    load_map,
    open_image,
    read_values,
    resolve_pattern,
    template_map,
)
from mri_response.inputs.tables import read_roi_table

PathLike = str | os.PathLike[str]


# ---------------------------------------------------------------- people and their files
def map_paths(pattern: str, people: pd.DataFrame) -> list[Path]:
    """The image of each row of a cohort table.

    Parameters
    ----------
    pattern : str
        See :func:`mri_response.inputs.images.resolve_pattern`.
    people : pandas.DataFrame
        ``participant_id`` and, if any, ``session_id``.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    InputError
        If somebody has no image, or several.
    """
    sessions = people["session_id"] if "session_id" in people else [None] * len(people)
    paths = []
    for participant_id, session_id in zip(people["participant_id"], sessions, strict=True):
        path = resolve_pattern(pattern, participant_id, session_id)
        if path is None:
            raise InputError(
                f"source {pattern}: found no image of {participant_id}, expected one; "
                "run the workflow again so that the person is excluded"
            )
        paths.append(path)
    return paths


def identified(people: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Put the columns that identify people before their features."""
    keys = [key for key in ID_COLUMNS if key in people]
    return pd.concat([people[keys].reset_index(drop=True), features], axis=1)


def read_features(path: PathLike, people: pd.DataFrame) -> np.ndarray:
    """Read a feature matrix that the workflow has written.

    Parameters
    ----------
    path : path-like
        ``.tsv`` of regions, or ``.npy`` of voxels, which is mapped into memory.
    people : pandas.DataFrame
        Analysed rows of the cohort.

    Returns
    -------
    numpy.ndarray, shape (n, p)
        float64 for regions, float32 for voxels.

    Raises
    ------
    ValueError
        If the rows are not those of the people.
    """
    if os.fspath(path).endswith(".npy"):
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
        if len(matrix) != len(people):
            raise ValueError(f"{path}: {len(matrix)} rows for {len(people)} people")
        return matrix
    table = read_tsv(path)
    keys = [key for key in ID_COLUMNS if key in people]
    if not table[keys].equals(people[keys].astype(str).reset_index(drop=True)):
        raise ValueError(f"{path}: its rows are not those of the cohort table")
    return table.drop(columns=keys).to_numpy(dtype=float)


def region_names(path: PathLike) -> list[str]:
    """Names of the regions in a feature table that the workflow has written."""
    return [column for column in read_tsv(path) if column not in ID_COLUMNS]


def count_features(path: PathLike) -> int:
    """Number of columns of a feature matrix that the workflow has written."""
    if os.fspath(path).endswith(".npy"):
        return np.load(path, mmap_mode="r", allow_pickle=False).shape[1]
    return len(region_names(path))


# ---------------------------------------------------------------- regions of an atlas
def roi_features(
    paths: Sequence[PathLike],
    atlas: Atlas,
    statistic: str = "sum",
    resample: bool = False,
    threads: int = 1,
) -> pd.DataFrame:
    """Grey matter by region.

    Parameters
    ----------
    paths : sequence of path-like
        The maps of one cohort.
    atlas : Atlas
        On the reference grid.
    statistic : {"sum", "mean"}
        ``sum``: for modulated maps the grey-matter volume in ml, sum(value) * voxel volume in mm3
        / 1000. ``mean``: the mean value over the region's voxels.
    resample : bool, default False
        Whether maps may be on another grid than the atlas.
    threads : int, default 1

    Returns
    -------
    pandas.DataFrame, shape (maps, regions)
        Rows in the order of the paths, columns in the order of the atlas's table.

    Raises
    ------
    InputError
        If a map cannot be read on the grid of the atlas.
    """
    values_of = region_values(atlas, statistic)

    def row(path: PathLike) -> np.ndarray:
        return values_of(load_map(path, atlas.grid, resample))

    rows = list(in_threads(row, paths, threads))
    return pd.DataFrame(np.array(rows), columns=list(atlas.regions["region"]))


def region_values(atlas: Atlas, statistic: str = "sum") -> Callable[[np.ndarray], np.ndarray]:
    """How a map becomes regions.

    Parameters
    ----------
    atlas : Atlas
    statistic : {"sum", "mean"}
        As in :func:`roi_features`.

    Returns
    -------
    callable
        From the values of a map on the grid of the atlas to those of the regions, shape (p,).
    """
    where = np.flatnonzero(atlas.inside)
    indices = atlas.regions["index"].to_numpy()
    order = np.argsort(indices)
    codes = order[np.searchsorted(indices, atlas.labels.ravel()[where], sorter=order)]
    sizes = np.bincount(codes, minlength=len(indices))
    if statistic == "sum":
        factors = np.full(len(indices), atlas.grid.voxel_volume_mm3 / 1000)
    elif statistic == "mean":
        factors = 1 / sizes
    else:
        raise ValueError(f"unknown statistic {statistic!r}")

    def values_of(values: np.ndarray) -> np.ndarray:
        # bincount adds in 64 bits.
        return np.bincount(codes, weights=values.ravel()[where], minlength=len(indices)) * factors

    return values_of


# ---------------------------------------------------------------- voxels
def voxel_mask(mask: PathLike, grid: Grid, threshold: float = 0.2) -> np.ndarray:
    """Voxels to analyse on the reference grid.

    Parameters
    ----------
    mask : "template" or path-like
        ``template``: the ICBM 2009 grey-matter template above the threshold. A path: a NIfTI
        image, nonzero inside, resampled by nearest neighbour.
    grid : Grid
    threshold : float, default 0.2
        Grey-matter value, for the template only.

    Returns
    -------
    ndarray of bool, shape of the grid

    Raises
    ------
    InputError
        If the mask cannot be read or has no voxel on the grid.
    """
    from nilearn.image import resample_img  # takes seconds to import

    if mask == "template":
        source, interpolation = template_map(1), "continuous"
    else:
        opened = open_image(mask)
        values = np.nan_to_num(read_values(opened, mask)) != 0
        source = nib.Nifti1Image(values.astype(np.float32), opened.affine)
        interpolation, threshold = "nearest", 0.5
    if grid.matches(source.shape, source.affine):
        values = source.get_fdata(dtype=np.float32)
    else:
        values = resample_img(
            source,
            target_affine=grid.affine,
            target_shape=grid.shape,
            interpolation=interpolation,
            copy_header=True,
            force_resample=True,
        ).get_fdata(dtype=np.float32)
    # The template has steps of 1/255, one of them 0.2: interpolation noise must not decide there.
    inside = values > threshold + 1e-5
    if not inside.any():
        raise InputError(
            f"mask {mask}: found no voxel inside on the grid of {grid}, expected at least one; "
            "check the mask and the space of the maps"
        )
    return inside


def voxel_features(
    paths: Sequence[PathLike],
    mask: np.ndarray,
    grid: Grid,
    out: PathLike,
    smoothing_fwhm_mm: float | None = None,
    resample: bool = False,
    threads: int = 1,
) -> None:
    """Write the values of all maps inside a mask, one map at a time.

    Parameters
    ----------
    paths : sequence of path-like
        The maps of one cohort.
    mask : ndarray of bool, shape of the grid
    grid : Grid
    out : path-like
        ``.npy`` file of float32, shape (maps, voxels of the mask in C order). Rows are written as
        they come, so memory holds a few maps, never the matrix.
    smoothing_fwhm_mm : float, optional
        See :func:`mri_response.inputs.images.load_map`; 0 or None for none.
    resample : bool, default False
    threads : int, default 1

    Raises
    ------
    InputError
        If a map cannot be read on the grid.
    """
    where = np.flatnonzero(mask)
    shape = len(paths), len(where)
    header = {"descr": np.dtype("<f4").str, "fortran_order": False, "shape": shape}

    def row(path: PathLike) -> np.ndarray:
        return load_map(path, grid, resample, smoothing_fwhm_mm).ravel()[where]

    # No memory map: a full disk would kill the process without a word.
    with open(out, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for values in in_threads(row, paths, threads):
            file.write(np.asarray(values, dtype="<f4").tobytes())


# ---------------------------------------------------------------- tables of regions


def table_features(path: PathLike, columns: Sequence[str], people: pd.DataFrame) -> pd.DataFrame:
    """The regions of a table for the analysed people of one cohort.

    Parameters
    ----------
    path : path-like
        Wide table with ``participant_id`` (and ``session_id`` where the people have it).
    columns : sequence of str
        The discovery cohort's columns (see :func:`table_columns`), the same for every cohort.
    people : pandas.DataFrame
        ``participant_id`` and, where people have several rows, ``session_id``.

    Returns
    -------
    pandas.DataFrame, shape (people, columns)
        Rows and columns in the given orders.

    Raises
    ------
    InputError
        If a column or a person is missing, a person has several rows, or a value is missing or
        not a number.
    """
    # Names, not patterns: another column of the table is no concern of this cohort.
    table = read_roi_table(path, columns)
    keys = [key for key in ID_COLUMNS if key in people and key in table]
    identity = pd.MultiIndex.from_frame(table[keys])
    if identity.has_duplicates:
        raise InputError(
            f"{path}: found several rows for {_who(identity[identity.duplicated()][0])}, expected "
            "one for each analysed person; add session_id to the participants table or keep one row"
        )
    wanted = pd.MultiIndex.from_frame(people[keys])
    if wanted.has_duplicates:
        who = _who(wanted[wanted.duplicated()][0])
        raise InputError(
            f"{path}: found no column session_id, expected it because {who} has several rows in "
            "the participants table; add the column"
        )
    rows = identity.get_indexer(wanted)
    if (rows < 0).any():
        missing = [_who(key) for key in wanted[rows < 0]]
        raise InputError(
            f"{path}: found no row for {shorten(missing, 3)}, expected one for each analysed "
            "person; add it or exclude the person"
        )
    values = table[list(columns)].iloc[rows]
    empty = values.isna()
    if empty.to_numpy().any():
        row, column = np.argwhere(empty.to_numpy())[0]
        raise InputError(
            f"{path}: line {values.index[row]}: column {columns[column]}: found no value, expected "
            "a number for each analysed person; fill it or exclude the person or the column"
        )
    return values.reset_index(drop=True)


# ---------------------------------------------------------------- what the clinic knows
def clinical_features(
    people: pd.DataFrame, discovery: pd.DataFrame, spec: Mapping[str, Any]
) -> pd.DataFrame:
    """Columns of the cohort table as features; nothing is learned but which categories exist.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of a cohort.
    discovery : pandas.DataFrame
        Those of the discovery cohort, whose categories become features.
    spec : mapping
        The feature set's section of the configuration: columns, categorical, unseen.

    Returns
    -------
    pandas.DataFrame, shape (people, features)
        Numbers as they are; for categories 1 and 0 in a column each (of two categories, the
        second). NaN where missing, to be filled inside the folds.

    Raises
    ------
    InputError
        For an unseen category, or a column without a value in this cohort.
    """
    features: dict[str, pd.Series] = {}
    for column in spec["columns"]:
        values = people[column].reset_index(drop=True)
        if values.isna().all():
            raise InputError(
                f"column {column}: found no value for any of {len(people)} analysed rows, expected "
                "some, since it is a clinical feature; fill it or leave the column out"
            )
        if column not in (*CATEGORIES, *spec["categorical"]):
            features[column] = values.astype(float)
            continue
        levels = sorted(discovery[column].dropna().astype(str).unique())
        text = values.astype("string")
        strange = text[text.notna() & ~text.isin(levels)]
        if len(strange) and spec["unseen"] == "error":
            raise InputError(
                f"column {column}: found {strange.iloc[0]!r} for "
                f"{people['participant_id'].iloc[strange.index[0]]}, expected a category that the "
                f"discovery cohort has ({shorten(levels)}); recode it or write unseen: mean at the "
                "feature set"
            )
        for level in levels[1:] if len(levels) == 2 else levels:
            indicator = (text == level).astype("Float64")
            indicator[~text.isin(levels)] = pd.NA
            features[f"{column}={level}"] = indicator.astype(float)
    return pd.DataFrame(features)


def concatenated_features(sets: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Feature sets of the same people side by side, columns named as in ``set:column``."""
    keys = [key for key in ID_COLUMNS if all(key in table for table in sets.values())]
    first = next(iter(sets.values()))
    parts = [first[keys]]
    for name, table in sets.items():
        if not table[keys].equals(first[keys]):
            raise ValueError(f"the rows of {name} are not those of the other feature sets")
        parts.append(table.drop(columns=keys).add_prefix(f"{name}:"))
    return pd.concat(parts, axis=1)


def _who(key: tuple[str, ...]) -> str:
    return " ".join(key)
