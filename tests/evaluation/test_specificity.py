"""Active against control arms: against independent implementations, enumeration and simulation."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.stats import binom, norm
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from statsmodels.stats.proportion import confint_proportions_2indep

from mri_response.core.proportions import wilson
from mri_response.evaluation.intervals import delong_variance
from mri_response.evaluation.regression import NotConverged
from mri_response.evaluation.specificity import table as specificity
from mri_response.evaluation.specificity.arms import Arms
from mri_response.evaluation.specificity.power import binormal_auc_variance, expected_power
from mri_response.evaluation.specificity.table import COLUMNS, specificity_table
from mri_response.evaluation.specificity.test import (
    auc_difference,
    exchangeable_people,
    permuted_arms,
    specificity_test,
)
from mri_response.people.rows import person_weights


def drawn(rng, sizes, area, shift=0.0, scale=1.0):
    """One row per person; sizes and AUC of both arms, shift and scale of the control scores."""
    (n_1, n_0), (m_1, m_0) = sizes
    active = np.repeat([True, False], [n_1 + n_0, m_1 + m_0])
    labels = np.repeat([1, 0, 1, 0], [n_1, n_0, m_1, m_0])
    apart = np.sqrt(2) * norm.ppf(np.where(active, area[0], area[1]))
    decision = rng.normal(size=len(labels)) + apart * labels
    decision = np.where(active, decision, shift + scale * decision)
    return Arms(active, labels, decision, np.ones(len(labels)), np.arange(len(labels)))


def delong(scores_1, scores_0):
    """AUC and DeLong's variance as the paper writes them."""
    wins = np.array([[(x > y) + (x == y) / 2 for y in scores_0] for x in scores_1])
    of_each = (wins.mean(axis=1), wins.mean(axis=0))
    return wins.mean(), sum(np.var(values, ddof=1) / len(values) for values in of_each)


def by_hand(arms, active):
    parts = [
        delong(arms.decision[rows & (arms.labels == 1)], arms.decision[rows & (arms.labels == 0)])
        for rows in (active, ~active)
    ]
    return parts[0][0] - parts[1][0], np.sqrt(parts[0][1] + parts[1][1])


def test_difference_and_error_are_delongs():
    arms = drawn(np.random.default_rng(0), ((9, 12), (7, 15)), (0.7, 0.5))
    arms = Arms(arms.active, arms.labels, arms.decision.round(1), arms.weights, arms.person)
    dealt = permuted_arms(arms, 3, 5)
    found = auc_difference(dealt, arms.labels, arms.decision, arms.weights, arms.person)
    np.testing.assert_allclose(np.transpose(found), [by_hand(arms, row) for row in dealt])


def test_error_of_people_with_several_rows_is_obuchowskis():
    rng = np.random.default_rng(1)
    who = np.sort(rng.integers(0, 40, 90))
    weights, person = person_weights(who)
    active, labels = person % 2 == 0, rng.integers(0, 2, 90)
    decision = rng.normal(size=90).round(1)
    _, (se,) = auc_difference(active[None], labels, decision, weights, person)
    expected = sum(
        delong_variance(
            labels[r], decision[r], weights[r], np.unique(person[r], return_inverse=True)[1]
        )
        for r in (active, ~active)
    )
    assert se == pytest.approx(np.sqrt(expected))


def two_cohorts(rng, apart, area=0.5):
    """Two active cohorts with shifted scores and other response rates, one control cohort."""
    sizes = ((18, 8), (8, 17), (25, 24))
    cohort = np.repeat([0, 1, 2], [sum(pair) for pair in sizes])
    labels = np.concatenate([np.repeat([1, 0], pair) for pair in sizes])
    decision = rng.normal(size=100) + np.array([apart / 2, -apart / 2, 0.0])[cohort]
    decision += np.sqrt(2) * norm.ppf(area) * labels * (cohort < 2)
    return Arms(cohort < 2, labels, decision, np.ones(100), np.arange(100), cohort)


def test_difference_within_cohorts_is_that_of_each_weighted_by_pairs():
    arms = two_cohorts(np.random.default_rng(3), 2.0)
    areas, variances, pairs = [], [], []
    for which in (0, 1, 2):
        rows = arms.cohort == which
        area, variance = delong(
            arms.decision[rows & (arms.labels == 1)], arms.decision[rows & (arms.labels == 0)]
        )
        areas.append(area)
        variances.append(variance)
        pairs.append((rows & (arms.labels == 1)).sum() * (rows & (arms.labels == 0)).sum())
    share = np.array(pairs[:2]) / sum(pairs[:2])
    tested = specificity_test(arms, 1, 0, within_cohorts=True)
    assert tested.difference == pytest.approx(share @ areas[:2] - areas[2])
    # One factor n / (n - cohorts) for all cohorts of an arm, in place of one for each.
    assert tested.se**2 == pytest.approx(share**2 @ variances[:2] + variances[2], rel=0.03)


@pytest.mark.parametrize(("within", "held"), [(True, True), (False, False)])
def test_pooled_cohorts_that_differ_mislead_the_pooled_auc_alone(within, held):
    rng = np.random.default_rng(11)
    trials = 150
    rejected = sum(
        specificity_test(two_cohorts(rng, 2.0), trial, 99, within_cohorts=within).p_value <= 0.05
        for trial in range(trials)
    )
    assert (rejected <= binom.ppf(0.9995, trials, 0.05)) == held


def test_p_is_that_of_all_arrangements():
    arms = drawn(np.random.default_rng(8), ((3, 4), (3, 3)), (0.9, 0.5))
    groups = [np.flatnonzero(arms.labels == label) for label in (1, 0)]
    every = []
    for of_positive in combinations(groups[0], 3):
        for of_negative in combinations(groups[1], 4):
            active = np.zeros(13, dtype=bool)
            active[[*of_positive, *of_negative]] = True
            difference, se = by_hand(arms, active)
            every.append(0.0 if difference == 0 else np.divide(difference, se))
    _, _, statistic, p_value = specificity_test(arms, 1, 4000)
    exact = np.mean(np.array(every) >= statistic - 1e-9)
    assert 0.05 < exact < 0.5
    assert p_value == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 4000))


def test_arms_are_dealt_within_outcome_and_site():
    rng = np.random.default_rng(2)
    who = np.repeat(np.arange(30), 2)
    weights, person = person_weights(who)
    site = np.array(["A", "B", "C"])[who % 3]
    labels, active = (who % 5 < 2).astype(int), who % 4 < 2
    arms = Arms(active, labels, rng.normal(size=60), weights, person, site=site)
    dealt = permuted_arms(arms, 1, 50)
    assert np.array_equal(dealt[0], active)
    assert len(np.unique(dealt, axis=0)) > 40
    assert np.array_equal(dealt[:, 0::2], dealt[:, 1::2])  # people stay whole
    for label in (0, 1):
        for where in "ABC":
            rows = (labels == label) & (site == where)
            assert set(dealt[:, rows].sum(axis=1)) == {active[rows].sum()}


def test_people_exchange_arms_only_if_their_outcomes_are_equal():
    labels = np.array([1, 0, 1, 0, 1, 1, 0, 0, 0])
    weights, person = person_weights([0, 0, 1, 1, 2, 2, 3, 3, 4])
    arms = Arms(person > 2, labels, np.arange(9.0), weights, person)
    groups = [people.tolist() for people in exchangeable_people(arms)]
    assert groups == [[0, 1]]  # one row of each outcome; the others have nobody like them


def test_permutations_are_the_same_whatever_their_number():
    arms = drawn(np.random.default_rng(0), ((9, 12), (7, 15)), (0.7, 0.5))
    assert np.array_equal(permuted_arms(arms, 1, 10), permuted_arms(arms, 1, 30)[:11])
    assert not np.array_equal(permuted_arms(arms, 1, 10), permuted_arms(arms, 2, 10))


@pytest.mark.parametrize(
    ("sizes", "area", "shift", "scale"),
    [
        (((26, 25), (15, 34)), (0.65, 0.65), 0.0, 1.0),
        (((40, 11), (12, 37)), (0.65, 0.65), 1.0, 2.0),
    ],
    ids=["unequal_rates", "shifted_scores"],
)
def test_level_under_the_null(sizes, area, shift, scale):
    rng = np.random.default_rng(7)
    trials = 200
    rejected = sum(
        specificity_test(drawn(rng, sizes, area, shift, scale), trial, 99).p_value <= 0.05
        for trial in range(trials)
    )
    assert binom.ppf(0.0005, trials, 0.05) <= rejected <= binom.ppf(0.9995, trials, 0.05)


@pytest.mark.parametrize("area", [0.3, 0.5, 0.65, 0.9])
def test_binormal_variance_is_that_of_simulated_scores(area):
    rng = np.random.default_rng(3)
    positive = rng.normal(np.sqrt(2) * norm.ppf(area), size=(20000, 8, 1))
    areas = (positive > rng.normal(size=(20000, 1, 13))).mean(axis=(1, 2))
    assert binormal_auc_variance(area, 8, 13) == pytest.approx(areas.var(), rel=0.05)


def test_power_is_that_of_simulated_trials():
    sizes = {"n_active": 51, "n_positive_active": 26, "n_control": 49, "n_positive_control": 25}
    power, _ = expected_power(0.65, 0.5, sizes)
    rng = np.random.default_rng(4)
    rejected = []
    for _ in range(2000):
        arms = drawn(rng, ((26, 25), (25, 24)), (0.65, 0.5))
        (difference,), (se,) = auc_difference(
            arms.active[None], arms.labels, arms.decision, arms.weights, arms.person
        )
        rejected.append(difference / se > norm.isf(0.05))
    assert power == pytest.approx(np.mean(rejected), abs=0.03)
    assert expected_power(0.5, 0.5, sizes)[0] == pytest.approx(0.05)
    assert expected_power(1.0, 0.5, sizes)[0] > 0.99


def test_mover_of_two_proportions_is_newcombes():
    limits = {
        arm: {"m": (k / n, 0.0, *(float(x) for x in wilson(k, n)), "")}
        for arm, (k, n) in {"active": (30, 51), "control": (20, 49)}.items()
    }
    found = specificity._mover(limits, "m")
    expected = confint_proportions_2indep(30, 51, 20, 49, method="newcomb")
    np.testing.assert_allclose([found["ci_low"], found["ci_high"]], expected)


# ---------------------------------------------------------------- the table
def study(sizes, seed=0, scores=True, slope=1.0):
    """Config, predictions and people of a made-up run of one model."""
    rng = np.random.default_rng(seed)
    roles = {"clinic": "discovery", "a": "external", "b": "external", "saline": "control"}
    config = {
        "seed": 1,
        "min_class_size": 5,
        "models": {"svc": {}},
        "cohorts": {name: {"role": roles[name]} for name in sizes},
        "permutation": {"n": 99, "within": None},
        "specificity": {"within": None},
    }
    people, predictions = {}, []
    for name, (n_1, n_0) in sizes.items():
        n = n_1 + n_0
        labels = np.repeat([1, 0], [n_1, n_0])
        signal = rng.normal(size=n) + slope * labels * (roles[name] != "control")
        table = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(n)], "label": labels})
        if scores:
            table["baseline_score"] = rng.normal(32, 4, n).round()
            table["endpoint_score"] = (table["baseline_score"] * (1 - 0.3 * labels)).round()
            table["endpoint_score"] += rng.integers(-5, 6, n)
        table["site"] = np.where(np.arange(n) % 2 == 0, "one", "two")
        people[name] = table
        for repeat in (1, 2) if roles[name] == "discovery" else (np.nan,):
            predictions.append(
                pd.DataFrame(
                    {
                        "model": "svc",
                        "cohort": name,
                        "participant_id": table["participant_id"],
                        "repeat": repeat,
                        "label": labels,
                        "decision": signal + 0.1 * rng.normal(size=n),
                    }
                )
            )
    return config, pd.concat(predictions, ignore_index=True), people


SIZES = {"clinic": (30, 28), "a": (14, 12), "b": (12, 13), "saline": (15, 30)}


def rows_of(table, analysis, metric=None):
    rows = table[table["analysis"] == analysis]
    return rows if metric is None else rows[rows["metric"] == metric].iloc[0]


def test_table_of_a_study():
    config, predictions, people = study(SIZES)
    table = specificity_table(config, predictions, people)
    assert list(table.columns) == COLUMNS
    arm = {
        which: predictions[predictions["cohort"].isin(names)]
        for which, names in {"active": ["a", "b"], "control": ["saline"]}.items()
    }
    area = {key: roc_auc_score(rows["label"], rows["decision"]) for key, rows in arm.items()}
    right = {
        key: balanced_accuracy_score(rows["label"], rows["decision"] > 0)
        for key, rows in arm.items()
    }
    main = rows_of(table, "difference", "auc")
    assert (main["active"], main["control"]) == ("external_pooled", "saline")
    assert main["estimate"] == pytest.approx(area["active"] - area["control"])
    assert main["statistic"] == pytest.approx(main["estimate"] / main["se"])
    assert main["ci_low"] < main["estimate"] < main["ci_high"]
    assert (main["alternative"], main["n_permutations"]) == ("greater", 99)
    assert (main["n_active"], main["n_positive_active"]) == (51, 26)
    assert (main["n_control"], main["n_positive_control"]) == (45, 15)
    assert "not randomised" in main["note"]
    accuracy = rows_of(table, "difference", "balanced_accuracy")
    assert accuracy["estimate"] == pytest.approx(right["active"] - right["control"])
    assert np.isnan(accuracy["p_value"])
    assert "shift" in accuracy["note"]
    assert len(rows_of(table, "arm")) == 4
    within = rows_of(table, "difference", "auc_within_cohorts")
    assert within["ci_low"] < within["estimate"] < within["ci_high"]
    single = specificity_table(*study({key: SIZES[key] for key in ("clinic", "a", "saline")}))
    assert "auc_within_cohorts" not in single["metric"].tolist()
    assert rows_of(table, "power")["power"].iloc[0] == main["power"]


@pytest.mark.parametrize(
    ("cohorts", "intercepts"), [(("a", "b", "saline"), "C(cohort)"), (("a", "saline"), "arm")]
)
def test_interactions_equal_statsmodels(cohorts, intercepts):
    """Every cohort has an intercept of its own where an arm has several."""
    config, predictions, people = study({name: SIZES[name] for name in ("clinic", *cohorts)})
    table = specificity_table(config, predictions, people)
    own = predictions[predictions["cohort"] == "clinic"]
    sd = own.groupby("participant_id")["decision"].mean().std(ddof=1)
    rows = pd.concat([people[name].assign(cohort=name) for name in cohorts], ignore_index=True)
    rows["score"] = predictions.loc[predictions["cohort"] != "clinic", "decision"].to_numpy() / sd
    rows["arm"] = (rows["cohort"] != "saline").astype(float)
    terms = f"baseline_score + score + score:arm + {intercepts}"
    ancova = smf.ols(f"endpoint_score ~ {terms}", rows)
    expected = ancova.fit(cov_type="HC3", use_t=True)
    found = rows_of(table, "interaction_endpoint", "points")
    assert found["method"] == "ols_hc3_t"
    assert found["estimate"] == pytest.approx(expected.params["score:arm"])
    assert found["se"] == pytest.approx(expected.bse["score:arm"])
    assert found["p_value"] == pytest.approx(expected.pvalues["score:arm"])
    logit = smf.logit(f"label ~ {terms}", rows).fit(disp=0, tol=1e-12)
    found = rows_of(table, "interaction_outcome", "log_odds_ratio")
    assert found["method"] == "logistic_hc3_z"
    assert found["estimate"] == pytest.approx(logit.params["score:arm"], rel=1e-5)
    assert found["alternative"] == "two-sided"


def test_separation_takes_firths_penalty():
    config, predictions, people = study(SIZES, slope=20.0)
    found = rows_of(specificity_table(config, predictions, people), "interaction_outcome").iloc[0]
    assert found["method"] == "firth_profile_likelihood"
    assert np.isfinite([found["estimate"], found["ci_low"], found["ci_high"]]).all()


def test_people_without_a_baseline_are_left_out_of_what_needs_it():
    config, predictions, people = study(SIZES)
    people["a"].loc[:2, "baseline_score"] = np.nan
    people["saline"].loc[0, "endpoint_score"] = np.nan
    table = specificity_table(config, predictions, people)
    sizes = table.set_index("analysis")[["n_active", "n_control"]]
    assert sizes.loc["interaction_outcome"].tolist() == [48, 45]
    assert sizes.loc["interaction_endpoint"].tolist() == [48, 44]


def test_outcome_without_scores():
    config, predictions, people = study(SIZES, scores=False)
    table = specificity_table(config, predictions, people)
    assert np.isfinite(rows_of(table, "interaction_outcome").iloc[0]["estimate"])
    found = rows_of(table, "interaction_endpoint").iloc[0]
    assert found["method"] == "not_computed_no_scores"
    assert np.isnan(found["estimate"])


@pytest.mark.parametrize(
    ("cohorts", "method"),
    [
        (["clinic", "a", "b"], "not_computed_no_control"),
        (["clinic"], "not_computed_no_control"),
        (["clinic", "saline"], "not_computed_no_external"),
    ],
)
def test_missing_cohorts_are_explained(cohorts, method):
    table = specificity_table(*study({name: SIZES[name] for name in cohorts}))
    assert table["method"].tolist() == [method]
    assert np.isnan(table["estimate"].iloc[0])
    assert table["note"].iloc[0]


def test_a_small_class_is_explained():
    table = specificity_table(*study({"clinic": (30, 28), "a": (26, 25), "saline": (4, 30)}))
    assert table["method"].tolist() == ["not_computed_small_class"]
    assert table["estimate"].isna().all()
    assert table["n_positive_control"].tolist() == [4]
    table = specificity_table(*study({"clinic": (30, 28), "a": (4, 25), "saline": (15, 30)}))
    assert table["analysis"].tolist() == ["difference", *["discovery_minus_control"] * 2]


def test_discovery_minus_control_is_descriptive():
    config, predictions, people = study(SIZES)
    found = rows_of(
        specificity_table(config, predictions, people), "discovery_minus_control", "auc"
    )
    own = predictions[predictions["cohort"] == "clinic"].groupby("repeat")
    areas = [roc_auc_score(rows["label"], rows["decision"]) for _, rows in own]
    control = predictions[predictions["cohort"] == "saline"]
    expected = np.mean(areas) - roc_auc_score(control["label"], control["decision"])
    assert found["estimate"] == pytest.approx(expected)
    assert (found["active"], found["n_active"]) == ("clinic", 58)
    assert found[["p_value", "ci_low", "se"]].isna().all()
    assert "Descriptive" in found["note"]


def test_shared_sites_hold_the_permutation_in():
    config, predictions, people = study(SIZES)
    config["specificity"]["within"] = "site"
    note = rows_of(specificity_table(config, predictions, people), "difference", "auc")["note"]
    assert "within site" in note
    for name in ("a", "b"):
        people[name]["site"] = "three"
    note = rows_of(specificity_table(config, predictions, people), "difference", "auc")["note"]
    assert "share no site" in note


def test_sites_with_long_codes_are_shared_only_where_they_are_the_same():
    config, predictions, people = study(SIZES)
    config["specificity"]["within"] = "clinic_code"
    # As text in one cohort and as numbers in the other; six digits are alike.
    for name, code in (("a", 1234567.0), ("b", 1234569.0), ("saline", "1234568")):
        people[name]["clinic_code"] = code
    apart = rows_of(specificity_table(config, predictions, people), "difference", "auc")["note"]
    assert "share no clinic_code" in apart
    people["saline"]["clinic_code"] = "1234567"
    shared = rows_of(specificity_table(config, predictions, people), "difference", "auc")["note"]
    assert "the arms share 1" in shared


def test_constant_scores_have_no_interaction():
    config, predictions, people = study(SIZES)
    predictions.loc[predictions["cohort"] != "clinic", "decision"] = 0.3
    table = specificity_table(config, predictions, people)
    found = table[table["analysis"].str.startswith("interaction")]
    assert set(found["method"]) == {"not_computed_no_variation"}
    main = rows_of(table, "difference", "auc")
    assert (main["estimate"], main["statistic"], main["p_value"]) == (0, 0, 1)


def test_interactions_that_do_not_converge_are_rows_of_their_own(monkeypatch):
    def never(*arguments):
        raise NotConverged("no convergence")

    monkeypatch.setattr("mri_response.evaluation.specificity.table.logistic", never)
    table = specificity_table(*study(SIZES))
    found = table[table["method"] == "not_estimable"]
    assert len(found)
    assert found["analysis"].str.startswith("interaction").all()
    assert found["estimate"].isna().all()
    assert found["note"].eq("no convergence").all()


def test_rows_of_other_people_are_a_fault():
    config, predictions, people = study(SIZES)
    people["a"] = people["a"].iloc[::-1]
    with pytest.raises(ValueError, match="not those of its analysed people"):
        specificity_table(config, predictions, people)
