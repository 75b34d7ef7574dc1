"""The certificate against leakage on the page."""

import pandas as pd
from flat_blocks import flat
from made_up_run import made_up_run

from mri_response.report.sections.blocks import Lead, Table
from mri_response.report.sections.leakage import SECTION


def page(leakage=None):
    made_up = made_up_run()
    table = made_up.tables["leakage"] if leakage is None else leakage
    found = flat(SECTION.blocks(made_up.read(tables={"leakage": table})))
    (lead,) = [block.text for block in found if isinstance(block, Lead)]
    (table,) = [block for block in found if isinstance(block, Table)]
    return lead, table


def test_what_was_looked_at_is_told_row_by_row():
    lead, table = page()
    assert lead.startswith("None of 6 checks found a way")
    assert table.rows[0][0] == "Somebody on both sides of a split"
    assert table.rows[0][2:4] == ["1,110 splits", "no"]
    assert table.rows[-2][4] == "0.41 (at most 0.8)"
    assert table.rows[-1][2:] == [
        "1,000 permutations",
        "no",
        "49.6\N{NO-BREAK SPACE}% (at most 50.6\N{NO-BREAK SPACE}%)",
    ]


def test_a_failed_check_leads():
    leakage = made_up_run().tables["leakage"]
    leakage.loc[leakage["check"] == "scans_alike", ["n_found", "value", "passed"]] = [3, 0.97, "no"]
    lead, table = page(leakage)
    assert lead.startswith("1 of 6 checks found a way")
    assert "(scans almost those of other people)" in lead
    assert table.rows[-2][3:] == ["3", "0.97 (at most 0.8)"]


def test_gains_of_numbers_are_told_without_per_cent():
    leakage = made_up_run().tables["leakage"]
    gains = {"check": "gain_centre", "scope": "roi_svc", "n_found": None}
    gains |= {"n_checked": 1000, "value": -0.0213, "limit": 0.0031, "passed": "yes"}
    rows = leakage[leakage["check"] == "people_split"]
    _, table = page(pd.concat([rows, pd.DataFrame([gains])]))
    assert table.rows[-1][0] == "Mean gain over permuted residuals above 0"
    assert table.rows[-1][2:] == ["1,000 permutations", "no", "\N{MINUS SIGN}0.021 (at most 0.003)"]


def test_without_the_table_there_is_no_section():
    assert SECTION.blocks(made_up_run().read(tables={})) == []
