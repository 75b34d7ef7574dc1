"""Grey-matter maps: finding, checking and reading them on one grid.

A map is a 3-D NIfTI image of grey matter in template space, modulated or not (CAT12 ``mwp1``, SPM
``mwc1``, sMRIPrep ``label-GM_probseg``). Voxels without a number (NaN, as some programs write
outside the brain) count as 0 before smoothing and resampling; inside the atlas or mask they are an
error.
"""

import glob
import gzip
import hashlib
import json
import math
import os
import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError, SpatialImage

from mri_response.core.atomic import atomic_path
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten

#: Largest difference between two affines of one grid, in mm.
AFFINE_TOLERANCE_MM = 1e-3
#: A grey-matter map has no value below this ...
LOWEST_VALUE = -0.5
#: ... and 99 % of its positive values are below this (modulation can exceed 1, seldom 2).
HIGHEST_USUAL_VALUE = 2.0
#: Least part of the atlas or mask in which a map must be above 0.
LEAST_COVERAGE = 0.25

# Part of every cached verdict: raise it when a check changes.
_CHECK_VERSION = 1
_READ_ERRORS = (OSError, EOFError, ValueError, zlib.error, ImageFileError, HeaderDataError)

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Grid:
    """Voxels in space.

    Attributes
    ----------
    shape : tuple of int
        Numbers of voxels along the three axes.
    affine : ndarray, shape (4, 4)
        From voxel indices to mm.
    """

    shape: tuple[int, int, int]
    affine: np.ndarray

    @classmethod
    def of(cls, image: SpatialImage) -> "Grid":
        """The grid of a 3-D image (or a 4-D one with a single volume)."""
        return cls(tuple(int(n) for n in image.shape[:3]), np.asarray(image.affine, dtype=float))

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in mm3."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @property
    def orientation(self) -> str:
        """Directions of the axes, such as ``RAS``."""
        return "".join(nib.aff2axcodes(self.affine))

    def matches(self, shape: Sequence[int], affine: np.ndarray) -> bool:
        """Whether another grid is this one."""
        return tuple(shape) == self.shape and bool(
            np.abs(np.asarray(affine) - self.affine).max() <= AFFINE_TOLERANCE_MM
        )

    def __str__(self) -> str:
        sizes = [f"{size:.4g}" for size in nib.affines.voxel_sizes(self.affine)]
        size = sizes[0] if len(set(sizes)) == 1 else " x ".join(sizes)
        return f"{' x '.join(map(str, self.shape))} voxels of {size} mm, {self.orientation}"


# ---------------------------------------------------------------- finding
def first_voxel_ml(pattern: str | os.PathLike[str]) -> float | None:
    """Volume of a voxel of the first map that a pattern may mean, None if there is none."""
    paths = sorted(glob.glob(re.sub(r"\{.*?\}", "*", os.fspath(pattern)), recursive=True))
    if not paths:
        return None
    return float(np.prod(nib.load(paths[0]).header.get_zooms()[:3])) / 1000


def resolve_pattern(
    pattern: str | os.PathLike[str], participant_id: str, session_id: str | None = None
) -> Path | None:
    """The one file of a participant that a pattern names.

    Parameters
    ----------
    pattern : str
        Path with ``{participant_id}`` and, for participants with sessions, ``{session_id}``;
        ``*``, ``?`` and ``[...]`` match as in a shell, ``**`` any folders.
    participant_id : str
    session_id : str, optional

    Returns
    -------
    pathlib.Path or None
        None if there is no such file: the caller excludes the person.

    Raises
    ------
    InputError
        If the pattern has no or an unknown placeholder, or matches several files.
    """
    pattern = os.fspath(pattern)
    known = {"participant_id": participant_id, "session_id": session_id}
    names = re.findall(r"\{(.*?)\}", pattern)
    for name in names:
        if name not in known:
            raise InputError(
                f"source {pattern}: found the placeholder {{{name}}}, expected {{participant_id}} "
                "or {session_id}; correct the path"
            )
    if "participant_id" not in names:
        raise InputError(
            f"source {pattern}: found no {{participant_id}}, expected it in a pattern of image "
            "files; without it all people would share one image"
        )
    if "session_id" in names and session_id is None:
        raise InputError(
            f"source {pattern}: found {{session_id}}, expected a column session_id in the "
            "participants table; add the column or write the session into the path"
        )
    filled = re.sub(r"\{(.*?)\}", lambda match: glob.escape(str(known[match[1]])), pattern)
    found = sorted(path for path in glob.glob(filled, recursive=True) if os.path.isfile(path))
    if len(found) > 1:
        raise InputError(
            f"source {pattern}: found {len(found)} files for {participant_id}"
            f"{f' {session_id}' if session_id else ''} ({shorten(found, 2)}), expected one; make "
            "the pattern narrower"
        )
    return Path(found[0]) if found else None


# ---------------------------------------------------------------- reading
def open_image(path: str | os.PathLike[str]) -> SpatialImage:
    """Open an image and check that it has one volume.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    nibabel image
        Header read, data not yet.

    Raises
    ------
    InputError
        If the file is missing, empty, unreadable, no image, or has several volumes.
    """
    try:
        if os.path.getsize(path) == 0:
            raise InputError(
                f"{path}: found a file of 0 bytes, expected a NIfTI image; copy it again"
            )
        image = nib.load(path)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(
            f"{path}: file not found, expected a NIfTI image; correct the path in the config "
            "(relative paths start at the working directory)"
        ) from None
    except _READ_ERRORS as error:
        raise InputError(
            f"{path}: could not be read as an image ({_reason(error)}), expected NIfTI (.nii or "
            ".nii.gz); copy or make it again"
        ) from None
    if not isinstance(image, SpatialImage):
        raise InputError(
            f"{path}: found {type(image).__name__}, expected a NIfTI volume; give a map in "
            "template space"
        )
    if image.ndim < 3 or any(n != 1 for n in image.shape[3:]):
        raise InputError(
            f"{path}: found {image.ndim}-D data of {' x '.join(map(str, image.shape))}, expected "
            "one 3-D volume; give a single map for each row"
        )
    if 0 in image.shape:
        raise InputError(f"{path}: found an image without voxels, expected one 3-D volume")
    if image.affine is None or not np.isfinite(image.affine).all() or not _invertible(image.affine):
        raise InputError(
            f"{path}: found no usable affine in the header, expected one from voxels to mm; make "
            "the image again"
        )
    return image


def read_values(image: SpatialImage, path: str | os.PathLike[str]) -> np.ndarray:
    """All values of an image, read to the last byte.

    Parameters
    ----------
    image : nibabel image
        As :func:`open_image` returns it.
    path : path-like
        Its file.

    Returns
    -------
    ndarray of float32, 3-D
        Not-a-number where the file has it.

    Raises
    ------
    InputError
        If the file is truncated or damaged.
    """
    try:
        if os.fspath(path).endswith(".gz"):
            # nibabel stops at the last voxel; read to the end, gzip also compares the checksum.
            with gzip.open(path, "rb") as stream:
                image = type(image).from_bytes(stream.read())
        values = image.get_fdata(dtype=np.float32, caching="unchanged")
    except _READ_ERRORS as error:
        raise InputError(
            f"{path}: found a truncated or damaged file ({_reason(error)}), expected a complete "
            "image; copy it again"
        ) from None
    return values.reshape(image.shape[:3])


def load_map(
    path: str | os.PathLike[str],
    grid: Grid,
    resample: bool = False,
    smoothing_fwhm_mm: float | None = None,
) -> np.ndarray:
    """A map on the reference grid.

    Parameters
    ----------
    path : path-like
    grid : Grid
    resample : bool, default False
        Bring a map on another grid to the reference grid by continuous interpolation (cubic
        splines). The values are kept, so that the sum times the voxel volume, grey matter in mm3,
        stays what it was, up to the interpolation.
    smoothing_fwhm_mm : float, optional
        Full width at half maximum of a Gaussian kernel, applied on the map's own grid: smoothing
        before resampling keeps a coarser grid free of aliases.

    Returns
    -------
    ndarray of float32, shape of the grid
        Finite: not-a-number counts as 0.

    Raises
    ------
    InputError
        If the map cannot be read, or is on another grid and is not to be resampled.
    """
    image = open_image(path)
    own = Grid.of(image)
    same = grid.matches(own.shape, own.affine)
    if not same and not resample:
        raise InputError(_other_grid(path, own, grid))
    values = np.nan_to_num(read_values(image, path), nan=0.0, posinf=0.0, neginf=0.0)
    if smoothing_fwhm_mm:
        from nilearn.image import smooth_img  # takes seconds to import; only needed here

        smoothed = smooth_img(nib.Nifti1Image(values, own.affine), smoothing_fwhm_mm)
        values = smoothed.get_fdata(dtype=np.float32)
    if same:
        return values
    return resampled(values, own, grid)


def resampled(values: np.ndarray, own: Grid, grid: Grid) -> np.ndarray:
    """Values on another grid, by continuous interpolation (cubic splines).

    Parameters
    ----------
    values : ndarray of float32, shape of ``own``
        Finite.
    own, grid : Grid
        Where the values are and where they are wanted.

    Returns
    -------
    ndarray of float32, shape of ``grid``
    """
    from nilearn.image import resample_img

    image = resample_img(
        nib.Nifti1Image(values, own.affine),
        target_affine=grid.affine,
        target_shape=grid.shape,
        interpolation="continuous",
        copy_header=True,
        force_resample=True,
    )
    return image.get_fdata(dtype=np.float32)


def save_image(image: nib.Nifti1Image, path: str | os.PathLike[str]) -> None:
    """Write a NIfTI image whole or not at all."""
    with atomic_path(path) as temporary:
        nib.save(image, temporary)


def masked_image(values: np.ndarray, mask: str | os.PathLike[str]) -> nib.Nifti1Image:
    """Put values back where they came from.

    Parameters
    ----------
    values : numpy.ndarray, shape (voxels of the mask,)
        In C order of the mask, as :func:`mri_response.features.extract.voxel_features` writes them.
    mask : path-like

    Returns
    -------
    nibabel.Nifti1Image
        float32, 0 outside the mask.
    """
    reference = open_image(mask)
    inside = read_values(reference, mask) > 0
    volume = np.zeros(inside.shape, dtype=np.float32)
    volume[inside] = values
    return nib.Nifti1Image(volume, reference.affine)


def in_threads(function: Callable[[T], R], items: Iterable[T], threads: int) -> Iterable[R]:
    """Apply a function to each item in threads; results in order, a few items ahead at most.

    Decompression and filters release Python's global lock, so threads suffice.
    """
    if threads <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = []
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > 2 * threads:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()


# ---------------------------------------------------------------- the reference grid
def reference_grid(setting: str | float, first_map: str | os.PathLike[str]) -> Grid:
    """The grid on which all maps of a feature set are analysed.

    Parameters
    ----------
    setting : "native" or float
        ``native``: the grid of the first discovery map, which all maps must share. A number: the
        grid of the MNI152 (ICBM 2009) template at that voxel size in mm, as nilearn lays it.
    first_map : path-like
        The first map of the discovery cohort.

    Returns
    -------
    Grid

    Raises
    ------
    InputError
        If the first map cannot be opened.
    """
    if setting == "native":
        return Grid.of(open_image(first_map))
    return Grid.of(template_map(float(setting)))


def template_map(voxel_size_mm: float) -> nib.Nifti1Image:
    """The ICBM 2009 grey-matter template at a voxel size; values 0 to 1.

    Parameters
    ----------
    voxel_size_mm : float

    Returns
    -------
    Nifti1Image
        The file is part of nilearn; nothing is downloaded.
    """
    from nilearn.datasets import load_mni152_gm_template
    from nilearn.image import resample_img

    template = load_mni152_gm_template(resolution=1)
    if voxel_size_mm == 1:
        return template
    # What nilearn does for whole numbers, for any size.
    return resample_img(template, np.eye(3) * voxel_size_mm, copy_header=True, force_resample=True)


# ---------------------------------------------------------------- checking
def check_map(
    path: str | os.PathLike[str],
    grid: Grid,
    inside: np.ndarray | None = None,
    resample: bool = False,
) -> None:
    """Check that a file is a grey-matter map that can be analysed; reads all of it.

    Parameters
    ----------
    path : path-like
    grid : Grid
        The reference grid.
    inside : ndarray of bool, shape of the grid, optional
        Voxels of the atlas or mask.
    resample : bool, default False
        Whether the map may be on another grid.

    Raises
    ------
    InputError
        One line: the file, what was found, what was expected, what to do.
    """
    image = open_image(path)
    own = Grid.of(image)
    same = grid.matches(own.shape, own.affine)
    if not same and not resample:
        raise InputError(_other_grid(path, own, grid))
    values = read_values(image, path)
    finite = np.isfinite(values)
    if not finite.any():
        raise InputError(
            f"{path}: found no number in any voxel (all NaN or infinite), expected a grey-matter "
            "map; make it again"
        )
    if np.isinf(values).any():
        raise InputError(
            f"{path}: found infinite values, expected numbers (or NaN outside the brain); make it "
            "again"
        )
    numbers = values[finite]
    lowest, highest = float(numbers.min()), float(numbers.max())
    if lowest == highest:
        raise InputError(
            f"{path}: found an empty image (the value {lowest:g} everywhere), expected a "
            "grey-matter map; make it again"
        )
    positive = numbers[numbers > 0]
    usual = float(np.quantile(positive, 0.99)) if positive.size else 0.0
    if lowest < LOWEST_VALUE or usual > HIGHEST_USUAL_VALUE:
        raise InputError(
            f"{path}: found values from {lowest:.4g} to {highest:.4g} (99 % of the positive ones "
            f"up to {usual:.4g}), expected grey matter from 0 to about 1; give a grey-matter map, "
            "not a T1w image or a statistic"
        )
    if inside is None:
        return
    if not same:
        inside = _inside_on(own, grid, inside)
    total = int(inside.sum())
    missing = int((~finite & inside).sum())
    if missing:
        raise InputError(
            f"{path}: found NaN in {missing} of {total} voxels of the atlas or mask, expected "
            "numbers there; write 0 where there is no grey matter or use a narrower mask"
        )
    covered = int((inside & (np.where(finite, values, 0) > 0)).sum())
    if covered < LEAST_COVERAGE * total or total == 0:
        part = 100 * covered / total if total else 0
        raise InputError(
            f"{path}: found grey matter in {part:.0f} % of the voxels of the atlas or mask, "
            f"expected at least {100 * LEAST_COVERAGE:.0f} %; give a map in template (MNI) space"
        )


def check_maps(
    paths: Sequence[str | os.PathLike[str]],
    grid: Grid,
    inside: np.ndarray | None = None,
    resample: bool = False,
    cache: str | os.PathLike[str] | None = None,
    threads: int = 2,
) -> None:
    """Check many maps; those that passed before and did not change are not read again.

    Parameters
    ----------
    paths : sequence of path-like
    grid, inside, resample
        As in :func:`check_map`.
    cache : path-like, optional
        JSON file in which maps that passed are remembered by path, size, modification time and
        what they were checked against. An unreadable cache counts as none.
    threads : int, default 2
        Maps read at a time.

    Raises
    ------
    InputError
        About the first map that does not pass, with the number of others.
    """
    context = _context(grid, inside, resample)
    passed = _read_cache(cache)
    keys = {os.fspath(path): _cache_key(path, context) for path in paths}
    todo = [path for path, key in keys.items() if key is None or passed.get(key[0]) != key[1]]

    def problem(path: str) -> str | None:
        try:
            check_map(path, grid, inside, resample)
        except InputError as error:
            return str(error)
        return None

    problems = []
    for path, found in zip(todo, in_threads(problem, todo, threads), strict=True):
        if found is not None:
            problems.append(found)
        elif keys[path] is not None:
            passed[keys[path][0]] = keys[path][1]
    if cache is not None and todo:
        with atomic_path(cache) as temporary:
            temporary.write_text(json.dumps(passed, indent=0, sort_keys=True), encoding="utf-8")
    if problems:
        others = len(problems) - 1
        more = f" ({others} more {'map fails' if others == 1 else 'maps fail'} too)"
        raise InputError(problems[0] + (more if others else ""))


def _context(grid: Grid, inside: np.ndarray | None, resample: bool) -> str:
    """Digest of everything but the file on which a verdict depends."""
    digest = hashlib.sha256(repr((_CHECK_VERSION, grid.shape, resample)).encode())
    digest.update(np.round(grid.affine, 6).tobytes())
    if inside is not None:
        digest.update(np.packbits(inside).tobytes())
    return digest.hexdigest()[:16]


def _cache_key(path: str | os.PathLike[str], context: str) -> tuple[str, list[int]] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return f"{context} {os.path.abspath(path)}", [status.st_size, status.st_mtime_ns]


def _read_cache(cache: str | os.PathLike[str] | None) -> dict[str, list[int]]:
    if cache is None:
        return {}
    try:
        content = json.loads(Path(cache).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _inside_on(own: Grid, grid: Grid, inside: np.ndarray) -> np.ndarray:
    """The mask at the centres of another grid's voxels (nearest neighbour)."""
    to_reference = np.linalg.inv(grid.affine) @ own.affine
    result = np.zeros(own.shape, dtype=bool)
    index = np.indices(own.shape[:2]).reshape(2, -1)
    for k in range(own.shape[2]):  # slice by slice: the coordinates of all voxels would be large
        points = np.vstack([index, np.full((1, index.shape[1]), k), np.ones((1, index.shape[1]))])
        nearest = np.rint((to_reference @ points)[:3]).astype(int)
        valid = ((nearest >= 0) & (nearest < np.array(grid.shape)[:, None])).all(axis=0)
        hit = np.zeros(index.shape[1], dtype=bool)
        hit[valid] = inside[tuple(nearest[:, valid])]
        result[:, :, k] = hit.reshape(own.shape[:2])
    return result


def _other_grid(path: str | os.PathLike[str], own: Grid, grid: Grid) -> str:
    what = "orientation" if own.orientation != grid.orientation else "grid"
    found, expected = str(own), str(grid)
    if found == expected:
        shift = np.abs(own.affine - grid.affine).max()
        found += f", shifted by up to {shift:.3g} mm"
    return (
        f"{path}: found another {what} ({found}), expected that of the first discovery map "
        f"({expected}); set grid to a voxel size in mm to resample all maps, or make it again"
    )


def _invertible(affine: np.ndarray) -> bool:
    determinant = np.linalg.det(affine[:3, :3])
    return math.isfinite(determinant) and abs(determinant) > 1e-9


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text[:120] or type(error).__name__
