"""Folds under permuted labels, and how much too small they show the corrected error to be."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from mri_response.evaluation.comparisons import comparison_table
from mri_response.evaluation.learning_curve import mean_and_influence
from mri_response.evaluation.null_folds import (
    METRICS,
    N_LABELLINGS,
    NullFolds,
    error_inflation,
    fold_values,
    null_folds,
)
from mri_response.evaluation.paired import corrected_resampled_t
from mri_response.learning.decisions import Decisions

SEED = 20261128
N, FOLDS, REPEATS = 30, 5, 3


def drawn(n_labellings=4, seed=SEED):
    """Decision values with ties, labels and folds of a label-blind scheme."""
    rng = np.random.default_rng(seed)
    labels = np.stack([rng.permutation(np.repeat([1, 0], [13, 17])) for _ in range(n_labellings)])
    fold = np.stack([rng.permutation(np.arange(N) % FOLDS) + 1 for _ in range(REPEATS)])
    decision = np.round(rng.normal(size=(n_labellings, REPEATS, N)), 1)
    return decision, labels, np.broadcast_to(fold, decision.shape)


@pytest.mark.parametrize("metric", METRICS)
def test_folds_have_the_metric_as_their_mean_and_differ_by_the_influences(metric):
    decision, labels, fold = drawn()
    person = np.arange(N) // 2  # two rows each
    weights = np.full(N, 0.5)
    found = fold_values(metric, decision, labels, fold, weights).reshape(4, REPEATS, FOLDS)
    for labelling, repeat in np.ndindex(4, REPEATS):
        own, of = decision[labelling, repeat], labels[labelling]
        by_hand = (
            roc_auc_score(of, own) if metric == "auc" else balanced_accuracy_score(of, own > 0)
        )
        assert found[labelling, repeat].mean() == pytest.approx(by_hand)
        # Another implementation of the influences, which belong to people and not to folds.
        _, influence, _ = mean_and_influence(metric, own[None], of, np.ones(N), np.arange(N))
        moved = np.bincount(fold[labelling, repeat] - 1, influence, minlength=FOLDS)
        np.testing.assert_allclose(found[labelling, repeat], by_hand + FOLDS * moved)
    assert person.max() == N // 2 - 1


def test_a_labelling_with_one_class_has_no_value():
    decision, labels, fold = drawn()
    labels[1] = 1
    found = fold_values("auc", decision, labels, fold, np.ones(N))
    assert np.isnan(found[1]).all()
    assert np.isfinite(np.delete(found, 1, axis=0)).all()


def test_where_folds_stand_for_new_samples_nothing_is_widened():
    rng = np.random.default_rng(SEED)
    labels, fold = np.zeros((200, N)), np.zeros((200, 1, N))
    spread = np.sqrt(1 / 10 + 0.25)  # of the mean, as Nadeau and Bengio take it for 10 folds of 1
    shared = np.sqrt(spread**2 - 0.1) * rng.normal(size=(200, 1))
    first = NullFolds(labels, fold, {"auc": rng.normal(size=(200, 10)) + shared})
    second = NullFolds(labels, fold, {"auc": np.zeros((200, 10))})
    assert error_inflation(first, second, "auc", 0.25) == pytest.approx(1.0, abs=0.12)
    # Folds that are right or wrong together, three times as much.
    first.by_metric["auc"][:] += 3 * (shared / shared.std() * spread)
    expected = np.sqrt(
        np.mean(
            [
                (row.mean() / np.sqrt((0.1 + 0.25) * row.var(ddof=1))) ** 2
                for row in first.by_metric["auc"]
            ]
        )
        / student(9).var()
    )
    found = error_inflation(first, second, "auc", 0.25)
    assert found == pytest.approx(expected)
    assert found > 2


def test_models_of_other_labellings_and_stacks_are_left_alone():
    rng = np.random.default_rng(SEED)
    one = NullFolds(np.zeros((30, N)), np.zeros((30, 1, N)), {"auc": 5 + rng.normal(size=(30, 10))})
    none = NullFolds(*one[:2], {"auc": np.zeros((30, 10))})
    assert error_inflation(one, none, "auc", 0.25) > 5
    assert error_inflation(one, None, "auc", 0.25) == 1
    assert error_inflation(one, none._replace(labels=np.ones((30, N))), "auc", 0.25) == 1
    few = [NullFolds(x[0][:19], x[1][:19], {"auc": x[2]["auc"][:19]}) for x in (one, none)]
    assert error_inflation(*few, "auc", 0.25) == 1


def test_the_first_labellings_of_the_tested_people_are_taken():
    decision, labels, fold = drawn(N_LABELLINGS + 50)
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(N)]})
    made = Decisions(decision, fold, fold, labels)
    found = null_folds(made, people)
    assert found.labels.shape == (N_LABELLINGS, N)
    np.testing.assert_array_equal(found.labels, labels[1 : 1 + N_LABELLINGS])
    np.testing.assert_allclose(
        found.by_metric["auc"],
        fold_values("auc", decision, labels, fold, np.ones(N))[1 : 1 + N_LABELLINGS],
    )
    few = Decisions(decision[:20], fold[:20], fold[:20], labels[:20])
    assert null_folds(few, people) is None


def test_a_comparison_of_models_is_widened_by_their_null():
    decision, labels, fold = drawn(60)
    other = np.round(np.random.default_rng(1).normal(size=decision.shape), 1)
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(N)]})
    tables, null = {}, {}
    for name, own in (("a", decision), ("b", other)):
        null[name] = null_folds(Decisions(own, fold, fold, labels), people)
        tables[name] = pd.DataFrame(
            {
                "cohort": "home",
                "participant_id": np.tile(people["participant_id"], REPEATS),
                "repeat": np.repeat(np.arange(REPEATS), N),
                "outer_fold": fold[0].ravel(),
                "label": np.tile(labels[0], REPEATS),
                "decision": own[0].ravel(),
            }
        )
    # Half of the labellings tell much of the first model.
    null["a"].by_metric["auc"][::2] += 1.0
    given = tables, [("a", "b")], {"home": "discovery"}
    how = {"seed": 1, "min_class_size": 5}
    plain, widened = (
        comparison_table(*given, **how, **more).set_index("metric") for more in ({}, {"null": null})
    )
    share = 1 / (FOLDS - 1)
    factor = error_inflation(null["a"], null["b"], "auc", share)
    values = np.subtract(*(fold_values("auc", x[:1], labels[:1], fold[:1], np.ones(N))[0]
                           for x in (decision, other)))  # fmt: skip
    expected = corrected_resampled_t(values, share, inflation=factor)
    assert factor > 1.5
    assert widened.loc["auc", "estimate"] == pytest.approx(plain.loc["auc", "estimate"])
    assert widened.loc["auc", "p_value"] == pytest.approx(expected.p_value)
    assert widened.loc["auc", "p_value"] > plain.loc["auc", "p_value"]
    assert widened.loc["auc", "ci_low"] == pytest.approx(expected.ci_low)
