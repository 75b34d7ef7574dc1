"""Short version of benchmarks/simulation_outcomes.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmark_script import load_benchmark
from threadpoolctl import threadpool_limits

VARIANCES = ("frequentist", "information_anchored")


@pytest.fixture(scope="module")
def simulation():
    module = load_benchmark("simulation_outcomes")
    module.N_TRUTH = 40_000
    with threadpool_limits(1):  # matrices are small
        yield module


def rows(simulation, scenario: str, n_trials: int) -> pd.DataFrame:
    trials = [simulation.trial(index, scenario) for index in range(n_trials)]
    return pd.DataFrame([row for trial in trials for row in trial])


@pytest.mark.parametrize("scenario", ["rates", "parallel_10", "crossover_null", "items"])
def test_a_trial_depends_on_its_number_alone(simulation, scenario):
    pd.testing.assert_frame_equal(rows(simulation, scenario, 2), rows(simulation, scenario, 2))
    first, second = (pd.DataFrame(simulation.trial(index, scenario)) for index in (0, 1))
    assert not first.equals(second.assign(trial=0))


def test_scores_have_the_moments_of_the_scenario(simulation):
    rng = np.random.default_rng(1)
    scores, treated, gone = simulation.visits(rng, 40_000, simulation.FADING)
    effect = scores[treated].mean(axis=0) - scores[~treated].mean(axis=0)
    np.testing.assert_allclose(effect, [0, *simulation.FADING], atol=0.3)
    covariance = np.cov(scores[treated].T)
    np.testing.assert_allclose(covariance, simulation.COVARIANCE, atol=1.5)
    # People leave for good, more of them in the arm with the higher scores.
    assert (gone[:, 1:] >= gone[:, :-1]).all()
    assert gone[treated, -1].mean() < gone[~treated, -1].mean() < 0.6
    # Who drops out of the treated arm is on average as the reference from then on.
    how = "jump_to_reference"
    jumped, _, _ = simulation.visits(np.random.default_rng(1), 40_000, simulation.FADING, how)
    shift = (jumped - scores)[:, 1:]
    np.testing.assert_allclose(
        shift, -1.0 * (gone & treated[:, None]) * simulation.FADING, atol=1e-12
    )


def test_a_truth_that_is_hit_is_covered_and_a_null_that_is_not_rejected(simulation):
    made_up = pd.DataFrame(
        {
            "trial": range(4),
            "quantity": "q",
            "method": "m",
            "truth": 1.0,
            "estimate": [1.0, 2.0, 3.0, np.inf],
            "ci_low": [0.0, 1.5, 0.5, 0.0],
            "ci_high": [2.0, 2.5, 4.0, np.inf],
            "p_value": [0.5, 0.04, 0.05, np.nan],
        }
    )
    row = simulation.summary("made_up", made_up).iloc[0]
    assert (row["trials"], row["coverage"]) == (4, 0.75)
    assert row["rejected"] == pytest.approx(2 / 3)
    assert row["mean_estimate"] == pytest.approx(2)
    assert "| 75.0 | 66.7 |" in simulation.markdown(pd.DataFrame([row]))


@pytest.mark.parametrize("scenario", ["rates", "effect_sizes", "crossover", "time_to_response"])
def test_intervals_of_a_few_trials_cover_more_often_than_not(simulation, scenario):
    table = simulation.summary(scenario, rows(simulation, scenario, 12)).dropna(subset=["coverage"])
    assert len(table) >= 3
    # With a true coverage of 95 %, fewer than 8 of 12 happen once in 200,000 times.
    assert table["coverage"].min() >= 8 / 12


def test_people_who_drop_out_bias_the_last_visit_alone_and_not_the_mixed_model(simulation):
    drawn = [simulation.parallel(np.random.default_rng(i), True, n=150) for i in range(10)]
    differences = [[row for row in trial if row.quantity == "difference"] for trial in drawn]
    rows = pd.DataFrame([{row.method: row.estimate for row in trial} for trial in differences])
    free = rows["mmrm, unstructured, kenward_roger"]
    truth = simulation.FADING[-1]
    assert abs(free.mean() - truth) < 4 * free.std() / np.sqrt(len(free))
    # Against the mixed model of the same people, most of the noise cancels.
    lead = rows["last visit alone, analysis of covariance"] - free
    assert lead.mean() > 3 * lead.std() / np.sqrt(len(lead))


def test_the_less_is_kept_after_dropping_out_the_nearer_the_estimand_to_nothing(simulation):
    rng = np.random.default_rng(3)
    rows = {(row.quantity, row.method): row for row in simulation.dropped_out(rng, True)}
    assert len(rows) == 8
    truth = {quantity: row.truth for (quantity, _), row in rows.items()}
    assert truth["missing_at_random"] == pytest.approx(simulation.FADING[-1], abs=0.1)
    kept = [truth[name] for name in ("copy_reference", "jump_to_reference")]
    assert truth["missing_at_random"] < kept[0] < kept[1] < 0
    # The effect fades: whoever keeps the lead that was seen last keeps more than it.
    assert truth["copy_increments"] < truth["missing_at_random"] < truth["shifted by 3"]
    jump, anchored = (rows["jump_to_reference", name] for name in VARIANCES)
    assert anchored.ci_high - anchored.ci_low > jump.ci_high - jump.ci_low


def test_a_copied_reference_is_the_regression_on_what_was_seen(simulation):
    """Of the reference's people, whose scores are the same with and without the effect."""
    rng = np.random.default_rng(1)
    scores, treated, _ = simulation.visits(rng, 40_000, simulation.FADING)
    own = scores[~treated]
    x = np.column_stack([np.ones(len(own)), own[:, :3]])
    slope = np.linalg.lstsq(x, own[:, 4], rcond=None)[0]
    found = simulation._lead("copy_reference", 1, 3, simulation.FADING)
    assert found == pytest.approx(slope[2:] @ simulation.FADING[:2], abs=0.15)
