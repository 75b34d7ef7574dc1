"""Rows in place of Gram matrices: the same models, and no dependence on how work is cut."""

import numpy as np
import pytest
from made_up_people import made_up

from mri_response.learning.batches import labelling_batches
from mri_response.learning.design import (
    Design,
    FixedFolds,
    RedrawnFolds,
    Sample,
    StackedRows,
    with_other_cohorts,
)
from mri_response.learning.gram import gram_matrices
from mri_response.learning.learners.svc import fold_rows
from mri_response.learning.learners.svc.cross_validation import cross_validate, prepare
from mri_response.learning.learners.svc.fold_rows import FoldRows, prepared_rows
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.components import principal_component_grams
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.people.rows import person_weights

SEED = 11
SCHEME = Scheme(1, 3, 1, 3)
OPTIONS = SvcOptions(tuple(2.0 ** np.arange(-8, 3)))


@pytest.fixture
def many():
    """Seventy people with 6 features."""
    return made_up(n=70, p=6)


def jobs(people, features, confounds, options=OPTIONS, size=None, n_permutations=8, folds=None):
    """Decision values of all labellings, in jobs of some outer folds."""
    folds = folds or draw_folds(people["participant_id"], people["label"].to_numpy(), SCHEME, SEED)
    weights = person_weights(people["participant_id"])[0]
    sample = Sample(features, confounds, np.pad(weights, (0, len(features[:, :1]) - len(weights))))
    design = Design(Exchangeability(people), SEED)
    size = size or len(folds)
    return [
        cross_validate(sample, FixedFolds(folds[i : i + size]), design, blocks, options)
        for i in range(0, len(folds), size)
        for blocks in labelling_batches(n_permutations, n_permutations)
    ]


def assert_alike(one, other):
    """Choices are equal; numbers agree as far as two certified solutions do."""
    np.testing.assert_array_equal(one.candidate, other.candidate)
    np.testing.assert_allclose(one.decision, other.decision, atol=1e-5)
    np.testing.assert_allclose(one.inner_decision, other.inner_decision, atol=1e-5)
    np.testing.assert_allclose(one.fitted, other.fitted, atol=1e-5)
    np.testing.assert_allclose(one.intercept, other.intercept, atol=1e-5)


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("pca", [None, 3, 0.8])
def test_rows_and_gram_matrices_give_the_same_models(many, monkeypatch, pca, relative):
    options = OPTIONS._replace(pca=pca, C_relative=relative)
    by_rows = jobs(*many, options)
    monkeypatch.setattr(fold_rows, "ROWS_PER_FEATURE", np.inf)
    for one, other in zip(by_rows, jobs(*many, options), strict=True):
        assert_alike(one, other)
        assert one.fallback == 0


def test_dual_variables_give_the_same_weights(many, monkeypatch):
    """They are not unique where the features have fewer dimensions than there are people."""
    _, features, confounds = many
    by_rows = jobs(*many)[0]
    monkeypatch.setattr(fold_rows, "ROWS_PER_FEATURE", np.inf)
    by_gram = jobs(*many)[0]
    for index, train in enumerate(by_rows.train):
        rows = prepared_rows(features, confounds, train, standardize=True)
        np.testing.assert_allclose(
            rows.T @ by_rows.beta[index], rows.T @ by_gram.beta[index], atol=1e-5
        )


def test_products_of_rows_are_the_gram_matrix(many):
    people, features, confounds = many
    features = features.copy()
    features[3, 1] = np.nan  # filled inside each training set
    features[:50, 4] = 2.0  # constant in some of them
    fold = draw_folds(people["participant_id"], people["label"].to_numpy(), SCHEME, SEED)[0]
    train = fold.sets.train
    for standardize in (True, False):
        gram = gram_matrices(features, training_sets(confounds, train), standardize=standardize)
        for index, rows in enumerate(train):
            own = prepared_rows(features, confounds, rows, standardize)
            np.testing.assert_allclose(own @ own.T, gram[index], atol=1e-8 * np.abs(gram).max())
    for components in (2, 0.9):
        reduced = principal_component_grams(gram, train, components)
        made = FoldRows(
            features, confounds, fold, OPTIONS._replace(pca=components, standardize=False)
        )
        for index in range(len(made)):
            np.testing.assert_allclose(
                made[index] @ made[index].T, reduced[index], atol=1e-8 * np.abs(gram).max()
            )


def test_batches_of_folds_change_no_byte(many):
    whole, parts = jobs(*many), jobs(*many, size=1)
    for block, result in enumerate(whole):
        alone = parts[block :: len(whole)]
        for name in ("decision", "candidate"):
            joined = np.concatenate([getattr(job, name) for job in alone], axis=1)
            np.testing.assert_array_equal(getattr(result, name), joined)


def test_each_fold_decides_for_itself(many, monkeypatch):
    people, features, confounds = many
    folds = draw_folds(people["participant_id"], people["label"].to_numpy(), SCHEME, SEED)
    sizes = [fold.sets.train.sum(axis=1).min() for fold in folds]
    monkeypatch.setattr(fold_rows, "ROWS_PER_FEATURE", max(sizes) / features.shape[1])
    sample = Sample(features, confounds, np.ones(len(people)))
    made = [len(gram) > 0 for gram in prepare(sample, folds, OPTIONS)]
    assert made == [size < max(sizes) for size in sizes]
    assert any(made)
    mixed = jobs(*many)
    monkeypatch.setattr(fold_rows, "ROWS_PER_FEATURE", np.inf)
    for one, other in zip(mixed, jobs(*many), strict=True):
        assert_alike(one, other)


def test_folds_redrawn_for_every_labelling(many, monkeypatch):
    people, features, confounds = many
    sample = Sample(features, confounds, np.ones(len(people)))
    given = (
        sample,
        RedrawnFolds(range(3), people["participant_id"], SCHEME._replace(stratified=True)),
        Design(Exchangeability(people), SEED),
        [range(4)],
        OPTIONS,
    )
    by_rows = cross_validate(*given)
    monkeypatch.setattr(fold_rows, "ROWS_PER_FEATURE", np.inf)
    assert_alike(by_rows, cross_validate(*given))


def test_other_cohorts_are_predicted(many, monkeypatch):
    people, features, confounds = many
    _, others, more = made_up(n=9, p=6, seed=1)
    refit = draw_folds(people["participant_id"], people["label"].to_numpy(), SCHEME, SEED)[-1:]
    folds = [with_other_cohorts(refit[0], len(others))]
    given = (people, StackedRows(features, others), np.vstack([confounds, more]))
    by_rows = jobs(*given, folds=folds)
    assert np.isfinite(by_rows[0].decision[:, 0, len(people) :]).all()
    monkeypatch.setattr(fold_rows, "ROWS_PER_FEATURE", np.inf)
    for one, other in zip(by_rows, jobs(*given, folds=folds), strict=True):
        np.testing.assert_allclose(one.decision, other.decision, atol=1e-5)
