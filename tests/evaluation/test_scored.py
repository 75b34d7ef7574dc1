"""Cohorts as a model has scored them, put together from its tables."""

import numpy as np
import pandas as pd
import pytest

from mri_response.evaluation.scored import Scored, scored_cohorts

ROLES = {"home": "discovery", "far": "external", "away": "external", "saline": "control"}


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    predictions = pd.DataFrame(
        [
            *(("home", f"sub-{i}", r, 1 + i % 2, i % 2, 0.1 * i - 0.1 * r, 0.2 + 0.1 * i)
              for r in (1, 2) for i in range(4)),
            *(("far", f"sub-{i}", np.nan, np.nan, i % 2, i - 1.0, 0.5) for i in (0, 1)),
            *(("away", f"sub-{i}", np.nan, np.nan, 1, i - 0.5, 0.6) for i in (0, 0)),
            *(("saline", f"sub-{i}", np.nan, np.nan, i % 2, 0.5, 0.7) for i in range(3)),
        ],
        columns=["cohort", "participant_id", "repeat", "outer_fold", "label", "decision",
                 "probability"],
    )  # fmt: skip
    rules = pd.DataFrame(
        [
            (r, f, point, threshold)
            for r, f in [(1, 1), (1, 2), (2, 1), (2, 2), (np.nan, np.nan)]
            for point, threshold in (
                ("decision_zero", 0.0),
                ("youden", 0.75 if np.isnan(r) else 10 * r + f),
            )
        ],
        columns=["repeat", "outer_fold", "operating_point", "threshold"],
    )
    return predictions, rules


def test_cohorts_and_the_external_ones_together():
    home, far, away, saline, pooled = scored_cohorts(*tables(), ROLES)
    assert [c.cohort for c in (home, far, away, saline, pooled)] == [*ROLES, "external_pooled"]
    assert (home.aggregation, far.aggregation) == ("mean_over_repeats", "frozen_model")
    assert home.cross_validated
    assert not pooled.cross_validated
    assert home.probability.shape == (2, 4)
    np.testing.assert_allclose(home.probability, [[0.2, 0.3, 0.4, 0.5]] * 2)
    # Each row has the threshold of the training set that predicted it.
    np.testing.assert_array_equal(home.threshold["youden"], [[11, 12, 11, 12], [21, 22, 21, 22]])
    np.testing.assert_array_equal(home.answer["decision_zero"][0], [False, False, True, True])
    np.testing.assert_array_equal(far.answer["youden"], [[False, False]])
    np.testing.assert_array_equal(saline.answer["decision_zero"], [[True] * 3])
    # Two studies may call two people the same; a person with two rows is one.
    assert (away.n, pooled.n, pooled.n_positive, pooled.n_negative) == (1, 3, 2, 1)
    assert pooled.prevalence == pytest.approx(2 / 3)
    np.testing.assert_allclose(pooled.by_person(pooled.weights), np.ones(3))
    assert away.too_small(1)
    assert not pooled.too_small(1)
    assert pooled.too_small(2)


def test_people_held_out_once_are_independent():
    predictions, rules = tables()
    once = (predictions["repeat"] == 1) & (predictions["outer_fold"] == 1)
    (home,) = scored_cohorts(predictions[once], rules, {"home": "discovery"})
    assert home.aggregation == "mean_over_repeats"
    assert not home.cross_validated
    assert home.n == 2


def test_one_external_cohort_is_not_pooled():
    roles = {"home": "discovery", "far": "external"}
    assert [c.cohort for c in scored_cohorts(*tables(), roles)] == ["home", "far"]


def test_repeats_of_other_people_are_noticed():
    predictions, rules = tables()
    predictions.loc[5, "participant_id"] = "sub-stranger"
    with pytest.raises(ValueError, match="home do not hold the same people"):
        list(scored_cohorts(predictions, rules, ROLES))


def test_a_class_without_people_is_always_too_small():
    labels = np.zeros(3, dtype=int)
    scored = Scored(
        labels, np.ones(3), np.arange(3), "a", "control", "frozen_model", False, None, {}, {}
    )
    assert scored.too_small(0)
