"""The page of a run without models, and what a further module of a run brings by entries."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from mri_response.config.load import load_config
from mri_response.config.modules import MODULES, Module
from mri_response.core.tables import write_tsv
from mri_response.people.characteristics import characteristics
from mri_response.people.cohorts import build_cohort
from mri_response.preflight.weaknesses import WARNINGS, input_warnings
from mri_response.report.facts.fact import Fact
from mri_response.report.facts.methods import METHODS
from mri_response.report.figures.by_name import drawn
from mri_response.report.figures.plan import FIGURES, FigureKind, figure_jobs, figure_plan
from mri_response.report.figures.style import save_figure
from mri_response.report.naming import naming
from mri_response.report.page import render_report
from mri_response.report.run import Run, read_run
from mri_response.report.sections.blocks import Table
from mri_response.report.sections.registry import SECTIONS
from mri_response.report.sections.section import Section

OUTCOME = {
    "kind": "label",
    "column": "group",
    "classes": ["patient", "control"],
    "positive_class": "patient",
}


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    """A study of 12 and 6 people; somebody without a group, and ages that cannot be read."""
    people = pd.DataFrame(
        {
            "participant_id": [f"sub-{i:02}" for i in range(12)],
            "group": ["patient", "control"] * 5 + ["patient", "n/a"],
            "sex": ["F", "M", "M"] * 4,
            "age": [200, *range(30, 41)],
        }
    )
    write_tsv(people, tmp_path / "here.tsv")
    there = people[:6].assign(participant_id=[f"sub-{i:02}" for i in range(20, 26)], age=33)
    write_tsv(there, tmp_path / "there.tsv")
    cohorts = {
        "here": {"role": "discovery", "participants": str(tmp_path / "here.tsv")},
        "there": {
            "role": "external",
            "participants": str(tmp_path / "there.tsv"),
            "title": "Elsewhere",
        },
    }
    return {"run": "who", "cohorts": cohorts, "min_class_size": 2}


def written(folder: Path, **tables: pd.DataFrame) -> list[str]:
    """Files of tables by the names of these."""
    for name, table in tables.items():
        write_tsv(table, folder / f"{name}.tsv")
    return [str(folder / f"{name}.tsv") for name in tables]


def finished(config: dict[str, Any], folder: Path, **more: pd.DataFrame) -> Run:
    """A run as the page reads it, made by the functions that its jobs call."""
    config = load_config(config)
    built = {name: build_cohort(config, name) for name in config["cohorts"]}
    people = {name: parts[0] for name, parts in built.items()}
    tables = {
        "flow": pd.concat([parts[2] for parts in built.values()]),
        "exclusions": pd.concat([parts[1] for parts in built.values()]),
        "characteristics": characteristics(config, people),
    }
    warnings = pd.DataFrame({"warning": input_warnings(config, people)})
    figures = []
    for figure in figure_plan(config):
        words = {"names": naming(config), "model": figure.model, "config": config}
        picture = drawn(figure.kind, {**words, **tables}) if figure.kind == "flow" else Figure()
        figures.append(folder / f"{figure.name}.svg")
        save_figure(picture, folder / f"{figure.name}.png", figures[-1])
    given = {
        "tables": written(folder, **tables, **more),
        "warnings": written(folder, input_warnings=warnings),
        "figures": figures,
    }
    return read_run(given, config)


def headings(page: str) -> list[str]:
    """Anchors of the sections."""
    return [part.split('"')[0] for part in page.split('<h2 id="')[1:]]


DESCRIBED = [
    *("warnings", "cohorts", "characteristics", "methods", "tables", "provenance", "glossary")
]


@pytest.mark.parametrize("outcome", [True, False])
def test_cohorts_alone_have_a_page(config, tmp_path, outcome):
    run = finished(config | ({"outcome": OUTCOME} if outcome else {}), tmp_path)
    page = render_report(run)
    assert headings(page) == DESCRIBED
    assert [figure.name for figure in figure_plan(run.config)] == ["flow"]
    listed = page[page.index('<h2 id="glossary"') :]
    assert not re.search("AUC|Balanced accuracy|Threshold", listed), "the page has none of them"
    assert "cohort here: no subgroups by age, and it is not described" in page
    n = 11 if outcome else 12
    classes = " (6 patients, 5 controls)" if outcome else ""
    assert f"here: 12 in the table, 12 matching the filter, {n} analysed{classes};" in page
    assert ("Exclusions by reason</span>" in page) == outcome
    assert f"Analysed: here {n}; Elsewhere 6." in page
    assert ('<th scope="col">patient</th>' in page) == outcome
    assert "sub-01" not in page
    for name in ("flow.tsv", "exclusions_by_reason.tsv", "characteristics.tsv"):
        assert f'download="{name}"' in page
    assert 'download="exclusions.tsv"' not in page


def test_without_a_warning_there_is_no_section_of_warnings(config, tmp_path):
    config["subgroups"] = {"columns": ["sex"]}
    assert headings(render_report(finished(config, tmp_path))) == DESCRIBED[1:]


def test_a_figure_belongs_to_the_module_of_its_section():
    modules = {section.id: section.module for section in SECTIONS}
    assert {section.module for section in SECTIONS} - {None} <= set(MODULES)
    # A section of every run may have figures of more than one module.
    assert all(modules[kind.section] in (kind.module, None) for kind in FIGURES)
    assert set(METHODS) == set(MODULES) >= set(WARNINGS)


def test_a_module_comes_to_the_page_by_entries(config, tmp_path, monkeypatch):
    """A module with a section, a table, a figure, methods and a warning of its own."""
    entry = Module("count things", asked_by=("sessions",), needs=("cohorts",), rules=("people",))
    monkeypatch.setitem(MODULES, "counts", entry)
    monkeypatch.setitem(METHODS, "counts", lambda run: [Fact("Things were counted.", "counts")])
    monkeypatch.setitem(WARNINGS, "counts", lambda config, people: ["few things"])
    kind = FigureKind("flow", "counts", "How many", ("flow",), per_model=False, module="counts")
    monkeypatch.setattr("mri_response.report.figures.plan.FIGURES", (kind,))
    section = Section(
        "counts",
        "How many things there are",
        "Things",
        lambda run: [
            Table("Things", ["Thing", "Number"], run.tables["counts"].to_numpy().tolist())
        ],
        {"counts": "Things and their number"},
        alt_text=lambda figure, run: "Seven chairs.",
        module="counts",
    )
    counts = pd.DataFrame({"thing": ["chair"], "number": [7]})
    asking = config | {"sessions": ["before", "after"]}
    run = finished(asking, tmp_path, counts=counts)
    assert run.asked == ["cohorts", "counts"]
    assert [job.name for job in figure_jobs(run.config)] == ["flow_figure"]
    page = render_report(run, (*SECTIONS, section))
    assert headings(page) == [*DESCRIBED, "counts"]
    for text in ("few things", "Things were counted.", "Seven chairs.", '<th scope="row">chair'):
        assert text in page
    assert 'download="counts.tsv"' in page
    without = render_report(finished(config, tmp_path), (*SECTIONS, section))
    assert "chair" not in without
    assert "few things" not in without
