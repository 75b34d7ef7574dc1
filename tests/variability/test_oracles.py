"""Nulls beside those of other packages, where these are installed (none is needed to run)."""

import numpy as np
import pytest
from brain_data import made_parcels, smooth_maps
from scipy.stats import ks_2samp

from mri_response.inputs.parcels import POSITION, SPHERE
from mri_response.variability.genes import correlations
from mri_response.variability.spins import spin_orders
from mri_response.variability.surrogates import (
    inverse_distances,
    modes_of,
    moran_patterns,
    moran_surrogates,
)

#: Neither package is part of the environment; their numbers are compared where somebody has them.
ABSENT = "package to compare with absent"
PARCELS = made_parcels(40)
LEFT = PARCELS.iloc[:40]


def drawn_r(maps, gene):
    return correlations(maps, gene[:, None])[:, 0]


def test_moran_patterns_and_surrogates_are_those_of_brainspace():
    moran = pytest.importorskip("brainspace.null_models.moran", reason=ABSENT)
    weights = inverse_distances(LEFT[POSITION].to_numpy())
    # Theirs are computed in single precision, so that zero must be told from rounding.
    theirs, _ = moran.compute_mem(weights, spectrum="all", tol=1e-6)
    cosines = np.abs(moran_patterns(weights).T @ theirs)
    np.testing.assert_allclose(np.diag(cosines), 1, atol=1e-3)
    rng = np.random.default_rng(1)
    own, gene = smooth_maps(PARCELS, 2, rng)[:, :40]
    ours = moran_surrogates(own, modes_of(LEFT), 2000, rng)
    other = moran.moran_randomization(own, theirs, n_rep=2000, random_state=2)
    assert ks_2samp(drawn_r(ours, gene), drawn_r(other, gene)).pvalue > 0.01


def test_spins_have_the_null_of_neuromaps():
    spins = pytest.importorskip("neuromaps.nulls.spins", reason=ABSENT)
    sphere = LEFT[SPHERE].to_numpy()
    theirs = spins.gen_spinsamples(
        sphere, np.zeros(40), n_rotate=1500, method="hungarian", check_duplicates=False, seed=1
    )
    own, gene = smooth_maps(PARCELS, 2, np.random.default_rng(3))[:, :40]
    orders = spin_orders(sphere, 1500, np.random.default_rng(4))
    # Theirs add up distances and ours their squares: the null is the same, single spins are not.
    assert ks_2samp(drawn_r(own[orders], gene), drawn_r(own[theirs.T], gene)).pvalue > 0.01
