"""Real people's table, cut into what programs write, gives the cohort and features of today."""

import copy

import numpy as np
import pandas as pd
import pytest
import yaml
from real_cuts import ENIGMA, enigma, folders, in_enigma, tables
from sklearn.svm import SVC

from mri_response.config.load import load_config
from mri_response.config.not_regions import not_regions
from mri_response.config.source_kinds import source_path, with_values
from mri_response.features.table import table_features
from mri_response.inputs.sources.names import TIV, canonical
from mri_response.inputs.tables import read_table, table_columns
from mri_response.people.cohorts import build_cohort
from mri_response.people.extraction import extract


@pytest.fixture
def config(root, shared_data):
    """The real study from its tables."""
    text = (root / "tests" / "configs" / "schizophrenia.yaml").read_text()
    return yaml.safe_load(text.replace("../shared/data", str(shared_data)))


def taken(config, tmp_path):
    """Analysed people of the discovery cohort and their features under canonical names."""
    config = load_config(copy.deepcopy(config))
    extract(config, tmp_path / "read")
    config = with_values(config, str(tmp_path / "read"))
    people = build_cohort(config, "nimh")[0]
    path = source_path(config["cohorts"]["nimh"]["sources"]["freesurfer"])
    spec = config["features"]["freesurfer"]
    columns = table_columns(path, spec["columns"], spec["exclude"], not_regions(config))
    return people, table_features(path, columns, people).rename(columns=canonical)


def decisions(people, features):
    """Decision values of half of the people by a model of the others, as users would fit it."""
    values = features.to_numpy()
    values = (values - values[::2].mean(axis=0)) / values[::2].std(axis=0)
    model = SVC(kernel="linear", C=0.01).fit(values[::2], people["label"][::2])
    return model.decision_function(values[1::2])


@pytest.mark.parametrize(
    ("written", "of_table", "n"),
    [
        (folders, lambda _: True, 178),
        (tables, lambda _: True, 178),
        (enigma, in_enigma, 2 * 74 + 2 * len(ENIGMA)),
    ],
)
def test_people_features_and_decisions_are_those_of_the_table(
    config, tmp_path, written, of_table, n
):
    cohort = config["cohorts"]["nimh"]
    table = read_table(cohort["sources"]["freesurfer"])
    others = [c for c in table.columns[1:] if not of_table(c)]
    config["features"]["freesurfer"]["exclude"] += [c for c in others if c != TIV]
    people, features = taken(config, tmp_path)
    assert features.shape == (165, n)
    cohort["sources"]["freesurfer"] = written(table, tmp_path / "cut")
    cohort["tiv"] = {"source": "freesurfer"}
    # Measures of the whole head are no features of such files.
    config["features"]["freesurfer"]["exclude"] = []
    again, found = taken(config, tmp_path)
    pd.testing.assert_frame_equal(again, people, check_exact=True)
    assert sorted(found) == sorted(features)
    found = found[list(features)]
    pd.testing.assert_frame_equal(found, features, check_exact=True)
    np.testing.assert_array_equal(decisions(again, found), decisions(people, features))
