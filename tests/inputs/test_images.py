"""Maps: found by pattern, checked, read and resampled."""

import gzip
import json
import os

import nibabel as nib
import numpy as np
import pytest

from mri_response.core.errors import InputError
from mri_response.core.threads import in_threads
from mri_response.inputs.images import (
    Grid,
    load_map,
    open_image,
    reference_grid,
    template_map,
)
from mri_response.inputs.map_checks import check_map, check_maps

AFFINE = np.array([[-3.0, 0, 0, 30], [0, 3, 0, -40], [0, 0, 3, -20], [0, 0, 0, 1]])
SHAPE = (20, 22, 18)


@pytest.fixture
def grid():
    return Grid(SHAPE, AFFINE)


@pytest.fixture
def values():
    """A plausible map: grey matter in a block, nothing outside."""
    data = np.zeros(SHAPE, dtype=np.float32)
    data[4:16, 4:18, 4:14] = np.random.default_rng(1).uniform(0.1, 1.1, (12, 14, 10))
    return data


@pytest.fixture
def inside():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[5:15, 5:17, 5:13] = True
    return mask


@pytest.fixture
def save(tmp_path):
    def save(data, affine=AFFINE, name="map.nii.gz"):
        path = tmp_path / name
        nib.save(nib.Nifti1Image(data, affine), path)
        return path

    return save


def complaint(path, grid, inside=None, resample=False) -> str:
    with pytest.raises(InputError) as error:
        check_map(path, grid, inside, resample)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    return str(error.value)


# ---------------------------------------------------------------- checks of one map
@pytest.mark.parametrize("name", ["map.nii", "map.nii.gz"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_good_maps_pass(save, values, grid, inside, name, dtype):
    check_map(save(values.astype(dtype), name=name), grid, inside)


@pytest.mark.parametrize("name", ["map.nii", "map.nii.gz", "map.img"])
def test_an_image_without_a_position_in_space_is_refused(values, grid, inside, tmp_path, name):
    kind = nib.Nifti1Pair if name.endswith("img") else nib.Nifti1Image
    image = kind(values, AFFINE)
    for code in ("sform", "qform"):
        getattr(image, f"set_{code}")(AFFINE, 0)
    nib.save(image, tmp_path / name)
    said = complaint(tmp_path / name, grid, inside)
    assert "found no position in space in the header (sform_code and qform_code are 0)" in said
    image.set_qform(AFFINE, 1)
    nib.save(image, tmp_path / name)
    check_map(tmp_path / name, grid, inside)


def test_map_with_a_scale_factor_passes(save, values, grid, inside, tmp_path):
    image = nib.Nifti1Image(np.round(values * 100).astype(np.uint8), AFFINE)
    image.header.set_slope_inter(0.01, 0)
    path = tmp_path / "scaled.nii.gz"
    nib.save(image, path)
    check_map(path, grid, inside)
    assert np.abs(load_map(path, grid) - values).max() < 0.0051


def test_single_volume_with_four_dimensions_passes(save, values, grid, inside):
    path = save(values[..., None])
    check_map(path, grid, inside)
    assert load_map(path, grid).shape == SHAPE


def test_several_volumes_are_refused(save, values, grid):
    assert "4-D" in complaint(save(np.stack([values, values], axis=-1)), grid)


def test_two_dimensions_are_refused(save, values, grid):
    assert "2-D" in complaint(save(values[0]), grid)


@pytest.mark.parametrize("kept", [0, 20, 300, 0.5, 0.98])
@pytest.mark.parametrize("name", ["map.nii", "map.nii.gz"])
def test_truncated_files_are_refused(save, values, grid, inside, kept, name):
    path = save(values, name=name)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    found = complaint(path, grid, inside)
    assert any(word in found for word in ("truncated", "0 bytes", "could not be read"))


def test_gzip_file_without_its_checksum_is_refused(save, values, grid):
    path = save(values)
    path.write_bytes(path.read_bytes()[:-8])
    assert "truncated or damaged" in complaint(path, grid)


def test_damaged_bytes_are_refused(save, values, grid):
    path = save(values)
    content = bytearray(gzip.decompress(path.read_bytes()))
    damaged = bytearray(gzip.compress(bytes(content), mtime=0))
    damaged[-6] ^= 0xFF  # the checksum no longer fits the data
    path.write_bytes(damaged)
    assert "truncated or damaged" in complaint(path, grid)


def test_files_that_are_no_images_are_refused(tmp_path, grid):
    path = tmp_path / "map.nii.gz"
    path.write_text("not an image")
    assert "could not be read as an image" in complaint(path, grid)
    assert "file not found" in complaint(tmp_path / "none.nii", grid)


def test_surfaces_are_no_maps(tmp_path, grid):
    path = tmp_path / "surface.gii"
    nib.save(nib.GiftiImage(), path)
    assert "expected a NIfTI volume" in complaint(path, grid)


def test_empty_maps_are_refused(save, grid):
    assert "empty image" in complaint(save(np.zeros(SHAPE, np.float32)), grid)
    assert "value 0.5 everywhere" in complaint(save(np.full(SHAPE, 0.5, np.float32)), grid)
    assert "all NaN" in complaint(save(np.full(SHAPE, np.nan, np.float32)), grid)


def test_other_grids_are_refused_unless_resampled(save, values, grid, inside):
    shifted, coarser = AFFINE.copy(), AFFINE.copy()
    shifted[0, 3] += 1.5
    coarser[:3, :3] *= 1.1
    assert "shifted by up to 1.5 mm" in complaint(save(values, shifted), grid)
    assert "another grid" in complaint(save(values, coarser), grid)
    assert "19 x 22 x 18" in complaint(save(values[1:]), grid)
    check_map(save(values, shifted), grid, inside, resample=True)


def test_other_orientation_is_named(save, values, grid, inside):
    flipped = AFFINE @ np.array([[-1.0, 0, 0, SHAPE[0] - 1], *np.eye(4)[1:]])
    path = save(values[::-1], flipped)
    assert "another orientation" in complaint(path, grid)
    # The same anatomy stored the other way round is the same map once it is resampled.
    check_map(path, grid, inside, resample=True)
    assert np.abs(load_map(path, grid, resample=True) - values).max() < 1e-5


def test_affines_may_differ_within_the_tolerance(save, values, grid):
    near, far = AFFINE.copy(), AFFINE.copy()
    near[1, 3] += 5e-4
    far[1, 3] += 5e-3
    check_map(save(values, near), grid)
    assert "another grid" in complaint(save(values, far), grid)


def test_nan_outside_the_atlas_counts_as_zero_and_inside_is_refused(save, values, grid, inside):
    outside = values.copy()
    outside[:3] = np.nan
    path = save(outside)
    check_map(path, grid, inside)
    assert np.isfinite(load_map(path, grid)).all()
    outside[7, 7, 7:9] = np.nan
    assert "NaN in 2 of 960 voxels" in complaint(save(outside), grid, inside)
    values[0, 0, 0] = np.inf
    assert "infinite" in complaint(save(values), grid, inside)


@pytest.mark.parametrize("factor", [255, 1000, -1])
def test_what_is_not_grey_matter_is_refused(save, values, grid, factor):
    assert "expected grey matter" in complaint(save(values * factor), grid)


def test_real_t1w_image_is_refused(shared_data):
    path = shared_data / "t1w" / "sub-01_T1w.nii.gz"
    assert "T1w image" in complaint(path, Grid.of(open_image(path)))


def test_map_that_misses_the_atlas_is_refused(save, values, grid, inside):
    moved = np.zeros_like(values)
    moved[:4] = 0.7
    assert "in 0 % of the voxels of the atlas" in complaint(save(moved), grid, inside)
    far = AFFINE.copy()
    far[2, 3] += 500
    assert "in 0 %" in complaint(save(values, far), grid, inside, resample=True)


# ---------------------------------------------------------------- many maps, remembered
def test_cache_remembers_maps_that_passed_until_they_change(save, values, grid, inside, tmp_path):
    cache = tmp_path / "folder" / "checks.json"
    good = [save(values, name=f"good{i}.nii.gz") for i in range(3)]
    check_maps(good, grid, inside, cache=cache)
    assert len(json.loads(cache.read_text())) == 3
    # Same size and time: not read again, so the damage goes unseen.
    content, status = good[0].read_bytes(), good[0].stat()
    good[0].write_bytes(bytes(len(content)))
    os.utime(good[0], ns=(status.st_atime_ns, status.st_mtime_ns))
    check_maps(good, grid, inside, cache=cache)
    # Another time: read again.
    os.utime(good[0], ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with pytest.raises(InputError, match="good0"):
        check_maps(good, grid, inside, cache=cache)
    # Against another mask every map is read again.
    good[0].write_bytes(content)
    inside[0, 0, 0] = True
    values[0, 0, 0] = np.nan
    save(values, name="good1.nii.gz")
    with pytest.raises(InputError, match=r"good1.*NaN in 1"):
        check_maps(good, grid, inside, cache=cache)


def test_unreadable_cache_counts_as_none(save, values, grid, tmp_path):
    cache = tmp_path / "checks.json"
    for content in ("{", "[1]"):
        cache.write_text(content)
        check_maps([save(values)], grid, cache=cache)
        assert len(json.loads(cache.read_text())) == 1


def test_first_faulty_map_is_told_with_the_number_of_others(save, values, grid):
    paths = [save(values * f, name=f"{i}.nii") for i, f in enumerate([1, 500, 1, 500, 500])]
    with pytest.raises(InputError, match=r"1\.nii: .*\(2 more maps fail too\)"):
        check_maps(paths, grid)
    with pytest.raises(InputError, match=r"1\.nii: [^(]*\([^(]*\)[^(]*$"):
        check_maps(paths[:3], grid)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_keep_the_order(threads):
    assert list(in_threads(lambda x: x * x, range(40), threads)) == [x * x for x in range(40)]


# ---------------------------------------------------------------- grids
def test_native_grid_is_that_of_the_first_map(save, values, grid):
    found = reference_grid("native", save(values))
    assert found.matches(grid.shape, grid.affine)
    assert str(found) == "20 x 22 x 18 voxels of 3 mm, LAS"
    assert found.voxel_volume_mm3 == pytest.approx(27)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_template_grid_is_nilearns(size):
    from nilearn.datasets import load_mni152_gm_template

    expected = load_mni152_gm_template(resolution=size)
    found = reference_grid(size, "not read")
    assert found.matches(expected.shape, expected.affine)
    assert np.array_equal(template_map(size).get_fdata(), expected.get_fdata())


def test_template_grid_of_a_broken_number_of_mm():
    found = reference_grid(1.5, "not read")
    assert nib.affines.voxel_sizes(found.affine) == pytest.approx([1.5] * 3)


# ---------------------------------------------------------------- resampling
def test_resampling_keeps_the_volume_of_grey_matter(save):
    """A modulated map: the sum in ml stays, in the whole and in parts."""
    fine = template_map(1.5)
    path = save(fine.get_fdata(dtype=np.float32), fine.affine)
    target = Grid.of(template_map(2))
    moved = load_map(path, target, resample=True)
    before = fine.get_fdata().sum() * 1.5**3 / 1000
    after = moved.sum(dtype=float) * target.voxel_volume_mm3 / 1000
    assert after == pytest.approx(before, rel=2e-3)
    # Parts of the brain, weighted smoothly: labels would add the error of their own borders.
    for centre in [(0, 50, 20), (-45, -20, -15), (25, -65, -40), (10, 5, 5)]:

        def weight(grid, centre=centre):
            points = nib.affines.apply_affine(
                grid.affine, np.moveaxis(np.indices(grid.shape), 0, -1)
            )
            return np.exp(-((points - centre) ** 2).sum(axis=-1) / (2 * 12**2))

        old = (fine.get_fdata() * weight(Grid.of(fine))).sum() * 1.5**3
        new = (moved * weight(target)).sum() * 2**3
        assert new == pytest.approx(old, rel=2e-3)


def test_resampling_is_nilearns_continuous_interpolation(save, values):
    from nilearn.image import resample_img

    path = save(values)
    affine = np.array([[-4.0, 0, 0, 28], [0, 4, 0, -38], [0, 0, 4, -19], [0, 0, 0, 1]])
    target = Grid((15, 16, 14), affine)
    expected = resample_img(
        nib.load(path),
        target_affine=target.affine,
        target_shape=target.shape,
        interpolation="continuous",
        copy_header=True,
        force_resample=True,
    )
    found = load_map(path, target, resample=True)
    assert np.abs(found - expected.get_fdata()).max() < 1e-6


def test_smoothing_is_nilearns_and_comes_before_resampling(save, values, grid):
    from nilearn.image import resample_img, smooth_img

    path = save(values)
    smooth = smooth_img(nib.load(path), 8)
    assert np.abs(load_map(path, grid, smoothing_fwhm_mm=8) - smooth.get_fdata()).max() < 1e-6
    target = Grid((10, 11, 9), AFFINE @ np.diag([2.0, 2, 2, 1]))
    expected = resample_img(
        smooth,
        target_affine=target.affine,
        target_shape=target.shape,
        interpolation="continuous",
        copy_header=True,
        force_resample=True,
    )
    found = load_map(path, target, resample=True, smoothing_fwhm_mm=8)
    assert np.abs(found - expected.get_fdata()).max() < 1e-6


def test_reading_on_another_grid_by_mistake_is_refused(save, values):
    with pytest.raises(InputError, match="another grid"):
        load_map(save(values), Grid((5, 5, 5), AFFINE))
