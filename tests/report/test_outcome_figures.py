"""Figures, section and methods of clinical outcomes, of every design."""

import re

import numpy as np
import pytest
from flat_blocks import flat
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
from mri_response.report.sections import found
from mri_response.report.sections.blocks import Answers, Details, Lead, Table
from mri_response.report.sections.outcomes import SECTION

CROSSOVER = {
    "periods": ["arm", "second"],
    "values": {"d": "drug", "p": "placebo"},
    "sessions": {"soon": {"drug": "day1", "placebo": "day7"}},
}
DESIGNS = {
    "parallel": {
        "times": {"day1": 1, "day7": 7},
        "competing": "stopped",
        "sustained": 2,
        "relapse": {"percent_of_baseline": 75},
    },
    "single_arm": {"arm": None, "reference": None},
    "crossover": {"arm": None, "crossover": CROSSOVER},
}
STOPPED = (3, 5)  # people with placebo who stopped before they responded
ALWAYS = {"outcome_trajectories", "outcome_change", "outcome_patterns"}
ARMS = {"outcome_between", "outcome_tipping_point"}


@pytest.fixture(scope="module", params=DESIGNS)
def design(request, tmp_path_factory):
    """Name of a design, its configuration, and its tables as text."""
    folder = tmp_path_factory.mktemp(request.param)
    people, scores = people_and_scores()
    people["second"] = people["arm"].map({"d": "p", "p": "d"})
    people["stopped"] = [3.0 if person in STOPPED else np.nan for person in people.index]
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
    blocks = flat(SECTION.blocks_of(run))
    captions = [block.caption for block in blocks if isinstance(block, Table)]
    assert len(captions) == {"parallel": 9, "single_arm": 3, "crossover": 8}[name]
    assert all(block.rows for block in blocks if isinstance(block, Table))
    assert set(shown) <= set(SECTION.tables)
    methods = " ".join(fact.text for fact in outcome_methods(run))
    assert ("without a comparison" in methods) == (name == "single_arm")
    assert ("jackknife" in methods) == (name != "single_arm")
    assert ("Hills and Armitage" in methods) == (name == "crossover")
    assert "Estimand: the mean " in methods
    assert not [b for b in blocks if isinstance(b, Answers)], (
        "they are at the beginning of the page"
    )
    (beginning,) = found.SECTION.blocks(run)
    answers = " ".join(item.figure for item in beginning.items)
    assert ("drug minus placebo" in answers) == (name != "single_arm")
    leads = [block.text for block in blocks if isinstance(block, Lead)]
    assert len(leads) == (name != "crossover")
    assert all("Response on the MADRS at day7" in lead for lead in leads)
    assert ("McNemar" in methods) == (name == "crossover")
    notes = " ".join(block.note for block in blocks if isinstance(block, Table))
    assert ("one baseline" in notes) == (name == "crossover")
    assert ("The covariance of a person's visits was" in notes) == (name != "single_arm")


def test_the_course_has_the_number_of_people_at_every_visit(design):
    _, config, tables = design
    axes = figures(config, tables)["outcome_trajectories"].axes[0]
    rows = tables["outcome_model"]
    rows = rows[(rows["model"] == "constrained") & (rows["quantity"] == "mean")]
    for visit, label in enumerate(axes.get_xticklabels()):
        own = rows.loc[rows["visit"] == str(visit), "n"]
        assert label.get_text().endswith(f"n = {' and '.join(own)}")
    assert axes.get_ylabel() == "MADRS, points"


@pytest.mark.parametrize(
    ("fitted", "words"),
    [
        (
            ("compound_symmetry", "robust", "unstructured: no convergence"),
            "The covariance of a person's visits was compound symmetry, with robust errors, since "
            "others could not be fitted (unstructured: no convergence).",
        ),
        (
            ("n/a", "n/a", "unstructured: no convergence"),
            "No covariance of a person's visits could be fitted (unstructured: no convergence).",
        ),
        (
            ("heterogeneous_toeplitz", "satterthwaite", "unstructured: no convergence"),
            "The covariance of a person's visits was heterogeneous Toeplitz, since others could "
            "not be fitted (unstructured: no convergence).",
        ),
        (
            ("unstructured", "kenward_roger", "n/a"),
            "The covariance of a person's visits was unstructured.",
        ),
    ],
)
def test_the_page_says_how_the_mixed_model_was_fitted(design, fitted, words):
    name, config, tables = design
    if name == "single_arm":
        return
    columns = ["covariance", "df_method", "not_fitted"]
    changed = tables["outcome_fit"].assign(**dict(zip(columns, fitted, strict=True)))
    run = Run(config=config, tables=tables | {"outcome_fit": changed})
    notes = " ".join(b.note for b in flat(SECTION.blocks_of(run)) if isinstance(b, Table))
    assert words in notes


@pytest.mark.parametrize("asked", [[], ["copy_reference"], ["jump_to_reference"]])
def test_assumptions_are_explained_where_they_are_made(design, asked):
    name, config, tables = design
    if name == "single_arm":
        return
    section = config["clinical_outcomes"] | {"sensitivity": asked}
    run = Run(config=config | {"clinical_outcomes": section}, tables=tables)
    notes = " ".join(b.note for b in flat(SECTION.blocks_of(run)) if isinstance(b, Table))
    assert ("Copy reference: who left" in notes) == ("copy_reference" in asked)
    assert ("Jump to reference: who left" in notes) == ("jump_to_reference" in asked)
    assert ("Information-anchored" in notes) == bool(asked)


def test_the_methods_claim_what_was_done(design):
    name, config, tables = design
    section = config["clinical_outcomes"]

    def text(**keys):
        changed = config | {"clinical_outcomes": section | keys}
        return " ".join(fact.text for fact in outcome_methods(Run(config=changed, tables=tables)))

    assert "robust errors where the covariance fell back to compound symmetry" in text()
    assert "robust" not in text(covariance=["unstructured"])
    assert ("Arms are the first treatments of the crossover" in text()) == (name == "crossover")
    assert "without a baseline or any later score are not in the model" in text()
    assert "any later score or a covariate are not" in text(covariates=["site"])
    if name != "single_arm":
        assert "information-anchored" in text()
        assert "information-anchored" not in text(sensitivity=[])


def cells(block):
    """Rows of a table of the page by their first cells, small text in brackets."""
    return [
        [f"{cell[0]} [{cell[1]}]" if isinstance(cell, tuple) else str(cell) for cell in row]
        for row in block.rows
    ]


def test_the_line_that_unfolds_details_names_what_is_there(design):
    _, config, tables = design
    without = {n: t for n, t in tables.items() if n != "outcome_relapse" and "_item_" not in n}

    def line(given):
        blocks = SECTION.blocks_of(Run(config=config, tables=given))
        return [block.summary for block in blocks if isinstance(block, Details)][-1]

    assert "items" in line(tables)
    assert line(without) in ("Missing scores", "Missing scores, lasting response")


def test_tables_behind_the_main_ones_have_the_numbers_of_their_files(design):
    name, config, tables = design
    blocks = flat(SECTION.blocks_of(Run(config=config, tables=tables)))
    by_caption = {block.caption: block for block in blocks if isinstance(block, Table)}
    missing = cells(by_caption["MADRS: who is missing"])
    expected = tables["outcome_missing"][["n_missing", "n"]].itertuples(index=False)
    assert [row[2].split(" (")[0] for row in missing] == [f"{k} of {n}" for k, n in expected]
    seen = tables["outcome_missing"][["baseline_seen", "baseline_seen_n"]].astype(float)
    for row, (mean, n) in zip(missing, seen.to_numpy(), strict=True):
        assert re.fullmatch(rf"{mean:.1f} \[[\d.]+ to [\d.]+, n = {n:.0f}\]", row[3])
    for table in by_caption.values():
        if "Risk difference" in table.columns:
            shown = [row[table.columns.index("Risk difference")] for row in cells(table)]
            assert shown
            assert all(re.fullmatch(r"\S+ points \[\S+ to \S+\]", cell) for cell in shown)
    items = cells(by_caption["Single items"])
    suppressed = tables["outcome_item_shares"]["suppressed"] == "True"
    assert sum(row.count("hidden") for row in items) == suppressed.sum()
    changes = tables["outcome_item_changes"].astype({"mean_change_low": float})
    intervals = ["[" in row[5] for row in items]
    assert intervals == changes["mean_change_low"].notna().tolist()
    assert any(intervals)
    if name == "single_arm":
        return
    texts = " ".join(block.text for block in blocks if hasattr(block, "text"))
    point = float(tables["outcome_tipping_point"]["tipping_point"].iloc[0])
    words = {True: "without any shift", False: "reaches 0 once missing people"}[point == 0]
    assert np.isinf(point) or words in texts
    if name == "crossover":
        return
    times = cells(by_caption["Time to response and remission"])
    medians = tables["outcome_medians"]
    assert [row[3:5] for row in times] == medians[["events", "competing"]].to_numpy().tolist()
    # Who stops has no response later, so that not everybody else is free of an event.
    rows = tables["outcome_incidence"]
    placebo = rows[(rows["outcome"] == "response") & (rows["arm"] == "placebo")]
    assert set(placebo["estimator"]) == {"aalen_johansen"}
    assert placebo["competing"].astype(int).sum() == len(STOPPED)
    last = placebo.iloc[-1]
    assert float(last["free"]) < 1 - float(last["incidence"])
    kept = cells(by_caption["Sustained response"])
    assert [row[0] for row in kept] == tables["outcome_sustained"]["arm"].tolist()
    relapsed = cells(by_caption["Relapse"])
    followed = tables["outcome_relapse"].drop_duplicates("arm")[["arm", "n"]]
    assert [row[:2] for row in relapsed] == followed.to_numpy().tolist()
    rule = "Relapse: a score of 75 % of that at baseline or more. From the first response"
    assert by_caption["Relapse"].note.startswith(rule)
    assert "taken as censored there" in by_caption["Time to response and remission"].note
