"""What the page and the documents are made from is read once, from the files that a rule gives."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from made_up_run import MadeUpRun, made_up_run

from mri_response.core.provenance import config_hash, versions
from mri_response.core.tables import write_tsv
from mri_response.report.run import read_run


@pytest.fixture(scope="module")
def run() -> MadeUpRun:
    return made_up_run()


@pytest.fixture
def given(run, tmp_path):
    """Files of a run, as a rule would give them."""
    tables = {name: getattr(run, name) for name in ("performance", "flow")}
    tables |= {"qc": run.tables["qc"]}
    tables["input_warnings"] = pd.DataFrame({"warning": ["few people"]})
    tables["warnings"] = pd.DataFrame(
        {"model": ["m", "m"], "warning": ["at the edge", "confounded"]}
    )
    for name, table in tables.items():
        write_tsv(table, tmp_path / f"{name}.tsv")
    paths = {name: str(tmp_path / f"{name}.tsv") for name in tables}
    warnings = [paths.pop(name) for name in ("input_warnings", "warnings")]
    return {"tables": list(paths.values()), "warnings": warnings}


def test_warnings_of_the_inputs_come_before_those_of_the_models(run, given):
    assert read_run(given, run.config).warnings == ["few people", "at the edge", "confounded"]


def test_what_is_not_given_is_empty(run, given):
    read = read_run({**given, "planted_viewer": []}, run.config)
    assert (read.exclusions, read.predictions, read.planted, read.planted_viewer) == (None,) * 4
    assert read.weights == read.frozen == read.n_features == read.figures == read.viewers == {}
    assert set(read.tables) == {"qc"}
    assert read.versions == versions()
    assert read.config_hash == config_hash(run.config)
    assert read_run({}, run.config).warnings == []
    with pytest.raises(KeyError, match="warning"):
        read_run({"warnings": given["tables"]}, run.config)


def test_lists_of_files_are_named_after_them(run, given, tmp_path):
    write_tsv(run.weights, tmp_path / "roi_svc.tsv")
    write_tsv(run.planted, tmp_path / "planted.tsv")
    (tmp_path / "roi_svc.json").write_text(json.dumps({"sha256": "ab"}))
    for name in ("viewer_roi_svc", "viewer"):
        (tmp_path / f"{name}.html").write_text(f"<p>{name}</p>")
    (tmp_path / "voxels").mkdir()
    np.save(tmp_path / "voxels" / "discovery.npy", np.zeros((3, 7), np.float32))
    more = {
        "weights": [tmp_path / "roi_svc.tsv"],
        "frozen": [tmp_path / "roi_svc.json"],
        "viewers": [tmp_path / "viewer_roi_svc.html"],
        "figures": [tmp_path / "roc_roi_svc.svg"],
        "features": [str(tmp_path / "voxels" / "discovery.npy")],
        "tables": [*given["tables"], tmp_path / "planted.tsv"],
        "planted_viewer": [tmp_path / "viewer.html"],
    }
    read = read_run({**given, **more}, run.config)
    assert list(read.weights["roi_svc"]["region"]) == list(run.weights["region"])
    assert read.frozen == {"roi_svc": {"sha256": "ab"}}
    assert read.viewers == {"roi_svc": "<p>viewer_roi_svc</p>"}
    assert read.planted_viewer == "<p>viewer</p>"
    assert read.figures == {"roc_roi_svc": str(tmp_path / "roc_roi_svc.svg")}
    assert read.n_features == {"voxels": 7}
    assert read.planted["planted"].astype(float).tolist() == run.planted["planted"].tolist()


def test_numbers_of_a_table_are_numbers(run, given):
    read = read_run(given, run.config)
    assert read.numeric("precision") is None
    tables = {"precision": pd.DataFrame({"metric": ["auc"], "n_for_margin": ["700"]})}
    numeric = run.read(tables=tables).numeric("precision")
    assert numeric["n_for_margin"].tolist() == [700.0]
    assert numeric["metric"].tolist() == ["auc"]


def test_cohorts_and_counts_are_those_of_the_performance(run):
    read = run.read()
    assert (read.model, read.discovery) == ("roi_svc", "discovery")
    assert read.others == ["external_a", "external_b", "saline"]
    assert read.cohorts == ["discovery", "external_a", "external_b", "external_pooled", "saline"]
    assert read.cohorts_of("unknown") == []
    assert read.counts("discovery") == (99, 52)
    assert read.title == "A made-up trial"
    assert run.read(config={**run.config, "title": None}).title == "made_up"
