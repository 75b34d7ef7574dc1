"""Real people's table, cut into what programs write, gives the cohort and features of today."""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
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


def folders(table: pd.DataFrame, folder: Path) -> dict:
    structures = [c for c in table.columns[1:] if not c.startswith(("lh_", "rh_"))]
    volumes = [c for c in structures if "-" in c or c == "CSF"]
    for _, row in table.iterrows():
        stats = folder / row["participant_id"] / "stats"
        stats.mkdir(parents=True)
        lines = [f"# Measure x, {c}, text, {row[c]}, mm^3" for c in structures if c not in volumes]
        lines += ["# ColHeaders Index Volume_mm3 StructName"]
        lines += [f"1 {row[c]} {canonical(c)}" for c in volumes]
        (stats / "aseg.stats").write_text("\n".join(lines) + "\n")
        for side in ("lh", "rh"):
            lines = ["# ColHeaders StructName ThickAvg"]
            lines += [f"{canonical(c)[3:-10]} {row[c]}" for c in table if c.startswith(side)]
            (stats / f"{side}.aparc.a2009s.stats").write_text("\n".join(lines) + "\n")
    return {"freesurfer": str(folder), "stats": ["aparc.a2009s", "aseg"]}


def tables(table: pd.DataFrame, folder: Path) -> dict:
    folder.mkdir()
    parts = {"lh.aparc.a2009s.thickness": "lh_", "rh.aparc.a2009s.thickness": "rh_"}
    paths = []
    for first, start in parts.items():
        columns = [c for c in table if c.startswith(start)]
        own = table[["participant_id", *columns, TIV]].rename(columns={TIV: "eTIV"})
        paths.append(folder / f"{start}table.txt")
        own.rename(columns={"participant_id": first}).to_csv(paths[-1], sep="\t", index=False)
    columns = [c for c in table if not c.startswith(("lh_", "rh_"))]
    own = table[columns].rename(columns={"participant_id": "Measure:volume"})
    paths.append(folder / "aseg.csv")
    own.to_csv(paths[-1], index=False)
    return {"region_tables": [str(path) for path in paths]}


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


@pytest.mark.parametrize("written", [folders, tables])
def test_people_features_and_decisions_are_those_of_the_table(config, tmp_path, written):
    people, features = taken(config, tmp_path)
    assert features.shape == (165, 178)
    table = read_table(config["cohorts"]["nimh"]["sources"]["freesurfer"])
    cohort = config["cohorts"]["nimh"]
    cohort["sources"]["freesurfer"] = written(table, tmp_path / "cut")
    cohort["tiv"] = {"source": "freesurfer"}
    again, found = taken(config, tmp_path)
    pd.testing.assert_frame_equal(again, people, check_exact=True)
    assert sorted(found) == sorted(features)
    found = found[list(features)]
    pd.testing.assert_frame_equal(found, features, check_exact=True)
    np.testing.assert_array_equal(decisions(again, found), decisions(people, features))
