"""Values under permutation, summed up for each number that was tested."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mri_response.core.permutation import permutation_p_value
from mri_response.evaluation.null_summary import NULL_SUMMARY_COLUMNS, null_summary

TESTED = {
    "model": "svc",
    "cohort": "home",
    "null": "whole_procedure",
    "aggregation": "mean_over_repeats",
}


def tables(values, estimate):
    """One tested number with two intervals, beside a number without a test."""
    row = TESTED | {"metric": "auc", "estimate": estimate}
    untested = row | {"metric": "sensitivity", "null": np.nan}
    performance = pd.DataFrame([row | {"ci_method": "a"}, row | {"ci_method": "b"}, untested])
    null = pd.DataFrame([TESTED | {"metric": "auc", "value": value} for value in values])
    more = pd.DataFrame([TESTED | {"metric": "sensitivity", "value": 0.5}])
    return performance, pd.concat([null, more], ignore_index=True)


@pytest.mark.parametrize("estimate", [0.4, 0.55, 0.7])
def test_the_p_value_follows_from_the_summary(estimate):
    values = np.random.default_rng(2).normal(0.5, 0.08, 400).round(2)
    table = null_summary(*tables(values, estimate))
    assert list(table.columns) == NULL_SUMMARY_COLUMNS
    (row,) = (row for _, row in table.iterrows())
    assert row["n_permutations"] == 400
    p = (1 + row["n_reached"]) / (1 + row["n_permutations"])
    assert p == pytest.approx(permutation_p_value(estimate, values), abs=1e-15)
    assert row["mean"] == pytest.approx(sum(values) / 400, abs=1e-12)


def test_ties_count_whatever_their_rounding_and_undefined_values_as_in_the_p_value():
    values = [0.1 + 0.2, 0.3, 0.2, np.nan]
    table = null_summary(*tables(values, 0.1 + 0.2))
    assert table[["n_permutations", "n_reached"]].to_numpy().tolist() == [[4, 3]]
    assert permutation_p_value(0.1 + 0.2, np.array(values)) == pytest.approx((1 + 3) / (1 + 4))
    assert table["mean"].iloc[0] == pytest.approx(0.8 / 3)


def test_without_permutations_or_an_estimate_there_is_nothing_to_sum_up():
    performance, null = tables([0.5], 0.6)
    assert null_summary(performance, null.iloc[:0]).empty
    assert null_summary(performance.assign(estimate=np.nan), null).empty
