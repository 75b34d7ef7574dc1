"""The batched solver against its optimality conditions and against LIBSVM."""

import numpy as np
import pytest
from hypothesis import settings
from oracle import class_bounds, optimality_gap
from svm_problems import each, made_up

from mri_response.learning.learners.svc.solver.admm import LARGE, AdmmSolver

PROPERTY = settings(derandomize=True, deadline=None, max_examples=60)
GRID = 2.0 ** np.arange(-12, 5, 2)


def test_what_fails_the_certificate_is_followed_and_certified():
    """Few features and large C converge slowly."""
    _, gram, signs = made_up(60, 20, 40, seed=8)
    solver = AdmmSolver(gram)
    solution = solver.at(signs, np.full(40, 300.0))
    assert solver.n_solved == 40
    assert 20 < solver.n_followed <= 40
    assert solver.n_fallback == 0
    for column in range(40):
        y, beta = signs[:, column], solution.beta[:, column]
        assert optimality_gap(gram, y, beta, class_bounds(y, 300.0, True)) <= 1e-6


def test_small_values_of_C_are_followed_and_larger_ones_go_on_from_there(monkeypatch):
    _, gram, signs = made_up(60, 200, 20, seed=3)
    gram /= np.mean(np.diag(gram))
    solver = AdmmSolver(gram)
    least = LARGE / solver.evenness
    assert 0.7 < least < 1.0
    followed, iterated = [], []
    follow, solve = solver.paths.path, solver._solve
    monkeypatch.setattr(solver.paths, "path", lambda s, C: followed.extend(C) or follow(s, C))
    monkeypatch.setattr(
        solver,
        "_solve",
        lambda s, w, C, start: iterated.append((C, start)) or solve(s, w, C, start),
    )
    grid = np.array([0.1, 0.99 * least, 1.01 * least, 4.0])
    solution = solver.path(signs, grid)
    assert followed == [*grid[:2]]
    assert [C for C, _ in iterated] == [*grid[2:]]
    np.testing.assert_allclose(iterated[0][1].beta.T, solution.beta[1], atol=1e-15)
    each_alone = [solver.at(signs, np.full(20, C)) for C in grid]
    for one, alone in zip(each(solution), each_alone, strict=True):
        np.testing.assert_allclose(gram @ one.beta, gram @ alone.beta, atol=2e-6)
        np.testing.assert_allclose(one.intercept, alone.intercept, atol=2e-6)
    assert solver.n_solved == 160


@pytest.mark.parametrize(("p", "share"), [(3, 0.01), (150, 0.0)])
def test_an_easy_problem_is_not_followed_from_the_start(p, share):
    """Nor, mostly, one with few dual variables inside their box: a few pivots end it."""
    _, gram, signs = made_up(90, p, 50, seed=9)
    solver = AdmmSolver(gram)
    for _ in each(solver.path(signs, GRID)):
        pass
    assert solver.n_followed <= share * solver.n_solved


@pytest.mark.parametrize("p", [20, 400])
def test_confounds_that_were_regressed_out_do_not_slow_it_down(p):
    """Their direction has eigenvalue 0 as the constant has: the two must be told apart exactly."""
    rng = np.random.default_rng(12)
    followed = 0
    for _ in range(100):
        confound = rng.normal(size=15)
        design = np.column_stack([np.ones(15), confound])
        features = rng.normal(size=(15, p))
        features -= design @ np.linalg.lstsq(design, features)[0]
        signs = np.where(rng.random((15, 3)) < 0.5, 1.0, -1.0)
        signs[:2] = [[1.0], [-1.0]]
        solver = AdmmSolver(features @ features.T)
        solver.at(signs, np.full(3, 1 / p))
        followed += solver.n_followed
    assert followed == 0
