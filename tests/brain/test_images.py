"""Weights as images, and what stands out in them."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from mri_response.brain.images import (
    paint_regions,
    planted_beside_found,
    strongest_voxel,
    typical_limit,
    weight_image,
)


def _small_atlas() -> tuple[nib.Nifti1Image, pd.DataFrame]:
    labels = np.zeros((20, 24, 20), dtype=np.int16)
    labels[5:9, 8:14, 6:12] = 4
    labels[11:15, 8:14, 6:12] = 9
    affine = np.diag([9.0, 9.0, 9.0, 1.0])
    affine[:3, 3] = [-90, -126, -72]
    return (
        nib.Nifti1Image(labels, affine),
        pd.DataFrame({"index": ["4", "9"], "region": ["Left_Amygdala", "Right_Amygdala"]}),
    )


def test_painted_atlas_holds_each_regions_value() -> None:
    atlas, regions = _small_atlas()
    painted = paint_regions(atlas, regions, {"Left_Amygdala": -0.5, "Right_Amygdala": 2})
    labels, values = np.asarray(atlas.dataobj), painted.get_fdata()
    assert np.unique(values[labels == 4]).tolist() == [-0.5]
    assert np.unique(values[labels == 9]).tolist() == [2.0]
    assert not values[labels == 0].any()


def test_weights_by_region_and_by_voxel_give_an_image() -> None:
    atlas, regions = _small_atlas()
    weights = pd.DataFrame(
        {
            "region": ["Right_Amygdala", "Left_Amygdala"],
            "haufe": ["2", "-0.5"],
            "weight": ["1", "3"],
        }
    )
    inputs = {"weights": weights, "atlas": atlas, "regions": regions}
    labels = np.asarray(atlas.dataobj)
    haufe = weight_image(inputs, "haufe")
    assert haufe.get_fdata()[labels == 4].tolist() == [-0.5] * int((labels == 4).sum())
    assert weight_image(inputs, "weight").get_fdata()[labels == 9].max() == 1
    assert weight_image({"haufe": haufe}, "haufe") is haufe


def test_the_limit_is_that_of_what_is_drawn() -> None:
    values = np.concatenate([np.zeros(1000), np.arange(1, 102), [-200.0]])
    assert typical_limit(values) == pytest.approx(np.percentile([*range(1, 102), 200], 99))
    assert typical_limit(np.zeros(3)) == 1


def test_a_cluster_is_stronger_than_a_single_voxel() -> None:
    values = np.zeros((20, 20, 20))
    values[3, 3, 3] = 2
    values[12:15, 12:15, 12:15] = -1
    assert strongest_voxel(values, 1.0) == (13, 13, 13)
    assert strongest_voxel(values, 0.1) == (3, 3, 3)


def test_planted_and_found_are_joined_by_region() -> None:
    planted = pd.DataFrame({"region": ["a", "b", "c"], "planted": ["1", "2", "4"]})
    weights = pd.DataFrame({"region": ["c", "a", "d"], "haufe": ["0.5", "-1", "3"]})
    both, correlation = planted_beside_found(planted, weights)
    assert both.to_numpy().tolist() == [["a", 1, -1], ["c", 4, 0.5]]
    assert correlation == pytest.approx(1)
    _, constant = planted_beside_found(planted.assign(planted="0"), weights)
    assert np.isnan(constant)
