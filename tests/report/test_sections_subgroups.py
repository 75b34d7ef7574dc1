"""What the page says of subgroups."""

from __future__ import annotations

import pytest
from flat_blocks import flat
from made_up_run import MadeUpRun, made_up_run

from mri_response.core.tables import read_tsv, write_tsv
from mri_response.report.numbers import estimate_text, interval_text
from mri_response.report.sections.blocks import Bullets, Table, Text
from mri_response.report.sections.subgroups import SECTION


def page(run: MadeUpRun, table):
    return flat(SECTION.blocks(run.read(tables={"subgroups": table})))


@pytest.fixture
def run() -> MadeUpRun:
    return made_up_run()


def test_every_group_is_a_row_with_its_numbers(run, tmp_path):
    table = run.tables["subgroups"]
    write_tsv(table, tmp_path / "subgroups.tsv")
    (shown,) = (b for b in page(run, read_tsv(tmp_path / "subgroups.tsv")) if isinstance(b, Table))
    groups = table[table["reference"].isna() & (table["metric"] == "auc")]
    assert len(shown.rows) == len(groups)
    women = groups[(groups["cohort"] == "discovery") & (groups["group"] == "F")].iloc[0]
    (row,) = (r for r in shown.rows if r[0] == "Drug, discovery" and r[1] == "women")
    assert row[2] == f"{women['n']} ({women['n_positive']})"
    expected = interval_text("auc", women["ci_low"], women["ci_high"])
    assert row[6] == (estimate_text("auc", women["estimate"]), expected)
    small = [row for row in shown.rows if row[-1].__class__ is str and "Not computed" in row[-1]]
    assert len(small) == groups["estimate"].isna().sum() > 0
    assert all("fewer than 5 people" in row[-1] for row in small)
    assert all(row[2].isdigit() for row in small)  # without the number of a class


def test_differences_are_said_with_their_interval_and_what_it_means(run):
    table = run.tables["subgroups"].copy()
    (bullets,) = (b for b in page(run, table) if isinstance(b, Bullets))
    chosen = (
        (table["cohort"] == "discovery")
        & table["reference"].notna()
        & (table["metric"] == "balanced_accuracy")
    )
    row = table[chosen].iloc[0]
    assert bullets.items[0].startswith(
        "Drug, discovery: balanced accuracy in women minus that in men "
    )
    assert f"{100 * row['estimate']:+.1f}".replace("-", "−") in bullets.items[0]
    assert "neither a difference nor its absence is shown" in bullets.items[0]
    table.loc[chosen, ["estimate", "ci_low", "ci_high"]] = [0.2, 0.1, 0.3]
    (bullets,) = (b for b in page(run, table) if isinstance(b, Bullets))
    assert "+20.0 percentage points (95 % interval +10.0 to +30.0)" in bullets.items[0]
    assert "does not include 0. One of many comparisons" in bullets.items[0]


def test_hyphens_of_titles_stay_hyphens(run):
    run.config["cohorts"]["discovery"]["title"] = "Drug-naive"
    (bullets,) = (b for b in page(run, run.tables["subgroups"]) if isinstance(b, Bullets))
    assert bullets.items[0].startswith("Drug-naive: ")


def test_small_groups_have_no_difference(run):
    table = run.tables["subgroups"].copy()
    table.loc[table["reference"].notna(), ["estimate", "ci_low", "ci_high"]] = float("nan")
    assert not [b for b in page(run, table) if isinstance(b, Bullets)]


def test_without_groups_the_page_says_so(run):
    (text,) = page(run, run.tables["subgroups"].iloc[:0])
    assert isinstance(text, Text)
    assert text.text.startswith("Not shown")
