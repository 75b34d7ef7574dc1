"""Models of repeated scores, against SAS, finite differences, dense algebra and exact tests."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal, ttest_ind
from statsmodels.api import OLS
from statsmodels.stats.anova import AnovaRM

from mri_response.clinical_outcomes.covariance import STRUCTURES, Unstructured
from mri_response.clinical_outcomes.kenward_roger import (
    METHODS,
    adjusted_covariance,
    contrast,
    joint_test,
    robust_contrast,
)
from mri_response.clinical_outcomes.likelihood import (
    RestrictedLikelihood,
    patterns_of,
    repeated_scores,
)
from mri_response.clinical_outcomes.reml import NotFitted, fit, fit_with_fallback


def visits_apart(visits):
    return np.subtract.outer(np.arange(visits), np.arange(visits))


def made_up(seed=0, n=30, visits=4, missing=0.25):
    """Rows of people with two arms: y, design, person, visit."""
    rng = np.random.default_rng(seed)
    visit = np.arange(visits)
    correlation = 0.6 ** np.abs(visits_apart(visits))
    root = np.linalg.cholesky(correlation) * (1 + 0.2 * visit)[:, None]
    arm = np.arange(n) % 2
    y = rng.normal(size=(n, visits)) @ root.T + arm[:, None] * 0.5 + np.arange(visits)
    person, visit = np.indices((n, visits)).reshape(2, -1)
    x = np.column_stack([np.eye(visits)[visit], arm[person], rng.normal(size=n)[person]])
    kept = rng.random(n * visits) > missing
    return y.ravel()[kept], x[kept], person[kept], visit[kept]


def random_theta(structure, seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(structure.n_visits, structure.n_visits)) * 0.3
    return structure.start(root @ root.T + np.eye(structure.n_visits))


# ---------------------------------------------------------------- covariance
@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("visits", [2, 4])
def test_derivatives_of_structures_are_those_of_differences(name, visits):
    structure = STRUCTURES[name](visits)
    theta = random_theta(structure, visits)
    assert np.linalg.eigvalsh(structure.matrix(theta))[0] > 0

    def flat(values):
        return structure.matrix(values).ravel()

    def slopes(values):
        return structure.first(values).ravel()

    m = len(theta)
    numeric = approx_fprime(theta, flat, 1e-7).T.reshape(m, visits, visits)
    np.testing.assert_allclose(structure.first(theta), numeric, atol=1e-5)
    second = structure.second(theta)
    numeric = approx_fprime(theta, slopes, 1e-7).T.reshape(m, m, visits, visits)
    expected = np.zeros_like(numeric) if second is None else second
    np.testing.assert_allclose(expected, numeric, atol=1e-5)


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_structure_starts_at_itself(name):
    structure = STRUCTURES[name](4)
    theta = random_theta(structure, 5)
    np.testing.assert_allclose(structure.start(structure.matrix(theta)), theta, atol=1e-9)


# ---------------------------------------------------------------- likelihood
@pytest.mark.parametrize("name", STRUCTURES)
def test_gradient_and_information_are_those_of_differences(name):
    scores = repeated_scores(*made_up())
    structure, patterns = STRUCTURES[name](4), patterns_of(scores)
    theta = random_theta(structure, 3)

    def log_likelihood(values):
        return -RestrictedLikelihood(structure, patterns, values).deviance / 2

    def gradient(values):
        return RestrictedLikelihood(structure, patterns, values).derivatives()[0]

    found, observed, _ = RestrictedLikelihood(structure, patterns, theta).derivatives()
    np.testing.assert_allclose(found, approx_fprime(theta, log_likelihood, 1e-6), atol=1e-3)
    np.testing.assert_allclose(observed, -approx_fprime(theta, gradient, 1e-7), atol=1e-3)


def test_the_likelihood_is_that_of_contrasts_without_the_fixed_effects():
    y, x, person, visit = made_up(n=12)
    scores, structure = repeated_scores(y, x, person, visit), Unstructured(4)
    theta = random_theta(structure, 8)
    sigma = structure.matrix(theta)
    v = np.where(person[:, None] == person, sigma[visit[:, None], visit], 0)
    # An orthonormal basis of everything that is orthogonal to the design.
    contrasts = np.linalg.svd(x)[0][:, x.shape[1] :]
    log_density = multivariate_normal(cov=contrasts.T @ v @ contrasts).logpdf(contrasts.T @ y)
    constant = np.linalg.slogdet(x.T @ x)[1]
    found = RestrictedLikelihood(structure, patterns_of(scores), theta).deviance
    assert found == pytest.approx(-2 * log_density + constant)


def test_expected_information_is_that_of_dense_matrices():
    y, x, person, visit = made_up(n=12)
    structure = STRUCTURES["heterogeneous_toeplitz"](4)
    theta = random_theta(structure, 8)
    same = person[:, None] == person
    cells = visit[:, None], visit
    v = np.where(same, structure.matrix(theta)[cells], 0)
    slopes = [np.where(same, d[cells], 0) for d in structure.first(theta)]
    inverse = np.linalg.inv(v)
    projection = inverse - inverse @ x @ np.linalg.inv(x.T @ inverse @ x) @ x.T @ inverse
    products = [projection @ d for d in slopes]
    expected = [[np.trace(a @ b) / 2 for b in products] for a in products]
    patterns = patterns_of(repeated_scores(y, x, person, visit))
    found = RestrictedLikelihood(structure, patterns, theta).derivatives()[2]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


# ---------------------------------------------------------------- fit
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", STRUCTURES)
def test_a_fit_is_a_maximum_wherever_it_starts(seed, name):
    scores = repeated_scores(*made_up(seed, n=40))
    structure = STRUCTURES[name](4)
    found = fit(scores, structure)
    assert found.decrement < 1e-14
    assert found.iterations < 15
    other = fit(scores, structure, random_theta(structure, seed))
    assert other.deviance == pytest.approx(found.deviance, abs=1e-8)
    np.testing.assert_allclose(other.beta, found.beta, atol=1e-6)
    for i in range(3):
        # Between two positive definite matrices lie others.
        near = found.theta + 0.02 * (random_theta(structure, i) - found.theta)
        beside = RestrictedLikelihood(structure, patterns_of(scores), near)
        assert beside.deviance >= found.deviance


def test_scores_that_nearly_repeat_each_other():
    rng = np.random.default_rng(0)
    person, visit = np.indices((30, 4)).reshape(2, -1)
    shared, noise = rng.normal(size=(30, 1)) * [1, 1.5, 2, 2.5], rng.normal(size=(30, 4))
    y = (shared + 1e-2 * noise).ravel()
    found = fit(repeated_scores(y, np.eye(4)[visit], person, visit), Unstructured(4))
    np.testing.assert_allclose(found.sigma, np.cov(y.reshape(30, 4).T), rtol=1e-6)
    y = (shared + 1e-5 * noise).ravel()
    with pytest.raises(NotFitted, match="not positive definite"):
        fit(repeated_scores(y, np.eye(4)[visit], person, visit), Unstructured(4))


def test_people_may_come_in_any_order_and_rows_too():
    y, x, person, visit = made_up(4)
    order = np.random.default_rng(0).permutation(len(y))
    once = fit(repeated_scores(y, x, person, visit), Unstructured(4))
    other = fit(repeated_scores(y[order], x[order], person[order], visit[order]), Unstructured(4))
    np.testing.assert_allclose(once.beta, other.beta, rtol=1e-9)
    left_out = repeated_scores(y, x, person, visit).without(3)
    without = repeated_scores(*(part[person != 3] for part in (y, x, person, visit)))
    np.testing.assert_allclose(
        fit(left_out, Unstructured(4)).beta, fit(without, Unstructured(4)).beta
    )


def test_what_cannot_be_fitted_says_why_and_falls_back():
    y, x, person, visit = made_up(1, n=8, visits=4, missing=0.3)
    apart = ~((visit == 3) & np.isin(person, person[visit == 0]))
    scores = repeated_scores(y[apart], x[apart], person[apart], visit[apart])
    with pytest.raises(NotFitted, match="fewer than two people in common"):
        fit(scores, Unstructured(4))
    found = fit_with_fallback(scores)
    assert found.structure.name != "unstructured"
    assert found.attempts[0][0] == "unstructured"
    doubled = np.column_stack([x, x[:, 0]])
    with pytest.raises(NotFitted, match="effects cannot be told apart"):
        fit_with_fallback(repeated_scores(y, doubled, person, visit))
    with pytest.raises(NotFitted, match="as many effects as scores"):
        fit(repeated_scores([1.0, 2.0], np.eye(2), [0, 1], [0, 0]), Unstructured(1))


# ---------------------------------------------------------------- SAS and R
#: PROC MIXED ddfm=kr, TRT - PBO of FEV1 ~ ARMCD (openpharma/mmrm, design/ddfm_covtype): deviance,
#: estimate, SE, df, and by how much SAS, which stops at a change of 1e-8, may be off. NaN where it
#: is not given.
SAS = {
    "unstructured": (3667.96276376, 3.81972492, 0.66124382, 160.733266, (1e-4, 1e-4, 0.06)),
    "heterogeneous_toeplitz": (3693.28667094, 3.9229, 0.7254, 180, (5e-5, 5e-5, 0.5)),
    "heterogeneous_autoregressive": (
        np.nan,
        3.72674356,
        0.75903161,
        188.225339,
        (5e-5, 1e-5, 0.02),
    ),
    "compound_symmetry": (np.nan, 4.19663618, 0.79646961, 177.038486, (1e-6, 1e-6, 1e-4)),
}


def fev(shared_data):
    table = pd.read_csv(shared_data / "outcomes" / "fev.csv", na_values="n/a")
    table = table.dropna(subset=["FEV1"])
    return table, table["AVISIT"].str[-1].astype(int).to_numpy() - 1


@pytest.mark.parametrize("name", SAS)
def test_kenward_roger_is_that_of_sas(shared_data, name):
    table, visit = fev(shared_data)
    x = np.column_stack([np.ones(len(table)), table["ARMCD"] == "TRT"])
    found = fit(repeated_scores(table["FEV1"], x, table["USUBJID"], visit), STRUCTURES[name](4))
    deviance, estimate, se, df, off = SAS[name]
    if not np.isnan(deviance):
        assert found.deviance == pytest.approx(deviance, abs=1e-5)
    effect = contrast(found, [0, 1])
    assert effect.estimate == pytest.approx(estimate, abs=off[0])
    assert effect.se == pytest.approx(se, abs=off[1])
    assert effect.df == pytest.approx(df, abs=off[2])


def test_observed_and_expected_information_give_two_kenward_rogers(shared_data):
    # An independent implementation, with either information.
    table, visit = fev(shared_data)
    x = np.column_stack([np.ones(len(table)), table["ARMCD"] == "TRT"])
    found = fit(repeated_scores(table["FEV1"], x, table["USUBJID"], visit), Unstructured(4))
    assert found.deviance == pytest.approx(3667.962756, abs=1e-6)
    assert contrast(found, [0, 1])[1:3] == pytest.approx((0.66130, 160.691), abs=5e-4)
    expected = contrast(found, [0, 1], "kenward_roger_expected")
    assert expected[1:3] == pytest.approx((0.65362, 170.917), abs=5e-4)


def test_satterthwaite_is_that_of_mmrm(shared_data):
    # FEV1 ~ RACE + SEX + ARMCD * AVISIT (PSIAIMS/CAMIS, R/mmrm).
    table, visit = fev(shared_data)
    visits = np.eye(4)[visit]
    drug = (table["ARMCD"] == "TRT").to_numpy(float)
    race = pd.get_dummies(table["RACE"], drop_first=True).to_numpy(float)
    sex = (table["SEX"] == "Female").to_numpy(float)
    x = np.column_stack([visits, race, sex, drug, drug[:, None] * visits[:, 1:]])
    found = fit(repeated_scores(table["FEV1"], x, table["USUBJID"], visit), Unstructured(4))
    assert found.deviance == pytest.approx(3386.45, abs=5e-3)
    effects = np.eye(11)
    arm = contrast(found, effects[7], "satterthwaite")
    last = contrast(found, effects[10], "satterthwaite")
    # R stops a little before the maximum ...
    assert arm[:3] == pytest.approx((3.77423, 1.07415, 145.55), abs=4e-3)
    assert last[:3] == pytest.approx((0.62423, 1.85085, 129.72), abs=2e-2)
    # ... at a covariance that is a little less likely, and under which its effects are ours.
    by_row = [40.5537, 14.3960, 26.5715, 4.9747, 2.7855, 14.8979, 13.3867, 7.4745, 0.9082, 95.5568]
    patterns = patterns_of(repeated_scores(table["FEV1"], x, table["USUBJID"], visit))
    there = RestrictedLikelihood(Unstructured(4), patterns, np.array(by_row))
    assert 0 < there.deviance - found.deviance < 1e-4
    assert there.beta[[7, 10]] == pytest.approx([3.77423, 0.62423], abs=6e-6)
    assert np.sqrt(np.diag(there.phi))[[7, 10]] == pytest.approx([1.07415, 1.85085], abs=6e-6)


def test_random_intercepts_of_beat_the_blues(shared_data):
    wide = pd.read_csv(shared_data / "outcomes" / "btheb.csv")
    long = wide.melt(
        ["rownames", "drug", "length", "treatment", "bdi.pre"],
        ["bdi.2m", "bdi.4m", "bdi.6m", "bdi.8m"],
        value_name="bdi",
    ).dropna(subset=["bdi", "bdi.pre"])
    month = long["variable"].str.extract(r"(\d)")[0].astype(int).to_numpy()
    x = np.column_stack(
        [
            *(np.ones(len(long)), long["bdi.pre"], month),
            *(long["treatment"] == "BtheB", long["drug"] == "Yes", long["length"] == ">6m"),
        ]
    )
    scores = repeated_scores(long["bdi"], x.astype(float), long["rownames"], month // 2 - 1)
    found = fit(scores, STRUCTURES["compound_symmetry"](4))
    assert (found.n_rows, found.n_people) == (280, 97)
    estimates = [5.9215, 0.6389, -0.7135, -2.3590, -2.7889, 0.2381]
    errors = [2.3059, 0.0796, 0.1466, 1.7084, 1.7659, 1.6754]
    np.testing.assert_allclose(found.beta, estimates, atol=6e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), errors, atol=6e-5)
    np.testing.assert_allclose(found.theta, [51.4361, 25.2733], atol=6e-5)
    assert found.deviance == pytest.approx(1866.0793, abs=6e-5)


# ---------------------------------------------------------------- exact cases
@pytest.mark.parametrize("method", METHODS)
def test_one_visit_is_the_t_test(method):
    y, x, person, visit = made_up(2, visits=1, missing=0)
    x = x[:, :2]
    found = contrast(fit(repeated_scores(y, x, person, visit), Unstructured(1)), [0, 1], method)
    usual = ttest_ind(y[x[:, 1] == 1], y[x[:, 1] == 0])
    assert found.df == pytest.approx(len(y) - 2)
    assert found.p_value == pytest.approx(usual.pvalue)
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(usual.confidence_interval()))


@pytest.mark.parametrize("method", METHODS)
def test_balanced_visits_are_the_analysis_of_variance(method):
    y, x, person, visit = made_up(6, n=14, missing=0)
    scores = repeated_scores(y, x[:, :4], person, visit)
    found = fit(scores, STRUCTURES["compound_symmetry"](4))
    differences = np.array([[-1, 1, 0, 0], [-1, 0, 1, 0], [-1, 0, 0, 1]])
    test = joint_test(found, differences, method)
    table = pd.DataFrame({"y": y, "person": person, "visit": visit})
    usual = AnovaRM(table, "y", "person", within=["visit"]).fit().anova_table.iloc[0]
    assert test.f == pytest.approx(usual["F Value"])
    assert (test.df_numerator, test.df_denominator) == pytest.approx((3, 39))
    assert test.p_value == pytest.approx(usual["Pr > F"])


@pytest.mark.parametrize("method", METHODS)
def test_a_joint_test_of_one_contrast_is_its_t_test(method):
    found = fit(repeated_scores(*made_up(9)), Unstructured(4))
    weights = np.array([0, 0, 0, 0, 1.0, 0])
    single, joint = contrast(found, weights, method), joint_test(found, weights, method)
    assert joint.f == pytest.approx((single.estimate / single.se) ** 2)
    assert joint.df_denominator == pytest.approx(single.df)
    assert joint.p_value == pytest.approx(single.p_value)
    size = weights @ adjusted_covariance(found, method) @ weights
    assert single.se == pytest.approx(np.sqrt(size))


def test_robust_errors_of_one_visit_are_hc3():
    y, x, person, visit = made_up(3, visits=1, missing=0)
    scores = repeated_scores(y, x, person, visit)
    found = fit(scores, Unstructured(1))
    usual = OLS(y, x).fit(cov_type="HC3")
    for i in range(x.shape[1]):
        effect = robust_contrast(scores, found, np.eye(x.shape[1])[i])
        assert effect.se == pytest.approx(usual.bse[i])
        assert 0 < effect.df < len(y)
