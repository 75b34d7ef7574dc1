"""A run that looks at scores alone: real people, with the answers that are known of them."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pandas as pd
import pytest
from small_study import ROOT, snakemake

from mri_response.core.tables import read_tsv

CONFIG = ROOT / "tests" / "configs" / "ketamine.yaml"
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """Folder of the run of OpenNeuro ds005917."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real data absent: ../shared/data is not beside the project")
    folder = tmp_path_factory.mktemp("ketamine")
    text = CONFIG.read_text(encoding="utf-8").replace("../shared/data", str(SHARED_DATA))
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    snakemake("--cores", "2", "--configfile", "study.yaml", cwd=folder)
    return folder / "results" / "ketamine"


def table(run: Path, name: str, **wanted: object) -> pd.DataFrame:
    """Rows of a table of outcomes, its numbers as such."""
    found = read_tsv(run / f"outcome_{name}.tsv")
    for column, value in wanted.items():
        found = found[found[column] == value]
    for column in found:
        try:
            found[column] = found[column].to_numpy(object).astype(float)
        except ValueError:
            continue
    return found


MADRS = {"scale": "MADRS_Total"}


# As an independent computation has them, to the digits that it gave.
@pytest.mark.parametrize(
    ("session", "n", "change", "limits", "g_z", "g_z_limits", "response", "remission"),
    [
        ("ses-d2", 27, -9.2222, (-13.3338, -5.1107), -0.8614, (-1.2895, -0.4215), 6, 4),
        ("ses-d10", 26, -4.3846, (-8.3307, -0.4386), -0.4352, (-0.8228, -0.0397), 3, 2),
        ("ses-p2", 26, -1.9615, (-4.6492, 0.7262), -0.2858, (-0.6641, 0.0978), 1, 0),
        ("ses-p10", 26, 0.7692, (-1.4292, 2.9676), 0.1370, (-0.2389, 0.5103), 0, 0),
    ],
)
def test_changes_and_rates_by_session(
    run, session, n, change, limits, g_z, g_z_limits, response, remission
):
    rows = table(run, "change", session_id=session, **MADRS).set_index("standardiser")
    row = rows.loc["change"]
    assert row["n"] == n
    assert row["mean_change"] == pytest.approx(change, abs=5e-5)
    assert (row["mean_change_low"], row["mean_change_high"]) == pytest.approx(limits, abs=5e-5)
    assert row["estimate"] == pytest.approx(g_z, abs=5e-5)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(g_z_limits, abs=5e-5)
    rates = table(run, "rates", session_id=session, counted="observed", **MADRS)
    rates = rates.set_index("outcome")
    assert rates["k"].to_dict() == {"response": response, "remission": remission}
    assert set(rates["n"]) == {n}


def test_rates_have_wilsons_interval(run):
    row = table(run, "rates", session_id="ses-d2", counted="observed", outcome="response", **MADRS)
    limits = row[["estimate", "ci_low", "ci_high"]].to_numpy(float)[0]
    assert limits == pytest.approx([0.2222, 0.1061, 0.4076], abs=5e-5)


def test_drug_and_placebo_of_the_same_people(run):
    rows = table(run, "pairs", standardiser="change", **MADRS).set_index("time_point")
    assert rows["n"].to_dict() == {"day 2": 24, "day 10": 22}
    columns = ["difference", "difference_low", "difference_high", "estimate", "ci_low", "ci_high"]
    assert rows.loc["day 2", columns].to_numpy(float) == pytest.approx(
        [-6.7500, -10.7796, -2.7204, -0.6840, -1.1120, -0.2441], abs=5e-5
    )
    pairs = table(run, "rate_pairs", time_point="day 2", outcome="response", **MADRS)
    risk, number = (
        pairs[pairs["measure"] == name].iloc[0]
        for name in ("risk_difference", "number_needed_to_treat")
    )
    assert [risk[name] for name in ("both", "only_first", "only_reference", "neither")] == [
        *(1, 4, 0, 19)
    ]
    assert risk[["estimate", "ci_low", "ci_high"]].to_numpy(float) == pytest.approx(
        [0.1667, -0.0169, 0.3609], abs=5e-5
    )
    assert risk["p_value"] == 0.125
    # The interval of the number needed to treat passes through infinity.
    assert number[["estimate", "ci_low", "ci_high"]].to_numpy(float) == pytest.approx(
        [6.0, 2.7710, -59.2262], abs=5e-4
    )


@pytest.mark.parametrize(
    ("point", "method", "effect", "values"),
    [
        ("day 2", "hills_armitage", "treatment", (-6.7500, 1.9917, 22, 0.002639)),
        ("day 2", "hills_armitage", "period", (0.0, 1.9917, 22, 1.0)),
        ("day 10", "hills_armitage", "treatment", (-4.2727, 1.6429, 20, 0.017101)),
        ("day 10", "hills_armitage", "period", (4.1818, 1.6429, 20, 0.0193)),
        ("day 2", "mixed_model", "treatment", (-7.29522, 1.98965, 22.9143, 0.00129)),
        ("day 10", "mixed_model", "treatment", (-5.49324, 1.73177, 17.99895, 0.00528)),
    ],
)
def test_the_crossover_by_each_method(run, point, method, effect, values):
    rows = table(run, "crossover", time_point=point, method=method, effect=effect)
    found = rows[["estimate", "se", "df", "p_value"]].to_numpy(float)[0]
    assert found == pytest.approx(values, abs=6e-5, rel=2e-5)


def test_the_first_period_as_a_trial_with_arms(run):
    rows = table(run, "between", standardiser="change", session_id="day 2", **MADRS)
    found = rows[["n", "n_reference", "estimate", "ci_low", "ci_high"]].to_numpy(float)[0]
    assert found == pytest.approx([15, 13, -1.0477, -1.8137, -0.2643], abs=5e-5)
    wanted = {"method": "first_period", "effect": "treatment", "time_point": "day 2"}
    ancova = table(run, "crossover", **wanted)[["estimate", "ci_low", "ci_high", "p_value"]]
    assert ancova.to_numpy(float)[0] == pytest.approx(
        [-9.6551, -16.4281, -2.8820, 0.007040], abs=5e-5
    )
    wanted = {"outcome": "response", "counted": "observed", "measure": "risk_difference"}
    risk = table(run, "rate_differences", session_id="day 2", **wanted, **MADRS)
    found = risk[["k", "n", "k_reference", "n_reference", "estimate", "ci_low", "ci_high"]]
    assert found.to_numpy(float)[0] == pytest.approx(
        [5, 15, 0, 13, 0.3333, 0.0418, 0.5829], abs=5e-5
    )


def test_who_is_missing_and_the_dirty_row(run):
    people = read_tsv(run / "outcome_scores.tsv")
    assert people["participant_id"].nunique() == 33
    assert "sub-MOA323" not in set(people["participant_id"])
    missing = table(run, "missing").set_index("session_id")["n_missing"]
    assert missing.to_dict() == {"ses-d2": 6, "ses-d10": 7, "ses-p2": 7, "ses-p10": 7}
    patterns = table(run, "patterns")
    assert patterns["n"].sum() == 33
    assert patterns.loc[patterns["baseline"] == "False", "n"].sum() == 1


def test_every_table_and_column_is_documented(run):
    text = (ROOT / "docs" / "clinical_outcomes.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `outcome_(\w+)`", text, re.M))
    made = {path.stem.removeprefix("outcome_") for path in run.glob("outcome_*.tsv")}
    assert made <= listed
    words = set(re.findall(r"\w+", text))
    for name in made:
        for column in read_tsv(run / f"outcome_{name}.tsv"):
            assert column in words, f"{name}: {column}"


def test_the_page_tells_design_numbers_and_methods(run):
    page = (run / "report.html").read_text(encoding="utf-8")
    page = re.sub(r"</?abbr\b[^>]*>", "", page)  # words of the glossary stand within others
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    lead = "MADRS_Total at day 2, ketamine minus placebo: −7.3 points"
    assert lead in text
    assert "Does ketamine help: do more people respond than with placebo? Can’t tell." in text
    assert "Does ketamine help: are scores lower than with placebo? Yes." in text
    assert "A crossover of ketamine and placebo in two periods" in text
    assert "day 2 One period or both, mixed model 29 −7.3 −11.4 to −3.2 22.9 0.001" in text
    assert "NNTB 7.5 (NNTH 8.8 to infinity to NNTB 2.6)" in text
    assert "differences in response, first period" in text
    paired = "day 2 24 5 1 4 and 0 +16.7 points −1.7 to +36.1 NNTB 6.0 (NNTH 59.2 to infinity to"
    assert f"{paired} NNTB 2.8) 0.125" in text
    assert "McNemar's exact test" in text
    assert "Kenward and Roger's errors and degrees of freedom" in text
    assert "nothing is carried forward" in text


def test_single_people_are_not_on_the_page(run):
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "outcome_rates.tsv" in page
    assert "outcome_scores.tsv" not in page
    assert "sub-MOA" not in page
