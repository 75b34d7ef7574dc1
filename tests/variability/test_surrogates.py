"""Maps as smooth as given ones: what they keep, and that names and sides do not matter."""

import numpy as np
import pytest
from brain_data import made_parcels, smooth_maps

from mri_response.inputs.parcels import POSITION, common_side, pairs_of
from mri_response.variability.surrogates import (
    inverse_distances,
    modes_of,
    moran_surrogates,
    morans_i,
    people_surrogates,
    sizes_and_spectrum,
)

PARCELS = made_parcels(30)
LEFT = PARCELS[PARCELS["side"] == "left"].reset_index(drop=True)


def test_patterns_are_orthonormal_and_go_from_wide_to_fine():
    modes = modes_of(PARCELS)
    np.testing.assert_allclose(modes.patterns.T @ modes.patterns, np.eye(60), atol=1e-10)
    assert modes.constant.sum() == 2
    weights = inverse_distances(LEFT[POSITION].to_numpy())
    smoothness = morans_i(modes_of(LEFT).patterns.T[1:], weights)
    assert (np.diff(smoothness) < 1e-9).all()


def test_moran_surrogates_keep_mean_variance_and_autocorrelation():
    rng = np.random.default_rng(1)
    values, weights = (
        smooth_maps(PARCELS, 1, rng)[0, :30] + 2,
        inverse_distances(LEFT[POSITION].to_numpy()),
    )
    drawn = moran_surrogates(values, modes_of(LEFT), 50, rng)
    np.testing.assert_allclose(drawn.mean(axis=1), values.mean(), atol=1e-8)
    np.testing.assert_allclose(drawn.var(axis=1), values.var(), atol=1e-8)
    np.testing.assert_allclose(morans_i(drawn, weights), morans_i(values, weights), atol=1e-8)
    assert np.abs([np.corrcoef(values, own)[0, 1] for own in drawn]).mean() < 0.6


def test_morans_i_is_its_definition():
    rng = np.random.default_rng(2)
    points, values = rng.standard_normal((8, 3)), rng.standard_normal(8)
    weights, centred = inverse_distances(points), values - values.mean()
    total = sum(
        weights[i, j] * centred[i] * centred[j] for i in range(8) for j in range(8) if i != j
    )
    assert morans_i(values, weights) == pytest.approx(
        8 * total / weights.sum() / (centred @ centred)
    )


@pytest.mark.parametrize("null", ["smooth", "moran"])
def test_surrogates_of_people_keep_sizes_and_homotopic_correlation(null):
    rng = np.random.default_rng(3)
    sizes = rng.uniform(0.5, 3, 60)
    maps = smooth_maps(PARCELS, 60, rng) * sizes[:, None]
    drawn = people_surrogates(maps, modes_of(PARCELS), null, rng)(100)
    found = np.sqrt((np.linalg.norm(drawn, axis=2) ** 2).mean(axis=0))
    assert np.corrcoef(sizes, found)[0, 1] > 0.92
    total = np.linalg.norm(maps - maps.mean(axis=0)) / np.sqrt(60)
    assert np.sqrt((found**2).mean()) == pytest.approx(total, rel=0.05)
    left, right = drawn[..., :30].ravel(), drawn[..., 30:].ravel()
    assert np.corrcoef(left, right)[0, 1] == pytest.approx(0.8, abs=0.06)


def test_sizes_are_not_those_of_the_widest_pattern():
    rng = np.random.default_rng(4)
    spectrum = np.array([50.0, *np.full(59, 1.0)])
    found = np.sqrt(spectrum) * rng.standard_normal((400, 60))
    sizes, estimated = sizes_and_spectrum(found)
    assert sizes.std() < 0.12
    assert estimated[0] == pytest.approx(50, rel=0.15)


def test_order_of_regions_and_sides_change_no_smoothness():
    rng = np.random.default_rng(5)
    order = rng.permutation(60)
    other = PARCELS.iloc[order].reset_index(drop=True)
    maps = smooth_maps(PARCELS, 5, rng)
    power = (maps @ modes_of(PARCELS).patterns) ** 2
    np.testing.assert_allclose((maps[:, order] @ modes_of(other).patterns) ** 2, power, atol=1e-9)
    swapped = PARCELS.assign(side=PARCELS["side"].map({"left": "right", "right": "left"}))
    mirrored = PARCELS[POSITION] * [-1, 1, 1]
    swapped[POSITION] = mirrored
    np.testing.assert_allclose((maps @ modes_of(swapped).patterns) ** 2, power, atol=1e-9)


def test_pairs_are_found_by_name():
    order = np.random.default_rng(6).permutation(60)
    other = PARCELS.iloc[order].reset_index(drop=True)
    pairs = pairs_of(other)
    assert (other["name"].to_numpy()[pairs[0]] == other["name"].to_numpy()[pairs[1]]).all()
    points = common_side(other, pairs, POSITION)
    np.testing.assert_allclose(points, other[POSITION].to_numpy()[pairs[0]], atol=1e-9)
    assert pairs_of(LEFT) is None
