"""What solutions of every solver have in common: optimality, and what LIBSVM finds."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import class_bounds, exact, optimality_gap
from svm_problems import each, made_up

from mri_response.learning.learners.svc.solver.admm import AdmmSolver
from mri_response.learning.learners.svc.solver.path_solver import PathSolver

PROPERTY = settings(derandomize=True, deadline=None, max_examples=150)
GRID = 2.0 ** np.arange(-12, 5, 2)


@pytest.fixture(params=[PathSolver, AdmmSolver])
def solver_of(request):
    return request.param


@PROPERTY
@given(
    n=st.integers(4, 50),
    p=st.sampled_from([1, 3, 20, 100, 1000]),
    m=st.integers(1, 12),
    share=st.sampled_from([0.1, 0.3, 0.5, 0.8]),
    balanced=st.booleans(),
    scale=st.sampled_from([1e-6, 1.0, 1e4]),
    spoilt=st.sampled_from(
        ["nothing", "duplicated people", "constant features", "few values", "correlated"]
    ),
    kind=st.sampled_from(["path", "path by rows", "iterations"]),
    seed=st.integers(0, 2**31),
)
def test_every_solution_is_feasible_and_optimal(
    n, p, m, share, balanced, scale, spoilt, kind, seed
):
    features, _, signs = made_up(n, p, m, seed, share)
    if spoilt == "duplicated people":
        features[n // 2 :] = features[: n - n // 2]
    elif spoilt == "constant features":
        features[:, ::2] = 0.0
    elif spoilt == "few values":
        features = np.round(features)
    elif spoilt == "correlated":
        features += features.sum(axis=1, keepdims=True) / np.sqrt(p)
    features *= np.sqrt(scale)
    gram = features @ features.T
    if kind == "path by rows":
        solver = PathSolver(features, rows=True, balanced=balanced)
    else:
        solver = {"path": PathSolver, "iterations": AdmmSolver}[kind](gram, balanced=balanced)
    grid = GRID / solver.mean_square_norm
    for C, solution in zip(grid, each(solver.path(signs, grid)), strict=True):
        decision = gram @ solution.beta + solution.intercept
        for column in range(m):
            y, beta = signs[:, column], solution.beta[:, column]
            bound = class_bounds(y, C, balanced)
            assert optimality_gap(gram, y, beta, bound) <= 1.01e-6
            # Free support vectors lie on their margin.
            free = (np.abs(beta) > 1e-8 * bound) & (np.abs(beta) < bound * (1 - 1e-8))
            np.testing.assert_allclose(decision[free, column], y[free], atol=1.01e-6)
            at_bound = np.abs(beta) >= bound * (1 - 1e-9)
            assert solution.at_bound[0, column] == at_bound.any()
            assert solution.at_bound[1, column] == at_bound.all()
    assert solver.n_solved <= m * len(grid)


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize(
    ("n", "p", "share"), [(40, 15, 0.5), (60, 150, 0.5), (60, 150, 0.2), (40, 2000, 0.5)]
)
def test_decision_values_are_those_of_scikit_learn(solver_of, n, p, share, balanced):
    _, gram, signs = made_up(n, p, 6, seed=n + p, share=share)
    solver = solver_of(gram, balanced=balanced)
    grid = 2.0 ** np.arange(-12, 1)  # the default of the workflow
    for C, solution in zip(grid, each(solver.path(signs, grid)), strict=True):
        decision = gram @ solution.beta + solution.intercept
        for column in range(6):
            expected = exact(gram, signs[:, column], C, balanced)
            np.testing.assert_allclose(decision[:, column], expected, atol=1e-5, rtol=0)


def test_a_path_is_every_C_by_itself(solver_of):
    _, gram, signs = made_up(40, 60, 10, seed=3)
    several, single_solver = solver_of(gram), solver_of(gram)
    grid = 2.0 ** np.arange(-10, 6)
    for C, solution in zip(grid, each(several.path(signs, grid)), strict=True):
        single = single_solver.at(signs, np.full(10, C))
        np.testing.assert_allclose(
            gram @ solution.beta + solution.intercept,
            gram @ single.beta + single.intercept,
            atol=1e-9 if solver_of is PathSolver else 1e-5,
        )
        np.testing.assert_array_equal(solution.at_bound, single.at_bound)
    assert single_solver.n_solved == 160 >= several.n_solved
    assert several.n_fallback == single_solver.n_fallback == 0


def test_every_labelling_may_have_its_own_C(solver_of):
    _, gram, signs = made_up(30, 20, 8, seed=4)
    C = np.tile([0.01, 1.0, 0.1, 0.01], 2)
    solution = solver_of(gram).at(signs, C)
    for column, value in enumerate(C):
        single = solver_of(gram).at(signs[:, [column]], C[[column]])
        np.testing.assert_allclose(
            gram @ solution.beta[:, column] + solution.intercept[column],
            gram @ single.beta[:, 0] + single.intercept[0],
            atol=2e-6,
        )
        bound = class_bounds(signs[:, column], value, True)
        assert optimality_gap(gram, signs[:, column], solution.beta[:, column], bound) <= 1.01e-6


def test_one_class_gets_its_constant_decision_value(solver_of):
    _, gram, signs = made_up(12, 5, 4, seed=5)
    signs[:, 1], signs[:, 3] = 1, -1
    solver = solver_of(gram)
    for solution in each(solver.path(signs, np.array([0.1, 1.0]))):
        assert not solution.beta[:, [1, 3]].any()
        np.testing.assert_array_equal(solution.intercept[[1, 3]], [1, -1])
        assert not solution.at_bound[:, [1, 3]].any()
        assert solution.beta[:, [0, 2]].any(axis=0).all()
    everything = solver.at(signs[:, [1, 3]], np.ones(2))
    np.testing.assert_array_equal(everything.intercept, [1, -1])
    assert [solution.intercept.tolist() for solution in each(solver.path(signs[:, [3]], GRID))] == [
        [-1.0]
    ] * len(GRID)


@pytest.mark.parametrize("n_positive", [3, 10, 17])
def test_on_the_plateau_the_intercept_is_the_midpoint_of_its_interval(solver_of, n_positive):
    """Every dual variable at its bound: any intercept between two rows is optimal."""
    rng = np.random.default_rng(6)
    features = rng.normal(size=(20, 30))
    gram = features @ features.T
    signs = np.where(np.arange(20) < n_positive, 1.0, -1.0)
    C = 1e-6
    solution = solver_of(gram).at(signs[:, None], np.array([C]))
    assert solution.at_bound.all()
    beta = class_bounds(signs, C, True) * signs
    np.testing.assert_allclose(solution.beta[:, 0], beta, rtol=1e-12)
    margin = signs - gram @ beta
    low, high = margin[signs < 0].max(), margin[signs > 0].min()
    assert high - low > 1
    np.testing.assert_allclose(solution.intercept, (low + high) / 2, atol=1e-12)
    # Smaller C: the same predictions.
    smaller = solver_of(gram).at(signs[:, None], np.array([C / 8]))
    np.testing.assert_allclose(8 * smaller.beta, solution.beta, rtol=1e-12)


def test_no_free_support_vector_off_the_plateau_either(solver_of):
    """Unweighted, unequal classes: some dual variables at 0, the others at C, none between."""
    features = np.array([[3.0], [2.0], [0.0], [-1.0], [-5.0], [-6.0]])
    signs = np.array([1.0, 1, -1, -1, -1, -1])
    solution = solver_of(features @ features.T, balanced=False).at(signs[:, None], np.array([1e-3]))
    np.testing.assert_allclose(solution.beta[:, 0], 1e-3 * np.array([1, 1, -1, -1, 0, 0]))
    # The weight is 0.006. Row 4, at its bound, keeps the intercept above -1 + 0.006; row 5, at 0,
    # below -1 + 5 * 0.006.
    np.testing.assert_allclose(solution.intercept, -1 + 3 * 0.006)


def test_duplicated_people_and_deficient_rank(solver_of):
    features, _, signs = made_up(15, 4, 5, seed=7)
    features, signs = np.repeat(features, 3, axis=0), np.repeat(signs, 3, axis=0)
    gram = features @ features.T
    solver = solver_of(gram)
    for C in (0.01, 1.0):
        solution = solver.at(signs, np.full(5, C))
        decision = gram @ solution.beta + solution.intercept
        for column in range(5):
            expected = exact(gram, signs[:, column], C)
            np.testing.assert_allclose(decision[:, column], expected, atol=1e-5)


def test_the_tolerance_is_a_promise(solver_of):
    _, gram, signs = made_up(40, 60, 5, seed=10)
    for tolerance in (1e-3, 1e-9):
        solver = solver_of(gram, tolerance=tolerance)
        solution = solver.at(signs, np.full(5, 0.01))
        for column in range(5):
            y = signs[:, column]
            gap = optimality_gap(gram, y, solution.beta[:, column], class_bounds(y, 0.01, True))
            assert gap <= 1.01 * tolerance


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_features_that_say_nothing_give_a_constant(solver_of, offset):
    """Every row the same: a Gram matrix without information."""
    signs = np.array([[1.0], [1], [-1], [-1], [-1]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        solution = solver_of(np.full((5, 5), offset)).at(signs, np.array([1.0]))
    decision = np.full((5, 5), offset) @ solution.beta + solution.intercept
    np.testing.assert_allclose(decision, 0, atol=1e-6)


def test_a_path_with_no_labelling_left_goes_on(solver_of):
    _, gram, signs = made_up(20, 500, 2, seed=11)
    solutions = [
        (solution.beta.copy(), solution.at_bound.copy())
        for solution in each(solver_of(gram).path(signs, np.array([1.0, 2.0, 4.0])))
    ]
    assert not solutions[0][1].any()
    for beta, _ in solutions[1:]:
        np.testing.assert_array_equal(beta, solutions[0][0])
