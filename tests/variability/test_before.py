"""Components of change beside the maps before treatment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from brain_data import made_parcels, smooth_maps
from scipy.stats import pearsonr

from mri_response.inputs.parcels import POSITION
from mri_response.variability.results import component_tables
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


def test_without_maps_before_nothing_is_said(config):
    maps = smooth_maps(PARCELS, 24, np.random.default_rng(4))
    table = components(config, maps, None)
    assert table[["before_cos", "before_r", "before_r_low", "before_r_high"]].isna().all(axis=None)
