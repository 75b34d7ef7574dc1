"""Figures, section and methods of clinical outcomes, of every design."""

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer
from outcome_files import people_and_scores, written

from mri_response.clinical_outcomes.results import PARTS, outcome_part
from mri_response.clinical_outcomes.study import read_outcomes
from mri_response.config.clinical_outcomes import outcome_tables
from mri_response.core.tables import read_tsv, write_tsv
from mri_response.report.facts.clinical_outcomes import outcome_methods
from mri_response.report.figures.by_name import drawn
from mri_response.report.figures.plan import figure_plan
from mri_response.report.naming import naming
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Table
from mri_response.report.sections.outcomes import SECTION

CROSSOVER = {
    "periods": ["arm", "second"],
    "values": {"d": "drug", "p": "placebo"},
    "sessions": {"soon": {"drug": "day1", "placebo": "day7"}},
}
DESIGNS = {
    "parallel": {"times": {"day1": 1, "day7": 7}},
    "single_arm": {"arm": None, "reference": None},
    "crossover": {"arm": None, "crossover": CROSSOVER},
}
ALWAYS = {"outcome_trajectories", "outcome_change", "outcome_patterns"}
ARMS = {"outcome_between", "outcome_tipping_point"}


@pytest.fixture(scope="module", params=DESIGNS)
def design(request, tmp_path_factory):
    """Name of a design, its configuration, and its tables as text."""
    folder = tmp_path_factory.mktemp(request.param)
    people, scores = people_and_scores()
    people["second"] = people["arm"].map({"d": "p", "p": "d"})
    config = written(folder, people, scores, **DESIGNS[request.param])
    section, study = config["clinical_outcomes"], read_outcomes(config)
    made = {"scores": study.scores}
    for part in outcome_tables(section):
        made |= outcome_part(section, study, part) if part in PARTS else {}
    for name, table in made.items():
        write_tsv(table, folder / f"{name}.tsv")
    return request.param, config, {f"outcome_{n}": read_tsv(folder / f"{n}.tsv") for n in made}


def figures(config, tables):
    given = {**tables, "names": naming(config), "config": config}
    names = [spec.name for spec in figure_plan(config) if spec.section == "outcomes"]
    return {name: drawn(name, given) for name in names}


def test_a_design_has_its_figures_and_they_can_be_drawn(design):
    name, config, tables = design
    found = figures(config, tables)
    expected = {
        "parallel": ALWAYS | ARMS | {"outcome_incidence"},
        "single_arm": ALWAYS,
        "crossover": ALWAYS | ARMS | {"outcome_pairs"},
    }
    assert set(found) == expected[name]
    shown = config | {"report": {"participant_level": True}}
    assert set(figures(shown, tables)) == expected[name] | {"outcome_waterfall"}


def test_people_are_drawn_with_the_privacy_key_alone(design):
    _, config, tables = design
    shown = config | {"report": {"participant_level": True}}
    few, many = (figures(c, tables)["outcome_trajectories"].axes[0] for c in (config, shown))
    arms = sum(isinstance(one, ErrorbarContainer) for one in few.containers)
    part = "first_period" if config["clinical_outcomes"]["crossover"] else "whole"
    rows = tables["outcome_scores"]
    people = rows.loc[rows["part"] == part, "participant_id"].nunique()
    assert len(many.lines) - len(few.lines) == people
    assert len(few.lines) == 3 * arms  # the line and both caps of each arm


def test_the_forest_shows_the_numbers_of_the_table(design):
    _, config, tables = design
    axes = figures(config, tables)["outcome_change"].axes[0]
    first = tables["outcome_change"]
    first = first[first["scale"] == "MADRS"]
    drawn_limits = {
        tuple(np.round(line.get_xdata(), 9)) for line in axes.lines if len(line.get_xdata()) == 2
    }
    limits = {
        (round(float(low), 9), round(float(high), 9))
        for low, high in zip(first["ci_low"], first["ci_high"], strict=True)
    }
    assert limits <= drawn_limits


def test_the_section_and_the_methods_tell_the_design(design):
    name, config, tables = design
    shown = {key: table for key, table in tables.items() if key != "outcome_scores"}
    run = Run(config=config, tables=shown)
    blocks = SECTION.blocks_of(run)
    captions = [block.caption for block in blocks if isinstance(block, Table)]
    assert len(captions) == {"parallel": 3, "single_arm": 1, "crossover": 4}[name]
    assert all(block.rows for block in blocks if isinstance(block, Table))
    assert set(shown) <= set(SECTION.tables)
    methods = " ".join(fact.text for fact in outcome_methods(run))
    assert ("without a comparison" in methods) == (name == "single_arm")
    assert ("jackknife" in methods) == (name != "single_arm")
    assert ("Hills and Armitage" in methods) == (name == "crossover")
