"""Solution paths against their optimality conditions and against LIBSVM."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import class_bounds, exact, optimality_gap

from mri_response.learning.learners.svc.solver import path_solver
from mri_response.learning.learners.svc.solver.path_solver import PathSolver
from mri_response.learning.learners.svc.solver.svm import Solution, free_intercept

PROPERTY = settings(derandomize=True, deadline=None, max_examples=120)
GRID = 2.0 ** np.arange(-12, 5, 2)


def each(solution: Solution) -> list[Solution]:
    """The solution at each value of C."""
    return [Solution(*one) for one in zip(*solution, strict=True)]


def made_up(n: int, p: int, m: int, seed: int, share: float = 0.5):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, p))
    signs = np.where(rng.random((n, m)) < share, 1.0, -1.0)
    signs[0], signs[1] = 1, -1
    return features, features @ features.T, signs


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
    by_rows=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_every_solution_is_feasible_and_optimal(
    n, p, m, share, balanced, scale, spoilt, by_rows, seed
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
    given = {"matrix": features, "rows": True} if by_rows else {"matrix": gram}
    solver = PathSolver(**given, balanced=balanced)
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
def test_decision_values_are_those_of_scikit_learn(n, p, share, balanced):
    _, gram, signs = made_up(n, p, 6, seed=n + p, share=share)
    solver = PathSolver(gram, balanced=balanced)
    grid = 2.0 ** np.arange(-12, 1)  # the default of the workflow
    for C, solution in zip(grid, each(solver.path(signs, grid)), strict=True):
        decision = gram @ solution.beta + solution.intercept
        for column in range(6):
            expected = exact(gram, signs[:, column], C, balanced)
            np.testing.assert_allclose(decision[:, column], expected, atol=1e-5, rtol=0)


def test_a_path_is_every_C_by_itself():
    _, gram, signs = made_up(40, 60, 10, seed=3)
    several, single_solver = PathSolver(gram), PathSolver(gram)
    grid = 2.0 ** np.arange(-10, 6)
    for C, solution in zip(grid, each(several.path(signs, grid)), strict=True):
        single = single_solver.at(signs, np.full(10, C))
        np.testing.assert_allclose(
            gram @ solution.beta + solution.intercept,
            gram @ single.beta + single.intercept,
            atol=1e-9,
        )
        np.testing.assert_array_equal(solution.at_bound, single.at_bound)
    assert several.n_solved == single_solver.n_solved == 160
    assert several.n_fallback == single_solver.n_fallback == 0


def test_every_labelling_may_have_its_own_C():
    _, gram, signs = made_up(30, 20, 8, seed=4)
    C = np.tile([0.01, 1.0, 0.1, 0.01], 2)
    solution = PathSolver(gram).at(signs, C)
    for column, value in enumerate(C):
        single = PathSolver(gram).at(signs[:, [column]], C[[column]])
        np.testing.assert_allclose(
            gram @ solution.beta[:, column] + solution.intercept[column],
            gram @ single.beta[:, 0] + single.intercept[0],
            atol=2e-6,
        )
        bound = class_bounds(signs[:, column], value, True)
        assert optimality_gap(gram, signs[:, column], solution.beta[:, column], bound) <= 1.01e-6


def test_one_class_gets_its_constant_decision_value():
    _, gram, signs = made_up(12, 5, 4, seed=5)
    signs[:, 1], signs[:, 3] = 1, -1
    solver = PathSolver(gram)
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
def test_on_the_plateau_the_intercept_is_the_midpoint_of_its_interval(n_positive):
    """Every dual variable at its bound: any intercept between two rows is optimal."""
    rng = np.random.default_rng(6)
    features = rng.normal(size=(20, 30))
    gram = features @ features.T
    signs = np.where(np.arange(20) < n_positive, 1.0, -1.0)
    C = 1e-6
    solution = PathSolver(gram).at(signs[:, None], np.array([C]))
    assert solution.at_bound.all()
    beta = class_bounds(signs, C, True) * signs
    np.testing.assert_allclose(solution.beta[:, 0], beta, rtol=1e-12)
    margin = signs - gram @ beta
    low, high = margin[signs < 0].max(), margin[signs > 0].min()
    assert high - low > 1
    np.testing.assert_allclose(solution.intercept, (low + high) / 2, atol=1e-12)
    # Smaller C: the same predictions.
    smaller = PathSolver(gram).at(signs[:, None], np.array([C / 8]))
    np.testing.assert_allclose(8 * smaller.beta, solution.beta, rtol=1e-12)


def test_no_free_support_vector_off_the_plateau_either():
    """Unweighted, unequal classes: some dual variables at 0, the others at C, none between."""
    features = np.array([[3.0], [2.0], [0.0], [-1.0], [-5.0], [-6.0]])
    signs = np.array([1.0, 1, -1, -1, -1, -1])
    solution = PathSolver(features @ features.T, balanced=False).at(
        signs[:, None], np.array([1e-3])
    )
    np.testing.assert_allclose(solution.beta[:, 0], 1e-3 * np.array([1, 1, -1, -1, 0, 0]))
    # The weight is 0.006. Row 4, at its bound, keeps the intercept above -1 + 0.006; row 5, at 0,
    # below -1 + 5 * 0.006.
    np.testing.assert_allclose(solution.intercept, -1 + 3 * 0.006)


@pytest.mark.parametrize("off", [0.0, 1e-19, 1e-12])
def test_a_dual_variable_off_its_bound_by_rounding_is_not_free(off):
    """A rounding error must not choose which end of the interval the intercept takes."""
    signs = np.array([[1.0], [1], [-1], [-1]])
    lower, upper = np.minimum(signs * 1e-2, 0), np.maximum(signs * 1e-2, 0)
    beta = np.array([[1e-2 - off], [off], [-off], [off - 1e-2]])
    # Rows 0 and 2, at the upper end of their box, bound it from above, rows 1 and 3 from below.
    margin = np.array([[0.9], [-0.7], [0.6], [-0.8]])
    np.testing.assert_allclose(free_intercept(beta, margin, lower, upper), [(0.6 - 0.7) / 2])


def test_duplicated_people_and_deficient_rank():
    features, _, signs = made_up(15, 4, 5, seed=7)
    features, signs = np.repeat(features, 3, axis=0), np.repeat(signs, 3, axis=0)
    gram = features @ features.T
    solver = PathSolver(gram)
    for C in (0.01, 1.0):
        solution = solver.at(signs, np.full(5, C))
        decision = gram @ solution.beta + solution.intercept
        for column in range(5):
            expected = exact(gram, signs[:, column], C)
            np.testing.assert_allclose(decision[:, column], expected, atol=1e-5)


def test_the_tolerance_is_a_promise():
    _, gram, signs = made_up(40, 60, 5, seed=10)
    for tolerance in (1e-3, 1e-9):
        solver = PathSolver(gram, tolerance=tolerance)
        solution = solver.at(signs, np.full(5, 0.01))
        for column in range(5):
            y = signs[:, column]
            gap = optimality_gap(gram, y, solution.beta[:, column], class_bounds(y, 0.01, True))
            assert gap <= 1.01 * tolerance


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_features_that_say_nothing_give_a_constant(offset):
    """Every row the same: a Gram matrix without information."""
    signs = np.array([[1.0], [1], [-1], [-1], [-1]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        solution = PathSolver(np.full((5, 5), offset)).at(signs, np.array([1.0]))
    decision = np.full((5, 5), offset) @ solution.beta + solution.intercept
    np.testing.assert_allclose(decision, 0, atol=1e-6)


def test_a_path_with_no_labelling_left_goes_on():
    _, gram, signs = made_up(20, 500, 2, seed=11)
    solutions = [
        (solution.beta.copy(), solution.at_bound.copy())
        for solution in each(PathSolver(gram).path(signs, np.array([1.0, 2.0, 4.0])))
    ]
    assert not solutions[0][1].any()
    for beta, _ in solutions[1:]:
        np.testing.assert_array_equal(beta, solutions[0][0])


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
