"""The Gram matrices against explicit regression, z-scores and dot products."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from mri_response.learning.design import StackedRows
from mri_response.learning.feature_weights import weight_chunks
from mri_response.learning.gram import gram_matrices
from mri_response.learning.preparation.components import (
    principal_component_gram,
    principal_components,
)
from mri_response.learning.preparation.residuals import CHUNK
from mri_response.learning.preparation.training_sets import fit_confounds, training_sets

PROPERTY = settings(derandomize=True, deadline=None, max_examples=150)


def residuals(
    features: np.ndarray, confounds: np.ndarray, train: np.ndarray, standardize: bool = True
) -> np.ndarray:
    """Explicit residuals of all rows, z-scored by the training rows; constant features are 0."""
    features = features.astype(np.float64)
    filled = np.where(np.isnan(confounds), 0.0, confounds)
    if confounds.shape[1]:
        mean = np.nanmean(confounds[train], axis=0)
        filled = np.where(np.isnan(confounds), 0.0, confounds - mean)
        spread = filled[train].std(axis=0)
        filled = np.where(spread > 1e-9 * np.abs(mean), filled, 0.0) / np.maximum(spread, 1e-300)
        filled = np.where(spread > 1e-9 * np.abs(mean), filled, 0.0)
    design = np.column_stack([np.ones(len(features)), filled])
    centred = features - features[train].mean(axis=0)
    slopes = np.linalg.lstsq(design[train], centred[train], rcond=1e-9)[0]
    residual = centred - design @ slopes
    size = np.sqrt(np.mean(features[train] ** 2, axis=0))
    sd = residual[train].std(axis=0)
    constant = sd <= 1e-12 * size
    residual[:, constant] = 0.0
    return residual / np.where(constant, 1.0, sd) if standardize else residual


def scaled(columns: np.ndarray) -> np.ndarray:
    centred = columns - np.nanmean(columns, axis=0)
    return centred / np.maximum(np.nanstd(columns, axis=0), 1e-3)


FEATURES = {
    "plain": lambda rng, n, left_out, confounds: rng.normal(size=n),
    "constant": lambda rng, n, left_out, confounds: np.full(n, rng.normal() * 100),
    "zero": lambda rng, n, left_out, confounds: np.zeros(n),
    "constant but for one person": lambda rng, n, left_out, confounds: np.where(
        np.arange(n) == left_out, 7.3, 0.1
    ),
    "far away": lambda rng, n, left_out, confounds: 1e6 + rng.normal(size=n),
    "tiny": lambda rng, n, left_out, confounds: 1e-6 * (5 + rng.normal(size=n)),
    "huge": lambda rng, n, left_out, confounds: 1e8 * (5 + rng.normal(size=n)),
    "outlier": lambda rng, n, left_out, confounds: (
        rng.normal(size=n) + 1000.0 * (np.arange(n) == left_out)
    ),
    "confounded": lambda rng, n, left_out, confounds: (
        rng.normal(size=n) + 3 * np.nansum(scaled(confounds), axis=1)
    ),
    "two values": lambda rng, n, left_out, confounds: rng.integers(0, 2, n).astype(float),
}
CONFOUNDS = {
    "plain": lambda rng, n: rng.normal(size=n),
    "age": lambda rng, n: rng.uniform(18, 80, n),
    "volume": lambda rng, n: 1.5e6 + 1.5e5 * rng.normal(size=n),
    "sex": lambda rng, n: rng.integers(0, 2, n).astype(float),
    "constant": lambda rng, n: np.full(n, 3.0),
    "rare scanner": lambda rng, n: (np.arange(n) < 2).astype(float),
    "missing": lambda rng, n: np.where(rng.random(n) < 0.2, np.nan, 10 + rng.normal(size=n)),
}


class Problem:
    """A random problem with features and confounds of every kind."""

    def __init__(self, seed, n, p, dtype, feature_kinds, confound_kinds, collinear, duplicates):
        rng = np.random.default_rng(seed)
        columns = [CONFOUNDS[kind](rng, n) for kind in confound_kinds]
        confounds = np.column_stack(columns) if columns else np.empty((n, 0))
        if collinear and columns:
            confounds = np.column_stack([confounds, 2 * confounds[:, 0] - 1])
        self.train = np.ones((4, n), dtype=bool)
        for index, rows in enumerate(self.train):
            rows[rng.choice(n, n // 4, replace=False)] = False
            rows[index] = False
        left_out = 0  # out of the first training set
        chosen = rng.choice(feature_kinds, p)
        features = np.column_stack([FEATURES[kind](rng, n, left_out, confounds) for kind in chosen])
        if duplicates:
            features[n // 2 :] = features[: n - n // 2]
            confounds[n // 2 :] = confounds[: n - n // 2]
        self.features, self.confounds = features.astype(dtype), confounds

    @property
    def usable(self) -> bool:
        known = ~np.isnan(self.confounds)
        return all(known[rows].any(axis=0).all() for rows in self.train)


problems = st.builds(
    Problem,
    seed=st.integers(0, 2**31),
    n=st.integers(14, 40),
    p=st.sampled_from([1, 3, 10, 60, 200]),
    dtype=st.sampled_from([np.float32, np.float64]),
    feature_kinds=st.lists(st.sampled_from(sorted(FEATURES)), min_size=1, max_size=4),
    confound_kinds=st.lists(st.sampled_from(sorted(CONFOUNDS)), max_size=3, unique=True),
    collinear=st.booleans(),
    duplicates=st.booleans(),
).filter(lambda problem: problem.usable)


def relative_error(gram: np.ndarray, rows: np.ndarray) -> float:
    """Largest difference of the dot products, in units of the lengths of the two rows."""
    expected = rows @ rows.T
    length = np.sqrt(np.maximum(np.diag(expected), np.mean(np.diag(expected))))
    difference = np.abs(gram - expected)
    if not length.any():
        return float(difference.max())
    return float((difference / np.outer(length, length)).max())


@PROPERTY
@given(problems)
def test_the_gram_matrix_is_regression_z_score_and_dot_product(problem):
    sets = training_sets(problem.confounds, problem.train)
    gram = gram_matrices(problem.features, sets)
    for matrix, train in zip(gram, problem.train, strict=True):
        rows = residuals(problem.features, problem.confounds, train)
        assert relative_error(matrix, rows) < 1e-6


@PROPERTY
@given(problems)
def test_without_z_score_as_well(problem):
    sets = training_sets(problem.confounds, problem.train)
    gram = gram_matrices(problem.features, sets, standardize=False)
    for matrix, train in zip(gram, problem.train, strict=True):
        rows = residuals(problem.features, problem.confounds, train, standardize=False)
        assert relative_error(matrix, rows) < 1e-6


@PROPERTY
@given(problems, st.booleans())
def test_weights_are_the_derivative_of_the_decision_value(problem, standardize):
    """From dual variables to weights: per SD on residuals, per unit on raw features."""
    problem.features = problem.features.astype(np.float64)
    beta = np.where(problem.train, np.random.default_rng(1).normal(size=problem.train.shape), 0.0)
    sets = training_sets(problem.confounds, problem.train)
    chunks = list(weight_chunks(problem.features, sets, beta, standardize=standardize))
    per_sd = np.hstack([chunk.per_sd for chunk in chunks])
    per_unit = np.hstack([chunk.per_unit for chunk in chunks])
    for index, train in enumerate(problem.train):
        rows = residuals(problem.features, problem.confounds, train, standardize)
        weight = rows.T @ beta[index]
        np.testing.assert_allclose(per_sd[index], weight, rtol=1e-6, atol=1e-8 * np.ptp(weight))
        raw = residuals(problem.features, problem.confounds, train, standardize=False)
        decision = rows @ weight
        np.testing.assert_allclose(
            raw @ per_unit[index], decision, rtol=1e-6, atol=1e-7 * np.abs(decision).max()
        )


def made_up(n: int = 30, p: int = 50, dtype: type = np.float64, seed: int = 0):
    rng = np.random.default_rng(seed)
    confounds = rng.normal([40, 1500], size=(n, 2))
    features = rng.normal(size=(n, p)) + (confounds - [40, 1500]) @ rng.normal(size=(2, p)) + 3
    train = rng.random((12, n)) < 0.8
    return features.astype(dtype), confounds, train


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_groups_have_the_same_bytes_whatever_else_is_computed(dtype):
    features, confounds, train = made_up(dtype=dtype, p=2 * CHUNK + 5)
    # A confound that the last group does not span, a feature that needs float64 in the second.
    confounds[:, 1] = 0
    confounds[:3, 1] = 1
    train[:9, :3] = True
    train[9:, :3] = False
    features[~train[3], 7] += 100
    whole = gram_matrices(features, training_sets(confounds, train), together=3)
    for size in (3, 6, 9):
        for start in range(0, 12, size):
            part = slice(start, start + size)
            sets = training_sets(confounds, train[part])
            np.testing.assert_array_equal(
                gram_matrices(features, sets, together=3), whole[part], strict=True
            )
    for matrix, rows in zip(whole, train, strict=True):
        assert relative_error(matrix, residuals(features, confounds, rows)) < 1e-6


def test_sets_come_in_whole_groups():
    features, confounds, train = made_up()
    with pytest.raises(ValueError, match="12 training sets do not come in groups of 5"):
        gram_matrices(features, training_sets(confounds, train), together=5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_features_are_read_in_chunks_from_a_file_or_from_several_cohorts(tmp_path, dtype):
    features, confounds, train = made_up(p=CHUNK + 10, dtype=dtype)
    sets = training_sets(confounds, train)
    expected = gram_matrices(features, sets)
    np.save(tmp_path / "features.npy", features)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    np.testing.assert_array_equal(gram_matrices(mapped, sets), expected)
    stacked = StackedRows(mapped[:20], mapped[20:])
    np.testing.assert_array_equal(gram_matrices(stacked, sets), expected)
    for matrix, rows in zip(expected, train, strict=True):
        assert relative_error(matrix, residuals(features, confounds, rows)) < 1e-6


def test_float32_is_safe_under_strong_confounding():
    """Of 5,000 voxels 90 % of the variance is head size, far from zero."""
    rng = np.random.default_rng(2)
    confounds = 1.5e6 + 1.5e5 * rng.normal(size=(60, 1))
    size = (confounds - 1.5e6) / 1.5e5
    features = (8 + rng.normal(size=(60, 5000)) + 3 * size).astype(np.float32)
    train = rng.random((3, 60)) < 0.9
    for missing in (False, True):
        known = confounds.copy()
        if missing:
            known[5] = np.nan
        for matrix, rows in zip(
            gram_matrices(features, training_sets(known, train)), train, strict=True
        ):
            assert relative_error(matrix, residuals(features, known, rows)) < 1e-6


def test_what_lies_outside_the_training_set_does_not_change_it():
    features, confounds, train = made_up()
    sets = training_sets(confounds, train[:1])
    inside = np.ix_(train[0], train[0])
    expected = gram_matrices(features, sets)[0][inside]
    changed, confounds = features.copy(), confounds.copy()
    changed[~train[0]] = 1000 * np.random.default_rng(1).normal(size=changed[~train[0]].shape)
    confounds[~train[0]] *= 3
    actual = gram_matrices(changed, training_sets(confounds, train[:1]))[0][inside]
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-9 * expected.max())


def test_all_features_constant_give_a_zero_matrix():
    features = np.full((20, 4), 3.7)
    train = np.random.default_rng(0).random((2, 20)) < 0.8
    assert not gram_matrices(features, training_sets(np.empty((20, 0)), train)).any()


@pytest.mark.parametrize("n_components", [1, 5, 20, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("p", [15, 200])
def test_principal_components_are_those_of_scikit_learn(n_components, p):
    features, confounds, train = made_up(n=40, p=p)
    rows = train[0]
    scaled = residuals(features, confounds, rows)
    gram = gram_matrices(features, training_sets(confounds, rows[None]))[0]
    wanted = n_components if isinstance(n_components, float) else min(n_components, p, rows.sum())
    pca = PCA(wanted, svd_solver="full").fit(scaled[rows])
    scores = pca.transform(scaled)
    reduced = principal_component_gram(gram, rows, n_components)
    np.testing.assert_allclose(reduced, scores @ scores.T, atol=1e-9 * np.diag(gram).max())
    values, vectors = principal_components(gram, rows, n_components)
    rank = min(pca.n_components_, rows.sum() - 3)  # three are lost to intercept and confounds
    assert len(values) == vectors.shape[1] == rank
    np.testing.assert_allclose(values, pca.explained_variance_[:rank] * (rows.sum() - 1), rtol=1e-9)


def test_principal_components_of_nothing():
    train = np.ones(6, dtype=bool)
    assert not principal_component_gram(np.zeros((6, 6)), train, 3).any()
    assert not principal_component_gram(np.zeros((6, 6)), train, 0.9).any()


def test_confounds_are_filled_and_scaled_by_the_training_rows():
    confounds = np.array([[1.0, 5], [3, 5], [np.nan, 5], [100, 9]])
    centred, mean, scale = fit_confounds(confounds, np.array([True, True, True, False]))
    np.testing.assert_allclose(mean, [2, 5])
    np.testing.assert_allclose(scale, [np.sqrt(2 / 3), 1])
    np.testing.assert_allclose(centred[:, 0], np.array([-1, 1, 0, 98]) / np.sqrt(2 / 3))
    assert not centred[:, 1].any()


def test_a_confound_missing_for_a_whole_training_set_is_a_bug_of_the_caller():
    confounds = np.array([[np.nan], [np.nan], [1.0]])
    with pytest.raises(ValueError, match="missing for every person"):
        training_sets(confounds, np.array([[True, True, False]]))
