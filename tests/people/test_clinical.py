"""What the clinic knows as features: categories, and gaps that are filled inside the folds."""

import numpy as np
import oracle
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mri_response.core.errors import InputError
from mri_response.features.clinical import clinical_features
from mri_response.features.concatenated import concatenated_features
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.feature_weights import weight_chunks
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.gram import gram_matrices
from mri_response.learning.learners.sklearn.cross_validation import cross_validate_estimator
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.sklearn.preparation import prepared
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.gaps import filled
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.people.rows import person_weights

N, SEED = 45, 2
SPEC = {"columns": ["madrs", "sex", "stage"], "categorical": ["stage"], "unseen": "error"}


def made_up(n=N, seed=0):
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"participant_id": [f"sub-{i:02}" for i in range(n)]})
    people["label"] = rng.permutation(np.arange(n) % 2)
    people["madrs"] = 30 + 3 * people["label"] + 5 * rng.normal(size=n)
    people["sex"] = rng.choice(["F", "M"], n)
    people["stage"] = rng.choice(["1", "2", "3"], n)
    people.loc[[3, 8, 12], "madrs"] = np.nan
    people.loc[[5, 9], "stage"] = np.nan
    return people


# ---------------------------------------------------------------- columns
def test_categories_are_those_of_scikit_learns_encoder():
    people = made_up()
    found = clinical_features(people, people, SPEC)
    assert list(found) == ["madrs", "sex=M", "stage=1", "stage=2", "stage=3"]
    encoder = OneHotEncoder(drop="if_binary", sparse_output=False)
    known = people["stage"].notna()
    expected = encoder.fit_transform(people.loc[known, ["sex", "stage"]])
    np.testing.assert_array_equal(found[known].drop(columns="madrs"), expected)
    assert found.loc[~known, ["stage=1", "stage=2", "stage=3"]].isna().all(axis=None)
    np.testing.assert_array_equal(found["madrs"], people["madrs"])


def test_a_category_that_the_discovery_cohort_does_not_have():
    people, others = made_up(), made_up(20, 1)
    others.loc[4, "stage"] = "4"
    with pytest.raises(InputError, match=r"column stage: found '4' for sub-04, expected a categ"):
        clinical_features(others, people, SPEC)
    as_mean = clinical_features(others, people, SPEC | {"unseen": "mean"})
    assert as_mean.loc[4, ["stage=1", "stage=2", "stage=3"]].isna().all()
    assert as_mean.loc[3].notna().all() or others.loc[3].isna().any()


def test_a_column_without_any_value():
    people = made_up()
    with pytest.raises(InputError, match="column madrs: found no value for any of 45 analysed"):
        clinical_features(people.assign(madrs=np.nan), people, SPEC)


def test_sets_stand_side_by_side_for_the_same_people():
    ids = pd.DataFrame({"participant_id": ["a", "b"]})
    one, two = ids.assign(x=["1", "2"]), ids.assign(x=["3", "n/a"], y=["5", "6"])
    both = concatenated_features({"roi": one, "clinic": two})
    assert list(both) == ["participant_id", "roi:x", "clinic:x", "clinic:y"]
    assert both["clinic:y"].tolist() == ["5", "6"]
    with pytest.raises(ValueError, match="rows of clinic are not those"):
        concatenated_features({"roi": one, "clinic": two[::-1].reset_index(drop=True)})


# ---------------------------------------------------------------- gaps
def test_gaps_are_filled_with_the_mean_of_the_training_rows():
    features = clinical_features(made_up(), made_up(), SPEC).to_numpy(copy=True)
    train = np.arange(N) % 3 > 0
    expected = SimpleImputer().fit(features[train]).transform(features)
    np.testing.assert_allclose(filled(features, train), expected)
    complete = np.random.default_rng(0).normal(size=(N, 2))
    assert filled(complete, train) is complete
    # Nobody to learn from: it is the same for everybody and says nothing.
    features[train, 0] = np.nan
    assert (filled(features, train)[:, 0] == 0).all()


def problem(seed=0, p=4):
    """Features with gaps, confounds with gaps, some training sets."""
    rng = np.random.default_rng(seed)
    people = made_up(seed=seed)
    clinic = clinical_features(people, people, SPEC).to_numpy()
    regions = rng.normal(size=(N, p)) + people["label"].to_numpy()[:, None] / 2
    confounds = rng.normal(size=(N, 2))
    features = np.hstack([regions, clinic]) + confounds[:, :1] / 3
    return people, features, confounds


def test_each_training_set_has_its_own_gram_matrix_and_weights():
    _, features, confounds = problem()
    train = np.random.default_rng(1).random((6, N)) < 0.7
    sets = training_sets(confounds, train)
    rows = np.where(train, np.random.default_rng(2).normal(size=(6, N)), 0.0)
    gram = gram_matrices(features, sets)
    (weights,) = weight_chunks(features, sets, rows)
    for index in range(6):
        imputed = SimpleImputer().fit(features[train[index]]).transform(features)
        regression = LinearRegression().fit(confounds[train[index]], imputed[train[index]])
        residual = imputed - regression.predict(confounds)
        z = StandardScaler().fit(residual[train[index]]).transform(residual)
        np.testing.assert_allclose(gram[index], z @ z.T, atol=1e-9)
        np.testing.assert_allclose(weights.per_sd[index], rows[index] @ z, atol=1e-9)
    # Whatever other groups of sets are there, to the last bit.
    gram = gram_matrices(features, sets, together=2)
    alone = gram_matrices(features, sets.subset(slice(2, 4)), together=2)
    np.testing.assert_array_equal(alone, gram[2:4])


def folds_of(people):
    labels = people["label"].to_numpy()
    return draw_folds(people["participant_id"], labels, Scheme(1, 4, 1, 3), SEED)


def test_the_engine_is_a_pipeline_with_an_imputer():
    """Outer test decisions and choice of C, everything by scikit-learn inside each fold."""
    people, features, confounds = problem()
    folds, labels = folds_of(people), people["label"].to_numpy()
    options = SvcOptions(tuple(2.0 ** np.arange(-8, 1, 2)))
    grams = fold_grams(features, confounds, folds, options)
    weights = person_weights(people["participant_id"])[0]
    job = cross_validate(
        Sample(None, None, weights),
        FixedFolds(folds),
        Design(Exchangeability(people), SEED),
        [range(1)],
        options,
        grams,
    )
    for position, fold in enumerate(folds):
        train = fold.sets.train[0]

        def pipeline_on(rows, C):
            imputer = SimpleImputer().fit(features[rows])
            data = np.hstack([confounds, imputer.transform(features)])
            model = oracle.pipeline(2).set_params(svm__C=C)
            return model.fit(data[rows], labels[rows]), data

        scores = []
        for C in options.C:
            right, tested = [], []
            for inner, test in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True):
                model, data = pipeline_on(inner, C)
                right.append(model.predict(data[test]) == labels[test])
                tested.append(labels[test])
            right, tested = np.concatenate(right), np.concatenate(tested)
            scores.append(np.mean([right[tested == k].mean() for k in (0, 1)]))
        best = int(np.argmax(np.array(scores) >= max(scores) - 1e-9))
        assert job.candidate[0, position] == best
        test = fold.sets.test[0]
        if test.any():
            model, data = pipeline_on(train, options.C[best])
            np.testing.assert_allclose(
                job.decision[0, position, test], model.decision_function(data[test]), atol=1e-4
            )


def test_an_estimator_is_a_pipeline_with_an_imputer():
    people, features, _ = problem()
    none = np.empty((N, 0))
    options = EstimatorOptions("sklearn.linear_model.LogisticRegression", {}, {})
    folds, labels = folds_of(people), people["label"].to_numpy()
    job = cross_validate_estimator(
        Sample(features, none, person_weights(people["participant_id"])[0]),
        FixedFolds(folds),
        Design(Exchangeability(people), SEED),
        [0],
        options,
    )
    for position, fold in enumerate(folds[:-1]):
        train, test = fold.sets.train[0], fold.sets.test[0]
        model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
        expected = model.fit(features[train], labels[train]).decision_function(features[test])
        np.testing.assert_allclose(job.decision[0, position, test], expected, atol=1e-6)


def test_values_of_test_rows_do_not_reach_the_training_rows():
    _, features, confounds = problem()
    options = EstimatorOptions("sklearn.linear_model.LogisticRegression", {}, {})
    train = np.arange(N) % 4 > 0
    changed = np.where(train[:, None], features, 9.0)
    before = prepared(features, confounds, train, ~train, options)
    after = prepared(changed, confounds, train, ~train, options)
    np.testing.assert_array_equal(before.train, after.train)
    sets = training_sets(confounds, train[None])
    own = np.ix_(train, train)
    np.testing.assert_allclose(
        gram_matrices(features, sets)[0][own], gram_matrices(changed, sets)[0][own], atol=1e-6
    )
