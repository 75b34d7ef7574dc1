"""ComBat against neuroHarmonize, and what it must leave alone."""

import numpy as np
import pandas as pd
import pytest

from mri_response.learning.preparation.harmonisation import site_effects


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
