"""Runs of discovery cohorts of several sites: harmonised or left out, to the end of the page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.svm import SVC
from small_study import REGIONS, ROOT, Study, script_server, snakemake

CONFIGS = ROOT / "tests" / "configs"


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", keep_default_na=False, na_values=["n/a"])


def run(folder: Path, config: dict[str, Any], *targets: str) -> Path:
    """Folder of the results."""
    (folder / "study.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    options = "--cores", "2", "--configfile", "study.yaml"
    snakemake(*targets, *options, cwd=folder, scripts=script_server())
    return folder / "results" / config["run"]


def words(results: Path) -> str:
    page = (results / "report.html").read_text(encoding="utf-8")
    bare = re.sub(r"(?s)<(style|script)\b.*?</\1>", " ", page)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def check_performance_by_site(results: Path, people: pd.DataFrame) -> None:
    """Both metrics of every site, from the decision values and the given labels."""
    found = table(results / "predictions.tsv")
    found = found[found["repeat"].notna()].merge(people[["participant_id", "site"]])
    sites = table(results / "site_performance.tsv").set_index(["site", "metric"])["estimate"]
    for site, own in found.groupby("site"):
        by_repeat = [rows for _, rows in own.groupby("repeat")]
        auc = np.mean([roc_auc_score(rows["label"], rows["decision"]) for rows in by_repeat])
        right = np.mean(
            [balanced_accuracy_score(rows["label"], rows["decision"] > 0) for rows in by_repeat]
        )
        assert sites[site, "auc"] == pytest.approx(auc)
        assert sites[site, "balanced_accuracy"] == pytest.approx(right)


def sites_on_both_sides(results: Path, people: pd.DataFrame) -> dict[str, int]:
    """Splits with people of a site that is left out among those who are learned from."""
    site = people.set_index("participant_id")["site"]
    splits, found = table(results / "splits.tsv"), {"outer": 0, "inner": 0}
    for _, fold in splits.groupby(["repeat", "outer_fold"]):
        inner = fold["inner_fold"].notna()
        test = set(fold.loc[~inner, "participant_id"])
        train = set(site.index) - test
        found["outer"] += bool(set(site[list(train)]) & set(site[list(test)]))
        for _, rows in fold[inner].groupby(["inner_repeat", "inner_fold"]):
            inside = set(rows["participant_id"])
            assert inside <= train
            found["inner"] += bool(set(site[list(train - inside)]) & set(site[list(inside)]))
    return found


def harmonised(features: np.ndarray, train: np.ndarray, site: np.ndarray) -> np.ndarray:
    """Shifts and factors of sites taken off the training rows, without covariates, by hand."""
    own, names = features[train], site[train]
    centred = own.copy()
    for name in set(names):
        centred[names == name] -= own[names == name].mean(axis=0)
    mean, sd = own.mean(axis=0), np.sqrt((centred**2).mean(axis=0))
    standard = (own - mean) / sd
    for name in set(names):
        rows = names == name
        shift, factor = standard[rows].mean(axis=0), standard[rows].std(axis=0, ddof=1)
        standard[rows] = (standard[rows] - shift) / factor
    return mean + sd * standard


@pytest.mark.parametrize("unseen", ["mean", "own"])
def test_weights_of_harmonised_models_that_leave_sites_out(tmp_path, unseen):
    study = Study(tmp_path / "study")
    del study.config["cohorts"]["external"], study.config["cohorts"]["control"]
    study.people["discovery"]["site"] = ["A", "A", "B", "B", "C", "C"] * 5
    study.write("discovery")
    harmonise = {"column": "site", "keep": [], "method": "location_scale"}
    study.model("fs_svc", "fs", confounds=[], harmonise=harmonise)
    left_out = {"outer": "leave_one_site_out", "inner": "leave_one_site_out"}
    config = study.config | {
        "cross_validation": left_out,
        "confounds": {"unseen_site": unseen},
        "permutation": {"n": 5},
    }
    targets = [f"results/small/{name}.tsv" for name in ("weights/fs_svc", "predictions")]
    results = run(study.folder, config, *targets)
    people = study.people["discovery"]
    features = table(study.folder / "discovery" / "regions.tsv")[REGIONS].to_numpy()
    label, site = (people["group"] == "patient").to_numpy(), people["site"].to_numpy()
    predictions = table(results / "predictions.tsv").merge(people, on="participant_id")
    weights = []
    for name in "ABC":
        own = predictions.loc[predictions["site"] == name, "hyperparameters"]
        (chosen,) = set(own)
        train = site != name
        rows = harmonised(features, train, site)
        scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0)
        C = float(chosen.removeprefix("C="))
        machine = SVC(kernel="linear", C=C, class_weight="balanced", tol=1e-9)
        weight = machine.fit(scaled, label[train]).coef_[0]
        weights.append(weight / np.linalg.norm(weight))
    found = table(results / "weights" / "fs_svc.tsv").set_index("region")["weight_mean"]
    np.testing.assert_allclose(found[REGIONS], np.mean(weights, axis=0), atol=1e-4)


# ---------------------------------------------------------------- whole runs
@pytest.mark.slow
def test_six_simulated_sites_left_out_inside_and_outside(tmp_path):
    config = yaml.safe_load((CONFIGS / "six_sites.yaml").read_text())
    results = run(tmp_path, config)
    people = table(tmp_path / config["cohorts"]["discovery"]["participants"])
    assert people["site"].nunique() == 6
    assert sites_on_both_sides(results, people) == {"outer": 0, "inner": 0}
    check_performance_by_site(results, people)
    told = table(results / "site_predictability.tsv").set_index("predicted_from")
    assert (told["n_sites"] == 6).all()
    assert told.loc["features", "p_value"] == 1 / 50
    assert told.loc["prepared_features", "estimate"] < told.loc["features", "estimate"] / 2
    spread = table(results / "site_spread.tsv").set_index("metric")
    for metric in ("balanced_accuracy", "auc"):
        row = spread.loc[metric]
        assert row["n_sites"] == 6
        assert 0 <= row["i_squared"] < 1
        assert row["prediction_low"] <= row["ci_low"] < row["estimate"]
        assert row["estimate"] < row["ci_high"] <= row["prediction_high"]
    text = words(results)
    assert "transductive" in text
    assert "Prediction interval" in text


@pytest.fixture(scope="module")
def two_sites(shared_data, tmp_path_factory) -> tuple[Path, pd.DataFrame, dict[str, Any]]:
    """The tables of both sites as one cohort, and the configuration with fewer folds."""
    folder = tmp_path_factory.mktemp("two_sites")
    (folder / "two_sites").mkdir()
    for name in ("participants", "freesurfer"):
        parts = [
            pd.read_csv(shared_data / "schizophrenia" / site / f"{name}.tsv", sep="\t", dtype=str)
            for site in ("nimh", "cobre")
        ]
        assert list(parts[0]) == list(parts[1])
        pd.concat(parts).to_csv(folder / "two_sites" / f"{name}.tsv", sep="\t", index=False)
    config = yaml.safe_load((CONFIGS / "two_sites.yaml").read_text())
    config["cross_validation"] |= {"repeats": 1, "outer_folds": 5, "inner_folds": 3}
    config["permutation"]["n"] = 19
    config["learning_curve"] = {"enabled": False}
    return folder, table(folder / "two_sites" / "participants.tsv"), config


@pytest.mark.slow
def test_two_real_sites_harmonised_in_the_folds(two_sites):
    folder, people, config = two_sites
    results = run(folder, config)
    check_performance_by_site(results, people)
    told = table(results / "site_predictability.tsv").set_index("predicted_from")
    assert told.loc["features", "estimate"] > 0.9
    assert told.loc["prepared_features", "estimate"] < 0.65
    assert set(table(results / "site_spread.tsv")["note"]) == {"not_estimable"}
    text = words(results)
    assert "Not estimable: fewer than 3 sites have a number." in text
    assert "by site" in text


@pytest.mark.slow
def test_two_real_sites_left_out_in_turn(two_sites):
    """Trained at one and scored at the other, as a classifier of scikit-learn is."""
    folder, people, config = two_sites
    config = {**config, "run": "left_out", "models": {"freesurfer_svc": {"features": "freesurfer"}}}
    config["cross_validation"] = {"outer": "leave_one_site_out", "inner_folds": 3}
    results = run(folder, config)
    assert sites_on_both_sides(results, people)["outer"] == 0
    check_performance_by_site(results, people)
    found = table(results / "predictions.tsv").merge(people, on="participant_id")
    regions = table(folder / "two_sites" / "freesurfer.tsv").set_index("participant_id")
    regions = regions.drop(columns="EstimatedTotalIntraCranialVol")
    features = regions.loc[found["participant_id"]].to_numpy()
    label = (found["group"] == "patient").to_numpy()
    for site in ("NIMH", "COBRE"):
        test = (found["site"] == site).to_numpy()
        (chosen,) = set(found.loc[test, "hyperparameters"])
        mean, sd = features[~test].mean(axis=0), features[~test].std(axis=0)
        scaled = (features - mean) / np.where(sd > 0, sd, 1)
        C = float(chosen.removeprefix("C="))
        machine = SVC(kernel="linear", C=C, class_weight="balanced", tol=1e-9)
        machine.fit(scaled[~test], label[~test])
        np.testing.assert_allclose(
            found.loc[test, "decision"], machine.decision_function(scaled[test]), atol=1e-3
        )
    assert set(table(results / "site_spread.tsv")["note"]) == {"not_estimable"}
