"""Rates and their differences, against published numbers, statsmodels and exact enumeration."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from real_trials import antidepressant, first_infusion, ketamine
from scipy.stats import binom
from statsmodels.stats.proportion import confint_proportions_2indep

from mri_response.clinical_outcomes.rates import (
    Estimate,
    Rule,
    number_needed,
    number_needed_text,
    odds_ratio,
    paired_difference,
    paired_rate_differences,
    rate_differences,
    rates,
    risk_difference,
)
from mri_response.clinical_outcomes.visits import visit_table

MADRS = Rule(50, 10)
counts = st.tuples(st.integers(1, 60), st.integers(0, 60)).map(lambda x: (min(x), max(x[0], x[1])))


# ---------------------------------------------------------------- statistics of counts
def test_newcombe_published():
    # Newcombe RG (1998), Statistics in Medicine 17, 873-890 and 2635-2650, method 10 of each.
    assert risk_difference(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert paired_difference(36, 12, 2, 0) == pytest.approx((0.2, 0.0569, 0.3404), abs=5e-5)


@given(st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(lambda cells: sum(cells) > 0))
def test_the_paired_interval_holds_its_estimate_and_turns_with_the_pair(cells):
    a, b, c, d = cells
    found = paired_difference(a, b, c, d)
    assert -1 <= found.ci_low <= found.estimate <= found.ci_high <= 1
    turned = paired_difference(a, c, b, d)
    expected = (-found.estimate, -found.ci_high, -found.ci_low)
    assert turned == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("cells", [(0.3, 0.25, 0.1, 0.35), (0.05, 0.15, 0.02, 0.78)])
def test_the_paired_interval_covers(cells):
    # Exact: every outcome of 25 pairs with its multinomial probability.
    n, coverage, total = 25, 0.0, 0.0
    for a, b, c in itertools.product(range(n + 1), repeat=3):
        if a + b + c > n:
            continue
        d = n - a - b - c
        weight = binom.pmf(a, n, cells[0])
        weight *= binom.pmf(b, n - a, cells[1] / (1 - cells[0]))
        weight *= binom.pmf(c, n - a - b, cells[2] / (1 - cells[0] - cells[1]))
        total += weight
        if weight > 1e-7:
            _, low, high = paired_difference(a, b, c, d)
            coverage += weight * (low <= cells[1] - cells[2] <= high)
    assert total == pytest.approx(1)
    assert 0.94 < coverage < 0.985


@pytest.mark.parametrize("table", [(29, 64, 20, 65), (3, 20, 5, 31), (19, 20, 4, 31)])
def test_the_odds_ratio_is_that_of_statsmodels(table):
    k, n, k_0, n_0 = table
    found = odds_ratio(*table)
    assert found.estimate == pytest.approx(k * (n_0 - k_0) / (k_0 * (n - k)))
    expected = confint_proportions_2indep(*table, compare="odds-ratio", method="score")
    assert found[1:] == pytest.approx(expected, rel=1e-6)


def test_the_odds_ratio_with_empty_cells():
    # Such cells end statsmodels with a division by 0.
    assert odds_ratio(5, 15, 0, 13)[0] == np.inf
    assert 1 < odds_ratio(5, 15, 0, 13).ci_low < 2
    assert odds_ratio(5, 15, 0, 13).ci_high == np.inf
    none = odds_ratio(0, 13, 5, 15)
    assert none.estimate == none.ci_low == 0
    assert none.ci_high == pytest.approx(1 / odds_ratio(5, 15, 0, 13).ci_low)
    assert np.isnan(odds_ratio(0, 15, 0, 13).estimate)
    assert odds_ratio(15, 15, 13, 13)[1:] == (0, np.inf)


@given(counts, counts)
def test_the_odds_ratio_turns_with_its_arms(first, second):
    ours = odds_ratio(*first, *second)
    turned = odds_ratio(*second, *first)
    if not np.isnan(ours.estimate):
        assert ours.ci_low <= ours.estimate <= ours.ci_high
        with np.errstate(divide="ignore"):
            inverse = 1 / np.array([turned.estimate, turned.ci_high, turned.ci_low])
        np.testing.assert_allclose(ours, inverse, rtol=1e-6)


@pytest.mark.parametrize(
    ("risk", "words"),
    [
        ((29, 84, 20, 88), "NNTB 8.5 (NNTH 58.9 to infinity to NNTB 4.0)"),
        ((5, 15, 0, 13), "NNTB 3.0 (NNTB 1.7 to NNTB 23.9)"),
        ((0, 13, 5, 15), "NNTH 3.0 (NNTH 1.7 to NNTH 23.9)"),
        ((5, 15, 5, 15), "infinity (NNTH 3.2 to infinity to NNTB 3.2)"),
    ],
)
def test_the_number_needed_passes_through_infinity(risk, words):
    assert number_needed_text(number_needed(risk_difference(*risk))) == words


@given(st.floats(-0.9, 0.9), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_the_number_needed_is_the_difference_turned_over(middle, below, above):
    risk = Estimate(middle, middle - below, middle + above)
    number = number_needed(risk)
    if middle:
        assert 1 / number.estimate == pytest.approx(middle)
    assert 1 / number.ci_low == pytest.approx(risk.ci_high)
    assert 1 / number.ci_high == pytest.approx(risk.ci_low)
    assert ("infinity" in number_needed_text(number)) == (risk.ci_low <= 0 <= risk.ci_high)


# ---------------------------------------------------------------- tables
def trial():
    rows = [("a", 40, 20), ("b", 40, 21), ("c", 40, 9), ("d", 40, np.nan), ("e", np.nan, 5)]
    rows += [("f", 40, 40), ("g", 40, 10)]
    scores = pd.DataFrame(
        [(who, session, x) for who, *two in rows for session, x in zip("pq", two, strict=True)],
        columns=["participant_id", "session_id", "score"],
    )
    arms = dict(zip("abcdefg", ["drug"] * 5 + ["saline"] * 2, strict=True))
    return visit_table(scores, "p", ["q"], arms)


def test_rates_name_whom_they_count():
    table = rates(trial(), MADRS).set_index(["arm", "outcome", "counted"])
    # Without a baseline nobody can respond: person e counts nowhere.
    assert tuple(table.loc[("drug", "response", "observed"), ["k", "n"]]) == (2, 3)
    assert tuple(table.loc[("drug", "response", "missing_is_no"), ["k", "n"]]) == (2, 4)
    assert tuple(table.loc[("drug", "remission", "observed"), ["k", "n"]]) == (1, 3)
    assert tuple(table.loc[("saline", "remission", "observed"), ["k", "n"]]) == (1, 2)
    assert "remission" not in rates(trial(), Rule(50))["outcome"].tolist()


def test_swapping_the_arms_turns_the_differences():
    there = rate_differences(trial(), MADRS, "drug", "saline").set_index(["outcome", "counted"])
    back = rate_differences(trial(), MADRS, "saline", "drug").set_index(["outcome", "counted"])
    there, back = (x[x["measure"] == "risk_difference"] for x in (there, back))
    np.testing.assert_allclose(there["estimate"], -back["estimate"])
    np.testing.assert_allclose(there["ci_low"], -back["ci_high"])
    np.testing.assert_allclose(there["p_value"], back["p_value"])


def test_ketamine_response_and_remission_by_session(shared_data):
    table = rates(ketamine(shared_data), MADRS)
    table = table[table["counted"] == "observed"].set_index(["session_id", "outcome"])
    columns = ["k", "n", "estimate", "ci_low", "ci_high"]
    for key, expected in {
        ("ses-d2", "response"): (6, 27, 0.2222, 0.1061, 0.4076),
        ("ses-d2", "remission"): (4, 27, 0.1481, 0.0592, 0.3248),
        ("ses-d10", "response"): (3, 26, 0.1154, 0.0400, 0.2898),
        ("ses-d10", "remission"): (2, 26, 0.0769, 0.0214, 0.2414),
        ("ses-p2", "response"): (1, 26, 0.0385, 0.0068, 0.1889),
        ("ses-p10", "response"): (0, 26, 0.0000, 0.0000, 0.1287),
        ("ses-p10", "remission"): (0, 26, 0.0000, 0.0000, 0.1287),
    }.items():
        assert table.loc[key, columns].tolist() == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("day", "cells", "risk", "p"),
    [
        (2, (1, 4, 0, 19), (0.1667, -0.0169, 0.3609), 0.125),
        (10, (0, 1, 0, 21), (0.0455, -0.1078, 0.2180), 1.0),
    ],
)
def test_ketamine_against_placebo_within_people(shared_data, day, cells, risk, p):
    table = ketamine(shared_data)
    # Complete pairs of people whose order of infusions is known.
    found = paired_rate_differences(table, Rule(50), f"ses-d{day}", f"ses-p{day}")
    row = found.set_index("measure").loc["risk_difference"]
    assert tuple(row[["both", "only_first", "only_reference", "neither"]]) == cells
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(risk, abs=5e-5)
    assert row["p_value"] == pytest.approx(p)


def test_ketamine_as_a_parallel_trial_of_the_first_infusion(shared_data):
    found = rate_differences(first_infusion(shared_data, 2), Rule(50), "ketamine", "placebo")
    row = found[found["counted"] == "observed"].set_index("measure").loc["risk_difference"]
    assert tuple(row[["k", "n", "k_reference", "n_reference"]]) == (5, 15, 0, 13)
    expected = (0.3333, 0.0418, 0.5829)
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(expected, abs=5e-5)


def test_antidepressant_response_at_the_last_visit(shared_data):
    found = rate_differences(antidepressant(shared_data), Rule(50), "DRUG", "PLACEBO")
    found = found[found["session_id"] == "7"].set_index(["counted", "measure"])
    limits = ["estimate", "ci_low", "ci_high"]
    observed = found.loc[("observed", "risk_difference")]
    assert tuple(observed[["k", "n", "k_reference", "n_reference"]]) == (29, 64, 20, 65)
    assert observed[limits].tolist() == pytest.approx((0.14543, -0.02156, 0.30177), abs=5e-6)
    everybody = found.loc[("missing_is_no", "risk_difference")]
    assert tuple(everybody[["k", "n", "k_reference", "n_reference"]]) == (29, 84, 20, 88)
    assert everybody[limits].tolist() == pytest.approx((0.11797, -0.01697, 0.24819), abs=5e-6)
    number = found.loc[("missing_is_no", "number_needed_to_treat"), limits]
    assert number.tolist() == pytest.approx((8.48, 4.03, -58.9), abs=0.05)
