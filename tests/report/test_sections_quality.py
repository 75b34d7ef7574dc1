"""What the page says of the quality of the scans."""

from __future__ import annotations

import dataclasses

import pytest
from flat_blocks import flat
from made_up_run import MadeUpRun, made_up_run

from mri_response.config.schema import config_schema
from mri_response.core.tables import read_tsv, write_tsv
from mri_response.features.quality_measures import RULES
from mri_response.report.naming import naming
from mri_response.report.sections.blocks import Table, Text
from mri_response.report.sections.quality import SECTION, quality_counts

RULE = config_schema()["properties"]["quality_control"]["properties"]["exclude"]["items"]


def page(run: MadeUpRun, **tables):
    found = flat(SECTION.blocks(dataclasses.replace(run, tables={**run.tables, **tables}).read()))
    text = " ".join(block.text for block in found if isinstance(block, Text))
    return text, [block for block in found if isinstance(block, Table)]


@pytest.fixture
def run() -> MadeUpRun:
    return made_up_run()


def test_scans_are_counted_by_cohort_and_nobody_is_named(run, tmp_path):
    qc = run.tables["qc"]
    write_tsv(qc, tmp_path / "qc.tsv")
    text, (table,) = page(run, qc=read_tsv(tmp_path / "qc.tsv"))
    assert [row[1] for row in table.rows] == [99, 26, 25, 49]
    flagged = qc.groupby("cohort", sort=False)["flag"].count()
    assert [row[2] for row in table.rows] == flagged.tolist()
    own = qc[qc["cohort"] == "discovery"]
    volumes = own["tiv"]
    expected = f"{volumes.median():.0f} ({volumes.min():.0f} to {volumes.max():.0f})"
    assert table.rows[0][4] == expected
    correlation = own["mean_correlation"]
    assert table.rows[0][6] == f"{correlation.median():.2f} ({correlation.min():.2f})"
    assert "no rule that leaves scans out" in text
    assert "The outcome was not looked at" in text
    everything = text + repr(table)
    assert not [who for who in qc["participant_id"] if who in everything]


def test_flagged_people_are_listed_where_the_config_says_so(run):
    run.config["report"]["participant_level"] = True
    _, (_, people) = page(run)
    qc = run.tables["qc"]
    assert [row[1] for row in people.rows] == qc.loc[qc["flag"].notna(), "participant_id"].tolist()


def test_rules_and_how_many_they_left_out_are_said(run):
    qc = run.tables["qc"].copy()
    qc.loc[[2, 3], "excluded"] = "quality control: mean of the map below 0.2"
    rules = [{"measure": "map_mean", "below": 0.2}, {"measure": "tiv", "above": 2000}]
    run.config["quality_control"]["exclude"] = rules
    text, (table,) = page(run, qc=qc)
    assert "2 of 199 scans" in text
    assert "mean of the map below 0.2; total intracranial volume (ml) above 2000" in text
    assert table.rows[0][3] == 2
    assert "99, " in quality_counts(qc, naming(run.config))
    assert "2 excluded by rule" in quality_counts(qc, naming(run.config))


@pytest.mark.parametrize("measure", RULE["properties"]["measure"]["enum"])
def test_every_measure_of_a_rule_has_words(run, measure):
    run.config["quality_control"]["exclude"] = [{"measure": measure, "above": 9}]
    assert f"(rules: {RULES[measure]} above 9)" in page(run)[0]


def test_tables_of_regions_have_no_words_on_maps(run):
    qc = run.tables["qc"].assign(map_mean=float("nan"), mean_correlation=float("nan"))
    text, (table,) = page(run, qc=qc)
    assert "mean map" not in text
    assert not [column for column in table.columns if "map" in column]


def test_small_cohorts_are_said_to_be_too_small_to_compare(run):
    qc = run.tables["qc"]
    few = qc[(qc["cohort"] != "external_a") | (qc.groupby("cohort").cumcount() < 9)]
    text, _ = page(run, qc=few)
    assert "Drug, external A: fewer than 10 scans" in text
    assert "fewer than 10 scans" not in page(run)[0]


def test_without_the_table_there_is_no_section(run):
    assert SECTION.blocks(run.read(tables={})) == []
