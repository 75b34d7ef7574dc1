"""Which programs made what was read: shown in parts, since small counts are not told."""

from __future__ import annotations

import pandas as pd
from made_up_run import made_up_run

from mri_response.report.run import Run
from mri_response.report.sections.blocks import Table
from mri_response.report.sections.inputs import SECTION


def test_small_counts_are_not_told_and_the_table_is_not_offered():
    config = made_up_run().config
    cohort = next(iter(config["cohorts"]))
    row = {"cohort": cohort, "source": "gm", "program": "CAT12", "version": "r2159"}
    rows = [row | {"site": "A", "class": "all", "n": "40"}]
    rows.append(row | {"version": "r2556", "site": "B", "class": "nonresponder", "n": "2"})
    run = Run(config, summaries={"inputs_summary": pd.DataFrame(rows)})
    text, shown = SECTION.blocks_of(run)
    assert "processed by several versions" in text.text
    assert isinstance(shown, Table)
    least = config["min_class_size"]
    assert [cells[-1] for cells in shown.rows] == ["40", f"fewer than {least}"]
    assert shown.rows[1][-2] == "non-responder", "as everywhere on the page"
    # Offered for download is what is among the tables.
    assert "inputs_summary" not in run.tables


def test_nothing_is_said_where_no_file_tells():
    assert SECTION.blocks_of(Run(made_up_run().config)) == []
