"""Scans that cannot be analysed together are told or refused before a model is fitted."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml
from small_study import SIZES, Study, template

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.features.comparable import (
    OUTSIDE_FLAGGED,
    OUTSIDE_REFUSED,
    likeness,
    outside_part,
    scale_notes,
    space_note,
)
from mri_response.features.quality import quality_table
from mri_response.features.voxels import template_values
from mri_response.inputs.images import Grid, resampled

AFFINE = np.diag([4.0, 4, 4, 1])
GRID = Grid((10, 12, 8), AFFINE)


# ---------------------------------------------------------------- field of view
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("start", [0, 3])
def test_part_outside_the_box_is_counted_by_hand(axis, start):
    """The own grid lacks slices at the beginning or at the end."""
    mask = np.random.default_rng(axis).uniform(size=GRID.shape) > 0.4
    keep = slice(start, GRID.shape[axis] - (3 - start))
    shape = list(GRID.shape)
    shape[axis] -= 3
    own = AFFINE.copy()
    own[axis, 3] += 4 * start
    kept = np.moveaxis(mask, axis, 0)[keep].sum()
    values = np.ones(GRID.shape)
    found = outside_part(values, Grid(tuple(shape), own), GRID, mask)
    assert found == pytest.approx(1 - kept / mask.sum())
    # A program that filled the box up with zeros leaves as much out.
    np.moveaxis(values, axis, 0)[: keep.start] = 0
    np.moveaxis(values, axis, 0)[keep.stop :] = 0
    assert outside_part(values, GRID, GRID, mask) == pytest.approx(found)


def test_holes_and_other_voxel_sizes_are_no_crop():
    values = np.ones(GRID.shape)
    values[3:5] = 0
    assert outside_part(values, GRID, GRID, np.ones(GRID.shape, bool)) == 0
    fine = Grid(
        (40, 48, 32), np.array([[1, 0, 0, -1.5], [0, 1, 0, -1.5], [0, 0, 1, -1.5], [0, 0, 0, 1]])
    )
    assert outside_part(values, fine, GRID, np.ones(GRID.shape, bool)) == 0


# ---------------------------------------------------------------- space
def test_white_matter_and_native_space_do_not_look_like_grey_matter():
    from nilearn.datasets import load_mni152_wm_template

    grid = Grid.of(template())
    grey = template_values(grid)
    kept = np.flatnonzero(grey > 0.2)
    rng = np.random.default_rng(0)
    individual = grey * rng.gamma(9, 1 / 9, (6, *grey.shape))
    good = likeness(individual.reshape(6, -1)[:, kept], grey.ravel()[kept])
    assert good > 0.85
    assert space_note(good, "cohort a, source gm") is None
    image = load_mni152_wm_template(resolution=2)
    white = resampled(image.get_fdata(dtype=np.float32), Grid.of(image), grid)
    shifted = np.roll(grey, (1, -2, 2), (0, 1, 2))
    for other in (white, shifted, np.flip(grey, 2)):
        found = likeness(other.reshape(1, -1)[:, kept], grey.ravel()[kept])
        with pytest.raises(InputError, match="found that the mean map correlates"):
            space_note(found, "cohort a, source gm")
    assert "grey matter in template space?" in space_note(0.4, "cohort a, source gm")
    assert np.isnan(likeness(np.ones((3, 5)), np.arange(5.0)))
    assert space_note(float("nan"), "cohort a, source gm") is None


# ---------------------------------------------------------------- scale
@pytest.mark.parametrize("factor", [1 / 1000, 0.25, 3.5, 8, 1000])
def test_another_unit_is_refused(factor):
    reference = {"lh": 2.5, "rh": 2.4, "icv": 1500.0}
    levels = {name: value * factor for name, value in reference.items()}
    with pytest.raises(InputError, match=f"values are {factor:g} times those of"):
        scale_notes(levels, reference, "cohort b, source fs", "a")


def test_one_column_in_another_unit():
    reference = {f"r{i}": 5.0 for i in range(9)}
    assert scale_notes(reference, reference, "b", "a") == []
    assert scale_notes(reference | {"r3": 20.0}, reference, "b", "a") == []
    told = scale_notes(reference | {"r3": 0.5}, reference, "b", "a")
    text = "values of r3 are 0.1 times those of the discovery cohort a (medians)"
    assert told == [f"{text}: is the scale the same?"]
    with pytest.raises(InputError, match="values of r3 are 1000 times"):
        scale_notes(reference | {"r3": 5000.0}, reference, "b", "a")
    assert scale_notes({"new": 7.0}, reference, "b", "a") == []


# ---------------------------------------------------------------- a study
@pytest.fixture(scope="module")
def study(tmp_path_factory):
    study = Study(tmp_path_factory.mktemp("comparable") / "study", maps=True)
    study.config["models"] = {}
    study.model("voxel_svc", "voxels")
    return study


def changed(study, tmp_path, monkeypatch, cohort, change, n=None):
    """Quality of a copy in which the first maps of a cohort are changed."""
    other = study.copied(tmp_path / "study")
    for path in sorted((other.folder / cohort / "maps").iterdir())[:n]:
        nib.save(change(nib.load(path)), path)
    monkeypatch.chdir(other.folder)
    return quality_table(load_config(yaml.safe_load(other.save().read_text())))


def without_top(slices):
    def change(image):
        values = image.get_fdata(dtype=np.float32).copy()
        inside = np.flatnonzero((values > 0.1).any(axis=(0, 1)))
        values[:, :, inside[-1] - slices + 1 :] = 0
        return nib.Nifti1Image(values, image.affine)

    return change


def times(factor):
    return lambda image: nib.Nifti1Image(image.get_fdata(dtype=np.float32) * factor, image.affine)


def test_sound_maps_are_neither_told_nor_refused(study, tmp_path, monkeypatch):
    qc = changed(study, tmp_path, monkeypatch, "external", times(1), 0)
    assert (qc["map_outside"] <= OUTSIDE_FLAGGED).all()
    assert not qc["flag"].fillna("").str.contains("field of view|all scans").any()
    assert qc.attrs["told"] == []


def test_a_map_cut_a_little_is_flagged(study, tmp_path, monkeypatch):
    qc = changed(study, tmp_path, monkeypatch, "control", without_top(2), 2)
    own = qc[qc["cohort"] == "control"].reset_index(drop=True)
    assert own["map_outside"][:2].between(OUTSIDE_FLAGGED, OUTSIDE_REFUSED, "neither").all()
    cut = own["flag"].fillna("").str.contains("template outside the field of view")
    assert cut.tolist() == [True] * 2 + [False] * (SIZES["control"] - 2)
    assert len(qc.attrs["told"]) == 1
    text = f"cohort control, source gm: 2 of {SIZES['control']} maps leave out more than 1 % of"
    assert qc.attrs["told"][0].startswith(text)


@pytest.mark.parametrize(
    ("cohort", "change", "n", "message"),
    [
        ("external", without_top(6), 5, "cohort external, source gm: found 5 maps whose field of"),
        ("control", times(0.2), None, "cohort control, source gm: found that values are 0."),
        (
            "discovery",
            lambda image: nib.Nifti1Image(np.roll(image.get_fdata(), 3, 1), image.affine),
            None,
            "cohort discovery, source gm: found that the mean map correlates",
        ),
    ],
)
def test_maps_that_cannot_be_analysed_together_are_one_line(
    study, tmp_path, monkeypatch, cohort, change, n, message
):
    with pytest.raises(InputError) as error:
        changed(study, tmp_path, monkeypatch, cohort, change, n)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_another_scale_is_told_for_every_scan_of_the_cohort(study, tmp_path, monkeypatch):
    qc = changed(study, tmp_path, monkeypatch, "external", times(0.5))
    told = qc["flag"].fillna("").str.contains("all scans of the cohort: values are 0.[45]")
    assert (told == (qc["cohort"] == "external")).all()
    assert len(qc.attrs["told"]) == 1
    assert qc.attrs["told"][0].startswith("cohort external, source gm: values are 0.")


def test_tables_in_another_unit_are_refused(tmp_path, monkeypatch):
    study = Study(tmp_path)
    path = tmp_path / "external" / "regions.tsv"
    table = pd.read_csv(path, sep="\t", index_col=0)
    (table * 1000).to_csv(path, sep="\t")
    monkeypatch.chdir(tmp_path)
    config = load_config(yaml.safe_load(study.save().read_text()))
    with pytest.raises(InputError, match="cohort external, source fs: found that values are "):
        quality_table(config)
