"""Paired comparisons of models: against statsmodels, scikit-learn and formulas written out."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import norm, ttest_1samp
from scipy.stats import t as student
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.comparisons import COLUMNS, comparison_table
from mri_response.evaluation.paired import (
    corrected_resampled_t,
    delong_difference,
    exchanged_within_people,
    holm,
    paired_proportions,
)
from mri_response.people.rows import person_weights

SEED = 3
ROLES = {"home": "discovery", "away": "external", "far": "external", "saline": "control"}


# ---------------------------------------------------------------- statistics
def test_corrected_resampled_t_is_the_formula_of_nadeau_and_bengio():
    d = np.array([0.1, -0.05, 0.2, 0.15, np.nan, 0.0, 0.05, 0.1, 0.3, -0.1, 0.12])
    found = corrected_resampled_t(d, 1 / 9)
    known = d[~np.isnan(d)]
    n = len(known)
    # The usual t-test, its standard error inflated by sqrt(1 + n * test / train).
    usual = ttest_1samp(known, 0)
    inflation = np.sqrt(1 + n / 9)
    low, high = usual.confidence_interval(0.95)
    assert found.estimate == pytest.approx(known.mean())
    assert found.ci_high - found.ci_low == pytest.approx((high - low) * inflation)
    t = usual.statistic / inflation
    assert found.p_value == pytest.approx(2 * student.sf(abs(t), n - 1))
    assert found.p_value > usual.pvalue


def test_folds_that_never_differ_have_p_1_and_one_fold_has_none():
    assert corrected_resampled_t(np.zeros(10), 0.1).p_value == 1
    assert np.isnan(corrected_resampled_t(np.array([0.2]), 0.1).p_value)
    assert np.isnan(corrected_resampled_t(np.full(3, np.nan), 0.1).estimate)


def independent(labels, stratum=None):
    """People with one row each."""
    n = len(labels)
    return Cohort(labels, np.ones(n), np.arange(n), stratum=stratum)


def two_markers(n=(23, 31), seed=0, digits=1):
    """Labels and two correlated markers with ties."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([1, 0], n)
    shared = rng.normal(size=len(labels)) + labels
    return labels, *(np.round(shared + rng.normal(size=len(labels)), digits) for _ in range(2))


def test_delong_is_the_covariance_of_the_u_statistics():
    labels, a, b = two_markers()
    found = delong_difference(independent(labels), a, b)
    area, v10, v01 = [], [], []
    for marker in (a, b):
        x, y = marker[labels == 1], marker[labels == 0]
        psi = (x[:, None] > y) + 0.5 * (x[:, None] == y)
        area.append(roc_auc_score(labels, marker))
        v10.append(psi.mean(axis=1))
        v01.append(psi.mean(axis=0))
    covariance = np.cov(v10) / len(v10[0]) + np.cov(v01) / len(v01[0])
    contrast = np.array([1, -1])
    se = np.sqrt(contrast @ covariance @ contrast)
    assert found.estimate == pytest.approx(area[0] - area[1])
    assert found.p_value == pytest.approx(2 * norm.sf(abs(found.estimate) / se))
    assert found.ci_low == pytest.approx(found.estimate - norm.ppf(0.975) * se)


def test_people_twice_in_the_table_change_nothing():
    labels, a, b = two_markers()
    once = delong_difference(independent(labels), a, b)
    weights, person = person_weights(np.tile(np.arange(len(labels)), 2))
    labels, a, b = (np.tile(x, 2) for x in (labels, a, b))
    twice = delong_difference(Cohort(labels, weights, person), a, b)
    np.testing.assert_allclose(once[:4], twice[:4])


def test_the_same_model_twice_does_not_differ():
    labels, a, _ = two_markers()
    same = delong_difference(independent(labels), a, a)
    assert same[0] == 0
    assert same.p_value == 1
    assert np.isnan(same.ci_low)


@pytest.mark.parametrize(
    ("better", "worse", "n"), [(9, 3, 51), (0, 0, 20), (1, 0, 14), (12, 5, 30), (20, 0, 20)]
)
def test_tango_limits_are_where_the_score_test_just_rejects(better, worse, n):
    """The score statistic by numerical maximum likelihood under a given difference."""

    def statistic(delta):
        def minus_log_likelihood(q):  # q is the share of `worse`
            p = q + delta
            rest = max(1 - p - q, 0)
            return -(xlogy(better, p) + xlogy(worse, q) + xlogy(n - better - worse, rest))

        lowest, highest = max(0, -delta), (1 - delta) / 2
        best = minimize_scalar(
            minus_log_likelihood, bounds=(lowest, highest), options={"xatol": 1e-13}
        )
        q = best.x
        return (better - worse - n * delta) / np.sqrt(n * (2 * q + delta - delta**2))

    low, high = paired_proportions(better, worse, n)
    assert low <= (better - worse) / n <= high
    for limit, z in ((low, norm.ppf(0.975)), (high, norm.ppf(0.025))):
        if abs(limit) < 1:
            assert statistic(limit) == pytest.approx(z, abs=2e-3)


def test_tango_covers():
    rng = np.random.default_rng(1)
    truth, covered = 0.15 - 0.05, []
    for better, worse, _ in rng.multinomial(40, [0.15, 0.05, 0.8], 2000):
        low, high = paired_proportions(better, worse, 40)
        covered.append(low <= truth <= high)
    assert 0.93 < np.mean(covered) < 0.975


def test_exchanges_within_people_approach_all_of_them():
    rng = np.random.default_rng(5)
    labels = np.repeat([1, 0], [6, 5])
    right = rng.random((2, 11)) < np.array([[0.9], [0.4]])
    found = exchanged_within_people(independent(labels), right, np.random.default_rng(0))
    gain = right[0].astype(float) - right[1]

    def difference(signs):
        g = gain * signs
        return (g[labels == 1].mean() + g[labels == 0].mean()) / 2

    everything = [difference(np.array(s)) for s in itertools.product([1, -1], repeat=11)]
    exact = np.mean(np.abs(everything) >= abs(difference(np.ones(11))) - 1e-9)
    assert found.p_value == pytest.approx(exact, abs=0.015)
    assert found.estimate == pytest.approx(
        balanced_accuracy_score(labels, np.where(right[0], labels, 1 - labels))
        - balanced_accuracy_score(labels, np.where(right[1], labels, 1 - labels))
    )
    assert found.ci_low <= found.estimate <= found.ci_high
    assert found.n_permutations == 10_000


def test_holm_is_that_of_statsmodels():
    p = np.array([0.04, 0.01, 0.03, 0.005, 0.6, 0.01])
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])
    with_gap = holm(np.array([0.04, np.nan, 0.01]))
    np.testing.assert_allclose(with_gap, [0.04, np.nan, 0.02])


# ---------------------------------------------------------------- the table
def made_up(seed, signal, n=60, repeats=3, n_folds=5):
    """Predictions of a model in a discovery, two external and a control cohort."""
    labels = np.random.default_rng(0).permutation(np.tile([0, 1], n // 2))
    fold = [np.random.default_rng(i).permutation(np.arange(n) % n_folds) for i in range(repeats)]
    rng = np.random.default_rng(seed)
    parts = []
    for repeat in range(repeats):
        parts.append(
            pd.DataFrame(
                {
                    "cohort": "home",
                    "participant_id": [f"sub-{i:02}" for i in range(n)],
                    "repeat": repeat + 1,
                    "outer_fold": fold[repeat] + 1,
                    "label": labels,
                    "decision": signal * (2 * labels - 1) + rng.normal(size=n),
                }
            )
        )
    for cohort, size in (("away", 30), ("far", 8), ("saline", 30)):
        own = np.tile([0, 1], size // 2)
        parts.append(
            pd.DataFrame(
                {
                    "cohort": cohort,
                    "participant_id": [f"sub-{i:02}" for i in range(size)],
                    "label": own,
                    "decision": signal * (2 * own - 1) + rng.normal(size=size),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


MODELS = {"good": made_up(1, 1.0), "poor": made_up(2, 0.1), "chance": made_up(3, 0.0)}
PAIRS = [("good", "poor"), ("good", "chance"), ("poor", "chance")]


def table(models=MODELS, pairs=PAIRS, **changed):
    options = {"seed": SEED, "min_class_size": 5} | changed
    return comparison_table(models, pairs, ROLES, **options)


def test_columns_cohorts_and_methods():
    found = table()
    assert list(found) == COLUMNS
    assert set(found["cohort_a"]) == {"home", "away", "far", "external_pooled"}
    assert (found["cohort_a"] == found["cohort_b"]).all()
    at_home = found[found["cohort_a"] == "home"]
    assert set(at_home["method"]) == {"corrected_resampled_t"}
    assert set(at_home["aggregation"]) == {"mean_over_repeats"}
    away = found[found["cohort_a"] == "away"]
    assert set(away["method"]) == {"exchanged_within_people", "mcnemar_exact", "delong"}
    assert set(away["aggregation"]) == {"frozen_model"}
    # Four people a class are too few for a metric, not for the pooled one.
    far = found[found["cohort_a"] == "far"]
    assert set(far["method"]) == {"not_computed_small_class"}
    assert far["estimate"].isna().all()


def test_differences_are_those_of_the_metrics():
    found = table(pairs=[("good", "poor")]).set_index(["cohort_a", "metric", "aggregation"])
    a, b = MODELS["good"], MODELS["poor"]
    own_away = [frame[frame["cohort"] == "away"].reset_index(drop=True) for frame in (a, b)]
    auc_a, auc_b = (roc_auc_score(frame["label"], frame["decision"]) for frame in own_away)
    assert found.loc[("away", "auc", "frozen_model"), "estimate"] == pytest.approx(auc_a - auc_b)
    # At home: the headline, balanced accuracy and AUC of a repeat, averaged over repeats; what each
    # fold contributes is by the definition of an influence: the derivative by a person's weight.
    for metric in ("balanced_accuracy", "auc"):
        by_fold, headline = [], []
        for repeat in (1, 2, 3):
            own = [frame[frame["repeat"] == repeat] for frame in (a, b)]
            fold = own[0]["outer_fold"].to_numpy()

            def difference(weights, own=own, metric=metric):
                values = []
                for rows in own:
                    said = rows["decision"] if metric == "auc" else (rows["decision"] > 0) * 1.0
                    values.append(roc_auc_score(rows["label"], said, sample_weight=weights))
                return values[0] - values[1]

            headline.append(difference(np.ones(60)))
            for which in range(1, 6):
                step = 1e-5 * (fold == which)
                slope = (difference(1 + step) - difference(1 - step)) / 2e-5
                by_fold.append(headline[-1] + 5 * slope)
        row = found.loc[("home", metric, "mean_over_repeats")]
        assert row["estimate"] == pytest.approx(np.mean(headline))
        expected = corrected_resampled_t(np.array(by_fold), 12 / 48)
        assert row["p_value"] == pytest.approx(expected.p_value, rel=1e-4)
        assert row["ci_low"] == pytest.approx(expected.ci_low, abs=1e-5)
    right = [(frame["decision"] > 0) == (frame["label"] == 1) for frame in own_away]
    row = found.loc[("away", "accuracy", "frozen_model")]
    assert row["estimate"] == pytest.approx(right[0].mean() - right[1].mean())
    assert row["p_value"] == pytest.approx(
        mcnemar(pd.crosstab(right[0], right[1]), exact=True).pvalue
    )
    # The better model is seen to be so, the wrong way round it would be worse.
    assert (found["estimate"].dropna() > 0).all()


def test_holm_runs_over_the_pairs_in_each_cohort_metric_and_method():
    found = table()
    family = found[(found["cohort_a"] == "home") & (found["method"] == "corrected_resampled_t")]
    for _, members in family.groupby("metric"):
        assert len(members) == 3
        expected = multipletests(members["p_value"], method="holm")[1]
        np.testing.assert_allclose(members["p_holm"], expected)


def test_the_larger_class_for_everybody_has_a_balanced_accuracy_of_one_half():
    """Folds without the smaller class scored its recall of the larger one: .745 on average."""
    labels = np.repeat([1, 0], [6, 23])
    rng = np.random.default_rng(0)
    frames = {"model": [], "larger": []}
    for repeat in range(10):
        fold = rng.permutation(np.arange(29) % 10) + 1
        for name, decision in (
            ("model", np.where(rng.random(29) < 0.7, 1, -1) * (2 * labels - 1)),
            ("larger", np.full(29, -1)),
        ):
            frames[name].append(
                pd.DataFrame(
                    {
                        "cohort": "home",
                        "participant_id": [f"sub-{i:02}" for i in range(29)],
                        "repeat": repeat + 1,
                        "outer_fold": fold,
                        "label": labels,
                        "decision": decision,
                    }
                )
            )
    frames = {name: pd.concat(parts, ignore_index=True) for name, parts in frames.items()}
    found = table(frames, [("model", "larger")]).set_index("metric")
    headline = np.mean(
        [
            balanced_accuracy_score(rows["label"], rows["decision"] > 0)
            for _, rows in frames["model"].groupby("repeat")
        ]
    )
    assert found.loc["balanced_accuracy", "estimate"] == pytest.approx(headline - 0.5)
    assert headline - 0.5 > 0.1


def test_people_held_out_are_independent_and_folds_of_one_person_too_are_compared():
    once = {
        name: frame[~frame["repeat"].isin([2, 3])].assign(outer_fold=1)
        for name, frame in MODELS.items()
    }
    held_out = table(once, PAIRS[:1]).query("cohort_a == 'home'")
    assert set(held_out["aggregation"]) == {"mean_over_repeats"}
    assert set(held_out["method"]) == {"exchanged_within_people", "mcnemar_exact", "delong"}
    one_each = {
        name: frame.assign(outer_fold=frame["participant_id"]) for name, frame in MODELS.items()
    }
    alone = table(one_each, PAIRS[:1]).query("cohort_a == 'home'")
    assert set(alone["aggregation"]) == {"mean_over_repeats"}
    assert set(alone["method"]) == {"corrected_resampled_t"}
    once = {name: frame[~frame["repeat"].isin([2, 3])] for name, frame in one_each.items()}
    row = table(once, PAIRS[:1]).query("cohort_a == 'home' and metric == 'auc'").iloc[0]
    own = [frame[frame["cohort"] == "home"] for frame in once.values()]
    naive = delong_difference(
        independent(own[0]["label"].to_numpy()),
        *(frame["decision"].to_numpy() for frame in own[:2]),
    )
    # No test of such predictions holds its level (docs/simulation_study.md): none is given.
    assert row["estimate"] == pytest.approx(naive.estimate)
    assert row[["ci_low", "ci_high", "p_value", "p_holm"]].isna().all()


def test_cohorts_together_are_compared_within_cohorts():
    """One model lifts a whole cohort in which most people are positive: no better in either."""
    labels = {"away": np.repeat([1, 0], [20, 10]), "far": np.repeat([1, 0], [10, 20])}
    frames = {}
    for name, shifts, seed in (("lifted", (2.0, -2.0), 1), ("plain", (0.0, 0.0), 1)):
        rng = np.random.default_rng(seed)
        frames[name] = pd.concat(
            [
                pd.DataFrame(
                    {
                        "cohort": cohort,
                        "participant_id": [f"sub-{i:02}" for i in range(30)],
                        "label": own,
                        "decision": shift + rng.normal(size=30),
                    }
                )
                for (cohort, own), shift in zip(labels.items(), shifts, strict=True)
            ]
        )
    found = table(frames, [("lifted", "plain")], min_class_size=5)
    found = found.set_index(["cohort_a", "metric", "aggregation"])
    together = found.loc[("external_pooled", "auc", "within_cohorts")]
    # The shift leaves the ranks within a cohort as they are.
    assert together["estimate"] == pytest.approx(0)
    assert together["p_value"] == 1
    whole = [roc_auc_score(frame["label"], frame["decision"]) for frame in frames.values()]
    assert whole[0] - whole[1] > 0.1
    each = [found.loc[(c, "balanced_accuracy", "frozen_model"), "estimate"] for c in labels]
    row = found.loc[("external_pooled", "balanced_accuracy", "within_cohorts")]
    assert row["estimate"] == pytest.approx(np.mean(each))  # 200 pairs each
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert ("external_pooled", "accuracy", "frozen_model") in found.index


def test_delong_within_cohorts_adds_the_variances_of_the_cohorts():
    parts = [two_markers((23, 31), 1), two_markers((8, 12), 2)]
    labels, a, b = (np.concatenate(x) for x in zip(*parts, strict=True))
    stratum = np.repeat(["a", "b"], [54, 20])
    found = delong_difference(independent(labels, stratum), a, b)
    each = [delong_difference(independent(part[0]), *part[1:]) for part in parts]
    share = np.array([23 * 31, 8 * 12]) / (23 * 31 + 8 * 12)
    error = np.array([(one.estimate - one.ci_low) / norm.ppf(0.975) for one in each])
    estimate = share @ [one.estimate for one in each]
    assert found.estimate == pytest.approx(estimate)
    error = np.sqrt((share**2 * error**2).sum())
    assert found.p_value == pytest.approx(2 * norm.sf(abs(estimate) / error))


def test_order_of_pairs_turns_the_sign_and_keeps_p():
    there = table(pairs=[("good", "poor")])
    back = table(pairs=[("poor", "good")])
    np.testing.assert_allclose(there["estimate"], -back["estimate"])
    np.testing.assert_allclose(there["ci_low"], -back["ci_high"], atol=1e-7)
    np.testing.assert_allclose(there["p_value"], back["p_value"])


def test_models_with_other_folds_are_refused():
    other = MODELS["poor"].copy()
    other.loc[0, "outer_fold"] = 1 + other.loc[0, "outer_fold"] % 5
    with pytest.raises(ValueError, match="same people and folds"):
        table({"good": MODELS["good"], "poor": other}, [("good", "poor")])


def test_a_baseline_without_external_scores_is_compared_at_home():
    home_only = MODELS["poor"][MODELS["poor"]["cohort"] == "home"]
    found = table({"good": MODELS["good"], "age": home_only}, [("good", "age")])
    assert set(found["cohort_a"]) == {"home"}


def test_level_of_the_tests_between_frozen_models():
    """Two models of the same quality: each test rejects about 5 %, or less where it is discrete."""
    rng = np.random.default_rng(7)
    labels = np.repeat([1, 0], [26, 25])
    rejected = []
    for _ in range(600):
        shared = 0.5 * labels + 0.5 * rng.normal(size=51)
        a, b = (shared + rng.normal(size=51) - 0.25 for _ in range(2))
        right = np.stack([(x > 0) == (labels == 1) for x in (a, b)])
        p = [
            delong_difference(independent(labels), a, b).p_value,
            exchanged_within_people(independent(labels), right, rng, 199).p_value,
        ]
        rejected.append(np.array(p) <= 0.05)
    assert (np.mean(rejected, axis=0) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)).all()
