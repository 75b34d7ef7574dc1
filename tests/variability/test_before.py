"""Components of change beside the maps before treatment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from brain_data import made_parcels, smooth_maps
from scipy.stats import pearsonr

from mri_response.inputs.parcels import POSITION
from mri_response.variability.results import BEFORE, component_tables
from mri_response.variability.study import EffectStudy

PARCELS = made_parcels(20)
PEOPLE = [f"sub-{i:02}" for i in range(24)]


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> dict:
    path: Path = tmp_path_factory.mktemp("atlas") / "places.tsv"
    places = PARCELS[POSITION].assign(region=PARCELS["name"], hemisphere=PARCELS["side"])
    places.to_csv(path, sep="\t", index=False)
    asked = {
        "atlas": {"coordinates": str(path)},
        "components": {"null_maps": "smooth", "n": 19, "alpha": 0.9, "max": 3},
        "stability": {"bootstrap": 3, "split_half": 2},
    }
    return {"variability": asked, "seed": 3}


def components(config: dict, maps: np.ndarray, before: np.ndarray | None) -> pd.DataFrame:
    people = pd.DataFrame({"participant_id": PEOPLE, "used": True, "is_control": False})
    people = people.assign(cohort="drug", block="all")
    regions = list(PARCELS["region"])
    own = pd.DataFrame(maps, PEOPLE, regions)
    earlier = (
        pd.DataFrame(index=PEOPLE) if before is None else pd.DataFrame(before, PEOPLE, regions)
    )
    study = EffectStudy("change", regions, people, own, earlier)
    return component_tables(config, [study])["components"]


def test_a_correlation_with_the_map_before_has_the_interval_of_scipy(config):
    rng = np.random.default_rng(1)
    before = smooth_maps(PARCELS, 24, rng)
    maps = smooth_maps(PARCELS, 24, rng) - 0.6 * before
    first = components(config, maps, before).iloc[0]
    _, _, loadings = np.linalg.svd(maps - maps.mean(axis=0), full_matrices=False)
    found = pearsonr(maps @ loadings[0], before @ loadings[0])
    assert first["before_r"] == pytest.approx(found.statistic)
    limits = first[["before_r_low", "before_r_high"]].tolist()
    assert limits == pytest.approx(list(found.confidence_interval(0.95)))


def test_the_cosine_with_the_nearest_component_before_is_judged_beside_random_maps(config):
    rng = np.random.default_rng(2)
    before = smooth_maps(PARCELS, 24, rng)
    maps = 0.2 * smooth_maps(PARCELS, 24, rng) - before
    table = components(config, maps, before)
    own, earlier = (
        np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][:3] for x in (maps, before)
    )
    assert table["before_cos"].to_numpy() == pytest.approx(np.abs(own @ earlier.T).max(axis=1))
    assert table["before_cos_p"].iloc[0] == 1 / 200
    assert (table["before_cos"] > table["before_cos_null_95"]).iloc[0]


def test_of_smooth_maps_without_a_relation_as_many_seem_related_as_p_says(config, monkeypatch):
    monkeypatch.setattr("mri_response.variability.results.BEFORE_OF_NULL", 39)
    p = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        maps, before = smooth_maps(PARCELS, 24, rng), smooth_maps(PARCELS, 24, rng)
        p.append(components(config, maps, before)["before_cos_p"].iloc[0])
    # 16 are expected at 0.2; three standard deviations are 10.7.
    assert 5 <= np.sum(np.array(p) <= 0.2) <= 27


def test_without_maps_before_nothing_is_said(config):
    maps = smooth_maps(PARCELS, 24, np.random.default_rng(4))
    table = components(config, maps, None)
    assert table[list(BEFORE)].isna().all(axis=None)
