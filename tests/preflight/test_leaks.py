"""Features that know the outcome."""

import numpy as np
import pandas as pd
import pytest
from test_checks import Study


@pytest.fixture
def study(tmp_path, root):
    return Study(tmp_path)


def add_region(study, name, values):
    path = study.folder / "munich_fs.tsv"
    table = pd.read_csv(path, sep="\t")
    table[name] = values
    table.to_csv(path, sep="\t", index=False)
    other = pd.read_csv(study.folder / "bonn_fs.tsv", sep="\t")
    other[name] = np.random.default_rng(2).normal(size=len(other))
    other.to_csv(study.folder / "bonn_fs.tsv", sep="\t", index=False)


def told(study):
    return [text for text in study.check().warnings if "features.fs" in text]


def test_a_feature_that_separates_the_classes_alone_is_told(study):
    assert told(study) == []
    patient = (study.people["munich"]["group"] == "patient").to_numpy()
    add_region(study, "relapse_days", np.where(patient, 10.5, 90.2) + np.arange(24) % 7)
    assert told(study) == [
        f"features.fs: relapse_days (AUC 1.000) of {study.folder}/munich_fs.tsv separate the "
        "classes almost alone; make sure that none was measured after the outcome or made from "
        "it, and leave it out otherwise"
    ]


def test_a_clinical_feature_is_told_too(study):
    people = study.people["munich"]
    people["sessions"] = np.where(people["group"] == "patient", 8.5, 0) + np.arange(24) % 3
    study.people["bonn"]["sessions"] = range(12)
    for name in study.people:
        study.write(name)
    study.raw["features"]["clinic"] = {"kind": "clinical", "columns": ["sessions"]}
    study.raw["models"]["clinic"] = {"features": "clinic"}
    assert any("features.clinic: sessions (AUC 1.000)" in text for text in study.check().warnings)


def test_columns_that_are_no_regions_are_left_out_and_told(study):
    add_region(study, "age", study.people["munich"]["age"])
    add_region(study, "MoCA", np.arange(24) % 5)
    assert told(study) == [
        f"features.fs: columns of {study.folder}/munich_fs.tsv that are not taken as regions: "
        "age (a confound), MoCA (a clinical score); to use one, name it under columns"
    ]


def test_a_label_that_is_named_is_refused(study):
    study.raw["outcome"] = {
        "kind": "label",
        "column": "Relapse",
        "classes": {"yes": "1", "no": "0"},
        "positive_class": "yes",
    }
    for name, people in study.people.items():
        people["Relapse"] = [1, 0] * (len(people) // 2)
        study.write(name)
    add_region(study, "relapse", [1, 0] * 12)
    study.raw["features"]["fs"]["columns"] = ["region_*", "rel*"]
    assert study.mistake() == (
        "config: features.fs.columns: found 'relapse' of munich_fs.tsv, which is the label "
        "(outcome.column), expected what is known before treatment; leave it out with exclude or "
        "name other columns"
    )


def test_the_score_at_the_end_is_refused_under_any_name(study):
    rng = np.random.default_rng(3)
    for name, people in study.people.items():
        ids = people["participant_id"]
        n = len(ids)
        scores = pd.DataFrame({"participant_id": [*ids, *ids]})
        scores["session_id"] = ["pre"] * n + ["post"] * n
        scores["QIDS"] = [*rng.integers(15, 25, n), *([4, 20] * (n // 2))]
        scores.to_csv(study.folder / f"{name}_scores.tsv", sep="\t", index=False)
        people["followup"] = [4, 20] * (n // 2)
        study.write(name)
        study.raw["cohorts"][name]["scores"] = f"{study.folder}/{name}_scores.tsv"
    study.raw["outcome"] = {
        "kind": "response",
        "scale": "QIDS",
        "baseline": "pre",
        "endpoint": "post",
        "positive_class": "responder",
    }
    study.raw["features"]["clinic"] = {"kind": "clinical", "columns": ["age", "followup"]}
    study.raw["models"]["svc"]["confounds"] = ["sex"]
    study.raw["models"]["clinic"] = {"features": "clinic"}
    assert "features.clinic.columns: found 'followup' of munich.tsv, which is the score at" in (
        study.mistake()
    )


def test_a_confound_is_no_region_of_its_model_even_if_it_is_named(study):
    study.raw["features"]["fs"]["columns"] = ["region_*", "age"]
    assert study.mistake().startswith(
        "config: models.svc.confounds: found 'age', which is a feature of fs too, expected each"
    )


def with_effect(study, values):
    """A set of effects beside the table: how four regions change, and how the insula does."""
    rng = np.random.default_rng(5)
    for name, people in study.people.items():
        later = pd.read_csv(study.folder / f"{name}_fs.tsv", sep="\t").assign(session_id="ses-2")
        later["insula"] = values if name == "munich" else rng.normal(size=len(people))
        table = pd.concat([later.assign(session_id="ses-1", insula=0.0), later])
        path = str(study.folder / f"{name}_twice.tsv")
        table.to_csv(path, sep="\t", index=False)
        study.raw["cohorts"][name]["sources"]["twice"] = path
    sessions = {"before": "ses-1", "after": "ses-2"}
    effect = {when: {"source": "twice", "session": ses} for when, ses in sessions.items()}
    study.raw["sessions"] = ["ses-1", "ses-2", "ses-3"]
    study.raw["effects"] = {"growth": effect}
    study.raw["features"]["growth"] = {"kind": "effect", "effect": "growth"}
    study.raw["models"]["early"] = {"features": "growth"}


def test_an_effect_of_treatment_that_separates_the_classes_is_told(study):
    patient = (study.people["munich"]["group"] == "patient").to_numpy()
    with_effect(study, np.where(patient, 3.5, -0.9) + np.arange(24) % 3)
    assert [text for text in study.check().warnings if "features.growth" in text] == [
        f"features.growth: insula (AUC 1.000) of {study.folder}/munich_twice.tsv separate the "
        "classes almost alone; make sure that none was measured after the outcome or made from "
        "it, and leave it out otherwise"
    ]


def test_an_effect_that_is_the_score_at_the_end_is_refused(study):
    rng = np.random.default_rng(8)
    for name, people in study.people.items():
        score = pd.DataFrame({"participant_id": people["participant_id"], "scale": "MADRS"})
        score["score"] = rng.integers(5, 30, len(people))
        if name == "munich":
            with_effect(study, score["score"].to_numpy())
        path = str(study.folder / f"{name}_scores.tsv")
        first = score.assign(session_id="ses-1", score=30)
        pd.concat([first, score.assign(session_id="ses-3")]).to_csv(path, sep="\t", index=False)
        study.raw["cohorts"][name]["scores"] = path
    sessions = {"scale": "MADRS", "baseline": "ses-1", "endpoint": "ses-3"}
    study.raw["outcome"] = {"kind": "response", **sessions, "positive_class": "responder"}
    found = study.mistake()
    assert found.startswith("config: effects.growth.columns: found 'insula' of munich_twice.tsv")


def test_a_confound_under_another_name_is_told(study):
    people = study.people["munich"]
    add_region(study, "Months", people["age"] * 12)
    add_region(study, "gender", people["sex"].map({"F": 2, "M": 1}))
    assert told(study) == [
        f"features.fs: columns of {study.folder}/munich_fs.tsv that hold what the participants "
        "table has: Months (as age), gender (as sex); they are used as regions: leave them out "
        "with exclude, or name them under columns"
    ]
    study.raw["features"]["fs"]["columns"] = ["region_*", "Months", "gender"]
    assert told(study) == []


def number_of(study, before, after):
    """Scores of the cohorts, and their change as the outcome."""
    for name, people in study.people.items():
        ids, n = people["participant_id"], len(people)
        rows = {"participant_id": [*ids, *ids], "session_id": ["pre"] * n + ["post"] * n}
        scores = pd.DataFrame(rows).assign(QIDS=[*before(n), *after(n)])
        scores.to_csv(study.folder / f"{name}_scores.tsv", sep="\t", index=False)
        study.raw["cohorts"][name]["scores"] = f"{study.folder}/{name}_scores.tsv"
        people["followup"] = after(n)
        study.write(name)
    study.raw["outcome"] = {
        "kind": "change",
        "scale": "QIDS",
        "baseline": "pre",
        "endpoint": "post",
    }
    study.raw["models"] = {"ridge": {"features": "fs", "confounds": ["age"]}}


def test_a_confound_that_holds_the_outcome_is_refused(study):
    number_of(
        study, lambda n: [15 + i % 8 for i in range(n)], lambda n: [4 + i % 9 for i in range(n)]
    )
    study.raw["models"]["ridge"]["confounds"] = ["age", "followup"]
    assert study.mistake() == (
        "config: models: found the confound 'followup', which holds the outcome or the score at "
        "outcome.endpoint, expected what is known before treatment; remove it"
    )


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (
            lambda n: [20] * n,
            lambda n: [4 + i % 9 for i in range(n)],
            "munich_scores.tsv: found a QIDS score of 20 at pre in everybody, expected scores that "
            "differ between people; correct the table or outcome.baseline",
        ),
        (
            lambda n: [15 + i % 8 for i in range(n)],
            lambda n: [12 + i % 8 for i in range(n)],
            "munich.tsv: found the outcome -3 (kind change) in everybody, expected a number that "
            "differs between people; correct the table or the outcome",
        ),
    ],
)
def test_numbers_that_do_not_differ(study, before, after, line):
    number_of(study, before, after)
    assert study.mistake() == line
