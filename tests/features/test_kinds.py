"""Feature matrices against nilearn and against plain loops."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.features.roi_maps import roi_features
from mri_response.features.table import table_features
from mri_response.features.voxels import voxel_features, voxel_mask
from mri_response.inputs.atlases import Atlas, load_atlas
from mri_response.inputs.images import Grid, load_map, template_map
from mri_response.inputs.tables import table_columns


@pytest.fixture(scope="module")
def template():
    return template_map(3)


@pytest.fixture(scope="module")
def grid(template):
    return Grid.of(template)


@pytest.fixture(scope="module")
def maps(tmp_path_factory, template):
    """Three maps on the template's grid; the last has NaN outside the brain."""
    rng = np.random.default_rng(5)
    folder = tmp_path_factory.mktemp("maps")
    paths = []
    for number in range(3):
        data = template.get_fdata() * rng.uniform(0.8, 1.2, template.shape)
        if number == 2:
            data[template.get_fdata() == 0] = np.nan
        paths.append(folder / f"{number}.nii.gz")
        nib.save(nib.Nifti1Image(data.astype(np.float32), template.affine), paths[-1])
    return paths


# ---------------------------------------------------------------- regions
@pytest.mark.parametrize("name", ["neuromorphometrics", "aal"])
@pytest.mark.parametrize("statistic", ["sum", "mean"])
def test_regions_equal_nilearns_masker(maps, grid, name, statistic):
    from nilearn.maskers import NiftiLabelsMasker

    atlas = load_atlas(name, grid)
    found = roi_features(maps[:2], atlas, statistic)
    # nilearn wants labels in ascending order, which the lists have.
    assert atlas.regions["index"].is_monotonic_increasing
    masker = NiftiLabelsMasker(atlas.image, strategy=statistic, standardize=None).fit()
    for row, path in enumerate(maps[:2]):
        expected = np.ravel(masker.transform(nib.load(path)))
        if statistic == "sum":
            expected = expected * 27 / 1000
        # nilearn adds in 32 bits.
        assert found.to_numpy()[row] == pytest.approx(expected, rel=1e-5)


def test_regions_equal_a_plain_loop_in_any_order_of_the_table(maps, grid):
    given = load_atlas("aal", grid)
    regions = given.regions.sample(frac=1, random_state=3).head(20).reset_index(drop=True)
    atlas = Atlas("some", grid, given.labels * np.isin(given.labels, regions["index"]), regions, "")
    found = roi_features(maps, atlas, "sum")
    for row, path in enumerate(maps):
        data = np.nan_to_num(nib.load(path).get_fdata())
        for index, region in regions[["index", "region"]].itertuples(index=False):
            expected = data[given.labels == index].sum() * 27 / 1000
            assert found.loc[row, region] == pytest.approx(expected, rel=1e-12)
    assert list(found.columns) == list(regions["region"])


def test_sums_are_in_ml_whatever_the_voxel_size(tmp_path):
    """A block of 20 x 20 x 20 mm filled with grey matter holds 8 ml on both grids."""
    for size, n in [(1, 40), (2, 20)]:
        half = (size - 1) / 2
        affine = np.diag([size, size, size, 1.0])
        affine[:3, 3] = half
        data = np.zeros((n, n, n), dtype=np.float32)
        block = slice(10 // size, 30 // size)
        data[block, block, block] = 1
        labels = np.ones((n, n, n), dtype=np.int32)
        path = tmp_path / f"{size}.nii"
        nib.save(nib.Nifti1Image(data, affine), path)
        regions = pd.DataFrame({"index": [1], "region": ["all"]})
        atlas = Atlas("block", Grid((n, n, n), affine), labels, regions, "")
        assert roi_features([path], atlas, "sum").loc[0, "all"] == pytest.approx(8)
        assert roi_features([path], atlas, "mean").loc[0, "all"] == pytest.approx(1 / 8)


def test_resampled_maps_keep_their_volume(maps, grid, tmp_path):
    coarse = load_atlas("aal", Grid.of(template_map(4)))
    found = roi_features(maps[:1], coarse, "sum", resample=True)
    native = roi_features(maps[:1], load_atlas("aal", grid), "sum")
    assert found.to_numpy().sum() == pytest.approx(native.to_numpy().sum(), rel=0.01)
    with pytest.raises(InputError, match="another grid"):
        roi_features(maps[:1], coarse, "sum")


def test_threads_change_nothing(maps, grid):
    atlas = load_atlas("aal", grid)
    one, many = (roi_features(maps, atlas, threads=threads) for threads in (1, 3))
    pd.testing.assert_frame_equal(one, many, check_exact=True)


# ---------------------------------------------------------------- voxels
def test_template_mask_is_the_thresholded_template(template, grid):
    mask = voxel_mask("template", grid, 0.2)
    # The template has steps of 1/255, so 51/255 is the threshold itself: not above it.
    assert np.array_equal(mask, np.round(template.get_fdata() * 255) > 51)
    assert 50_000 < mask.sum() < 60_000
    assert voxel_mask("template", grid, 0.5).sum() < mask.sum()


def test_mask_of_the_user_is_brought_to_the_grid(template, grid, tmp_path):
    path = tmp_path / "mask.nii.gz"
    fine = template_map(2)
    nib.save(nib.Nifti1Image((fine.get_fdata() > 0.5).astype(np.uint8), fine.affine), path)
    mask = voxel_mask(path, grid)
    both = (mask & (template.get_fdata() > 0.5)).sum()
    assert 2 * both / (mask.sum() + (template.get_fdata() > 0.5).sum()) > 0.9
    same = tmp_path / "same.nii.gz"
    nib.save(nib.Nifti1Image(mask.astype(np.int16) * 7, grid.affine), same)
    assert np.array_equal(voxel_mask(same, grid), mask)


def test_mask_without_a_voxel_is_refused(grid, tmp_path):
    path = tmp_path / "mask.nii.gz"
    nib.save(nib.Nifti1Image(np.zeros(grid.shape, np.uint8), grid.affine), path)
    with pytest.raises(InputError, match=r"mask .*found no voxel"):
        voxel_mask(path, grid)


@pytest.mark.parametrize("fwhm", [None, 8])
@pytest.mark.parametrize("threads", [1, 2])
def test_voxels_equal_nilearns_masker(maps, grid, tmp_path, fwhm, threads):
    from nilearn.maskers import NiftiMasker

    mask = voxel_mask("template", grid, 0.3)
    out = tmp_path / "voxels.npy"
    voxel_features(maps, mask, grid, out, fwhm, threads=threads)
    found = np.load(out, mmap_mode="r")
    assert found.dtype == np.float32
    assert found.shape == (3, mask.sum())
    masker = NiftiMasker(
        nib.Nifti1Image(mask.astype(np.uint8), grid.affine), smoothing_fwhm=fwhm, standardize=None
    ).fit()
    expected = masker.transform([str(path) for path in maps[:2]])
    assert np.abs(found[:2] - np.asarray(expected)).max() < 1e-6
    assert np.isfinite(found[2]).all()


def test_voxels_of_a_row_are_those_of_its_map(maps, grid, tmp_path):
    mask = voxel_mask("template", grid, 0.9)
    out = tmp_path / "voxels.npy"
    voxel_features([maps[1], maps[0]], mask, grid, out)
    assert np.array_equal(np.load(out)[1], load_map(maps[0], grid)[mask])


# ---------------------------------------------------------------- tables
@pytest.fixture
def table(tmp_path):
    path = tmp_path / "fs.tsv"
    path.write_text(
        "participant_id\tsite\tlh_a_thickness\tlh_b_thickness\tlh_a_area\tetiv\n"
        "sub-02\tX\t2.5\t2.25\t900\t1500000\n"
        "sub-01\tY\t2.75\t2.0\t910\t1400000\n"
        "sub-03\tY\tn/a\t2.0\t910\t1400000\n"
    )
    return path


def test_columns_are_chosen_by_pattern_and_numeric_by_default(table):
    assert table_columns(table, ["*_thickness"]) == ["lh_a_thickness", "lh_b_thickness"]
    assert table_columns(table, ["*"], ["etiv", "*_area"]) == ["lh_a_thickness", "lh_b_thickness"]
    with pytest.raises(InputError, match=r"fs\.tsv: found no column matching '\*_volume'"):
        table_columns(table, ["*_volume"])


def test_rows_and_columns_come_in_the_given_orders(table):
    people = pd.DataFrame({"participant_id": ["sub-01", "sub-02"]}, index=[5, 9])
    found = table_features(table, ["lh_b_thickness", "lh_a_thickness"], people)
    assert list(found.columns) == ["lh_b_thickness", "lh_a_thickness"]
    assert found.to_numpy().tolist() == [[2.0, 2.75], [2.25, 2.5]]


def test_sessions_belong_to_their_person(tmp_path):
    path = tmp_path / "fs.csv"
    path.write_text("participant_id,session_id,a\ns1,x,1\ns1,y,2\ns2,x,3\n")
    people = pd.DataFrame({"participant_id": ["s2", "s1", "s1"], "session_id": ["x", "y", "x"]})
    assert table_features(path, ["a"], people)["a"].tolist() == [3, 2, 1]
    with pytest.raises(InputError, match=r"several rows for s1, .*session_id"):
        table_features(path, ["a"], people[["participant_id"]].head(1))
    path.write_text("participant_id,a\ns1,1\ns2,3\n")
    with pytest.raises(InputError, match=r"no column session_id.*s1"):
        table_features(path, ["a"], people)


@pytest.mark.parametrize(
    ("columns", "ids", "message"),
    [
        (["lh_c_thickness"], ["sub-01"], "'lh_c_thickness'"),
        (["site"], ["sub-01"], "column site: found 'X', expected a number"),
        (["lh_a_thickness"], ["sub-04"], "no row for 'sub-04'"),
        (["lh_a_thickness"], ["sub-03"], "line 4: column lh_a_thickness: found no value"),
    ],
)
def test_faulty_tables_are_told(table, columns, ids, message):
    with pytest.raises(InputError, match=message) as error:
        table_features(table, columns, pd.DataFrame({"participant_id": ids}))
    assert str(table) in str(error.value)
    assert "\n" not in str(error.value)


def test_real_table_in_two_cohorts(shared_data):
    """nimh and cobre share their columns; the order is that of the discovery cohort."""
    nimh, cobre = (
        shared_data / "schizophrenia" / name / "freesurfer.tsv" for name in ("nimh", "cobre")
    )
    columns = table_columns(nimh, ["*_thickness"])
    raw = pd.read_csv(cobre, sep="\t", dtype={"participant_id": str})
    people = raw[["participant_id"]].iloc[::-1]
    found = table_features(cobre, columns, people)
    assert np.array_equal(found.to_numpy(), raw[columns].iloc[::-1].to_numpy(dtype=float))
