"""Grey-matter maps: finding, checking and reading them on one grid.

A map is a 3-D NIfTI image of grey matter in template space, modulated or not (CAT12 ``mwp1``, SPM
``mwc1``, sMRIPrep ``label-GM_probseg``). Voxels without a number (NaN, as some programs write
outside the brain) count as 0 before smoothing and resampling; inside the atlas or mask they are an
error.
"""

import gzip
import math
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError, SpatialImage

from mri_response.core.atomic import atomic_path
from mri_response.core.errors import InputError
from mri_response.inputs.paths import files_of_anyone
from mri_response.inputs.pointers import without_content

#: Largest difference between two affines of one grid, in mm.
AFFINE_TOLERANCE_MM = 1e-3
_READ_ERRORS = (OSError, EOFError, ValueError, zlib.error, ImageFileError, HeaderDataError)


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
        """Whether another grid is this one.

        Parameters
        ----------
        shape : sequence of int
            Shape of the other grid.
        affine : numpy.ndarray
            Affine matrix of the other grid, in mm.
        """
        return tuple(shape) == self.shape and bool(
            np.abs(np.asarray(affine) - self.affine).max() <= AFFINE_TOLERANCE_MM
        )

    def __str__(self) -> str:
        sizes = [f"{size:.4g}" for size in nib.affines.voxel_sizes(self.affine)]
        size = sizes[0] if len(set(sizes)) == 1 else " x ".join(sizes)
        return f"{' x '.join(map(str, self.shape))} voxels of {size} mm, {self.orientation}"


def first_voxel_ml(pattern: str | os.PathLike[str]) -> float | None:
    """Volume of a voxel of the first map that a pattern may mean, None if there is none."""
    paths = files_of_anyone(pattern)
    if not paths:
        return None
    return float(np.prod(nib.load(paths[0]).header.get_zooms()[:3])) / 1000


def open_image(path: str | os.PathLike[str]) -> SpatialImage:
    """Open an image and check that it has one volume.

    Parameters
    ----------
    path : path-like
        The image's file.

    Returns
    -------
    nibabel image
        Header read, data not yet.

    Raises
    ------
    InputError
        If the file is missing, empty, unreadable, no image, has several volumes or has no position
        in space.
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
        link = without_content(path, "a NIfTI image")
        if link is not None:
            raise InputError(f"{path}: {link}") from None
        raise InputError(
            f"{path}: file not found, expected a NIfTI image; correct the path in the config "
            "(relative paths start at the working directory)"
        ) from None
    except _READ_ERRORS as error:
        pointer = without_content(path, "a NIfTI image")
        if pointer is not None:
            raise InputError(f"{path}: {pointer}") from None
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
    if not _has_position(image):
        raise InputError(
            f"{path}: found no position in space in the header (sform_code and qform_code are 0), "
            "expected one of the two; make the image again with a program that writes it"
        )
    return image


def read_values(image: SpatialImage, path: str | os.PathLike[str]) -> np.ndarray:
    """All values of an image, read to the last byte.

    Parameters
    ----------
    image : nibabel image
        As :func:`open_image` returns it.
    path : path-like
        File of the image, for messages.

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
        The map's file.
    grid : Grid
        The reference grid.
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
        raise InputError(other_grid(path, own, grid))
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
    """Write a NIfTI image whole or not at all.

    Parameters
    ----------
    image : nibabel.Nifti1Image
        Image to write.
    path : path-like
        File to make.
    """
    with atomic_path(path) as temporary:
        nib.save(image, temporary)


def masked_image(values: np.ndarray, mask: str | os.PathLike[str]) -> nib.Nifti1Image:
    """Put values back where they came from.

    Parameters
    ----------
    values : numpy.ndarray, shape (voxels of the mask,)
        In C order of the mask, as :func:`mri_response.features.voxels.voxel_features` writes them.
    mask : path-like
        Image whose voxels above 0 have the values.

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
        Edge of a voxel in mm.

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


def other_grid(path: str | os.PathLike[str], own: Grid, grid: Grid) -> str:
    """Write the line about a map that is not on the reference grid.

    Parameters
    ----------
    path : path-like
        The map's file.
    own : Grid
        Grid of the map.
    grid : Grid
        The reference grid.
    """
    what = "orientation" if own.orientation != grid.orientation else "grid"
    found, expected = str(own), str(grid)
    if found == expected:
        shift = np.abs(own.affine - grid.affine).max()
        found += f", shifted by up to {shift:.3g} mm"
    return (
        f"{path}: found another {what} ({found}), expected that of the first discovery map "
        f"({expected}); set grid to a voxel size in mm to resample all maps, or make it again"
    )


def _has_position(image: SpatialImage) -> bool:
    """Whether a header says where the voxels are; if not, nibabel centres the box on the origin."""
    if not isinstance(image.header, nib.Nifti1Header):
        return True
    return any(int(image.header[code]) > 0 for code in ("sform_code", "qform_code"))


def _invertible(affine: np.ndarray) -> bool:
    determinant = np.linalg.det(affine[:3, :3])
    return math.isfinite(determinant) and abs(determinant) > 1e-9


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text[:120] or type(error).__name__
