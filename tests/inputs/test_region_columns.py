"""Columns of a table that are no regions."""

import numpy as np
import pandas as pd
import pytest

from mri_response.config.not_regions import not_regions
from mri_response.inputs.region_columns import chosen_columns
from mri_response.inputs.tables import read_roi_table

NEVER = {"dx": "the label", "icv_ml": "intracranial volume", "hamd17*": "a score"}


def table(**columns):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"Left-Amygdala": rng.normal(1500, 90, 12)})
    return frame.assign(**columns)


@pytest.mark.parametrize(
    "column",
    [
        *("DX", "icv_ml", "HAM-D17_week8", "eTIV", "EstimatedTotalIntraCranialVol", "TIV (ml)"),
        *("MMSE", "CDR", "PHQ-9", "panss_total", "BDI2", "Unnamed: 0", "X", "SUB_ID", "subject"),
    ],
)
def test_names_of_other_things(column):
    values = table(**{column: np.random.default_rng(1).normal(size=12)})
    taken, left_out = chosen_columns(values, ["*"], [], NEVER)
    assert taken == ["Left-Amygdala"]
    assert list(left_out) == [column]
    assert chosen_columns(values, ["*", column], [], NEVER) == ([*values], {})
    assert chosen_columns(values, ["*"], [column], NEVER) == (["Left-Amygdala"], {})


@pytest.mark.parametrize(
    "column", ["Right-Caudate", "lh_fluids_area", "CC_Mid_Anterior", "Precuneus", "bair", "Dx2"]
)
def test_names_of_regions(column):
    values = table(**{column: np.random.default_rng(1).normal(size=12)})
    assert chosen_columns(values, ["*"], [], NEVER) == ([*values], {})


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        (np.arange(12), True),
        (np.arange(12)[::-1] + 1, True),
        (np.array([3, 1, 0, 2, 11, 10, 4, 5, 9, 8, 7, 6]), True),
        (50_000 + np.cumsum([3, 1, 8, 2, 2, 7, 1, 1, 30, 2, 5, 4]), True),
        (np.array([3, 1, 0, 2, 14, 10, 4, 5, 9, 8, 7, 6]), False),
        (np.arange(12) + 0.5, False),
        (np.array([1, 2] * 6), False),
    ],
)
def test_numbers_of_rows_and_people(numbers, told):
    taken, left_out = chosen_columns(table(code=numbers), ["*"], [], {})
    assert ("code" in left_out, "code" not in taken) == (told, told)


def test_a_table_says_what_was_left_out(tmp_path):
    path = tmp_path / "regions.csv"
    path.write_text("participant_id,Dx,thalamus\na,0,1.5\nb,1,1.7\n")
    regions = read_roi_table(path, never=NEVER)
    assert list(regions) == ["participant_id", "thalamus"]
    assert regions.attrs["left_out"] == {"Dx": "the label"}


def test_what_a_configuration_uses_otherwise():
    config = {
        "cohorts": {"a": {"role": "discovery", "where": {"Arm": ["1"]}, "tiv": {"column": "VBM"}}},
        "outcome": {"kind": "response", "scale": "BDI-II"},
        "features": {"clinic": {"kind": "clinical", "columns": ["Education"], "categorical": []}},
        "models": {
            "m": {
                "features": "clinic",
                "confounds": [{"column": "Scanner", "knots": []}],
                "harmonise": {"column": "Batch", "keep": [], "learn_from": {}},
            }
        },
    }
    assert not_regions(config) == {
        **dict.fromkeys(("age", "sex", "site", "arm"), "of the participants table"),
        "education": "a clinical feature",
        "scanner": "a confound",
        "batch": "a column of harmonise",
        "vbm": "intracranial volume",
        "bdiii*": "a score of the outcome's scale",
    }
    config["outcome"] = {"kind": "label", "column": "Relapse"}
    assert not_regions(config)["relapse"] == "the label"
