"""The section of an applied model: what is known, what is warned of, what was registered."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mri_response.config.load import load_config
from mri_response.report.run import Run
from mri_response.report.sections.applied import SECTION
from mri_response.report.sections.blocks import Details, Figures, Table, Text, Warnings

TEXT = {
    "name": "svc",
    "study": "Elsewhere",
    "training": {"n_people": 99, "cohort": "munich"},
    "performance": [
        {"metric": "auc", "n": 99.0, "estimate": 0.7, "ci_low": 0.6, "ci_high": 0.8}
        | {"p_value": 0.003, "n_permutations": 1000.0},
        {"metric": "sensitivity", "n": 99.0, "estimate": 0.7, "ci_low": 0.5, "ci_high": 0.8}
        | {"p_value": None, "n_permutations": None},
    ],
    "licence": None,
    "made_with": "mri-response 0.1.0",
}
OUTCOME = {"kind": "label", "column": "g", "classes": ["a", "b"], "positive_class": "a"}
COLUMNS = ["cohort", "metric", "n", "estimate", "ci_low", "ci_high", "ci_method", "p_value"]


def blocks(*, outcome: bool = True, unseen: str = "error", **tables: pd.DataFrame) -> list[Any]:
    cohorts = {"here": {"role": "external", "participants": "p.tsv", "title": "Our clinic"}}
    raw = {"run": "away", "cohorts": cohorts, "apply": {"model": "folder"}}
    config = load_config(raw | ({"outcome": OUTCOME} if outcome else {}))
    asked = config["apply"] | {"outcome": config["outcome"], "folder_sha256": "f" * 64}
    checks = [["here", "age", "warning", "9.0 % of the values are beyond"]]
    given = {
        "applied_checks": pd.DataFrame(checks, columns=["cohort", "about", "level", "finding"]),
        "applied_performance": pd.DataFrame(columns=[*COLUMNS, "n_permutations"]),
        "applied_registration": pd.DataFrame(columns=["what", "matches", "date"]),
    }
    flow = pd.DataFrame([["here", "external", "analysed", "40"]])
    flow.columns = ["cohort", "role", "step", "n"]
    confounds = config["confounds"] | {"unseen_site": unseen}
    config = config | {"outcome": None, "apply": asked, "confounds": confounds}
    return SECTION.blocks_of(Run(config, flow=flow, tables=given | tables, applied=TEXT))


def texts(found: list[Any]) -> str:
    return " ".join(block.text for block in found if hasattr(block, "text"))


def test_the_first_sentence_says_who_was_scored_by_what():
    found = blocks()
    assert found[1].text == (
        "The model svc of the study “Elsewhere”, trained on 99 people of munich, scored 40 people: "
        "Our clinic 40."
    )
    (warned,) = [block for block in found if isinstance(block, Warnings)]
    assert warned.items == ["Our clinic, age: 9.0 % of the values are beyond."]


def test_scores_that_depend_on_others_of_the_site_are_said_to_do_so():
    def said(unseen: str) -> str:
        (how,) = (b for b in blocks(unseen=unseen)[-1:] if isinstance(b, Details))
        return texts(how.blocks)

    assert "transductive" in said("own")
    assert "transductive" not in said("mean")


def test_what_is_not_known_is_said():
    assert "Nobody has a label yet" in texts(blocks())
    assert "No outcome is named" in texts(blocks(outcome=False))
    assert not any(isinstance(block, Figures) for block in blocks())


def test_performance_stands_beside_that_of_the_training():
    rows = [["here", "auc", "40", "0.66", "0.5", "0.8", "delong_logit", "0.04", "99"]]
    rows += [["here", "sensitivity", "40", "0.7", "0.4", "0.9", "wilson", None, None]]
    performance = pd.DataFrame(rows, columns=[*COLUMNS, "n_permutations"])
    found = blocks(applied_performance=performance)
    here, before = [block for block in found if isinstance(block, Table)]
    assert here.rows[0][2:4] == ["Sensitivity", "70.0\u00a0%"]
    assert here.rows[0][-1] == "not tested alone"
    assert here.rows[1][2:5] == ["AUC", "0.66", "0.50\u00a0to\u00a00.80"]
    assert ["AUC", "99", "0.70", "0.60\u00a0to\u00a00.80", "0.003"] in before.rows
    assert [row[-1] for row in before.rows if row[0] == "Sensitivity"] == ["not tested alone"]


@pytest.mark.parametrize("same", [True, False])
def test_a_registration_is_named_with_what_differs(same):
    rows = [["model", "True", "2026-03-01"], ["plan", str(same), "2026-03-01"]]
    table = pd.DataFrame(rows, columns=["what", "matches", "date"])
    found = blocks(applied_registration=table)
    if same:
        assert "match a registration dated 2026-03-01 by its author" in texts(found)
        assert "proof needs a public deposit" in texts(found)
    else:
        told = next(block for block in found if isinstance(block, Warnings))
        assert told.heading == "Differs from a registration dated 2026-03-01 by its author"
        assert told.items == ["plan: not what was registered."]
        assert not any("match a registration" in b.text for b in found if isinstance(b, Text))
