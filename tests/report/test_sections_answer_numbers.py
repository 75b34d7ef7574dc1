"""The number behind an answer, in words."""

import pandas as pd
from made_up_run import made_up_run

from mri_response.report.run import Run
from mri_response.report.sections.answer_numbers import answer_number, compared_with


def row_of(run: Run, question: str) -> pd.Series:
    verdict = run.numeric("verdict")
    return verdict[verdict["question"] == question].iloc[0]


def test_a_difference_between_models_has_both_of_its_figures():
    made = made_up_run()
    table = made.performance
    rows = (table["cohort"] == "discovery") & (table["metric"] == "auc")
    other = table[rows].assign(model="confounds_only", estimate=0.32)
    table.loc[rows, "estimate"] = 0.81
    row = row_of(made.read(), "better_than_the_clinic")
    assert " against " not in answer_number(made.read(), row)
    run = made.read(performance=pd.concat([table, other]))
    assert "(0.81 against 0.32; 95 % interval" in answer_number(run, row)
    for question in ("predicts", "holds_elsewhere", "is_it_the_drug"):
        assert " against 0" not in answer_number(run, row_of(run, question))


def test_what_is_compared_is_written_in_words():
    run = made_up_run().read()
    assert compared_with(run, row_of(run, "better_than_the_clinic")).startswith("confounds alone")
    assert " and " in compared_with(run, row_of(run, "differs_between_groups"))
