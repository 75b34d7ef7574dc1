"""Missing people: counts by hand, published reference-based estimates, limits of assumptions."""

import numpy as np
import pandas as pd
import pytest
from real_trials import antidepressant
from scipy.stats import ttest_1samp
from statsmodels.formula.api import ols

from mri_response.clinical_outcomes.imputation import (
    SENSITIVITY_COLUMNS,
    STRATEGIES,
    TwoArms,
    imputed,
    reference_based,
)
from mri_response.clinical_outcomes.missing import missing_patterns, rate_bounds, who_is_missing
from mri_response.clinical_outcomes.mmrm import Analysis, mmrm
from mri_response.clinical_outcomes.rates import Rule
from mri_response.clinical_outcomes.reml import fit_with_fallback
from mri_response.clinical_outcomes.tipping_point import DELTA_COLUMNS, delta_adjusted
from mri_response.clinical_outcomes.visits import visit_table

VISITS = ["d1", "d3", "d7"]


def trial(seed=0, n=36, gone=0.25):
    """Two arms of which people drop out after d1 or d3; the drug's effect is 6 points."""
    rng = np.random.default_rng(seed)
    rows, arms = [], {}
    for i in range(n):
        who = f"sub-{i:02d}"
        arms[who] = ("drug", "saline")[i % 2]
        level = rng.normal(30, 4)
        rows.append((who, "pre", level + rng.normal(0, 2)))
        stays = 3 if rng.random() > gone else rng.integers(1, 3)
        for session in VISITS[:stays]:
            rows.append((who, session, level - 4 - 6 * (i % 2 == 0) + rng.normal(0, 4)))
    scores = pd.DataFrame(rows, columns=["participant_id", "session_id", "score"])
    return visit_table(scores, "pre", VISITS, arms)


# ---------------------------------------------------------------- who is missing
def small():
    rows = {
        "a": (40, 20, 20, 20),
        "b": (40, 30, np.nan, np.nan),
        "c": (36, np.nan, 12, np.nan),
        "d": (38, np.nan, np.nan, np.nan),
        "e": (np.nan, 30, 30, 30),
        "f": (20, 10, 10, 10),
    }
    scores = pd.DataFrame(
        [
            (who, session, x)
            for who, values in rows.items()
            for session, x in zip(["pre", *VISITS], values, strict=True)
        ],
        columns=["participant_id", "session_id", "score"],
    )
    arms = dict.fromkeys("abcde", "drug") | {"f": "saline"}
    return visit_table(scores, "pre", VISITS, arms)


def test_patterns_by_hand():
    found = missing_patterns(small())
    assert found["n"].sum() == 6
    rows = found.set_index(["arm", "pattern", "baseline"])
    assert rows.loc[("drug", "x..", True), "dropped_out_after"] == "d1"
    assert rows.loc[("drug", ".x.", True), "dropped_out_after"] == "d3"
    assert rows.loc[("drug", ".x.", True), "intermittent"]
    assert rows.loc[("drug", "...", True), "dropped_out_after"] == "baseline"
    assert not rows.loc[("drug", "...", True), "intermittent"]
    assert pd.isna(rows.loc[("saline", "xxx", True), "dropped_out_after"])
    assert rows.loc[("drug", "xxx", False), "n"] == 1


def test_who_is_missing_by_hand():
    rows = who_is_missing(small(), fewest=1).set_index(["session_id", "arm"])
    third = rows.loc[("d3", "drug")]
    assert (third["n"], third["n_missing"], third["share"]) == (5, 2, 0.4)
    assert (third["baseline_seen"], third["baseline_missing"]) == ((40 + 36) / 2, (40 + 38) / 2)
    # Of those gone at d3 one had a score before: b, whose change was -10; of the others a.
    assert (third["last_change_seen"], third["last_change_missing"]) == (-20, -10)
    assert rows.loc[("d7", "drug"), "last_change_missing"] == (-10 - 24) / 2
    assert rows.loc[("d7", "saline"), "n_missing"] == 0


def test_means_of_few_people_are_not_told():
    found = who_is_missing(trial())
    means = ["baseline_seen", "baseline_missing", "last_change_seen", "last_change_missing"]
    all_of_them = who_is_missing(trial(), fewest=1)
    few = all_of_them["n_missing"] < 5
    assert few.any()
    assert not few.all()
    assert found.loc[few, ["baseline_missing", "last_change_missing"]].isna().all(axis=None)
    many = ~few & (found["visit"] > 1)
    assert many.any()
    pd.testing.assert_frame_equal(found.loc[many, means], all_of_them.loc[many, means])
    assert who_is_missing(small())[means].isna().all(axis=None)


def test_means_have_the_interval_of_scipy_and_their_people():
    table = trial()
    found = who_is_missing(table).set_index(["session_id", "arm"])
    for (session, arm), row in found.iterrows():
        here = table[(table["session_id"] == session) & (table["arm"] == arm)]
        seen = here.loc[here["score"].notna(), "baseline"].dropna()
        expected = ttest_1samp(seen, 0).confidence_interval(0.95)
        limits = row[["baseline_seen_low", "baseline_seen_high"]].tolist()
        assert limits == pytest.approx([expected.low, expected.high])
        assert row["baseline_seen_n"] == len(seen)
    few = found["baseline_missing_n"] < 5
    assert found.loc[few, "baseline_missing_low"].isna().all()


def test_bounds_hold_whatever_the_missing_people_were():
    rows = rate_bounds(small(), Rule(50), "drug", "saline").set_index(
        ["session_id", "missing_in_arm", "missing_in_reference"]
    )
    # Of four with a baseline one responded at d7 and three are missing.
    assert rows.loc[("d7", "no", "no"), ["k", "n"]].tolist() == [1, 4]
    assert rows.loc[("d7", "yes", "no"), ["k", "n"]].tolist() == [4, 4]
    table = trial(gone=0.6)
    bounds = rate_bounds(table, Rule(30), "drug", "saline").groupby("session_id")["estimate"]
    rng = np.random.default_rng(0)
    for _ in range(20):
        filled = table.copy()
        gone = filled["score"].isna()
        filled.loc[gone, "score"] = rng.choice([0, 60], gone.sum())
        whole = rate_bounds(filled, Rule(30), "drug", "saline").groupby("session_id")["estimate"]
        assert (whole.first() <= bounds.max() + 1e-12).all()
        assert (whole.first() >= bounds.min() - 1e-12).all()


# ---------------------------------------------------------------- reference-based imputation
@pytest.fixture(scope="module")
def antidepressant_estimates():
    found = {}

    def of(shared_data):
        if not found:
            found[0] = reference_based(antidepressant(shared_data), "DRUG", "PLACEBO")
        return found[0].set_index(["strategy", "variance"])

    return of


def test_jump_to_reference_is_that_of_rbmi(shared_data, antidepressant_estimates):
    # R rbmi, vignette CondMean_Inference: visits 4 to 7, placebo minus drug.
    table = antidepressant_estimates(shared_data)
    frequentist = table.loc[("jump_to_reference", "frequentist")]
    np.testing.assert_allclose(-frequentist["estimate"], [-0.092, 1.305, 1.929, 2.126], atol=6e-4)
    np.testing.assert_allclose(frequentist["se"], [0.695, 0.878, 0.862, 0.858], atol=6e-4)
    anchored = table.loc[("jump_to_reference", "information_anchored")]
    np.testing.assert_allclose(anchored["estimate"], frequentist["estimate"])
    np.testing.assert_allclose(anchored["se"], [0.695, 0.944, 0.993, 1.123], atol=6e-4)


def test_all_assumptions_at_the_last_visit(shared_data, antidepressant_estimates):
    # An independent implementation: estimate and jackknife SE.
    table = antidepressant_estimates(shared_data)
    for name, expected in zip(
        STRATEGIES,
        [(-2.80183, 1.10672), (-2.12558, 0.85814), (-2.37075, 0.98108), (-2.44918, 1.00080)],
        strict=True,
    ):
        last = table.loc[(name, "frequentist")].iloc[-1]
        assert last[["estimate", "se"]].tolist() == pytest.approx(expected, abs=6e-6)
    # Multiple imputation with 5,000 draws (CAMIS, with sex in the model) is near.
    for name, estimate, se in (
        ("copy_reference", -2.394, 1.112),
        ("jump_to_reference", -2.148, 1.135),
        ("copy_increments", -2.479, 1.112),
    ):
        last = table.loc[(name, "information_anchored")].iloc[-1]
        assert last[["estimate", "se"]].tolist() == pytest.approx((estimate, se), abs=0.04)
    assert last[["n_imputed", "n_imputed_reference"]].tolist() == [20, 23]


def test_missing_at_random_is_the_mixed_model():
    table = trial(3)
    found = reference_based(table, "drug", "saline", ["missing_at_random"])
    assert list(found) == SENSITIVITY_COLUMNS
    usual = mmrm(table, Analysis("saline")).estimates
    usual = usual[usual["quantity"] == "difference"]
    np.testing.assert_allclose(found["estimate"], usual["estimate"], rtol=1e-6)


def test_without_missing_scores_all_assumptions_are_the_analysis_of_covariance():
    table = trial(1, gone=0)
    found = reference_based(table, "drug", "saline")
    last = found[found["session_id"] == "d7"]
    rows = table[table["session_id"] == "d7"].assign(drug=table["arm"] == "drug")
    usual = ols("change ~ drug + baseline", rows).fit()
    np.testing.assert_allclose(last["estimate"], usual.params["drug[T.True]"])
    # The jackknife of a least squares estimate, person by person.
    left_out = [
        ols("change ~ drug + baseline", rows.drop(index)).fit().params["drug[T.True]"]
        for index in rows.index
    ]
    n = len(left_out)
    se = np.sqrt((n - 1) / n * ((left_out - np.mean(left_out)) ** 2).sum())
    np.testing.assert_allclose(last["se"], se)


def test_means_of_the_assumptions_written_out():
    table = trial(5, gone=0.7)
    two = TwoArms.of(table, "drug", "saline")
    model = fit_with_fallback(two.scores())
    own, reference = two.means(model.beta)
    who = np.flatnonzero(two.treated & np.isnan(two.change[:, 1]))[0]
    seen, sigma = two.change[who, 0], model.sigma
    paths = {
        "missing_at_random": own[who],
        "jump_to_reference": np.append(own[who, :1], reference[who, 1:]),
        "copy_reference": reference[who],
        "copy_increments": np.append(
            own[who, :1], own[who, 0] + reference[who, 1:] - reference[who, 0]
        ),
    }
    for name, mean in paths.items():
        expected = mean[1:] + sigma[1:, 0] / sigma[0, 0] * (seen - mean[0])
        np.testing.assert_allclose(imputed(two, model, name)[who, 1:], expected)
    # The reference's people are missing at random under every assumption.
    others = ~two.treated
    once = imputed(two, model, "missing_at_random")[others]
    for name in STRATEGIES:
        np.testing.assert_array_equal(imputed(two, model, name)[others], once)


# ---------------------------------------------------------------- tipping point
def test_the_tipping_point_is_where_the_interval_reaches_nothing():
    table = trial(2)
    found = delta_adjusted(table, "drug", "saline", [0, 2, 4])
    assert list(found.grid) == DELTA_COLUMNS
    assert found.grid["ci_high"].iloc[0] < 0 < found.tipping_point
    at = delta_adjusted(table, "drug", "saline", [found.tipping_point]).grid.iloc[0]
    assert at["ci_high"] == pytest.approx(0, abs=1e-8)
    assert at["p_value"] == pytest.approx(0.05, abs=1e-6)
    assert found.grid["estimate"].is_monotonic_increasing
    at_random = reference_based(table, "drug", "saline", ["missing_at_random"]).iloc[-1]
    none = found.grid.iloc[0]
    assert none[["estimate", "se"]].tolist() == pytest.approx(
        at_random[["estimate", "se"]].tolist()
    )
    # With the arms turned round, the advantage is a positive difference and the shift negative.
    turned = delta_adjusted(table, "saline", "drug", [0.0], [0.0, found.tipping_point])
    assert turned.tipping_point < 0
    assert turned.grid["ci_low"].iloc[1] == pytest.approx(0, abs=1e-8)


def test_shifts_are_added_to_missing_scores_alone():
    table = trial(4)
    found = delta_adjusted(table, "drug", "saline", [3.0], [1.0]).grid.iloc[0]
    two = TwoArms.of(table, "drug", "saline")
    values = imputed(two, fit_with_fallback(two.scores()), "missing_at_random")[:, -1]
    values += np.isnan(two.change[:, -1]) * np.where(two.treated, 3.0, 1.0)
    rows = pd.DataFrame({"y": values, "baseline": two.baseline, "drug": two.treated * 1.0})
    assert found["estimate"] == pytest.approx(ols("y ~ drug + baseline", rows).fit().params["drug"])


def test_without_an_advantage_or_anybody_missing():
    equal = trial(6)
    equal["score"] += 6.0 * (equal["arm"] == "drug")
    equal["change"] = equal["score"] - equal["baseline"]
    assert delta_adjusted(equal, "drug", "saline", [0.0]).tipping_point == 0
    assert delta_adjusted(trial(1, gone=0), "drug", "saline", [0.0]).tipping_point == np.inf
