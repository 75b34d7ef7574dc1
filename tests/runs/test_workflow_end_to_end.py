"""Whole runs of made-up studies and of real tables, against plain scikit-learn."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import oracle
import pandas as pd
import pytest
import yaml
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, roc_auc_score
from sklearn.svm import SVC
from small_study import REGIONS, Study, digests, snakemake

from mri_response.config.load import load_config
from mri_response.core.vocabulary import VOXEL_MAPS
from mri_response.learning.rounding import rounded

# Folders whose files are named by batch.
BY_BATCH = ("logs", "crossval", "kernels", ".sha256")


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", keep_default_na=False, na_values=["n/a"])


# ---------------------------------------------------------------- a study with maps
@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Maps by region and by voxel, analysed on two cores with the work in many jobs."""
    study = Study(tmp_path_factory.mktemp("both") / "study", maps=True)
    (study.folder / "discovery" / "maps" / "mwp1sub-QD002.nii.gz").unlink()
    study.people["external"].loc[1, "age"] = None
    study.write("external")
    study.model("roi_svc", "roi")
    study.model("voxel_svc", "voxels", C={"scale": "relative"})
    study.config["permutation"]["n"] = 300
    config = study.save(batch={"outer_folds": 3, "permutations": 256})
    snakemake("--cores", "2", "--configfile", config, cwd=study.folder)
    return study


@pytest.fixture(scope="module")
def results(study: Study) -> Path:
    return study.folder / "results" / "small"


def test_every_documented_file_is_there_and_no_other(study, results):
    inputs = {*study.people, "atlas.nii.gz", "atlas.tsv", "study.yaml"}
    assert {path.name for path in study.folder.iterdir()} == inputs | {"results", ".snakemake"}
    models = ("roi_svc", "voxel_svc")
    kinds = ("roc", "null_distribution", "decision_scores", "confusion", "weight_map", "subgroups")
    kinds += ("calibration", "decision_curve", "specificity", "probabilities")
    figures = {"flow", "quality", "comparisons"} | {f"{k}_{m}" for m in models for k in kinds}
    figures |= {"roi_weights_roi_svc", "region_sets_voxel_svc", "learning_curve_roi_svc"}
    pictures = {f"figures/{name}" for name in figures} | {"qc/people", "qc/scans"}
    names = {f"{name}.{suffix}" for name in pictures for suffix in ("png", "svg")}
    names |= {"ro-crate-metadata.json", "workflow/Snakefile", "report.html", "weights/roi_svc.tsv"}
    names |= {"dataset_description.json", "README.md", ".bidsignore"}

    of_model = ("predictions", "performance", "null", "warnings")
    useful = ("calibration", "decision_curve", "decision_rules", "operating_points")
    useful += ("threshold_counts",)
    documents = ("tripod", "probast", "model_card")
    travelling = ("manifest.json", "model.json", "model.npz", "README.md")
    tables = ("splits", "exclusions", "flow", "qc", "subgroups", "comparisons", "specificity")
    tables += ("learning_curve", "precision", "roi_sets", "characteristics", "input_warnings")
    tables += ("null_summary", "qc_summary", "qc_warnings", "inputs", "inputs_summary")
    tables += ("verdict", "answers", "natural_frequencies", "leakage", "cobidas")
    tables += ("separating_features",)
    names |= {f"{name}.tsv" for name in (*of_model, *useful, *documents, *tables)}
    names |= {f"reporting/{name}.md" for name in (*documents, "methods")}
    names |= {f"weights/voxel_svc_{kind}.nii.gz" for kind in VOXEL_MAPS}
    for model in models:
        names |= {f"weights/sets/{model}.tsv", f"figures/viewer_{model}.html"}
        names |= {f"models/{model}.json", f"models/{model}.npz", f"scores/{model}.tsv"}
        names |= {f"models/{model}/{name}" for name in travelling}
        names |= {f"performance/{model}_{name}.tsv" for name in (*of_model, *useful, "subgroups")}
    names |= {"performance/roi_svc_learning_curve.tsv", "learning_curve/roi_svc/parts-0.npz"}
    for baseline in ("confounds_only", "majority_class"):
        own = (*of_model, "decision_rules")
        names |= {f"performance/{baseline}_{name}.tsv" for name in own}
        names.add(f"scores/{baseline}.tsv")
    names |= {f"decisions/{name}.npz" for name in (*models, "confounds_only", "majority_class")}
    for cohort in ("discovery", "external", "control"):
        names |= {f"{folder}/{cohort}.tsv" for folder in ("cohorts", "people", "features/roi")}
        names.add(f"features/voxels/{cohort}.npy")
    names |= {"features/roi/atlas.nii.gz", "features/roi/regions.tsv"}
    names.add("features/voxels/mask.nii.gz")
    assert set(digests(results, *BY_BATCH)) == names


def test_one_core_other_batches_and_another_folder_give_the_same_bytes(study, results, tmp_path):
    again = study.copied(tmp_path / "again")
    shutil.rmtree(again.folder / "results")
    shutil.rmtree(again.folder / ".snakemake")
    snakemake("--cores", "1", "--configfile", again.save(), cwd=again.folder)
    other = again.folder / "results" / "small"
    assert len([*(results / "crossval" / "roi_svc").glob("folds-[0-9]*")]) == 4
    assert len([*(other / "crossval" / "roi_svc").glob("folds-[0-9]*")]) == 1
    assert digests(other, *BY_BATCH) == digests(results, *BY_BATCH)


def test_who_cannot_be_analysed_is_listed(results):
    assert table(results / "exclusions.tsv").to_numpy().tolist() == [
        ["discovery", "sub-QD002", "no image for the source gm"],
        ["external", "sub-QE001", "age is missing"],
    ]
    flow = table(results / "flow.tsv")
    steps = flow[flow["cohort"] == "discovery"][["step", "n"]].to_numpy().tolist()
    assert steps == [
        ["in participants table", 30],
        ["matching the row filter", 30],
        ["no image for the source gm", 1],
        ["analysed", 29],
        ["analysed, positive", 14],
        ["analysed, negative", 15],
    ]
    assert "sub-QD002" not in set(table(results / "predictions.tsv")["participant_id"])


def test_the_report_and_figures_name_nobody(study, results):
    page = (results / "report.html").read_text()
    ids = [who for people in study.people.values() for who in people["participant_id"]]
    pattern = re.compile("|".join(who.removeprefix("sub-") for who in ids))
    assert not pattern.search(page)
    assert not pattern.search((results / "ro-crate-metadata.json").read_text())
    assert "no image for the source gm" in page
    for path in (results / "figures").glob("*.svg"):
        assert not pattern.search(path.read_text()), path.name
    for path in filter(Path.is_file, (results / "models").rglob("*")):
        assert not pattern.search(path.read_bytes().decode("latin-1")), path.name


def test_features_are_those_of_the_maps(study, results):
    """Regional sums in ml, from the maps by plain numpy."""
    import nibabel as nib

    labels = nib.load(study.folder / "atlas.nii.gz").get_fdata()
    features = table(results / "features" / "roi" / "external.tsv").set_index("participant_id")
    image = nib.load(study.folder / "external" / "maps" / "mwp1sub-QE005.nii.gz")
    values = image.get_fdata()
    expected = [values[labels == index].sum() * 0.512 for index in range(1, 9)]
    np.testing.assert_allclose(features.loc["sub-QE005", REGIONS], expected, rtol=1e-6)


def test_the_planted_regions_are_found(results):
    weights = table(results / "weights" / "roi_svc.tsv").set_index("region")
    assert weights["haufe"].idxmax() == "l_front_u"
    assert weights["haufe"].idxmin() == "r_back_d"
    assert np.linalg.norm(weights["weight"]) == pytest.approx(1)


def test_the_frozen_model_is_the_one_that_scored(results):
    description = json.loads((results / "models" / "roi_svc.json").read_text())
    assert len(description["sha256"]) == 64
    scores = table(results / "scores" / "roi_svc.tsv").set_index("participant_id")["decision"]
    predictions = table(results / "predictions.tsv").query("model == 'roi_svc'")
    others = predictions[predictions["cohort"] != "discovery"].set_index("participant_id")
    assert others["repeat"].isna().all()
    pd.testing.assert_series_equal(others["decision"], scores)


# ---------------------------------------------------------------- plain computations
def confound_matrix(people: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Confounds as numbers; a site that is neither A nor B is missing."""
    columns = {
        "sex": people["sex"].map({"F": 0.0, "M": 1.0}),
        "site": people["site"].map({"A": 0.0, "B": 1.0}),
    }
    return np.column_stack([columns.get(name, people[name]).astype(float) for name in names])


def compare_with_plain_sklearn(
    results: Path,
    model: str,
    config: dict[str, Any],
    rows: dict[str, pd.DataFrame],
    regions: list[str],
) -> None:
    """C of every fold, and every decision value within 1e-5, on the splits of the run.

    Parameters
    ----------
    results : Path
    model : str
    config : dict
        With its defaults.
    rows : dict of str to DataFrame
        Each cohort's people, confounds and features side by side, read from the user's tables;
        the discovery cohort first.
    regions : list of str
        Columns of the features.
    """
    options = config["models"][model]
    C = options["C"]
    grid = list(2.0 ** np.arange(C["log2_min"], C["log2_max"] + C["log2_step"], C["log2_step"]))
    discovery, *others = rows
    keys = [key for key in ("participant_id", "session_id") if key in rows[discovery]]
    predictions = table(results / "predictions.tsv").query("model == @model")
    splits = table(results / "splits.tsv")
    data = {
        name: np.hstack([confound_matrix(people, options["confounds"]), people[regions]])
        for name, people in rows.items()
    }
    labels = rows[discovery]["label"].to_numpy()
    index = pd.MultiIndex.from_frame(rows[discovery][keys])
    weights = 1 / rows[discovery].groupby("participant_id")["label"].transform("size").to_numpy()
    steps = oracle.pipeline(
        len(options["confounds"]),
        standardize=options["standardize"],
        pca=options["pca"],
        class_weight=options["class_weight"],
        tol=1e-10,  # the reference should not add an error of its own
    )

    def fitted(split: pd.DataFrame) -> tuple[np.ndarray, oracle.Nested]:
        place = index.get_indexer(pd.MultiIndex.from_frame(split[keys]))
        assert (place >= 0).all()
        outer = split["inner_fold"].isna().to_numpy()
        train = np.setdiff1d(np.arange(len(index)), place[outer])
        inner = [
            (np.setdiff1d(train, place[split.index.get_indexer(part.index)]),
             place[split.index.get_indexer(part.index)])
            for _, part in split[~outer].groupby(["inner_repeat", "inner_fold"])
        ]  # fmt: skip
        found = oracle.nested(
            *(steps, data[discovery], labels, train, inner, grid),
            weights=weights,
            relative=C["scale"] == "relative",
        )
        return place[outer], found

    outer_models = []
    folds = ["repeat", "outer_fold"]
    for fold, split in splits.dropna(subset="repeat").groupby(folds):
        test, found = fitted(split)
        outer_models.append(found.model)
        part = predictions[(predictions[folds] == list(fold)).all(axis=1)].set_index(keys)
        assert len(part) == len(test)
        assert set(part["hyperparameters"]) == {f"C={float(grid[found.candidate])}"}
        decision = pd.Series(found.model.decision_function(data[discovery][test]), index[test])
        if len(keys) == 1:
            decision.index = decision.index.get_level_values(0)
        np.testing.assert_allclose(part["decision"].reindex(decision.index), decision, atol=1e-5)
    if not others:
        return
    _, refit = fitted(splits[splits["repeat"].isna()].reset_index(drop=True))
    for name in others:
        part = predictions.query("cohort == @name")
        if config["external"]["model"] == "refit":
            assert set(part["hyperparameters"]) == {f"C={float(grid[refit.candidate])}"}
            decision = refit.model.decision_function(data[name])
        else:
            decision = np.mean([m.decision_function(data[name]) for m in outer_models], axis=0)
        np.testing.assert_allclose(part["decision"], decision, atol=1e-5)


def check_metrics(results: Path, model: str, discovery: str) -> pd.DataFrame:
    """Metrics against scikit-learn, p-values against null.tsv; returns the estimates."""
    predictions = table(results / "predictions.tsv").query("model == @model")
    performance = table(results / "performance.tsv").query("model == @model")
    null = table(results / "null.tsv").query("model == @model")
    once = performance.drop_duplicates(["cohort", "metric", "aggregation"])
    found = once.set_index(["cohort", "aggregation", "metric"])["estimate"].sort_index()
    own = predictions[predictions["cohort"] == discovery]
    expected = {}

    def metrics(rows: pd.DataFrame) -> dict[str, float]:
        label, decision = rows["label"], rows["decision"]
        return {
            "balanced_accuracy": balanced_accuracy_score(label, decision > 0),
            "auc": roc_auc_score(label, decision),
        }

    repeats = pd.DataFrame([metrics(rows) for _, rows in own.groupby("repeat")])
    expected[discovery, "mean_over_repeats"] = repeats.mean()
    person = own.groupby("participant_id")[["label", "decision"]].mean()
    expected[discovery, "person"] = metrics(person)
    for cohort, rows in predictions[predictions["cohort"] != discovery].groupby("cohort"):
        expected[cohort, "frozen_model"] = metrics(rows)
        counts = confusion_matrix(rows["label"], rows["predicted"]).ravel()
        names = ["true_negative", "false_positive", "false_negative", "true_positive"]
        assert found[cohort, "frozen_model"][names].tolist() == counts.tolist()
    for (cohort, aggregation), values in expected.items():
        for metric, value in values.items():
            assert found[cohort, aggregation, metric] == pytest.approx(value, abs=1e-6)
    keys = ["cohort", "null", "aggregation", "metric"]
    tested = performance.dropna(subset="p_value").drop_duplicates(keys)
    assert len(tested) > 0
    for row in tested.itertuples():
        draws = null.loc[(null[keys] == [getattr(row, key) for key in keys]).all(axis=1), "value"]
        assert len(draws) == row.n_permutations
        # Counted with a rounding error's tolerance, as in the documentation.
        p = (1 + (draws >= row.estimate - 1e-9).sum()) / (1 + len(draws))
        assert row.p_value == pytest.approx(p, abs=1e-12)
    return found


def user_tables(study: Study, names: list[str]) -> dict[str, pd.DataFrame]:
    """Participants and regions side by side, of those who were analysed."""
    rows = {}
    for name in names:
        people = study.people[name].assign(label=study.people[name]["group"].eq("patient") * 1)
        keys = [key for key in ("participant_id", "session_id") if key in people]
        regions = pd.read_csv(study.folder / name / "regions.tsv", sep="\t")
        rows[name] = people.merge(regions, on=keys)
    return rows


@pytest.mark.parametrize("model", ["roi_svc", "voxel_svc"])
def test_metrics_and_p_values(results, model):
    found = check_metrics(results, model, "discovery")
    assert found["discovery", "mean_over_repeats", "auc"] > 0.6


# ---------------------------------------------------------------- classifiers of scikit-learn
@pytest.mark.parametrize("external", ["refit", pytest.param("ensemble", marks=pytest.mark.slow)])
def test_the_same_classifier_by_the_engine_and_by_scikit_learn_and_a_forest(tmp_path, external):
    study = Study(tmp_path / "study")
    # At smaller C some permuted labels leave no free support vector, and LIBSVM's own intercept.
    study.model("svc", "fs", C={"log2_min": -2, "log2_step": 1})
    del study.config["models"]["svc"]["confounds"][1:]
    same = {"features": "fs", "confounds": ["age"], "estimator": "sklearn.svm.SVC"}
    same["parameters"] = {"kernel": "linear", "class_weight": "balanced", "tol": 1e-8}
    same["grid"] = {"C": [0.25, 0.5, 1.0]}
    forest = {"features": "fs", "estimator": "sklearn.ensemble.RandomForestClassifier"}
    forest |= {"parameters": {"n_estimators": 5}, "grid": {"max_depth": [1, 3]}}
    forest |= {"confounds": ["age"]}
    study.config["models"] |= {"same": same, "forest": forest}
    study.config["permutation"]["n"] = 3
    study.config["external"] = {"model": external}
    if external == "ensemble":
        study.config["cross_validation"]["scheme"] = "stratified"
    batch = {"outer_folds": 4}
    snakemake("--cores", "2", "--configfile", study.save(batch=batch), cwd=study.folder)
    results = study.folder / "results" / "small"

    by = dict(iter(table(results / "predictions.tsv").groupby("model")))
    keys = ["cohort", "participant_id", "repeat", "outer_fold", "label", "hyperparameters"]
    pd.testing.assert_frame_equal(
        *(by[model][keys].reset_index(drop=True) for model in ("svc", "same"))
    )
    np.testing.assert_allclose(by["svc"]["decision"], by["same"]["decision"], atol=1e-5)
    assert set(by["forest"]["hyperparameters"].dropna()) <= {"max_depth=1", "max_depth=3"}
    null = table(results / "null.tsv")
    values = [null.loc[null["model"] == model, "value"].to_numpy() for model in ("svc", "same")]
    np.testing.assert_allclose(*values, atol=1e-9)
    weights = [table(results / "weights" / f"{model}.tsv") for model in ("svc", "same")]
    for name in ("weight", "haufe", "weight_mean"):
        np.testing.assert_allclose(weights[0][name], weights[1][name], atol=1e-5)

    controls = table(results / "confound_controls.tsv")
    assert set(controls["model"]) == {"forest"}
    as_analysed = controls.query("control == 'as_analysed' and metric == 'auc'")["estimate"]
    shown = table(results / "performance.tsv").query(
        "model == 'forest' and metric == 'auc' and aggregation == 'mean_over_repeats'"
    )
    assert float(as_analysed.iloc[0]) == pytest.approx(float(shown["estimate"].iloc[0]))
    assert not (results / "weights" / "forest.tsv").exists()
    assert not (results / "models" / "forest.npz").exists()
    assert "sub-" not in (results / "models" / "forest.json").read_text()
    page = (results / "report.html").read_text()
    assert "Model forest has no weights and no pattern here" in page
    assert "features shuffled before the removal" in page
    assert "Strongest patterns, model same" in page
    assert "Strongest patterns, model forest" not in page
    assert "Classifier sklearn.ensemble.RandomForestClassifier of scikit-learn" in page
    if external == "ensemble":
        return
    job = np.load(results / "crossval" / "forest" / "folds-refit_labels-0.npz")
    scores = table(results / "scores" / "forest.tsv")["decision"]
    np.testing.assert_allclose(scores, rounded(job["decision"][0, 0, -len(scores) :]), atol=1e-9)
    again = study.copied(tmp_path / "again")
    shutil.rmtree(again.folder / "results")
    snakemake("--cores", "1", "--configfile", again.save(), cwd=again.folder)
    other = again.folder / "results" / "small"
    assert digests(other, *BY_BATCH) == digests(results, *BY_BATCH)


# ---------------------------------------------------------------- other configurations
def test_sessions_families_imputation_components_and_the_ensemble(tmp_path):
    study = Study(tmp_path / "study", sessions=2)
    for name, rows in {"discovery": [4, 5, 20], "external": [3]}.items():
        study.people[name].loc[rows, "age"] = None
        study.write(name)
    study.model("count", "fs", pca=3, standardize=False, C={"scale": "relative"})
    study.model("share", "fs", pca=0.9, class_weight=None)
    study.config["cross_validation"]["group"] = "family"
    config = study.save(confounds={"missing": "impute"}, external={"model": "ensemble"})
    snakemake("--cores", "2", "--configfile", config, cwd=study.folder)
    results = study.folder / "results" / "small"

    splits = table(results / "splits.tsv")
    families = study.people["discovery"].drop_duplicates("participant_id")
    splits = splits.merge(families[["participant_id", "family"]], on="participant_id")
    sides = splits.fillna({"inner_fold": 0}).groupby(
        ["repeat", "outer_fold", "inner_repeat", "family"], dropna=False
    )["inner_fold"]
    assert set(sides.nunique()) == {1}
    assert set(sides.size()) == {2, 4}

    predictions = table(results / "predictions.tsv")
    assert len(predictions) == 2 * (2 * 60 + 32 + 32)
    assert predictions["session_id"].notna().all()
    performance = table(results / "performance.tsv")
    assert set(performance.query("cohort == 'discovery'")["n"]) == {30}
    # Refits under permuted labels say nothing about an ensemble.
    assert set(performance["null"].dropna()) == {"whole_procedure", "own_labels"}
    full = load_config(yaml.safe_load(config.read_text()))
    rows = user_tables(study, ["discovery", "external", "control"])
    for model in ("count", "share"):
        compare_with_plain_sklearn(results, model, full, rows, REGIONS)
    assert "sub-Q" not in (results / "report.html").read_text()


def test_stratified_folds_and_a_site_that_training_does_not_have(tmp_path):
    study = Study(tmp_path / "study")
    study.people["discovery"]["site"] = ["A", "A", "A", "B", "B"] * 6
    study.write("discovery")
    # Two cohorts out of one table, by the row filter.
    external = study.config["cohorts"].pop("external")
    for name, sites in {"seen": ["A", "B"], "unseen": "C"}.items():
        study.config["cohorts"][name] = external | {"where": {"site": sites}}
    study.people["external"]["site"] = ["A", "A", "B", "B", "C", "C", "C", "C"] * 2
    study.write("external")
    study.model("fs_svc", "fs", confounds=["age", "sex", "site"])
    scheme = study.config["cross_validation"] | {"scheme": "stratified"}
    config = study.save(
        cross_validation=scheme, confounds={"unseen_site": "mean"}, min_class_size=4
    )
    targets = [f"results/small/{name}.tsv" for name in ("performance", "splits", "predictions")]
    targets += ["results/small/null.tsv", "results/small/weights/fs_svc.tsv"]
    snakemake(*targets, "--cores", "2", "--configfile", config, cwd=study.folder)
    results = study.folder / "results" / "small"

    people = table(results / "people" / "discovery.tsv")
    splits = table(results / "splits.tsv").merge(people, on="participant_id")
    outer = splits[splits["inner_fold"].isna()]
    assert (outer.groupby(["repeat", "outer_fold"])["label"].agg(["size", "sum"]) == [10, 5]).all(
        axis=None
    )
    performance = table(results / "performance.tsv")
    assert {"seen", "unseen", "external_pooled"} <= set(performance["cohort"])
    full = load_config(yaml.safe_load(config.read_text()))
    rows = user_tables(study, ["discovery", "external", "control"])
    external = rows.pop("external")
    rows["seen"] = external[external["site"] != "C"]
    rows["unseen"] = external[external["site"] == "C"]
    compare_with_plain_sklearn(results, "fs_svc", full, rows, REGIONS)


def test_every_site_left_out_in_its_turn(tmp_path):
    """Nothing is known of the site left out: the mean of the others, by plain least squares."""
    study = Study(tmp_path / "study")
    study.model("fs_svc", "fs", confounds=["age", "site"])
    scheme = {"outer": "leave_one_site_out", "inner": "leave_one_site_out"}
    config = study.save(
        cross_validation=scheme, confounds={"unseen_site": "mean"}, batch={"outer_folds": 2}
    )
    target = "results/small/predictions.tsv"
    snakemake(target, "--cores", "2", "--configfile", config, cwd=study.folder)
    found = table(study.folder / target)
    found = found[(found["cohort"] == "discovery") & (found["model"] == "fs_svc")]
    rows = user_tables(study, ["discovery"])["discovery"]
    found = found.merge(rows, on="participant_id", suffixes=("", "_given"))
    assert len(found) == 30
    assert len(found[["outer_fold", "site"]].drop_duplicates()) == 3
    assert found["repeat"].astype(int).eq(1).all()
    label = found["label"].astype(int).to_numpy()
    for site, own in found.groupby("site"):
        (chosen,) = set(own["hyperparameters"])
        test = (found["site"] == site).to_numpy()
        train = ~test
        others = sorted(set(found["site"]) - {site})
        indicators = np.array([found["site"] == name for name in others], dtype=float).T
        indicators -= indicators[train].mean(axis=0)
        indicators[test] = 0.0
        age = found[["age"]] - found.loc[train, "age"].mean()
        design = np.column_stack([np.ones(30), age, indicators])
        features = found[REGIONS].to_numpy(dtype=float)
        features -= design @ np.linalg.lstsq(design[train], features[train], rcond=None)[0]
        features /= features[train].std(axis=0)
        machine = SVC(
            kernel="linear", C=float(chosen.removeprefix("C=")), class_weight="balanced", tol=1e-9
        ).fit(features[train], label[train])
        np.testing.assert_allclose(
            found.loc[test, "decision"].astype(float),
            machine.decision_function(features[test]),
            atol=1e-4,
        )


# ---------------------------------------------------------------- real people
def test_schizophrenia_equals_plain_sklearn(shared_data, schizophrenia):
    """The configuration in tests/configs, with fewer repeats and permutations."""
    text = (schizophrenia / "study.yaml").read_text()
    results = schizophrenia / "results" / "schizophrenia"

    rows, regions = {}, []
    for name in ("nimh", "cobre"):
        folder = shared_data / "schizophrenia" / name
        people = pd.read_csv(folder / "participants.tsv", sep="\t")
        values = pd.read_csv(folder / "freesurfer.tsv", sep="\t")
        values = values.rename(columns={"EstimatedTotalIntraCranialVol": "tiv"})
        regions = [column for column in values if column not in ("participant_id", "tiv")]
        people["label"] = (people["group"] == "patient").astype(int)
        rows[name] = people.merge(values, on="participant_id")
    full = load_config(yaml.safe_load(text))
    compare_with_plain_sklearn(results, "freesurfer_svc", full, rows, regions)
    found = check_metrics(results, "freesurfer_svc", "nimh")
    for cohort, aggregation in {"nimh": "mean_over_repeats", "cobre": "frozen_model"}.items():
        for metric in ("balanced_accuracy", "auc"):
            assert 0.5 < found[cohort, aggregation, metric] < 0.9
    page = (results / "report.html").read_text()
    ids = [who.removeprefix("sub-") for people in rows.values() for who in people["participant_id"]]
    assert not [who for who in ids if who in page]
