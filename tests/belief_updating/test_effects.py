"""Effects of treatment on updates, against a dense fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mri_response.belief_updating.effects import Comparison, update_effects
from mri_response.belief_updating.trials import Rules, selected
from mri_response.core.errors import InputError
from mri_response.simulation.belief_study import BeliefStudy, draw_belief_study

COMPARISON = Comparison("ses-before", "ses-4h")
TRIPLE = "group x time x valence"


@pytest.fixture(scope="module")
def small():
    """A study of 8 + 7 people with 12 events."""
    drawn = draw_belief_study(BeliefStudy(2, 8, 7, 4, planted=0.4, events=12))
    return selected(drawn.trials, Rules(min_trials=1))[0], drawn.people


@pytest.fixture(scope="module")
def study():
    """A study with a strong effect in most patients."""
    drawn = draw_belief_study(BeliefStudy(4, 30, 30, 25, planted=0.25))
    return selected(drawn.trials, Rules(min_trials=5))[0], drawn.people


def dense_row(trials: pd.DataFrame, people: pd.DataFrame, variances: pd.DataFrame) -> tuple:
    """The triple interaction and its standard error by generalised least squares."""
    rows = trials[trials["used"] & trials["session_id"].isin(["ses-before", "ses-4h"])]
    rows = rows.merge(people, on="participant_id")
    g = np.where(rows["group"] == "patients", 0.5, -0.5)
    t = np.where(rows["session_id"] == "ses-4h", 0.5, -0.5)
    v = np.where(rows["news"] == "good", 0.5, -0.5)
    size = rows["error"].abs()
    x = [np.ones(len(rows)), g, t, v, g * t, g * v, t * v, g * t * v, size]
    x = np.column_stack([*x, rows["age"], rows["education"]])
    person = pd.get_dummies(rows["participant_id"]).to_numpy(float)
    event = pd.get_dummies(rows["event"]).to_numpy(float)
    s = variances.set_index("term")["sd"] ** 2
    cov = s["residual"] * np.eye(len(rows)) + s["event"] * event @ event.T
    for name, code in (("", 1), (": time", t), (": valence", v), (": time x valence", t * v)):
        z = person * np.broadcast_to(code, len(rows))[:, None]
        cov += s[f"person{name}"] * z @ z.T
    inverse = np.linalg.inv(cov)
    errors = np.linalg.inv(x.T @ inverse @ x)
    b = errors @ x.T @ inverse @ rows["update"].to_numpy()
    return b, np.sqrt(np.diag(errors))


def test_coefficients_are_those_of_dense_generalised_least_squares(small):
    trials, people = small
    table, variances = update_effects(trials, people, COMPARISON)
    b, se = dense_row(trials, people, variances)
    # The covariates are centred: all but the intercept stay.
    assert table["estimate"].to_numpy()[1:] == pytest.approx(b[1:], abs=1e-7)
    assert table["se"].to_numpy()[1:] == pytest.approx(se[1:], abs=1e-7)
    assert table["converged"].all()


def test_what_was_planted_is_found_with_the_freedom_of_people(study):
    trials, people = study
    table, _ = update_effects(trials, people, COMPARISON)
    row = table.set_index("term").loc[TRIPLE]
    assert row["coding"] == (
        "group: patients - controls; time: ses-4h - ses-before; valence: good - bad"
    )
    assert row["estimate"] > 0
    assert row["p_value"] < 0.01
    assert 40 < row["df"] < 120
    assert row["n_people"] == 60
    assert row["n_events"] == 120
    # An asymmetry of .25 in 25 of 30 on errors of some 14 points, good minus bad.
    size = trials.loc[trials["used"], "error"].abs().mean()
    assert row["ci_low"] < 2 * 0.25 * 25 / 30 * size < row["ci_high"]


def test_the_sign_follows_the_coding(small):
    trials, people = small
    table, _ = update_effects(trials, people, COMPARISON)
    turned = Comparison("ses-before", "ses-4h", ("controls", "patients"))
    other, _ = update_effects(trials, people, turned)
    assert other.set_index("term").loc[TRIPLE, "estimate"] == pytest.approx(
        -table.set_index("term").loc[TRIPLE, "estimate"]
    )


def test_one_group_alone_has_no_terms_of_groups(small):
    trials, people = small
    table, _ = update_effects(trials, people, Comparison("ses-before", "ses-1w", ("patients",)))
    assert not table["term"].str.contains("group").any()
    assert table["n_people"].unique().tolist() == [8]


def test_people_without_a_covariate_are_left_out(small):
    trials, people = small
    lacking = people.astype({"age": float})
    lacking.loc[0, "age"] = np.nan
    table, _ = update_effects(trials, lacking, COMPARISON)
    assert table["n_people"].unique().tolist() == [14]


@pytest.mark.parametrize(
    ("comparison", "message"),
    [
        (Comparison("ses-before", "ses-9"), "found nobody of group 'patients' with used trials"),
        (Comparison("ses-before", "ses-4h", covariates=("iq",)), "found no column 'iq'"),
    ],
)
def test_what_is_not_there_is_an_error(small, comparison, message):
    with pytest.raises(InputError, match=message):
        update_effects(*small, comparison)
