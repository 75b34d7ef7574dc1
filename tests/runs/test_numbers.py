"""Runs that predict a number: the same people as a run that predicts response, and real ages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from beside_baseline import searched
from sklearn.kernel_ridge import KernelRidge
from small_study import REGIONS, ROOT, SIZES, Study, snakemake

from mri_response.core.tables import read_tsv
from mri_response.learning.split_tables import folds_from_table

SHARED_DATA = ROOT.parent / "shared" / "data"
SCORES = {"baseline": "ses-before", "endpoint": "ses-after", "scale": "MADRS"}
NUMBER = {"kind": "percent_change", **SCORES}
CLASS = {"kind": "response", **SCORES, "positive_class": "responder"}
CONFOUNDS = ["age", "sex", "tiv"]


def regions(study: Study, cohort: str) -> pd.DataFrame:
    return pd.read_csv(study.folder / cohort / "regions.tsv", sep="\t").set_index("participant_id")


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    """Both runs of a trial in which a region tells how far scores fall under the treatment."""
    study = Study(tmp_path_factory.mktemp("numbers"))
    rng = np.random.default_rng(5)
    for name in SIZES:
        region = regions(study, name)[REGIONS[2]]
        before = rng.integers(24, 40, len(region))
        fall = 0.45 + (name != "control") * 2.5 * (region - 1) + rng.normal(0, 0.1, len(region))
        after = (before * (1 - fall.clip(0, 1))).round()
        visits = zip((SCORES["baseline"], SCORES["endpoint"]), (before, after), strict=True)
        tables = [
            pd.DataFrame(
                {"participant_id": region.index, "session_id": session, "MADRS": np.asarray(values)}
            )
            for session, values in visits
        ]
        pd.concat(tables).to_csv(study.folder / name / "scores.tsv", sep="\t", index=False)
        study.config["cohorts"][name]["scores"] = f"{name}/scores.tsv"
    study.config["learning_curve"] = {"repeats": 2}
    study.config.pop("min_class_size", None)  # which is for classes
    shared = {"features": "fs", "confounds": CONFOUNDS}
    trees = {
        "regressor": "sklearn.ensemble.ExtraTreesRegressor",
        "parameters": {"n_estimators": 5},
        "grid": {"max_depth": [1, 3]},
    }
    models = {
        "ridge": shared,
        "svr": shared | {"epsilon": [0.1], "C": {"log2_min": -4, "log2_max": 0, "log2_step": 2}},
        "trees": shared | trees,
    }
    study.save("class.yaml", run="class", outcome=CLASS, min_class_size=4)
    stacks = {"both": ["ridge", "trees"]}
    study.save("number.yaml", run="number", outcome=NUMBER, models=models, stacks=stacks)
    # What else a run of classes makes is looked at in other tests.
    of_classes = ("results/class/performance.tsv", "--configfile", "class.yaml")
    snakemake(*of_classes, "--cores", "2", cwd=study.folder)
    snakemake("--cores", "2", "--configfile", "number.yaml", cwd=study.folder)
    return study


@pytest.fixture(scope="module")
def results(study) -> Path:
    return study.folder / "results" / "number"


def table(path: Path) -> pd.DataFrame:
    found = read_tsv(path)
    for column in found:
        try:
            found[column] = found[column].replace("n/a", "nan").to_numpy(object).astype(float)
        except ValueError:
            continue
    return found


def test_the_certificate_against_leakage_is_there_for_numbers(results):
    found = table(results / "leakage.tsv").set_index(["check", "scope"])
    assert found.loc[("people_split", "discovery"), "passed"] == "yes"
    assert {scope for check, scope in found.index if check == "ids_shared"} == {
        *("external", "control")
    }
    null = table(results / "numbers_null.tsv").query("cohort == 'discovery' & metric == 'r2_gain'")
    for model, own in null.groupby("model"):
        row = found.loc[("gain_centre", model)]
        assert row["value"] == pytest.approx(own["value"].mean())
        assert row["n_checked"] == len(own) == 20
    page = (results / "report.html").read_text()
    assert "Could it be leakage?" in page
    assert "Mean gain over permuted residuals above 0" in page


def test_the_number_is_the_percent_change_whose_cut_is_the_class(study, results):
    scores = pd.read_csv(study.folder / "discovery" / "scores.tsv", sep="\t")
    scores = scores.set_index(["session_id", "participant_id"])["MADRS"]
    before, after = scores["ses-before"], scores["ses-after"]
    own = table(results / "numbers_predictions.tsv").query("cohort == 'discovery'")
    people = own.drop_duplicates("participant_id").set_index("participant_id")
    np.testing.assert_allclose(people["outcome"], 100 * (after - before)[people.index] / before)
    classes = table(results.parent / "class" / "people" / "discovery.tsv")
    responder = classes.set_index("participant_id")["label"].astype(bool)
    assert (responder == (people["outcome"][responder.index] <= -50)).all()


def test_predictions_are_those_of_scikit_learn_on_the_same_splits(study, results):
    people = table(results / "people" / "discovery.tsv")
    people["participant_id"] = people["participant_id"].astype(str)
    folds = folds_from_table(read_tsv(results / "splits.tsv"), people)[:-1]
    given = np.column_stack(
        [people["baseline_score"], people["age"], people["sex"] == "M", people["tiv"]]
    ).astype(float)
    features = regions(study, "discovery").loc[people["participant_id"], REGIONS].to_numpy()
    both, outcome = np.hstack([features, given]), people["label"].to_numpy()
    # The penalty is relative to the mean squared norm, which is the number of features.
    grid = {"alpha": [len(REGIONS) * 2.0**power for power in range(12, -7, -1)]}
    found = table(results / "numbers_predictions.tsv").query("model == 'ridge'")
    for fold in folds:
        test = fold.sets.test[0]
        expected = searched(KernelRidge(), grid, both, outcome, fold, n_given=4)
        own = found[found["repeat"] == fold.repeat].set_index("participant_id")
        own = own.loc[people["participant_id"][test]]
        assert (own["outer_fold"] == fold.outer_fold).all()
        np.testing.assert_allclose(own["predicted"], expected.predict(both[test]), atol=1e-6)


def test_the_planted_region_adds_something_in_treated_cohorts(results):
    rows = table(results / "numbers_performance.tsv").set_index(["model", "cohort", "metric"])
    for cohort in ("discovery", "external"):
        gain = rows.loc[("ridge", cohort, "r2_gain")]
        assert gain["estimate"] > 0.1
        assert gain["p_value"] <= 0.1
        assert gain["ci_low"] < gain["estimate"] < gain["ci_high"]
    slopes = table(results / "numbers_specificity.tsv").set_index("model").loc["ridge"]
    assert slopes["slope_external"] > slopes["slope_control"]
    pairs = table(results / "numbers_comparisons.tsv")
    assert set(zip(pairs["model_a"], pairs["model_b"], strict=True)) == {
        ("ridge", "svr"),
        ("ridge", "trees"),
        ("ridge", "both"),
    }
    assert set(pairs["cohort"]) == {"discovery", "external"}


def test_models_with_weights_are_formulas_and_the_others_recipes(results):
    files = {path.name for path in (results / "models").iterdir() if path.is_file()}
    assert files == {"ridge.json", "ridge.npz", "svr.json", "svr.npz", "trees.json", "both.json"}


def test_a_stack_is_a_mean_of_its_models_in_every_cohort(results):
    level = json.loads((results / "models" / "both.json").read_text())["second_level"]
    assert sum(level["weights"]) == pytest.approx(1)
    own = table(results / "numbers_predictions.tsv").set_index(["model", "cohort"])["predicted"]
    for cohort in ("external", "control"):
        parts = np.array([own.loc[model, cohort] for model in ("ridge", "trees")])
        np.testing.assert_allclose(own.loc["both", cohort], level["weights"] @ parts, atol=2e-6)
    rows = table(results / "numbers_performance.tsv").set_index(["model", "cohort", "metric"])
    for cohort in ("discovery", "external"):
        reduced = [rows.loc[(m, cohort, "r2_reduced"), "estimate"] for m in ("ridge", "both")]
        assert reduced[0] == pytest.approx(reduced[1], abs=1e-6)
    assert np.isnan(rows.loc[("both", "discovery", "r2_gain"), "p_value"])
    assert rows.loc[("both", "external", "r2_gain"), "p_value"] <= 0.1


def test_the_page_speaks_of_numbers_and_names_nobody(results):
    page = (results / "report.html").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for words in (
        "What the features add",
        "Do the features tell more than",
        "Does this hold in ",
        "Is one model better than another?",
        "Is it the treatment?",
        "Stack both: the mean of the numbers that ridge and trees predict",
        "Stacks have no permutation test in the discovery cohort",
    ):
        assert words in text
    assert (results / "figures" / "roi_weights_ridge.svg").exists()
    assert "lower values" in text  # where the planted region leans
    for figure in ("gains", "groups_ridge", "null_ridge", "curve_ridge"):
        assert (results / "figures" / f"number_{figure}.svg").exists()
    assert not (results / "figures" / "number_people_ridge.svg").exists()
    assert not re.search(r"sub-Q[DEC]\d", page)
    for of_classes in ("balanced accuracy", "AUC", "responder"):
        assert of_classes not in text


def test_documents_for_the_reviewer_speak_of_numbers(results):
    folder = results / "reporting"
    texts = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert set(texts) == {"tripod", "probast", "model_card", "methods"}
    text = " ".join(texts.values())
    assert "gain over baseline and confounds alone" in text
    assert "Slopes of the outcome on what the features add" in texts["tripod"]
    for of_classes in ("alanced accuracy", "AUC", "responder", "positive class", "classifier"):
        assert of_classes not in text
    assert not re.search(r"\bnan\b|sub-Q", text)


@pytest.mark.slow
def test_the_demo_predicts_response_and_percent_change(tmp_path):
    """Both configurations, with fewer people, models and permutations."""
    sizes = {"discovery": (24, 12), "external_a": (12, 6), "external_b": (12, 6), "saline": (12, 4)}
    for name in ("config", "percent_change"):
        config = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text(encoding="utf-8"))
        for cohort, (n, responders) in sizes.items():
            config["simulation"]["cohorts"][cohort] |= {"n": n, "responders": responders}
        config["models"] = {
            model: spec for model, spec in config["models"].items() if spec["features"] == "roi"
        }
        config["permutation"] = {"n": 20}
        if name == "config":
            config["min_class_size"] = 4
        config["features"] = {"roi": config["features"]["roi"]}
        config["cross_validation"] |= {"repeats": 1, "outer_folds": 4, "inner_folds": 3}
        config["learning_curve"] = {"enabled": False}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        snakemake("--cores", "2", "--configfile", f"{name}.yaml", cwd=tmp_path)
    labels = table(tmp_path / "results" / "demo" / "people" / "discovery.tsv")
    changes = table(tmp_path / "results" / "demo_percent_change" / "people" / "discovery.tsv")
    both = labels.merge(changes, on="participant_id", suffixes=("", "_change"))
    assert len(both) == len(labels) == len(changes)
    assert (both["label"].astype(bool) == (both["label_change"] <= -50)).all()
    rows = table(tmp_path / "results" / "demo_percent_change" / "numbers_performance.tsv")
    assert set(rows["cohort"]) == set(sizes)


@pytest.mark.slow
def test_age_is_told_by_regions_of_real_people_at_another_site(tmp_path):
    if not SHARED_DATA.is_dir():
        pytest.skip("real data absent: ../shared/data is not beside the project")
    text = (ROOT / "tests" / "configs" / "age.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(text.replace("../shared/data", str(SHARED_DATA)))
    config["permutation"]["n"] = 99
    (tmp_path / "age.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    snakemake("--cores", "2", "--configfile", "age.yaml", cwd=tmp_path)
    rows = table(tmp_path / "results" / "age" / "numbers_performance.tsv")
    rows = rows.set_index(["cohort", "metric"])
    assert rows.loc[("nimh", "r2_gain"), "ci_low"] > 0
    # Elsewhere people are older, and R2 by the training mean says less than the correlation.
    for cohort in ("nimh", "cobre"):
        assert rows.loc[(cohort, "r2_gain"), "p_value"] == 0.01
        assert rows.loc[(cohort, "r"), "ci_low"] > 0.4
