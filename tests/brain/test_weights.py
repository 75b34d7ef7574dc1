"""Weights, patterns and their tests against scikit-learn, brute force and statsmodels."""

from types import SimpleNamespace

import numpy as np
import oracle
import pandas as pd
import pytest
from made_up_people import made_up
from statsmodels.stats.multitest import multipletests

from mri_response.brain.weights import map_values, pattern_test, weight_evidence
from mri_response.core.vocabulary import VOXEL_MAPS
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.learning.splits import Scheme, draw_folds

SEED, N_PERMUTATIONS, FIRST_BLOCK = 4, 39, 24
BLOCKS = [range(1), range(1, 1 + FIRST_BLOCK), range(1 + FIRST_BLOCK, 1 + N_PERMUTATIONS)]


class Run:
    """Refit and outer models of observed and permuted labels, by the engine and scikit-learn."""

    def __init__(self, options: SvcOptions, p: int = 12, brute: bool = True) -> None:
        self.people, self.features, self.confounds = made_up(p=p)
        self.features[:, 3] = 7.0
        self.features[:, 5] *= 100
        self.options = options
        labels = self.people["label"].to_numpy()
        self.folds = draw_folds(self.people["participant_id"], labels, Scheme(2, 3, 1, 2), SEED)
        self.exchangeability = Exchangeability(self.people)
        self.members = np.zeros((p, 2), dtype=bool)
        self.members[[0, 1, 3], 0] = self.members[5, 1] = True
        self.refits = [
            self._job(self.folds[-1:], BLOCKS[:2]),
            self._job(self.folds[-1:], BLOCKS[2:]),
        ]
        self.jobs = [self._job(part, BLOCKS) for part in (self.folds[:4], self.folds[4:-1])]
        self.evidence = weight_evidence(
            self.features,
            self.confounds,
            self.refits,
            self.jobs,
            self.members,
            standardize=options.standardize,
        )
        if brute:
            every = self.exchangeability.labellings(SEED, range(1 + N_PERMUTATIONS)).T
            models = [self._refitted(row) for row in every]
            self.weight = models[0][0]
            self.pattern = np.array([pattern for _, pattern in models])
            # Outer models x labellings x features: the observed one and the first block.
            kept = every[: 1 + FIRST_BLOCK]
            self.outer = np.array([[self._outer(f, row) for row in kept] for f in self.folds[:-1]])

    def _job(self, folds, blocks):
        grams = fold_grams(self.features, self.confounds, folds, self.options)
        weights = np.ones(len(self.people))
        return cross_validate(
            Sample(None, None, weights),
            FixedFolds(folds),
            Design(self.exchangeability, SEED),
            blocks,
            self.options,
            grams,
        )

    def _fitted(self, fold, labels):
        """Model of scikit-learn, C chosen on the inner folds, and the features as it sees them."""
        data = np.hstack([self.confounds, self.features])
        train, *inner = (np.flatnonzero(rows) for rows in fold.sets.train)
        tests = [np.flatnonzero(rows) for rows in fold.sets.test[1:]]
        options = self.options
        model = oracle.pipeline(2, standardize=options.standardize, pca=options.pca)
        model = oracle.nested(
            model, data, labels, train, list(zip(inner, tests, strict=True)), list(options.C)
        ).model
        weight = model[-1].coef_
        if options.pca is not None:
            weight = weight @ model["pca"].components_
        norm = np.linalg.norm(weight)
        return weight / norm, model[: 1 + options.standardize].transform(data[train])

    def _refitted(self, labels):
        weight, ready = self._fitted(self.folds[-1], labels)
        pattern = np.cov(ready.T) @ weight
        return weight, pattern / np.linalg.norm(pattern)

    def _outer(self, fold, labels):
        return self._fitted(fold, labels)[0]


OPTIONS = [
    SvcOptions((2.0**-6, 2.0**-4)),
    SvcOptions((2.0**-12, 2.0**-10), standardize=False),
    SvcOptions((2.0**-6, 2.0**-4), pca=4),
]


@pytest.fixture(scope="module", params=OPTIONS, ids=["standardised", "as it is", "components"])
def run(request) -> Run:
    return Run(request.param)


# ------------------------------------------------------------ maps
def test_weights_are_those_of_scikit_learn(run):
    table = run.evidence.features
    np.testing.assert_allclose(table["weight"], run.weight, atol=1e-6)
    np.testing.assert_allclose(table["weight_mean"], run.outer[:, 0].mean(axis=0), atol=1e-6)


def test_the_pattern_is_the_covariance_matrix_times_the_weights(run):
    haufe = run.evidence.features["haufe"]
    np.testing.assert_allclose(haufe, run.pattern[0], atol=1e-6)
    assert np.linalg.norm(haufe) == pytest.approx(1, abs=1e-9)


def test_the_ratio_is_the_mean_over_its_standard_error(run):
    outer = np.delete(run.outer[:, 0], 3, axis=1)
    expected = pd.DataFrame(outer).mean() / pd.DataFrame(outer).sem()
    actual = run.evidence.features["cvr"].drop(3)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_signs_are_compared_with_those_under_permuted_labels(run):
    signs = np.sign(np.where(np.abs(run.outer) > 1e-9, run.outer, 0)).mean(axis=0)
    table = run.evidence.features
    np.testing.assert_allclose(table["sign_consistency"], signs[0], atol=1e-9)
    np.testing.assert_allclose(
        table["sign_consistency_null"], np.abs(signs[1:]).mean(axis=0), atol=0.02
    )
    p = (1 + (np.abs(signs[1:]) >= np.abs(signs[0]) - 1e-9).sum(axis=0)) / (1 + FIRST_BLOCK)
    np.testing.assert_allclose(table["sign_consistency_p"], p, atol=1.01 / (1 + FIRST_BLOCK))


def test_a_constant_feature_has_no_weight_and_is_not_significant(run):
    row = run.evidence.features.loc[3]
    assert not row[["weight", "haufe", "weight_mean", "cvr", "sign_consistency"]].any()
    assert (row[["p_value", "p_fdr", "p_max", "sign_consistency_p"]] == 1).all()
    assert np.isfinite(run.evidence.features.to_numpy()).all()


# ------------------------------------------------------------ permutation tests
def test_p_of_each_region_by_brute_force(run):
    size = np.abs(run.pattern)
    p = (1 + (size[1:] >= size[0]).sum(axis=0)) / (1 + N_PERMUTATIONS)
    np.testing.assert_allclose(run.evidence.features["p_value"], p, atol=1e-12)
    assert len(set(p)) > 3


def test_the_range_of_chance_of_each_region_by_brute_force(run):
    """Sorted by hand, with the line between neighbours that Hyndman and Fan call type 7."""
    ordered = np.sort(run.pattern[1:], axis=0)
    for column, share in (("null_low", 0.025), ("null_high", 0.975)):
        place = share * (N_PERMUTATIONS - 1)
        below, part = int(place), place % 1
        expected = (1 - part) * ordered[below] + part * ordered[below + 1]
        np.testing.assert_allclose(run.evidence.features[column], expected, atol=1e-6)
    assert (run.evidence.features["null_low"] < 0).sum() == 11  # all but the constant one
    assert (run.evidence.features["null_high"] > 0).sum() == 11


def test_p_of_the_maximum_by_brute_force(run):
    scaled = np.abs(
        np.delete(run.pattern, 3, axis=1) / np.delete(run.pattern, 3, axis=1).std(axis=0)
    )
    highest = scaled.max(axis=1)
    p = [(1 + (highest[1:] >= value).sum()) / (1 + N_PERMUTATIONS) for value in scaled[0]]
    np.testing.assert_allclose(run.evidence.features["p_max"].drop(3), p, atol=1e-12)


def test_the_false_discovery_rate_is_that_of_statsmodels(run):
    table = run.evidence.features
    expected = multipletests(table["p_value"], method="fdr_bh")[1]
    np.testing.assert_allclose(table["p_fdr"], expected, rtol=1e-12)


def test_sets_are_tested_as_a_whole(run):
    sets, null = run.evidence.sets, run.pattern[:, [0, 1, 3]].mean(axis=1)
    row = sets.loc[0]
    assert row["haufe"] == pytest.approx(null[0], abs=1e-6)
    assert row["weight"] == pytest.approx(run.weight[[0, 1, 3]].mean(), abs=1e-6)
    assert row["weight_mean"] == pytest.approx(run.outer[:, 0][:, [0, 1, 3]].mean(), abs=1e-6)
    p = (1 + (np.abs(null[1:]) >= np.abs(null[0])).sum()) / (1 + N_PERMUTATIONS)
    assert row["p_value"] == pytest.approx(p)
    low, high = np.percentile(null[1:], [2.5, 97.5])
    assert row[["null_low", "null_high"]].tolist() == pytest.approx([low, high], abs=1e-6)
    assert row["null_sd"] == pytest.approx(np.std(null[1:]), abs=1e-6)
    assert row["n_permutations"] == N_PERMUTATIONS
    signs = np.sign(run.outer[:, :, [0, 1, 3]].mean(axis=2)).mean(axis=0)
    assert row["sign_consistency"] == pytest.approx(signs[0])
    assert row["sign_consistency_null"] == pytest.approx(np.abs(signs[1:]).mean(), abs=0.02)
    # A set of one region says what the region says.
    same = ["haufe", "weight", "weight_mean", "sign_consistency", "sign_consistency_p", "p_value"]
    same += ["null_low", "null_high"]
    assert sets.loc[1, same].tolist() == pytest.approx(run.evidence.features.loc[5, same].tolist())
    expected = multipletests(sets["p_value"], method="fdr_bh")[1]
    np.testing.assert_allclose(sets["p_fdr"], expected, rtol=1e-12)


def test_neither_the_batches_nor_the_order_of_jobs_matter(run):
    whole = [run._job(run.folds[-1:], BLOCKS)]
    again = weight_evidence(
        run.features,
        run.confounds,
        whole,
        [run._job(run.folds[:-1], BLOCKS)],
        run.members,
        standardize=run.options.standardize,
    )
    pd.testing.assert_frame_equal(again.features, run.evidence.features, check_exact=True)
    pd.testing.assert_frame_equal(again.sets, run.evidence.sets, check_exact=True)


def test_without_permutations_there_is_no_p():
    run = Run(OPTIONS[0], brute=False)
    refit = run._job(run.folds[-1:], BLOCKS[:1])
    jobs = [run._job(run.folds[:-1], BLOCKS[:1])]
    evidence = weight_evidence(run.features, run.confounds, [refit], jobs, run.members)
    table = evidence.features
    assert table[["weight", "haufe", "cvr", "sign_consistency"]].notna().all(axis=None)
    missing = ["p_value", "p_fdr", "p_max", "null_low", "null_high", "sign_consistency_null"]
    assert table[missing].isna().all(axis=None)
    assert evidence.sets[["p_value", "null_low", "sign_consistency_p"]].isna().all(axis=None)
    pd.testing.assert_series_equal(table["haufe"], run.evidence.features["haufe"])


def test_no_sets_at_all():
    run = Run(OPTIONS[0], brute=False)
    none = np.zeros((12, 0), dtype=bool)
    evidence = weight_evidence(run.features, run.confounds, run.refits, run.jobs, none)
    assert evidence.sets.empty
    pd.testing.assert_frame_equal(evidence.features, run.evidence.features)


def test_more_features_than_a_chunk():
    """As of voxels, in single precision too."""
    run = Run(OPTIONS[0], p=2100, brute=False)
    weight, pattern = run._refitted(run.people["label"].to_numpy())
    for features in (run.features, run.features.astype(np.float32)):
        evidence = weight_evidence(features, run.confounds, run.refits, run.jobs, run.members)
        table = evidence.features
        np.testing.assert_allclose(table["weight"], weight, atol=1e-6)
        np.testing.assert_allclose(table["haufe"], pattern, atol=1e-6)
        assert table["p_max"].min() >= table["p_value"].min()
        assert evidence.sets.loc[0, "haufe"] == pytest.approx(pattern[[0, 1, 3]].mean(), abs=1e-6)


def test_positive_weights_mean_the_positive_class():
    """Every feature of the made-up data is larger in the positive class."""
    table = Run(OPTIONS[0], brute=False).evidence.features
    for name in ("weight", "haufe", "weight_mean", "cvr", "sign_consistency"):
        assert table[name].sum() > 0


def test_the_test_holds_its_level_and_finds_what_is_there():
    """Pure noise: the smallest p of the maximum is uniform; a planted feature is found."""
    rng = np.random.default_rng(1)
    n, p, trials, M = 40, 60, 100, 199
    sets = training_sets(np.empty((n, 0)), np.ones((1, n), dtype=bool))
    none = np.zeros((p, 0), dtype=bool)
    found = SimpleNamespace(noise=0, planted=0)
    for _ in range(trials):
        label = rng.permutation(np.repeat([-1.0, 1.0], n // 2))
        every = np.array([label, *(rng.permutation(label) for _ in range(M))])
        for kind, shift in (("noise", 0.0), ("planted", 1.5)):
            features = rng.normal(size=(n, p))
            features[:, 2] += shift * label
            # A nearest-mean classifier on standardised features.
            ready = (features - features.mean(axis=0)) / features.std(axis=0)
            fitted = every @ ready @ ready.T
            test = pattern_test(features, sets, fitted, none)
            hit = test.p_max.min() if kind == "noise" else test.p_max[2]
            setattr(found, kind, getattr(found, kind) + (hit <= 0.05))
    assert found.noise <= 0.05 * trials + 3 * np.sqrt(0.05 * 0.95 * trials)
    assert found.planted > 0.7 * trials


def test_maps_are_those_that_the_rule_promises():
    table = Run(OPTIONS[0], brute=False).evidence.features
    values = map_values(table)
    assert set(values) == set(VOXEL_MAPS)
    np.testing.assert_allclose(10 ** -values["neglog10_p_max"], table["p_max"])
    np.testing.assert_array_equal(values["null_low"], table["null_low"])
