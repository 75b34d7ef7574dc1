"""Which rows of the tables are shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up_run import six_cohorts

from mri_response.report.lookup import enough_people, is_computed


def test_small_cohort_is_not_computed() -> None:
    performance = six_cohorts().performance
    assert not is_computed(performance, "roi_svc", "external_c")
    assert is_computed(performance, "roi_svc", "saline_b")


def test_enough_people_are_the_fewest_that_were_shown():
    curve = pd.DataFrame(
        {
            "metric": ["auc"] * 4 + ["balanced_accuracy"] * 4,
            "n": [40, 60, 80, 99] * 2,
            "within_margin": [False, True, True, np.nan, False, False, False, np.nan],
        }
    )
    assert enough_people(curve, "auc") == 60
    assert enough_people(curve, "balanced_accuracy") is None


@pytest.mark.parametrize(
    ("within", "enough"),
    [
        ([True, False, False, True], 165),  # 66 people alone were within: not from there on
        ([True, True, False, True], 165),
        ([True, True, True, False], None),
        ([True, False, True, True], 132),
        ([True] * 4, 66),
    ],
)
def test_enough_means_that_every_later_size_is_within(within, enough):
    curve = pd.DataFrame(
        {"metric": "auc", "n": [66, 99, 132, 165, 190], "within_margin": [*within, np.nan]}
    )
    assert enough_people(curve, "auc") == enough
