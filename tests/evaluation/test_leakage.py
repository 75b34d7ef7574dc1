"""What a run proves about leakage."""

import numpy as np
import pandas as pd
import pytest

from mri_response.evaluation.leakage import (
    LEAKAGE_COLUMNS,
    gain_checks,
    leakage_table,
    null_checks,
    removal_checks,
    scan_checks,
    shared_ids,
    split_checks,
)
from mri_response.learning.splits import Scheme, draw_folds


@pytest.fixture
def people():
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{i:02d}" for i in range(12) for _ in range(2)],
            "family": [f"f{i // 2}" for i in range(12) for _ in range(2)],
        }
    )


def drawn(units):
    return draw_folds(units, np.zeros(24, int), Scheme(2, 3, 1, 2), 1)


def test_splits_by_family_keep_people_and_families_on_one_side(people):
    folds = drawn(people["family"])
    own, families = split_checks(folds, people, "family")
    # 2 x 3 outer folds with 2 inner ones each, and the 2 inner folds of the refit.
    assert own["n_checked"] == families["n_checked"] == 2 * 3 * 3 + 2
    assert own["n_found"] == families["n_found"] == 0
    assert own["passed"] == families["passed"] == "yes"


def test_families_and_scans_of_a_person_on_both_sides_are_found(people):
    own, families = split_checks(drawn(people["participant_id"]), people, "family")
    assert own["passed"] == "yes"
    assert families["passed"] == "no"
    assert 0 < families["n_found"] <= families["n_checked"]
    (own,) = split_checks(drawn([f"row-{i}" for i in range(24)]), people, None)
    assert own["passed"] == "no"


def test_a_single_wrong_inner_fold_is_found(people):
    folds = drawn(people["participant_id"])
    folds[3].sets.test[1, 0] ^= True
    folds[3].sets.train[1, 0] ^= True
    (own,) = split_checks(folds, people, None)
    assert own["n_found"] == 1


def test_people_in_two_cohorts_are_counted(people):
    other = pd.DataFrame({"participant_id": ["sub-03", "sub-99"]})
    found = shared_ids(people, {"a": other, "b": other, "c": other.iloc[1:]}, ["b"])
    assert [(row["scope"], row["n_found"], row["passed"]) for row in found] == [
        ("a", 1, "no"),
        ("b", 1, "yes"),
        ("c", 0, "yes"),
    ]


def test_scans_that_were_left_out_or_not_measured_are_not_judged():
    qc = pd.DataFrame(
        {
            "cohort": ["home"] * 3 + ["away"] * 2,
            "source": "gm",
            "resemblance": [0.3, 0.95, 0.99, np.nan, np.nan],
            "excluded": [None, None, "a rule", None, None],
        }
    )
    home, away = scan_checks(qc)
    assert (home["n_checked"], home["n_found"], home["value"], home["passed"]) == (2, 1, 0.95, "no")
    assert (away["n_checked"], away["n_found"], away["passed"]) == (0, None, "not_measured")
    assert list(leakage_table([home, away])["n_found"].isna()) == [False, True]


def null_of(values, null="whole_procedure", model="svc"):
    return pd.DataFrame(
        {"model": model, "cohort": "home", "null": null, "aggregation": "mean_over_repeats"}
        | {"metric": "balanced_accuracy", "value": values}
    )


def test_a_null_above_chance_is_found():
    values = np.linspace(0.4, 0.6, 200)
    (row,) = null_checks(null_of(values), "home", free=True)
    assert row["limit"] == pytest.approx(0.5 + 3.09 * values.std(ddof=1) / np.sqrt(200))
    assert row["passed"] == "yes"
    (row,) = null_checks(null_of(values + 0.02), "home", free=True)
    assert row["passed"] == "no"
    (row,) = null_checks(null_of(values + 0.02), "home", free=False)
    assert row["passed"] == "not_measured"
    assert null_checks(null_of(values, "whole_procedure_given_confounds"), "home", free=True) == []


def gains_of(values, null="whole_procedure_residuals_given_baseline"):
    return pd.DataFrame(
        {"model": "ridge", "cohort": "home", "null": null, "metric": "r2_gain", "value": values}
    )


def test_a_gain_over_permuted_residuals_is_found():
    values = np.linspace(-0.2, 0.2, 100)
    (row,) = gain_checks(gains_of(values), "home", free=True)
    assert (row["check"], row["n_checked"], row["passed"]) == ("gain_centre", 100, "yes")
    assert row["limit"] == pytest.approx(3.09 * values.std(ddof=1) / 10)
    (row,) = gain_checks(gains_of(values + 0.05), "home", free=True)
    assert row["passed"] == "no"
    (row,) = gain_checks(gains_of(values + 0.05), "home", free=False)
    assert row["passed"] == "not_measured"
    assert gain_checks(gains_of(values, "own_residuals_given_baseline"), "home", free=True) == []
    assert gain_checks(gains_of(values).assign(cohort="away"), "home", free=True) == []


def test_the_control_of_confound_removal_is_compared_with_the_null():
    controls = pd.DataFrame(
        {"model": "svc", "cohort": "home", "metric": "balanced_accuracy"}
        | {"control": ["as_analysed", "shuffled_before_removal"], "estimate": [0.7, 0.62]}
    )
    null = null_of(np.linspace(0.4, 0.6, 101))
    (row,) = removal_checks(controls, null)
    assert row["value"] == 0.62
    assert row["limit"] == pytest.approx(0.59)
    assert row["passed"] == "no"
    assert removal_checks(None, null) == []
    assert list(row) == LEAKAGE_COLUMNS


def test_a_leak_by_selection_on_all_labels_is_caught_by_the_null():
    """Features chosen by all labels, then cross-validated: permuted labels are predicted too."""
    rng = np.random.default_rng(0)
    features, half = rng.normal(size=(40, 300)), np.arange(40) % 2
    values = []
    for _ in range(30):
        labels = rng.permutation(np.repeat([0, 1], 20))
        difference = features[labels == 1].mean(0) - features[labels == 0].mean(0)
        best = np.argsort(-np.abs(difference))[:10]
        right = np.zeros((2, 2))
        for part in (0, 1):
            train, test = half != part, half == part
            means = [features[train & (labels == k)][:, best].mean(0) for k in (0, 1)]
            nearer = np.argmin(
                [((features[test][:, best] - mean) ** 2).sum(1) for mean in means], axis=0
            )
            for k in (0, 1):
                own = labels[test] == k
                right[k] += [(nearer[own] == k).sum(), own.sum()]
        values.append(np.mean(right[:, 0] / right[:, 1]))
    (row,) = null_checks(null_of(values), "home", free=True)
    assert row["value"] > 0.6
    assert row["passed"] == "no"
