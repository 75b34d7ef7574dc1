"""Features of kind voxels: grey matter in every voxel of a mask."""

from collections.abc import Sequence
from functools import lru_cache

import nibabel as nib
import numpy as np

from mri_response.core.atomic import atomic_path
from mri_response.core.errors import InputError
from mri_response.core.threads import in_threads
from mri_response.features.job import FeatureJob
from mri_response.features.matrices import PathLike
from mri_response.inputs.images import (
    Grid,
    load_map,
    open_image,
    read_values,
    template_map,
)


def make(job: FeatureJob) -> None:
    """Voxels inside the mask of each person, streamed map by map.

    Parameters
    ----------
    job : FeatureJob
        With the file ``mask``, on the grid of the maps.
    """
    mask, spec = open_image(job.files["mask"]), job.spec
    with atomic_path(job.out) as temporary:
        voxel_features(
            job.maps(),
            read_values(mask, job.files["mask"]) > 0,
            Grid.of(mask),
            temporary,
            smoothing_fwhm_mm=spec["smoothing_fwhm_mm"],
            resample=spec["grid"] != "native",
            threads=job.threads,
        )


@lru_cache(maxsize=1)
def template_values(grid: Grid) -> np.ndarray:
    """The ICBM 2009 grey-matter template on a grid.

    Parameters
    ----------
    grid : Grid
        Where its values are wanted.

    Returns
    -------
    ndarray of float32, shape of the grid
        0 to 1, up to the interpolation.
    """
    return _on_grid(template_map(1), grid, "continuous")


def _on_grid(source: nib.Nifti1Image, grid: Grid, interpolation: str) -> np.ndarray:
    from nilearn.image import resample_img  # takes seconds to import

    if grid.matches(source.shape, source.affine):
        return source.get_fdata(dtype=np.float32)
    return resample_img(
        source,
        target_affine=grid.affine,
        target_shape=grid.shape,
        interpolation=interpolation,
        copy_header=True,
        force_resample=True,
    ).get_fdata(dtype=np.float32)


def voxel_mask(mask: PathLike, grid: Grid, threshold: float = 0.2) -> np.ndarray:
    """Voxels to analyse on the reference grid.

    Parameters
    ----------
    mask : "template" or path-like
        ``template``: the ICBM 2009 grey-matter template above the threshold. A path: a NIfTI
        image, nonzero inside, resampled by nearest neighbour.
    grid : Grid
        The reference grid.
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
    if mask == "template":
        source, interpolation = template_map(1), "continuous"
    else:
        opened = open_image(mask)
        values = np.nan_to_num(read_values(opened, mask)) != 0
        source = nib.Nifti1Image(values.astype(np.float32), opened.affine)
        interpolation, threshold = "nearest", 0.5
    values = _on_grid(source, grid, interpolation)
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
        Voxels to analyse.
    grid : Grid
        The reference grid.
    out : path-like
        ``.npy`` file of float32, shape (maps, voxels of the mask in C order). Rows are written as
        they come, so memory holds a few maps, never the matrix.
    smoothing_fwhm_mm : float, optional
        See :func:`mri_response.inputs.images.load_map`; 0 or None for none.
    resample : bool, default False
        Whether maps may be on another grid than the reference grid.
    threads : int, default 1
        Maps read at a time.

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
