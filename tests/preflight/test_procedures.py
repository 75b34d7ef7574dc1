"""Confound removal for trees, and class weights on one side of a comparison."""

import numpy as np
import pandas as pd
import pytest
from test_checks import Study

FOREST = {
    "features": "fs",
    "estimator": "sklearn.ensemble.RandomForestClassifier",
    "grid": {"max_depth": [2, 4]},
    "confounds": ["age"],
}


@pytest.fixture
def study(tmp_path, root):
    return Study(tmp_path)


def told(study, word):
    return [text for text in study.check().warnings if word in text]


def test_features_of_few_values_without_confounds_in_a_forest_are_told(study):
    study.raw["models"]["forest"] = FOREST
    assert told(study, "with few values") == []
    path = study.folder / "munich_fs.tsv"
    table = pd.read_csv(path, sep="\t")
    table["region_2"] = np.arange(len(table)) // 2 % 3 + 1.0
    table.to_csv(path, sep="\t", index=False)
    (text,) = told(study, "with few values")
    assert text.startswith("models.forest: confounds are removed from 1 features with few values")
    assert "region_2" in text
    study.raw["models"]["forest"] = FOREST | {"confounds": []}
    assert told(study, "with few values") == []
    # A linear classifier has no use for what is left.
    study.raw["models"] = {"svc": {"features": "fs", "confounds": ["age"]}}
    assert told(study, "with few values") == []


def test_class_weights_on_one_side_are_told_where_classes_are_unequal(study):
    study.raw["models"]["forest"] = FOREST
    assert told(study, "classes are not weighted") == []
    people = study.people["munich"]
    people["group"] = np.where(np.arange(24) % 3 == 0, "patient", "control")
    study.write("munich")
    (text,) = told(study, "classes are not weighted")
    assert text.startswith("models.forest: ")
    assert "33 % of the people" in text
    study.raw["models"]["forest"] = FOREST | {"parameters": {"class_weight": "balanced"}}
    assert told(study, "classes are not weighted") == []
    study.raw["models"]["forest"] = FOREST
    study.raw["models"]["svc"]["class_weight"] = None
    assert told(study, "classes are not weighted") == []
