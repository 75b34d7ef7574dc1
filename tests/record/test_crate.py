"""The record of a run for machines, checked as a reader of RO-Crates would."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import yaml
from small_study import Study

from mri_response.config.load import load_config
from mri_response.core.provenance import config_hash, versions
from mri_response.people.cohorts import build_cohort
from mri_response.record.crate import HOMES, WORKFLOW, combined_sha256, run_crate, today


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    monkeypatch.chdir(tmp_path)
    study = Study(tmp_path / "study", maps=True)
    study.model("roi", "roi")
    study.model("voxels", "voxels")
    study.model("fs", "fs")
    monkeypatch.chdir(study.folder)
    results = study.folder / "results" / "small"
    (results / "a folder").mkdir(parents=True)
    (results / "performance.tsv").write_text("model\n")
    (results / "a folder" / "map.nii.gz").write_bytes(b"image")
    (results / "workflow").mkdir()
    (results / WORKFLOW).write_text("rule all:\n")
    return study


def crate_of(study: Study) -> dict:
    config = load_config(yaml.safe_load(study.save().read_text()))
    people = {name: build_cohort(config, name)[0] for name in config["cohorts"]}
    files = [path for path in Path("results").rglob("*") if path.is_file()]
    files.remove(Path("results/small", WORKFLOW))
    return run_crate(config, people, files, Path("results/small"), "f" * 64)


def by_id(crate: dict) -> dict[str, dict]:
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    return entities


def references(value: object) -> list[str]:
    """Ids to which an entity's properties refer."""
    if isinstance(value, dict):
        assert set(value) == {"@id"}
        return [value["@id"]]
    return [name for item in value for name in references(item)] if isinstance(value, list) else []


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_has_what_the_specification_asks_for(study):
    crate = crate_of(study)
    assert crate == json.loads(json.dumps(crate))
    assert crate["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    entities = by_id(crate)
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"][0] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@type"] == "Dataset"
    assert all(root[key] for key in ("name", "description", "license"))
    assert root["datePublished"] == "1970-01-02"
    assert all("@type" in entity for entity in entities.values())


def test_it_has_what_the_profile_of_workflow_runs_asks_for(study):
    """The requirements of Workflow Run Crate 0.5 and of the two profiles that it extends."""
    crate = crate_of(study)
    entities = by_id(crate)
    root = entities["./"]
    address = "https://w3id.org/ro/wfrun/workflow/0.5"
    workflow_crate = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
    profiles = references(root["conformsTo"])
    assert profiles == ["https://w3id.org/ro/wfrun/process/0.5", address, workflow_crate]
    assert {entities[name]["@type"] for name in profiles} == {"CreativeWork"}
    assert workflow_crate in references(entities["ro-crate-metadata.json"]["conformsTo"])
    assert "https://w3id.org/ro/terms/workflow-run/context" in crate["@context"]

    workflow = entities[root["mainEntity"]["@id"]]
    assert set(workflow["@type"]) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    assert workflow["@id"] in references(root["hasPart"])
    assert workflow["sha256"] == sha256(Path("results", "small", workflow["@id"]))
    language = entities[workflow["programmingLanguage"]["@id"]]
    assert language["@type"] == "ComputerLanguage"
    assert all(language[key] for key in ("name", "identifier", "url"))

    (action,) = [entity for entity in crate["@graph"] if entity["@type"] == "CreateAction"]
    assert action["instrument"] == root["mainEntity"]
    assert action["@id"] in references(root["mentions"])
    assert all(action[key] for key in ("name", "description", "object", "result"))
    assert action["endTime"] == root["datePublished"]
    kinds = {"CreativeWork", "PropertyValue", "Collection", "Dataset", "File"}
    used = [*references(action["object"]), *references([action["result"]])]
    assert {entities[name]["@type"] for name in used} <= kinds
    collections = {e["@id"] for e in crate["@graph"] if e["@type"] == "Collection"}
    assert collections
    assert collections <= set(references(root["mentions"]))
    software = [e for e in crate["@graph"] if e["@type"] == "SoftwareApplication"]
    assert software
    assert all("softwareVersion" in entity and "version" not in entity for entity in software)


def test_every_id_leads_to_an_entity_and_every_entity_is_reached(study):
    entities = by_id(crate_of(study))
    reached, waiting = {"ro-crate-metadata.json"}, ["ro-crate-metadata.json"]
    while waiting:
        entity = entities[waiting.pop()]
        for value in entity.values():
            new = set(references(value)) - reached
            new = {name for name in new if name in entities or not name.startswith("https://")}
            assert new <= set(entities)
            reached |= new
            waiting += new
    assert reached == set(entities)


def test_files_are_there_with_their_hashes(study):
    entities = by_id(crate_of(study))
    parts = [entities[name] for name in references(entities["./"]["hasPart"])]
    names = ["workflow/Snakefile", "a%20folder/map.nii.gz", "performance.tsv"]
    assert [part["@id"] for part in parts] == names
    for part in parts:
        path = Path("results", "small", unquote(part["@id"]))
        assert "File" in part["@type"]
        assert part["sha256"] == sha256(path)
        assert part["contentSize"] == str(path.stat().st_size)
    types = [part["encodingFormat"] for part in parts]
    assert types == ["text/plain", "application/gzip", "text/tab-separated-values"]


def test_software_configuration_and_seeds(study):
    entities = by_id(crate_of(study))
    software = entities["workflow/Snakefile"]
    assert software["identifier"] == "sha256:" + "f" * 64
    found = {
        entities[name]["name"]: entities[name]["softwareVersion"]
        for name in references(software["softwareRequirements"])
    }
    assert found | {"mri-response": software["version"]} == versions()
    config = load_config(yaml.safe_load(Path("study.yaml").read_text()))
    described = entities["#configuration"]
    assert json.loads(described["text"]) == json.loads(json.dumps(config))
    assert described["identifier"] == f"sha256:{config_hash(config)}"
    assert entities["#seed"]["value"] == 3


def test_inputs_are_listed_with_hashes_and_nobody_is_named(study):
    crate = crate_of(study)
    entities = by_id(crate)
    inputs = {name: entities[name] for name in entities if name.startswith("#input-")}
    names = {f"#input-{cohort}-{what}" for cohort in study.people for what in
             ("participants", "source-fs", "source-gm")}  # fmt: skip
    assert set(inputs) == names | {"#input-roi-image", "#input-roi-labels"}
    for cohort in study.people:
        table = inputs[f"#input-{cohort}-participants"]
        assert table["sha256"] == sha256(Path(cohort, "participants.tsv"))
        maps = sorted(sha256(path) for path in Path(cohort, "maps").iterdir())
        found = inputs[f"#input-{cohort}-source-gm"]
        assert found["collectionSize"] == len(maps)
        joined = "".join(f"{value}\n" for value in maps).encode()
        assert found["sha256"] == hashlib.sha256(joined).hexdigest()
    assert inputs["#input-roi-image"]["sha256"] == sha256(Path("atlas.nii.gz"))
    text = json.dumps(crate)
    assert not [who for rows in study.people.values() for who in rows["participant_id"]
                if who.removeprefix("sub-") in text]  # fmt: skip


def test_a_row_filter_by_name_is_counted(study):
    some = list(study.people["discovery"]["participant_id"][:20])
    study.config["cohorts"]["discovery"]["where"] = {"participant_id": some, "site": ["A", "B"]}
    crate = crate_of(study)
    config = json.loads(by_id(crate)["#configuration"]["text"])
    where = config["cohorts"]["discovery"]["where"]
    assert where == {"participant_id": "20 given", "site": ["A", "B"]}
    assert some[0] not in json.dumps(crate)


def test_only_who_is_analysed_counts_among_the_images(study):
    study.people["control"].loc[0, "age"] = None
    study.write("control")
    found = by_id(crate_of(study))["#input-control-source-gm"]
    rest = sorted(Path("control", "maps").iterdir())[1:]
    assert found["sha256"] == combined_sha256(rest)
    assert found["collectionSize"] == 15


def test_the_same_bytes_again_and_other_ones_after_a_change(study):
    before = json.dumps(crate_of(study))
    assert json.dumps(crate_of(study)) == before
    path = next(Path("control", "maps").iterdir())
    path.write_bytes(path.read_bytes() + b"\0")
    assert json.dumps(crate_of(study)) != before


def test_combined_hash_does_not_depend_on_names_and_order(tmp_path):
    paths = []
    for name, text in {"a": "1", "b": "2", "c": "2"}.items():
        (tmp_path / name).write_text(text)
        paths.append(tmp_path / name)
    assert combined_sha256(paths) == combined_sha256(paths[::-1])
    assert combined_sha256(paths) != combined_sha256(paths[:2])
    # A hash that is known already, from inputs.tsv, is not computed again.
    known = {str(paths[0]): sha256(paths[0])}
    whole = combined_sha256(paths)
    paths[0].unlink()
    assert combined_sha256(paths, known) == whole
    assert combined_sha256([]) == hashlib.sha256(b"").hexdigest()


def test_the_day(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    utc = pd.Timestamp.now(tz="UTC")
    assert today() in {f"{utc:%Y-%m-%d}", f"{utc + pd.Timedelta(seconds=5):%Y-%m-%d}"}


def test_what_a_reader_is_recommended_to_find(study: Study) -> None:
    """As the profiles of Workflow Run Crate recommend, of what a run can know."""
    Path("results/small/README.md").write_text("# Results\n")
    crate = crate_of(study)
    entities = by_id(crate)
    readme = entities["README.md"]
    assert readme["encodingFormat"] == "text/markdown"
    assert readme["about"] == {"@id": "./"}
    assert "about" not in entities["performance.tsv"]
    software = [one for one in crate["@graph"] if one["@type"] == "SoftwareApplication"]
    known = [one for one in software if "url" in one]
    assert len(known) == len(HOMES)
    assert all(one["@id"] == one["url"] == HOMES[one["name"]] for one in known)
    assert {"python", "numpy", "scikit-learn"} <= {one["name"] for one in known}
