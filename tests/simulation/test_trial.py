"""The demo's trial: sizes, files, effects, and the linear form of its regional sums."""

import hashlib
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.core.tables import read_tsv
from mri_response.features.roi_maps import roi_features
from mri_response.inputs.atlases import Atlas, load_atlas
from mri_response.inputs.images import Grid, load_map, template_map
from mri_response.inputs.map_checks import check_maps
from mri_response.inputs.paths import resolve_pattern
from mri_response.inputs.sources.bids import BidsRequest, find_images, is_probability
from mri_response.inputs.sources.cat12 import RoiRequest, read_reports, read_rois
from mri_response.inputs.tables import read_table
from mri_response.inputs.tiv import read_tiv
from mri_response.simulation.files import simulate_cohort
from mri_response.simulation.layouts import NOTICE
from mri_response.simulation.maps import (
    LARGEST,
    STEP,
    grey_matter_map,
    planted_image,
    planted_table,
    roi_operator,
)
from mri_response.simulation.people import draw_cohort

COHORTS = {
    "discovery": (99, 52),
    "external_a": (26, 13),
    "external_b": (25, 13),
    "saline": (49, 15),
}


@pytest.fixture(scope="module")
def demo() -> dict:
    root = Path(__file__).resolve().parents[2]
    raw = yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))
    return load_config(raw)


def small(**changes) -> dict:
    """A small trial on a coarse grid, with every defect."""
    first = {
        "n": 8,
        "responders": 3,
        "effect_present": True,
        "scanners": 2,
        "missing_endpoint": 1,
        "missing_scan": 1,
        "layout": "cat12",
    }
    second = {**first, "missing_endpoint": 0, "missing_scan": 0, "layout": "cat12_xml"}
    third = {**first, "n": 2, "responders": 1, "layout": "bids"}
    trial = {
        "directory": "unused",
        "seed": 11,
        "voxel_size_mm": 6,
        "effect": 0.05,
        "cohorts": {"one": first, "two_b": second, "three": third},
    }
    return {**trial, **changes}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    directory = tmp_path_factory.mktemp("trial")
    for cohort in ("one", "two_b", "three"):
        simulate_cohort(small(), cohort, directory)
    return directory


def responses(scores: pd.DataFrame) -> pd.Series:
    """Fall by half or more, by participant; NaN where a score is missing."""
    wide = scores.astype({"score": float}).set_index(["participant_id", "session_id"])
    wide = wide["score"].unstack()  # noqa: PD010
    fall = 100 * (wide["ses-baseline"] - wide["ses-24h"]) / wide["ses-baseline"]
    return (fall >= 50).where(fall.notna())


# ---------------------------------------------------------------- people
@pytest.mark.parametrize("cohort", COHORTS)
def test_demo_has_the_sizes_of_the_published_design(demo, cohort):
    n, responders = COHORTS[cohort]
    people = draw_cohort(demo["simulation"], cohort).people
    complete = people[people["status"] == "complete"]
    assert (len(complete), complete["responder"].sum()) == (n, responders)
    assert people["participant_id"].is_unique


def test_demo_has_defects_to_exclude(demo):
    statuses = {
        cohort: draw_cohort(demo["simulation"], cohort).people["status"].value_counts()
        for cohort in COHORTS
    }
    assert statuses["discovery"].to_dict() == {"complete": 99, "no_endpoint": 1, "no_scan": 1}
    assert statuses["saline"].to_dict() == {"complete": 49, "no_endpoint": 1}


def test_demo_plants_nothing_under_saline_and_its_seed_is_the_agreed_one(demo):
    simulation = demo["simulation"]
    assert simulation["seed"] == 20260117
    present = {name: cohort["effect_present"] for name, cohort in simulation["cohorts"].items()}
    assert present == {
        "discovery": True,
        "external_a": True,
        "external_b": True,
        "saline": False,
    }


def test_people_are_plausible(demo):
    people = pd.concat([draw_cohort(demo["simulation"], cohort).people for cohort in COHORTS])
    assert people["age"].between(18, 70).all()
    assert people["tiv"].between(1050, 1950).all()
    assert set(people["sex"]) == {"F", "M"}
    assert people["baseline"].between(20, 50).all()
    assert people["endpoint"].between(0, 60).all()
    by_sex = people.groupby("sex")["tiv"].mean()
    assert by_sex["M"] > by_sex["F"] + 50


def test_scores_agree_with_response_and_reach_the_border(demo):
    for cohort in COHORTS:
        people = draw_cohort(demo["simulation"], cohort).people
        fall = 100 * (people["baseline"] - people["endpoint"])
        assert ((fall >= 50 * people["baseline"]) == people["responder"]).all()
        complete = people[people["status"] == "complete"]
        twice = 2 * complete["endpoint"] - complete["baseline"]
        assert (twice == 0).any()  # exactly half: a response
        assert ((twice > 0) & (twice <= 2)).any()  # a point less: none


def test_person_depends_on_seed_cohort_and_number_alone():
    first = draw_cohort(small(), "one")
    again = draw_cohort(small(), "one")
    pd.testing.assert_frame_equal(first.people, again.people)
    assert np.array_equal(first.coefficients, again.coefficients)
    other = draw_cohort(small(seed=12), "one")
    assert not np.isclose(first.coefficients, other.coefficients).any(axis=1).all()
    assert (first.people["tiv"] != other.people["tiv"]).all()
    assert (draw_cohort(small(), "two_b").people["tiv"] != first.people["tiv"][:8]).all()
    larger = small()
    larger["cohorts"]["one"]["n"] = 20
    assert (draw_cohort(larger, "one").people["tiv"][:10] == first.people["tiv"]).all()


def test_response_alone_moves_the_maps_and_only_where_planted():
    """The same people without the effect: the difference is the planted one, or none."""
    with_effect, without = small(), small(effect=0.0)
    drawn, plain = draw_cohort(with_effect, "one"), draw_cohort(without, "one")
    atlas = load_atlas("aal", Grid.of(template_map(6)))
    operator = roi_operator(with_effect, atlas)
    ratio = (drawn.coefficients @ operator.T) / (plain.coefficients @ operator.T)
    lobe = atlas.regions["lobe"].to_numpy()
    responder = drawn.people["responder"].to_numpy()
    assert (ratio[responder][:, lobe == "frontal"] > 1).all()
    assert (ratio[responder][:, lobe == "cerebellum"] < 1).all()
    assert (ratio[~responder][:, lobe == "frontal"] < 1).all()
    assert (ratio[~responder][:, lobe == "cerebellum"] > 1).all()
    absent = small()
    absent["cohorts"]["one"]["effect_present"] = False
    assert np.array_equal(draw_cohort(absent, "one").coefficients, plain.coefficients)


def test_maps_depend_on_age_sex_tiv_and_scanner():
    trial = small(effect=0.0)
    trial["cohorts"]["one"] |= {"n": 400, "responders": 100, "missing_scan": 0}
    drawn = draw_cohort(trial, "one")
    people = drawn.people
    atlas = load_atlas("aal", Grid.of(template_map(6)))
    total = np.log((drawn.coefficients @ roi_operator(trial, atlas).T).sum(axis=1))
    site = people["site"] == people["site"].iloc[0]
    design = np.column_stack(
        [np.ones(len(people)), people["age"], people["sex"] == "M", np.log(people["tiv"]), site]
    ).astype(float)
    coefficients, residual, *_ = np.linalg.lstsq(design, total, rcond=None)
    sigma = residual[0] / (len(total) - 5)
    t = coefficients / np.sqrt(sigma * np.diag(np.linalg.inv(design.T @ design)))
    assert t[1] < -5  # less with age
    assert coefficients[3] == pytest.approx(0.85, abs=0.2)  # more with TIV
    assert abs(t[4]) > 3  # another scanner
    assert t[2] < -2  # men: less for their TIV


# ---------------------------------------------------------------- the linear form
@pytest.mark.parametrize("name", ["neuromorphometrics", "aal"])
def test_regional_sums_are_linear_in_the_coefficients(name):
    trial = small(voxel_size_mm=3)
    coefficients = draw_cohort(trial, "one").coefficients[:3]
    atlas = load_atlas(name, Grid.of(template_map(3)))
    short = coefficients @ roi_operator(trial, atlas).T
    for row, one in zip(short, coefficients, strict=True):
        values = grey_matter_map(trial, one)
        assert values.min() >= 0
        assert values.max() < LARGEST
        long = [values[atlas.labels == index].sum() * 0.027 for index in atlas.regions["index"]]
        assert row == pytest.approx(np.array(long), rel=1e-12)


def test_regional_sums_of_the_files_are_those_of_the_linear_form(tmp_path):
    """Through the file, up to the rounding to steps of 1e-4 (half a step a voxel at most)."""
    trial = small(voxel_size_mm=3)
    trial["cohorts"]["two_b"] |= {"n": 2, "responders": 1}
    simulate_cohort(trial, "two_b", tmp_path)
    drawn = draw_cohort(trial, "two_b")
    atlas = load_atlas("neuromorphometrics", Grid.of(template_map(3)))
    paths = sorted((tmp_path / "two_b" / "derivatives" / "cat12" / "mri").iterdir())
    found = roi_features(paths, atlas, "sum").to_numpy()
    expected = drawn.coefficients @ roi_operator(trial, atlas).T
    sizes = np.array([(atlas.labels == index).sum() for index in atlas.regions["index"]])
    assert (np.abs(found - expected) <= 1.01 * STEP / 2 * sizes * 0.027).all()
    # Roundings are independent: the sums are far closer than the bound.
    assert np.abs(found / expected - 1).mean() < 1e-5


def test_operator_wants_the_simulations_grid():
    with pytest.raises(ValueError, match="atlas on"):
        roi_operator(small(), load_atlas("aal", Grid.of(template_map(3))))


# ---------------------------------------------------------------- what was planted
def test_planted_differences_are_those_of_many_noisy_people():
    """The table's values against the means of simulated responders and non-responders."""
    trial = small(effect=0.2)
    trial["cohorts"]["one"] |= {"n": 600, "responders": 300, "missing_scan": 0}
    drawn = draw_cohort(trial, "one")
    atlas = load_atlas("aal", Grid.of(template_map(6)))
    planted = planted_table(trial, atlas)
    sums = drawn.coefficients @ roi_operator(trial, atlas).T
    responder = drawn.people["responder"].to_numpy()
    ratio = np.log(sums[responder]).mean(axis=0) - np.log(sums[~responder]).mean(axis=0)
    error = np.sqrt(
        np.log(sums[responder]).var(axis=0) / responder.sum()
        + np.log(sums[~responder]).var(axis=0) / (~responder).sum()
    )
    z = (ratio - np.log1p(planted["planted"].to_numpy() / 100)) / error
    assert np.abs(z).max() < 4.5
    assert list(planted["region"]) == list(atlas.regions["region"])


def test_planted_table_and_image_agree():
    trial = small(voxel_size_mm=3)
    atlas = load_atlas("neuromorphometrics", Grid.of(template_map(3)))
    planted = planted_table(trial, atlas)
    lobes = planted["planted"].groupby(atlas.regions["lobe"])
    assert 0 < lobes.min()["frontal"] < lobes.max()["frontal"] < 5
    assert -5 < lobes.min()["cerebellum"] < lobes.max()["cerebellum"] < 0
    assert abs(lobes.mean()["occipital"]) < 0.5 * abs(lobes.mean()["cerebellum"])
    image = planted_image(trial)
    values = image.get_fdata()
    for index, expected in zip(atlas.regions["index"], planted["planted"], strict=True):
        inside = values[atlas.labels == index]
        assert inside.min() - 1e-6 <= expected <= inside.max() + 1e-6
    assert (values[0] == 0).all()


def test_planted_table_on_another_grid_is_resampled():
    """The same voxels stored from the other side: exact up to the interpolation."""
    trial = small()
    grid = Grid.of(template_map(6))
    atlas = load_atlas("aal", grid)
    turned = np.diag([-1.0, 1, 1, 1])
    turned[0, 3] = grid.shape[0] - 1
    other = Atlas(
        "turned", Grid(grid.shape, grid.affine @ turned), atlas.labels[::-1], atlas.regions, ""
    )
    found, expected = (planted_table(trial, one)["planted"] for one in (other, atlas))
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-3)


# ---------------------------------------------------------------- files
def test_layout_is_that_of_a_study(written):
    one, two = written / "one", written / "two_b"
    participants = read_table(one / "participants.tsv")
    assert list(participants.columns) == ["participant_id", "age", "sex", "site", "tiv"]
    assert len(participants) == 10
    scores = read_table(one / "scores.tsv")
    assert list(scores.columns) == ["participant_id", "session_id", "scale", "score"]
    decisive = scores.iloc[:20]
    assert set(decisive["scale"]) == {"MADRS"}
    assert set(decisive["session_id"]) == {"ses-baseline", "ses-24h"}
    response = responses(decisive)
    assert response.isna().sum() == 1
    pattern = f"{one}/derivatives/cat12/mri/mwp1{{participant_id}}_T1w.nii.gz"
    scans = {person: resolve_pattern(pattern, person) for person in participants["participant_id"]}
    without = [person for person, path in scans.items() if path is None]
    assert len(without) == 1
    analysed = response.drop(without).dropna()
    assert (len(analysed), analysed.sum()) == (8, 3)
    assert "tiv" not in read_table(two / "participants.tsv")
    for folder in (one, two):
        description = json.loads((folder / "dataset_description.json").read_text())
        assert "simulated" in description["Name"]
        assert NOTICE in description["Acknowledgements"]


def test_maps_pass_the_checks_of_real_maps(written):
    paths = sorted(written.glob("*/derivatives/cat12/mri/*.nii.gz"))
    assert len(paths) == 9 + 8
    grid = Grid.of(template_map(6))
    check_maps(paths, grid, load_atlas("aal", grid).inside)
    header = nib.load(paths[0]).header
    assert header.get_data_dtype() == np.int16
    assert b"Simulated" in header["descrip"].tobytes()


def test_reports_hold_the_tiv_of_the_maps(written):
    people = read_table(written / "two_b" / "participants.tsv")
    spec = {
        "cat12_report": f"{written}/two_b/derivatives/cat12/report/cat_{{participant_id}}_T1w.xml"
    }
    found = read_tiv(spec, people, "participants.tsv")
    assert found.tolist() == draw_cohort(small(), "two_b").people["tiv"].tolist()


def test_reports_and_regions_say_that_they_are_simulated(written):
    folder = written / "two_b" / "derivatives" / "cat12"
    files = sorted(folder.glob("*/cat*.xml"))
    assert len(files) == 2 * 8
    assert all(f"<!-- {NOTICE} -->" in path.read_text() for path in files)
    people = read_table(written / "two_b" / "participants.tsv")
    for source in (
        read_reports(folder, people),
        read_rois(folder, people, RoiRequest(("neuromorphometrics",))),
    ):
        assert source.record["state"].eq("read").all()
        assert set(source.record["version"]) == {"simulated"}


def test_maps_of_a_derivative_are_found_by_their_entities(written):
    folder = written / "three" / "derivatives" / "maps"
    people = read_table(written / "three" / "participants.tsv")
    entities = {"label": "GM", "space": "MNI152NLin2009cAsym", "desc": "modulated"}
    source = find_images(folder, people, BidsRequest("probseg", entities))
    assert len(source.table) == 2 + 1  # one has a map and no score at the end
    assert set(source.record["program"].dropna()) == {"mri-response"}
    assert NOTICE in (folder / "dataset_description.json").read_text()
    assert not any(is_probability(path) for path in source.table["path"])
    drawn = draw_cohort(small(), "three")
    first = list(drawn.people["participant_id"]).index(source.table["participant_id"][0])
    values = load_map(source.table["path"][0], Grid.of(template_map(6)))
    expected = grey_matter_map(small(), drawn.coefficients[first])
    assert np.abs(values - expected).max() <= 0.51 * STEP


def test_tables_hold_nothing_that_gives_the_response_away(written):
    drawn = draw_cohort(small(), "one").people
    table = read_tsv(written / "one" / "participants.tsv")
    assert list(table["participant_id"]) == list(drawn["participant_id"])
    # Order and scanner were drawn without looking at the response.
    assert not drawn["responder"].is_monotonic_increasing
    assert not drawn["responder"].is_monotonic_decreasing


def test_same_bytes_again(written, tmp_path):
    for _ in range(2):  # the second time over the first
        simulate_cohort(small(), "two_b", tmp_path)
    for path in sorted((written / "two_b").rglob("*")):
        if path.is_file():
            other = tmp_path / path.relative_to(written)
            digest = [hashlib.sha256(p.read_bytes()).hexdigest() for p in (path, other)]
            assert digest[0] == digest[1], path
    assert not list(tmp_path.glob(".tmp*"))


def test_files_of_others_are_never_replaced(tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "participants.tsv").write_text("participant_id\nsub-01\n")
    with pytest.raises(InputError, match="one: found files that the simulation did not make"):
        simulate_cohort(small(), "one", tmp_path)
    assert (folder / "participants.tsv").read_text() == "participant_id\nsub-01\n"
    (folder / "participants.tsv").unlink()
    simulate_cohort(small(), "one", tmp_path)  # an empty folder, as Snakemake makes it
    assert (folder / "participants.tsv").exists()
