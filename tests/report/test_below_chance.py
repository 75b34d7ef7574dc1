"""What numbers below chance mean, by their intervals and how they came about."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_run import MadeUpRun, made_up_run, one_cohort

from mri_response.report.below_chance import auc_below_chance, below_chance
from mri_response.report.sections import comparisons, headline, verdict
from mri_response.report.sections.blocks import OfModel, Text


def run_with(cohort: str, model: str = "roi_svc", made: MadeUpRun | None = None, **given: Any):
    """A run in which balanced accuracy and AUC of a model in a cohort are set, others at 0.7."""
    made = made or made_up_run()
    table = made.performance
    shown = table["metric"].isin(["balanced_accuracy", "auc"])
    table.loc[shown, ["estimate", "ci_low", "ci_high"]] = (0.7, 0.6, 0.8)
    rows = (table["model"] == made.config["primary_model"]) & (table["cohort"] == cohort) & shown
    if model != made.config["primary_model"]:
        table = pd.concat([table, table[rows].assign(model=model, **given)])
    else:
        table.loc[rows, list(given)] = list(given.values())
    return made.read(performance=table)


@pytest.mark.parametrize(
    ("cohort", "limits", "method", "said"),
    [
        ("saline", (0.30, 0.5), "mover_wilson", "an interval that includes it"),
        ("saline", (0.30, 0.4999), "mover_wilson", "answers point the wrong way there"),
        ("discovery", (0.30, 0.4999), "null_inflated", "What knows nothing falls there"),
        ("discovery", (0.30, 0.55), "null_inflated", "an interval that includes it"),
        ("discovery", (0.30, 0.4999), "naive_bootstrap", "without an interval"),
        ("discovery", (np.nan, np.nan), "null_inflated", "without an interval"),
    ],
)
def test_the_interval_and_how_it_came_about_decide(cohort, limits, method, said) -> None:
    given = {"estimate": 0.44, "ci_low": limits[0], "ci_high": limits[1], "ci_method": method}
    run = run_with(cohort, **given)
    (text,) = below_chance(run, [run.model], run.cohorts_of(run.model))
    assert said in text
    title = run.names.titles[cohort]
    assert f"model roi_svc in {title} (balanced accuracy 44.0\u00a0%, AUC 0.44)" in text
    shown = [block for block in headline.SECTION.blocks(run) if isinstance(block, OfModel)]
    assert shown == [OfModel(run.model, [Text(text)])]


@pytest.mark.parametrize("estimate", [0.4999, 0.5, 0.6])
def test_at_or_above_chance_nothing_is_said(estimate: float) -> None:
    run = run_with("saline", estimate=estimate)
    assert below_chance(run, [run.model], run.cohorts_of(run.model)) == []
    assert auc_below_chance(run, run.model, "saline") == ""


def test_people_held_out_are_not_cross_validated() -> None:
    made = made_up_run()
    made.config["cross_validation"]["outer"] = "held_out"
    given = {"estimate": 0.4, "ci_low": 0.3, "ci_high": 0.45, "ci_method": "mover_wilson"}
    run = run_with("discovery", made=made, **given)
    (text,) = below_chance(run, [run.model], ["discovery"])
    assert "cross-validation" not in text
    assert "wrong way" in text


def test_confounds_below_chance_are_told_beside_the_comparison_with_them() -> None:
    given = {"estimate": 0.32, "ci_low": 0.21, "ci_high": 0.44, "ci_method": "null_inflated"}
    run = run_with("discovery", "confounds_only", **given)
    items = verdict.SECTION.blocks(run)[0].left[0].items
    said = " The AUC of confounds alone is below chance, as happens to noise in cross-validation."
    assert said in items[3].text
    assert " against 0.32; " in items[3].figure
    assert not any("below chance" in item.text for item in items[:3])
    texts = [block.text for block in comparisons.SECTION.blocks(run) if isinstance(block, Text)]
    (text,) = [text for text in texts if text.startswith("Below chance")]
    assert "confounds alone (" in text
    assert text.count(" in Drug, discovery") == 1


def test_without_other_cohorts_it_still_holds() -> None:
    made = one_cohort()
    (cohort,) = made.config["cohorts"]
    given = {"estimate": 0.4, "ci_low": 0.3, "ci_high": 0.6, "ci_method": "null_inflated"}
    run = run_with(cohort, made=made, **given)
    assert len(below_chance(run, [run.model], run.cohorts_of(run.model))) == 1
