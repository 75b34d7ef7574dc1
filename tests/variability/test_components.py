"""Components are counted against smooth maps, not against noise, and return or do not."""

import numpy as np
import pytest
from brain_data import made_parcels, smooth_maps

from mri_response.variability.components import (
    explained_shares,
    leave_one_out_cosines,
    matched,
    principal_components,
    rank_test,
    resampled_components,
    split_half_cosines,
    subspace_angle,
)
from mri_response.variability.surrogates import modes_of, people_surrogates

PARCELS = made_parcels(40)
MODES = modes_of(PARCELS)


def planted(rng, size=2.0, people=60):
    """Maps with an axis, and the axis."""
    axis = smooth_maps(PARCELS, 1, rng)[0]
    axis /= np.linalg.norm(axis) / np.sqrt(len(axis))
    return smooth_maps(PARCELS, people, rng) + size * rng.standard_normal((people, 1)) * axis, axis


def test_components_are_those_of_numpy_with_the_largest_loading_positive():
    rng = np.random.default_rng(1)
    maps = rng.standard_normal((12, 80)) @ np.diag(np.linspace(1, 3, 80))
    found = principal_components(maps, 5)
    centred = maps - maps.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(maps.T))
    np.testing.assert_allclose(found.explained, values[::-1][:5] / values.sum(), rtol=1e-8)
    np.testing.assert_allclose(
        np.abs(found.loadings @ vectors[:, ::-1][:, :5]), np.eye(5), atol=1e-6
    )
    np.testing.assert_allclose(found.scores, centred @ found.loadings.T, atol=1e-10)
    peak = np.abs(found.loadings).argmax(axis=1)
    assert (found.loadings[np.arange(5), peak] > 0).all()
    np.testing.assert_allclose(explained_shares(maps, 5), found.explained, rtol=1e-8)
    np.testing.assert_allclose(explained_shares(maps[:, :6], 3).sum() <= 1, True)


def test_a_planted_axis_is_found_and_returns():
    rng = np.random.default_rng(2)
    maps, axis = planted(rng)
    source = people_surrogates(maps, MODES, "smooth", rng)
    tested = rank_test(maps, source, 99)
    found = principal_components(maps, 10)
    assert abs(found.loadings[0] @ axis) / np.linalg.norm(axis) > 0.95
    assert tested.retained == 1
    assert tested.p_value[0] == 0.01
    null = [split_half_cosines(source(1)[0], 3, 5, rng)[0] for _ in range(19)]
    assert split_half_cosines(maps, 3, 20, rng)[0] > max(null)


def test_smooth_noise_has_components_by_shuffling_and_none_by_smooth_maps():
    rng = np.random.default_rng(3)
    counted = dict.fromkeys(("smooth", "within_region"), 0)
    for _ in range(8):
        maps = smooth_maps(PARCELS, 40, rng)
        for null in counted:
            tested = rank_test(maps, people_surrogates(maps, MODES, null, rng), 39)
            counted[null] += tested.retained > 0
    assert counted["within_region"] == 8
    assert counted["smooth"] <= 2


def test_testing_stops_at_the_first_failure():
    shares = np.array([0.5, 0.1, 0.3])
    maps = np.diag(np.sqrt(shares))[:, :] @ np.eye(3, 6)
    maps = np.vstack([maps, -maps])
    smaller = np.vstack([np.diag(np.sqrt([0.2, 0.35, 0.05])) @ np.eye(3, 6)] * 1)
    smaller = np.vstack([smaller, -smaller])
    tested = rank_test(maps, lambda n: np.stack([smaller] * n), 39, largest=3)
    # Ranks are 0.5, 0.3, 0.1 and of the null 0.58, 0.33, 0.08: the third would exceed it.
    assert tested.p_value[2] < 0.05
    assert tested.retained == 0


def test_matching_undoes_another_order_and_sign():
    rng = np.random.default_rng(4)
    reference = np.linalg.qr(rng.standard_normal((20, 4)))[0].T
    order, sign = np.array([2, 0, 3, 1]), np.array([1, -1, -1, 1])
    places, cosines = matched(reference, (reference[order].T * sign).T)
    np.testing.assert_array_equal(order[places], np.arange(4))
    np.testing.assert_allclose(cosines, sign[places], atol=1e-12)


def test_bootstrap_matches_ranks_that_change():
    rng = np.random.default_rng(5)
    # Two axes of nearly equal size change ranks; each is still itself.
    scores = rng.standard_normal((80, 2)) * [1.0, 0.97]
    maps = scores @ np.eye(2, 30) * 5 + 0.3 * rng.standard_normal((80, 30))
    found = principal_components(maps, 2)
    drawn = resampled_components(maps, found, 100, rng)
    assert 0.2 < drawn.rank_kept[:, 0].mean() < 1
    assert np.median(drawn.cosines) > 0.7
    assert ((drawn.loadings * found.loadings).sum(axis=2) > 0).all()
    angles = [subspace_angle(found.loadings, own) for own in drawn.loadings]
    assert max(angles) < 5


def test_a_sample_of_few_different_people_has_no_components_made_of_rounding():
    rng = np.random.default_rng(8)
    maps = rng.standard_normal((12, 40))
    drawn = resampled_components(maps, principal_components(maps, 10), 50, rng)
    size = np.linalg.norm(drawn.loadings, axis=2)
    assert np.logical_or(np.isclose(size, 1), size == 0).all()
    assert (size == 0).any()
    assert (drawn.cosines[size == 0] == 0).all()


def test_subspace_angle_of_known_planes():
    plane = np.eye(3)[:2]
    turned = np.array([[1, 0, 0], [0, np.cos(0.3), np.sin(0.3)]])
    assert subspace_angle(plane, turned) == pytest.approx(np.degrees(0.3))
    assert subspace_angle(plane, plane[::-1]) == pytest.approx(0, abs=1e-5)
    assert np.isnan(subspace_angle(plane[:0], plane[:0]))


def test_one_person_who_makes_a_component_is_seen():
    rng = np.random.default_rng(6)
    maps = rng.standard_normal((30, 40))
    maps[7] *= 12
    found = principal_components(maps, 2)
    without = leave_one_out_cosines(maps, found)
    assert without[7, 0] < 0.7
    assert np.delete(without[:, 0], 7).min() > 0.9
    assert (found.scores[:, 0] ** 2).argmax() == 7


def test_order_of_regions_changes_no_number():
    rng = np.random.default_rng(7)
    maps, _ = planted(rng)
    order = rng.permutation(80)
    own, other = (principal_components(x, 5) for x in (maps, maps[:, order]))
    np.testing.assert_allclose(own.explained, other.explained)
    np.testing.assert_allclose(own.loadings[:, order], other.loadings, atol=1e-8)
