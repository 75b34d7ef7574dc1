"""Time to an event, by hand, against statsmodels and by simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import norm
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight, survdiff
from statsmodels.tools.numdiff import approx_hess

from mri_response.clinical_outcomes.rates import Rule
from mri_response.clinical_outcomes.survival import (
    INCIDENCE_COLUMNS,
    hazard_ratio,
    incidence,
    log_rank,
    medians,
    times_to_event,
)
from mri_response.clinical_outcomes.visits import visit_table

NAMES = {0: "censored", 1: "event", 2: "competing"}


def people(times, statuses, arm="all"):
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{i}" for i in range(len(times))],
            "arm": arm,
            "time": times,
            "status": [NAMES[s] for s in statuses],
        }
    )


#: Infusion of response of twelve people; five stopped or were followed without one.
TOY = people([1, 2, 2, 3, 3, 3, 4, 5, 6, 6, 6, 6], [1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0])


def test_by_hand():
    table = incidence(TOY)
    assert list(table) == INCIDENCE_COLUMNS
    at = table.set_index("time")
    assert at["at_risk"].tolist() == [12, 11, 9, 6, 5, 4]
    assert at["events"].tolist() == [1, 2, 2, 1, 0, 0]
    assert at["censored"].tolist() == [0, 0, 1, 0, 1, 4]
    assert at.loc[3, "free"] == pytest.approx(11 / 12 * 9 / 11 * 7 / 9)
    assert at.loc[4, "free"] == pytest.approx(0.48611, abs=5e-6)
    assert set(table["estimator"]) == {"kaplan_meier"}
    # Of all people half respond by the fourth infusion; among responders the median is 2.5.
    row = medians(TOY).iloc[0]
    assert (row["n"], row["events"], row["median"], row["ci_low"]) == (12, 6, 4, 2)
    assert row["ci_high"] == np.inf


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 1)), min_size=4, max_size=40))
def test_without_competition_it_is_that_of_kaplan_and_meier(drawn):
    times, statuses = map(np.array, zip(*drawn, strict=True))
    table = incidence(people(times, statuses)).set_index("time")
    usual = SurvfuncRight(times, statuses)
    at = table.loc[usual.surv_times]
    np.testing.assert_allclose(at["free"], usual.surv_prob, atol=1e-9)
    np.testing.assert_allclose(at["incidence"], 1 - usual.surv_prob, atol=1e-9)
    inside = usual.surv_prob > 1e-9
    np.testing.assert_allclose(at["se"][inside], usual.surv_prob_se[inside], atol=1e-9)
    # Limits on the log(-log) scale, written out.
    s, se = usual.surv_prob[inside], usual.surv_prob_se[inside]
    g, slope = np.log(-np.log(s)), se / (s * np.abs(np.log(s)))
    expected = 1 - np.exp(-np.exp(g + norm.ppf(0.975) * slope))
    np.testing.assert_allclose(at["ci_high"][inside], expected, atol=1e-9)
    expected = 1 - np.exp(-np.exp(g - norm.ppf(0.975) * slope))
    np.testing.assert_allclose(at["ci_low"][inside], expected, atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2)), min_size=4, max_size=40))
def test_with_competition_it_is_that_of_aalen_and_johansen(drawn):
    times, statuses = map(np.array, zip(*drawn, strict=True))
    if statuses.max() < 2 or not (statuses == 1).any():
        return
    table = incidence(people(times, statuses))
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = CumIncidenceRight(times, statuses)
    np.testing.assert_allclose(table["incidence"], usual.cinc[0], atol=1e-9)
    known = np.isfinite(usual.cinc_se[0])  # statsmodels divides by 0 where nobody is left
    np.testing.assert_allclose(table["se"][known], usual.cinc_se[0][known], atol=1e-9)
    # Those who had the event, those who had the other one, and the rest are everybody.
    swapped = incidence(people(times, np.array([0, 2, 1])[statuses]))
    total = table["incidence"] + swapped["incidence"] + table["free"]
    np.testing.assert_allclose(total, 1, atol=1e-12)
    assert set(table["estimator"]) == {"aalen_johansen"}
    # Taking competing events as censored claims more events than there were.
    naive = incidence(people(times, np.where(statuses == 2, 0, statuses)))
    assert (naive["incidence"] >= table["incidence"] - 1e-12).all()


def test_the_variance_is_that_of_many_samples():
    rng = np.random.default_rng(2)

    def sample():
        event, other, lost = (rng.geometric(p, 60) for p in (0.15, 0.1, 0.08))
        times = np.minimum(np.minimum(event, other), np.minimum(lost, 5))
        statuses = np.where(event == times, 1, np.where(other == times, 2, 0))
        return incidence(people(times, statuses)).iloc[-1][["incidence", "se"]]

    drawn = np.array([sample() for _ in range(250)], float)
    assert np.sqrt((drawn[:, 1] ** 2).mean()) == pytest.approx(drawn[:, 0].std(), rel=0.15)


def two_arms(seed=0, n=40):
    rng = np.random.default_rng(seed)
    times = rng.integers(1, 7, 2 * n)
    statuses = (rng.random(2 * n) < 0.6).astype(int)
    return people(times, statuses, np.repeat(["drug", "saline"], n))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_log_rank_test_is_that_of_statsmodels(seed):
    table = two_arms(seed)
    event = (table["status"] == "event").astype(int)
    assert log_rank(table) == pytest.approx(survdiff(table["time"], event, table["arm"])[1])
    three = table.assign(arm=np.resize(["a", "b", "c"], len(table)))
    assert log_rank(three) == pytest.approx(survdiff(three["time"], event, three["arm"])[1])
    assert np.isnan(log_rank(table.assign(status="censored")))


def test_the_hazard_ratio_maximises_the_likelihood():
    table = two_arms(5)
    event = (table["status"] == "event").to_numpy()
    drug, time = (table["arm"] == "drug").to_numpy(), table["time"].to_numpy()
    at = np.unique(time[event])

    def minus_log_likelihood(theta):
        total = 0.0
        for intercept, t in zip(theta[1:], at, strict=True):
            risk = time >= t
            hazard = 1 - np.exp(-np.exp(intercept + theta[0] * drug[risk]))
            had = event[risk] & (time[risk] == t)
            total -= np.log(np.where(had, hazard, 1 - hazard)).sum()
        return total

    best = minimize(minus_log_likelihood, np.full(len(at) + 1, -1.0), tol=1e-12)
    found = hazard_ratio(table, "drug", "saline")
    assert np.log(found.estimate) == pytest.approx(best.x[0], abs=1e-4)
    information = approx_hess(best.x, minus_log_likelihood)
    half = norm.ppf(0.975) * np.sqrt(np.linalg.inv(information)[0, 0])
    assert np.log(found.ci_high / found.ci_low) == pytest.approx(2 * half, rel=0.02)
    turned = hazard_ratio(table, "saline", "drug")
    assert turned.estimate == pytest.approx(1 / found.estimate)
    assert turned.p_value == pytest.approx(found.p_value)
    none = table.assign(status=np.where(drug, "censored", table["status"]))
    assert np.isnan(hazard_ratio(none, "drug", "saline").estimate)


def test_times_from_scores():
    scores = pd.DataFrame(
        [
            *[("a", "pre", 30), ("a", "i1", 20), ("a", "i2", 10), ("a", "i3", 25)],
            *[("b", "pre", 30), ("b", "i1", 28), ("b", "i2", np.nan), ("b", "i3", 29)],
            *[("c", "pre", 30), ("c", "i1", 28)],
            *[("d", "pre", 30), ("d", "i1", 28), ("d", "i2", 12)],
            *[("e", "pre", 30), ("f", "i1", 10), ("g", "pre", 30), ("g", "i1", 29)],
        ],
        columns=["participant_id", "session_id", "score"],
    )
    table = visit_table(scores, "pre", ["i1", "i2", "i3"])
    stopped = {"c": 1, "d": 1, "a": 2}
    found = times_to_event(table, Rule(50), "response", {"i1": 1, "i2": 2, "i3": 3}, stopped)
    rows = found.set_index("participant_id")[["time", "status"]]
    assert tuple(rows.loc["a"]) == (2, "event")  # at the time of the competing event: it came first
    assert tuple(rows.loc["b"]) == (3, "censored")
    assert tuple(rows.loc["c"]) == (1, "competing")
    assert tuple(rows.loc["d"]) == (1, "competing")  # a response after stopping does not count
    assert tuple(rows.loc["e"]) == (0, "censored")
    assert "f" not in rows.index
    assert incidence(found)["n"].iloc[0] == 6
