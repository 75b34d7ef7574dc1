"""Smoothing and other grids: the values of nilearn, bit for bit, without its import."""

import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest
from nilearn.image import resample_img, smooth_img

from mri_response.inputs.resampling import CONTINUOUS, NEAREST, covering_grid, resample, smoothed

OBLIQUE = np.array([[-2.9, 0.1, 0, 80], [0.05, 3.1, 0.2, -50], [0, -0.1, 3, -40], [0, 0, 0, 1]])
UPRIGHT = np.array([[2.0, 0, 0, -30], [0, 2.5, 0, -40], [0, 0, 3, -20], [0, 0, 0, 1]])


@pytest.fixture
def values():
    return np.random.default_rng(3).normal(size=(30, 33, 28)).astype(np.float32)


@pytest.mark.parametrize("affine", [OBLIQUE, UPRIGHT])
def test_smoothing_is_nilearns(values, affine):
    before = values.copy()
    expected = smooth_img(nib.Nifti1Image(values, affine), 6.5).get_fdata(dtype=np.float32)
    assert np.array_equal(smoothed(values, affine, 6.5), expected)
    assert np.array_equal(values, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", [CONTINUOUS, NEAREST])
@pytest.mark.parametrize("affines", [(OBLIQUE, UPRIGHT), (UPRIGHT, OBLIQUE), (UPRIGHT, UPRIGHT)])
def test_other_grids_are_nilearns(values, affines, order, dtype):
    own, target = affines
    values, shape = values.astype(dtype), (25, 31, 40)
    expected = resample_img(
        nib.Nifti1Image(values, own),
        target_affine=target,
        target_shape=shape,
        interpolation="continuous" if order == CONTINUOUS else "nearest",
        copy_header=True,
        force_resample=True,
    )
    found = resample(values, own, target, shape, order)
    assert found.dtype == dtype
    assert np.array_equal(found, np.asarray(expected.dataobj))
    assert found.any()


@pytest.mark.parametrize("size", [1.5, 2.7, 8])
def test_grids_of_cubes_are_nilearns(values, size):
    expected = resample_img(
        nib.Nifti1Image(values, OBLIQUE), np.eye(3) * size, copy_header=True, force_resample=True
    )
    shape, affine = covering_grid(values.shape, OBLIQUE, size)
    assert shape == expected.shape
    assert np.array_equal(affine, expected.affine)


def test_masks_and_atlases_start_without_nilearn():
    """It takes longer to import than a map takes to read."""
    code = (
        "import sys; from mri_response.inputs.images import Grid, template_map;"
        "from mri_response.inputs.atlases import load_atlas;"
        "from mri_response.features.voxels import voxel_mask;"
        "grid = Grid.of(template_map(5)); voxel_mask('template', grid); load_atlas('aal', grid);"
        "sys.exit(any(name in sys.modules for name in ('nilearn', 'sklearn')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
