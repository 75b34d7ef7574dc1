"""The plain path against scikit-learn's own pipeline and search, and against the engine."""

from __future__ import annotations

import warnings
from dataclasses import fields

import numpy as np
import oracle
import pytest
from made_up_people import ENGINE, KINDS, OTHERS, SCHEME, SEED, SVC, N, Study
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process.kernels import RBF
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from mri_response.core.seeds import Stream, generator
from mri_response.learning.decisions import Decisions, joined
from mri_response.learning.design import (
    Design,
    FixedFolds,
    RedrawnFolds,
    Sample,
    StackedRows,
)
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.sklearn.cross_validation import cross_validate_estimator
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.sklearn.preparation import prepared
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.people.rows import person_weights


def logit(probability: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.clip(np.log(probability / (1 - probability)), -20, 20)


def reference_pipeline(classifier, n_confounds=2, standardize=True, pca=None) -> Pipeline:
    steps = [("confounds", oracle.ConfoundRegressor(n_confounds))]
    if standardize:
        steps.append(("scale", StandardScaler()))
    if pca is not None:
        steps.append(("pca", PCA(pca, svd_solver="full")))
    return Pipeline([*steps, ("classifier", classifier)])


def compare(study: Study, options: EstimatorOptions, classifier, **steps) -> set[int]:
    """Every fold and the refit, observed and permuted, by GridSearchCV; chosen candidates."""
    data = np.hstack([study.confounds, study.features])
    grid = {f"classifier__{name}": values for name, values in options.grid.items()}
    if "kernel" in options.grid:
        grid = {"classifier__kernel": [RBF(2, "fixed"), RBF(9, "fixed")]}
    runs = [(study.run(options, [0, 4]), study.folds)]
    runs.append((study.refitted(options, [0, 4]), [study.refit]))
    for result, folds in runs:
        for row, permutation in enumerate([0, 4]):
            labels = study.exchangeability.permuted(SEED, permutation)
            for position, fold in enumerate(folds):
                key = (permutation, fold.repeat, fold.outer_fold)
                state = int(generator(SEED, Stream.ESTIMATOR, *key).integers(2**31))
                if "random_state" in classifier.get_params():
                    classifier.set_params(random_state=state)
                inner = [
                    (np.flatnonzero(train), np.flatnonzero(test))
                    for train, test in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True)
                ]
                found = oracle.nested_by_grid_search(
                    reference_pipeline(classifier, **steps),
                    data[:N],
                    labels,
                    np.flatnonzero(fold.sets.train[0]),
                    inner,
                    grid,
                )
                assert result.candidate[row, position] == found.candidate
                values = result.decision[row, position]
                tested = ~np.isnan(values)
                expected = np.append(fold.sets.test[0], np.ones(len(values) - N, dtype=bool))
                np.testing.assert_array_equal(tested, expected)
                unseen = data[: len(values)][tested]
                if hasattr(found.model, "decision_function"):
                    decision = found.model.decision_function(unseen)
                else:
                    decision = logit(found.model.predict_proba(unseen)[:, 1])
                np.testing.assert_allclose(values[tested], decision, atol=1e-6)
                np.testing.assert_array_equal(values[tested] > 0, found.model.predict(unseen) == 1)
    return set(np.concatenate([result.candidate.ravel() for result, _ in runs]))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_grid_search_of_a_pipeline(kind):
    options, classifier = KINDS[kind]
    assert len(compare(Study(), options, classifier)) > 1


@pytest.mark.parametrize(
    "steps", [{"standardize": False}, {"pca": 4}, {"pca": 0.8}, {"pca": 3, "standardize": False}]
)
def test_scaling_and_components_are_those_of_a_pipeline(steps):
    options, classifier = KINDS["forest"]
    compare(Study(), options._replace(**steps), classifier, **steps)


def test_more_features_than_a_chunk_and_than_people():
    options, classifier = KINDS["elastic net"]
    options = options._replace(grid={"C": [0.05, 1]}, pca=10)
    compare(Study(p=2500), options, classifier.set_params(l1_ratio=0.0), pca=10)


# ------------------------------------------------------------ the engine
@pytest.mark.parametrize("steps", [{}, {"pca": 6}, {"standardize": False}])
def test_a_linear_support_vector_classifier_is_the_engine(steps):
    study = Study(p=20)
    svc, engine = SVC._replace(**steps), ENGINE._replace(**steps)
    permutations = range(5)
    plain = study.run(svc, permutations)
    expected = cross_validate(
        Sample(None, None, person_weights(study.people["participant_id"])[0]),
        FixedFolds(study.folds),
        Design(study.exchangeability, SEED),
        [permutations],
        engine,
        fold_grams(study.features[:N], study.confounds[:N], study.folds, engine),
    )
    assert len(set(expected.candidate.ravel())) > 2
    np.testing.assert_array_equal(plain.candidate, expected.candidate)
    np.testing.assert_allclose(plain.decision, expected.decision, atol=1e-5)
    np.testing.assert_allclose(plain.fitted, expected.fitted, atol=1e-5)
    np.testing.assert_allclose(plain.intercept, expected.intercept, atol=1e-5)
    np.testing.assert_array_equal(plain.train, expected.train)


def test_visits_of_a_person_count_once_in_the_inner_score():
    study = Study(p=20)
    people = study.people.assign(
        participant_id=[f"sub-{i // 3 if i < 18 else i}" for i in range(N)]
    )
    people["label"] = people.groupby("participant_id")["label"].transform("first")
    study.people, study.exchangeability = people, Exchangeability(people)
    labels = people["label"].to_numpy()
    study.folds = draw_folds(people["participant_id"], labels, SCHEME, SEED)[:-1]
    plain = study.run(SVC, range(6))
    grams = fold_grams(study.features[:N], study.confounds[:N], study.folds, ENGINE)

    def engine(weights):
        return cross_validate(
            Sample(None, None, weights),
            FixedFolds(study.folds),
            Design(study.exchangeability, SEED),
            [range(6)],
            ENGINE,
            grams,
        ).candidate

    np.testing.assert_array_equal(
        plain.candidate, engine(person_weights(people["participant_id"])[0])
    )
    assert (engine(np.ones(N)) != plain.candidate).any()


def collected(jobs, repeats, **how):
    """Jobs put together, with as many labellings as they have."""
    jobs = list(jobs)
    n_labellings = 1 + max(int(job.permutation.max()) for job in jobs)
    return joined(jobs, repeats, n_labellings, **how)


def assert_same(actual, expected):
    """Nothing differs between two stations, whatever their jobs were."""
    for field in fields(Decisions):
        np.testing.assert_array_equal(getattr(actual, field.name), getattr(expected, field.name))


# ------------------------------------------------------------ batches
@pytest.mark.parametrize("kind", ["elastic net", "forest"])
def test_batches_change_no_byte(kind):
    study, (options, _) = Study(), KINDS[kind]
    whole = study.run(options, range(4))
    parts = [
        study.run(options, permutations, folds)
        for permutations in ([0, 1], [2, 3])
        for folds in (slice(0, 1), slice(1, 3))
    ]
    expected, actual = collected([whole], 1), collected(parts[::-1], 1)
    assert_same(actual, expected)
    of_labellings = {"permutation", "labels", "repeat", "outer_fold", "decision", "candidate"}
    for name, array in whole.arrays().items():
        if name in ("fits", "fallback", "unconverged"):
            assert sum(getattr(part, name) for part in parts) == array
        elif name not in of_labellings:
            own = [part.arrays() for part in parts]
            together = np.concatenate([arrays[name] for arrays in own if name in arrays])
            np.testing.assert_array_equal(together, array)


def test_redrawn_folds_are_those_of_each_labelling():
    study, (options, _) = Study(), KINDS["forest"]
    scheme = Scheme(2, 3, 1, 3, stratified=True)
    units = study.people["participant_id"]

    def redrawn(members, permutations):
        return cross_validate_estimator(
            Sample(
                study.features[:N],
                study.confounds[:N],
                person_weights(study.people["participant_id"])[0],
            ),
            RedrawnFolds(members, units, scheme),
            Design(study.exchangeability, SEED),
            permutations,
            options,
        )

    parts = [
        redrawn(members, permutations)
        for members in (range(2), range(2, 6))
        for permutations in ([0, 1], [2])
    ]
    whole = redrawn(range(6), range(3))
    together, expected = collected(parts, 2), collected([whole], 2)
    assert_same(together, expected)
    for index in range(3):
        labels = study.exchangeability.permuted(SEED, index)
        study.folds = draw_folds(units, labels, scheme, SEED, permutation=index)[:-1]
        fixed = study.run(options, [index])
        np.testing.assert_array_equal(whole.decision[index], fixed.decision[0])
        np.testing.assert_array_equal(whole.candidate[index], fixed.candidate[0])
        if index == 0:
            np.testing.assert_array_equal(whole.fitted, fixed.fitted)
        for fold in study.folds:
            share = labels[fold.sets.test[0]].mean()
            assert 0.3 < share < 0.7


# ------------------------------------------------------------ rules
def test_labels_of_the_test_rows_are_not_looked_at():
    study, (options, _) = Study(), KINDS["forest"]
    before = study.run(options, folds=slice(0, 1))
    test = study.folds[0].sets.test[0]
    people = study.people.copy()
    people.loc[test, "label"] = 1 - people.loc[test, "label"]
    study.exchangeability = Exchangeability(people)
    after = study.run(options, folds=slice(0, 1))
    np.testing.assert_array_equal(before.decision, after.decision)


def test_a_training_set_with_one_class_predicts_it():
    study, (options, _) = Study(), KINDS["forest"]
    labels = np.where(study.folds[0].sets.test[0], study.people["label"], 1)
    study.exchangeability.labels = labels
    result = study.run(options, folds=slice(0, 1))
    np.testing.assert_array_equal(result.decision[0, 0, study.folds[0].sets.test[0]], 1.0)
    assert result.fits == 0
    assert result.intercept[0] == 1.0


def test_the_first_of_tied_candidates_is_chosen():
    """A parameter that changes nothing: two candidates in each tie, in the order of the grid."""
    study = Study()
    options = EstimatorOptions(
        "sklearn.neighbors.KNeighborsClassifier", {}, {"leaf_size": [40, 10], "n_neighbors": [3]}
    )
    assert options.candidates == [
        {"leaf_size": 40, "n_neighbors": 3}, {"leaf_size": 10, "n_neighbors": 3},
    ]  # fmt: skip
    assert not study.run(options, range(3)).candidate.any()


def test_without_a_grid_nothing_is_searched():
    study = Study()
    options = EstimatorOptions("sklearn.naive_bayes.GaussianNB", {}, {})
    assert study.run(options, [1, 2, 3]).fits == 9
    # Of the observed labels also the inner models, for the probabilities.
    assert study.run(options, [0]).fits == 3 * (1 + 3)


def test_fits_that_do_not_converge_are_counted(caplog):
    study, (options, _) = Study(), KINDS["elastic net"]
    options = options._replace(parameters={"solver": "saga", "max_iter": 1})
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        result = study.run(options, [0, 1])
    assert result.unconverged == result.fits == 2 * 3 * (3 * 4 + 1) + 3 * 3
    assert [record.message.split(":")[0] for record in caplog.records] == ["ConvergenceWarning"]


def test_training_rows_are_prepared_alike_whoever_else_is_there():
    study = Study(p=300)
    train = study.refit.sets.train[0]
    for pca in (None, 5):
        options = SVC._replace(pca=pca)
        alone = prepared(
            study.features[:N], study.confounds[:N], train, np.zeros(N, dtype=bool), options
        )
        everyone = np.append(train, np.zeros(OTHERS, dtype=bool))
        stacked = StackedRows(study.features[:N], study.features[N:])
        beside = prepared(stacked, study.confounds, everyone, ~everyone, options)
        np.testing.assert_array_equal(alone.train, beside.train)


def test_a_constant_feature_is_zero_and_missing_confounds_are_training_means():
    study = Study()
    confounds = study.confounds.copy()
    confounds[[2, N + 1], 0] = np.nan
    train = np.append(study.refit.sets.train[0], np.zeros(OTHERS, dtype=bool))
    data = prepared(study.features, confounds, train, ~train, SVC)
    assert not data.train[:, 5].any()
    assert not data.test[:, 5].any()
    np.testing.assert_allclose(data.train.std(axis=0), np.arange(12) != 5, atol=1e-12)
    filled = np.where(np.isnan(confounds), np.nanmean(confounds[:N], axis=0), confounds)
    again = prepared(study.features, filled, train, ~train, SVC)
    np.testing.assert_allclose(data.test, again.test, atol=1e-10)
