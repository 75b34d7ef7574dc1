"""Operating points: by hand and against scikit-learn and statsmodels."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from scored_cohort import OUTCOME, PROBABILITY, scored
from sklearn.metrics import class_likelihood_ratios, confusion_matrix
from statsmodels.stats.proportion import confint_proportions_2indep

from mri_response.core.proportions import wilson
from mri_response.evaluation.intervals import mover_balanced_accuracy
from mri_response.evaluation.operating_points import (
    OPERATING_POINT_COLUMNS,
    POINT_METRICS,
    Recalls,
    inflation,
    operating_point_table,
    point_metrics,
    ratio_interval,
)


def performance(null_inflated=(0.5, 0.8), naive=(0.6, 0.75)):
    rows = [
        ("balanced_accuracy", "mean_over_repeats", "null_inflated", *null_inflated),
        ("balanced_accuracy", "mean_over_repeats", "naive_bootstrap", *naive),
        ("balanced_accuracy", "person", "null_inflated", 0.0, 1.0),
        ("auc", "mean_over_repeats", "null_inflated", 0.0, 1.0),
    ]
    columns = ["metric", "aggregation", "ci_method", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns).assign(operating_point="zero")


def metrics_of(true_positive, n_positive, true_negative, n_negative, prevalence=0.4):
    recalls = [
        (k / n, *map(float, wilson(k, n)))
        for k, n in ((true_positive, n_positive), (true_negative, n_negative))
    ]
    return point_metrics(Recalls(*recalls), prevalence)


def test_likelihood_ratios_and_predictive_values():
    said = PROBABILITY > 0.5
    table = operating_point_table(
        "svc", [scored()], performance(), prevalence=None, min_class_size=5
    )
    row = table.set_index("metric")["estimate"]
    positive, negative = class_likelihood_ratios(OUTCOME, said)
    assert row["likelihood_ratio_positive"] == pytest.approx(positive)
    assert row["likelihood_ratio_negative"] == pytest.approx(negative)
    # At the cohort's own share of positives, Bayes' theorem gives what is counted.
    (tn, fp), (fn, tp) = confusion_matrix(OUTCOME, said)
    assert row["ppv"] == pytest.approx(tp / (tp + fp))
    assert row["npv"] == pytest.approx(tn / (tn + fn))
    assert row["predictive_summary_index"] == pytest.approx(tp / (tp + fp) + tn / (tn + fn) - 1)
    assert row["number_needed_to_predict"] == pytest.approx(1 / row["predictive_summary_index"])
    assert row["sensitivity"] == tp / (tp + fn)
    assert row["balanced_accuracy"] == pytest.approx((tp / (tp + fn) + tn / (tn + fp)) / 2)


def test_intervals_that_follow_from_sensitivity_and_specificity():
    metrics = metrics_of(20, 26, 18, 25)
    low, high = mover_balanced_accuracy(20, 26, 18, 25)
    assert metrics["balanced_accuracy"][1:3] == pytest.approx((low, high))
    assert metrics["sensitivity"][1:3] == pytest.approx(wilson(20, 26))
    # The limits of predictive values are those of the likelihood ratios.
    odds = 0.4 / 0.6
    ppv = [odds * ratio / (1 + odds * ratio) for ratio in metrics["likelihood_ratio_positive"][:3]]
    assert metrics["ppv"][:3] == pytest.approx(ppv)
    npv = [1 / (1 + odds * r) for r in metrics["likelihood_ratio_negative"][:3]]
    assert metrics["npv"][:3] == pytest.approx((npv[0], npv[2], npv[1]))
    index = metrics["predictive_summary_index"]
    assert index[0] == pytest.approx(ppv[0] + npv[0] - 1)
    assert index[1] < index[0] < index[2]
    assert metrics["number_needed_to_predict"][:3] == pytest.approx(
        (1 / index[0], 1 / index[2], 1 / index[1])
    )


@pytest.mark.parametrize("counts", [(20, 26, 18, 25), (8, 13, 9, 13), (40, 52, 10, 47)])
def test_intervals_of_ratios_are_close_to_the_score_interval(counts):
    """The score interval of a ratio by statsmodels (Miettinen and Nurminen)."""
    tp, n_1, tn, n_0 = counts
    metrics = metrics_of(*counts)
    for name, above, below in (
        ("likelihood_ratio_positive", (tp, n_1), (n_0 - tn, n_0)),
        ("likelihood_ratio_negative", (n_1 - tp, n_1), (tn, n_0)),
    ):
        expected = confint_proportions_2indep(*above, *below, compare="ratio", method="score")
        np.testing.assert_allclose(np.log(metrics[name][1:3]), np.log(expected), atol=0.09)


def test_intervals_of_ratios_and_predictive_values_cover():
    """Exact coverage at 26 + 25 people, over all outcomes."""
    n_1, n_0, sensitivity, specificity, prevalence = 26, 25, 0.7, 0.65, 0.4
    ppv = prevalence * sensitivity / (prevalence * sensitivity + (1 - prevalence) * 0.35)
    npv = 0.6 * specificity / (0.6 * specificity + prevalence * 0.3)
    truth = {
        "likelihood_ratio_positive": sensitivity / (1 - specificity),
        "likelihood_ratio_negative": (1 - sensitivity) / specificity,
        "ppv": ppv,
        "npv": npv,
        "predictive_summary_index": ppv + npv - 1,
    }
    covered = dict.fromkeys(truth, 0.0)
    for tp in range(n_1 + 1):
        for tn in range(n_0 + 1):
            chance = binom.pmf(tp, n_1, sensitivity) * binom.pmf(tn, n_0, specificity)
            if chance < 1e-7:
                continue
            metrics = metrics_of(tp, n_1, tn, n_0, prevalence)
            for name, value in truth.items():
                covered[name] += chance * (metrics[name][1] <= value <= metrics[name][2])
    for name, share in covered.items():
        assert 0.93 < share < 0.97, (name, share)


def test_ratios_with_empty_cells():
    metrics = metrics_of(10, 13, 13, 13)  # nobody falsely positive
    assert (
        metrics["likelihood_ratio_positive"][0] == metrics["likelihood_ratio_positive"][2] == np.inf
    )
    assert 1 < metrics["likelihood_ratio_positive"][1] < np.inf
    assert metrics["ppv"][0] == metrics["ppv"][2] == 1.0
    assert 0.4 < metrics["ppv"][1] < 1
    metrics = metrics_of(13, 13, 10, 13)  # nobody missed
    assert metrics["likelihood_ratio_negative"][:2] == (0.0, 0.0)
    assert 0 < metrics["likelihood_ratio_negative"][2] < 1
    assert metrics["npv"][0] == 1.0
    metrics = metrics_of(0, 13, 13, 13)  # always no: nobody is predicted positive
    assert np.isnan(metrics["likelihood_ratio_positive"][:3]).all()
    assert np.isnan(metrics["ppv"][:3]).all()
    assert np.isnan(metrics["predictive_summary_index"][:3]).all()
    assert np.isnan(metrics["number_needed_to_predict"][:3]).all()
    assert metrics["likelihood_ratio_negative"][0] == 1.0
    # An upper limit at exactly twice the estimate is no special case.
    assert ratio_interval((0.5, 0.3, 0.7), (0.25, 0.1, 0.5))[1] == pytest.approx(
        ratio_interval((0.5, 0.3, 0.7), (0.25, 0.1, 0.5 - 1e-9))[1], rel=1e-6
    )


def test_number_needed_to_predict_at_chance():
    metrics = metrics_of(13, 26, 13, 26)
    assert metrics["predictive_summary_index"][0] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(metrics["number_needed_to_predict"][:3]).all()
    estimate, low, high, _ = metrics_of(15, 26, 15, 26)["number_needed_to_predict"]
    assert 1 < low < estimate < high == np.inf


def test_the_stated_prevalence_moves_predictive_values_alone():
    own, stated = (
        operating_point_table(
            "svc", [scored()], performance(), prevalence=prevalence, min_class_size=5
        ).set_index("metric")
        for prevalence in (None, 0.1)
    )
    assert set(own["prevalence_from"]) == {"cohort"}
    assert set(own["prevalence"]) == {OUTCOME.mean()}
    assert (set(stated["prevalence_from"]), set(stated["prevalence"])) == ({"config"}, {0.1})
    assert stated.loc["ppv", "estimate"] < own.loc["ppv", "estimate"]
    assert stated.loc["npv", "estimate"] > own.loc["npv", "estimate"]
    same = [m for m in POINT_METRICS if m[:3] in ("sen", "spe", "bal", "lik")]
    pd.testing.assert_series_equal(own.loc[same, "ci_high"], stated.loc[same, "ci_high"])


def test_cross_validated_intervals_stand_naive_and_inflated():
    home = scored(np.stack([PROBABILITY, PROBABILITY**2]), cohort="home", zero=0.4, strict=0.6)
    tiny = scored(PROBABILITY[:20], np.arange(20) < 4, cohort="tiny", zero=0.4, strict=0.6)
    tables = [home, scored(zero=0.4, strict=0.6), tiny]
    table = operating_point_table("svc", tables, performance(), prevalence=None, min_class_size=5)
    assert list(table.columns) == OPERATING_POINT_COLUMNS
    at = table[(table["cohort"] == "home") & (table["metric"] == "sensitivity")]
    at = at[at["operating_point"] == "strict"].set_index("ci_method")
    said = home.probability > 0.6
    recall = said[:, OUTCOME == 1].mean()
    n = OUTCOME.sum()
    np.testing.assert_allclose(at["estimate"], recall)
    assert at.loc["naive_wilson", ["ci_low", "ci_high"]].tolist() == pytest.approx(
        wilson(recall * n, n)
    )
    n = n / inflation(performance()) ** 2
    limits = at.loc["null_inflated_wilson", ["ci_low", "ci_high"]].tolist()
    assert limits == pytest.approx(wilson(recall * n, n))
    np.testing.assert_allclose(at["threshold"], 0.6)
    away = table[table["cohort"] == "away"]
    assert set(away["ci_method"]) == {"wilson", "mover_wilson"}
    assert len(away) == 2 * len(POINT_METRICS)
    small = table[table["cohort"] == "tiny"]
    assert (small["ci_method"] == "not_computed_small_class").all()
    assert small[["estimate", "ci_low", "ci_high"]].isna().all(axis=None)


def test_the_own_rule_of_the_model_has_the_intervals_of_performance():
    home = scored(np.stack([PROBABILITY, PROBABILITY**2]), cohort="home", zero=0.4, strict=0.6)
    table = operating_point_table("svc", [home], performance(), prevalence=None, min_class_size=5)
    at = table[table["metric"] == "balanced_accuracy"].set_index(["operating_point", "ci_method"])
    own = at.loc["zero", ["ci_low", "ci_high"]]
    assert own.loc["null_inflated"].tolist() == [0.5, 0.8]
    assert own.loc["naive_bootstrap"].tolist() == [0.6, 0.75]
    assert list(at.loc["strict"].index) == ["null_inflated_mover_wilson", "naive_mover_wilson"]


def test_inflation_is_the_ratio_of_widths():
    def width(low, high):
        return np.log(high / (1 - high)) - np.log(low / (1 - low))

    expected = width(0.5, 0.8) / width(0.6, 0.75)
    assert inflation(performance()) == pytest.approx(expected)
    assert inflation(performance(naive=(0.4, 0.9))) == 1.0
    # As read from the table: text, and no interval where there are few permutations.
    assert inflation(performance().astype(str)) == pytest.approx(expected)
    assert np.isnan(inflation(performance(null_inflated=(np.nan, np.nan))))
    assert np.isnan(inflation(performance().iloc[1:]))


def test_without_inflation_only_naive_limits():
    table = operating_point_table(
        "svc", [scored(np.stack([PROBABILITY] * 2))], performance().iloc[1:], prevalence=None,
        min_class_size=5,
    )  # fmt: skip
    inflated = table["ci_method"].str.startswith("null_inflated")
    assert table.loc[inflated, ["ci_low", "ci_high"]].isna().all(axis=None)
    assert table.loc[~inflated, ["ci_low", "ci_high"]].notna().all(axis=None)
    assert table.loc[inflated, "estimate"].tolist() == table.loc[~inflated, "estimate"].tolist()
