"""What is added to the answer about other cohorts."""

from html import escape

import pytest
from made_up_run import MadeUpRun, made_up_run

from mri_response.core.vocabulary import EXTERNAL_POOLED
from mri_response.report.sections import headline, verdict
from mri_response.report.sections.other_cohorts import each_by_itself, other_threshold


def with_rates(cohort: str, **rates: tuple[float, float, float]) -> MadeUpRun:
    """The made-up run with other figures of its primary model in a cohort."""
    run = made_up_run()
    table = run.performance
    for metric, values in rates.items():
        rows = (
            (table["model"] == run.config["primary_model"])
            & (table["cohort"] == cohort)
            & (table["metric"] == metric)
        )
        assert rows.any()
        table.loc[rows, ["estimate", "ci_low", "ci_high"]] = values
    return run


def learned(run: MadeUpRun) -> dict[str, float]:
    table = run.performance
    rows = table[
        (table["model"] == run.config["primary_model"])
        & (table["cohort"] == "discovery")
        & (table["aggregation"] == "mean_over_repeats")
    ]
    return rows.drop_duplicates("metric").set_index("metric")["estimate"].astype(float).to_dict()


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "said"),
    [
        (0.2, -0.2, "more people"),
        (-0.2, 0.2, "fewer people"),
        (0.0, 0.0, ""),
        (-0.2, -0.2, ""),  # worse on both sides is no matter of the threshold
        (-0.05, 0.05, ""),
    ],
)
def test_a_threshold_that_does_not_fit_is_told_with_both_rates(sensitivity, specificity, said):
    before = learned(made_up_run())
    moved = {
        metric: before[metric] + change
        for metric, change in (("sensitivity", sensitivity), ("specificity", specificity))
    }
    rates = {metric: (value, value - 0.1, value + 0.1) for metric, value in moved.items()}
    text = other_threshold(with_rates(EXTERNAL_POOLED, **rates).read(), EXTERNAL_POOLED)
    if not said:
        assert text == ""
        return
    assert said in text
    for metric in moved:
        first, second = (f"{100 * value:.1f}\u00a0%" for value in (moved[metric], before[metric]))
        assert f"{metric} {first} in place of {second}" in text


def test_cohorts_are_counted_by_their_own_intervals():
    run = with_rates("external_a", balanced_accuracy=(0.7, 0.51, 0.85))
    table = run.performance
    rows = (table["cohort"] == "external_b") & (table["metric"] == "balanced_accuracy")
    table.loc[rows, ["estimate", "ci_low", "ci_high"]] = (0.7, 0.5, 0.85)
    assert "Above chance in 1 of 2 alone" in each_by_itself(run.read())


def picture(run: MadeUpRun):
    (columns, _) = verdict.SECTION.blocks(run.read())
    return columns.right[-1]


def test_the_key_figure_has_every_external_cohort_as_long_as_there_is_place():
    run = made_up_run()
    shown = picture(run)
    for name in ("external_a", "external_b"):
        assert escape(run.config["cohorts"][name]["title"]) in shown.svg
    assert "External cohorts together" in shown.svg
    assert "by itself" not in shown.caption
    assert "65.0\u00a0% or more, as set for this run" in shown.caption


def test_of_many_cohorts_the_key_figure_has_external_ones_together(monkeypatch):
    run = made_up_run()
    monkeypatch.setattr(verdict, "_MOST_LINES", 4)
    shown = picture(run)
    for name in ("external_a", "external_b"):
        assert escape(run.config["cohorts"][name]["title"]) not in shown.svg
    assert "External cohorts together" in shown.svg
    assert "Each external cohort by itself: in the evidence." in shown.caption


def test_the_headline_says_why_cohorts_together_differ_from_counts():
    run = made_up_run()
    (table, *_) = headline.SECTION.blocks(run.read())
    assert "weighted by their pairs of one responder and one non-responder" in table.note
    run.performance = run.performance[run.performance["cohort"] != EXTERNAL_POOLED]
    (table, *_) = headline.SECTION.blocks(run.read())
    assert "weighted by their pairs" not in table.note


def test_better_than_the_clinic_speaks_of_the_cohort_in_which_it_was_compared():
    run = made_up_run()
    table = run.tables["verdict"]
    table.loc[table["question"] == "better_than_the_clinic", "answer"] = "found"
    (item,) = verdict.answer_of(run.read(), "better_than_the_clinic")[0].items
    assert item.text.startswith("In this cohort it does better than")
    assert run.config["cohorts"]["discovery"]["title"] in item.figure
