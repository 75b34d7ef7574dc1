"""People out of 100 who are rightly and wrongly told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up_run import made_up_run
from statsmodels.stats.proportion import proportion_confint

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


def test_limits_are_those_of_the_recalls_in_people_of_their_class() -> None:
    """Of 40 and 60 of 100; limits by statsmodels, of 15 of 20 and of 24 of 30 people."""
    recalls = {"sensitivity": (15, 20), "specificity": (24, 30)}
    rows = []
    for metric, (k, n) in recalls.items():
        low, high = proportion_confint(k, n, method="wilson")
        rows.append({"metric": metric, "estimate": k / n, "ci_low": low, "ci_high": high})
    about = {"model": "m", "cohort": "c", "role": "external", "operating_point": "decision_zero"}
    about |= {"prevalence": 0.4, "prevalence_from": "config", "n": 50, "n_positive": 20}
    points = pd.DataFrame(rows).assign(**about)
    row = natural_frequencies(points, "m").iloc[0]
    assert (row["true_positive_low"], row["true_positive_high"]) == (21, 36)  # .531 to .888
    assert (row["true_negative_low"], row["true_negative_high"]) == (38, 54)  # .627 to .905
    assert row["true_positive_low"] <= row["true_positive"] <= row["true_positive_high"]
    without = natural_frequencies(points.assign(ci_low=np.nan, ci_high=np.nan), "m").iloc[0]
    assert without[["true_positive_low", "true_negative_high"]].isna().all()
    assert without["true_positive"] == 30


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
