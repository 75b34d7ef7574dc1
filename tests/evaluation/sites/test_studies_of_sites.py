"""Studies of several sites, from folds to tables: two real sites, and six simulated ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mri_response.evaluation.sites.performance import site_performance, site_spread
from mri_response.evaluation.sites.prediction import site_predictability
from mri_response.learning.decisions import joined
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.splits import Scheme, draw_folds

M = 19
HARMONISE = {
    **{"column": "site", "keep": ["age"], "method": "combat", "reference": None},
    **{"learn_from": None, "min_people": 5},
}


def analysed(people, features, scheme, *, harmonise, unseen="error"):
    """Tables of sites of one model: who can be told apart, performance by site, its spread."""
    model = {"confounds": ["age"], "harmonise": harmonise, "standardize": True}
    confounds = ConfoundCoding.of_model(people, model).stacked(people, unseen=unseen)
    labels = people["label"].to_numpy()
    *folds, _ = draw_folds(people["participant_id"], labels, scheme, 1)
    exchanged = Exchangeability(people, within="site")
    job = cross_validate(
        Sample(features, confounds, np.ones(len(people))),
        FixedFolds(folds),
        Design(exchanged, 1),
        [range(1), range(1, 1 + M)],
        SvcOptions((2.0**-10, 2.0**-6)),
    )
    decisions = joined([job], scheme.repeats, 1 + M)
    config = {
        **{"seed": 1, "cohort": "home", "cohorts": {"home": {"role": "discovery"}}},
        **{"model": model, "min_class_size": 5, "sites": {"column": "site"}},
        "cross_validation": {"outer": scheme.outer, "group": None},
        "permutation": {"n": M, "within": "site"},
        "confounds": {"unseen_site": unseen},
    }
    told = site_predictability("m", config, people, features, folds, decisions)
    sites = site_performance("m", config, {"home": people}, decisions, pd.DataFrame())
    spread = site_spread(sites).set_index("metric")
    return told.set_index("predicted_from"), sites, spread


@pytest.fixture(scope="module")
def two_sites(shared_data):
    folders = [shared_data / "schizophrenia" / name for name in ("nimh", "cobre")]
    people, features = (
        pd.concat([pd.read_csv(f / f"{name}.tsv", sep="\t") for f in folders], ignore_index=True)
        for name in ("participants", "freesurfer")
    )
    assert list(people["participant_id"]) == list(features["participant_id"])
    people["label"] = (people["group"] == "patient").astype(int)
    rows = features.drop(columns=["participant_id", "EstimatedTotalIntraCranialVol"])
    return people, rows.to_numpy(dtype=float)


def test_two_real_sites_are_told_apart_until_they_are_harmonised(two_sites):
    scheme = Scheme(1, 3, 1, 2)
    told, sites, spread = analysed(*two_sites, scheme, harmonise=HARMONISE)
    assert told.loc["features", "estimate"] > 0.9
    assert told.loc["features", "p_value"] == 1 / (1 + M)
    assert told.loc["prepared_features", "estimate"] < 0.65
    assert list(sites.loc[sites["metric"] == "auc", "site"]) == ["COBRE", "NIMH"]
    assert (spread["note"] == "not_estimable").all()


def test_two_real_sites_left_out_in_turn(two_sites):
    people, features = two_sites
    scheme = Scheme(1, 2, 1, 2, outer="leave_one_site_out", left_out=tuple(people["site"]))
    told, sites, spread = analysed(people, features, scheme, harmonise=None)
    assert (told["folds"] == "own").all()
    assert sites["estimate"].between(0.5, 0.9).all()
    assert (spread["note"] == "not_estimable").all()


def six_sites(effect=0.8):
    """Simulated: 150 people of six scanners with shifts and scales, and an effect of the class."""
    rng = np.random.default_rng(6)
    site = np.arange(150) % 6
    label = (np.arange(150) // 6) % 2
    features = rng.normal(size=(150, 30)) + effect * label[:, None] * (np.arange(30) < 5)
    features = features * rng.uniform(0.7, 1.4, (6, 30))[site] + 2 * rng.normal(size=(6, 30))[site]
    people = pd.DataFrame({
        "participant_id": [f"sub-{i}" for i in range(150)], "label": label,
        "age": rng.normal(40, 8, 150), "site": np.array(list("ABCDEF"))[site],
    })  # fmt: skip
    return people, features


@pytest.mark.parametrize("unseen", ["mean", "own"])
def test_six_harmonised_sites_left_out_inside_and_outside(unseen):
    people, features = six_sites()
    site = tuple(people["site"])
    scheme = Scheme(
        *(1, 6, 1, 6),
        **{"outer": "leave_one_site_out", "left_out": site},
        **{"inner": "leave_one_site_out", "left_out_inside": site},
    )
    given = {"harmonise": HARMONISE, "unseen": unseen}
    told, sites, spread = analysed(people, features, scheme, **given)
    assert told.loc["features", "estimate"] > 0.9
    assert told.loc["prepared_features", "estimate"] < 0.4
    assert len(sites) == 12
    row = spread.loc["auc"]
    assert row["n_sites"] == 6
    assert row["prediction_low"] < row["ci_low"] < row["estimate"] < row["ci_high"]
    if unseen == "own":
        # What is shared by a new scanner is taken off, and people of its two classes are told.
        assert row["ci_low"] > 0.5
