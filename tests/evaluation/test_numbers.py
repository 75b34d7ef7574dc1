"""Metrics of predicted numbers: against scikit-learn, statsmodels, resampling and simulation."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from mri_response.core.vocabulary import Null, Role
from mri_response.evaluation.numbers.metrics import METRICS, Predicted, estimates
from mri_response.evaluation.numbers.performance import (
    cross_validated_numbers,
    exchanged_outcomes,
    interval,
    performance_elsewhere,
    performance_of_discovery,
    resampled_factor,
)
from mri_response.evaluation.numbers.specificity import ArmRows, robust_t, specificity_rows
from mri_response.learning.decisions import Decisions

N, REPEATS = 60, 3


def made_up(n=N, repeats=REPEATS, seed=0, outcomes=1):
    rng = np.random.default_rng(seed)
    outcome = rng.normal(size=(outcomes, n)) * 3 + 10
    noise = rng.normal(size=(outcomes, repeats, n))
    predicted = 10 + 0.5 * (outcome[:, None] - 10) + noise
    reduced = 10 + 0.1 * (outcome[:, None] - 10) + 0.2 * noise
    mean = np.full((outcomes, repeats, n), 10.2)
    return Predicted(outcome, predicted, reduced, mean, np.ones(n), np.arange(n))


def test_metrics_are_those_of_scikit_learn_and_scipy():
    given = made_up()
    outcome = given.outcome[0]

    def mean_of(function, predictions):
        return np.mean([function(outcome, one) for one in predictions[0]])

    def against_training_mean(y, predicted):
        # r2_score is against the mean of the tested people.
        total = np.mean((y - 10.2) ** 2) / np.var(y)
        return 1 - (1 - r2_score(y, predicted)) / total

    full = mean_of(against_training_mean, given.predicted)
    alone = mean_of(against_training_mean, given.reduced)
    error, error_alone = (
        mean_of(mean_absolute_error, one) for one in (given.predicted, given.reduced)
    )
    slope = mean_of(lambda y, x: sm.OLS(y, sm.add_constant(x)).fit().params[1], given.predicted)
    expected = {
        "r2": full,
        "r2_reduced": alone,
        "r2_gain": full - alone,
        "mae": error,
        "mae_reduced": error_alone,
        "mae_gain": error_alone - error,
        "rmse": mean_of(root_mean_squared_error, given.predicted),
        "r": mean_of(lambda y, x: pearsonr(y, x)[0], given.predicted),
        "calibration_slope": slope,
    }
    assert set(expected) == set(METRICS)
    for metric, value in expected.items():
        assert estimates(metric, given).value[0] == pytest.approx(value, abs=1e-12), metric


@pytest.mark.parametrize("metric", METRICS)
def test_standard_errors_are_those_of_leaving_people_out(metric):
    given = made_up(n=200)
    left_out = []
    for person in range(200):
        keep = np.arange(200) != person
        arrays = [array[..., keep] for array in given[:4]]
        one = Predicted(*arrays, np.ones(199), np.arange(199))
        left_out.append(estimates(metric, one).value[0])
    jackknife = np.sqrt(199 * np.var(left_out))
    assert estimates(metric, given).error[0] == pytest.approx(jackknife, rel=0.03)


def test_a_person_with_two_rows_counts_once():
    given = made_up()
    twice = np.r_[np.arange(N), 0]
    arrays = [array[..., twice] for array in given[:4]]
    weights = np.ones(N + 1)
    weights[[0, N]] = 0.5
    both = Predicted(*arrays, weights, twice)
    for metric in METRICS:
        np.testing.assert_allclose(estimates(metric, both), estimates(metric, given), atol=1e-12)


def test_the_training_mean_is_that_of_the_other_folds():
    people = pd.DataFrame({"participant_id": list("abcdef"), "label": [1.0, 2, 3, 4, 5, 9]})
    labels = np.array([[1.0, 2, 3, 4, 5, 9], [9, 5, 4, 3, 2, 1]])
    fold = np.broadcast_to(np.array([1, 1, 2, 2, 3, 3]), (2, 1, 6))
    values = np.zeros((2, 1, 6))
    decisions = Decisions(values, fold, fold, labels, reduced=values)
    mean = cross_validated_numbers(people, decisions).mean
    np.testing.assert_allclose(mean[0, 0], [5.25, 5.25, 4.25, 4.25, 2.5, 2.5])
    np.testing.assert_allclose(mean[1, 0], [2.5, 2.5, 4.25, 4.25, 5.25, 5.25])


def folded(n_people, folds, repeats=2, outcomes=20):
    """Predictions of people in equal folds, under some outcomes."""
    rng = np.random.default_rng(9)
    outcome = rng.normal(size=(outcomes, n_people))
    values = 0.5 * outcome[:, None] + rng.normal(size=(outcomes, repeats, n_people))
    fold = np.broadcast_to(1 + np.arange(n_people) % folds, values.shape)
    people = pd.DataFrame({"participant_id": [f"sub-{i:03d}" for i in range(n_people)]})
    decisions = Decisions(values, fold, fold, outcome, reduced=0 * values)
    return people.assign(label=outcome[0]), decisions


@pytest.mark.parametrize(("n_people", "folds"), [(60, 5), (60, 10), (90, 3)])
def test_errors_are_widened_by_the_variance_of_nadeau_and_bengio(n_people, folds):
    people, decisions = folded(n_people, folds)
    tested = n_people / folds
    # The variance of a fold is k times that over all people.
    of_mean = (1 / folds + tested / (n_people - tested)) * folds
    factor = resampled_factor(people, decisions)
    assert factor == pytest.approx(np.sqrt(of_mean))
    table, _ = performance_of_discovery("m", "home", people, decisions)
    rows = table.set_index("metric")
    given = cross_validated_numbers(people, decisions).of(slice(1))
    for metric, wider in {
        **dict.fromkeys(("r2_gain", "mae_gain", "r2", "r"), factor),
        **dict.fromkeys(("mae", "rmse", "calibration_slope", "r2_reduced"), 1.0),
    }.items():
        found = estimates(metric, given)
        low, high = interval(metric, found.value[0], wider * found.error[0], n_people)
        assert rows.loc[metric, ["ci_low", "ci_high"]].tolist() == pytest.approx([low, high])
        method = "influence_resampled" if wider > 1 else "influence"
        assert rows.loc[metric, "ci_method"] == method


def test_people_who_were_held_out_need_no_wider_errors():
    people, decisions = folded(30, 3, repeats=1)
    fold = np.where(decisions.fold == 2, 1, 0)
    held_out = dataclasses.replace(decisions, fold=fold)
    assert resampled_factor(people, held_out) == 1.0


@pytest.mark.parametrize(
    ("metric", "truth"),
    # Predictions x + e of y = x + noise: errors are known in closed form.
    [
        ("r2", 1 - 1.25 / 2),
        ("r2_gain", 1 - 1.25 / 2),
        ("rmse", np.sqrt(1.25)),
        ("mae", np.sqrt(2 / np.pi * 1.25)),
        ("r", 1 / np.sqrt(2 * 1.25)),
        ("calibration_slope", 1 / 1.25),
    ],
)
def test_intervals_cover_what_they_are_of(metric, truth):
    rng = np.random.default_rng(5)
    n, samples = 80, 600
    signal, noise = rng.normal(size=(2, samples, n))
    outcome = signal + noise
    predicted = (signal + 0.5 * rng.normal(size=(samples, n)))[:, None]
    zero = np.zeros((samples, 1, n))
    given = Predicted(outcome, predicted, zero, zero, np.ones(n), np.arange(n))
    found = estimates(metric, given)
    limits = np.array([interval(metric, *pair, n) for pair in zip(*found, strict=True)])
    covered = np.mean((limits[:, 0] <= truth) & (truth <= limits[:, 1]))
    # 95 % and 600 samples: the central 99.9 % of the binomial, less what n = 80 costs.
    assert 0.915 <= covered <= 0.98


def test_robust_t_is_that_of_statsmodels():
    rng = np.random.default_rng(2)
    design = np.column_stack([np.ones(40), rng.normal(size=(40, 3))])
    outcomes = rng.normal(size=(40, 2)) * (1 + np.abs(design[:, :1]))
    coefficient, error = robust_t(design, outcomes)
    for column in range(2):
        fit = sm.OLS(outcomes[:, column], design).fit(cov_type="HC3")
        assert coefficient[column] == pytest.approx(fit.params[-1])
        assert error[column] == pytest.approx(fit.bse[-1])


def arm(role, n, slope, rng):
    given, added = rng.normal(size=(n, 1)), rng.normal(size=n)
    people = pd.DataFrame({"participant_id": [f"{role}{i}" for i in range(n)]})
    people["label"] = 2 * given[:, 0] + slope * added + rng.normal(size=n)
    return ArmRows(role, people, given, added)


def test_a_difference_of_slopes_is_found_and_needs_both_arms():
    rng = np.random.default_rng(3)
    arms = [arm(Role.EXTERNAL, 60, 1.0, rng), arm(Role.CONTROL, 60, 0.0, rng)]
    row = specificity_rows("m", arms, 1, 199).iloc[0]
    assert row["difference"] == pytest.approx(1.0, abs=0.4)
    assert row["ci_low"] < 1.0 < row["ci_high"]
    assert row["p_value"] == 1 / 200
    assert specificity_rows("m", arms[:1], 1, 99).empty


def test_equal_slopes_are_rejected_as_often_as_the_level_says():
    rng = np.random.default_rng(4)
    rejected = 0
    for seed in range(200):
        arms = [arm(Role.EXTERNAL, 40, 0.7, rng), arm(Role.CONTROL, 25, 0.7, rng)]
        rejected += specificity_rows("m", arms, seed, 99)["p_value"].iloc[0] <= 0.05
    assert rejected <= 21  # 99.9 % of the binomial around 10


def shifted(role, n, shift, rng, sites=("A",)):
    """A cohort in which the features add nothing; outcome and prediction are shifted alike."""
    own = arm(role, n, 0.0, rng)
    site = np.arange(n) % len(sites)
    shift = shift + site
    people = own.people.assign(site=np.array(sites)[site], label=own.people["label"] + shift)
    people["participant_id"] += f"_{shift[0]}"
    return ArmRows(role, people, own.given, own.added + shift)


def test_every_cohort_and_block_has_an_intercept_as_in_statsmodels():
    rng = np.random.default_rng(5)
    arms = [
        shifted(Role.EXTERNAL, 30, 0.0, rng, sites=("A", "B")),
        shifted(Role.EXTERNAL, 21, 2.0, rng),
        shifted(Role.CONTROL, 40, 0.0, rng, sites=("A", "B")),
    ]
    row = specificity_rows("m", arms, 1, 0, within="site").iloc[0]
    table = pd.concat(
        [
            one.people.assign(cohort=str(number), treated=one.role == Role.EXTERNAL)
            for number, one in enumerate(arms)
        ]
    )
    table["given"] = np.concatenate([one.given[:, 0] for one in arms])
    table["added"] = np.concatenate([one.added for one in arms])
    table["treated"] = table["treated"].astype(float)
    formula = "label ~ C(cohort + site) + given + added + added:treated"
    fit = smf.ols(formula, table.reset_index(drop=True)).fit(cov_type="HC3", use_t=True)
    assert row["difference"] == pytest.approx(fit.params["added:treated"])
    limits = fit.conf_int().loc["added:treated"]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(limits))
    for name, treated in (("external", 1), ("control", 0)):
        own = table[table["treated"] == treated].reset_index(drop=True)
        formula = "label ~ C(cohort + site) + given + added"
        fit = smf.ols(formula, own).fit(cov_type="HC3", use_t=True)
        found = row[[f"slope_{name}{end}" for end in ("", "_low", "_high")]].tolist()
        assert found == pytest.approx([fit.params["added"], *fit.conf_int().loc["added"]])


@pytest.mark.parametrize("within", [None, "site"])
def test_cohorts_or_blocks_that_are_shifted_make_no_difference_of_slopes(within):
    """With one intercept for each arm about a quarter of these were rejected."""
    rng = np.random.default_rng(6)
    rejected = covered = 0
    for seed in range(200):
        arms = [shifted(Role.CONTROL, 49, 0.0, rng)]
        if within:
            arms.append(shifted(Role.EXTERNAL, 51, 0.0, rng, sites=("A", "B")))
        else:
            arms += [shifted(Role.EXTERNAL, n, by, rng) for n, by in ((26, 0.0), (25, 1.0))]
        row = specificity_rows("m", arms, seed, 39, within=within).iloc[0]
        rejected += row["p_value"] <= 0.05
        covered += row["ci_low"] <= 0 <= row["ci_high"]
    assert rejected <= 21  # 99.9 % of the binomial around 10
    assert covered >= 179


def few_people(n=6):
    rng = np.random.default_rng(1)
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(n)]})
    return people.assign(label=rng.normal(size=n)), rng.normal(size=(n, 1)), rng.normal(size=n)


def test_where_nobody_may_exchange_residuals_there_is_no_p_and_the_reason():
    people, given, scan = few_people()
    alone = people.assign(site=list("abcdef"))
    drawn = exchanged_outcomes(alone, given, 1, 19, 1, group=None, within="site")
    assert drawn.shape == (0, 6)
    base = {"model": "m", "cohort": "elsewhere", "role": Role.EXTERNAL}
    table, null = performance_elsewhere(base, alone, scan, 0 * scan, 0.0, exchanged=drawn)
    rows = table.set_index("metric")
    for metric in ("r2_gain", "mae_gain"):
        assert np.isnan(rows.loc[metric, "p_value"])  # every permutation is the observed outcome
        assert rows.loc[metric, "null"] == "not_computed_nobody_exchanges"
        assert rows.loc[metric, "n_permutations"] is pd.NA
        assert np.isfinite(rows.loc[metric, ["estimate", "ci_low", "ci_high"]].tolist()).all()
    assert null.empty
    # Two people of one site are enough for some p.
    both = alone.assign(site=list("aacdef"))
    assert exchanged_outcomes(both, given, 1, 19, 1, group=None, within="site").shape == (19, 6)


def test_elsewhere_families_exchange_residuals_whole():
    people, given, _ = few_people()
    families = people.assign(family=list("aabbcd"))
    drawn = exchanged_outcomes(families, given, 1, 50, 1, group="family", within=None)
    fitted = sm.OLS(people["label"], sm.add_constant(given)).fit()
    moved, rest = drawn - fitted.fittedvalues.to_numpy(), fitted.resid.to_numpy()
    pairs = {tuple(np.round(rest[[i, i + 1]], 9)) for i in (0, 2)}
    for start in (0, 2):
        found = {tuple(np.round(row[[start, start + 1]], 9)) for row in moved}
        assert found == pairs


def test_elsewhere_the_gain_is_tested_by_the_cohorts_own_residuals():
    rng = np.random.default_rng(6)
    given = rng.normal(size=(50, 1))
    scan = rng.normal(size=50)
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(50)]})
    people["label"] = 3 * given[:, 0] + scan + rng.normal(size=50)
    drawn = exchanged_outcomes(people, given, 1, 99, 1, group=None, within=None)
    base = {"model": "m", "cohort": "elsewhere", "role": Role.EXTERNAL}
    reduced = 3 * given[:, 0]
    table, null = performance_elsewhere(base, people, reduced + scan, reduced, 0.0, exchanged=drawn)
    rows = table.set_index("metric")
    assert rows.loc["r2_gain", "p_value"] == 0.01
    assert rows.loc["r2_gain", "null"] == Null.OWN_RESIDUALS
    assert rows.loc["r2", "p_value"] is pd.NA or np.isnan(rows.loc["r2", "p_value"])
    assert len(null) == 2 * 99
