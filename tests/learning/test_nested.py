"""One outer fold against a literal loop, and the scores by which C is chosen."""

import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from mri_response.learning.gram import gram_matrices
from mri_response.learning.learners.svc import nested
from mri_response.learning.learners.svc.nested import nested_fold
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.learning.recalls import balanced_accuracy
from mri_response.learning.splits import FoldSets

PROPERTY = settings(derandomize=True, deadline=None, max_examples=100)
GRID = 2.0 ** np.arange(-10, 1)


def made_up(n=36, p=20, m=4, seed=0, inner_folds=4):
    """Features with a weak signal, labellings, and one outer fold with its inner ones."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, p))
    labels = (rng.random((n, m)) < 0.5).astype(int)
    labels[:, 0] = features[:, 0] + rng.normal(size=n) > 0
    test = np.zeros((1 + inner_folds, n), dtype=bool)
    test[0, : n // 4] = True
    rest = np.arange(n // 4, n)
    for fold, rows in enumerate(np.array_split(rest, inner_folds), start=1):
        test[fold, rows] = True
    train = ~test & ~test[0]
    train[0] = ~test[0]
    return features, labels, FoldSets(train, test)


def run(features, labels, sets, weights=None, C=GRID, **options):
    weights = np.ones(len(features)) if weights is None else weights
    gram = gram_matrices(features, training_sets(np.empty((len(features), 0)), sets.train))
    return nested_fold(gram, sets, labels, weights, SvcOptions(tuple(C), **options))


def expected(
    features, labels, sets, weights=None, *, C=GRID, relative=False, class_weight="balanced"
):
    inner = [
        (np.flatnonzero(train), np.flatnonzero(test))
        for train, test in zip(sets.train[1:], sets.test[1:], strict=True)
    ]
    return [
        oracle.nested(
            oracle.pipeline(0, class_weight=class_weight),
            features,
            column,
            np.flatnonzero(sets.train[0]),
            inner,
            list(C),
            weights=weights,
            relative=relative,
        )
        for column in labels.T
    ]


@PROPERTY
@given(st.integers(0, 2**31), st.integers(1, 30), st.booleans())
def test_inner_scores_are_balanced_accuracy_and_recall_where_a_class_is_missing(seed, n, one_class):
    rng = np.random.default_rng(seed)
    labels, predicted = rng.integers(0, 2, (2, n, 5))
    if one_class:
        labels[:] = rng.integers(0, 2, 5)
    weights = rng.uniform(0.1, 1, n)
    scores = balanced_accuracy(labels, predicted.astype(bool), weights)
    for column in range(5):
        present = np.unique(labels[:, column])
        recalls = [
            np.average(predicted[labels[:, column] == k, column] == k,
                       weights=weights[labels[:, column] == k])
            for k in present
        ]  # fmt: skip
        assert scores[column] == pytest.approx(np.mean(recalls))
        if len(present) == 2:
            assert scores[column] == pytest.approx(
                balanced_accuracy_score(
                    labels[:, column], predicted[:, column], sample_weight=weights
                )
            )


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("p", [8, 20, 300])
def test_an_outer_fold_is_a_literal_loop(p, relative, balanced):
    features, labels, sets = made_up(p=p)
    C = 16 * GRID if relative else GRID
    weight = "balanced" if balanced else None
    reference = expected(features, labels, sets, C=C, relative=relative, class_weight=weight)
    result = run(features, labels, sets, C=C, C_relative=relative, balanced=balanced)
    assert result.candidate.tolist() == [one.candidate for one in reference]
    if p < 300:  # else every value of C separates the classes
        assert len(set(result.candidate)) > 1
    for column, one in enumerate(reference):
        decision = one.model.decision_function(features[sets.test[0]])
        np.testing.assert_allclose(result.decision[:, column], decision, atol=1e-5)
        fitted = one.model.decision_function(features[sets.train[0]])
        np.testing.assert_allclose(
            result.fitted[:, column] + result.intercept[column], fitted, atol=1e-5
        )


def test_people_count_in_the_inner_score_and_not_rows():
    features, labels, sets = made_up(n=40, m=8, seed=2)
    weights = np.random.default_rng(1).choice([1.0, 0.5, 1 / 6], 40)
    reference = [one.candidate for one in expected(features, labels, sets, weights)]
    assert run(features, labels, sets, weights).candidate.tolist() == reference
    assert run(features, labels, sets).candidate.tolist() != reference


def test_the_smallest_of_tied_values_of_C_is_chosen():
    """Classes far apart: every C predicts without error."""
    features, labels, sets = made_up(p=3)
    features[:, 0] = np.where(labels[:, 0] == 1, 50, -50)
    result = run(features, labels[:, :1], sets, C=np.array([0.25, 0.5, 1.0]))
    assert result.candidate.tolist() == [0]


def test_scores_that_differ_by_rounding_are_tied(monkeypatch):
    """Inner scores of the three values of C: 0.7, 0.7 + 1e-12, 0.7 - 1e-6."""
    features, labels, sets = made_up(m=1)
    scores = np.array([0.7, 0.7 + 1e-12, 0.7 - 1e-6])[:, None]
    monkeypatch.setattr("mri_response.learning.learners.choice.mean_recall", lambda _: scores)
    assert run(features, labels, sets, C=np.array([0.1, 0.2, 0.4])).candidate.tolist() == [0]


def test_an_inner_test_fold_with_one_class_counts_with_the_others():
    features, labels, sets = made_up(m=1, seed=3)
    labels[sets.test[1], 0] = 1
    reference = expected(features, labels, sets)
    result = run(features, labels, sets)
    assert result.candidate[0] == reference[0].candidate


def test_unequal_classes_choose_by_the_decisions_of_all_inner_folds_together():
    """Means over folds, in which a fold of one class scores its recall, choose otherwise."""
    features, labels, sets = made_up(n=40, p=6, m=8, inner_folds=6)
    labels[:] = features[:, [0]] + np.random.default_rng(1).normal(size=labels.shape) > 1.2
    reference = expected(features, labels, sets)
    result = run(features, labels, sets)
    assert result.candidate.tolist() == [one.candidate for one in reference]
    by_fold = np.zeros((len(GRID), labels.shape[1]))
    for train, test in zip(sets.train[1:], sets.test[1:], strict=True):
        for row, C in zip(by_fold, GRID, strict=True):
            for column, y in enumerate(labels.T):
                svm = oracle.pipeline(0).set_params(svm__C=C)
                predicted = svm.fit(features[train], y[train]).predict(features[test])
                row[column] += balanced_accuracy(y[test], predicted)
    assert result.candidate.tolist() != by_fold.argmax(axis=0).tolist()


def test_an_inner_training_set_with_one_class_predicts_that_class():
    features, labels, sets = made_up(m=2, inner_folds=2)
    labels[:, 1] = 0
    labels[sets.test[1], 1] = 1  # so that the first inner fold trains on zeros alone
    result = run(features, labels, sets)
    assert np.isfinite(result.decision).all()
    reference = expected(features, labels, sets)
    assert result.candidate.tolist() == [one.candidate for one in reference]


def test_an_outer_training_set_with_one_class_predicts_that_class():
    features, labels, sets = made_up(m=1)
    labels[sets.train[0]] = 0
    result = run(features, labels, sets)
    np.testing.assert_array_equal(result.decision, -1)
    assert not result.beta.any()


def test_labels_of_the_outer_test_rows_are_not_looked_at():
    features, labels, sets = made_up()
    changed = labels.copy()
    changed[sets.test[0]] = 1 - changed[sets.test[0]]
    one, other = run(features, labels, sets), run(features, changed, sets)
    np.testing.assert_array_equal(one.decision, other.decision)
    np.testing.assert_array_equal(one.candidate, other.candidate)


def test_what_a_fold_hands_on():
    features, labels, sets = made_up(p=50)
    result = run(features, labels, sets)
    gram = gram_matrices(features, training_sets(np.empty((36, 0)), sets.train))[0]
    inside = np.ix_(sets.train[0], sets.train[0])
    np.testing.assert_allclose(result.fitted, gram[inside] @ result.beta, atol=1e-12)
    np.testing.assert_allclose(
        result.decision,
        gram[np.ix_(sets.test[0], sets.train[0])] @ result.beta + result.intercept,
        atol=1e-12,
    )
    tiny = run(features, labels, sets, C=np.array([1e-9]))
    assert tiny.plateau.all()
    assert not run(features, labels, sets, C=np.array([1.0])).plateau.any()
    # At one C: an inner solution for each of 4 folds, and an outer one, of 4 labellings.
    assert (tiny.n_solved, tiny.n_fallback) == (20, 0)


@pytest.mark.parametrize("relative", [False, True])
def test_many_labellings_are_solved_alike(relative, monkeypatch):
    """By another solver, whose decision values are the same within the accepted gap."""
    features, labels, sets = made_up(m=40, p=60, seed=5)
    C = np.array([0.1, 4.0, 16.0]) / (1.0 if relative else 60.0)
    used = []
    monkeypatch.setattr(nested, "ITERATED", 1)
    monkeypatch.setattr(
        nested.AdmmSolver, "at", lambda *a, of=nested.AdmmSolver.at: used.append(1) or of(*a)
    )
    many = run(features, labels, sets, C=C, C_relative=relative)
    assert len(used) == 1
    for column in range(0, 40, 9):
        alone = run(features, labels[:, [column]], sets, C=C, C_relative=relative)
        assert alone.candidate[0] == many.candidate[column]
        np.testing.assert_allclose(alone.decision[:, 0], many.decision[:, column], atol=1e-5)
    assert len(used) == 1


@pytest.mark.parametrize(
    ("n", "spread", "n_labellings", "iterated"),
    [
        (90, np.ones(1000), 250, True),
        (90, np.ones(1000), 16, False),
        (90, np.ones(1000), 1, False),
        (30, np.ones(1000), 250, False),
        (90, np.arange(1, 301) ** -1.0, 250, False),
        (300, np.arange(1, 1001) ** -0.5, 250, True),
        (300, np.ones(100), 250, False),
    ],
    ids=["noise", "few labellings", "one", "few people", "correlated", "large", "few features"],
)
def test_many_people_who_vary_alike_in_all_directions_are_iterated(
    n, spread, n_labellings, iterated
):
    features = np.random.default_rng(2).normal(size=(n, len(spread))) * spread
    solver = nested._quicker(features @ features.T, n_labellings, {"balanced": True})
    assert isinstance(solver, nested.AdmmSolver) == iterated
