"""Regions in another order, and left and right exchanged, change no number of any table."""

import numpy as np
import pandas as pd
import pytest
from brain_data import made_parcels, smooth_maps

from mri_response.inputs.parcels import POSITION
from mri_response.variability.gene_results import gene_tables
from mri_response.variability.region_results import region_tables
from mri_response.variability.results import component_tables, people_tables
from mri_response.variability.study import EffectStudy

PARCELS = made_parcels(20)
PEOPLE = [f"sub-{i:02}" for i in range(24)]


def study(maps, before):
    people = pd.DataFrame({"participant_id": PEOPLE, "used": True, "is_control": False})
    people = people.assign(is_control=people.index >= 14, cohort="drug", block="all")
    return EffectStudy("change", list(maps.columns), people, maps, before)


def every_table(folder, maps, before, mirrored=False):
    """All tables, the regions named as in `maps`."""
    folder.mkdir()
    places = PARCELS[["region", *POSITION]].rename(columns={"region": "name"})
    places["hemisphere"] = PARCELS["side"]
    places["region"] = PARCELS["name"]
    places[["region", "hemisphere", *POSITION]].to_csv(folder / "places.tsv", sep="\t", index=False)
    rng = np.random.default_rng(7)
    genes = pd.DataFrame(smooth_maps(PARCELS, 6, rng)[:, :20].T, columns=list("ABCDEF"))
    genes.insert(0, "region", PARCELS["region"][:20])
    genes.to_csv(folder / "genes.tsv", sep="\t", index=False)
    asked = {
        "atlas": {"coordinates": str(folder / "places.tsv")},
        "components": {"null_maps": "smooth", "n": 19, "alpha": 0.9, "max": 3},
        "stability": {"bootstrap": 20, "split_half": 5},
        "permutations": 49,
        "genes": {
            **{"table": str(folder / "genes.tsv"), "test": ["A", "B"], "n": 49, "sets": None},
            **{"hemisphere": "left_averaged", "maps": ["mean", "components"]},
            **{"nulls": ["spin", "moran"], "background": "all"},
        },
    }
    config = {"variability": asked, "seed": 3}
    studies = [study(maps, before)]
    made = component_tables(config, studies)
    made |= people_tables(config, studies) | region_tables(config, studies)
    return made | gene_tables(config, studies, made["components"])


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(11)
    maps, before = (
        pd.DataFrame(smooth_maps(PARCELS, 24, rng) + shift, PEOPLE, PARCELS["region"])
        for shift in (0, 9)
    )
    return maps, before


@pytest.mark.parametrize("how", ["another order", "left and right exchanged"])
def test_no_number_changes(tmp_path, data, how):
    maps, before = data
    if how == "another order":
        order = np.random.default_rng(5).permutation(40)
        others = [table.iloc[:, order] for table in data]
        named = dict(zip(maps.columns, maps.columns, strict=True))
    else:
        swapped = np.r_[20:40, :20]
        named = dict(zip(maps.columns, maps.columns[swapped], strict=True))
        others = [table.rename(columns=named) for table in data]
    own = every_table(tmp_path / "own", maps, before)
    other = every_table(tmp_path / "other", *others)
    for name, table in own.items():
        again = other[name]
        if "region" in table:
            keys = [key for key in ("component", "region") if key in table]
            table = table.assign(region=table["region"].map(named)).sort_values(keys)
            again = again.sort_values(keys)
            sides = [*POSITION, "side"] if how != "another order" else []
            table, again = (t.drop(columns=sides, errors="ignore") for t in (table, again))
        pd.testing.assert_frame_equal(
            table.reset_index(drop=True), again.reset_index(drop=True), rtol=1e-6, atol=1e-9
        )
