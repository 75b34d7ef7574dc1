"""Block principal pivoting against the optimality conditions, LIBSVM and the batched solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import class_bounds, exact, optimality_gap

from mri_response.learning.learners.svc.solver import pivoting
from mri_response.learning.learners.svc.solver.pivoting import PivotingSolver

PROPERTY = settings(derandomize=True, deadline=None, max_examples=80)
GRID = 2.0 ** np.arange(-12, 6, 2)


def made_up(n: int, p: int, n_sets: int, seed: int, share: float = 0.5):
    """Gram matrices that differ between sets, as after a regression on the training rows."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, p))
    signs = np.where(rng.random(n) < share, 1.0, -1.0)
    signs[:2], signs[-2:] = (1, -1), (1, -1)
    train = rng.random((n_sets, n)) < 0.8
    train[0, :2], train[1:, -2:] = True, True
    centred = np.stack([features - features[rows].mean(axis=0) for rows in train])
    return features, centred @ centred.transpose(0, 2, 1), train, signs


@PROPERTY
@given(
    n=st.integers(6, 50),
    p=st.sampled_from([1, 3, 20, 100, 1000]),
    n_sets=st.integers(1, 8),
    share=st.sampled_from([0.1, 0.3, 0.5, 0.8]),
    balanced=st.booleans(),
    scale=st.sampled_from([1e-6, 1.0, 1e4]),
    duplicates=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_every_solution_is_feasible_and_optimal(
    n, p, n_sets, share, balanced, scale, duplicates, seed
):
    features, gram, train, signs = made_up(n, p, n_sets, seed, share)
    if duplicates:
        features[n // 2 :] = features[: n - n // 2]
        gram = np.broadcast_to(features @ features.T, gram.shape)
    solver = PivotingSolver(gram * scale, train, balanced=balanced)
    grid = solver.grid(GRID, relative=True)
    for C, solution in zip(grid, solver.path(signs, grid), strict=True):
        assert not solution.beta[~train.T].any()
        for index, rows in enumerate(train):
            y, beta = signs[rows], solution.beta[rows, index]
            own = gram[index][np.ix_(rows, rows)] * scale
            if len(set(y)) == 1:
                assert not beta.any()
                assert solution.intercept[index] == y[0]
                continue
            bound = class_bounds(y, C[index], balanced)
            assert optimality_gap(own, y, beta, bound) <= 1.01e-6
            decision = own @ beta + solution.intercept[index]
            free = (np.abs(beta) > 1e-8 * bound) & (np.abs(beta) < bound * (1 - 1e-8))
            np.testing.assert_allclose(decision[free], y[free], atol=1.01e-6)
            at_bound = np.abs(beta) >= bound * (1 - 1e-9)
            assert solution.at_bound[0, index] == at_bound.any()
            assert solution.at_bound[1, index] == at_bound.all()


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("p", [5, 30, 300])
def test_decision_values_are_those_of_libsvm(p, balanced):
    _, gram, train, signs = made_up(40, p, 3, seed=p)
    solver = PivotingSolver(gram, train, balanced=balanced)
    grid = solver.grid(GRID[:7], relative=True)
    for C, solution in zip(grid, solver.path(signs, grid), strict=True):
        for index, rows in enumerate(train):
            own = gram[index][np.ix_(rows, rows)]
            decision = own @ solution.beta[rows, index] + solution.intercept[index]
            np.testing.assert_allclose(
                decision, exact(own, signs[rows], C[index], balanced), atol=1e-6
            )
    assert solver.n_fallback.sum() == 0


@pytest.mark.parametrize("p", [4, 12, 60])
def test_more_people_than_features_take_single_steps_and_no_fallback(p, monkeypatch):
    """Whole blocks go in circles there: the active set must end, and at the optimum."""
    taken = []
    monkeypatch.setattr(
        pivoting,
        "_active_set",
        lambda *given, of=pivoting._active_set: taken.append(1) or of(*given),
    )
    _, gram, train, signs = made_up(60, p, 5, seed=p)
    solver = PivotingSolver(gram, train)
    grid = solver.grid(2.0 ** np.arange(0, 12), relative=True)
    for C, solution in zip(grid, solver.path(signs, grid), strict=True):
        for index, rows in enumerate(train):
            own = gram[index][np.ix_(rows, rows)]
            bound = class_bounds(signs[rows], C[index], True)
            assert optimality_gap(own, signs[rows], solution.beta[rows, index], bound) <= 1e-6
    assert solver.n_fallback.sum() == 0
    assert bool(taken) == (p < 40)


def test_what_fails_its_certificate_goes_to_libsvm(monkeypatch):
    _, gram, train, signs = made_up(30, 50, 4, seed=1)
    grid = np.array([[0.01] * 4, [1.0] * 4])
    reference = [
        (solution.beta.copy(), solution.intercept.copy())
        for solution in PivotingSolver(gram, train).path(signs, grid)
    ]
    monkeypatch.setattr(pivoting, "_solved", lambda gram, target, *_: np.abs(target))
    solver = PivotingSolver(gram, train)
    for solution, (beta, intercept) in zip(solver.path(signs, grid), reference, strict=True):
        np.testing.assert_allclose(solution.beta, beta, atol=1e-6)
        np.testing.assert_allclose(solution.intercept, intercept, atol=1e-5)
    np.testing.assert_array_equal(solver.n_fallback, solver.n_solved)
    assert solver.n_solved.sum() > 4


def test_features_without_any_variance():
    train = np.ones((2, 6), dtype=bool)
    solver = PivotingSolver(np.zeros((2, 6, 6)), train)
    signs = np.array([1.0, 1, -1, -1, 1, -1])
    for solution in solver.path(signs, solver.grid(GRID, relative=True)):
        np.testing.assert_array_equal(solution.intercept, 0)


def test_a_set_does_not_depend_on_larger_values_of_C():
    """Once no variable is at its bound the solution is carried forward, not solved again."""
    _, gram, train, signs = made_up(30, 400, 4, seed=3)
    solver = PivotingSolver(gram, train)
    grid = solver.grid(np.array([1.0, 100.0, 1000.0]), relative=True)
    solutions = [solution.beta.copy() for solution in solver.path(signs, grid)]
    np.testing.assert_array_equal(solutions[1], solutions[2])
    assert solver.n_solved.sum() < 12


@pytest.mark.parametrize("shift", [1e-3, -1e-3])
@pytest.mark.parametrize("n_free", [9, 25])
def test_systems_of_free_variables_definite_or_not(shift, n_free, monkeypatch):
    """Rounding may leave eigenvalues below zero, on which Cholesky's decomposition gives up."""
    gave_up = []
    monkeypatch.setattr(
        pivoting,
        "definite_system",
        lambda *given, of=pivoting.definite_system: gave_up.append(of(*given)) or gave_up[-1],
    )
    _, gram, _, signs = made_up(30, 5, 2, seed=4)
    gram = gram + shift * np.eye(30)
    free = np.random.default_rng(5).permutation(np.arange(30) < n_free)
    beta, intercept = pivoting._free_system(
        gram, np.array([free, free]), np.array([signs, 2 * signs]), np.array([0.3, -0.1]), 0.0
    )
    assert [solved is None for solved in gave_up] == [shift < 0] * 2 * (n_free > 16)
    assert not beta[:, ~free].any()
    np.testing.assert_allclose(beta.sum(axis=1), [0.3, -0.1], atol=1e-9)
    for index, target in enumerate((signs, 2 * signs)):
        left = gram[index][np.ix_(free, free)] @ beta[index, free] + intercept[index]
        np.testing.assert_allclose(left, target[free], atol=1e-6)
