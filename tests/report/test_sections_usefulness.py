"""What the page says of probabilities and decisions."""

from __future__ import annotations

import numpy as np
import pytest
from flat_blocks import flat
from made_up_run import MadeUpRun, made_up_run, six_cohorts

from mri_response.core.tables import read_tsv, write_tsv
from mri_response.report.naming import naming
from mri_response.report.sections.blocks import Bullets, Table, Text
from mri_response.report.sections.usefulness import (
    SECTION,
    benefit_verdict,
    calibration_verdict,
    point_text,
)

MODEL = "roi_svc"

WHO = "discovery, roi_svc, n = 99 (52)"


def cell(row):
    return f"{row['estimate']:.2f}", f"{row['ci_low']:.2f} to {row['ci_high']:.2f}"


def page(run: MadeUpRun, tables=None):
    return flat(SECTION.blocks(run.read(tables=tables or run.tables)))


@pytest.fixture(scope="module")
def run() -> MadeUpRun:
    return made_up_run()


def test_tables_as_written_give_the_same_page(run, tmp_path):
    read = {}
    for name in ("calibration", "operating_points", "decision_curve"):
        write_tsv(run.tables[name], tmp_path / f"{name}.tsv")
        read[name] = read_tsv(tmp_path / f"{name}.tsv")
    assert page(run, read) == page(run)
    assert page(run, {"calibration": run.tables["calibration"]}) == []


def test_numbers_of_the_page_are_those_of_the_tables(run):
    points, calibration = (b for b in page(run) if isinstance(b, Table))
    table = run.tables["calibration"]
    own = table[table["cohort"] == "external_pooled"].drop_duplicates("metric").set_index("metric")
    (row,) = (r for r in calibration.rows if r[0][0] == "External cohorts together")
    assert row[2] == "51 (26)"
    assert row[-1] == cell(own.loc["calibration_slope"])
    assert row[4] == f"{own.loc['brier_prevalence', 'estimate']:.2f}"
    table = run.tables["operating_points"]
    own = table[(table["cohort"] == "discovery") & (table["operating_point"] == "youden")]
    own = own[own["ci_method"].str.startswith("null_inflated")].set_index("metric")
    (row,) = (r for r in points.rows if r[0][1] == WHO and "Youden" in r[1])
    assert row[4] == cell(own.loc["likelihood_ratio_positive"])
    assert row[6][0] == f"{100 * own.loc['ppv', 'estimate']:.1f}\u00a0%"
    # External cohorts one by one are in the table to download.
    counts = {"discovery": "99 (52)", "external": "51 (26)", "control": "49 (15)"}
    assert {r[0][1] for r in points.rows} == {
        f"{role}, roi_svc, n = {people}" for role, people in counts.items()
    }
    assert len(points.rows) == 3 * 4


def test_without_a_corrected_interval_the_naive_one(run):
    table = run.tables["operating_points"].copy()
    inflated = table["ci_method"].str.startswith("null_inflated")
    table.loc[inflated, ["ci_low", "ci_high"]] = np.nan
    points, _ = (
        block
        for block in page(run, run.tables | {"operating_points": table})
        if isinstance(block, Table)
    )
    (row,) = (r for r in points.rows if r[0][1] == WHO and "Youden" in r[1])
    naive = table[
        (table["cohort"] == "discovery")
        & (table["operating_point"] == "youden")
        & (table["ci_method"] == "naive_wilson")
        & (table["metric"] == "sensitivity")
    ].iloc[0]
    limits = f"{100 * naive['ci_low']:.1f} to {100 * naive['ci_high']:.1f} %"
    assert row[2][1].replace("\u00a0", " ") == limits


def test_small_cohorts_say_why():
    run = six_cohorts()
    _, calibration = (b for b in page(run) if isinstance(b, Table))
    (row,) = (r for r in calibration.rows if r[0][0].startswith("A third external"))
    assert row[-1].startswith("Not computed: a class has fewer than 5 people")
    table = run.tables["calibration"]
    assert calibration_verdict(table, MODEL, "external_c", naming(run.config)) is None
    table = run.tables["decision_curve"]
    assert benefit_verdict(table, MODEL, "external_c", naming(run.config)) is None


def test_nothing_of_people_and_every_sentence_has_its_class(run):
    text = " ".join(
        [b.text for b in page(run) if isinstance(b, Text)]
        + [item for b in page(run) if isinstance(b, Bullets) for item in b.items]
    )
    assert "turn out to be of the class responder" in text
    assert not [who for who in run.ids if who in text]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ((0.5, 0.3, 0.8), "too extreme"),
        ((-0.5, -0.9, -0.1), "they point the wrong way"),
        ((1.8, 1.2, 2.4), "too timid"),
        ((0.9, 0.4, 1.4), "not shown to be too extreme or too timid"),
        ((np.nan, np.nan, np.nan), "a slope cannot be estimated"),
    ],
)
def test_words_follow_the_interval_of_the_slope(run, limits, words):
    table = run.tables["calibration"].copy()
    table.loc[table["metric"] == "calibration_slope", ["estimate", "ci_low", "ci_high"]] = limits
    assert words in calibration_verdict(table, MODEL, "saline", naming(run.config))


@pytest.mark.parametrize(
    ("metric", "limits", "words"),
    [
        ("scaled_brier", (0.2, 0.1, 0.3), "the probabilities are nearer to"),
        ("scaled_brier", (-0.2, -0.3, -0.1), "the probabilities are further from"),
        ("scaled_brier", (0.1, -0.1, 0.3), "the probabilities are not shown to be nearer to"),
        ("calibration_in_the_large", (0.5, 0.1, 0.9), "the probabilities are too low"),
        ("calibration_in_the_large", (-0.5, -0.9, -0.1), "the probabilities are too high"),
    ],
)
def test_words_follow_the_other_intervals(run, metric, limits, words):
    table = run.tables["calibration"].copy()
    table.loc[table["metric"] == metric, ["estimate", "ci_low", "ci_high"]] = limits
    assert words in calibration_verdict(table, MODEL, "external_pooled", naming(run.config))


def test_words_follow_the_interval_of_the_advantage(run):
    names, table = naming(run.config), run.tables["decision_curve"].copy()

    def said(advantage, low):
        table["advantage"], table["band_low"] = advantage, low
        return benefit_verdict(table, MODEL, "saline", names)

    at = table["threshold"]
    assert said(np.zeros(len(at)), np.nan) == (
        "Saline: at no threshold better than acting on everybody or on nobody."
    )
    text = said(at.between(0.2, 0.34) * 0.1, np.nan)
    assert "at no threshold shown to be better" in text
    assert "above both at 20 to 34 %, the band of all thresholds together includes 0" in text
    good = at.between(0.2, 0.34) | (at == 0.5) | at.between(0.6, 0.61)
    text = said(good * 0.1, good * 0.05)
    assert text.endswith("at threshold probabilities 20 to 34 %, 50 % and 60 to 61 %.")


def test_operating_points_in_words():
    assert point_text("decision_zero") == "decision value 0"
    assert point_text("sensitivity_0.9") == "sensitivity ≥\u00a090\u00a0%"
    assert point_text("specificity_0.975") == "specificity ≥\u00a097.5\u00a0%"
