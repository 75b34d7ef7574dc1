"""The section on what the removal of confounds puts into the features."""

from __future__ import annotations

import pandas as pd
import pytest
from flat_blocks import flat
from made_up_run import made_up_run

from mri_response.report.facts.gathered import gather
from mri_response.report.facts.methods import methods, results
from mri_response.report.sections.confound_controls import SECTION


def test_page_methods_and_results_have_both_controls():
    values = {"as_analysed": 0.746, "not_removed": 0.51, "shuffled_before_removal": 0.739}
    rows = [
        {"model": "roi_svc", "control": control, "metric": metric, "estimate": value + shift}
        for control, value in values.items()
        for metric, shift in (("balanced_accuracy", 0.0), ("auc", 0.1))
    ]
    made_up = made_up_run()
    run = made_up.read(tables={"confound_controls": pd.DataFrame(rows)})
    table, text = flat(SECTION.blocks(run))
    assert "shuffled between people" in text.text
    (row,) = table.rows
    assert row[0] == "Model roi_svc"
    assert [cell.replace("\u00a0", " ") for cell in row[1:4]] == ["74.6 %", "51.0 %", "73.9 %"]
    assert [float(cell) for cell in row[4:]] == pytest.approx([0.846, 0.61, 0.839], abs=6e-3)
    told = gather(run)["confound_controls"]
    assert "51.0 % without the removal, 73.9 % with features shuffled before it" in told.text
    assert told in results(gather(run))
    assert any("As controls of the removal of confounds" in fact.text for fact in methods(run))
    assert SECTION.blocks(made_up.read(tables={})) == []
    assert "confound_controls" not in gather(made_up.read())
