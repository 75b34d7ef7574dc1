"""Measures of the scans against scipy, numpy and explicit covariances; rules of exclusion."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation
from sklearn.covariance import ledoit_wolf
from small_study import Study, template

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.features.quality import (
    COLUMNS,
    SUMMARY_COLUMNS,
    measured,
    quality_summary,
    quality_table,
)
from mri_response.features.quality_measures import (
    FEWEST,
    MEASURES,
    correlation_with_others,
    mahalanobis_from_others,
    read_maps,
    robust_z,
)
from mri_response.features.roi_maps import roi_features
from mri_response.features.voxels import voxel_mask
from mri_response.inputs.images import Grid
from mri_response.people.cohorts import build_cohort
from mri_response.preflight.weaknesses import input_warnings

SETTINGS = {"outlier_z": 3.5, "tiv_min_ml": 900, "tiv_max_ml": 2200, "exclude": []}


def literal_mahalanobis(z, person, clip=3.5):
    """Each row against the covariance of the other people's rows, computed anew."""
    inner = np.clip(z, -clip, clip)
    _, shrinkage = ledoit_wolf(inner, assume_centered=True)
    mean_variance = np.trace(inner.T @ inner / len(inner)) / z.shape[1]
    result = []
    for row, number in zip(z, person, strict=True):
        others = inner[person != number]
        sample = others.T @ others / len(others)
        covariance = (1 - shrinkage) * sample + shrinkage * mean_variance * np.eye(z.shape[1])
        result.append(np.sqrt(row @ np.linalg.inv(covariance) @ row))
    return np.array(result)


# ---------------------------------------------------------------- statistics
@given(st.lists(st.integers(-50, 50), min_size=FEWEST, max_size=40))
def test_robust_z_is_that_of_scipy(values):
    scale = median_abs_deviation(values, scale="normal")
    found = robust_z(values)
    if scale == 0:
        assert np.isnan(found).all()
    else:
        np.testing.assert_allclose(found, (np.array(values) - np.median(values)) / scale)


def test_robust_z_leaves_out_what_is_missing():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 3))
    values[3, 0] = np.nan
    values[5:, 1] = np.nan  # five are left
    found = robust_z(values)
    np.testing.assert_allclose(found[np.arange(30) != 3, 0], robust_z(np.delete(values[:, 0], 3)))
    assert np.isnan(found[3, 0])
    assert np.isnan(found[:, 1]).all()
    assert np.isnan(robust_z(np.full(20, np.nan))).all()
    assert np.isnan(robust_z(values[: FEWEST - 1, 2])).all()


def test_correlation_with_the_mean_of_the_others_is_that_of_numpy():
    rng = np.random.default_rng(1)
    values = rng.gamma(2, size=(12, 200)).astype(np.float32)
    found = correlation_with_others(values, np.arange(12))
    for i in range(12):
        mean = np.delete(values.astype(float), i, axis=0).mean(axis=0)
        assert found[i] == pytest.approx(np.corrcoef(values[i], mean)[0, 1], abs=1e-9)


def test_visits_of_a_person_are_left_out_together_and_weigh_as_one():
    rng = np.random.default_rng(2)
    person = np.array([0, 1, 1, 1, 2, 3])
    values = rng.gamma(2, size=(6, 50))
    found = correlation_with_others(values, person)
    means = np.array([values[person == number].mean(axis=0) for number in range(4)])
    for i, number in enumerate(person):
        mean = np.delete(means, number, axis=0).mean(axis=0)
        assert found[i] == pytest.approx(np.corrcoef(values[i], mean)[0, 1], abs=1e-9)


def test_nobody_else_and_empty_maps_have_no_correlation():
    values = np.ones((3, 20))
    values[0, ::2] = 2
    values[2, ::3] = 2
    assert np.isnan(correlation_with_others(values[:1], np.zeros(1, int))).all()
    found = correlation_with_others(values, np.arange(3))
    assert np.isnan(found[1])
    assert not np.isnan(found[[0, 2]]).any()


@pytest.mark.parametrize(
    ("n", "p", "person"),
    [
        (40, 6, np.arange(40)),
        (20, 70, np.arange(20)),
        (24, 40, np.r_[np.repeat(np.arange(7), 2), np.repeat([7, 8], 3), np.arange(9, 13)]),
    ],
)
def test_distance_is_that_from_an_explicit_covariance_of_the_others(n, p, person):
    rng = np.random.default_rng(3)
    z = rng.normal(size=(n, p)) @ np.linalg.qr(rng.normal(size=(p, p)))[0]
    z += rng.normal(size=(n, 1))
    z[4] *= 6
    found = mahalanobis_from_others(z, person)
    np.testing.assert_allclose(found, literal_mahalanobis(z, person), rtol=1e-9)
    assert found.argmax() == 4


def test_distance_with_fewer_people_than_regions_tells_people_apart():
    """Without shrinkage every row of n < p rows is equally far from the mean."""
    rng = np.random.default_rng(4)
    z = rng.normal(size=(25, 130))
    z[7, :20] += 5
    centred = z - z.mean(axis=0)
    naive = np.einsum("ij,jk,ik->i", centred, np.linalg.pinv(np.cov(z.T)), centred)
    assert np.ptp(naive) < 1e-6
    found = np.log(mahalanobis_from_others(z, np.arange(25)))
    assert robust_z(found)[7] > 3.5
    assert np.abs(np.delete(robust_z(found), 7)).max() < 3.5


def test_a_bad_scan_does_not_hide_another_one():
    rng = np.random.default_rng(5)
    z = rng.normal(size=(30, 50))
    z[0] = 40 * rng.normal(size=50)
    z[1, :10] += 6
    found = robust_z(np.log(mahalanobis_from_others(z, np.arange(30))))
    assert set(np.flatnonzero(found > 3.5)) == {0, 1}


def test_few_people_are_not_compared():
    assert np.isnan(mahalanobis_from_others(np.ones((FEWEST - 1, 3)), np.arange(FEWEST - 1))).all()
    assert np.isnan(mahalanobis_from_others(np.ones((20, 0)), np.arange(20))).all()


# ---------------------------------------------------------------- flags and rules
#: Nobody's scan is compared with those of other people.
ALONE = pd.DataFrame({"resemblance": np.nan, "resembles": None}, index=range(30))


def table_of_regions(n=30, p=8, seed=0):
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"participant_id": [f"sub-{i:02d}" for i in range(n)]})
    people["tiv"] = rng.normal(1500, 100, n)
    regions = pd.DataFrame(rng.normal(5, 0.5, (n, p)), columns=[f"r{i}" for i in range(p)])
    return people, regions


def test_flags_name_what_is_conspicuous():
    people, regions = table_of_regions()
    people.loc[2, "tiv"], people.loc[3, "tiv"], people.loc[4, "tiv"] = 880, 2300, np.nan
    regions.loc[5, "r3"] = 20
    found = measured(people, regions, None, ALONE, SETTINGS).set_index("participant_id")
    flags = found["flag"].dropna().to_dict()
    assert set(flags) == {"sub-02", "sub-03", "sub-05"}
    assert flags["sub-02"].startswith("implausible TIV (880 ml, below 900); total intracranial")
    assert "below the others (z = -" in flags["sub-02"]
    assert flags["sub-03"].startswith("implausible TIV (2300 ml, above 2200)")
    assert "Mahalanobis distance of the regions above the others" in flags["sub-05"]
    assert "region r3" in flags["sub-05"]
    assert found.loc["sub-05", "region"] == "r3"
    assert found.loc["sub-05", "regions_outlying"] == 1
    assert found["map_mean"].isna().all()
    assert found["excluded"].isna().all()


def test_regions_that_are_the_same_for_everybody_are_left_out():
    people, regions = table_of_regions()
    same = regions.assign(empty=0.0)
    pd.testing.assert_frame_equal(
        measured(people, same, None, ALONE, SETTINGS),
        measured(people, regions, None, ALONE, SETTINGS),
    )


def test_rules_exclude_by_absolute_limits_and_never_what_is_missing():
    people, regions = table_of_regions()
    people.loc[0, "tiv"], people.loc[1, "tiv"], people.loc[2, "tiv"] = 899.9, 900, np.nan
    rules = [{"measure": "tiv", "below": 900}, {"measure": "tiv", "below": 1000, "above": 5000}]
    found = measured(people, regions, None, ALONE, {**SETTINGS, "exclude": rules})["excluded"]
    volume = "total intracranial volume (ml)"
    assert found.dropna().to_dict() == {
        0: f"quality control: {volume} below 900",
        1: f"quality control: {volume} below 1000",
    }


def test_a_scan_like_that_of_another_person_is_flagged_and_may_be_left_out():
    people, regions = table_of_regions()
    alike = ALONE.copy()
    alike.loc[3] = 0.93, "elsewhere/sub-9"
    alike.loc[4] = 0.79, "elsewhere/sub-8"
    rules = [{"measure": "resemblance", "above": 0.9}]
    found = measured(people, regions, None, alike, {**SETTINGS, "exclude": rules})
    assert found["flag"].dropna().to_dict() == {
        3: "almost the scan of another person (correlation 0.930; see resembles)"
    }
    assert found["excluded"].dropna().to_dict() == {
        3: "quality control: correlation with the scan of another person above 0.9"
    }
    assert found.loc[3, "resembles"] == "elsewhere/sub-9"


# ---------------------------------------------------------------- a study
@pytest.fixture(scope="module")
def maps_study(tmp_path_factory):
    study = Study(tmp_path_factory.mktemp("quality"), maps=True)
    study.model("roi_svc", "roi")
    image = template().get_fdata(dtype=np.float32)
    # Shifted by four voxels: a scan that was registered badly.
    study.map("discovery", "sub-QD007", np.roll(image, 4, axis=1))
    return study


def config_of(study, **changes):
    return load_config(yaml.safe_load(study.save(**changes).read_text()))


def test_maps_are_measured_as_by_numpy(maps_study, monkeypatch):
    monkeypatch.chdir(maps_study.folder)
    config = config_of(maps_study)
    found = quality_table(config)
    assert list(found) == [c for c in COLUMNS if c != "session_id"]
    assert found["cohort"].drop_duplicates().tolist() == list(config["cohorts"])
    own = found[found["cohort"] == "discovery"].reset_index(drop=True)
    mask = voxel_mask("template", Grid.of(template()))
    maps = np.array(
        [
            nib.load(f"discovery/maps/mwp1{who}.nii.gz").get_fdata()[mask]
            for who in own["participant_id"]
        ]
    )
    np.testing.assert_allclose(own["map_mean"], maps.mean(axis=1), rtol=1e-6)
    for i in (0, 7, 29):
        mean = np.delete(maps, i, axis=0).mean(axis=0)
        expected = np.corrcoef(maps[i], mean)[0, 1]
        assert own.loc[i, "mean_correlation"] == pytest.approx(expected, abs=1e-6)
    assert own["mean_correlation"].idxmin() == 7
    assert "correlation with the mean map below the others" in own.loc[7, "flag"]
    people = build_cohort(config, "discovery")[0]
    np.testing.assert_array_equal(own["tiv"], people["tiv"])


def test_maps_are_thinned_to_about_three_mm(tmp_path):
    shape, affine = (12, 12, 12), np.diag([1.5, 1.5, 3, 1])
    rng = np.random.default_rng(0)
    values = rng.uniform(size=shape).astype(np.float32)
    nib.save(nib.Nifti1Image(values, affine), tmp_path / "a.nii")
    mask = rng.uniform(size=shape) > 0.5
    found = read_maps([tmp_path / "a.nii"], mask, Grid(shape, affine))
    np.testing.assert_array_equal(found.voxels[0], values[::2, ::2][mask[::2, ::2]])
    assert found.mean[0] == pytest.approx(values[mask].mean())
    assert found.regions.shape == (1, 0)


def test_regions_are_those_of_the_features(maps_study, monkeypatch):
    from mri_response.inputs.atlases import load_atlas

    monkeypatch.chdir(maps_study.folder)
    grid = Grid.of(template())
    atlas = load_atlas({"image": "atlas.nii.gz", "labels": "atlas.tsv"}, grid)
    paths = sorted(maps_study.folder.glob("external/maps/*"))
    found = read_maps(paths, voxel_mask("template", grid), grid, atlas)
    pd.testing.assert_frame_equal(found.regions, roi_features(paths, atlas))


def test_labels_do_not_matter(maps_study, monkeypatch):
    monkeypatch.chdir(maps_study.folder)
    before = quality_table(config_of(maps_study))
    people = maps_study.people["discovery"]
    swapped = people.assign(group=people["group"].map({"patient": "healthy", "healthy": "patient"}))
    path = maps_study.folder / "discovery" / "participants.tsv"
    content = path.read_bytes()
    try:
        swapped.to_csv(path, sep="\t", index=False)
        pd.testing.assert_frame_equal(quality_table(config_of(maps_study)), before)
    finally:
        path.write_bytes(content)


def test_who_is_excluded_is_listed_and_counted(maps_study, monkeypatch):
    monkeypatch.chdir(maps_study.folder)
    rules = [{"measure": "mean_correlation", "below": 0.7}]
    config = config_of(maps_study, quality_control={"exclude": rules})
    quality = quality_table(config)
    people, exclusions, flow = build_cohort(config, "discovery", quality)
    reason = "quality control: correlation with the mean map below 0.7"
    assert exclusions.to_dict("records") == [
        {"cohort": "discovery", "participant_id": "sub-QD007", "reason": reason}
    ]
    assert dict(zip(flow["step"], flow["n"], strict=True))[reason] == 1
    assert len(people) == 29
    assert "sub-QD007" not in set(people["participant_id"])
    assert len(build_cohort(config, "external", quality)[0]) == 16
    # Somebody of another cohort may have the same id.
    other = quality[quality["excluded"].notna()].assign(
        participant_id="sub-QD008", cohort="control"
    )
    assert len(build_cohort(config, "discovery", pd.concat([quality, other]))[0]) == 29
    candidates = {name: build_cohort(config, name)[0] for name in config["cohorts"]}
    assert any("quality_control" in line for line in input_warnings(config, candidates))


def test_only_the_faulty_visit_is_excluded(tmp_path, monkeypatch):
    study = Study(tmp_path, sessions=2)
    monkeypatch.chdir(tmp_path)
    config = config_of(study, quality_control={"exclude": [{"measure": "tiv", "below": 900}]})
    quality = quality_table(config)
    assert "session_id" in quality
    quality.loc[3, "excluded"] = "quality control: by hand"
    who = quality.loc[3, ["participant_id", "session_id"]].tolist()
    people, exclusions, _ = build_cohort(config, "discovery", quality)
    assert exclusions[["participant_id", "session_id"]].to_numpy().tolist() == [who]
    assert len(people) == 59


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"exclude": [{"measure": "mean_correlation", "below": 0.7}]}, "measured on maps"),
        ({"exclude": [{"measure": "tiv"}]}, "a measure with a limit"),
        ({"exclude": [{"measure": "tiv", "below": 2000, "above": 900}]}, "more than above"),
        ({"exclude": [{"measure": "mean_corelation", "below": 0.7}]}, "mean_correlation"),
        ({"tiv_min_ml": 2300}, "less than tiv_max_ml"),
    ],
)
def test_mistaken_rules_are_one_line(tmp_path, settings, message):
    study = Study(tmp_path)
    with pytest.raises(InputError) as error:
        config_of(study, quality_control=settings)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("config: quality_control.")


def test_a_rule_on_tiv_needs_tiv(tmp_path):
    study = Study(tmp_path)
    study.config["models"]["fs_svc"]["confounds"] = []
    del study.config["cohorts"]["control"]["tiv"]
    rules = [{"measure": "tiv", "below": 900}]
    with pytest.raises(InputError, match=r"cohorts\.control\.tiv: found nothing"):
        config_of(study, quality_control={"exclude": rules})


def test_the_summary_has_the_medians_and_counts_of_each_cohort_and_source():
    rng = np.random.default_rng(4)
    qc = pd.DataFrame(rng.normal(1, 0.2, (30, 4)), columns=[*MEASURES])
    qc = qc.assign(cohort=["b"] * 12 + ["a"] * 18, source=["gm"] * 20 + ["fs"] * 10)
    qc = qc.assign(flag=None, excluded=None)
    qc.loc[qc["source"] == "fs", ["map_mean", "mean_correlation"]] = np.nan
    qc.loc[[0, 3, 13], "flag"] = "tiv_low"
    qc.loc[13, "excluded"] = "tiv below 1"
    qc.loc[5, "tiv"] = np.nan
    table = quality_summary(qc)
    assert list(table.columns) == SUMMARY_COLUMNS
    counts = table[["cohort", "source", "n", "n_flagged", "n_excluded"]].to_numpy().tolist()
    assert counts == [["b", "gm", 12, 2, 0], ["a", "gm", 8, 1, 1], ["a", "fs", 10, 0, 0]]
    known = np.sort(qc.loc[:11, "tiv"].dropna())
    assert table.loc[0, "tiv_median"] == known[5]
    assert (table.loc[0, "tiv_lowest"], table.loc[0, "tiv_highest"]) == (known[0], known[-1])
    middle = np.sort(qc.loc[20:, "mahalanobis"])[4:6].sum() / 2
    np.testing.assert_allclose(table.loc[2, "mahalanobis_median"], middle, rtol=1e-12)
    assert table.loc[2, ["map_mean_median", "mean_correlation_lowest"]].isna().all()
