"""The solver for more people than features against the optimality conditions and LIBSVM."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import class_bounds, exact, optimality_gap

from mri_response.learning.learners.svc.solver import low_rank
from mri_response.learning.learners.svc.solver.admm import AdmmSolver
from mri_response.learning.learners.svc.solver.low_rank import LowRankSolver

PROPERTY = settings(derandomize=True, deadline=None, max_examples=40)
GRID = 2.0 ** np.arange(-12, 6, 2)


def made_up(n: int, p: int, m: int, seed: int, share: float = 0.5):
    """Centred rows that are correlated, and labellings with both classes."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, p)) @ (np.eye(p) + 0.5 * rng.normal(size=(p, p)))
    signs = np.where(rng.random((n, m)) < share, 1.0, -1.0)
    signs[:2] = [[1.0], [-1.0]]
    return rows - rows.mean(axis=0), signs


@PROPERTY
@given(
    n=st.integers(4, 60),
    p=st.sampled_from([1, 2, 5, 20, 80]),
    m=st.integers(1, 5),
    share=st.sampled_from([0.1, 0.3, 0.5, 0.8]),
    balanced=st.booleans(),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    spoilt=st.sampled_from(["nothing", "duplicated people", "constant features", "one value"]),
    seed=st.integers(0, 2**31),
)
def test_every_solution_is_feasible_and_optimal(n, p, m, share, balanced, scale, spoilt, seed):
    rows, signs = made_up(n, p, m, seed, share)
    if spoilt == "duplicated people":
        rows[n // 2 :] = rows[: n - n // 2]
    elif spoilt == "constant features":
        rows[:, ::2] = 0.0
    elif spoilt == "one value":
        rows = np.round(rows)
    rows = rows * scale
    solver = LowRankSolver(rows, balanced=balanced)
    grid = GRID / solver.mean_square_norm
    gram = rows @ rows.T
    for C, solution in zip(grid, solver.path(signs, grid), strict=True):
        for index, y in enumerate(signs.T):
            beta, bound = solution.beta[:, index], class_bounds(y, C, balanced)
            assert optimality_gap(gram, y, beta, bound) <= 1.01e-6
            decision = gram @ beta + solution.intercept[index]
            free = (np.abs(beta) > 1e-8 * bound) & (np.abs(beta) < bound * (1 - 1e-8))
            np.testing.assert_allclose(decision[free], y[free], atol=1.01e-6)
            at_bound = np.abs(beta) >= bound * (1 - 1e-9)
            assert solution.at_bound[0, index] == at_bound.any()
            assert solution.at_bound[1, index] == at_bound.all()


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("p", [12, 40])
def test_decision_values_are_those_of_libsvm(p, balanced):
    rows, signs = made_up(70, p, 3, seed=p)
    solver = LowRankSolver(rows, balanced=balanced)
    grid = GRID[:7] / solver.mean_square_norm
    gram = rows @ rows.T
    for C, solution in zip(grid, solver.path(signs, grid), strict=True):
        for index, y in enumerate(signs.T):
            decision = gram @ solution.beta[:, index] + solution.intercept[index]
            np.testing.assert_allclose(decision, exact(gram, y, C, balanced), atol=1e-5)
    assert solver.n_fallback == 0


@pytest.mark.parametrize("p", [3, 30, 90])
def test_it_agrees_with_the_solver_of_gram_matrices(p):
    """On both sides of n = p; both are certified at the same gap."""
    rows, signs = made_up(60, p, 6, seed=p)
    gram = rows @ rows.T
    solver, other = LowRankSolver(rows), AdmmSolver(gram)
    grid = 2.0 ** np.arange(-10, 5) / solver.mean_square_norm
    for one, two in zip(solver.path(signs, grid), other.path(signs, grid), strict=True):
        np.testing.assert_allclose(
            gram @ one.beta + one.intercept, gram @ two.beta + two.intercept, atol=1e-5
        )
        np.testing.assert_array_equal(one.at_bound, two.at_bound)
    assert solver.n_fallback == 0


def test_each_labelling_at_a_C_of_its_own():
    rows, signs = made_up(40, 6, 5, seed=8)
    signs[:, 3] = 1.0  # one class
    solver = LowRankSolver(rows)
    C = np.array([0.001, 0.01, 0.1, 1.0, 10.0])
    solution = solver.at(signs, C)
    assert solution.intercept[3] == 1.0
    assert not solution.beta[:, 3].any()
    for index in (0, 1, 2, 4):
        alone = next(iter(solver.path(signs[:, [index]], C[[index]])))
        np.testing.assert_allclose(solution.beta[:, index], alone.beta[:, 0], atol=1e-9)


def test_without_variables_at_their_bound_the_solution_is_carried_forward(monkeypatch):
    monkeypatch.setattr(low_rank, "TOGETHER", 1)
    rows, _ = made_up(30, 3, 1, seed=2)
    signs = np.sign(rows[:, [0]] + 0.1)
    rows[:, 0] += 3 * signs[:, 0]  # separable
    solver = LowRankSolver(rows - rows.mean(axis=0))
    grid = np.array([1.0, 100.0, 1000.0])
    solutions = [solution.beta.copy() for solution in solver.path(signs, grid)]
    np.testing.assert_array_equal(solutions[1], solutions[2])
    assert solver.n_solved < 3


def test_features_without_any_variance():
    signs = np.array([[1.0, 1, -1, -1, 1, -1]]).T
    for solution in LowRankSolver(np.zeros((6, 2))).path(signs, GRID):
        np.testing.assert_array_equal(solution.intercept, 0)


def test_what_fails_its_certificate_goes_to_libsvm(monkeypatch):
    rows, signs = made_up(30, 4, 2, seed=1)
    C = np.array([0.3, 1.0])
    reference = [
        (solution.beta.copy(), solution.intercept.copy())
        for solution in LowRankSolver(rows).path(signs, C)
    ]
    monkeypatch.setattr(low_rank, "_newton", lambda *_: None)
    solver = LowRankSolver(rows)
    for solution, (beta, intercept) in zip(solver.path(signs, C), reference, strict=True):
        np.testing.assert_allclose(rows.T @ solution.beta, rows.T @ beta, atol=1e-5)
        np.testing.assert_allclose(solution.intercept, intercept, atol=1e-4)
    assert solver.n_fallback == solver.n_solved > 0
