"""Tables of performance: their rows, p-values by brute force, calibration under the null."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, mannwhitneyu
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from mri_response.core.errors import InputError
from mri_response.core.permutation import permutation_p_value
from mri_response.core.proportions import wilson
from mri_response.core.tables import write_tsv
from mri_response.core.vocabulary import CROSS_VALIDATED, NotComputed
from mri_response.evaluation.bootstrap import MIN_PERMUTATIONS
from mri_response.evaluation.chance import best_of_chance
from mri_response.evaluation.frozen_performance import (
    FrozenScores,
    disagreement_warnings,
    frozen_performance,
    own_labels,
)
from mri_response.evaluation.intervals import mover_balanced_accuracy
from mri_response.evaluation.metrics import METRICS
from mri_response.evaluation.performance import discovery_performance
from mri_response.evaluation.performance_rows import COUNTS, NULL_COLUMNS, PERFORMANCE_COLUMNS
from mri_response.learning.decisions import Decisions

M = 60


def people_of(labels, name="d", **columns):
    ids = [f"sub-{name}{k:03d}" for k in range(len(labels))]
    return pd.DataFrame({"participant_id": ids, "label": labels, **columns})


def discovery(n_positive=17, n_negative=13, m=M, repeats=4, folds=5, shift=1.0, seed=0):
    """Made-up cross-validation: observed labels first, then permutations."""
    rng = np.random.default_rng(seed)
    observed = rng.permutation(np.repeat([1, 0], [n_positive, n_negative]))
    n = len(observed)
    labels = np.stack([observed, *(rng.permutation(observed) for _ in range(m))])
    decision = rng.normal(size=(m + 1, 1, n)) + rng.normal(size=(m + 1, repeats, n)) / 2
    decision[0] += shift * (observed - 0.5)
    fold = np.stack([rng.permutation(n) % folds + 1 for _ in range(repeats)])
    return people_of(observed), decision, fold, labels


def frozen(name, n_positive, n_negative, role="external", m=M, seed=0, **columns):
    rng = np.random.default_rng([seed, len(name), n_positive, n_negative])
    labels = rng.permutation(np.repeat([1, 0], [n_positive, n_negative]))
    decision = rng.normal(size=labels.size) + labels - 0.5
    null_decision = None if m is None else rng.normal(size=(m, labels.size))
    return FrozenScores(name, role, people_of(labels, name, **columns), decision, null_decision)


def decisions_of(decision, fold, labels) -> Decisions:
    """Decision values of a model that had nothing to choose."""
    return Decisions(decision, fold, np.zeros_like(fold), labels)


def score(cohorts, m=M, seed=1, **options):
    return frozen_performance(
        "svc", cohorts, seed=seed, n_permutations=m, min_class_size=5, **options
    )


def one(table, **wanted):
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table) == 1, wanted
    return table.iloc[0]


# ------------------------------------------------------- chance
def test_best_of_chance_by_simulation():
    rng = np.random.default_rng(0)
    for n_1, n_0 in [(52, 47), (13, 13), (15, 34)]:
        draws = rng.binomial(n_1, 0.5, 400_000) / n_1 + rng.binomial(n_0, 0.5, 400_000) / n_0
        value = best_of_chance(n_1, n_0)
        below, up_to = (draws / 2 < value - 1e-9).mean(), (draws / 2 <= value + 1e-9).mean()
        assert below <= 0.95 + 0.002
        assert up_to >= 0.95 - 0.002


def test_best_of_chance_with_equal_classes_is_binomial():
    for n in (5, 13, 50):
        assert best_of_chance(n, n) == binom.ppf(0.95, 2 * n, 0.5) / (2 * n)


# ------------------------------------------------------- discovery
def test_discovery_rows():
    people, decision, fold, labels = discovery()
    performance, null = discovery_performance(
        "svc",
        "clinic",
        people,
        decisions_of(decision, fold, labels),
        seed=1,
        min_class_size=5,
    )
    assert list(performance) == PERFORMANCE_COLUMNS
    assert list(null) == NULL_COLUMNS
    assert (performance[["n", "n_positive"]] == [30, 17]).all(axis=None)
    assert (performance["role"] == "discovery").all()
    for aggregation in CROSS_VALIDATED:
        part = performance[performance["aggregation"] == aggregation]
        for metric in ("balanced_accuracy", "sensitivity", "specificity", "auc"):
            rows = part[part["metric"] == metric]
            assert list(rows["ci_method"]) == ["null_inflated", "naive_bootstrap"]
            assert rows["estimate"].iloc[0] == rows["estimate"].iloc[1]
            assert (rows["ci_low"] < rows["estimate"]).all()
            assert (rows["estimate"] < rows["ci_high"]).all()
            tested = aggregation == "mean_over_repeats" and metric in ("balanced_accuracy", "auc")
            assert (rows["p_value"].notna() == tested).all()
            assert list(rows["null"].dropna()) == ["whole_procedure"] * 2 * tested
            assert list(rows["alternative"].dropna()) == ["greater"] * 2 * tested
            assert list(rows["n_permutations"].dropna()) == [M] * 2 * tested
    at_zero = performance["metric"] != "auc"
    assert (performance.loc[at_zero, "operating_point"] == "decision_zero").all()
    assert (performance.loc[at_zero, "threshold"] == 0).all()
    assert performance.loc[~at_zero, ["operating_point", "threshold"]].isna().all(axis=None)
    assert (null.groupby(["aggregation", "metric"]).size() == M).all()
    assert null.groupby(["aggregation", "metric"]).ngroups == 6
    assert list(null["permutation"].unique()) == list(range(1, M + 1))


def test_discovery_numbers():
    people, decision, fold, labels = discovery(shift=0.6)
    performance, null = discovery_performance(
        "svc",
        "clinic",
        people,
        decisions_of(decision, fold, labels),
        seed=1,
        min_class_size=5,
    )
    for metric in ("balanced_accuracy", "auc"):
        value = [
            np.mean(
                [
                    roc_auc_score(y, d) if metric == "auc" else balanced_accuracy_score(y, d > 0)
                    for d in of_repeats
                ]
            )
            for y, of_repeats in zip(labels, decision, strict=True)
        ]
        tested = {"metric": metric, "aggregation": "mean_over_repeats"}
        row = one(performance, ci_method="naive_bootstrap", **tested)
        assert row["estimate"] == pytest.approx(value[0])
        p = (1 + np.sum(np.array(value[1:]) >= value[0] - 1e-9)) / (1 + M)
        assert 0.01 < p < 0.5
        assert row["p_value"] == pytest.approx(p)
        drawn = null[(null["metric"] == metric) & (null["aggregation"] == "mean_over_repeats")]
        assert drawn["value"].to_numpy() == pytest.approx(value[1:])
    for aggregation in ("mean_over_repeats", "person"):
        counts = {
            metric: one(performance, metric=metric, aggregation=aggregation)["estimate"]
            for metric in COUNTS
        }
        assert counts["true_positive"] + counts["false_negative"] == pytest.approx(17)
        assert counts["true_negative"] + counts["false_positive"] == pytest.approx(13)
        row = performance[
            (performance["metric"] == "sensitivity") & (performance["aggregation"] == aggregation)
        ].iloc[0]
        assert counts["true_positive"] / 17 == pytest.approx(row["estimate"])


def test_bootstrap_depends_on_the_seed_alone():
    people, *arrays = discovery()
    arguments = ("svc", "clinic", people, decisions_of(*arrays))
    first, _ = discovery_performance(*arguments, seed=1, min_class_size=5)
    again, _ = discovery_performance(*arguments, seed=1, min_class_size=5)
    other, _ = discovery_performance(*arguments, seed=2, min_class_size=5)
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    naive = first["ci_method"] == "naive_bootstrap"
    assert not first.loc[naive, "ci_low"].equals(other.loc[naive, "ci_low"])
    assert first.loc[~naive, "ci_low"].equals(other.loc[~naive, "ci_low"])


@pytest.mark.parametrize("m", [0, MIN_PERMUTATIONS - 1])
def test_discovery_with_too_few_permutations_for_a_corrected_interval(m):
    people, *arrays = discovery(m=m)
    performance, null = discovery_performance(
        "svc", "clinic", people, decisions_of(*arrays), seed=1, min_class_size=5
    )
    corrected = performance[performance["ci_method"] == "null_inflated"]
    assert corrected[["ci_low", "ci_high"]].isna().all(axis=None)
    naive = performance[performance["ci_method"] == "naive_bootstrap"]
    assert naive[["ci_low", "ci_high"]].notna().all(axis=None)
    tested = performance[performance["null"] == "whole_procedure"]
    assert (tested["n_permutations"] == m).all()
    assert (tested["p_value"].isna() == (m == 0)).all()
    assert len(null) == 6 * m


def test_folds_drawn_anew_in_every_permutation():
    people, decision, fold, labels = discovery()
    folds = np.stack([np.roll(fold, k, axis=1) for k in range(M + 1)])
    held, redrawn = (
        discovery_performance(
            "svc", "clinic", people, decisions_of(decision, own, labels), seed=1, min_class_size=5
        )[1]
        for own in (fold, folds)
    )
    within_folds = held["aggregation"] == "mean_over_folds"
    assert held[~within_folds].equals(redrawn[~within_folds])
    assert not held[within_folds].equals(redrawn[within_folds])


def test_first_labelling_must_be_the_observed_one():
    people, decision, fold, labels = discovery()
    with pytest.raises(ValueError, match="observed"):
        discovery_performance(
            "svc",
            "clinic",
            people,
            decisions_of(decision, fold, labels[::-1]),
            seed=1,
            min_class_size=5,
        )


def test_people_who_were_held_out_have_the_intervals_of_an_external_cohort():
    people, decision, _, labels = discovery(repeats=1)
    fold = np.ones((1, len(people)), dtype=int)
    performance, null = discovery_performance(
        "svc", "d", people, decisions_of(decision, fold, labels), seed=1, min_class_size=5,
        outer="held_out",
    )  # fmt: skip
    scores = FrozenScores("d", "external", people, decision[0, 0])
    as_external, _ = score([scores])
    # Predicted once, a person's mean decision is that decision.
    for aggregation in ("mean_over_repeats", "person"):
        for metric in (*METRICS, *COUNTS):
            row = one(performance, metric=metric, aggregation=aggregation)
            other = one(as_external, metric=metric)
            for column in ("n", "n_positive", "estimate", "ci_low", "ci_high", "ci_method"):
                np.testing.assert_equal(row[column], other[column])
    tested = one(performance, metric="balanced_accuracy", aggregation="mean_over_repeats")
    draws = null[null["aggregation"] == "mean_over_repeats"]
    draws = draws.query("metric == 'balanced_accuracy'")["value"].to_numpy()
    assert tested["p_value"] == permutation_p_value(tested["estimate"], draws)


def test_folds_of_one_person_have_no_rows_of_their_own():
    people, decision, _, labels = discovery(repeats=1)
    fold = np.arange(1, 1 + len(people))[None]
    performance, null = discovery_performance(
        "svc", "d", people, decisions_of(decision, fold, labels), seed=1, min_class_size=5,
        outer="leave_one_out",
    )  # fmt: skip
    assert set(performance["aggregation"]) == {"mean_over_repeats", "person"}
    assert np.isfinite(null["value"]).all()


def test_what_no_fold_defines_is_not_given():
    """Every site has one class: no AUC within sites, and recalls only."""
    people, decision, _, labels = discovery(repeats=1)
    fold = (1 + labels[0])[None]
    performance, _ = discovery_performance(
        "svc",
        "d",
        people,
        decisions_of(decision[:1], fold, labels[:1]),
        seed=1,
        min_class_size=5,
    )
    row = one(performance, metric="auc", aggregation="mean_over_folds")
    assert row["ci_method"] == "not_defined"
    assert np.isnan(row["estimate"])
    balanced = performance.query("metric == 'balanced_accuracy'").set_index("aggregation")
    # Both recalls, each the mean of one fold.
    np.testing.assert_allclose(
        balanced.loc["mean_over_folds", "estimate"], balanced.loc["mean_over_repeats", "estimate"]
    )


def test_decision_values_must_be_finite():
    people, decision, fold, labels = discovery()
    decision[3, 0, 2] = np.nan
    with pytest.raises(ValueError, match="finite"):
        discovery_performance(
            "svc",
            "clinic",
            people,
            decisions_of(decision, fold, labels),
            seed=1,
            min_class_size=5,
        )
    cohort = frozen("a", 8, 8)
    cohort.decision[0] = np.inf
    with pytest.raises(ValueError, match="finite"):
        score([cohort])


# ------------------------------------------------------- external and control cohorts
def test_frozen_rows():
    cohorts = [frozen("a", 13, 13), frozen("b", 13, 12), frozen("saline", 15, 34, "control")]
    performance, null = score(cohorts)
    assert list(performance) == PERFORMANCE_COLUMNS
    assert list(performance["cohort"].unique()) == ["a", "b", "saline", "external_pooled"]
    one_cohort = performance["cohort"] != "external_pooled"
    assert (performance.loc[one_cohort, "aggregation"] == "frozen_model").all()
    # Several together: what is within cohorts comes first, people across cohorts have no p.
    pooled = performance[~one_cohort]
    assert list(pooled["aggregation"].unique()) == ["within_cohorts", "frozen_model"]
    within = pooled[pooled["aggregation"] == "within_cohorts"]
    assert set(within["ci_method"]) == {"mover_cohorts"}
    assert list(within["metric"].value_counts()[["auc", "sensitivity"]]) == [2, 1]
    assert set(within["null"].dropna()) == {"own_labels", "discovery_labels"}
    assert len(pooled) == 2 * 2 + 2 + 4 + len(COUNTS)
    across = pooled[pooled["aggregation"] == "frozen_model"]
    assert across["p_value"].isna().all()
    assert across["ci_method"].dropna().tolist() == [
        "mover_wilson", "wilson", "wilson", "delong_logit"
    ]  # fmt: skip
    assert set(null.loc[null["cohort"] == "external_pooled", "aggregation"]) == {"within_cohorts"}
    for cohort, rows in performance[one_cohort].groupby("cohort"):
        assert set(rows["role"]) == {"control" if cohort == "saline" else "external"}
        for metric, method in [("balanced_accuracy", "mover_wilson"), ("auc", "delong_logit")]:
            tested = rows[rows["metric"] == metric]
            assert list(tested["null"]) == ["own_labels", "discovery_labels"]
            assert set(tested["ci_method"]) == {method}
            assert list(tested["n_permutations"]) == [M, M]
        for metric in ("sensitivity", "specificity"):
            row = one(rows, metric=metric)
            assert row["ci_method"] == "wilson"
            assert pd.isna(row["p_value"])
        assert len(rows) == 2 * 2 + 2 + len(COUNTS)
    assert (null.groupby(["cohort", "null", "metric"]).size() == M).all()
    assert null.groupby(["cohort", "null", "metric"]).ngroups == 16


def test_frozen_numbers():
    cohort = frozen("a", 13, 12)
    performance, null = score([cohort])
    labels = cohort.people["label"].to_numpy()
    tp = np.sum((cohort.decision > 0) & (labels == 1))
    tn = np.sum((cohort.decision <= 0) & (labels == 0))
    row = one(performance, metric="balanced_accuracy", null="discovery_labels")
    assert row["estimate"] == pytest.approx((tp / 13 + tn / 12) / 2)
    expected = mover_balanced_accuracy(tp, 13, tn, 12)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(expected)
    refitted = [balanced_accuracy_score(labels, d > 0) for d in cohort.null_decision]
    assert row["p_value"] == permutation_p_value(row["estimate"], np.array(refitted))
    row = one(performance, metric="sensitivity")
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(wilson(tp, 13))
    assert one(performance, metric="true_negative")["estimate"] == tn
    permuted = own_labels(cohort.people, seed=1, cohort_index=0, n_permutations=M)
    own = [roc_auc_score(y, cohort.decision) for y in permuted]
    drawn = null[(null["metric"] == "auc") & (null["null"] == "own_labels")]
    assert drawn["value"].to_numpy() == pytest.approx(own)


def test_pooled_cohorts():
    cohorts = [frozen("a", 10, 6), frozen("b", 3, 9), frozen("saline", 15, 34, "control")]
    performance, null = score(cohorts)
    labels = np.concatenate([c.people["label"] for c in cohorts[:2]])
    decision = np.concatenate([c.decision for c in cohorts[:2]])
    row = one(performance, cohort="external_pooled", metric="auc", aggregation="frozen_model")
    assert row["estimate"] == pytest.approx(roc_auc_score(labels, decision))
    assert (row["n"], row["n_positive"]) == (28, 13)

    def within(metric, labellings, decisions):
        """Of 60 pairs in cohort a and 27 in b."""
        values = []
        for y, d in zip(labellings, decisions, strict=True):
            own = metric(y[:16], d[:16]), metric(y[16:], d[16:])
            values.append((60 * own[0] + 27 * own[1]) / 87)
        return np.array(values)

    row = one(performance, cohort="external_pooled", metric="auc", null="own_labels")
    assert row["estimate"] == pytest.approx(within(roc_auc_score, [labels], [decision])[0])
    assert (row["n"], row["n_positive"]) == (28, 13)
    row = one(performance, cohort="external_pooled", metric="balanced_accuracy", null="own_labels")
    found = within(balanced_accuracy_score, [labels], [decision > 0])
    assert row["estimate"] == pytest.approx(found[0])
    # Labels are permuted within each cohort, and cohort b counts although it is small.
    permuted = [
        own_labels(c.people, seed=1, cohort_index=k, n_permutations=M)
        for k, c in enumerate(cohorts[:2])
    ]
    assert (permuted[0].sum(axis=1) == 10).all()
    assert (permuted[1].sum(axis=1) == 3).all()
    expected = within(roc_auc_score, np.concatenate(permuted, axis=1), [decision] * M)
    drawn = null[(null["cohort"] == "external_pooled") & (null["metric"] == "auc")]
    own = drawn[drawn["null"] == "own_labels"]
    assert own["value"].to_numpy() == pytest.approx(expected)
    refitted = np.concatenate([c.null_decision for c in cohorts[:2]], axis=1)
    expected = within(roc_auc_score, [labels] * M, refitted)
    of_discovery = drawn[drawn["null"] == "discovery_labels"]
    assert of_discovery["value"].to_numpy() == pytest.approx(expected)


def test_two_cohorts_with_shifted_scores_do_not_make_a_model():
    """At chance in each; across cohorts the AUC is above chance, which is warned of."""
    shifted = []
    for name, shift, n_1, n_0 in (("a", 1.5, 40, 10), ("b", 0.0, 10, 40)):
        cohort = frozen(name, n_1, n_0)
        labels = cohort.people["label"].to_numpy()
        values = np.empty(50)
        # The same ranks in both classes: AUC .5.
        for which, n in ((1, n_1), (0, n_0)):
            values[labels == which] = shift + np.linspace(-1, 1, n)
        shifted.append(FrozenScores(name, "external", cohort.people, values))
    performance, _ = score(shifted)
    row = one(performance, cohort="external_pooled", metric="auc", null="own_labels")
    assert row["estimate"] == pytest.approx(0.5)
    assert row["ci_low"] < 0.5 < row["ci_high"]
    across = one(performance, cohort="external_pooled", metric="auc", aggregation="frozen_model")
    assert across["ci_low"] > 0.5
    warnings = disagreement_warnings(performance)
    assert len(warnings) == 2
    assert "the AUC is 0.50 where people are compared within their own cohort and " in warnings[1]
    alike = replace(shifted[0], cohort="c")
    assert disagreement_warnings(score([shifted[0], alike])[0]) == []
    assert disagreement_warnings(score(shifted[:1])[0]) == []


def test_one_external_cohort_is_not_pooled():
    performance, _ = score([frozen("a", 9, 9), frozen("saline", 9, 9, "control")])
    assert set(performance["cohort"]) == {"a", "saline"}


def test_people_called_the_same_in_two_studies_are_two_people():
    cohorts = [frozen("a", 9, 9), frozen("b", 8, 9)]
    cohorts[1].people["participant_id"] = cohorts[0].people["participant_id"][:17]
    performance, _ = score(cohorts)
    assert set(performance.loc[performance["cohort"] == "external_pooled", "n"]) == {35}


def test_small_class():
    cohorts = [frozen("a", 4, 20), frozen("b", 5, 20), frozen("c", 0, 9)]
    performance, null = score(cohorts)
    for cohort in ("a", "c"):
        rows = performance[performance["cohort"] == cohort]
        assert set(rows["metric"]) == {"balanced_accuracy", "sensitivity", "specificity", "auc"}
        assert set(rows["ci_method"]) == {NotComputed.SMALL_CLASS}
        assert rows[["estimate", "ci_low", "ci_high", "p_value"]].isna().all(axis=None)
    assert set(null["cohort"]) == {"b", "external_pooled"}
    people, *arrays = discovery(4, 20)
    performance, null = discovery_performance(
        "svc", "clinic", people, decisions_of(*arrays), seed=1, min_class_size=5
    )
    assert set(performance["ci_method"]) == {NotComputed.SMALL_CLASS}
    assert list(performance["aggregation"].unique()) == list(CROSS_VALIDATED)
    assert list(null) == NULL_COLUMNS
    assert null.empty


def test_without_permutations():
    performance, null = score([frozen("a", 8, 9, m=None)], m=0)
    row = one(performance, metric="auc")
    assert row["null"] == "own_labels"
    assert row["n_permutations"] == 0
    assert pd.isna(row["p_value"])
    assert null.empty
    performance, _ = score([frozen("a", 8, 9, m=0)], m=0)
    assert performance["p_value"].isna().all()


def test_perfect_scores_name_their_interval():
    cohort = frozen("a", 8, 9)
    cohort.decision[:] = cohort.people["label"] - 0.5
    performance, _ = score([cohort])
    row = one(performance, metric="auc", null="own_labels")
    assert row["estimate"] == 1
    assert row["ci_method"] == "newcombe_auc"
    assert row["ci_low"] < 0.9


def test_rows_of_a_person_count_once():
    once = frozen("a", 11, 9, m=None)
    rng = np.random.default_rng(3)
    rows = np.sort(np.concatenate([np.arange(20), rng.choice(20, 12)]))
    several = FrozenScores("a", "external", once.people.iloc[rows], once.decision[rows])
    columns = ["metric", "n", "n_positive", "estimate", "ci_low", "ci_high", "ci_method"]
    expected, _ = score([once])
    found, _ = score([several])
    pd.testing.assert_frame_equal(found[columns], expected[columns])


def test_own_labels_depend_on_indices_alone():
    cohorts = [frozen("a", 9, 9), frozen("b", 9, 9), frozen("saline", 9, 9, "control")]
    _, few = score(cohorts, m=30)
    _, many = score([*cohorts, frozen("c", 7, 8)], m=50)
    few = few[few["null"] == "own_labels"].set_index("cohort")
    many = many[(many["null"] == "own_labels") & (many["permutation"] <= 30)].set_index("cohort")
    for cohort in ("a", "b", "saline"):
        assert few.loc[cohort, "value"].tolist() == many.loc[cohort, "value"].tolist()
    same = people_of(np.repeat([1, 0], 9))
    permuted = [own_labels(same, seed=1, cohort_index=k, n_permutations=5) for k in (0, 1)]
    assert not np.array_equal(*permuted)


def test_own_labels_stay_within_blocks():
    site = np.repeat(["x", "y"], [12, 10])
    cohort = frozen("a", 10, 12, site=site)
    permuted = own_labels(cohort.people, seed=1, cohort_index=0, n_permutations=40, within="site")
    observed = cohort.people["label"].to_numpy()
    for name in ("x", "y"):
        inside = site == name
        assert (permuted[:, inside].sum(axis=1) == observed[inside].sum()).all()
    free = own_labels(cohort.people, seed=1, cohort_index=0, n_permutations=40, within="other")
    assert len({row[site == "x"].sum() for row in free}) > 1


def test_labels_that_cannot_be_permuted_name_the_cohort():
    labels = np.repeat([1, 0], 8)
    people = people_of(labels, site=np.where(labels, "x", "y"))
    cohort = FrozenScores("leeds", "external", people, np.arange(16.0))
    with pytest.raises(InputError, match="cohort leeds: "):
        score([cohort], within="site")


def test_own_label_p_values_are_valid_under_the_null():
    rng = np.random.default_rng(8)
    n_trials, n_permutations = 300, 39
    p = {"balanced_accuracy": [], "auc": []}
    for trial in range(n_trials):
        people = people_of(rng.permutation(np.repeat([1, 0], [13, 12])))
        cohort = FrozenScores("a", "external", people, rng.normal(0.4, 1, 25))
        performance, _ = score([cohort], m=n_permutations, seed=trial)
        for metric, values in p.items():
            values.append(one(performance, metric=metric)["p_value"])
    rejected = {metric: np.sum(np.array(values) <= 0.05) for metric, values in p.items()}
    low, high = binom.ppf([0.0005, 0.9995], n_trials, 0.05)
    assert low <= rejected["auc"] <= high  # few ties: 5 %
    assert rejected["balanced_accuracy"] <= high  # many ties: at most 5 %


def test_own_label_p_is_that_of_the_exact_rank_test():
    rng = np.random.default_rng(11)
    for shift in (0.2, 0.6):
        people = people_of(np.repeat([1, 0], [13, 12]))
        decision = rng.normal(size=25) + shift * people["label"].to_numpy()
        cohort = FrozenScores("a", "external", people, decision)
        found = one(score([cohort], m=2000, seed=3)[0], metric="auc")["p_value"]
        ranks = mannwhitneyu(decision[:13], decision[13:], alternative="greater", method="exact")
        assert found == pytest.approx(ranks.pvalue, abs=4 * np.sqrt(0.25 / 2000))


def test_tables_as_written(tmp_path):
    performance, _ = score([frozen("a", 8, 9), frozen("b", 2, 9)])
    write_tsv(performance, tmp_path / "performance.tsv")
    lines = (tmp_path / "performance.tsv").read_text().splitlines()
    assert lines[0].split("\t") == PERFORMANCE_COLUMNS
    cells = dict(zip(PERFORMANCE_COLUMNS, lines[1].split("\t"), strict=True))
    assert cells["n_permutations"] == "60"
    assert cells["threshold"] == "0.0"
    small = next(line for line in lines if NotComputed.SMALL_CLASS in line)
    assert small.split("\t")[9:12] == ["n/a"] * 3
