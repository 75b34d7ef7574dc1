"""Features that separate the classes almost alone."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mri_response.features.separation import separating, separation, separation_warnings


def test_separation_is_the_area_under_the_curve_in_either_direction():
    rng = np.random.default_rng(8)
    labels = rng.integers(0, 2, 60)
    values = pd.DataFrame(
        {"up": labels + rng.normal(size=60), "down": rng.normal(size=60) - labels, "ties": 0.0}
    )
    values["ties"] = (values["up"] > 0.5).astype(float)
    values.loc[:4, "down"] = np.nan
    known = values["down"].notna()
    expected = [
        roc_auc_score(labels, values["up"]),
        1 - roc_auc_score(labels[known], values["down"][known]),
        roc_auc_score(labels, values["ties"]),
    ]
    assert separation(values, labels).to_numpy() == pytest.approx(expected, abs=1e-12)
    assert separation(pd.DataFrame({"empty": [np.nan] * 60}), labels).isna().all()


@pytest.fixture
def made_up():
    """60 people whose voxels 7 and 9000 know the class, up to a few people in the latter."""
    rng = np.random.default_rng(4)
    labels = np.arange(60) % 2
    voxels = rng.normal(size=(60, 9100)).astype(np.float32)
    voxels[:, 7] = rng.random(60) + labels
    voxels[:, 9000] = rng.random(60) - labels + 0.03 * rng.normal(size=60)
    return voxels, labels


def test_the_same_voxels_are_found_whatever_is_ranked_at_a_time(made_up, tmp_path):
    voxels, labels = made_up
    np.save(tmp_path / "voxels.npy", voxels)
    found = separating(np.load(tmp_path / "voxels.npy", mmap_mode="r"), labels)
    areas = [roc_auc_score(labels, voxels[:, 7]), 1 - roc_auc_score(labels, voxels[:, 9000])]
    assert found.to_dict() == pytest.approx({7: areas[0], 9000: areas[1]}, abs=1e-12)


def test_regions_are_named_and_voxels_counted(made_up):
    voxels, labels = made_up
    regions = pd.DataFrame(voxels[:, :9].astype(float), columns=[f"r{i}" for i in range(9)])
    first, second = separation_warnings({"roi": regions, "maps": voxels}, labels)
    assert first.startswith("features.roi: r7 (AUC 1.000) separate the classes almost alone;")
    assert second.startswith("features.maps: 2 of 9,100 voxels (AUC up to 1.000) separate the")
    assert separation_warnings({"roi": regions.drop(columns="r7")}, labels) == []


def test_few_people_are_separated_by_chance(made_up):
    """Of 9,100 voxels some separate six people from six by chance: nothing is said."""
    voxels, labels = made_up
    assert (separation(pd.DataFrame(voxels[:12]), labels[:12]) > 0.98).sum() > 10
    assert separating(voxels[:12], labels[:12]).empty


def test_more_people_than_a_float_can_count_labellings_of():
    rng = np.random.default_rng(4)
    labels = np.tile([0, 1], 700)
    values = pd.DataFrame({"plain": rng.normal(size=1400), "told": labels * 1.0})
    assert separating(values, labels).to_dict() == {"told": 1.0}
