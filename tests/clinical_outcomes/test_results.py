"""Tables of a run: which ones a design has, and that they are those of the functions."""

import re

import pandas as pd
import pytest
from outcome_files import people_and_scores, written

from mri_response.clinical_outcomes.effect_sizes import between_effects
from mri_response.clinical_outcomes.measures import compared, contrasts
from mri_response.clinical_outcomes.mmrm import Analysis, mmrm
from mri_response.clinical_outcomes.results import PARTS, outcome_part
from mri_response.clinical_outcomes.study import read_outcomes
from mri_response.config.clinical_outcomes import outcome_tables, trial_design

MORE = {"times": {"day1": 1, "day7": 7}, "sustained": 2, "relapse": {"percent_of_baseline": 80}}


@pytest.fixture
def trial(tmp_path):
    config = written(tmp_path, *people_and_scores(), **MORE)
    return config["clinical_outcomes"], read_outcomes(config)


def tables(section, study):
    parts = [part for part in outcome_tables(section) if part in PARTS]
    return {name: t for part in parts for name, t in outcome_part(section, study, part).items()}


def test_a_trial_with_arms_has_tables_of_differences(trial):
    section, study = trial
    made = tables(section, study)
    assert trial_design(section) == "parallel"
    assert {"rate_differences", "between", "sensitivity", "hazards", "item_differences"} <= set(
        made
    )
    assert not {"pairs", "rate_pairs", "crossover", "periods"} & set(made)
    assert all(len(table) for table in made.values())
    table = compared(section, study, "MADRS")
    assert contrasts(section, table) == [("drug", "placebo")]
    expected = between_effects(table, "drug", "placebo")
    own = made["between"][made["between"]["scale"] == "MADRS"].drop(columns="scale")
    pd.testing.assert_frame_equal(own.reset_index(drop=True), expected, check_dtype=False)
    fitted = mmrm(table, Analysis("placebo")).estimates
    rows = made["model"][made["model"]["model"] == "mmrm"]
    pd.testing.assert_frame_equal(rows.reset_index(drop=True), fitted, check_dtype=False)


def test_one_group_has_none(tmp_path):
    config = written(tmp_path, *people_and_scores(), arm=None, reference=None, items=None, **MORE)
    section = config["clinical_outcomes"]
    made = tables(section, read_outcomes(config))
    assert trial_design(section) == "single_arm"
    assert set(made) == {
        *("rates", "change", "model", "fit", "missing", "patterns"),
        *("incidence", "medians", "sustained", "relapse"),
    }
    assert set(made["model"]["quantity"]) == {"mean"}
    assert set(made["rates"]["arm"]) == {"all"}


def test_within_and_between_never_share_a_table(trial):
    made = tables(*trial)
    assert set(made["change"]["design"]) == {"within"}
    assert set(made["between"]["design"]) == {"between"}


def test_assumptions_about_missing_scores_have_the_covariances_that_are_asked_for(trial):
    section, study = trial
    usual = outcome_part(section, study, "sensitivity")
    asked = section | {"covariance": ["compound_symmetry"]}
    made = outcome_part(asked, study, "sensitivity")
    for name, table in made.items():
        assert set(table["covariance"]) == {"compound_symmetry"}
        assert set(usual[name]["covariance"]) == {"unstructured"}


def test_exchanged_arms_keep_rates_and_turn_differences(trial, tmp_path):
    section, study = trial
    other = section | {"reference": "drug"}
    pd.testing.assert_frame_equal(
        outcome_part(other, study, "rates")["rates"], outcome_part(section, study, "rates")["rates"]
    )
    own, turned = (outcome_part(s, study, "effects")["between"] for s in (section, other))
    assert own["estimate"].to_numpy() == pytest.approx(-turned["estimate"].to_numpy())


def test_every_table_and_column_is_documented(trial, root):
    text = (root / "docs" / "clinical_outcomes.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", text))
    for name, table in tables(*trial).items():
        assert f"| `outcome_{name}` |" in text
        assert set(table.columns) <= words, name
