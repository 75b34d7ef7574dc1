"""Mixed models against a dense likelihood, statsmodels, and what analysis of variance gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.optimize import minimize
from scipy.stats import ttest_ind

from mri_response.belief_updating.mixed import RandomTerm, fit_mixed
from mri_response.core.errors import InputError


def crossed(seed: int = 1) -> tuple[np.ndarray, np.ndarray, list[RandomTerm]]:
    """12 people by 8 events, some cells missing, slopes of people on one column."""
    rng = np.random.default_rng(seed)
    person, event = (x.ravel() for x in np.meshgrid(range(12), range(8), indexing="ij"))
    keep = rng.random(96) > 0.15
    person, event = person[keep], event[keep]
    x = rng.choice([-0.5, 0.5], keep.sum())
    group = (person < 6) - 0.5
    design = np.column_stack([np.ones(len(x)), group, x, group * x])
    y = design @ [3, 1, 2, 0.5] + 2 * rng.standard_normal(12)[person]
    y += 1.5 * rng.standard_normal(8)[event] + 2.5 * rng.standard_normal(12)[person] * x
    y += 1.5 * rng.standard_normal(len(x))
    terms = [
        RandomTerm("person", person, np.ones(len(x))),
        RandomTerm("person: x", person, x),
        RandomTerm("event", event, np.ones(len(x))),
    ]
    return y, design, terms


NAMES = ("intercept", "group", "x", "group x x")


def dense(theta: np.ndarray, y: np.ndarray, design: np.ndarray, terms: list) -> tuple:
    """Restricted log likelihood, coefficients and their covariance from the matrix V."""
    v = theta[-1] * np.eye(len(y))
    for variance, term in zip(theta, terms, strict=False):
        z = term.matrix().toarray()
        v += variance * z @ z.T
    inverse = np.linalg.inv(v)
    information = design.T @ inverse @ design
    b = np.linalg.solve(information, design.T @ inverse @ y)
    r = y - design @ b
    value = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + r @ inverse @ r
    value += (len(y) - design.shape[1]) * np.log(2 * np.pi)
    return -value / 2, b, np.linalg.inv(information)


def hessian(f, at: np.ndarray, step: float) -> np.ndarray:
    unit = np.eye(len(at)) * step * at[:, None]
    out = [
        [f(at + a + b) - f(at + a - b) - f(at - a + b) + f(at - a - b) for a in unit] for b in unit
    ]
    return np.array(out) / (4 * step**2 * np.outer(at, at))


def test_the_fit_is_that_of_a_search_over_the_dense_likelihood():
    y, design, terms = crossed()
    found = fit_mixed(y, design, NAMES, terms)
    assert found.converged

    def negative(log_theta):
        return -dense(np.exp(log_theta), y, design, terms)[0]

    search = minimize(negative, np.zeros(4), method="BFGS", options={"gtol": 1e-7})
    theta = np.array(list(found.variances.values()))
    assert theta == pytest.approx(np.exp(search.x), rel=1e-4)
    value, b, covariance = dense(theta, y, design, terms)
    assert found.log_likelihood == pytest.approx(value, abs=1e-8)
    assert found.log_likelihood >= -search.fun - 1e-9
    assert found.coefficients == pytest.approx(b, abs=1e-9)
    assert found.covariance.ravel() == pytest.approx(covariance.ravel(), abs=1e-9)


def test_degrees_of_freedom_are_those_of_numerical_derivatives():
    y, design, terms = crossed()
    found = fit_mixed(y, design, NAMES, terms)
    theta = np.array(list(found.variances.values()))
    information = -hessian(lambda t: dense(t, y, design, terms)[0], theta, 1e-3)
    for weights in (*np.eye(4), np.array([0, 1, 0, 0.5])):

        def variance(t, weights=weights):
            return weights @ dense(t, y, design, terms)[2] @ weights

        steps = 1e-4 * theta * np.eye(4)
        slope = np.array([variance(theta + s) - variance(theta - s) for s in steps])
        slope /= 2e-4 * theta
        df = 2 * variance(theta) ** 2 / (slope @ np.linalg.solve(information, slope))
        assert found.contrast(weights)["df"] == pytest.approx(df, rel=1e-4)


def test_variances_of_one_kind_of_people_are_those_of_statsmodels():
    y, design, terms = crossed()
    found = fit_mixed(y, design, NAMES, terms[:1])
    frame = pd.DataFrame(design[:, 1:3], columns=["g", "x"]).assign(y=y, p=terms[0].level)
    fit = smf.mixedlm("y ~ g * x", frame, groups="p").fit(reml=True, method="lbfgs")
    assert found.coefficients == pytest.approx(fit.fe_params.to_numpy(), abs=1e-4)
    assert found.variances["person"] == pytest.approx(fit.cov_re.iloc[0, 0], rel=1e-3)
    assert found.variances["residual"] == pytest.approx(fit.scale, rel=1e-3)


def test_a_balanced_comparison_of_groups_is_the_t_test_of_the_means_of_people():
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(14), 6)
    group = (person < 6) - 0.5
    y = 3 * rng.standard_normal(14)[person] + rng.standard_normal(84) + group
    design = np.column_stack([np.ones(84), group])
    found = fit_mixed(y, design, NAMES[:2], [RandomTerm("person", person, np.ones(84))])
    row = found.contrast(np.array([0.0, 1.0]))
    means = y.reshape(14, 6).mean(axis=1)
    expected = ttest_ind(means[:6], means[6:])
    assert row["df"] == pytest.approx(12, rel=1e-6)
    assert row["statistic"] == pytest.approx(expected.statistic, rel=1e-6)
    assert row["p_value"] == pytest.approx(expected.pvalue, rel=1e-5)
    interval = expected.confidence_interval()
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([interval.low, interval.high], rel=1e-5)


def test_a_within_person_contrast_has_the_freedom_of_people_and_not_of_rows():
    """2 x 2 cells of 20 people: the triple difference is a paired test with 19, not 60 df."""
    rng = np.random.default_rng(6)
    person = np.repeat(np.arange(20), 4)
    time, valence = np.tile([-0.5, -0.5, 0.5, 0.5], 20), np.tile([-0.5, 0.5, -0.5, 0.5], 20)
    both = time * valence
    y = sum(
        spread * rng.standard_normal(20)[person] * column
        for spread, column in ((2, 1), (2, time), (2, valence))
    )
    y = y + rng.standard_normal(80) + 3 * both
    design = np.column_stack([np.ones(80), time, valence, both])
    terms = [
        RandomTerm(name, person, column)
        for name, column in (("person", np.ones(80)), ("time", time), ("valence", valence))
    ]
    found = fit_mixed(y, design, ("intercept", "time", "valence", "both"), terms)
    row = found.contrast(np.array([0.0, 0, 0, 1]))
    cells = y.reshape(20, 4) @ [1, -1, -1, 1]
    assert row["df"] == pytest.approx(19, rel=1e-5)
    assert row["estimate"] == pytest.approx(cells.mean())
    assert row["se"] == pytest.approx(cells.std(ddof=1) / np.sqrt(20), rel=1e-5)


def test_a_variance_of_nothing_is_zero_and_counts_as_known():
    y, design, terms = crossed()
    rng = np.random.default_rng(7)
    residual = rng.standard_normal(len(y))
    z = terms[2].matrix().toarray()
    residual -= z @ np.linalg.lstsq(z, residual, rcond=None)[0]
    found = fit_mixed(residual, design, NAMES, [terms[2]])
    assert found.converged
    assert found.variances["event"] == 0
    plain = np.linalg.lstsq(design, residual, rcond=None)
    row = found.contrast(np.eye(4)[2])
    assert row["df"] == pytest.approx(len(y) - 4)
    assert row["estimate"] == pytest.approx(plain[0][2])


def test_a_column_that_says_nothing_new_is_an_error():
    y, design, terms = crossed()
    with pytest.raises(InputError, match="linearly dependent columns among intercept, group"):
        fit_mixed(y, np.column_stack([design, design[:, 1]]), (*NAMES, "copy"), terms)
