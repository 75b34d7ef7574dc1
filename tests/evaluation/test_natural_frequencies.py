"""People out of 100 who are rightly and wrongly told."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_run import made_up_run

from mri_response.evaluation.natural_frequencies import natural_frequencies, told_of


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "prevalence", "expected"),
    [
        # Mammography in Gigerenzer et al. 2007, there of 1,000 women: 9 of 10 with cancer and 89
        # of 990 without are told that they have it.
        (0.9, 0.91, 0.01, (1, 0, 90, 9)),
        (1.0, 1.0, 0.5, (50, 0, 50, 0)),
        (0.0, 0.0, 0.3, (0, 30, 0, 70)),
        (0.5, 0.5, 0.505, (26, 25, 25, 24)),  # halves upwards
        (0.723, 0.731, 0.525, (38, 15, 34, 13)),
    ],
)
def test_classes_are_rounded_first(sensitivity, specificity, prevalence, expected) -> None:
    told = told_of(sensitivity, specificity, prevalence)
    assert told == expected
    assert sum(told) == 100


def test_every_cohort_with_numbers_has_its_hundred() -> None:
    points = made_up_run().tables["operating_points"]
    table = natural_frequencies(points, "roi_svc")
    computed = points[points["estimate"].notna()]
    assert len(table) == len(computed[["cohort", "operating_point"]].drop_duplicates())
    counts = table[["true_positive", "false_negative", "true_negative", "false_positive"]]
    assert (counts.sum(axis=1) == 100).all()
    own = table[(table["cohort"] == "discovery") & (table["operating_point"] == "decision_zero")]
    assert np.isclose(own["prevalence"].iloc[0], 52 / 99)
    share = own["true_positive"].iloc[0] / 53
    assert share == pytest.approx(own["sensitivity"].iloc[0], abs=0.01)
