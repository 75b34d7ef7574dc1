"""A model goes to another hospital in its folder, and scores its people as the run that made it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from small_study import ENVIRONMENT, ROOT, Study, script_server, snakemake

DATA = ROOT.parent / "shared" / "data" / "schizophrenia"
if not DATA.is_dir():
    DATA = Path(os.environ.get("MRI_RESPONSE_DATA", DATA)) / "schizophrenia"


def run(folder: Path, *targets: str) -> None:
    options = "--cores", "1", "--configfile", "study.yaml"
    snakemake(*targets, *options, cwd=folder, scripts=script_server())


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def words(page: Path) -> str:
    bare = re.sub(r"(?s)<(style|script)\b.*?</\1>", " ", page.read_text(encoding="utf-8"))
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def save(folder: Path, config: dict[str, Any]) -> None:
    (folder / "study.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def same_scores(applied: Path, scores: Path, n: int) -> None:
    """Every digit of every person of every cohort that was applied."""
    new, old = table(applied), table(scores)
    keys = ["cohort", "participant_id"]
    both = new.merge(old, on=keys, suffixes=("", "_of_run"), validate="one_to_one")
    assert len(both) == len(new) == n
    assert (both["decision"] == both["decision_of_run"]).all()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A run with a discovery cohort of two scanners, harmonised, and another cohort."""
    study = Study(tmp_path_factory.mktemp("home") / "study")
    del study.config["cohorts"]["control"]
    for name in ("discovery", "external"):
        people = study.people[name]
        people["site"] = (["A", "A", "B", "B"] * 8)[: len(people)]
        study.write(name)
    study.config["models"]["fs_svc"]["harmonise"] = {"column": "site", "min_people": 2}
    study.config["confounds"] = {"unseen_site": "mean"}
    study.config["cross_validation"] = {"repeats": 1, "outer_folds": 2, "inner_folds": 2}
    study.config["permutation"] = {"n": 3}
    save(study.folder, study.config)
    folder = "results/small/models/fs_svc"
    run(study.folder, f"{folder}/manifest.json", "results/small/scores/fs_svc.tsv")
    return study


@pytest.fixture(scope="module")
def away(home: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another hospital's folder, with the model and people of its own who have no labels yet."""
    folder = tmp_path_factory.mktemp("away")
    shutil.copytree(home.folder / "results/small/models/fs_svc", folder / "model")
    shutil.copytree(home.folder / "external", folder / "external")
    path = folder / "external" / "participants.tsv"
    table(path).drop(columns="group").to_csv(path, sep="\t", index=False)
    outcome = home.config["outcome"]
    cohorts = {"external": home.config["cohorts"]["external"]}
    config = {"run": "away", "apply": {"model": "model"}, "cohorts": cohorts, "outcome": outcome}
    save(folder, config | {"permutation": {"n": 50}})
    run(folder, "register")
    return folder


def test_scores_without_labels_are_those_of_the_run_to_the_last_digit(home, away):
    scores = home.folder / "results" / "small" / "scores" / "fs_svc.tsv"
    same_scores(away / "results" / "away" / "applied_scores.tsv", scores, 16)
    assert not (away / "discovery").exists()


def test_no_row_of_a_training_person_is_in_the_folder(home, away):
    texts = "".join(path.read_text() for path in away.glob("model/*.[jm][sd]*"))
    people = home.people["discovery"]
    assert not any(person in texts for person in people["participant_id"])
    regions = table(home.folder / "discovery" / "regions.tsv").drop(columns="participant_id")
    assert not any(cell in texts for cell in regions.to_numpy().ravel())


@pytest.fixture(scope="module")
def labelled(home: Study, away: Path) -> Path:
    """The labels come, and the run is made whole and compared with its registration."""
    home.people["external"].to_csv(away / "external/participants.tsv", sep="\t", index=False)
    config = yaml.safe_load((away / "study.yaml").read_text())
    shutil.copytree(away / "results" / "away" / "registration", away / "deposited")
    config["apply"]["registration"] = "deposited/registration.json"
    save(away, config)
    run(away)
    return away


def test_with_labels_the_page_has_performance_and_names_the_registration(home, labelled):
    results = labelled / "results" / "away"
    scores = home.folder / "results" / "small" / "scores" / "fs_svc.tsv"
    same_scores(results / "applied_scores.tsv", scores, 16)
    performance = table(results / "applied_performance.tsv").set_index("metric")
    decision = table(results / "applied_scores.tsv").set_index("participant_id")["decision"]
    people = home.people["external"].set_index("participant_id")["group"]
    is_patient = people[decision.index] == "patient"
    says_so = decision.astype(float) > 0
    both = (says_so[is_patient].mean() + (~says_so[~is_patient]).mean()) / 2
    assert float(performance.loc["balanced_accuracy", "estimate"]) == pytest.approx(both)
    assert performance.loc["auc", "n_permutations"] == "50"
    text = words(results / "report.html")
    assert "match a registration dated 20" in text
    assert "proof needs a public deposit" in text
    assert f"{100 * both:.1f} %" in text
    assert "sub-QE" not in text
    assert "Where in the brain" not in text


def verify(folder: Path) -> subprocess.CompletedProcess:
    source = str(ROOT / "workflow" / "src")
    return subprocess.run(
        [sys.executable, "-m", "mri_response", "verify-registration", "study.yaml"],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_verifies_a_registration_and_notices_a_changed_plan(labelled):
    done = verify(labelled)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["model", "plan", "scores of external"]
    assert all("matches" in line for line in lines[:3])
    text = (labelled / "study.yaml").read_text()
    save(labelled, yaml.safe_load(text) | {"min_class_size": 3})
    done = verify(labelled)
    (labelled / "study.yaml").write_text(text)
    assert done.returncode == 1
    assert "plan: DIFFERS" in done.stdout


def test_labels_that_are_there_cannot_be_registered_any_more(labelled):
    (labelled / "results" / "away" / "registration" / "registration.json").unlink()
    done = snakemake(
        *("register", "--cores", "1", "--configfile", "study.yaml"),
        cwd=labelled,
        scripts=script_server(),
        check=False,
    )
    assert done.returncode != 0
    assert "found labels of 16 people, expected none" in done.stdout + done.stderr


@pytest.mark.skipif(not DATA.is_dir(), reason="the data of NIMH and COBRE are not here")
def test_the_model_of_nimh_scores_cobre_from_its_folder_alone(tmp_path):
    home, away = tmp_path / "home", tmp_path / "away"
    config = yaml.safe_load((ROOT / "tests" / "configs" / "schizophrenia.yaml").read_text())
    config["cross_validation"] |= {"repeats": 1, "outer_folds": 2, "inner_folds": 2}
    config["permutation"] = {"n": 3}
    for name in ("nimh", "cobre"):
        shutil.copytree(DATA / name, home / name)
    config = yaml.safe_load(
        yaml.safe_dump(config, sort_keys=False).replace("../shared/data/schizophrenia/", "")
    )
    save(home, config)
    folder = "results/schizophrenia/models/freesurfer_svc"
    scores = "results/schizophrenia/scores/freesurfer_svc.tsv"
    run(home, f"{folder}/manifest.json", scores)
    shutil.copytree(home / folder, away / "model")
    shutil.move(home / "cobre", away / "cobre")
    scores = shutil.copy(home / scores, away.parent / "scores.tsv")
    shutil.rmtree(home)
    cohorts = {"cobre": config["cohorts"]["cobre"]}
    new = {"run": "away", "apply": {"model": "model"}, "cohorts": cohorts}
    save(away, new | {"outcome": config["outcome"], "permutation": {"n": 100}})
    run(away)
    same_scores(away / "results" / "away" / "applied_scores.tsv", Path(scores), 124)
    auc = table(away / "results/away/applied_performance.tsv").set_index("metric").loc["auc"]
    # Computed by scikit-learn from the scores of the run that made the model.
    from sklearn.metrics import roc_auc_score

    people = table(away / "cobre" / "participants.tsv").set_index("participant_id")["group"]
    decision = table(Path(scores)).set_index("participant_id")["decision"].astype(float)
    expected = roc_auc_score(people[decision.index] == "patient", decision)
    assert float(auc["estimate"]) == pytest.approx(expected)
