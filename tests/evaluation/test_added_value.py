"""Scans permuted between people: against scikit-learn, and whether it tells news from noise."""

import numpy as np
import oracle
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from mri_response.evaluation.added_value import added_rows
from mri_response.evaluation.metrics import cross_validated
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.fold_grams import fold_grams
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.learners.svc.permuted_scans import cross_validate_permuted_scans
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.people.rows import person_weights

N, SEED = 60, 5
GRID = SvcOptions(tuple(2.0 ** np.arange(-6, 1, 3)))


class Study:
    """A clinic that knows something, and scans that know as much more as is asked for."""

    def __init__(self, news: float) -> None:
        rng = np.random.default_rng(2)
        self.people = pd.DataFrame({"participant_id": [f"sub-{i:02}" for i in range(N)]})
        self.people["label"] = rng.permutation(np.arange(N) % 2)
        self.labels = self.people["label"].to_numpy()
        signal = self.labels[:, None] - 0.5
        self.confounds = rng.normal(size=(N, 2))
        self.clinic = rng.normal(size=(N, 2)) + signal
        self.clinic[[4, 9, 30], 1] = np.nan
        self.scans = rng.normal(size=(N, 5)) + news * signal + self.confounds[:, :1]
        self.who = Exchangeability(self.people)
        drawn = draw_folds(self.people["participant_id"], self.labels, Scheme(2, 5, 1, 3), SEED)
        self.folds = drawn[:-1]

    def permuted(self, permutations, options=GRID):
        return cross_validate_permuted_scans(
            self.scans,
            Sample(self.clinic, self.confounds, person_weights(self.people["participant_id"])[0]),
            self.folds,
            Design(self.who, SEED),
            permutations,
            options,
        )

    def predictions(self, features, model) -> pd.DataFrame:
        grams = fold_grams(features, self.confounds, self.folds, GRID)
        weights = person_weights(self.people["participant_id"])[0]
        job = cross_validate(
            Sample(None, None, weights),
            FixedFolds(self.folds),
            Design(self.who, SEED),
            [range(1)],
            GRID,
            grams,
        )
        parts = []
        for repeat in (1, 2):
            decision = np.nanmax(job.decision[0, job.repeat == repeat], axis=0)
            parts.append(
                self.people.assign(cohort="home", model=model, repeat=repeat, decision=decision)
            )
        return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("pca", [None, 3])
def test_scans_where_they_are_give_the_model_of_all_features(pca):
    study, options = Study(0.5), GRID._replace(pca=pca)
    (found,) = study.permuted([0], options)
    features = np.hstack([study.scans, study.clinic])
    grams = fold_grams(features, study.confounds, study.folds, options)
    weights = person_weights(study.people["participant_id"])[0]
    job = cross_validate(
        Sample(None, None, weights),
        FixedFolds(study.folds),
        Design(study.who, SEED),
        [range(1)],
        options,
        grams,
    )
    for position, fold in enumerate(study.folds):
        test = fold.sets.test[0]
        expected = job.decision[0, position, test]
        np.testing.assert_allclose(found[fold.repeat - 1, test], expected, atol=1e-5)


def test_scans_of_others_come_with_the_confounds_of_others():
    """One C, everything by scikit-learn."""
    study, options = Study(0.5), SvcOptions((0.125,))
    (found,) = study.permuted([3], options)
    rows = study.who.rows(SEED, 3)
    assert (rows != np.arange(N)).any()
    assert sorted(rows) == list(range(N))
    for fold in study.folds:
        train, test = fold.sets.train[0], fold.sets.test[0]
        parts = []
        for features, own in ((study.clinic, np.arange(N)), (study.scans[rows], rows)):
            features = SimpleImputer().fit(features[train]).transform(features)
            data = np.hstack([study.confounds[own], features])
            residual = oracle.ConfoundRegressor(2).fit(data[train]).transform(data)
            parts.append(StandardScaler().fit(residual[train]).transform(residual))
        z = np.hstack(parts)
        model = oracle.LinearSVM(C=0.125).fit(z[train], study.labels[train])
        np.testing.assert_allclose(
            found[fold.repeat - 1, test], model.decision_function(z[test]), atol=1e-4
        )


def test_people_exchange_scans_with_whom_they_may_exchange_labels():
    study = Study(0.0)
    site = np.where(np.arange(N) < 20, "A", "B")
    who = Exchangeability(study.people.assign(site=site), within="site")
    rows = who.rows(SEED, 1)
    np.testing.assert_array_equal(site[rows], site)
    np.testing.assert_array_equal(who.rows(SEED, 0), np.arange(N))
    assert not np.array_equal(rows, who.rows(SEED, 2))


@pytest.mark.parametrize(("news", "expected"), [(1.2, True), (0.0, False)])
def test_scans_that_tell_more_are_told_from_scans_that_do_not(news, expected):
    study = Study(news)
    predictions = {
        "both": study.predictions(np.hstack([study.scans, study.clinic]), "both"),
        "clinic": study.predictions(study.clinic, "clinic"),
    }
    permuted = [study.permuted(range(1, 20)), study.permuted(range(20, 40))]
    rows = added_rows("both", "clinic", "home", predictions, permuted)
    assert [row["metric"] for row in rows] == ["balanced_accuracy", "auc"]
    for row in rows:
        assert row["n_permutations"] == 39
        assert (row["p_value"] <= 0.05) == expected
        null = np.concatenate(permuted)
        every = np.broadcast_to(study.labels, (39, N))
        fold, weights = np.ones((2, N), int), person_weights(study.people["participant_id"])[0]
        arguments = (row["metric"], "mean_over_repeats")
        values = cross_validated(*arguments, null, fold, every, weights)
        decision = [part["decision"] for _, part in predictions["both"].groupby("repeat")]
        observed = cross_validated(
            *arguments, np.array(decision)[None], fold, study.labels[None], weights
        )[0]
        assert row["p_value"] == (1 + (values >= observed - 1e-9).sum()) / 40
