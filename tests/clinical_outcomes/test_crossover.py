"""Crossover trials, against known answers and the exact balanced case."""

import numpy as np
import pandas as pd
import pytest
from real_trials import ketamine, ketamine_people
from scipy.stats import ttest_ind

from mri_response.clinical_outcomes.covariance import STRUCTURES
from mri_response.clinical_outcomes.crossover import (
    CROSSOVER_COLUMNS,
    crossover_effects,
    crossover_table,
)
from mri_response.clinical_outcomes.kenward_roger import contrast
from mri_response.clinical_outcomes.likelihood import repeated_scores
from mri_response.clinical_outcomes.reml import fit

EFFECT = ["estimate", "se", "df", "ci_low", "ci_high", "p_value"]


def periods(shared_data, day):
    people = ketamine_people(shared_data)[["infusion_1", "infusion_2"]]
    orders = {
        who: [None if pd.isna(x) else x for x in row]
        for who, row in zip(people.index, people.to_numpy(object), strict=True)
    }
    sessions = {"d": f"ses-d{day}", "p": f"ses-p{day}"}
    return crossover_table(ketamine(shared_data), orders, sessions)


def effects(table, method):
    found = crossover_effects(table, "d", "p", method)
    assert list(found) == CROSSOVER_COLUMNS
    return found.set_index(["method", "effect"])


def test_ketamine_of_complete_pairs(shared_data):
    day_2 = effects(periods(shared_data, 2), "satterthwaite")
    drug = day_2.loc[("hills_armitage", "treatment")]
    assert tuple(drug[["n_treatment_first", "n_reference_first"]]) == (12, 12)
    expected = (-6.75, 1.9917, 22, -10.8805, -2.6195, 0.002639)
    assert drug[EFFECT].tolist() == pytest.approx(expected, abs=5e-5)
    assert day_2.loc[("hills_armitage", "period"), "estimate"] == pytest.approx(0, abs=1e-12)
    carried = day_2.loc[("hills_armitage", "carry_over")]
    assert carried["estimate"] == pytest.approx(-3.8333, abs=5e-5)
    assert carried["p_value"] == pytest.approx(0.4838, abs=5e-5)
    day_10 = effects(periods(shared_data, 10), "satterthwaite")
    drug = day_10.loc[("hills_armitage", "treatment")]
    expected = (-4.2727, 1.6429, 20, -7.6998, -0.8457, 0.017101)
    assert drug[EFFECT].tolist() == pytest.approx(expected, abs=5e-5)
    period = day_10.loc[("hills_armitage", "period")]
    assert period[["estimate", "p_value"]].tolist() == pytest.approx((4.1818, 0.0193), abs=5e-5)
    carried = day_10.loc[("hills_armitage", "carry_over")]
    assert carried[["estimate", "p_value"]].tolist() == pytest.approx((0.7273, 0.8707), abs=5e-5)


@pytest.mark.parametrize(
    ("day", "method", "drug", "period"),
    [
        (2, "satterthwaite", (-7.29522, 1.97935, 22.9143, -11.39066, -3.19978, 0.00123), None),
        (
            *(2, "kenward_roger"),
            (-7.29522, 1.98965, 22.9143, -11.41198, -3.17845, 0.00129),
            None,
        ),
        (
            *(2, "kenward_roger_expected"),
            (-7.29522, 1.98831, 24.62258, -11.39341, -3.19702, 0.00117),
            (0.73589, 1.99185, 24.56759),
        ),
        (10, "satterthwaite", (-5.49324, 1.70949, 17.99895, -9.08476, -1.90172, 0.00482), None),
        (
            *(10, "kenward_roger_expected"),
            (-5.49324, 1.72286, 24.03257, -9.04879, -1.93769, 0.00395),
            (-3.12607, 1.72096, 24.06987),
        ),
    ],
)
def test_ketamine_by_the_mixed_model(shared_data, day, method, drug, period):
    found = effects(periods(shared_data, day), method)
    own = found.loc[("mixed_model", "treatment")]
    assert own[EFFECT].tolist() == pytest.approx(drug, abs=1.1e-5)
    assert (own["n_people"], own["n_scores"]) == {2: (29, 53), 10: (30, 52)}[day]
    if period:  # the known answer is of the second minus the first
        later = found.loc[("mixed_model", "period"), EFFECT[:3]].to_numpy(float) * [-1, 1, 1]
        assert later == pytest.approx(period, abs=1.1e-5)


def test_ketamine_of_the_first_period_is_an_analysis_of_covariance(shared_data):
    for day, expected in {
        2: (-9.6551, -16.4281, -2.8820, 0.007040),
        10: (-6.5091, -11.9700, -1.0482, 0.021399),
    }.items():
        row = effects(periods(shared_data, day), "kenward_roger").loc[("first_period", "treatment")]
        assert (row["n_treatment_first"], row["n_reference_first"]) == (15, 13)
        found = row[["estimate", "ci_low", "ci_high", "p_value"]].tolist()
        assert found == pytest.approx(expected, abs=5e-5)
        assert row["df"] == pytest.approx(25)


def criterion(model):
    """Akaike's of the restricted likelihood, which counts the covariance's parameters alone."""
    return model.deviance + 2 * len(model.theta)


def test_ketamine_of_both_days_needs_an_unstructured_covariance(shared_data):
    # Drug, period and baseline by day; a person's covariance over both days of both periods.
    both = pd.concat([periods(shared_data, day).assign(day=day) for day in (2, 10)])
    late, drug = (both["day"] == 10).to_numpy(), (both["treatment"] == "d").to_numpy()
    second, one = (both["period"] == 2).to_numpy(), np.ones(len(both))
    parts = (one, drug, second, both["baseline"].to_numpy())
    x = np.column_stack([part * half for half in (~late, late) for part in parts])
    scores = repeated_scores(both["score"], x, both["participant_id"], 2 * second + late)
    assert (scores.n_rows, len(scores.people)) == (105, 31)
    free = fit(scores, STRUCTURES["unstructured"](4))
    assert free.deviance == pytest.approx(664.96395, abs=1e-5)
    assert criterion(free) == pytest.approx(684.964, abs=5e-4)
    by_row = [78.622, 46.031, 47.056, 35.318, 35.283, 80.69, 15.15, 21.159, 53.871, 62.615]
    np.testing.assert_allclose(free.theta, by_row, atol=5e-3)
    answers = {
        (1, "kenward_roger"): (-6.60119, 1.90016, 21.78726),
        (1, "kenward_roger_expected"): (-6.60119, 1.86877, 24.56024),
        (5, "kenward_roger"): (-4.02700, 1.66158, 15.93461),
        (5, "kenward_roger_expected"): (-4.02700, 1.63746, 24.41916),
        (2, "kenward_roger"): (0.46507, 1.88099, 26.21827),
        (2, "kenward_roger_expected"): (0.46507, 1.87136, 24.82552),
        (6, "kenward_roger"): (-2.92828, 1.67576, 18.03279),
        (6, "kenward_roger_expected"): (-2.92828, 1.66203, 24.23354),
    }
    for (column, method), expected in answers.items():
        found = contrast(free, np.eye(8)[column], method)
        assert found[:3] == pytest.approx(expected, abs=3e-5)
    bound = fit(scores, STRUCTURES["compound_symmetry"](4))
    assert bound.deviance == pytest.approx(687.30654, abs=1e-5)
    assert criterion(bound) == pytest.approx(691.3065, abs=5e-5)
    # Variance that a person's scores share, and the rest.
    shared = bound.structure.matrix(bound.theta)
    assert (shared[0, 1], shared[0, 0] - shared[0, 1]) == pytest.approx((32.284, 32.916), abs=1e-3)
    answers = {
        (1, "kenward_roger"): (-6.99926, 1.60905, 67.63998),
        (1, "kenward_roger_expected"): (-6.99926, 1.60869, 70.80671),
        (5, "kenward_roger"): (-4.82625, 1.64756, 68.98094),
        (5, "kenward_roger_expected"): (-4.82625, 1.64700, 72.05637),
        (2, "kenward_roger"): (0.37607, 1.61105, 67.43392),
        (2, "kenward_roger_expected"): (0.37607, 1.61071, 70.61420),
        (6, "kenward_roger"): (-3.40636, 1.64503, 68.85700),
        (6, "kenward_roger_expected"): (-3.40636, 1.64448, 71.94110),
    }
    for (column, method), expected in answers.items():
        found = contrast(bound, np.eye(8)[column], method)
        assert found[:3] == pytest.approx(expected, abs=4e-5)


# ---------------------------------------------------------------- exact cases
def balanced(seed, n=7, shared=3.0):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(2 * n):
        order = "dp" if i < n else "pd"
        level = rng.normal(25, shared)
        for period, treatment in enumerate(order, 1):
            score = level - 5 * (treatment == "d") + period + rng.normal(0, 3)
            rows.append((f"sub-{i}", order[0], period, treatment, 30.0 + i % 3, score))
    columns = ["participant_id", "sequence", "period", "treatment", "baseline", "score"]
    return pd.DataFrame(rows, columns=columns)


# Without what people share, their two periods may covary negatively: still exact.
@pytest.mark.parametrize("shared", [3.0, 0.0])
@pytest.mark.parametrize("method", ["kenward_roger", "kenward_roger_expected", "satterthwaite"])
def test_balanced_and_complete_all_methods_are_the_t_test(method, shared):
    for seed in range(4):
        table = balanced(seed, shared=shared)
        found = effects(table, method)
        wide = table.pivot_table("score", ["participant_id", "sequence"], "period")
        half = (wide[1] - wide[2]) / 2
        own = half.index.get_level_values("sequence") == "d"
        usual = ttest_ind(half[own], half[~own])
        limits = usual.confidence_interval()
        for name in ("hills_armitage", "mixed_model"):
            row = found.loc[(name, "treatment")]
            assert row["df"] == pytest.approx(12, abs=1e-5)
            assert row["p_value"] == pytest.approx(usual.pvalue)
            assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(limits))


def test_swapping_the_treatments_turns_the_signs():
    table = balanced(1)
    one = crossover_effects(table, "d", "p").set_index(["method", "effect"])
    other = crossover_effects(table, "p", "d").set_index(["method", "effect"])
    turned = other.xs("treatment", level="effect")["estimate"]
    np.testing.assert_allclose(one.xs("treatment", level="effect")["estimate"], -turned)
    same = other.xs("period", level="effect")["estimate"]
    np.testing.assert_allclose(one.xs("period", level="effect")["estimate"], same)


def test_too_few_people_leave_a_method_out():
    table = balanced(0)
    few = table[table["participant_id"].isin(["sub-0", "sub-1"])]
    assert crossover_effects(few, "d", "p").empty
    first = table[table["period"] == 1]
    assert crossover_effects(first, "d", "p")["method"].tolist() == ["first_period"]
    assert crossover_effects(table.iloc[:0], "d", "p").empty
