"""The section "Is it the drug?": its numbers are those of specificity.tsv, in words."""

from __future__ import annotations

import pytest
from flat_blocks import flat
from made_up_run import made_up_run, one_cohort, six_cohorts

from mri_response.core.tables import read_tsv, write_tsv
from mri_response.report.sections.blocks import Table, Text
from mri_response.report.sections.specificity import SECTION

MODEL = "roi_svc"


def section(run, changes=None):
    tables = {name: table.copy() for name, table in run.tables.items()}
    for (analysis, column), value in (changes or {}).items():
        frame = tables["specificity"]
        frame.loc[frame["analysis"] == analysis, column] = value
    return flat(SECTION.blocks(run.read(tables=tables)))


def written(made):
    return " ".join(block.text for block in made if isinstance(block, Text))


def rows(made):
    return [row for block in made if isinstance(block, Table) for row in block.rows]


def test_numbers_are_those_of_the_table():
    run = made_up_run()
    table = run.tables["specificity"].set_index(["analysis", "metric"])
    main = table.loc["difference", "auc_within_cohorts"]
    pooled = table.loc["difference", "auc"]
    text = written(section(run))
    assert f"within their own cohort, is +{main['estimate']:.2f}" in text
    assert f"together the difference is +{pooled['estimate']:.2f}" in text
    assert f"p = {main['p_value']:.3f}, one-sided" in text
    assert "from 1,000 permutations" in text
    assert "(External cohorts together, n = 51, 26 responders)" in text
    assert f"{100 * pooled['power']:.0f} % of the time" in text
    assert "at random" in text
    cells = rows(section(run))
    accuracy = table.loc["difference", "balanced_accuracy"]["estimate"]
    assert f"+{100 * accuracy:.1f} points" in str(cells)
    counts = [row[2].replace("\u00a0", " ") for row in cells]
    assert counts == [*["51 and 49"] * 3, "99 and 49", *["51 and 49"] * 2]
    assert [row[1] for row in cells] == [
        *("AUC", "AUC within cohorts", "Balanced accuracy", "AUC, discovery minus control"),
        *("responder", "score at the end"),
    ]


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.05, "tells the outcome better in these treated"), (0.0501, "has not been shown")],
)
def test_the_verdict_follows_the_test(p, said):
    assert said in written(section(made_up_run(), {("difference", "p_value"): p}))


def test_without_control_or_with_a_small_class_there_is_an_explanation():
    made = section(one_cohort())
    assert [type(block) for block in made] == [Text]
    assert made[0].text.startswith("There is no control cohort")
    run = made_up_run(sizes={"discovery": (52, 47, 0.9), "external_a": (3, 40, 0.7)} | {
        "external_b": (1, 12, 0.6), "saline": (15, 34, 0.0),
    })  # fmt: skip
    made = section(run)
    assert "fewer than 5 people" in written(made)
    assert [row[1] for row in rows(made)] == ["AUC, discovery minus control"]


def test_pooled_controls_have_a_title():
    assert "Control cohorts together, n = 78" in written(section(six_cohorts()))


def test_a_table_read_from_disk_says_the_same(tmp_path):
    run = made_up_run()
    before = section(run)
    write_tsv(run.tables["specificity"], tmp_path / "t.tsv")
    run.tables["specificity"] = read_tsv(tmp_path / "t.tsv")
    assert section(run) == before


def test_without_the_table_there_is_no_section():
    run = made_up_run()
    assert SECTION.blocks(run.read(tables={})) == []


@pytest.mark.parametrize(
    ("log_odds", "said"),
    [
        (0.0, "odds × 1.00"),
        (4.0, "odds × 54.60"),
        (7.56, "odds × 1,920"),
        (11.8, "odds × > 10,000"),
    ],
)
def test_ratios_of_odds_are_written_for_readers(log_odds, said):
    changes = {("interaction_outcome", "estimate"): log_odds}
    assert said in str(rows(section(made_up_run(), changes))).replace("\\xa0", " ")
