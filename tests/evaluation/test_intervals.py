"""Intervals against published examples, other implementations, and their coverage."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import binom, norm
from statsmodels.stats.proportion import confint_proportions_2indep

from mri_response.core.proportions import wilson
from mri_response.core.vocabulary import CROSS_VALIDATED
from mri_response.evaluation.bootstrap import (
    MIN_PERMUTATIONS,
    bootstrap_counts,
    naive_bootstrap,
    naive_standard_error,
    null_inflated_intervals,
    null_inflation,
)
from mri_response.evaluation.intervals import (
    auc_interval,
    delong_variance,
    mover_balanced_accuracy,
    newcombe_auc,
)
from mri_response.evaluation.metrics import METRICS, auc, cross_validated
from mri_response.learning.recalls import balanced_accuracy
from mri_response.people.rows import person_weights

Z = norm.ppf(0.975)


def crossvalidation(m=5, repeats=4, n=24, folds=8, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.stack([rng.permutation(np.arange(n) % 2) for _ in range(m)])
    decision = (rng.integers(-4, 5, (m, repeats, n)) + labels[:, None, :]) / 4
    fold = np.stack([rng.permutation(n) % folds for _ in range(repeats)])
    return decision, fold, labels


def literal_delong(labels, decision):
    """DeLong et al. (1988), equations 2 to 7 for one marker, as loops."""
    x, y = decision[labels == 1], decision[labels == 0]
    m, n = len(x), len(y)

    def psi(a, b):
        return 1.0 if b < a else 0.5 if b == a else 0.0

    area = sum(psi(a, b) for a in x for b in y) / (m * n)
    v10 = [sum(psi(a, b) for b in y) / n for a in x]
    v01 = [sum(psi(a, b) for a in x) / m for b in y]
    s10 = sum((v - area) ** 2 for v in v10) / (m - 1)
    s01 = sum((v - area) ** 2 for v in v01) / (n - 1)
    return s10 / m + s01 / n


def literal_obuchowski(labels, decision, person):
    """Obuchowski (1997): clusters with rows in either class or both, as loops."""
    x, y = decision[labels == 1], decision[labels == 0]
    cluster_x, cluster_y = person[labels == 1], person[labels == 0]
    v10 = np.array([np.mean([(b < a) + (b == a) / 2 for b in y]) for a in x])
    v01 = np.array([np.mean([(b < a) + (b == a) / 2 for a in x]) for b in y])
    area = v10.mean()
    everyone = np.unique(person)
    d10 = np.array([(v10[cluster_x == c] - area).sum() for c in everyone])
    d01 = np.array([(v01[cluster_y == c] - area).sum() for c in everyone])
    i10, i01, i = len(set(cluster_x)), len(set(cluster_y)), len(everyone)
    s10 = i10 / (i10 - 1) / len(x) * (d10**2).sum()
    s01 = i01 / (i01 - 1) / len(y) * (d01**2).sum()
    s11 = i / (i - 1) * (d10 * d01).sum()
    return s10 / len(x) + s01 / len(y) + 2 * s11 / (len(x) * len(y))


# ------------------------------------------------------- proportions
@pytest.mark.parametrize(
    ("k_1", "n_1", "k_2", "n_2", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 20, 0.6791, 1.0000),
    ],
)
def test_mover_published(k_1, n_1, k_2, n_2, low, high):
    # Newcombe RG (1998), Statistics in Medicine 17, 873-890, table II, method 10: the difference
    # of two proportions, which is 2 x balanced accuracy - 1 when the second is the false positives.
    found = np.array(mover_balanced_accuracy(k_1, n_1, n_2 - k_2, n_2))
    assert 2 * found - 1 == pytest.approx([low, high], abs=5e-5)


@given(data=st.data(), n_1=st.integers(1, 80), n_0=st.integers(1, 80))
def test_mover_equals_statsmodels(data, n_1, n_0):
    tp, tn = data.draw(st.integers(0, n_1)), data.draw(st.integers(0, n_0))
    low, high = mover_balanced_accuracy(tp, n_1, tn, n_0)
    expected = confint_proportions_2indep(tp, n_1, n_0 - tn, n_0, method="newcomb", compare="diff")
    assert (2 * low - 1, 2 * high - 1) == pytest.approx(np.clip(expected, -1, 1), abs=1e-9)
    assert 0 <= low <= (tp / n_1 + tn / n_0) / 2 <= high <= 1


@pytest.mark.parametrize("sizes", [(13, 13), (26, 25), (15, 34), (5, 44)])
def test_coverage_of_mover(sizes):
    # Exact: every possible pair of counts with its probability, no simulation.
    n_1, n_0 = sizes
    tp, tn = np.meshgrid(np.arange(n_1 + 1), np.arange(n_0 + 1), indexing="ij")
    low, high = mover_balanced_accuracy(tp, n_1, tn, n_0)
    coverage = []
    for sens, spec in itertools.product(np.arange(0.3, 0.91, 0.05), repeat=2):
        truth = (sens + spec) / 2
        probability = binom.pmf(tp, n_1, sens) * binom.pmf(tn, n_0, spec)
        coverage.append(probability[(low <= truth) & (truth <= high)].sum())
    # Counts are a lattice, so that coverage jumps with the truth; on average it is nominal. With
    # 13 + 13 people and both recalls at 0.95, beyond this grid, it dips to 0.88.
    assert 0.94 <= np.mean(coverage) <= 0.96
    assert min(coverage) >= 0.91


# ------------------------------------------------------- AUC
def test_delong_equals_its_definition():
    rng = np.random.default_rng(0)
    for n_1, n_0 in [(2, 2), (13, 13), (5, 44)]:
        labels = rng.permutation(np.repeat([1, 0], [n_1, n_0]))
        decision = rng.integers(-3, 4, n_1 + n_0) + labels
        found = delong_variance(labels, decision, np.ones(n_1 + n_0), np.arange(n_1 + n_0))
        assert found == pytest.approx(literal_delong(labels, decision), rel=1e-12)


def test_clustered_variance_equals_obuchowski():
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(15), 2)
    labels = rng.integers(0, 2, 30)  # crossover: some people have rows in both classes
    decision = rng.normal(size=15)[person] + rng.integers(0, 3, 30) / 2 + labels
    weights, number = person_weights(person)
    found = delong_variance(labels, decision, weights, number)
    assert found == pytest.approx(literal_obuchowski(labels, decision, person), rel=1e-12)


def test_copied_rows_say_nothing_new():
    rng = np.random.default_rng(2)
    labels = np.repeat([1, 0], 12)
    decision = rng.normal(size=24) + labels
    once = delong_variance(labels, decision, np.ones(24), np.arange(24))
    person = np.repeat(np.arange(24), rng.integers(1, 4, 24))
    weights, number = person_weights(person)
    copied = delong_variance(labels[person], decision[person], weights, number)
    assert copied == pytest.approx(once, rel=1e-12)


def test_delong_needs_two_people_in_each_class():
    person = np.array([0, 0, 1, 2])
    labels = np.array([1, 1, 0, 0])
    assert np.isnan(delong_variance(labels, np.arange(4.0), np.full(4, 0.5), person))


def test_logit_interval():
    low, high, method = auc_interval(0.7, 0.01, 20, 20)
    half = Z * 0.1 / (0.7 * 0.3)
    assert (low, high) == pytest.approx((expit(logit(0.7) - half), expit(logit(0.7) + half)))
    assert method == "delong_logit"


@pytest.mark.parametrize(
    ("estimate", "variance"), [(0.0, 0.0), (1.0, 0.0), (0.5, 0.0), (0.7, float("nan"))]
)
def test_where_delong_says_nothing(estimate, variance):
    low, high, method = auc_interval(estimate, variance, 13, 12)
    assert method == "newcombe_auc"
    assert (low, high) == newcombe_auc(estimate, 13, 12)
    assert 0 <= low <= estimate <= high <= 1
    assert high - low > 0.1


@given(estimate=st.floats(0, 1), n_1=st.integers(2, 60), n_0=st.integers(2, 60))
def test_newcombe_limits_solve_their_equation(estimate, n_1, n_0):
    low, high = newcombe_auc(estimate, n_1, n_0)
    assert low <= estimate <= high
    mean_other = (n_1 + n_0) / 2 - 1
    for limit in (low, high):
        if 0 < limit < 1:
            q_1, q_2 = limit / (2 - limit), 2 * limit**2 / (1 + limit)
            # Hanley and McNeil's (1982) variance, both class sizes replaced by their mean.
            hanley_mcneil = (
                limit * (1 - limit) + mean_other * (q_1 - limit**2) + mean_other * (q_2 - limit**2)
            ) / (n_1 * n_0)
            assert abs(estimate - limit) == pytest.approx(Z * np.sqrt(hanley_mcneil), abs=1e-6)
    mirrored = newcombe_auc(1 - estimate, n_1, n_0)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-6)


@pytest.mark.parametrize("sizes", [(13, 13), (26, 25), (15, 34)])
@pytest.mark.parametrize("area", [0.5, 0.65, 0.8])
def test_coverage_of_delong_logit(sizes, area):
    n_draws, n = 2000, sum(sizes)
    rng = np.random.default_rng([sizes[0], int(100 * area)])
    labels = np.repeat([1, 0], sizes)
    decision = rng.normal(size=(n_draws, n)) + labels * norm.ppf(area) * np.sqrt(2)
    weights, person = np.ones(n), np.arange(n)
    covered = 0
    for row in decision:
        variance = delong_variance(labels, row, weights, person)
        low, high, _ = auc_interval(float(auc(labels, row)), variance, *sizes)
        covered += low <= area <= high
    # Within two points of nominal, give or take what 2000 draws leave open (99.9 %).
    assert binom.ppf(0.0005, n_draws, 0.93) <= covered <= binom.ppf(0.9995, n_draws, 0.97)


# ------------------------------------------------------- cross-validated metrics
@pytest.mark.parametrize("aggregation", CROSS_VALIDATED)
@pytest.mark.parametrize("metric", METRICS)
def test_bootstrap_of_everyone_once_is_the_estimate(metric, aggregation):
    decision, fold, labels = crossvalidation(m=1)
    weights = np.random.default_rng(3).choice([1, 0.5], 24)
    estimate = cross_validated(metric, aggregation, decision, fold, labels, weights)[0]
    limits = naive_bootstrap(
        metric, aggregation, decision[0], fold, labels[0], weights, np.ones((3, 24))
    )
    assert limits == pytest.approx((estimate, estimate), abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("aggregation", ["mean_over_repeats", "person"])
def test_bootstrap_equals_resampling_the_rows(metric, aggregation):
    rng = np.random.default_rng(4)
    person = np.repeat(np.arange(16), rng.integers(1, 3, 16))
    labels = (np.arange(16) % 2)[person]
    decision = rng.integers(-4, 5, (1, 4, person.size)) / 4
    weights, person = person_weights(person)
    fold = np.zeros((4, person.size), dtype=int)
    counts = bootstrap_counts(labels, person, 40, rng)
    draws = []
    for count in counts.astype(int):
        rows = np.repeat(np.arange(person.size), count)
        draws.append(
            cross_validated(
                metric,
                aggregation,
                decision[..., rows],
                fold[:, rows],
                labels[None, rows],
                weights[rows],
            )[0]
        )
    found = naive_bootstrap(metric, aggregation, decision[0], fold, labels, weights, counts)
    assert found == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])), abs=1e-12)


def test_bootstrap_draws_whole_people_within_classes():
    person = np.array([0, 0, 1, 2, 3, 4, 4, 5])
    labels = np.array([1, 1, 1, 0, 0, 1, 0, 0])  # person 4 is in both classes
    counts = bootstrap_counts(labels, person, 500, np.random.default_rng(0))
    assert (counts[:, 0] == counts[:, 1]).all()
    assert (counts[:, [0, 2]].sum(axis=1) == 2).all()
    assert (counts[:, [3, 4, 7]].sum(axis=1) == 3).all()
    assert (counts[:, [5, 6]] == 1).all()
    assert counts[:, 2].mean() == pytest.approx(1, abs=4 * np.sqrt(0.5 / 500))


@pytest.mark.parametrize("aggregation", CROSS_VALIDATED)
@pytest.mark.parametrize("metric", METRICS)
def test_standard_error_is_that_of_the_bootstrap(metric, aggregation):
    # Influence of a person = derivative of the estimate in the person's weight: here by
    # differences, through the bootstrap function, which shares no formula with it.
    decision, fold, labels = crossvalidation(m=2)
    person = np.arange(24) // 2 * 2 % 23  # pairs of rows; some pairs in both classes
    weights, person = person_weights(person)
    found = naive_standard_error(metric, aggregation, decision, fold, labels, weights, person)
    step = 1e-5
    for k in range(2):
        influence = []
        for p in np.unique(person):
            value = []
            for change in (step, -step):
                counts = 1 + change * (person == p)[None, :]
                value.append(
                    naive_bootstrap(
                        metric, aggregation, decision[k], fold, labels[k], weights, counts
                    )[0]
                )
            influence.append((value[0] - value[1]) / (2 * step))
        assert found[k] == pytest.approx(np.sqrt(np.sum(np.square(influence))), rel=1e-6)


def test_standard_error_in_closed_form():
    decision, fold, labels = crossvalidation(m=1, repeats=5)
    y, right = labels[0], ((decision[0] > 0) == labels[0]).mean(axis=0)
    variance = {c: right[y == c].var() / (y == c).sum() for c in (0, 1)}
    weights, person = np.ones(24), np.arange(24)
    expected = {
        "balanced_accuracy": np.sqrt(variance[0] + variance[1]) / 2,
        "sensitivity": np.sqrt(variance[1]),
        "specificity": np.sqrt(variance[0]),
    }
    for metric, value in expected.items():
        found = naive_standard_error(
            metric, "mean_over_repeats", decision, fold, labels, weights, person
        )
        assert found[0] == pytest.approx(value)


def test_standard_error_of_one_repeat_is_delongs():
    decision, fold, labels = crossvalidation(m=1, repeats=1)
    weights, person = np.ones(24), np.arange(24)
    found = naive_standard_error(
        "auc", "mean_over_repeats", decision, fold, labels, weights, person
    )
    # DeLong divides by n - 1, the bootstrap by n; both classes have 12 people.
    expected = literal_delong(labels[0], decision[0, 0]) * 11 / 12
    assert found[0] ** 2 == pytest.approx(expected)


def test_inflation_is_one_for_independent_scores():
    # The same decision values under every labelling: no training, nothing shared.
    rng = np.random.default_rng(5)
    n, n_draws = 60, 4000
    labels = np.stack([rng.permutation(np.arange(n) % 2) for _ in range(n_draws)])
    decision = np.broadcast_to(rng.normal(size=(1, 1, n)), (n_draws, 1, n))
    fold = np.zeros((1, n), dtype=int)
    arguments = ("mean_over_repeats", decision, fold, labels, np.ones(n))
    for metric in ("balanced_accuracy", "auc"):
        null = cross_validated(metric, *arguments)
        error = naive_standard_error(metric, *arguments, np.arange(n))
        # n / (n - 1) from sampling without replacement and from the divisor n: about 1.02.
        assert null_inflation(null, error) == pytest.approx(1.02, abs=0.03)


def test_inflation_is_the_ratio_of_spreads_and_never_below_one():
    null = np.random.default_rng(6).normal(0.5, 0.06, 100)
    assert null_inflation(null, np.full(100, 0.04)) == pytest.approx(null.std(ddof=1) / 0.04)
    assert null_inflation(null, np.full(100, 0.2)) == 1.0
    few = MIN_PERMUTATIONS - 1
    assert null_inflation(null[:few], np.full(few, 0.04)) is None


def test_inflated_intervals():
    estimate = {"balanced_accuracy": 0.7, "sensitivity": 0.8, "specificity": 0.6, "auc": 0.75}
    error = {"balanced_accuracy": 0.04, "sensitivity": 0.05, "specificity": 0.06, "auc": 0.05}
    factors = {"balanced_accuracy": 1.2, "auc": 1.4}
    found = null_inflated_intervals(estimate, error, factors, 50, 50)
    for metric, value in estimate.items():
        factor = 1.4 if metric == "auc" else 1.2
        half = Z * factor * error[metric] / (value * (1 - value))
        expected = expit(logit(value) - half), expit(logit(value) + half)
        assert found[metric] == pytest.approx(expected)


def test_inflated_intervals_without_permutations():
    estimate = dict.fromkeys(METRICS, 0.7)
    factors = {"balanced_accuracy": None, "auc": None}
    found = null_inflated_intervals(estimate, dict.fromkeys(METRICS, 0.05), factors, 20, 20)
    assert np.isnan(list(found.values())).all()


def test_inflated_intervals_of_perfect_prediction():
    estimate, error = dict.fromkeys(METRICS, 1.0), dict.fromkeys(METRICS, 0.0)
    factors = {"balanced_accuracy": 1.25, "auc": 1.25}
    found = null_inflated_intervals(estimate, error, factors, 50, 25)
    n_1, n_0 = 50 / 1.25**2, 25 / 1.25**2
    assert found["sensitivity"] == pytest.approx(wilson(n_1, n_1))
    assert found["specificity"] == pytest.approx(wilson(n_0, n_0))
    assert found["balanced_accuracy"] == pytest.approx(mover_balanced_accuracy(n_1, n_1, n_0, n_0))
    assert found["auc"] == pytest.approx(newcombe_auc(1.0, n_1, n_0))


def test_coverage_of_the_inflated_interval():
    # Cross-validated nearest class means on features that say nothing: the truth is 0.5.
    rng = np.random.default_rng(7)
    n, p, repeats, folds, n_permutations, n_trials = 60, 20, 3, 6, 60, 300
    weights, person = np.ones(n), np.arange(n)
    covered = {"naive": 0, "inflated": 0}
    for _ in range(n_trials):
        labels = np.stack([rng.permutation(np.arange(n) % 2) for _ in range(n_permutations + 1)])
        features = rng.normal(size=(n, p))
        fold = np.stack([rng.permutation(n) % folds for _ in range(repeats)])
        decision = np.empty((n_permutations + 1, repeats, n))
        for r in range(repeats):
            for f in range(folds):
                train, test = fold[r] != f, fold[r] == f
                positive = labels[:, train] / labels[:, train].sum(axis=1, keepdims=True)
                negative = (1 - labels[:, train]) / (1 - labels[:, train]).sum(1, keepdims=True)
                direction = (positive - negative) @ features[train]
                middle = (positive + negative) @ features[train] / 2
                scores = direction @ features[test].T
                decision[:, r, test] = scores - (direction * middle).sum(axis=1, keepdims=True)
        arguments = ("balanced_accuracy", "mean_over_repeats", decision, fold, labels, weights)
        value = cross_validated(*arguments)
        error = naive_standard_error(*arguments, person)
        factor = null_inflation(value[1:], error[1:])
        limits = null_inflated_intervals(
            {"balanced_accuracy": value[0]},
            {"balanced_accuracy": error[0]},
            {"balanced_accuracy": factor},
            n // 2,
            n // 2,
        )["balanced_accuracy"]
        covered["inflated"] += limits[0] <= 0.5 <= limits[1]
        covered["naive"] += abs(value[0] - 0.5) <= Z * error[0]
    low, high = binom.ppf([0.0005, 0.9995], n_trials, 0.95)
    assert covered["naive"] < low
    assert low <= covered["inflated"] <= high


def test_balanced_accuracy_of_the_published_external_cohort_is_plausible():
    # n = 51 at 60 % balanced accuracy: an interval that reaches chance, whatever its p-value.
    low, high = mover_balanced_accuracy(16, 26, 15, 25)
    labels = np.repeat([1, 0], [26, 25])
    predicted = np.repeat([1, 0, 0, 1], [16, 10, 15, 10])
    assert low < 0.5 < balanced_accuracy(labels, predicted) < high
