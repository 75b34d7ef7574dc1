"""The size of a study: from its tables, and for jobs from the main process."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from small_study import ROOT, Study

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.people.size import discovery_size, size_for_jobs

CONFIG = """
run: study
cohorts:
  a: {role: discovery, participants: a.tsv, sources: {fs: a_fs.tsv}}
outcome: {kind: label, column: group, classes: [patient, control], positive_class: patient}
features: {fs: {kind: table, source: fs}}
models: {one: {features: fs, confounds: []}}
"""


def test_the_size_of_a_study(tmp_path, monkeypatch):
    study = Study(tmp_path, maps=True)
    monkeypatch.chdir(tmp_path)
    study.model("roi_svc", "roi")
    study.model("voxel_svc", "voxels")
    study.model("again", "fs")
    study.config["cohorts"]["discovery"]["where"] = {"site": ["A", "B"]}
    config = load_config(study.config)
    n, p, *_ = discovery_size(config)
    assert n == 24
    assert p["fs"] == 8
    assert p["roi"] == 140
    # 1,450 ml in voxels of 8 mm; the template above 0.2 has about as many.
    assert p["voxels"] == round(1450 / 0.512)
    for path in Path("discovery/maps").iterdir():
        path.unlink()
    assert discovery_size(config)[1]["voxels"] == round(1450 / 0.003375)


def test_the_size_of_a_simulated_study():
    config = load_config(yaml.safe_load((ROOT / "config" / "config.yaml").read_text()))
    n, p, *_ = discovery_size(config)
    assert n == 99
    assert p == {"roi": 140, "voxels": pytest.approx(54_000, rel=0.05)}


def test_a_large_study_has_features_in_the_thousands(tmp_path, monkeypatch):
    """Nothing but the header of a table is needed for the number of its regions."""
    columns = {f"r{i}": [0.5, 1.5] for i in range(3000)}
    pd.DataFrame({"participant_id": ["a", "b"], **columns}).to_csv(
        tmp_path / "a_fs.tsv", sep="\t", index=False
    )
    pd.DataFrame({"participant_id": ["a", "b"], "group": ["patient", "control"]}).to_csv(
        tmp_path / "a.tsv", sep="\t", index=False
    )
    monkeypatch.chdir(tmp_path)
    assert discovery_size(load_config(yaml.safe_load(CONFIG))) == (2, {"fs": 3000}, 10, 10)


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Configuration of a small study in the current folder."""
    monkeypatch.chdir(tmp_path)
    return load_config(Study(tmp_path).config)


def test_a_job_opens_no_table(config):
    size = size_for_jobs(config, "kept.json", is_main=True)
    assert size == discovery_size(config) == (30, {"fs": 8}, 3, 3)
    for table in ("participants.tsv", "regions.tsv"):
        Path("discovery", table).unlink()
    assert size_for_jobs(config, "kept.json", is_main=False) == size
    with pytest.raises(InputError, match=r"discovery/participants\.tsv"):
        size_for_jobs(config, "kept.json", is_main=True)


def test_the_main_process_reads_the_tables_every_time(config):
    size_for_jobs(config, "kept.json", is_main=True)
    path = Path("discovery/participants.tsv")
    people = pd.read_csv(path, sep="\t", dtype=str)
    people.iloc[:20].to_csv(path, sep="\t", index=False)
    assert size_for_jobs(config, "kept.json", is_main=False)[0] == 30
    assert size_for_jobs(config, "kept.json", is_main=True)[0] == 20
    assert size_for_jobs(config, "kept.json", is_main=False)[0] == 20


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"configuration": 1}', "of another"])
def test_a_job_without_a_usable_file_reads_the_tables(config, content):
    path = Path("kept.json")
    if content == "of another":
        size_for_jobs({**config, "seed": config["seed"] + 1}, path, is_main=True)
        kept = json.loads(path.read_text())
        path.write_text(json.dumps({**kept, "size": [1, {}, 1, 1]}))
    elif content is not None:
        path.write_text(content)
    assert size_for_jobs(config, path, is_main=False) == (30, {"fs": 8}, 3, 3)
