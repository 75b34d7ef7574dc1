"""Small configurations that together have every key of the schema run to their end."""

from __future__ import annotations

from pathlib import Path

import pytest
from every_key import all_keys, configurations, used_keys, write_study
from jsonschema import Draft202012Validator
from small_study import Study, job_counts, script_server, snakemake

from mri_response.config.schema import config_schema

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
    assert len(CONFIGURATIONS) <= 13
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


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_run_ends_and_nothing_is_to_be_done_again(study: Study, name: str):
    options = ("--configfile", f"{name}.yaml", "--cores", "2")
    snakemake(*options, cwd=study.folder, scripts=script_server())
    results = study.folder / "results" / name
    assert (results / "report.html").stat().st_size > 10_000
    again = snakemake(*options, "-n", "-q", "reason", cwd=study.folder)
    assert job_counts(again) == {}
    assert not faults(results)


def faults(results: Path) -> list[str]:
    """Logs with a warning of a library about numbers."""
    logs = sorted((results / "logs").glob("*.log"))
    return [log.name for log in logs if "RuntimeWarning" in log.read_text(encoding="utf-8")]
