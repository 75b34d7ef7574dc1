"""ComBat against neuroHarmonize, and what it must leave alone."""

from __future__ import annotations

import numpy as np
import oracle
import pandas as pd
import pytest
from made_up_people import made_up
from sklearn.base import BaseEstimator, TransformerMixin

from mri_response.learning.design import Design, FixedFolds, Sample, StackedRows
from mri_response.learning.gram import gram_matrices
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.sklearn.preparation import prepared
from mri_response.learning.learners.svc import fold_rows
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.fold_rows import prepared_rows
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.harmonisation import HarmonisedRows, Sites, site_effects
from mri_response.learning.preparation.training_sets import Confounds, training_sets
from mri_response.learning.splits import Scheme, draw_folds


@pytest.fixture
def three_sites():
    """Features of 90 people at three sites, of which the third is shifted and twice as wide."""
    rng = np.random.default_rng(5)
    site = np.repeat([0, 1, 2], [40, 30, 20])
    age = rng.normal(50, 10, 90)
    rows = rng.normal(size=(90, 30)) + 0.05 * age[:, None] * rng.normal(size=30)
    rows[site == 2] = 2 * rows[site == 2] + 5
    return rows, site, age[:, None]


@pytest.mark.parametrize(("prefix", "empirical_bayes"), [("eb", True), ("ls", False)])
def test_it_is_neuroharmonize(shared_data, prefix, empirical_bayes):
    table = pd.read_csv(
        shared_data / "inputs" / "combat_reference" / "neuroharmonize_2.5.2.tsv", sep="\t"
    )
    rows, expected = (table.filter(regex=f"^{name}").to_numpy() for name in ("x", f"{prefix}_"))
    site = table["SITE"].astype("category").cat.codes.to_numpy()
    covariates = table[["age", "sex"]].to_numpy(dtype=float)
    train = table["train"].to_numpy() == 1
    assert 0 < train.sum() < len(train)
    effects = site_effects(
        rows[train], site[train], covariates[train], empirical_bayes=empirical_bayes
    )
    np.testing.assert_allclose(effects.apply(rows, site, covariates), expected, atol=1e-5, rtol=0)


def test_sites_are_alike_afterwards_and_age_is_kept(three_sites):
    rows, site, age = three_sites
    effects = site_effects(rows, site, age, empirical_bayes=False)
    done = effects.apply(rows, site, age)
    design = np.hstack([np.eye(3)[site], age])
    slopes = np.linalg.lstsq(design, rows, rcond=None)[0][3]
    np.testing.assert_allclose(effects.slopes[0], slopes, atol=1e-9)
    without_age = done - age * slopes
    each = [without_age[site == index] for index in range(3)]
    means = [own.mean(axis=0) for own in each]
    np.testing.assert_allclose(means, [means[0]] * 3, atol=1e-9)
    spread = [own.var(axis=0, ddof=1) for own in each]
    np.testing.assert_allclose(spread, [spread[0]] * 3, rtol=1e-9)


def test_training_rows_alone_are_learned_from(three_sites):
    rows, site, age = three_sites
    train = np.arange(90) % 3 > 0
    one = site_effects(rows[train], site[train], age[train])
    changed = np.where(train[:, None], rows, 1000.0)
    other = site_effects(changed[train], site[train], age[train])
    np.testing.assert_array_equal(one.apply(rows, site, age), other.apply(rows, site, age))


def test_a_reference_site_stays_as_it_is(three_sites):
    rows, site, age = three_sites
    done = site_effects(rows, site, age, reference=1).apply(rows, site, age)
    np.testing.assert_allclose(done[site == 1], rows[site == 1], atol=1e-12)
    assert np.abs(done[site == 2] - rows[site == 2]).min(axis=0).max() > 0.1


def test_shrinking_brings_the_estimates_of_a_small_site_together(three_sites):
    rows, site, age = three_sites
    few = np.flatnonzero((site != 2) | (np.cumsum(site == 2) <= 5))
    given = rows[few], site[few], age[few]
    shrunken, plain = (site_effects(*given, empirical_bayes=eb) for eb in (True, False))
    assert shrunken.factor[2].std() < plain.factor[2].std() / 2


def test_a_site_that_was_not_seen_is_left_alone(three_sites):
    rows, site, age = three_sites
    effects = site_effects(rows, site, age)
    unseen = effects.apply(rows, np.full(90, -1), age)
    np.testing.assert_allclose(unseen, rows, atol=1e-12)


def test_constant_features_stay_constant(three_sites):
    rows, site, age = three_sites
    rows[:, 3] = 7.0
    rows[site == 2, 4] = 2.0
    done = site_effects(rows, site, age).apply(rows, site, age)
    np.testing.assert_allclose(done[:, 3], 7.0, atol=1e-9)
    assert np.isfinite(done).all()


def test_one_person_is_no_site(three_sites):
    rows, site, age = three_sites
    lonely = np.r_[site[:-1], 3]
    with pytest.raises(ValueError, match="site 3 has 1 training rows"):
        site_effects(rows, lonely, age)


class Harmoniser(TransformerMixin, BaseEstimator):
    """ComBat in a pipeline of scikit-learn: site and age stand before the features."""

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> Harmoniser:
        self.effects_ = site_effects(X[:, 2:], X[:, 0].astype(int), X[:, 1:2])
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        return self.effects_.apply(X[:, 2:], X[:, 0].astype(int), X[:, 1:2])


@pytest.fixture
def two_sites():
    """People of two sites with confounds, and their sites as the engine is given them."""
    people, features, confounds = made_up(n=60, p=80)
    rng = np.random.default_rng(3)
    site = np.tile([0, 1], 30)
    age = rng.normal(50, 10, (60, 1))
    features[site == 1] = 1.7 * features[site == 1] + 2
    return people, features, confounds, site, age


@pytest.mark.parametrize("rows_per_feature", [np.inf, 0.1])
def test_the_engine_is_a_pipeline_of_scikit_learn(two_sites, monkeypatch, rows_per_feature):
    people, features, confounds, site, age = two_sites
    monkeypatch.setattr(fold_rows, "ROWS_PER_FEATURE", rows_per_feature)
    labels = people["label"].to_numpy()
    (fold, *_) = draw_folds(people["participant_id"], labels, Scheme(1, 3, 1, 3), 1)
    sites = Sites(site, age, np.ones(60, dtype=bool))
    result = cross_validate(
        Sample(features, Confounds(confounds, (), sites), np.ones(60)),
        FixedFolds([fold]),
        Design(Exchangeability(people), 1),
        [range(1)],
        SvcOptions((0.01,)),
    )
    train, test = fold.sets.train[0], fold.sets.test[0]
    harmonised = Harmoniser().fit(np.hstack([site[:, None], age, features])[train])
    data = np.hstack([confounds, harmonised.transform(np.hstack([site[:, None], age, features]))])
    model = oracle.pipeline(confounds.shape[1]).set_params(svm__C=0.01, svm__in_float64=True)
    expected = model.fit(data[train], labels[train]).decision_function(data[test])
    np.testing.assert_allclose(result.decision[0, 0, test], expected, atol=1e-6)


def test_all_ways_to_prepare_features_agree(two_sites):
    _, features, confounds, site, age = two_sites
    features[3, 5] = np.nan
    train = np.arange(60) % 4 > 0
    given = Confounds(confounds, (), Sites(site, age, np.ones(60, dtype=bool)))
    rows = prepared_rows(features, given, train, True)
    gram = gram_matrices(features, training_sets(given, train[None]))[0]
    np.testing.assert_allclose(rows @ rows[train].T, gram[:, train], atol=1e-9)
    ready = prepared(features, given, train, ~train, EstimatorOptions("sklearn.svm.SVC", {}, {}))
    np.testing.assert_allclose(ready.train, rows[train], atol=1e-9)
    np.testing.assert_allclose(ready.test, rows[~train], atol=1e-9)


def test_maps_of_several_cohorts_are_harmonised_alike(two_sites):
    _, features, confounds, site, age = two_sites
    features = features.astype(np.float32)
    train = np.r_[np.ones(40, dtype=bool), np.zeros(20, dtype=bool)]
    given = Confounds(confounds, (), Sites(site, age, np.ones(60, dtype=bool)))
    sets = training_sets(given, train[None])
    one = gram_matrices(features, sets)
    stacked = gram_matrices(StackedRows(features[:40], features[40:]), sets)
    np.testing.assert_array_equal(one, stacked)


def test_too_few_people_of_a_site(three_sites):
    rows, site, age = three_sites
    train = site < 2
    sites = Sites(site, age, np.ones(90, dtype=bool), min_people=5)
    with pytest.raises(ValueError, match="0 training rows of a site"):
        HarmonisedRows(rows, train, sites)[:, :]
    done = HarmonisedRows(rows, train, sites._replace(unseen="mean"))[:, :]
    np.testing.assert_allclose(done[site == 2], rows[site == 2], atol=1e-12)
    few = train | (np.cumsum(site == 2) == 4)
    lenient = HarmonisedRows(rows, few, sites._replace(unseen="mean"))[:, :]
    np.testing.assert_array_equal(done, lenient)


def test_a_subgroup_may_be_learned_from(three_sites):
    rows, site, age = three_sites
    learns = np.arange(90) % 2 == 0
    everybody = np.ones(90, dtype=bool)
    done = HarmonisedRows(rows, everybody, Sites(site, age, learns))[:, :]
    effects = site_effects(rows[learns], site[learns], age[learns])
    np.testing.assert_array_equal(done, effects.apply(rows, site, age))


def test_some_columns_are_those_of_all(three_sites):
    rows, site, age = three_sites
    rows[4, 6] = np.nan
    train = np.arange(90) % 3 > 0
    view = HarmonisedRows(rows, train, Sites(site, age, np.ones(90, dtype=bool)))
    assert view.shape == rows.shape
    np.testing.assert_array_equal(view[:, 5:9], view[:, :][:, 5:9])


def test_a_new_site_may_show_its_own_shift_and_scale(three_sites):
    rows, site, age = three_sites
    train = site < 2
    sites = Sites(site, age, np.ones(90, dtype=bool), empirical_bayes=False, unseen="own")
    done = HarmonisedRows(rows, train, sites)[:, :]
    effects = site_effects(rows[train], site[train], age[train], empirical_bayes=False)
    np.testing.assert_array_equal(done[train], effects.apply(rows[train], site[train], age[train]))
    # Its people have the training people's mean and spread about what age predicts.
    left = (done - effects.mean - age @ effects.slopes)[site == 2]
    np.testing.assert_allclose(left.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(left.std(axis=0, ddof=1), effects.sd, rtol=1e-9)


def test_two_new_sites_do_not_mix_and_do_not_change_what_was_learned(three_sites):
    rows, site, age = three_sites
    four = np.where((site == 2) & (np.cumsum(site == 2) > 10), 3, site)
    one, two = (
        HarmonisedRows(rows, site < 2, Sites(codes, age, np.ones(90, dtype=bool), unseen="own"))
        for codes in (site, four)
    )
    np.testing.assert_array_equal(one[:, :][:70], two[:, :][:70])
    alone = np.r_[0:80]
    third = Sites(four[alone], age[alone], np.ones(80, dtype=bool), unseen="own")
    without = HarmonisedRows(rows[alone], site[alone] < 2, third)[:, :]
    np.testing.assert_allclose(two[:, :][alone], without, atol=1e-12)


def test_a_new_site_of_too_few_people_shows_nothing(three_sites):
    rows, site, age = three_sites
    sites = Sites(site, age, np.ones(90, dtype=bool), min_people=21, unseen="own")
    with pytest.raises(ValueError, match="20 rows of a new site"):
        HarmonisedRows(rows, site < 2, sites)
