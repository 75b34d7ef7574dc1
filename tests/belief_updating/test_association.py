"""Partial correlations with the clinical score, and their correction by max-T."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from mri_response.belief_updating.association import association_table
from mri_response.belief_updating.effects import Comparison
from mri_response.core.errors import InputError

COMPARISONS = [Comparison("ses-a", name, covariates=("age",)) for name in ("ses-b", "ses-c")]


def made(people: int, seed: int, effect: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Learning rates in three sessions, and scores that follow the change of A to the second."""
    rng = np.random.default_rng(seed)
    names = [f"sub-{i}" for i in range(people)]
    tables = []
    base = rng.normal([0.4, 0.05], 0.1, (people, 2))
    for session in ("ses-a", "ses-b", "ses-c"):
        own = base + 0.08 * rng.standard_normal((people, 2))
        table = pd.DataFrame(own, columns=["S", "A"])
        table["LR_good"], table["LR_bad"] = table["S"] + table["A"], table["S"] - table["A"]
        for name in ("S", "A", "LR_good", "LR_bad"):
            table[f"{name}_se"] = 0.05
        table.insert(0, "session_id", session)
        table.insert(0, "participant_id", names)
        tables.append(table)
    change = tables[1]["A"] - tables[0]["A"]
    before = rng.normal(32, 5, people)
    after = before - 10 + effect * change + rng.normal(0, 5, people)
    scores = pd.DataFrame({"participant_id": names, "score_before": before, "score_after": after})
    return pd.concat(tables), scores.assign(age=rng.normal(40, 10, people))


def test_the_correlation_is_partial_and_its_p_near_that_of_a_regression():
    rates, people = made(40, 1, effect=-25)
    table = association_table(rates, people, COMPARISONS, n_permutations=4999, seed=1)
    a = {name: own["A"].to_numpy() for name, own in rates.groupby("session_id")}
    given = [people["score_before"], people["age"], a["ses-a"], a["ses-b"] - a["ses-a"]]
    change = people["score_after"] - people["score_before"]
    fit = sm.OLS(change.to_numpy(), sm.add_constant(np.column_stack(given))).fit()
    row = table.query("session_id == 'ses-b' and parameter == 'A'").iloc[0]
    t = fit.tvalues[-1]
    assert row["r"] == pytest.approx(t / np.sqrt(t**2 + fit.df_resid))
    assert row["p_value"] == pytest.approx(fit.pvalues[-1], abs=0.01)
    residuals = [
        sm.OLS(values, sm.add_constant(np.column_stack(given[:3]))).fit().resid
        for values in (given[3], change)
    ]
    # 40 people less 3 that are taken out.
    half = 1.959964 / np.sqrt(40 - 3 - 3)
    z = np.arctanh(np.corrcoef(*residuals)[0, 1])
    assert row["ci_low"] == pytest.approx(np.tanh(z - half))
    assert row["ci_high"] == pytest.approx(np.tanh(z + half))
    assert row["adjusted_for"] == "score_before, A_before, age"
    assert table["family_size"].tolist() == [4] * 4


def test_the_correction_is_never_below_the_single_p_nor_above_bonferroni():
    rates, people = made(30, 2, effect=-15)
    table = association_table(rates, people, COMPARISONS, n_permutations=1999, seed=2)
    assert (table["p_family"] >= table["p_value"]).all()
    assert (table["p_family"] <= 4 * table["p_value"] + 1 / 2000).all()


def test_the_family_holds_its_level_without_any_effect():
    """Smallest corrected p of 60 studies of 20 people: at 10 % between the limits of 6."""
    hits = 0
    for seed in range(60):
        rates, people = made(20, 100 + seed)
        table = association_table(rates, people, COMPARISONS, n_permutations=199, seed=seed)
        hits += table["p_family"].min() <= 0.1
    # 99.8 % of binomial (60, .1) draws lie between 1 and 15.
    assert 1 <= hits <= 15


def test_people_who_lack_something_are_left_out_and_too_few_are_an_error():
    rates, people = made(20, 3)
    lacking = people.copy()
    lacking.loc[0, "score_after"] = np.nan
    fewer = rates[~((rates["participant_id"] == "sub-1") & (rates["session_id"] == "ses-c"))]
    assert (
        association_table(fewer, lacking, COMPARISONS, n_permutations=9)["n"].tolist() == [18] * 4
    )
    with pytest.raises(InputError, match="found 7 people with both scores"):
        association_table(rates, people.head(7), COMPARISONS, n_permutations=9)
