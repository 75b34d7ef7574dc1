"""Bayesian model selection against real free energies, draws, and groups made to differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from belief_data import made_trials, used_trials

from mri_response.belief_updating.models import evidence_table
from mri_response.belief_updating.selection import (
    exceedance,
    family_selection,
    models_table,
    prior_counts,
    probability_same_between_groups,
    probability_same_model,
    same_table,
    select,
)
from mri_response.core.errors import InputError


@pytest.fixture
def energies(shared_data) -> np.ndarray:
    """Free energies of 88 real people and 12 models, found by the VBA toolbox."""
    return pd.read_csv(shared_data / "belief" / "ifg_free_energies.tsv", sep="\t").to_numpy()


# The first were found with VBA's prior count by the package groupbmc 1.0 at tolerance 1e-13.
TEN_PEOPLE = {
    "one": (
        [0.929806, 0.039795, 0.030399],
        [0.999746, 0.000155, 0.000099],
        0.021390,
        [0.985492, 0.007282, 0.007226],
    ),
    "one_each": (
        [0.763335, 0.158791, 0.077874],
        [0.992313, 0.006677, 0.001011],
        0.050253,
        [0.959197, 0.023092, 0.017711],
    ),
}


@pytest.mark.parametrize("count", TEN_PEOPLE)
def test_ten_people_and_three_models(energies, count):
    frequency, xp, bor, pxp = TEN_PEOPLE[count]
    found = select(energies[:10, [0, 4, 8]], prior_counts(3, count))
    exceeding = exceedance(found.counts)
    assert found.frequency == pytest.approx(frequency, abs=1e-6)
    assert exceeding == pytest.approx(xp, abs=1e-6)
    assert found.bor == pytest.approx(bor, abs=1e-6)
    assert found.protected(exceeding) == pytest.approx(pxp, abs=1e-6)


def test_all_people_and_models(energies):
    found = select(energies, prior_counts(12))
    assert found.frequency[[0, 4]] == pytest.approx([0.9328, 0.0578], abs=5e-5)
    assert np.delete(found.frequency, [0, 4]) == pytest.approx(0.0009, abs=5e-5)
    assert found.bor == pytest.approx(4e-48, rel=0.1)
    assert found.protected(exceedance(found.counts))[0] == pytest.approx(1)
    families = ["heuristic"] * 4 + ["heuristic_pr"] * 4 + ["bayesian"] * 4
    table = family_selection(found, families, prior_counts(12))
    assert table["frequency"].tolist() == pytest.approx([0.9356, 0.0606, 0.0037], abs=5e-5)
    spm = select(energies, prior_counts(12, "one_each")).frequency
    assert spm[[0, 4, 6]] == pytest.approx([0.7733, 0.0800, 0.0361], abs=5e-5)


def test_flat_evidence_says_nothing():
    found = select(np.zeros((10, 3)), prior_counts(3))
    assert found.bor == pytest.approx(0.948, abs=5e-4)
    assert found.protected(exceedance(found.counts)) == pytest.approx(1 / 3)


@pytest.mark.parametrize("counts", [[0.1, 0.2, 5.0, 4.0], [0.1, 0.2, 0.05], [30.0, 25.0, 2.0]])
def test_exceedance_probabilities_are_those_of_draws(counts):
    draws = np.random.default_rng(0).dirichlet(counts, 100_000).argmax(axis=1)
    shares = np.bincount(draws, minlength=len(counts)) / 100_000
    error = np.sqrt(shares * (1 - shares) / 100_000) + 1e-5
    assert (np.abs(exceedance(np.array(counts)) - shares) < 4 * error).all()


def test_prior_counts_are_split_over_families_then_within():
    families = ["a", "a", "a", "b"]
    assert prior_counts(4, "one", families).tolist() == pytest.approx([1 / 6] * 3 + [1 / 2])
    assert prior_counts(4, "one_each", families).sum() == pytest.approx(4)
    assert prior_counts(4).tolist() == [0.25] * 4
    with pytest.raises(InputError, match=r"belief.prior_count: found 'spm', expected one of one"):
        prior_counts(4, "spm")


def made_evidence(frequency: list[float], people: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    used = rng.choice(len(frequency), people, p=frequency)
    return 3.0 * np.eye(len(frequency))[used] + 0.5 * rng.standard_normal((people, len(frequency)))


def test_groups_that_differ_are_told_from_groups_that_do_not():
    prior = prior_counts(3)
    one = made_evidence([0.8, 0.1, 0.1], 30, 1)
    alike = made_evidence([0.8, 0.1, 0.1], 30, 2)
    other = made_evidence([0.1, 0.1, 0.8], 30, 3)
    assert probability_same_between_groups([one, alike], prior) > 0.5
    assert probability_same_between_groups([one, other], prior) < 0.01


def test_people_who_change_their_model_are_told_from_those_who_do_not():
    prior = prior_counts(3)
    rng = np.random.default_rng(4)
    before = made_evidence([0.4, 0.3, 0.3], 40, 5)
    frequency, pxp = probability_same_model(before, before + 0.1 * rng.random((40, 3)), prior)
    assert frequency > 0.9
    assert pxp > 0.99
    frequency, pxp = probability_same_model(before, np.roll(before, 1, axis=1), prior)
    assert frequency < 0.1
    assert pxp < 0.01


def test_tables_state_the_prior_and_sum_to_one():
    trials = used_trials(made_trials(6, 0.6, 0.15, noise=2))
    evidence = evidence_table(trials)
    groups = {
        name: "patients" if at < 3 else "controls"
        for at, name in enumerate(trials["participant_id"].unique())
    }
    table = models_table(evidence, groups, "one_each")
    assert len(table) == 2 * 3 * (12 + 3)
    assert (table["prior_total"] == 12).all()
    for (_, group, level), own in table.groupby(["session_id", "group", "level"]):
        assert own["frequency"].sum() == pytest.approx(1)
        assert own["pxp"].sum() == pytest.approx(1)
        assert own["prior_count"].sum() == pytest.approx(12)
        assert (own["n"] == (6 if group == "all" else 3)).all()
        if level == "family" and group == "all":
            assert own.set_index("name")["frequency"].idxmax() == "heuristic"
    same = same_table(evidence, groups, "ses-before")
    assert same["comparison"].tolist() == ["groups", "groups", "sessions", "sessions"]
    assert same["probability_same"].between(0, 1).all()
    assert same["n"].tolist() == [6, 6, 3, 3]
