"""Axes of predicted numbers name what was predicted and its unit."""

import copy

import pandas as pd
import pytest
from made_up_run import CONFIG

from mri_response.config.outcome_kinds import OUTCOMES
from mri_response.report.figures import number_groups
from mri_response.report.figures.number_panels import gains
from mri_response.report.figures.plan import FIGURES
from mri_response.report.naming import naming

SCORES = {"scale": "MADRS", "baseline": "ses-pre", "endpoint": "ses-4"}
KINDS = {
    "change": ("change of MADRS, points", "points"),
    "percent_change": ("change of MADRS, %", "percentage points"),
    "endpoint": ("MADRS, points", "points"),
    "score": ("age", ""),
}


def names_of(kind):
    outcome = {"kind": kind} | (SCORES if OUTCOMES[kind].has_scores else {"column": "age"})
    return naming(copy.deepcopy(CONFIG) | {"outcome": outcome})


def test_every_number_has_words_for_its_axis():
    assert set(KINDS) == {name for name, kind in OUTCOMES.items() if kind.is_number}
    assert naming(CONFIG).number == naming(CONFIG).unit == ""


@pytest.mark.parametrize(("kind", "words"), KINDS.items())
def test_errors_have_the_unit_where_it_is_known(kind, words):
    names, (number, unit) = names_of(kind), words
    assert (names.number, names.unit) == (number, unit)
    error = "Gain in mean absolute error"
    assert gains(names)["mae_gain"] == (f"{error}, {unit}" if unit else error)


def test_what_was_predicted_stands_on_the_axes():
    names = names_of("percent_change")
    cohort = next(iter(CONFIG["cohorts"]))
    rows = {"model": "m", "cohort": cohort, "group": ["1", "2"], "n": "20"}
    rows |= {"predicted": ["-40", "-20"], "observed": ["-50", "-10"]}
    rows |= {"ci_low": ["-60", "-20"], "ci_high": ["-40", "0"]}
    axes = number_groups.draw(pd.DataFrame(rows), "m", names).axes[0]
    assert axes.get_xlabel() == "Predicted change of MADRS, %"
    assert axes.get_ylabel() == "Observed change of MADRS, %"


def test_the_curve_is_of_the_discovery_cohort_alone():
    assert [kind.name for kind in FIGURES if kind.of_discovery] == ["number_curve"]
