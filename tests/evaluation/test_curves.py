"""ROC curves and decision values per person, beside scikit-learn and plain computations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up_run import made_up_run
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from mri_response.evaluation import curves
from mri_response.people.rows import person_weights

MODEL = "roi_svc"
ROLES = {
    "discovery": "discovery",
    "external_a": "external",
    "external_b": "external",
    "external_pooled": "external",
    "saline": "control",
}


def rows_of(cohort: str) -> pd.DataFrame:
    return curves.rows_of_cohort(made_up_run().predictions, MODEL, cohort, ROLES)


def test_roc_curve_equals_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 60)
    decision = np.round(rng.normal(size=60) + label, 1)  # with ties
    fpr, tpr = curves.roc_curve(label, decision)
    expected_fpr, expected_tpr, _ = sklearn_roc_curve(label, decision, drop_intermediate=False)
    np.testing.assert_allclose(fpr[0], expected_fpr, atol=1e-15)
    np.testing.assert_allclose(tpr[0], expected_tpr, atol=1e-15)


def test_weighting_people_equals_repeating_them() -> None:
    rng = np.random.default_rng(1)
    label = np.repeat([0, 1], 20)
    decision = rng.normal(size=40)
    counts = rng.integers(0, 4, 40)
    grid = np.linspace(0.005, 0.995, 67)
    weighted = curves.mean_roc(label, decision[None], grid, counts[None].astype(float))
    repeated = curves.mean_roc(np.repeat(label, counts), np.repeat(decision, counts)[None], grid)
    np.testing.assert_allclose(weighted, repeated, atol=1e-12)


def test_area_of_the_mean_roc_is_the_mean_auc() -> None:
    rng = np.random.default_rng(2)
    label = np.repeat([0, 1], [47, 52])
    decisions = rng.normal(size=(5, 99)) + 0.8 * label
    grid = np.linspace(0, 1, 200_001)
    area = np.trapezoid(curves.mean_roc(label, decisions, grid)[0], grid)
    expected = np.mean([roc_auc_score(label, decision) for decision in decisions])
    # The grid's step blurs each of the 47 jumps of the curve by half a step.
    assert area == pytest.approx(expected, abs=1e-4)


def test_band_holds_the_curve_and_depends_on_the_seed_alone() -> None:
    found = curves.decisions_by_repeat(rows_of("discovery"))
    assert found.decisions.shape == (10, 99)
    grid = np.linspace(0, 1, 21)
    low, high = curves.roc_band(found, grid, seed=1, n_bootstrap=300)
    mean = curves.mean_roc(found.label, found.decisions, grid)[0]
    assert np.all(low <= mean + 1e-12)
    assert np.all(mean <= high + 1e-12)
    again = curves.roc_band(found, grid, seed=1, n_bootstrap=300)
    np.testing.assert_array_equal(low, again[0])


def test_rows_of_a_person_stay_together_and_weigh_as_one() -> None:
    saline = rows_of("saline")
    visits = pd.concat(
        [saline.assign(session_id=np.nan), saline.iloc[:20].assign(session_id="2")],
        ignore_index=True,
    )
    found = curves.decisions_by_repeat(visits)
    assert found.decisions.shape == (1, 69)
    assert len(set(found.person)) == 49
    weights = person_weights(found.person)[0]
    fpr, tpr = curves.roc_curve(found.label, found.decisions[0], weights[None])
    once = curves.decisions_by_repeat(saline)
    expected = curves.roc_curve(once.label, once.decisions[0])
    np.testing.assert_allclose(fpr, expected[0], atol=1e-12)
    np.testing.assert_allclose(tpr, expected[1], atol=1e-12)
    drawn = curves.roc_of_cohort(visits, "control", seed=1)
    np.testing.assert_allclose(drawn.true_positive_rate, expected[1][0], atol=1e-12)
    assert drawn.band is None


def test_people_with_several_rows_are_one_point() -> None:
    saline = rows_of("saline")
    twice = pd.concat([saline, saline], ignore_index=True)
    pd.testing.assert_frame_equal(curves.person_scores(twice), curves.person_scores(saline))
    assert len(curves.person_scores(rows_of("external_pooled"))) == 51
    likely = curves.person_scores(twice, "probability")
    expected = saline.assign(probability=saline["probability"].astype(float))
    expected = expected.groupby("participant_id", sort=False)["probability"].mean()
    np.testing.assert_allclose(likely["probability"], expected, atol=1e-12)


def test_only_the_discovery_cohort_has_a_band_and_a_mean_over_repeats() -> None:
    rows = rows_of("discovery")
    found = curves.decisions_by_repeat(rows)
    drawn = curves.roc_of_cohort(rows, "discovery", seed=7)
    expected = curves.mean_roc(found.label, found.decisions, curves.GRID)[0]
    np.testing.assert_allclose(drawn.true_positive_rate, [0, *expected], atol=1e-12)
    low, high = curves.roc_band(found, curves.GRID, seed=7)
    np.testing.assert_array_equal(drawn.band, (curves.GRID, low, high))


def test_quartiles_are_those_of_plain_counting() -> None:
    assert curves.quartiles(np.array([5.0, 1, 4, 2, 3])) == (2, 3, 4)
    assert curves.quartiles(np.array([1.0, 2])) == (1.25, 1.5, 1.75)
