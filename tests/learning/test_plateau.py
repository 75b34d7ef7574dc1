"""How far up in C every dual variable is at its bound."""

import numpy as np
import pytest
from oracle import exact, optimality_gap

from mri_response.learning.learners.svc.solver.plateau import Plateau
from mri_response.learning.learners.svc.solver.svm import upper_bounds


def made_up(seed: int, n: int = 24, m: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 40))
    signs = np.where(rng.random((n, m)) < 0.4, 1.0, -1.0)
    signs[:2] = [[1.0], [-1.0]]
    return features @ features.T, signs


def plateau_of(gram: np.ndarray, signs: np.ndarray, balanced: bool = True) -> Plateau:
    weights = upper_bounds(signs, 1.0, balanced)
    return Plateau.of(signs.T, weights.T, lambda beta: beta @ gram, 1e-6)


def test_the_solution_is_optimal_up_to_the_end_and_not_beyond():
    gram, signs = made_up(seed=1)
    plateau = plateau_of(gram, signs)
    bounds = upper_bounds(signs, 1.0, True)
    for column, until in enumerate(plateau.until):
        for C, optimal in ((0.1 * until, True), (until * (1 - 1e-9), True), (until * 1.001, False)):
            beta, bound = C * plateau.full[column], C * bounds[:, column]
            gap = optimality_gap(gram, signs[:, column], beta, bound)
            assert (gap <= 1e-6) == optimal


def test_decision_values_are_those_of_the_exact_solution():
    gram, signs = made_up(seed=2)
    plateau = plateau_of(gram, signs)
    for column, until in enumerate(plateau.until):
        for C in (0.01 * until, 0.9 * until):
            decision = C * (gram @ plateau.full[column] + plateau.middle[column])
            expected = exact(gram, signs[:, column], C, True)
            np.testing.assert_allclose(decision, expected, atol=1e-6)


def test_there_is_none_where_the_bounds_of_the_classes_differ_in_sum():
    gram, signs = made_up(seed=3)
    assert (plateau_of(gram, signs, balanced=False).until == -np.inf).any()
    unequal = signs.sum(axis=0) != 0
    until = plateau_of(gram, signs, balanced=False).until
    np.testing.assert_array_equal(until == -np.inf, unequal)


def test_it_does_not_end_where_all_people_have_the_same_features():
    _, signs = made_up(seed=4)
    assert (plateau_of(np.ones((24, 24)), signs).until == np.inf).all()


@pytest.mark.parametrize("before", [None, 0.5])
def test_what_leaves_starts_at_its_last_solution(before):
    gram, signs = made_up(seed=5)
    plateau = plateau_of(gram, signs)
    rows = np.array([3, 1])
    before = before and before * plateau.until[rows].min()
    start = plateau.start(rows, signs.T[rows], 2.0, before)
    if before is None:
        np.testing.assert_array_equal(start.beta, np.clip(2 * plateau.full[rows], -1, 1))
        assert not start.at_bound.any()
        assert not start.residual.any()
        return
    np.testing.assert_array_equal(start.beta, before * plateau.full[rows])
    assert start.at_bound.all()
    for row, residual in zip(rows, start.residual, strict=True):
        expected = signs[:, row] - exact(gram, signs[:, row], before, True)
        np.testing.assert_allclose(residual, expected, atol=1e-6)
