"""Residuals of scans permuted: against scikit-learn, and whether it tells news from noise."""

import numpy as np
import oracle
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

from mri_response.evaluation.added_value import added_rows
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.learners.svc.permuted_scans import (
    block_weights,
    cross_validate_permuted_scans,
)
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.components import principal_component_grams
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


@pytest.mark.parametrize("pca", [None, 3])
def test_scans_where_they_are_give_the_model_of_the_sets_weighed_alike(pca):
    """By the workflow's own cross-validation of columns that are scaled by hand."""
    study, options = Study(0.5), GRID._replace(pca=pca)
    (found,) = study.permuted([0], options)
    weights = person_weights(study.people["participant_id"])[0]
    grams = []
    for fold in study.folds:
        # Standardised in each training set; then 7 columns of which 2 and 5 weigh alike.
        one = [
            fold_grams(part, removed, [fold], options._replace(pca=None))[0]
            for part, removed in ((study.clinic, np.empty((N, 0))), (study.scans, study.confounds))
        ]
        gram = 7 / 2 * (one[0] / 2 + one[1] / 5)
        if pca is not None:
            gram = principal_component_grams(gram, fold.sets.train, pca)
        grams.append(gram)
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


def test_what_the_clinic_predicts_of_a_scan_stays_and_the_rest_is_another_persons():
    """One C, everything by scikit-learn; confounds are removed from the scans alone."""
    study, options = Study(0.5), SvcOptions((0.125,))
    (found,) = study.permuted([3], options)
    rows = study.who.rows(SEED, 3)
    assert (rows != np.arange(N)).any()
    assert sorted(rows) == list(range(N))
    known = np.hstack([SimpleImputer().fit_transform(study.clinic), study.confounds])
    predicted = LinearRegression().fit(known, study.scans).predict(known)
    scans = predicted + (study.scans - predicted)[rows]
    for fold in study.folds:
        train, test = fold.sets.train[0], fold.sets.test[0]
        clinic = SimpleImputer().fit(study.clinic[train]).transform(study.clinic)
        data = np.hstack([study.confounds, scans])
        residual = oracle.ConfoundRegressor(2).fit(data[train]).transform(data)
        z = np.hstack(
            [
                StandardScaler().fit(part[train]).transform(part) * np.sqrt(3.5 / part.shape[1])
                for part in (clinic, residual)
            ]
        )
        model = oracle.LinearSVM(C=0.125).fit(z[train], study.labels[train])
        np.testing.assert_allclose(
            found[fold.repeat - 1, test], model.decision_function(z[test]), atol=1e-4
        )


def test_several_sets_of_scans_weigh_alike():
    study = Study(0.5)
    sample = Sample(study.clinic, study.confounds, np.ones(N))
    arguments = (sample, study.folds, Design(study.who, SEED), [0, 2], GRID)
    apart = [study.scans[:, :1], study.scans[:, 1:]]
    assert not np.allclose(
        cross_validate_permuted_scans(apart, *arguments),
        cross_validate_permuted_scans(study.scans, *arguments),
    )
    np.testing.assert_allclose(block_weights([3, 60]) * [3, 60], [31.5, 31.5])
    np.testing.assert_allclose(block_weights([5, 5, 5]), 1)


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
    permuted = [study.permuted(range(20)), study.permuted(range(20, 40))]
    table = pd.concat([study.people.assign(cohort="home", repeat=r) for r in (1, 2)])
    rows = added_rows("both", "clinic", "home", {"both": table}, permuted)
    assert [row["metric"] for row in rows] == ["balanced_accuracy", "auc"]
    observed, null = permuted[0][0], np.concatenate(permuted)[1:]
    for row, score in zip(rows, (_balanced, roc_auc_score), strict=True):
        assert row["n_permutations"] == 39
        assert (row["p_value"] <= 0.05) == expected
        own = np.mean([score(study.labels, decision) for decision in observed])
        values = np.array([np.mean([score(study.labels, d) for d in each]) for each in null])
        assert row["p_value"] == (1 + (values >= own - 1e-9).sum()) / 40
        assert row["estimate"] == pytest.approx(own - values.mean())
        assert row["estimate"] > 0 or not expected


def _balanced(labels, decision):
    return balanced_accuracy_score(labels, decision > 0)


def test_scans_that_repeat_the_clinic_add_nothing():
    """Shuffled against the clinic too, such scans were said to add something in half the studies.

    The level in more data sets is that of the scenario scans_follow_clinic of the calibration.
    """
    rejected = 0
    for seed in range(20):
        rng = np.random.default_rng([11, seed])
        z = rng.normal(size=N)
        people = pd.DataFrame({"participant_id": [f"sub-{i:02}" for i in range(N)]})
        people["label"] = (rng.random(N) < expit(1.5 * z)).astype(int)
        scans = 0.6 * z[:, None] + 0.8 * rng.normal(size=(N, 30))
        clinic = np.column_stack([z, rng.normal(size=(N, 2))])
        folds = draw_folds(people["participant_id"], people["label"], Scheme(1, 3, 1, 2), seed)
        decision = cross_validate_permuted_scans(
            scans,
            Sample(clinic, np.empty((N, 0)), np.ones(N)),
            folds[:-1],
            Design(Exchangeability(people), seed),
            range(20),
            SvcOptions((2.0**-8, 2.0**-4)),
        )
        auc = [roc_auc_score(people["label"], values) for values in decision[:, 0]]
        rejected += auc[0] > max(auc[1:])  # p = 1/20
    assert rejected <= 4  # binomial: 99.7 % at a level of 5 %
