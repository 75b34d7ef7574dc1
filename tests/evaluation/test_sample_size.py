"""Precision: people for an interval of a width, against closed forms; the best of chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from mri_response.evaluation.chance import best_of_chance
from mri_response.evaluation.frozen_performance import FrozenScores, frozen_performance
from mri_response.evaluation.performance import discovery_performance
from mri_response.evaluation.sample_size import (
    MARGIN,
    PRECISION_COLUMNS,
    half_width,
    people_for_margin,
    precision_table,
)
from mri_response.learning.decisions import Decisions

Z = norm.ppf(0.975)


def figures(sensitivity=0.7, specificity=0.75, auc=0.72) -> dict[str, float]:
    return {"sensitivity": sensitivity, "specificity": specificity, "auc": auc}


@pytest.mark.parametrize("share", [0.5, 0.3, 0.12])
@pytest.mark.parametrize("sensitivity", [0.5, 0.72, 0.9])
def test_people_for_a_balanced_accuracy_are_those_of_the_normal_interval(share, sensitivity):
    seen = figures(sensitivity)
    variance = sensitivity * (1 - sensitivity) / share + 0.75 * 0.25 / (1 - share)
    expected = (Z / MARGIN) ** 2 * variance / 4
    found = people_for_margin(seen, "balanced_accuracy", share)
    # Wilson's limits and Wald's part where a class is small and nearly always right.
    assert found == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("share", [0.5, 0.3])
@pytest.mark.parametrize("area", [0.5, 0.65, 0.8])
def test_people_for_an_auc_are_those_of_hanley_and_mcneil(share, area):
    n = people_for_margin(figures(auc=area), "auc", share)
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    # With their averaged class sizes, as Newcombe has them.
    others = (n / 2 - 1) * (q1 + q2 - 2 * area**2)
    variance = (area * (1 - area) + others) / (share * (1 - share) * n**2)
    assert Z * np.sqrt(variance) == pytest.approx(MARGIN, rel=0.02)


@pytest.mark.parametrize("metric", ["balanced_accuracy", "auc"])
@pytest.mark.parametrize("inflation", [1.0, 1.25])
def test_they_are_the_fewest(metric, inflation):
    n = people_for_margin(figures(), metric, 0.4, inflation)
    assert half_width(figures(), metric, n / inflation**2, 0.4) <= MARGIN
    assert half_width(figures(), metric, (n - 1) / inflation**2, 0.4) > MARGIN
    alone = people_for_margin(figures(), metric, 0.4)
    assert n == pytest.approx(alone * inflation**2, abs=2)


def test_table_of_a_run():
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 0], [26, 24])
    people = pd.DataFrame({"participant_id": [f"s{i}" for i in range(50)], "label": labels})
    everything = np.stack([labels, *(rng.permutation(labels) for _ in range(40))])
    decision = rng.normal(size=(41, 2, 50)) + 1.5 * rng.normal(size=(41, 1, 50))
    decision[0] += labels
    fold = np.tile(np.arange(50) % 5, (2, 1))
    home = discovery_performance(
        "svc",
        "home",
        people,
        Decisions(decision, fold, np.zeros_like(fold), everything),
        seed=1,
        min_class_size=5,
    )
    tiny = people[22:30].reset_index(drop=True)
    away = frozen_performance(
        "svc",
        [
            FrozenScores("away", "external", people, decision[0, 0]),
            FrozenScores("tiny", "control", tiny, decision[0, 0, :8]),
        ],
        seed=1,
        n_permutations=40,
        min_class_size=5,
    )
    performance, null = (
        pd.concat(tables, ignore_index=True) for tables in zip(home, away, strict=True)
    )
    table = precision_table(performance, null)
    assert list(table) == PRECISION_COLUMNS
    assert table[["cohort", "metric"]].to_numpy().tolist() == [
        [cohort, metric]
        for cohort in ("home", "away", "tiny")
        for metric in ("balanced_accuracy", "auc")
    ]
    one = table.set_index(["cohort", "metric"])
    home_row, away_row = (one.loc[name, "balanced_accuracy"] for name in ("home", "away"))
    assert home_row["ci_method"] == "null_inflated"
    assert home_row["null"] == "whole_procedure"
    assert away_row["null"] == "own_labels"
    assert home_row["best_of_chance"] == away_row["best_of_chance"] == best_of_chance(26, 24)
    assert np.isnan(one.loc[("away", "auc"), "best_of_chance"])
    values = null.query(
        "cohort == 'home' and metric == 'balanced_accuracy' and aggregation == 'mean_over_repeats'"
    )["value"]
    assert sorted(values)[38] == home_row["best_of_null"]  # 39 of 40
    assert away_row["inflation"] == 1.0
    assert home_row["inflation"] >= 1.0
    recalls = performance.query("cohort == 'away'").drop_duplicates("metric").set_index("metric")
    variance = sum(
        p * (1 - p) / share
        for p, share in zip(
            recalls.loc[["sensitivity", "specificity"], "estimate"], (0.52, 0.48), strict=True
        )
    )
    assert away_row["n_for_margin"] == pytest.approx((Z / MARGIN) ** 2 * variance / 4, rel=0.03)
    # Too few people in a class: no figure, and nothing that follows from one.
    assert one.loc["tiny", ["estimate", "n_for_margin", "best_of_chance"]].isna().all(axis=None)
