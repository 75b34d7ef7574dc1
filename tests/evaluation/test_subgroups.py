"""Metrics of subgroups against scikit-learn and statsmodels, and what small groups get."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, recall_score, roc_auc_score
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from mri_response.core.vocabulary import NotComputed
from mri_response.evaluation.bootstrap import null_inflated_intervals
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.metrics import METRICS
from mri_response.evaluation.performance import with_standard_errors
from mri_response.evaluation.subgroups import (
    DIFFERENCE,
    SUBGROUP_COLUMNS,
    UNKNOWN,
    age_band,
    frozen_subgroups,
    groups_of,
    subgroup_table,
)
from mri_response.learning.decisions import Decisions

SETTINGS = {"columns": None, "age_bands": [30, 45, 60]}
CONFIG = {
    "subgroups": SETTINGS,
    "min_class_size": 5,
    "cross_validation": {"outer": "k_fold"},
    "cohorts": {
        "trial": {"role": "discovery"},
        "north": {"role": "external"},
        "south": {"role": "external"},
        "saline": {"role": "control"},
    },
}
SKLEARN = {
    "balanced_accuracy": lambda y, d: balanced_accuracy_score(y, d > 0),
    "sensitivity": lambda y, d: recall_score(y, d > 0),
    "specificity": lambda y, d: recall_score(y, d > 0, pos_label=0),
    "auc": roc_auc_score,
}


def made_up(n=80, seed=0, permutations=40):
    """People of four cohorts, cross-validated decision values and scores of a frozen model."""
    rng = np.random.default_rng(seed)
    people = {
        name: pd.DataFrame(
            {
                "participant_id": [f"sub-{i:03d}" for i in range(n)],
                "label": rng.permutation(np.arange(n) % 2),
                "age": rng.uniform(18, 75, n),
                "sex": rng.choice(["F", "M"], n),
                "site": rng.choice(["A", "B", "C"], n),
            }
        )
        for name in CONFIG["cohorts"]
    }
    truth = people["trial"]["label"].to_numpy()
    labels = np.array([truth, *(rng.permutation(truth) for _ in range(permutations))])
    # Models of a permutation do well or badly for everybody: the naive spread is too small.
    strength = np.r_[1, 0.8 * rng.normal(size=permutations)][:, None, None]
    decision = rng.normal(size=(len(labels), 3, n)) + strength * (labels[:, None] - 0.5)
    fold = np.array([1 + rng.permutation(n) % 5 for _ in range(3)])
    scores = pd.concat(
        [
            rows[["participant_id"]].assign(
                cohort=name, decision=rng.normal(size=n) + rows["label"] - 0.5
            )
            for name, rows in people.items()
            if name != "trial"
        ]
    )
    return people, decision, fold, labels, scores


def table_of(people, decision, fold, labels, scores, config=CONFIG):
    """Table of a model whose decision values are given."""
    fold = np.broadcast_to(fold, decision.shape)
    decisions = Decisions(decision, fold, np.zeros_like(fold), labels.astype(np.int8))
    return subgroup_table("svc", config, people, decisions, scores)


def of_group(table, cohort, variable, group, reference=None):
    rows = table[
        (table["cohort"] == cohort) & (table["variable"] == variable) & (table["group"] == group)
    ]
    rows = rows[rows["reference"].isna() if reference is None else rows["reference"] == reference]
    return rows.set_index("metric")


@pytest.fixture(scope="module")
def run():
    people, decision, fold, labels, scores = made_up()
    table = table_of(people, decision, fold, labels, scores)
    return people, decision, fold, labels, scores, table


# ---------------------------------------------------------------- groups
@pytest.mark.parametrize(
    ("age", "band"),
    [
        (18, "under 30"),
        (29.99, "under 30"),
        (30, "30 to 44"),
        (44.9, "30 to 44"),
        (45, "45 to 59"),
        (60, "60 and over"),
        (99, "60 and over"),
        (np.nan, UNKNOWN),
    ],
)
def test_age_bands(age, band):
    assert age_band(age, [30, 45, 60]) == band


def test_bands_that_are_not_whole_years():
    assert age_band(31, [30, 32.5]) == "30 to under 32.5"


def test_a_person_is_in_one_group_and_a_variable_of_one_group_is_none():
    people = pd.DataFrame(
        {
            "participant_id": ["a", "a", "b", "c", "c"],
            "age": [29.9, 30.1, 50, np.nan, 61],
            "sex": ["F", "F", "F", "F", "F"],
            "scanner": [1.0, 1.0, np.nan, 2.0, 2.0],
        }
    )
    settings = {"columns": ["age", "sex", "scanner", "ward"], "age_bands": [30, 60]}
    found = groups_of(people, settings)
    assert {name: list(values) for name, values in found.items()} == {
        "age": ["under 30", "under 30", "30 to 59", "60 and over", "60 and over"],
        "scanner": ["1", "1", UNKNOWN, "2", "2"],
    }
    assert list(groups_of(people, SETTINGS)) == ["age"]


def test_groups_that_are_long_codes_stay_apart():
    people = pd.DataFrame(
        {"participant_id": list("abcd"), "scanner": [1234567.0, 1234568.0, 1234568.0, np.nan]}
    )
    found = groups_of(people, SETTINGS | {"columns": ["scanner"]})["scanner"]
    assert list(found) == ["1234567", "1234568", "1234568", UNKNOWN]


# ---------------------------------------------------------------- numbers
def test_frozen_models_are_scored_as_by_scikit_learn(run):
    people, _, _, _, scores, table = run
    for cohort in ("north", "saline"):
        rows = people[cohort]
        decision = scores.loc[scores["cohort"] == cohort, "decision"].to_numpy()
        for variable, values in (
            ("sex", rows["sex"]),
            ("site", rows["site"]),
            ("age", rows["age"].map(lambda age: age_band(age, [30, 45, 60]))),
        ):
            for name in values.unique():
                inside = (values == name).to_numpy()
                label = rows.loc[inside, "label"].to_numpy()
                found = of_group(table, cohort, variable, name)
                assert set(found["aggregation"]) == {"frozen_model"}
                assert set(found["n"]) == {inside.sum()}
                if min(label.sum(), (1 - label).sum()) < 5:
                    # How few people fared is not told.
                    assert found[["n_positive", "estimate", "ci_low"]].isna().all(axis=None)
                    continue
                assert set(found["n_positive"]) == {label.sum()}
                for metric in METRICS:
                    expected = SKLEARN[metric](label, decision[inside])
                    assert found.loc[metric, "estimate"] == pytest.approx(expected)
                positive = label == 1
                right = (decision[inside][positive] > 0).sum()
                limits = proportion_confint(right, positive.sum(), method="wilson")
                row = found.loc["sensitivity"]
                np.testing.assert_allclose(row[["ci_low", "ci_high"]].astype(float), limits)
                assert row["ci_method"] == "wilson"


def test_cross_validated_groups_are_means_over_repeats(run):
    people, decision, _, labels, _, table = run
    rows = people["trial"]
    for sex in "FM":
        inside = (rows["sex"] == sex).to_numpy()
        found = of_group(table, "trial", "sex", sex)
        assert set(found["aggregation"]) == {"mean_over_repeats"}
        for metric in METRICS:
            each = [SKLEARN[metric](labels[0, inside], d[inside]) for d in decision[0]]
            assert found.loc[metric, "estimate"] == pytest.approx(np.mean(each))


def test_cross_validated_intervals_are_widened_by_the_factor_of_the_group(run):
    people, decision, fold, labels, _, table = run
    inside = (people["trial"]["sex"] == "F").to_numpy()
    women = Cohort.of(people["trial"][inside])
    fold = np.broadcast_to(fold, decision.shape)
    estimate, error, inflation = {}, {}, {}
    for metric in METRICS:
        values, errors = with_standard_errors(
            metric,
            "mean_over_repeats",
            decision[:, :, inside],
            fold[:, :, inside],
            labels[:, inside],
            women,
        )
        estimate[metric], error[metric] = values[0], errors[0]
        # By hand: spread of the null over the naive standard error.
        inflation[metric] = np.std(values[1:], ddof=1) / np.sqrt(np.mean(errors[1:] ** 2))
        inflation[metric] = max(1.0, inflation[metric])
    assert inflation["auc"] > 1.1
    limits = null_inflated_intervals(estimate, error, inflation, women.n_positive, women.n_negative)
    found = of_group(table, "trial", "sex", "F")
    for metric in METRICS:
        row = found.loc[metric]
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(limits[metric])
        assert row["ci_method"] == "null_inflated"


def test_permutations_without_a_class_in_the_group_are_not_counted():
    people, decision, fold, labels, scores = made_up()
    people["trial"]["sex"] = "F"
    rows = people["trial"]
    men = [*rows.index[rows["label"] == 1][:5], *rows.index[rows["label"] == 0][:5]]
    people["trial"].loc[men, "sex"] = "M"
    before = table_of(people, decision, fold, labels, scores)
    # Further permutations that give all men one class.
    labels, decision = labels.repeat(2, axis=0)[1:], decision.repeat(2, axis=0)[1:]
    labels[1:40:2, men] = 1
    labels[:1] = people["trial"]["label"]
    kept = [0, *range(2, 40, 2), *range(40, len(labels))]
    expected = table_of(people, decision[kept], fold, labels[kept], scores)
    found = table_of(people, decision, fold, labels, scores)
    pd.testing.assert_frame_equal(
        of_group(found, "trial", "sex", "M"), of_group(expected, "trial", "sex", "M")
    )
    assert of_group(found, "trial", "sex", "M")["ci_low"].notna().all()
    assert before.shape == found.shape


def test_people_held_out_are_independent(run):
    people, decision, fold, labels, scores, _ = run
    config = {**CONFIG, "cross_validation": {"outer": "held_out"}}
    table = table_of(people, decision[:, :1], fold[:1], labels, scores, config)
    found = of_group(table, "trial", "sex", "F")
    assert set(found["aggregation"]) == {"mean_over_repeats"}
    assert found["ci_method"].to_dict() == {
        "balanced_accuracy": "mover_wilson",
        "sensitivity": "wilson",
        "specificity": "wilson",
        "auc": "delong_logit",
    }
    inside = (people["trial"]["sex"] == "F").to_numpy()
    expected = roc_auc_score(labels[0, inside], decision[0, 0, inside])
    assert found.loc["auc", "estimate"] == pytest.approx(expected)


def test_the_difference_is_given_where_there_are_two_groups(run):
    *_, table = run
    found = of_group(table, "north", "sex", "F", "M")
    women, men = of_group(table, "north", "sex", "F"), of_group(table, "north", "sex", "M")
    assert set(found["ci_method"]) == {DIFFERENCE}
    np.testing.assert_allclose(found["estimate"], women["estimate"] - men["estimate"])
    assert set(found["n"]) == {80}
    assert (found["ci_low"] < found["estimate"]).all()
    assert (found["estimate"] < found["ci_high"]).all()
    assert table.loc[table["variable"] != "sex", "reference"].isna().all()
    assert list(table) == SUBGROUP_COLUMNS


def test_differences_of_shares_are_newcombes_as_in_statsmodels(run):
    people, _, _, _, scores, table = run
    own = people["north"]
    decision = scores.loc[scores["cohort"] == "north", "decision"].to_numpy()
    found = of_group(table, "north", "sex", "F", "M")
    for metric, truth, right in (
        ("sensitivity", 1, decision > 0),
        ("specificity", 0, decision <= 0),
    ):
        counts = []
        for sex in ("F", "M"):
            rows = ((own["sex"] == sex) & (own["label"] == truth)).to_numpy()
            counts += [right[rows].sum(), rows.sum()]
        limits = confint_proportions_2indep(*counts, method="newcomb")
        assert found.loc[metric, ["ci_low", "ci_high"]].tolist() == pytest.approx(limits)


def test_the_interval_of_a_difference_covers_where_there_is_none():
    rng, n = np.random.default_rng(11), 60
    covered = {"balanced_accuracy": 0, "auc": 0}
    about = {"model": "svc", "cohort": "north", "role": "external"}
    settings = {"columns": ["sex"], "age_bands": [30]}
    for _ in range(300):
        label, sex = np.arange(n) % 2, np.where(np.arange(n) % 4 < 2, "F", "M")
        rows = pd.DataFrame({"participant_id": np.arange(n).astype(str), "label": label})
        decision = rng.normal(size=n) + label - 0.5
        table = frozen_subgroups(rows.assign(sex=sex), decision, about, settings, 5)
        found = of_group(table, "north", "sex", "F", "M")
        for metric in covered:
            low, high = found.loc[metric, ["ci_low", "ci_high"]]
            covered[metric] += low <= 0 <= high
    # 95 % of 300: the central 99.9 % of the binomial begins at 272; wider intervals may cover more.
    assert min(covered.values()) >= 272, covered


def test_external_cohorts_are_also_taken_together_but_not_by_site(run):
    people, _, _, _, scores, table = run
    pooled = table[table["cohort"] == "external_pooled"]
    assert set(pooled["variable"]) == {"sex", "age"}
    both = pd.concat([people["north"], people["south"]], ignore_index=True)
    decision = scores.loc[scores["cohort"].isin(["north", "south"]), "decision"].to_numpy()
    inside = (both["sex"] == "F").to_numpy()
    found = of_group(table, "external_pooled", "sex", "F")
    # Each woman is compared with the women of her own study; studies weigh by their pairs.
    area, pairs, n_north = [], [], len(people["north"])
    for study in (np.arange(len(both)) < n_north, np.arange(len(both)) >= n_north):
        rows = inside & study
        own = both.loc[rows, "label"]
        area.append(roc_auc_score(own, decision[rows]))
        pairs.append((own == 1).sum() * (own == 0).sum())
    assert found.loc["auc", "estimate"] == pytest.approx(np.average(area, weights=pairs))
    assert set(pooled["aggregation"]) == {"within_cohorts"}
    # People of the two studies have the same identifiers.
    assert set(found["n"]) == {inside.sum()}


def test_small_groups_have_no_number():
    people, decision, fold, labels, scores = made_up()
    for cohort in ("trial", "north"):
        rows = people[cohort]
        rows["sex"] = "F"
        rows.loc[rows.index[rows["label"] == 1][:20], "sex"] = "M"
        rows.loc[rows.index[rows["label"] == 0][:4], "sex"] = "M"
    table = table_of(people, decision, fold, labels, scores)
    for cohort in ("trial", "north"):
        for group, reference in (("M", None), ("F", "M")):
            found = of_group(table, cohort, "sex", group, reference)
            assert set(found["ci_method"]) == {NotComputed.SMALL_CLASS}
            assert found[["estimate", "ci_low", "ci_high"]].isna().all(axis=None)
        men = of_group(table, cohort, "sex", "M")
        assert set(men["n"]) == {24}
        assert of_group(table, cohort, "sex", "F")["estimate"].notna().all()


def test_people_of_whom_nothing_is_known_are_a_group_that_is_not_compared():
    people, decision, fold, labels, scores = made_up()
    people["north"].loc[:29, "sex"] = np.nan
    people["trial"]["sex"] = "F"
    table = table_of(people, decision, fold, labels, scores)
    found = table[(table["cohort"] == "north") & (table["variable"] == "sex")]
    assert found["group"].drop_duplicates().tolist() == ["F", "M", UNKNOWN]
    assert set(found["reference"].dropna()) == {"M"}
    assert not ((table["cohort"] == "trial") & (table["variable"] == "sex")).any()


def test_visits_count_as_people():
    """Every row twice changes no number of people and no estimate or interval of a frozen model."""
    people, decision, fold, labels, scores = made_up()
    once = table_of(people, decision, fold, labels, scores)
    twice = people | {"north": people["north"].loc[people["north"].index.repeat(2)]}
    doubled = pd.concat(
        [
            rows.loc[rows.index.repeat(2 if name == "north" else 1)]
            for name, rows in scores.groupby("cohort", sort=False)
        ]
    )
    again = table_of(twice, decision, fold, labels, doubled)
    pd.testing.assert_frame_equal(again, once, rtol=1e-9)


def test_without_variables_there_is_a_header():
    people, decision, fold, labels, scores = made_up()
    bare = {name: rows[["participant_id", "label"]] for name, rows in people.items()}
    table = table_of(bare, decision, fold, labels, scores)
    assert list(table) == SUBGROUP_COLUMNS
    assert table.empty
