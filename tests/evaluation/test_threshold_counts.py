"""Counts of people at thresholds of the probability."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from made_up_run import CONFIG, made_up_run

from mri_response.evaluation.scored import Scored
from mri_response.evaluation.threshold_counts import FEWEST, THRESHOLDS, threshold_counts
from mri_response.report.figures.by_name import drawn
from mri_response.report.naming import naming


def cohort(labels: list[int], *probability: list[float]) -> Scored:
    n = len(labels)
    return Scored(
        np.array(labels),
        np.ones(n),
        np.arange(n),
        cohort="a",
        role="external",
        aggregation="frozen_model",
        cross_validated=False,
        probability=np.array(probability),
        threshold={},
        answer={},
    )


def test_counts_are_those_of_the_predictions() -> None:
    run = made_up_run()
    table = run.tables["threshold_counts"]
    own = run.predictions[run.predictions["cohort"] == "saline"]
    for row in table[table["cohort"] == "saline"].itertuples():
        called = own[own["probability"] >= row.threshold]
        for count, label in ((row.true_positive, 1), (row.false_positive, 0)):
            expected, n = (called["label"] == label).sum(), (own["label"] == label).sum()
            few = 0 < expected < FEWEST or 0 < n - expected < FEWEST
            assert np.isnan(count) if few else count == expected
    assert table["true_positive"].notna().any()
    assert table["true_positive"].isna().any()


def test_net_benefit_of_the_counts_is_that_of_the_decision_curve() -> None:
    """The other table of the same probabilities, made by other code."""
    run = made_up_run()
    curve = run.tables["decision_curve"].set_index(["cohort", "threshold"])["net_benefit"]
    table = run.tables["threshold_counts"].dropna()
    assert set(table["cohort"]) == {"discovery", "external_a", "external_b", "external_pooled",
                                    "saline"}  # fmt: skip
    for row in table.itertuples():
        odds = row.threshold / (1 - row.threshold)
        benefit = (row.true_positive - row.false_positive * odds) / row.n
        # Counts of cross-validation have one decimal.
        slack = 0.05 * (1 + odds) / row.n + 1e-9
        assert abs(benefit - curve[row.cohort, row.threshold]) <= slack


def test_repeats_are_averaged_and_few_people_are_not_told_of() -> None:
    labels = [1] * 12 + [0] * 12
    half = [0.9] * 6 + [0.1] * 6 + [0.1] * 12
    more = [0.9] * 7 + [0.1] * 5 + [0.9] * 3 + [0.1] * 9
    table = threshold_counts("m", [cohort(labels, half, more)], min_class_size=5)
    row = table[table["threshold"] == 0.5].iloc[0]
    assert row["true_positive"] == 6.5
    assert np.isnan(row["false_positive"])  # 1.5 people
    table = threshold_counts("m", [cohort(labels, half)], min_class_size=5)
    row = table[table["threshold"] == 0.5].iloc[0]
    assert (row["true_positive"], row["false_positive"]) == (6, 0)


def test_small_cohorts_have_no_rows_and_the_grid_is_coarse() -> None:
    small = cohort([1] * 4 + [0] * 9, [0.5] * 13)
    assert threshold_counts("m", [small], min_class_size=5).empty
    assert len(THRESHOLDS) <= 51
    fine = np.linspace(0.01, 0.99, 99)
    with pytest.raises(ValueError, match="at most 51"):
        threshold_counts("m", [small], min_class_size=5, thresholds=fine)


def test_neighbouring_counts_tell_no_more_than_the_unlabelled_points() -> None:
    """The rule of docs/privacy.md: one person may cross, as the figure of probabilities shows."""
    run = made_up_run()
    table = run.tables["threshold_counts"]
    table = table[table["cohort"] == "saline"].sort_values("threshold")
    figure = drawn(
        "probabilities",
        {"predictions": run.predictions, "model": table["model"].iloc[0], "names": naming(CONFIG)},
    )
    points = [one.get_offsets()[:, 0] for one in figure.axes[0].collections]
    crossed = 0
    for name, shown in (("true_positive", points[-2]), ("false_positive", points[-1])):
        told = table.dropna(subset=name)
        for (_, one), (_, other) in pairwise(told.iterrows()):
            between = (shown >= one["threshold"]) & (shown < other["threshold"])
            assert one[name] - other[name] == between.sum()
            crossed += between.sum()
    assert crossed > 10


def test_no_column_names_a_person() -> None:
    table = made_up_run().tables["threshold_counts"]
    assert isinstance(table, pd.DataFrame)
    assert not [column for column in table if "participant" in column]
