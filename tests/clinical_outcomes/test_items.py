"""Items of a scale: real patients, exact tests, and what must not be shown."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_trials import adolescents
from scipy.stats import ttest_rel, wilcoxon

from mri_response.clinical_outcomes.effect_sizes import within_effects
from mri_response.clinical_outcomes.items import (
    CHANGE_COLUMNS,
    DIFFERENCE_COLUMNS,
    SHARE_COLUMNS,
    ItemRule,
    item_changes,
    item_differences,
    item_shares,
    signed_rank_p,
    total_without,
)
from mri_response.clinical_outcomes.rates import Rule, rates
from mri_response.clinical_outcomes.visits import visit_table
from mri_response.core.errors import InputError

ALL = ItemRule(min_cell=1)


def scores(before, after):
    n = len(before)
    people = [f"sub-{i:02d}" for i in range(n)]
    return pd.DataFrame(
        {
            "participant_id": people * 2,
            "session_id": ["pre"] * n + ["d1"] * n,
            "score": [*map(float, before), *map(float, after)],
        }
    )


def table(before, after, arms=None):
    tidy = scores(before, after)
    if arms is not None:
        arms = dict(zip(tidy["participant_id"], arms, strict=False))
    return visit_table(tidy, "pre", ["d1"], arms)


# ---------------------------------------------------------------- signed ranks
@settings(deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_signed_ranks_with_ties_are_all_signs(changes):
    nonzero = np.array([x for x in changes if x])
    if not len(nonzero):
        assert signed_rank_p(changes) == 1
        return
    ranks = pd.Series(np.abs(nonzero)).rank().to_numpy()
    observed = ranks[nonzero > 0].sum()
    sums = [ranks @ np.array(signs) for signs in itertools.product([0, 1], repeat=len(ranks))]
    upper, lower = (
        np.mean(part) for part in (np.array(sums) >= observed, np.array(sums) <= observed)
    )
    assert signed_rank_p(changes) == pytest.approx(min(1, 2 * min(upper, lower)))
    assert signed_rank_p([-x for x in changes]) == pytest.approx(signed_rank_p(changes))


@pytest.mark.parametrize("n", [6, 20, 40])
def test_signed_ranks_without_ties_are_those_of_scipy(n):
    changes = np.random.default_rng(n).normal(0.3, 1, n)
    assert signed_rank_p(changes) == pytest.approx(wilcoxon(changes, method="exact").pvalue)


# ---------------------------------------------------------------- real patients
def test_adolescents(shared_data):
    raw = adolescents(shared_data)
    item = table(raw["item10_pre"], raw["item10_24h"])
    changes = item_changes(item, ALL).set_index("people").loc["everybody"]
    assert changes["mean_change"] == pytest.approx(-2.3)
    assert changes[["mean_change_low", "mean_change_high"]].tolist() == pytest.approx(
        (-3.953766, -0.646234), abs=5e-7
    )
    size = within_effects(item).set_index("standardiser").loc["change"]
    assert size["estimate"] == pytest.approx(-0.90921, abs=5e-6)
    limits = size[["mean_change_low", "mean_change_high", "p_value"]].tolist()
    assert limits == pytest.approx((-3.953766, -0.646234, 0.0118109), abs=5e-7)
    shares = item_shares(item, ALL).set_index(["people", "share"])
    assert shares.loc[("everybody", "worsened"), "k"] == 1
    assert shares.loc[("everybody", "low"), "k"] == 3
    # Somebody's total falls by 8 points while the item rises from 3 to 6: the rest falls by 11.
    total = scores(raw["madrs_pre"], raw["madrs_24h"])
    rest = visit_table(
        total_without(total, scores(raw["item10_pre"], raw["item10_24h"])), "pre", ["d1"]
    )
    assert (item["change"].iloc[-1], rest["change"].iloc[-1]) == (3, -11)
    whole = visit_table(total, "pre", ["d1"])
    assert whole["change"].iloc[-1] == -8
    size = within_effects(whole).set_index("standardiser").loc["change"]
    found = [-size[name] for name in ("mean_change", "mean_change_high", "mean_change_low")]
    assert found == pytest.approx((12.3, 5.708616, 18.891384), abs=5e-7)
    assert size["p_value"] == pytest.approx(0.0022350, abs=5e-8)
    assert size["estimate"] == pytest.approx(-1.21994, abs=5e-6)
    rate = rates(whole, Rule(50)).iloc[0]
    assert (rate["k"], rate["n"]) == (2, 10)
    assert (rate["ci_low"], rate["ci_high"]) == pytest.approx((0.0567, 0.5098), abs=5e-5)


# ---------------------------------------------------------------- sets and suppression
BEFORE = [0, 1, 2, 3, 4, 4, 5, 6, 2, 0, 3, 3]
AFTER = [0, 2, 0, 1, 1, 0, 2, 6, 0, 0, 1, 0]


def test_shares_by_hand():
    found = item_shares(table(BEFORE, AFTER), ALL)
    assert list(found) == SHARE_COLUMNS
    k = found.set_index(["people", "share"])[["k", "n"]].apply(tuple, axis=1).to_dict()
    assert k[("everybody", "low")] == (9, 12)
    assert k[("everybody", "improved")] == (8, 12)
    assert k[("everybody", "worsened")] == (1, 12)
    assert k[("present_at_baseline", "low")] == (7, 9)
    assert k[("present_at_baseline", "worsened")] == (0, 9)
    changes = item_changes(table(BEFORE, AFTER), ALL)
    assert list(changes) == CHANGE_COLUMNS
    assert changes["n"].tolist() == [12, 9]
    assert changes["median_change"].tolist() == [-2, -2]


def test_small_cells_are_not_shown():
    found = item_shares(table(BEFORE, AFTER), ItemRule()).set_index(["people", "share"])
    one_of_twelve = found.loc[("everybody", "worsened")]
    assert one_of_twelve["suppressed"]
    assert np.isnan([one_of_twelve["k"], one_of_twelve["estimate"], one_of_twelve["ci_low"]]).all()
    # Four of twelve did not improve: their number would follow from that of the others.
    assert found.loc[("everybody", "improved"), "suppressed"]
    none_of_nine = found.loc[("present_at_baseline", "worsened")]
    assert (none_of_nine["k"], none_of_nine["suppressed"]) == (0, False)
    few = item_changes(table(BEFORE[:4], AFTER[:4]), ItemRule())
    assert few["suppressed"].all()
    hidden = ["mean", "mean_change", "mean_change_low", "median_change", "p_value"]
    assert few[hidden].isna().all(axis=None)


def test_the_mean_change_has_the_interval_of_scipy():
    found = item_changes(table(BEFORE, AFTER), ALL).set_index("people")
    had = np.array(BEFORE) >= ItemRule().present
    for people, who in (("everybody", slice(None)), ("present_at_baseline", had)):
        before, after = np.array(BEFORE)[who], np.array(AFTER)[who]
        expected = ttest_rel(after, before).confidence_interval(0.95)
        limits = found.loc[people, ["mean_change_low", "mean_change_high"]]
        assert limits.tolist() == pytest.approx([expected.low, expected.high])
    assert set(found["ci_method"]) == {"student_t"}


def test_people_who_change_alike_have_a_mean_and_no_interval():
    found = item_changes(table([3, 4, 5, 6, 6], [2, 3, 4, 5, 5]), ALL)
    assert found["mean_change"].tolist() == [-1, -1]
    assert found[["mean_change_low", "mean_change_high"]].isna().all(axis=None)


def test_differences_between_arms():
    arms = ["drug"] * 6 + ["saline"] * 6
    found = item_differences(table(BEFORE, AFTER, arms), ALL, "drug", "saline")
    assert list(found) == DIFFERENCE_COLUMNS
    rows = found.set_index(["people", "share"])
    low = rows.loc[("everybody", "low")]
    assert low[["k", "n", "k_reference", "n_reference"]].tolist() == [5, 6, 4, 6]
    assert low["estimate"] == pytest.approx(5 / 6 - 4 / 6)
    hidden = item_differences(table(BEFORE, AFTER, arms), ItemRule(), "drug", "saline")
    assert hidden["suppressed"].any()
    assert hidden.loc[hidden["suppressed"], ["k", "k_reference", "estimate"]].isna().all(axis=None)


def test_an_item_above_its_total_is_one_line():
    with pytest.raises(InputError, match="item of 5 above the total of 4 for sub-00 at d1"):
        total_without(scores([20], [4]), scores([3], [5]))
