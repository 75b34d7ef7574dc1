"""Solution paths against their optimality conditions and against LIBSVM."""

import numpy as np
import pytest
from hypothesis import settings
from oracle import class_bounds, optimality_gap
from svm_problems import each, made_up

from mri_response.learning.learners.svc.solver import path_solver
from mri_response.learning.learners.svc.solver.path_solver import PathSolver
from mri_response.learning.learners.svc.solver.svm import free_intercept

PROPERTY = settings(derandomize=True, deadline=None, max_examples=120)
GRID = 2.0 ** np.arange(-12, 5, 2)


@pytest.mark.parametrize("off", [0.0, 1e-19, 1e-12])
def test_a_dual_variable_off_its_bound_by_rounding_is_not_free(off):
    """A rounding error must not choose which end of the interval the intercept takes."""
    signs = np.array([[1.0], [1], [-1], [-1]])
    lower, upper = np.minimum(signs * 1e-2, 0), np.maximum(signs * 1e-2, 0)
    beta = np.array([[1e-2 - off], [off], [-off], [off - 1e-2]])
    # Rows 0 and 2, at the upper end of their box, bound it from above, rows 1 and 3 from below.
    margin = np.array([[0.9], [-0.7], [0.6], [-0.8]])
    np.testing.assert_allclose(free_intercept(beta, margin, lower, upper), [(0.6 - 0.7) / 2])


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("p", [3, 20, 59, 60, 200])
def test_few_problems_or_none_need_libsvm(p, balanced):
    """On both sides of n = p, and far up in C, where no system has a free direction left."""
    _, gram, signs = made_up(60, p, 40, seed=8)
    solver = PathSolver(gram, balanced=balanced)
    grid = 2.0 ** np.arange(-10, 10) / solver.mean_square_norm
    for C, solution in zip(grid, each(solver.path(signs, grid)), strict=True):
        for column in range(0, 40, 8):
            y, beta = signs[:, column], solution.beta[:, column]
            assert optimality_gap(gram, y, beta, class_bounds(y, C, balanced)) <= 1.01e-6
    assert solver.n_solved == 800
    assert solver.n_fallback <= 8


def test_two_at_a_time_leave_their_bound_and_reach_zero():
    """Between C = 0.5 and 2 no dual variable is free; all of it can be worked out by hand."""
    features = np.array([[2.0], [0.5], [-2.0], [-0.5]])
    signs = np.array([[1.0], [1], [-1], [-1]])
    solver = PathSolver(features @ features.T)
    betas = []
    for solution in each(solver.path(signs, np.array([0.05, 0.25, 1.0, 3.0]))):
        betas.append(solution.beta[:, 0])
        np.testing.assert_allclose(solution.intercept, 0, atol=1e-12)
    expected = [[0.05, 0.05], [0.0625, 0.25], [0.0, 1.0], [0.0, 2.0]]
    np.testing.assert_allclose(betas, [[*one, -one[0], -one[1]] for one in expected], atol=1e-12)
    assert solver.n_fallback == 0


def test_confounds_that_were_regressed_out_need_no_fallback():
    """The Gram matrix is then singular in the direction of each confound."""
    rng = np.random.default_rng(12)
    for p in (20, 400):
        for _ in range(50):
            confound = rng.normal(size=15)
            design = np.column_stack([np.ones(15), confound])
            features = rng.normal(size=(15, p))
            features -= design @ np.linalg.lstsq(design, features)[0]
            signs = np.where(rng.random((15, 3)) < 0.5, 1.0, -1.0)
            signs[:2] = [[1.0], [-1.0]]
            solver = PathSolver(features @ features.T)
            solver.path(signs, 2.0 ** np.arange(-4, 8) / p)
            assert solver.n_fallback == 0


def test_one_person_far_out_hides_nobody():
    """All others are then a millionth of the mean squared norm from each other."""
    features, _, signs = made_up(30, 50, 20, seed=4)
    features[0] *= 1000
    gram = features @ features.T
    grid = 2.0 ** np.arange(-6, 12, 3) / 50
    solver = PathSolver(gram)
    for C, solution in zip(grid, each(solver.path(signs, grid)), strict=True):
        for y, beta in zip(signs.T, solution.beta.T, strict=True):
            assert optimality_gap(gram, y, beta, class_bounds(y, C, True)) <= 1e-6
    assert solver.n_fallback == 0


@pytest.mark.parametrize("balanced", [True, False])
def test_what_fails_its_certificate_goes_to_libsvm_and_is_closed(monkeypatch, balanced):
    _, gram, signs = made_up(30, 50, 4, seed=1)
    grid = np.array([0.001, 0.01, 1.0])
    reference = [
        (solution.beta.copy(), solution.intercept.copy(), solution.at_bound.copy())
        for solution in each(PathSolver(gram, balanced=balanced).path(signs, grid))
    ]

    def lost(*given, of=path_solver.follow):
        *found, solved = of(*given)
        return *found, np.minimum(solved, 1)

    monkeypatch.setattr(path_solver, "follow", lost)
    solver = PathSolver(gram, balanced=balanced)
    for solution, (beta, intercept, at_bound) in zip(
        each(solver.path(signs, grid)), reference, strict=True
    ):
        np.testing.assert_allclose(solution.beta, beta, atol=1e-9)
        np.testing.assert_allclose(solution.intercept, intercept, atol=1e-9)
        np.testing.assert_array_equal(solution.at_bound, at_bound)
    assert solver.n_fallback == 8
    assert solver.n_solved == 12


def test_a_labelling_is_solved_alike_alone_and_among_others():
    _, gram, signs = made_up(40, 60, 9, seed=15)
    grid = 2.0 ** np.arange(-8, 3)
    for one, every in zip(
        each(PathSolver(gram).path(signs[:, [5]], grid)),
        each(PathSolver(gram).path(signs, grid)),
        strict=True,
    ):
        np.testing.assert_array_equal(one.beta[:, 0], every.beta[:, 5])
        assert one.intercept[0] == every.intercept[5]


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("p", [1, 3, 30, 59, 90])
def test_rows_of_features_give_what_their_gram_matrix_gives(p, balanced):
    """On both sides of n = p."""
    rows, gram, signs = made_up(60, p, 6, seed=p)
    signs[:, 3] = 1.0  # one class
    solver, other = (
        PathSolver(rows, rows=True, balanced=balanced),
        PathSolver(gram, balanced=balanced),
    )
    grid = 2.0 ** np.arange(-10, 7) / other.mean_square_norm
    np.testing.assert_allclose(solver.mean_square_norm, other.mean_square_norm)
    for one, two in zip(each(solver.path(signs, grid)), each(other.path(signs, grid)), strict=True):
        np.testing.assert_allclose(
            gram @ one.beta + one.intercept, gram @ two.beta + two.intercept, atol=1e-6
        )
        np.testing.assert_array_equal(one.at_bound, two.at_bound)
    at = solver.at(signs, grid[np.arange(6)])
    for column in range(6):
        (alone,) = each(other.path(signs[:, [column]], grid[[column]]))
        np.testing.assert_allclose(gram @ at.beta[:, [column]], gram @ alone.beta, atol=1e-6)


def test_rows_without_any_variance():
    signs = np.array([[1.0, 1, -1, -1, 1, -1]]).T
    solution = PathSolver(np.zeros((6, 2)), rows=True).path(signs, GRID)
    np.testing.assert_array_equal(solution.intercept, 0)


def test_rows_that_fail_their_certificate_go_to_libsvm(monkeypatch):
    rows, gram, signs = made_up(30, 4, 2, seed=1)
    C = np.array([0.3, 1.0])
    reference = [
        (gram @ solution.beta, solution.intercept.copy())
        for solution in each(PathSolver(rows, rows=True).path(signs, C))
    ]

    def lost(*given, of=path_solver.follow):
        *found, solved = of(*given)
        return *found, np.zeros_like(solved)

    monkeypatch.setattr(path_solver, "follow", lost)
    for most, accuracy in ((2000, 1e-8), (10, 1e-3)):  # closed, and as LIBSVM leaves it
        monkeypatch.setattr(path_solver, "MOST_FOR_GRAM", most)
        solver = PathSolver(rows, rows=True)
        for solution, (fitted, intercept) in zip(
            each(solver.path(signs, C)), reference, strict=True
        ):
            np.testing.assert_allclose(gram @ solution.beta, fitted, atol=accuracy)
            np.testing.assert_allclose(solution.intercept, intercept, atol=accuracy)
        assert solver.n_fallback == 4
