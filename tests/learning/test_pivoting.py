"""Block principal pivoting against the optimality conditions."""

import numpy as np
import pytest
from oracle import class_bounds, optimality_gap

from mri_response.learning.learners.svc.solver import pivoting
from mri_response.learning.learners.svc.solver.path_solver import PathSolver
from mri_response.learning.learners.svc.solver.pivoting import pivoted, positions


def made_up(n: int, p: int, m: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, p))
    features -= features.mean(axis=0)
    signs = np.where(rng.random((m, n)) < 0.5, 1.0, -1.0)
    signs[:, :2] = [1.0, -1.0]
    return features @ features.T, signs


def test_positions_are_the_ends_of_the_box_up_to_rounding():
    full = np.array([2.0, -2.0, 2.0, -2.0, 2.0, -2.0])
    beta = np.array([2.0, -2.0 + 1e-12, 0.0, -1e-12, 1.0, -1.0])
    np.testing.assert_array_equal(positions(beta, full), [1, -1, -1, 1, 0, 0])


@pytest.mark.parametrize(("p", "wrong"), [(10, 0), (100, 0), (100, 3)])
def test_from_beside_the_solution_it_ends_there(p, wrong):
    gram, signs = made_up(40, p, 6, seed=p)
    C = 2.0 / np.diag(gram).mean()
    solution = PathSolver(gram).at(signs.T, np.full(6, C))
    bound = np.stack([class_bounds(row, C, True) for row in signs])
    full = signs * bound
    start = np.stack(list(map(positions, solution.beta.T, full)))
    start[:, :wrong] = np.where(start[:, :wrong] == 0, 1, 0)
    lower, upper = np.minimum(full, 0.0), np.maximum(full, 0.0)
    found, settled = pivoted(gram, signs, lower, upper, start)
    assert settled.all()
    for row, beta, own in zip(signs, found, bound, strict=True):
        assert optimality_gap(gram, row, beta, own) <= 1e-8
    np.testing.assert_allclose(found @ gram, solution.beta.T @ gram, atol=1e-7)


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
    gram, signs = made_up(30, 5, 1, seed=4)
    gram, signs = gram + shift * np.eye(30), signs[0]
    free = np.random.default_rng(5).permutation(np.arange(30) < n_free)
    beta, intercept = pivoting._free_system(
        gram, np.array([free, free]), np.array([signs, 2 * signs]), np.array([0.3, -0.1]), 0.0
    )
    assert [solved is None for solved in gave_up] == [shift < 0] * 2 * (n_free > 16)
    assert not beta[:, ~free].any()
    np.testing.assert_allclose(beta.sum(axis=1), [0.3, -0.1], atol=1e-9)
    for index, target in enumerate((signs, 2 * signs)):
        left = gram[np.ix_(free, free)] @ beta[index, free] + intercept[index]
        np.testing.assert_allclose(left, target[free], atol=1e-6)
