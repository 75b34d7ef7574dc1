"""Decision curves: by hand, against dcurves and by a bootstrap."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import multivariate_normal
from scored_cohort import OUTCOME, PROBABILITY, scored

from mri_response.evaluation.decision_curves import (
    DECISION_CURVE_COLUMNS,
    THRESHOLDS,
    advantage_band,
    decision_curve_table,
    net_benefits,
)

# Net benefits by dcurves 1.1.7 (Sjoberg), function dca, of PROBABILITY and OUTCOME.
DCURVES = {  # threshold: model, treat all
    0.1: (0.252778, 0.25),
    0.25: (0.15, 0.1),
    0.33: (0.139925, -0.007463),
    0.51: (0.117857, -0.377551),
    0.63: (0.2, -0.824324),
    0.8: (0.075, -2.375),
}


def test_net_benefits_are_those_of_dcurves():
    for row in net_benefits(scored(), np.array(list(DCURVES))):
        model, everyone = DCURVES[row["threshold"]]
        assert row["net_benefit"] == pytest.approx(model, abs=1e-6)
        assert row["treat_all"] == pytest.approx(everyone, abs=1e-6)
        assert row["treat_none"] == 0.0
        assert row["advantage"] == pytest.approx(model - max(everyone, 0), abs=1e-6)
        assert row["standardized_net_benefit"] == pytest.approx(model / OUTCOME.mean(), abs=1e-5)


def test_net_benefit_by_hand_for_people_with_several_rows_and_repeats():
    labels, person = np.array([1, 1, 0, 0, 0]), np.array([0, 1, 2, 3, 3])
    probability = np.array([[0.9, 0.1, 0.3, 0.5, 0.1], [0.9, 0.6, 0.1, 0.1, 0.1]])
    (row,) = net_benefits(scored(probability, labels, person=person), np.array([0.25]))
    # Of 4 people: 1 then 2 true positives, 1.5 then 0 false ones, at odds of 1 : 3.
    assert row["net_benefit"] == pytest.approx(((1 - 1.5 / 3) / 4 + 2 / 4) / 2)
    assert row["treat_all"] == pytest.approx((2 - 2 / 3) / 4)


def test_limits_are_those_of_a_bootstrap_of_people():
    rng = np.random.default_rng(0)
    cohort = scored(np.stack([PROBABILITY, PROBABILITY[::-1]]))
    (row,) = net_benefits(cohort, np.array([0.3]))
    values = (cohort.probability >= 0.3).mean(axis=0) * np.where(OUTCOME == 1, 1, -3 / 7)
    draws = values[rng.integers(0, 40, (20000, 40))].mean(axis=1)
    width = row["ci_high"] - row["ci_low"]
    # Student's correction apart, the bootstrap has the same spread.
    assert width == pytest.approx(2 * 1.96 * draws.std() * np.sqrt(40 / 39), rel=0.02)
    everyone = np.where(OUTCOME == 1, 1, -3 / 7)
    draws = (values - everyone)[rng.integers(0, 40, (20000, 40))].mean(axis=1)
    width = row["advantage_high"] - row["advantage_low"]
    assert width == pytest.approx(2 * 1.96 * draws.std() * np.sqrt(40 / 39), rel=0.02)


def test_the_band_holds_for_all_thresholds_together():
    """Against scipy's multivariate normal, and in cohorts without a signal."""
    thresholds = np.array([0.3, 0.5, 0.7])
    cohort = scored()
    band = advantage_band(cohort, np.random.default_rng(0), thresholds)
    values = []
    for row, t in zip(net_benefits(cohort, thresholds), thresholds, strict=True):
        worth = np.where(OUTCOME == 1, 1, -t / (1 - t))
        values.append(((t <= PROBABILITY).astype(float) - (worth.mean() > 0)) * worth)
        assert row["advantage"] == pytest.approx(values[-1].mean())
    error = np.std(values, axis=1, ddof=1) / np.sqrt(40)
    middle = np.mean(values, axis=1)
    np.testing.assert_allclose(band.mean(axis=1), middle, atol=1e-12)
    critical = (band[:, 1] - middle) / error
    assert np.ptp(critical) < 1e-9
    normal = multivariate_normal(np.zeros(3), np.corrcoef(values), allow_singular=True)
    inside = normal.cdf(np.full(3, critical[0]), lower_limit=np.full(3, -critical[0]))
    assert inside == pytest.approx(0.95, abs=0.01)

    rng = np.random.default_rng(3)
    pointwise, together = [], []
    labels = np.repeat([1, 0], [26, 25])
    for _ in range(60):
        cohort = scored(expit(0.5 * rng.normal(size=51)), labels)
        table = decision_curve_table("svc", [cohort], seed=1, min_class_size=5)
        pointwise.append((table["advantage_low"] > 0).any())
        together.append((table["band_low"] > 0).any())
        assert not (table["band_low"] > table["advantage_low"] + 1e-9).any()
    # Chance in 2.5 % of the studies; at each of 99 thresholds by itself in 11 % of 1,000.
    assert sum(together) <= 4
    assert sum(pointwise) >= sum(together)


def test_where_nobody_reaches_the_threshold_there_are_no_limits():
    (row,) = net_benefits(scored(), np.array([0.95]))
    assert (row["net_benefit"], row["advantage"]) == (0.0, 0.0)
    assert np.isnan([row["ci_low"], row["ci_high"], row["advantage_low"]]).all()


def test_the_table_of_decision_curves():
    cohorts = [
        scored(np.stack([PROBABILITY] * 2), cohort="home"),
        scored(),
        scored(PROBABILITY[:20], np.arange(20) < 4, cohort="tiny"),
    ]
    table = decision_curve_table("svc", cohorts, seed=1, min_class_size=5)
    assert list(table.columns) == DECISION_CURVE_COLUMNS
    for cohort, method in (("home", "naive_normal"), ("away", "normal")):
        rows = table[table["cohort"] == cohort]
        assert rows["threshold"].tolist() == THRESHOLDS.tolist()
        assert set(rows["ci_method"]) == {method}
    (tiny,) = table[table["cohort"] == "tiny"].to_dict("records")
    assert tiny["ci_method"] == "not_computed_small_class"
    assert np.isnan([tiny["threshold"], tiny["net_benefit"]]).all()
