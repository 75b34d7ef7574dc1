"""Mediation against least squares of statsmodels and the bootstrap of scipy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import bootstrap

from mri_response.belief_updating.mediation import mediation_table, sensitivity_table
from mri_response.core.errors import InputError


def made(people: int, seed: int, a: float = 1.0, b: float = -2.0, rho: float = 0.0) -> pd.DataFrame:
    """Two arms; the change of the mediator is a in the treated one, the score falls by -b per unit.

    `rho` is the correlation of the errors of mediator and score.
    """
    rng = np.random.default_rng(seed)
    arm = np.arange(people) % 2
    noise = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], people)
    mediator, score = rng.normal(0, 1, people), rng.normal(30, 5, people)
    change = a * arm + 0.3 * mediator + noise[:, 0]
    fall = -3 * arm + b * change - 0.2 * score + noise[:, 1]
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{i}" for i in range(people)],
            "arm": arm,
            "age": rng.normal(40, 10, people),
            "mediator_before": mediator,
            "mediator_after": mediator + change,
            "score_before": score,
            "score_after": score + fall,
        }
    )


def fit(people: pd.DataFrame, outcome: str, *columns: str):
    return sm.OLS(people[outcome], sm.add_constant(people[list(columns)])).fit()


def test_paths_are_those_of_two_regressions():
    people = made(40, 1)
    table = mediation_table(people, "arm", ["age"], n_bootstrap=200).set_index("path")
    given = ("arm", "mediator_before", "score_before", "age")
    of_mediator = fit(people, "mediator_after", *given)
    of_score = fit(people, "score_after", *given, "mediator_after")
    total = fit(people, "score_after", *given)
    expected = {
        "a": (of_mediator, "arm"),
        "b": (of_score, "mediator_after"),
        "c_prime": (of_score, "arm"),
        "c": (total, "arm"),
    }
    for path, (model, name) in expected.items():
        assert table.loc[path, "estimate"] == pytest.approx(model.params[name])
        assert table.loc[path, "se"] == pytest.approx(model.bse[name])
        assert table.loc[path, "p_value"] == pytest.approx(model.pvalues[name])
    product = of_mediator.params["arm"] * of_score.params["mediator_after"]
    assert table.loc["ab", "estimate"] == pytest.approx(product)
    assert table.loc["c", "estimate"] == pytest.approx(
        table.loc["c_prime", "estimate"] + table.loc["ab", "estimate"]
    )
    assert np.isnan(table.loc["ab", "p_value"])
    assert table.loc["ab", "note"].startswith("compatible with mediation")


def test_with_one_arm_the_exposure_is_the_time():
    people = made(30, 2).query("arm == 1")
    table = mediation_table(people, n_bootstrap=200).set_index("path")
    change = people["mediator_after"] - people["mediator_before"]
    fall = people["score_after"] - people["score_before"]
    model = fit(
        people.assign(change=change, fall=fall), "fall", "change", "mediator_before", "score_before"
    )
    assert table.loc["a", "estimate"] == pytest.approx(change.mean())
    assert table.loc["c", "estimate"] == pytest.approx(fall.mean())
    assert table.loc["b", "estimate"] == pytest.approx(model.params["change"])
    assert table.loc["b", "se"] == pytest.approx(model.bse["change"])
    centred = people.assign(change=change, fall=fall)
    for name in ("mediator_before", "score_before"):
        centred[name] -= centred[name].mean()
    direct = fit(centred, "fall", "change", "mediator_before", "score_before")
    assert table.loc["c_prime", "estimate"] == pytest.approx(direct.params["const"])
    assert table.loc["c_prime", "se"] == pytest.approx(direct.bse["const"])
    assert "one arm: a is the change with time" in table.loc["ab", "note"]


def test_intervals_are_those_of_scipy():
    """Other draws of the same bootstrap: limits agree within the noise of 10,000 samples."""
    people = made(25, 3, a=0.6)
    columns = ["mediator_before", "mediator_after", "score_before", "score_after"]
    values = [people[name].to_numpy() for name in columns]

    def indirect(m0, m1, y0, y1):
        given = np.column_stack([np.ones(len(m0)), m0, y0, m1 - m0])
        b = np.linalg.lstsq(given, y1 - y0, rcond=None)[0][-1]
        return (m1 - m0).mean() * b

    row = mediation_table(people, n_bootstrap=10_000, seed=1).set_index("path").loc["ab"]
    for method, names in (("percentile", ("ci_low", "ci_high")), ("BCa", ("bca_low", "bca_high"))):
        found = bootstrap(
            values, indirect, paired=True, vectorized=False, n_resamples=5000, method=method, rng=5
        )
        limits = [found.confidence_interval.low, found.confidence_interval.high]
        # The standard error of a 2.5 % quantile of 5,000 draws is some .006 / density.
        assert [row[name] for name in names] == pytest.approx(limits, abs=0.12 * row["se"])
        assert row["se"] == pytest.approx(found.standard_error, rel=0.05)


def test_samples_depend_on_the_seed_alone():
    people = made(12, 4)
    first = mediation_table(people, "arm", n_bootstrap=2000, seed=3)
    pd.testing.assert_frame_equal(first, mediation_table(people, "arm", n_bootstrap=2000, seed=3))
    # Samples of few people that cannot tell the columns apart are not counted.
    assert 1990 <= first["n_bootstrap"].iloc[0] <= 2000
    other = mediation_table(people, "arm", n_bootstrap=2000, seed=4)
    assert not first["ci_low"].equals(other["ci_low"])


def test_the_effect_is_zero_at_the_partial_correlation():
    people = made(60, 5)
    table = sensitivity_table(people, "arm")
    row = table[table["is_zero"]].iloc[0]
    assert row["ab"] == pytest.approx(0, abs=1e-12)
    given = ("arm", "mediator_before", "score_before")
    left = [fit(people, name, *given).resid for name in ("mediator_after", "score_after")]
    # Given the values before, changes and values after have the same residuals.
    assert row["rho"] == pytest.approx(np.corrcoef(left)[0, 1])
    none = table.loc[(table["rho"].abs() < 1e-9), "ab"].item()
    paths = mediation_table(people, "arm", n_bootstrap=50).set_index("path")
    assert none == pytest.approx(paths.loc["ab", "estimate"])


def test_at_the_true_correlation_of_errors_the_true_effect_is_found():
    people = made(60_000, 6, a=1.0, b=-2.0, rho=0.5)
    table = sensitivity_table(people, "arm", rhos=[0.0, 0.5]).set_index("rho")
    assert table.loc[0.5, "ab"] == pytest.approx(-2.0, abs=0.05)
    assert table.loc[0.0, "ab"] == pytest.approx(-1.5, abs=0.05)


@pytest.mark.parametrize(
    ("change", "exposure", "message"),
    [
        (lambda p: p.drop(columns="score_after"), None, "found no column 'score_after'"),
        (lambda p: p.assign(arm="ketamine"), "arm", "found text in the exposure 'arm'"),
        (lambda p: p.head(8), "arm", "found 8 people with everything"),
        (lambda p: p.assign(mediator_before=1.0), None, "for 3 columns that all differ"),
    ],
)
def test_what_cannot_be_computed_is_one_line(change, exposure, message):
    with pytest.raises(InputError, match=message):
        mediation_table(change(made(20, 7)), exposure)
