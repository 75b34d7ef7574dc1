"""Standardised effects, against published numbers and the definitions written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_trials import adolescents, first_infusion, ketamine
from scipy.special import gamma
from scipy.stats import nct, ttest_1samp, ttest_ind, ttest_rel

from mri_response.clinical_outcomes.effect_sizes import (
    between_effects,
    controlled_effect,
    independent_effect,
    noncentrality_limits,
    paired_effect,
    small_sample_correction,
    within_effects,
)


@pytest.mark.parametrize("df", [2, 5, 26, 150])
def test_the_correction_is_exact(df):
    exact = gamma(df / 2) / (np.sqrt(df / 2) * gamma((df - 1) / 2))
    assert small_sample_correction(df) == pytest.approx(exact, rel=1e-12)
    assert small_sample_correction(df) == pytest.approx(1 - 3 / (4 * df - 1), abs=0.7 / df**2)


@settings(deadline=None, max_examples=50)
@given(st.floats(-12, 12), st.integers(3, 200))
def test_the_limits_leave_two_and_a_half_per_cent_beyond(t, df):
    low, high = noncentrality_limits(t, df)
    assert low < t < high or df < 8
    # At |t|, where SciPy's distribution is a number also far from its centre.
    limits = (low, high) if t >= 0 else (-high, -low)
    assert nct.cdf(abs(t), df, limits) == pytest.approx([0.975, 0.025], abs=1e-7)


def test_limits_where_scipy_has_no_number():
    # nct.cdf(-5.2, 26, 6.79) is NaN; the limits are those of t = 5.2 with signs turned.
    low, high = noncentrality_limits(-5.2, 26)
    assert (-high, -low) == pytest.approx(noncentrality_limits(5.2, 26))
    assert np.isfinite([low, high]).all()


def test_adolescents_published(shared_data):
    # The paper's own d_z, and its t and limits of the mean change.
    table = adolescents(shared_data)
    for item, d, corrected in (("madrs", 1.3349078, 1.21994), ("item10", 0.9948934, 0.90921)):
        before, after = table[f"{item}_24h"], table[f"{item}_pre"]
        found = paired_effect(before, after, "change")
        assert found.estimate / small_sample_correction(9) == pytest.approx(d, abs=5e-8)
        assert found.estimate == pytest.approx(corrected, abs=5e-6)


KETAMINE = {
    "ses-d2": (27, -9.2222, -13.3338, -5.1107, 10.3935, -0.8614, -1.2895, -0.4215, -1.9644, 0.3612),
    "ses-d10": (26, -4.3846, -8.3307, -0.4386, 9.7697, -0.4352, -0.8228, -0.0397, -0.9393, 0.2986),
    "ses-p2": (26, -1.9615, -4.6492, 0.7262, 6.6542, -0.2858, -0.6641, 0.0978, -0.4309, 0.2570),
    "ses-p10": (26, 0.7692, -1.4292, 2.9676, 5.4428, 0.1370, -0.2389, 0.5103, 0.1681, 0.2248),
}
PERCENT = {"ses-d2": -27.6471, "ses-d10": -11.9675, "ses-p2": -4.7830, "ses-p10": 3.2788}
AVERAGE = {"ses-d2": -1.1228, "ses-d10": -0.6000, "ses-p2": -0.3660, "ses-p10": 0.1566}


def test_ketamine_changes_from_baseline(shared_data):
    table = within_effects(ketamine(shared_data)).set_index(["session_id", "standardiser"])
    for session, expected in KETAMINE.items():
        change, baseline = table.loc[(session, "change")], table.loc[(session, "baseline")]
        mean = change[["n", "mean_change", "mean_change_low", "mean_change_high", "sd"]].tolist()
        size = change[["estimate", "ci_low", "ci_high"]].tolist()
        g, r, n = baseline[["estimate", "correlation", "n"]].astype(float)
        equal_variances = np.sqrt(2 * (1 - r) / n + g**2 / (2 * n))
        found = [*mean, *size, g, equal_variances]
        assert found == pytest.approx(expected, abs=5.1e-5)
        assert change["mean_percent_change"] == pytest.approx(PERCENT[session], abs=5.1e-5)
        assert table.loc[(session, "average"), "estimate"] == pytest.approx(
            AVERAGE[session], abs=5.1e-5
        )
    assert set(table["design"]) == {"within"}


@pytest.mark.parametrize(
    ("day", "expected"), [(2, (-1.0477, -1.8137, -0.2643)), (10, (-0.8370, -1.5854, -0.0740))]
)
def test_ketamine_as_a_parallel_trial(shared_data, day, expected):
    found = between_effects(first_infusion(shared_data, day), "ketamine", "placebo")
    row = found.set_index("standardiser").loc["change"]
    assert (row["n"], row["n_reference"]) == (15, 13)
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(expected, abs=5e-5)
    assert set(found["design"]) == {"between"}


def test_intervals_and_p_of_changes_are_those_of_the_t_tests(shared_data):
    table = ketamine(shared_data)
    rows = table[table["session_id"] == "ses-d2"].dropna()
    within = within_effects(table).iloc[0]
    usual = ttest_rel(rows["score"], rows["baseline"])
    assert within["p_value"] == pytest.approx(usual.pvalue)
    between = between_effects(first_infusion(shared_data, 2), "ketamine", "placebo").iloc[0]
    own = first_infusion(shared_data, 2).dropna().groupby("arm")["change"].apply(np.array)
    usual = ttest_ind(own["ketamine"], own["placebo"])
    assert between["p_value"] == pytest.approx(usual.pvalue)
    limits = usual.confidence_interval()
    assert (between["difference_low"], between["difference_high"]) == pytest.approx(tuple(limits))


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000))
def test_sizes_do_not_depend_on_the_scale_of_scores(seed):
    rng = np.random.default_rng(seed)
    before, after = rng.normal(30, 4, 12), rng.normal(22, 8, 12)
    for name in ("change", "average", "baseline"):
        once = paired_effect(before, after, name)
        other = paired_effect(7 + 0.3 * before, 7 + 0.3 * after, name)
        np.testing.assert_allclose(once[:4], other[:4], atol=1e-9)
        turned = paired_effect(-before, -after, name)
        np.testing.assert_allclose(
            [once.estimate, once.ci_low], [-turned.estimate, -turned.ci_high], atol=1e-9
        )
    assert np.sign(once.estimate) == np.sign(ttest_1samp(after - before, 0).statistic)
    groups = independent_effect(before, after)
    swapped = independent_effect(after, before)
    np.testing.assert_allclose(groups[2:4], [-swapped.ci_high, -swapped.ci_low], atol=1e-9)


def test_the_variance_of_changes_over_the_baseline_is_that_of_many_samples():
    # Scores that spread three times as far after as before.
    rng = np.random.default_rng(5)

    def sample():
        before, after = rng.multivariate_normal([0, -2], [[1, 0.6], [0.6, 9]], 25).T
        return paired_effect(before, after, "baseline")[:2]

    found = np.array([sample() for _ in range(2000)])
    assert found[:, 0].mean() == pytest.approx(-2, abs=0.05)
    assert (found[:, 1] ** 2).mean() == pytest.approx(found[:, 0].var(), rel=0.1)


def test_the_variance_of_the_controlled_effect_is_that_of_many_trials():
    rng = np.random.default_rng(4)
    covariance = [[1, 0.5], [0.5, 1.3]]

    def trial():
        drug, saline = (rng.multivariate_normal([0, m], covariance, 20) for m in (-0.9, -0.1))
        return controlled_effect(
            drug[:, 0], drug[:, 1] - drug[:, 0], saline[:, 0], saline[:, 1] - saline[:, 0]
        )

    found = np.array([trial()[:2] for _ in range(2000)])
    assert found[:, 0].mean() == pytest.approx(-0.8, abs=4 * 0.35 / np.sqrt(2000))
    assert (found[:, 1] ** 2).mean() == pytest.approx(found[:, 0].var(), rel=0.1)


def test_visits_without_enough_people_are_left_out(shared_data):
    table = ketamine(shared_data)
    few = table[table["participant_id"].isin(table["participant_id"].unique()[:2])]
    assert within_effects(few).empty
    assert between_effects(few.assign(arm="x"), "x", "y").empty
