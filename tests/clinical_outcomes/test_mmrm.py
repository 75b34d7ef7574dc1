"""Models of a trial's visits, against published results and exact cases."""

import numpy as np
import pandas as pd
import pytest
from real_trials import antidepressant
from statsmodels.formula.api import ols

from mri_response.clinical_outcomes.mmrm import (
    ESTIMATE_COLUMNS,
    FIT_COLUMNS,
    Analysis,
    constrained,
    mmrm,
)
from mri_response.clinical_outcomes.visits import visit_table

VISITS = ["h40", "h230", "d1"]


def trial(seed=0, n=40, missing=0.0, arms=("ketamine", "saline")):
    """People with a baseline and three visits; the scores of an arm fall by 8, 6 and 4 more."""
    rng = np.random.default_rng(seed)
    people = [f"sub-{i:03d}" for i in range(n)]
    arm = {who: arms[i % len(arms)] for i, who in enumerate(people)}
    level = rng.normal(32, 4, n)
    rows = []
    for i, who in enumerate(people):
        rows.append((who, "pre", level[i] + rng.normal(0, 2)))
        for session, fall in zip(VISITS, (8, 6, 4), strict=True):
            if rng.random() >= missing:
                effect = fall * (arm[who] == "ketamine")
                rows.append((who, session, level[i] - 5 - effect + rng.normal(0, 4)))
    scores = pd.DataFrame(rows, columns=["participant_id", "session_id", "score"])
    return visit_table(scores, "pre", VISITS, arm)


def differences(tables):
    found = tables.estimates
    return found[found["quantity"] == "difference"].set_index("session_id")


def test_antidepressant_published(shared_data):
    # R's mmrm (CAMIS, R/rbmi_continuous_joint), and an independent implementation to more digits.
    table = antidepressant(shared_data)
    found = mmrm(table, Analysis("PLACEBO", df_method="satterthwaite", covariates=("sex",)))
    assert found.fit["deviance"].item() == pytest.approx(3492.9, abs=0.05)
    last = differences(found).loc["7"]
    size = last[["estimate", "se"]].tolist()
    assert size == pytest.approx((-2.829, 1.117), abs=6e-4)
    assert size == pytest.approx((-2.82870, 1.11659), abs=6e-6)
    assert last["df"] == pytest.approx(150.711, abs=7e-3)
    assert last["df"] == pytest.approx(150.705, abs=6e-4)
    assert last[["ci_low", "ci_high"]].tolist() == pytest.approx((-5.035, -0.622), abs=6e-4)
    assert last["p_value"] == pytest.approx(0.01232, abs=5e-6)
    assert (last["n"], last["n_reference"]) == (64, 65)
    method = "kenward_roger_expected"
    expected = mmrm(table, Analysis("PLACEBO", df_method=method, covariates=("sex",)))
    last = differences(expected).loc["7"]
    assert last["se"] == pytest.approx(1.11895, abs=5e-6)
    assert last["df"] == pytest.approx(154.615, abs=5e-4)
    plain = differences(mmrm(table, Analysis("PLACEBO"))).loc["7"]
    assert plain["estimate"] == pytest.approx(-2.80183, abs=5e-6)


@pytest.mark.parametrize("method", ["kenward_roger", "kenward_roger_expected", "satterthwaite"])
def test_with_complete_scores_a_visit_is_its_analysis_of_covariance(method):
    table = trial()
    found = differences(mmrm(table, Analysis("saline", df_method=method)))
    for session, rows in table.groupby("session_id"):
        usual = ols("change ~ baseline + ketamine", rows.assign(ketamine=rows["arm"] == "ketamine"))
        usual = usual.fit()
        name = "ketamine[T.True]"
        row = found.loc[session]
        assert row["estimate"] == pytest.approx(usual.params[name])
        assert row["se"] == pytest.approx(usual.bse[name])
        assert row["df"] == pytest.approx(usual.df_resid)
        assert row["p_value"] == pytest.approx(usual.pvalues[name])


def test_with_complete_scores_both_models_estimate_the_same():
    table = trial()
    usual = differences(mmrm(table, Analysis("saline")))
    other = differences(constrained(table, Analysis("saline")))
    np.testing.assert_allclose(other["estimate"], usual["estimate"], rtol=1e-6)


def test_the_constrained_model_keeps_people_without_a_later_score_or_a_baseline():
    table = trial(missing=0.2)
    people = table["participant_id"].unique()
    alone = table["participant_id"].isin(people[:3])
    table.loc[alone, ["score", "change"]] = np.nan
    without = table["participant_id"].isin(people[3:5])
    table.loc[without, ["baseline", "change"]] = np.nan
    assert constrained(table, Analysis("saline")).fit["n_people"].item() == 40
    assert mmrm(table, Analysis("saline")).fit["n_people"].item() == 35
    means = constrained(table, Analysis("saline")).estimates
    baseline = means[means["session_id"] == "baseline"]
    assert baseline["arm"].tolist() == ["all"]
    assert baseline["n"].item() == 38


def test_means_and_differences_agree_and_turn_with_the_reference():
    table = trial(missing=0.2).assign(site="x")
    table.loc[table["participant_id"].str[-1].isin(list("0123")), "site"] = "y"
    analysis = Analysis("saline", covariates=("site",))
    tables = mmrm(table, analysis)
    assert list(tables.estimates) == ESTIMATE_COLUMNS
    assert list(tables.fit) == FIT_COLUMNS
    means = tables.estimates[tables.estimates["quantity"] == "mean"]
    wide = means.pivot_table("estimate", "session_id", "arm")
    found = differences(tables)["estimate"]
    np.testing.assert_allclose((wide["ketamine"] - wide["saline"]).loc[found.index], found)
    turned = differences(mmrm(table, Analysis("ketamine", covariates=("site",))))
    np.testing.assert_allclose(turned["estimate"].loc[found.index], -found, rtol=1e-6)
    # A number in place of a category with two values says the same.
    numbers = table.assign(site=table["site"].eq("y").astype(float))
    np.testing.assert_allclose(differences(mmrm(numbers, analysis))["estimate"], found, rtol=1e-6)


def test_one_arm_and_three():
    alone = mmrm(trial(arms=("ketamine",)), Analysis("ketamine")).estimates
    assert set(alone["quantity"]) == {"mean"}
    complete = trial(arms=("ketamine",)).groupby("session_id")["change"].mean()
    np.testing.assert_allclose(alone.set_index("session_id")["estimate"], complete[VISITS])
    three = differences(mmrm(trial(n=60, arms=("ketamine", "saline", "none")), Analysis("saline")))
    assert three["arm"].tolist() == ["ketamine"] * 3 + ["none"] * 3


def test_the_order_of_fallback_is_followed_and_told():
    table = trial(n=12)
    # Nobody has both the first and the last visit: their covariance cannot be known.
    early = table["participant_id"].str[-1].isin(list("02468"))
    table.loc[early & (table["visit"] == 3), ["score", "change"]] = np.nan
    table.loc[~early & (table["visit"] == 1), ["score", "change"]] = np.nan
    table.loc[table["participant_id"].isin(["sub-000", "sub-002"]), "arm"] = "saline"
    table.loc[table["participant_id"].isin(["sub-001", "sub-003"]), "arm"] = "ketamine"
    table.loc[table["participant_id"].isin(["sub-005", "sub-007"]), "arm"] = "ketamine"
    tables = mmrm(table, Analysis("saline", ("unstructured", "compound_symmetry")))
    assert tables.fit["covariance"].item() == "compound_symmetry"
    assert tables.fit["df_method"].item() == "robust"
    assert "unstructured: two visits" in tables.fit["not_fitted"].item()
    chosen = mmrm(table, Analysis("saline", ("compound_symmetry",)))
    assert chosen.fit["df_method"].item() == "kenward_roger"
    nothing = mmrm(table, Analysis("saline", ("unstructured",)))
    assert nothing.estimates.empty
    assert list(nothing.estimates) == ESTIMATE_COLUMNS
    assert "fewer than two people" in nothing.fit["not_fitted"].item()
