"""Small configurations that together have every key of the schema run to their end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from every_key import all_keys, configurations, used_keys, write_study
from jsonschema import Draft202012Validator
from sklearn.metrics import roc_auc_score
from small_study import Study, job_counts, script_server, snakemake

from mri_response.config.schema import config_schema
from mri_response.core.tables import read_tsv

CONFIGURATIONS = configurations()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("every_key") / "study")


def test_they_are_few_and_have_every_key():
    schema = config_schema()
    validator = Draft202012Validator(schema)
    used = {
        key for raw in CONFIGURATIONS.values() for key in used_keys(raw, schema, "#", validator)
    }
    assert len(CONFIGURATIONS) <= 14
    assert sorted(all_keys(schema) - used) == []


def test_a_key_that_none_has_is_found():
    """The walk through the schema sees keys wherever they may stand."""
    schema = config_schema()
    validator = Draft202012Validator(schema)
    kind = CONFIGURATIONS["score"] | {"clinical_outcomes": None}
    missing = all_keys(schema) - set(used_keys(kind, schema, "#", validator))
    for key in ("outcome_response/properties/fall_percent", "table_format/properties/sheet"):
        assert f"#/$defs/{key}" in missing
    assert "#/$defs/clinical_outcomes/properties/relapse/properties/above" in missing
    assert "#/$defs/outcome_score/properties/column" not in missing
    assert "#/properties/clinical_outcomes" not in missing


def options_of(name: str) -> tuple[str, ...]:
    return "--configfile", f"{name}.yaml", "--cores", "2"


def run(study: Study, name: str) -> Path:
    """Folder of the run of a configuration, which is made once."""
    snakemake(*options_of(name), cwd=study.folder, scripts=script_server())
    return study.folder / "results" / name


def test_controls_of_the_removal_of_confounds_for_a_forest(study: Study):
    """Without the removal it is the forest that names no confound, fitted by other rules."""
    results = run(study, "remission")
    keys = ["model", "metric", "aggregation"]
    numbers = {"estimate": float}
    controls = read_tsv(results / "confound_controls.tsv", numbers)
    performance = read_tsv(results / "performance.tsv", numbers).set_index(keys)
    assert set(controls["model"]) == {"forest"}
    for control, model in (("as_analysed", "forest"), ("not_removed", "bare_forest")):
        for _, row in controls[controls["control"] == control].iterrows():
            same = performance.loc[(model, row["metric"], row["aggregation"]), "estimate"]
            assert row["estimate"] == pytest.approx(same.iloc[0], abs=1e-12)
    saved = np.load(results / "confound_controls" / "forest.npz")
    people = read_tsv(results / "people" / "discovery.tsv", {"label": int})
    shuffled = controls[controls["control"] == "shuffled_before_removal"].set_index("metric")
    decision = saved["shuffled_before_removal"][0]
    assert shuffled.loc["auc", "estimate"] == pytest.approx(
        roc_auc_score(people["label"], decision)
    )
    assert "with features shuffled before it" in (results / "report.html").read_text()


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_run_ends_and_nothing_is_to_be_done_again(study: Study, name: str):
    results, options = run(study, name), options_of(name)
    assert (results / "report.html").stat().st_size > 10_000
    again = snakemake(*options, "-n", "-q", "reason", cwd=study.folder)
    assert job_counts(again) == {}
    assert not faults(results)


def faults(results: Path) -> list[str]:
    """Logs with a warning of a library about numbers."""
    logs = sorted((results / "logs").glob("*.log"))
    return [log.name for log in logs if "RuntimeWarning" in log.read_text(encoding="utf-8")]
