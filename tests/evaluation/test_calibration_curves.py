"""Calibration against scikit-learn and statsmodels."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from scipy.stats import t as student
from sklearn.metrics import brier_score_loss
from statsmodels.nonparametric.smoothers_lowess import lowess

from mri_response.evaluation.calibration import (
    CALIBRATION_COLUMNS,
    CURVE,
    CURVE_POINTS,
    METRICS,
    SPAN,
    calibration_curve,
    calibration_metrics,
    calibration_table,
)
from mri_response.evaluation.scored import Scored
from mri_response.people.rows import person_weights


def scored(n=60, seed=0, repeats=1, rows=1, slope=0.7, cohort="away", positive=None) -> Scored:
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n), rng.integers(1, rows + 1, n))
    linear = rng.normal(size=len(person))
    labels = (rng.random(len(person)) < expit(0.3 + slope * linear)).astype(int)
    if positive is not None:
        labels = (np.arange(len(person)) < positive).astype(int)
    weights, person = person_weights(person)
    probability = expit(linear + 0.3 * rng.normal(size=(repeats, len(person))))
    role = "discovery" if repeats > 1 else "external"
    aggregation = "mean_over_repeats" if repeats > 1 else "frozen_model"
    return Scored(
        labels, weights, person, cohort, role, aggregation, repeats > 1, probability, {}, {}
    )


def glm(cohort: Scored, design, offset=None):
    """Logistic regression with people as clusters; weights are those of rows."""
    model = sm.GLM(
        cohort.labels,
        design,
        offset=offset,
        family=sm.families.Binomial(),
        freq_weights=cohort.weights,
    )
    clusters = {"groups": cohort.person, "use_correction": False}
    return model.fit(tol=1e-12, cov_type="cluster", cov_kwds=clusters)


@pytest.mark.filterwarnings("ignore:cov_type not fully supported")
@pytest.mark.parametrize("rows", [1, 3])
def test_metrics_of_a_frozen_model(rows):
    cohort = scored(rows=rows)
    metrics = calibration_metrics(cohort)
    probability, n = cohort.probability[0], cohort.n
    brier = brier_score_loss(cohort.labels, probability, sample_weight=cohort.weights)
    assert metrics["brier"][0] == pytest.approx(brier, rel=1e-12)
    share = np.average(cohort.labels, weights=cohort.weights)
    reference = brier_score_loss(
        cohort.labels, np.full(len(probability), share), sample_weight=cohort.weights
    )
    assert metrics["brier_prevalence"][0] == pytest.approx(reference)
    assert metrics["scaled_brier"][0] == pytest.approx(1 - brier / reference)
    linear = logit(probability)
    large = glm(cohort, np.ones(len(linear)), offset=linear)
    slope = glm(cohort, np.column_stack([linear, np.ones(len(linear))]))
    for name, fit, learned in (
        ("calibration_in_the_large", large, 1),
        ("calibration_slope", slope, 2),
    ):
        half = student.ppf(0.975, n - learned) * fit.bse[0] * np.sqrt(n / (n - learned))
        expected = fit.params[0], fit.params[0] - half, fit.params[0] + half
        np.testing.assert_allclose(metrics[name], expected, rtol=1e-7)


@pytest.mark.filterwarnings("ignore:cov_type not fully supported")
def test_several_cohorts_have_an_intercept_each_and_their_own_share():
    parts = [scored(n=40, seed=1), scored(n=50, seed=2)]
    # Probabilities are lifted in the first cohort, where most people are negative.
    linear = [
        logit(part.probability[0]) + shift for part, shift in zip(parts, (2, -1), strict=True)
    ]
    cohort = Scored(
        np.concatenate([part.labels for part in parts]), np.ones(90), np.arange(90),
        "external_pooled", "external", "frozen_model", False, expit(np.concatenate(linear))[None],
        {}, {}, stratum=np.repeat(["a", "b"], [40, 50]),
    )  # fmt: skip
    metrics = calibration_metrics(cohort)
    own = np.repeat([part.labels.mean() for part in parts], [40, 50])
    reference = brier_score_loss(cohort.labels, own)
    assert metrics["brier_prevalence"][0] == pytest.approx(reference)
    brier = brier_score_loss(cohort.labels, cohort.probability[0])
    assert metrics["brier"][0] == pytest.approx(brier)
    assert metrics["scaled_brier"][0] == pytest.approx(1 - brier / reference)
    joined = np.concatenate(linear)
    design = np.column_stack([joined, cohort.stratum == "a", cohort.stratum == "b"])
    fit = glm(cohort, design.astype(float))
    half = student.ppf(0.975, 87) * fit.bse[0] * np.sqrt(90 / 87)
    expected = fit.params[0], fit.params[0] - half, fit.params[0] + half
    np.testing.assert_allclose(metrics["calibration_slope"], expected, rtol=1e-7)
    one_intercept = glm(cohort, np.column_stack([joined, np.ones(90)])).params[0]
    assert abs(one_intercept - fit.params[0]) > 0.2
    table = calibration_table("svc", [cohort], seed=1, min_class_size=5)
    assert set(table["aggregation"]) == {"within_cohorts"}


def test_the_interval_of_the_brier_score_is_that_of_a_mean():
    cohort = scored()
    errors = (cohort.probability[0] - cohort.labels) ** 2
    half = student.ppf(0.975, 59) * errors.std(ddof=1) / np.sqrt(60)
    expected = errors.mean(), errors.mean() - half, errors.mean() + half
    np.testing.assert_allclose(calibration_metrics(cohort)["brier"], expected)


def test_the_interval_of_the_scaled_brier_score_is_that_of_the_jackknife():
    cohort = scored(n=400)
    probability, labels = cohort.probability[0], cohort.labels

    def scaled(keep):
        share = labels[keep].mean()
        return 1 - np.mean((probability[keep] - labels[keep]) ** 2) / (share * (1 - share))

    left_out = np.array([scaled(np.arange(400) != i) for i in range(400)])
    error = np.sqrt(399 / 400 * ((left_out - left_out.mean()) ** 2).sum())
    estimate, low, high = calibration_metrics(cohort)["scaled_brier"]
    assert estimate == pytest.approx(scaled(np.ones(400, dtype=bool)))
    assert (high - low) / 2 == pytest.approx(student.ppf(0.975, 399) * error, rel=0.01)


def test_of_cross_validation_the_mean_over_repeats():
    cohort = scored(repeats=3)
    parts = [replace(cohort, probability=one[None]) for one in cohort.probability]
    single = [calibration_metrics(part) for part in parts]
    for name, (estimate, low, high) in calibration_metrics(cohort).items():
        assert estimate == pytest.approx(np.mean([one[name][0] for one in single]))
        if name != "brier_prevalence":
            # Repeats hold the same people: averaging them leaves most of the width.
            widths = [one[name][2] - one[name][1] for one in single]
            assert 0.7 * np.mean(widths) < high - low <= np.mean(widths)


def test_separated_and_equal_probabilities_have_no_slope():
    labels = np.repeat([0, 1], 10)
    for probability in (0.2 + 0.6 * labels, np.full(20, 0.4)):
        cohort = Scored(
            labels, np.ones(20), np.arange(20), "a", "external", "frozen_model", False,
            probability[None], {}, {},
        )  # fmt: skip
        metrics = calibration_metrics(cohort)
        assert np.isnan(metrics["calibration_slope"]).all()
        assert np.isfinite(metrics["calibration_in_the_large"]).all()
        table = calibration_table("svc", [cohort], seed=1, min_class_size=5)
        row = table.set_index("metric").loc["calibration_slope"]
        assert row["ci_method"] == "not_estimable"
    assert len(calibration_curve(cohort, np.random.default_rng(0))) == 0


def test_a_probability_of_one_is_no_error():
    cohort = scored()
    cohort.probability[0, :2] = [0.0, 1.0]
    assert np.isfinite(calibration_metrics(cohort)["calibration_in_the_large"]).all()


# ------------------------------------------------------------ curve
def test_the_curve_is_that_of_lowess():
    cohort = scored(n=80)
    curve = calibration_curve(cohort, np.random.default_rng(0))
    assert curve.shape == (CURVE_POINTS, 4)
    probability = cohort.probability[0]
    expected = lowess(cohort.labels, probability, frac=SPAN, it=0, xvals=curve[:, 0])
    np.testing.assert_allclose(curve[:, 1], np.clip(expected, 0, 1), atol=1e-9)
    assert (curve[0, 0], curve[-1, 0]) == (probability.min(), probability.max())


def test_the_band_is_a_bootstrap_of_people():
    cohort = scored(n=80, rows=3)
    curve = calibration_curve(cohort, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    at = curve[::10, 0]
    probability, draws = cohort.probability[0], []
    distance = np.abs(probability - at[:, None])
    width = np.sort(distance, axis=1)[:, int(np.ceil(SPAN * len(probability))) - 1]
    for _ in range(400):
        counts = np.bincount(rng.integers(0, cohort.n, cohort.n), minlength=cohort.n)
        draws.append([])
        for point, reach, away in zip(at, width, distance, strict=True):
            tricube = np.clip(1 - (away / reach) ** 3, 0, None) ** 3
            weights = tricube * cohort.weights * counts[cohort.person]
            design = sm.add_constant(probability - point)
            draws[-1].append(sm.WLS(cohort.labels, design, weights=weights).fit().params[0])
    low, high = np.quantile(np.clip(draws, 0, 1), [0.025, 0.975], axis=0)
    np.testing.assert_allclose(curve[::10, 2], low, atol=0.06)
    np.testing.assert_allclose(curve[::10, 3], high, atol=0.06)


def test_two_rows_of_a_person_are_one_person():
    cohort = scored(n=50)
    twice = Scored(
        np.repeat(cohort.labels, 2), np.full(100, 0.5), np.repeat(cohort.person, 2), "away",
        "external", "frozen_model", False, np.repeat(cohort.probability, 2, axis=1), {}, {},
    )  # fmt: skip
    for metric, limits in calibration_metrics(cohort).items():
        np.testing.assert_allclose(calibration_metrics(twice)[metric], limits, rtol=1e-9)
    curves = [calibration_curve(c, np.random.default_rng(2)) for c in (cohort, twice)]
    np.testing.assert_allclose(curves[0][:, 2:], curves[1][:, 2:], atol=0.03)


# ------------------------------------------------------------ the table
def test_the_table_names_methods_and_small_cohorts():
    cohorts = [scored(repeats=2, cohort="home"), scored(), scored(cohort="tiny", positive=4)]
    table = calibration_table("svc", cohorts, seed=1, min_class_size=5)
    assert list(table.columns) == CALIBRATION_COLUMNS
    home, away, tiny = (table[table["cohort"] == c] for c in ("home", "away", "tiny"))
    assert set(home["ci_method"].dropna()) == {"naive_sandwich", "naive_bootstrap"}
    assert set(away["ci_method"].dropna()) == {"sandwich", "bootstrap"}
    assert tiny["metric"].tolist() == [*METRICS, CURVE]
    assert (tiny["ci_method"] == "not_computed_small_class").all()
    assert tiny[["estimate", "ci_low", "ci_high"]].isna().all(axis=None)
    yardstick = away[away["metric"] == "brier_prevalence"]
    assert yardstick[["ci_low", "ci_high", "ci_method"]].isna().all(axis=None)
    curve = away[away["metric"] == CURVE]
    assert len(curve) == CURVE_POINTS
    assert (curve["ci_low"] <= curve["estimate"]).mean() > 0.9
    assert curve["probability"].is_monotonic_increasing
    again = calibration_table("svc", cohorts, seed=1, min_class_size=5)
    assert table.equals(again)
