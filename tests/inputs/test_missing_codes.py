"""Numbers that stand for missing values."""

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.missing_codes import check_missing_codes, missing_codes

VOLUMES = [3120.5, 3900.0, 41000.0, 2875.2]
ITEMS = [1, 2, 3, 4, 5, 5, 2]


@pytest.mark.parametrize(
    ("others", "code"),
    [
        (VOLUMES, -9999),
        (VOLUMES, -999),
        (ITEMS, 99),
        (ITEMS, 88),
        (ITEMS, -9),
        ([-2.5, 0.3, 1.9], 999),
        ([0, 12, 40, 31], 9999),
        (list(range(20)), -9),
    ],
)
def test_codes_outside_the_other_values(others, code):
    values = np.array([*others, code, np.nan, code], dtype=float)
    assert np.flatnonzero(missing_codes(values)).tolist() == [len(others), len(others) + 2]


@pytest.mark.parametrize(
    "values",
    [
        [40.0, 99, 120, 77, 88],  # among the others
        [20, 45, 70, 99],  # an age
        [-12, 5, -9, 20, 3],  # a change
        [9999.0, 9000, 11000, 14000],
        [99, 99, 99],
        [0, 99],
        [np.nan, np.nan],
    ],
)
def test_values_that_only_look_like_codes(values):
    assert not missing_codes(np.array(values, dtype=float)).any()


def test_zero_is_a_code_only_where_asked_and_far_from_the_rest():
    thickness = np.array([2.4, 0, 2.6, 2.9])
    assert not missing_codes(thickness).any()
    assert missing_codes(thickness, codes=[0]).tolist() == [False, True, False, False]
    assert not missing_codes(np.array([0, 0, 3.0, 800, 90]), codes=[0]).any()


def test_the_first_cell_is_named_and_the_rest_counted():
    frame = pd.DataFrame(
        {"fine": [1, 2, 3, 4, 6.0], "iq": [101, -999, 96, 120, -999], "zinc": [8, 9, 9, 999, 10.5]},
        index=range(2, 7),
    )
    with pytest.raises(InputError) as error:
        check_missing_codes(frame, "clinic.csv")
    assert str(error.value) == (
        "clinic.csv: line 3: column iq: found -999 (and 2 more such cells), which looks like a "
        "code for a missing value, expected values like the others, 96 to 120; write n/a"
    )
